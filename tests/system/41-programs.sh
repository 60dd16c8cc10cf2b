#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs run unmodified in Domain0: 64-bit ones with everything the processor has, debuggers among
# them, and 32-bit ones by each door into the kernel. What AMD's processors have for 32-bit programs is
# SYSCALL, Intel's have SYSENTER, so the machine is started as both.
# WHERE: host

set -eu
TOP=$PWD
OUT=$TOP/build/system-programs
SOURCES=$TOP/tests/system/programs
mkdir -p "$OUT"
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -pthread -o "$OUT/cpu" "$SOURCES/cpu.c"
as --32 -o "$OUT/calls32.o" "$SOURCES/calls32.S"
ld -m elf_i386 -o "$OUT/calls32" "$OUT/calls32.o"

# on_machine VENDOR SCRIPT
on_machine()
{
    printf '#!/bin/bash\n%s\n' "$2" >"$OUT/script"
    "$TOP/tests/machine/dom0" --xen "${XEN:-ours}" --tools "${TOOLS:-ours}" --no-daemons --mem 1024 \
        --dom0-mem 512 --smp 2 --timeout 240 --log "$TOP/build/logs/41-programs-$1.console" \
        --add "$OUT/cpu:/usr/bin/cpu" --add "$OUT/calls32:/usr/bin/calls32" "$OUT/script" -- \
        -cpu "max,-svm,vendor=$1"
}

on_machine AuthenticAMD 'calls32 && cpu 5'
on_machine GenuineIntel 'calls32'
