# SPDX-License-Identifier: MIT
# The heads of the unit tests as variables for make; see the Makefile.
#
# Usage: awk -f heads.awk test_NAME.c...

/^\/\* (SOURCES|CFLAGS|LIBS): .* \*\/$/ {
    name = FILENAME
    sub(/\.c$/, "", name)
    what = tolower(substr($2, 1, length($2) - 1))
    $1 = $2 = $NF = ""
    if (what != "cflags") {
        print name "." what " := " $0
        next
    }
    way = $0
    gsub(/[^A-Za-z0-9]+/, "-", way)
    gsub(/^-|-$/, "", way)
    print name ".way := " way
    print way ".cflags := " $0
}
