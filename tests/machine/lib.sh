# SPDX-License-Identifier: MIT
# What every script of the test machine shares: where things are, and how to complain.
# Sourced, never run. Every path below is absolute; everything built lives under $BUILD.

set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
BUILD=${BUILD:-$TOP/build}
CACHE=$BUILD/cache              # Debian's packages, unpacked; survives `make clean`
DEBIAN=$CACHE/root              # the unpacked tree: kernel, modules, stock Xen and its tools
PARTS=$BUILD/machine            # cpio archives that initial RAM disks are put together from
PROGRAM=${0##*/}

# System directories first: on a Debian user's PATH they are often missing.
PATH=/usr/sbin:/sbin:$PATH

say() { printf '%s: %s\n' "$PROGRAM" "$*" >&2; }
die() { say "$*"; exit 1; }

kernel_version()
{
    local modules=("$DEBIAN"/lib/modules/*)

    [ -d "${modules[0]}" ] || die "no kernel in $DEBIAN: run tests/machine/setup first"
    echo "${modules[0]##*/}"
}

# Run the rest of the caller under a lock that all processes of this tree share.
# $1: name of the lock.
take_lock()
{
    mkdir -p "$BUILD/locks"
    exec {lock_fd}>"$BUILD/locks/$1"
    flock "$lock_fd"
}

drop_lock() { exec {lock_fd}>&-; }

# True when $1 exists and none of the other arguments (files or trees) is newer.
up_to_date()
{
    local target=$1
    shift
    [ -e "$target" ] || return 1
    [ -z "$(find "$@" -newer "$target" -print -quit)" ]
}

# Pack directory $1 into the cpio archive $2, in one step as seen by others.
pack()
{
    (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >"$2.new"
    mv "$2.new" "$2"
}

# Copy what programs in tree $1, and modules of theirs, load at run time: their shared libraries, as
# the loader finds them in the tree itself, then in Debian's unpacked tree, then on this machine.
add_libraries()
{
    local tree=$1 file lib

    export LD_LIBRARY_PATH="$tree/usr/lib/x86_64-linux-gnu:$DEBIAN/usr/lib/x86_64-linux-gnu"
    export LD_LIBRARY_PATH="$LD_LIBRARY_PATH:$tree/usr/lib"
    find "$tree" -type f \( -perm -u+x -o -path '*/lib/xenolith/*.so' \) -print0 | while IFS= read -r -d '' file; do
        [ "$(head -c 4 "$file" | tail -c 3)" = ELF ] || continue
        { ldd "$file" 2>/dev/null || true; } | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^\t\(\/[^ ]*\) .*/\1/p'
    done | sort -u | while read -r lib; do
        case $lib in
        "$tree"/*) ;;
        */ld-linux-x86-64.so.2) install -D "$lib" "$tree/lib64/ld-linux-x86-64.so.2" ;;
        *) install -D "$lib" "$tree/usr/lib/x86_64-linux-gnu/${lib##*/}" ;;
        esac
    done
    unset LD_LIBRARY_PATH
}
