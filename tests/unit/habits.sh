#!/bin/bash
# SPDX-License-Identifier: MIT
# Habits that a program can check: spelling, line lengths, white space, headers that compile alone.
# (docs.sh checks licence lines and links, headers.sh the public headers, reproducible.sh the build.)

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
checks=habits
. "$TOP/tests/unit/verdict"
cd "$TOP" || exit 1
CC=${CC:-gcc}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

git ls-files --cached --others --exclude-standard | grep -v '\.svg$' | sort |
    while read -r file; do [ ! -f "$file" ] || echo "$file"; done >"$tmp/files"
grep -E '\.(c|h|S|lds)$' "$tmp/files" >"$tmp/sources"

# Words that only look misspelt are in words.txt, in small letters.
if command -v codespell >/dev/null; then
    grep -v '^tests/unit/words.txt$' "$tmp/files" | tr '\n' '\0' |
        xargs -0 codespell -I tests/unit/words.txt 2>&1 | verdict "spelling"
else
    echo "ok habits: spelling # skip codespell is not installed"
fi

# The head of a unit test names its sources in one line, as long as it may be.
tr '\n' '\0' <"$tmp/sources" | xargs -0 perl -CSD -ne '
    chomp;
    print "$ARGV:$.: ", length, " columns\n"
        if length > 100 && !($ARGV =~ m{^tests/unit/} && m{^/\* (SOURCES|CFLAGS|LIBS):});
    close ARGV if eof' | verdict "no source line is longer than 100 columns"

tr '\n' '\0' <"$tmp/files" | xargs -0 grep -nIE '[[:blank:]]$' | cut -c1-100 |
    verdict "no blanks at the end of a line"
grep -E '\.[ch]$' "$tmp/files" | tr '\n' '\0' | xargs -0 grep -nIP '\t' | cut -c1-100 |
    verdict "no tabs in C"
while read -r file; do
    [ -z "$(tail -c 1 "$file")" ] || echo "$file"
done <"$tmp/files" | verdict "every file ends with its last line's end"

# compiles_alone FLAGS... : headers on standard input that do not.
compiles_alone()
{
    local header

    while read -r header; do
        printf '#include "%s"\nint unused;\n' "$TOP/$header" >"$tmp/one.c"
        "$CC" -std=gnu11 -Wall -Wextra -Werror -fsyntax-only "$@" "$tmp/one.c" >"$tmp/why" 2>&1 ||
            { echo "$header"; grep -m1 error "$tmp/why"; }
    done
}

mkdir -p "$tmp/include"
ln -s "$TOP/xen/include/public" "$tmp/include/xen"
grep -E '^xen/(include/xen|arch/x86/include)/.*\.h$' "$tmp/files" |
    compiles_alone -ffreestanding -nostdinc -isystem "$($CC -print-file-name=include)" \
        -D__XENOLITH__ -DXENOLITH_VERSION='"0"' -mgeneral-regs-only -Ixen/include -Ixen/arch/x86/include |
    verdict "every header of the hypervisor compiles alone"
# command_list.h is a list for whoever defines the macro that its lines use.
# shellcheck disable=SC2046  # a list of options
grep -E '^tools/.*\.h$' "$tmp/files" | grep -v '/command_list\.h$' |
    compiles_alone -D_GNU_SOURCE -D__XEN_TOOLS__ -I"$tmp/include" -Itools \
        $(xml2-config --cflags 2>/dev/null) | verdict "every header of the tools compiles alone"
