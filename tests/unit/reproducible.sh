#!/bin/bash
# SPDX-License-Identifier: MIT
# The same sources, built in two directories, give the same bytes: hypervisor, tools, libraries.
#
# One of the two is the project's own build. If it is missing or differs, which may be because it is
# older or made with other options, a second copy is built and decides.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# What git knows, or would, as it is now.
(cd "$TOP" && git ls-files -z --cached --others --exclude-standard xen tools LICENSE |
    xargs -0 ls -d 2>/dev/null | tar -c -T -) >"$tmp/sources.tar"

# build DIRECTORY: there is nothing else in it.
build()
{
    mkdir -p "$1" && tar -x -C "$1" -f "$tmp/sources.tar" &&
        make -s -j"$(nproc)" -C "$1/xen" >"$tmp/log" 2>&1 &&
        make -s -j"$(nproc)" -C "$1/tools" >"$tmp/log" 2>&1 && return
    echo "not ok reproducible: a copy of the sources does not build"
    tail -n 5 "$tmp/log" | sed 's/^/    /'
    exit
}

# different DIRECTORY: which results of the copy are not the same there.
different()
{
    local file

    for file in $results; do
        cmp -s "$tmp/copy/$file" "$1/$file" || echo "    $file"
    done
}

build "$tmp/copy"
results=$(cd "$tmp/copy" && ls xen/xenolith* build/tools/bin/* build/tools/*.a)
wrong=$(different "$TOP")
[ -z "$wrong" ] || { build "$tmp/another/place"; wrong=$(different "$tmp/another/place"); }
if [ -z "$wrong" ] && [ "$(wc -w <<<"$results")" -ge 10 ]; then
    echo "ok reproducible: $(wc -w <<<"$results") files are the same from two builds"
else
    printf 'not ok reproducible: these differ between two builds\n%s\n' "$wrong"
fi
