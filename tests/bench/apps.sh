#!/bin/sh
# SPDX-License-Identifier: MIT
# Small applications, each a region (ops.c). Runs under busybox, in Domain0 and in guests alike.
#
# Usage: apps.sh REGION DIRECTORY      DIRECTORY: on the disk that is to be measured

OPS=$(dirname "$0")/bench-ops
region=$1
disk=$2
work=/tmp/bench-apps

# app NAME COMMAND LINE
app()
{
    "$OPS" region "$region" "$1" sh -c "$2" || echo "bench-failed: $1"
    region=$((region + 1))
}

mkdir -p $work/tree
seq 1 20000 | awk '{ print $1 * 7919 % 20011, "a line of text, number", $1 }' >$work/lines
i=0
while [ $i -lt 100 ]; do
    head -n $((i * 3)) $work/lines >$work/tree/file$i
    i=$((i + 1))
done
app "gzip of 700 KB" "gzip -c $work/lines"
app "sort of 20,000 lines" "sort -n $work/lines"
app "awk over 20,000 lines" "awk '{ sum += \$1 } END { print sum }' $work/lines"
app "tar of 100 files" "tar -C $work -cf - tree | cat"
app "shell script, 100 programs" \
    'i=0; while [ $i -lt 100 ]; do /bin/busybox true; i=$((i + 1)); done'
nc -l -p 5001 >/dev/null &
sleep 1
app "4 MiB by TCP to itself" "dd if=/dev/zero bs=64k count=64 2>/dev/null | nc 127.0.0.1 5001"
app "4 MiB written to disk, and synced" \
    "dd if=/dev/zero of=$disk/bench-file bs=64k count=64 conv=fsync 2>/dev/null"
echo 3 >/proc/sys/vm/drop_caches
app "4 MiB read from disk" "dd if=$disk/bench-file bs=64k 2>/dev/null"
rm -rf $work "$disk/bench-file"
