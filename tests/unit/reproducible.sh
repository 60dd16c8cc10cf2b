#!/bin/bash
# SPDX-License-Identifier: MIT
# The same sources, built in two directories, give the same bytes: hypervisor, tools, libraries.

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
    mkdir -p "$1"
    tar -x -C "$1" -f "$tmp/sources.tar"
    make -s -j"$(nproc)" -C "$1/xen" && make -s -j"$(nproc)" -C "$1/tools"
} >"$tmp/log" 2>&1

if ! build "$tmp/one" || ! build "$tmp/another/place"; then
    echo "not ok reproducible: two builds"
    tail -n 5 "$tmp/log" | sed 's/^/    /'
    exit
fi
results=$(cd "$tmp/one" && ls xen/xenolith* build/tools/bin/* build/tools/*.a)
different=$(for file in $results; do
    cmp -s "$tmp/one/$file" "$tmp/another/place/$file" || echo "    $file"
done)
if [ -z "$different" ] && [ "$(wc -w <<<"$results")" -ge 10 ]; then
    echo "ok reproducible: $(wc -w <<<"$results") files are the same from two builds"
else
    printf 'not ok reproducible: these differ between two builds\n%s\n' "$different"
fi
