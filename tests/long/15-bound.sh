#!/bin/bash
# SPDX-License-Identifier: MIT
# Whatever guests ask for, the hypervisor looks after at most 50,000 instructions whether somebody else
# is to have the CPU: through the guest tests, and while Domain0 works with guests by all commands.
# One CPU: with more, the time until another one answers is this machine's, not the hypervisor's.
# WHERE: host

set -eu
BOUND=50000
out=build/long
mkdir -p $out build/logs
make -s xen
make -s -C tests/guest
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden \
    -o $out/bound.so tests/long/bound.c

# The name of the function at each address.
symbols() { addr2line -f -e xen/xenolith-syms "$@" | sed -n 'p;n'; }

# judge WHAT: show the longest stretches, and fail if one is too long.
judge()
{
    local n from middle

    [ -s "$out/$1.stretches" ] || { echo "fail: $1: nothing was counted"; exit 1; }
    echo "$1: the longest stretches, in instructions"
    head -n 5 "$out/$1.stretches" | while read -r n from middle; do
        printf '%8d from %s\n' "$n" "$(symbols "$from")"
    done
    while read -r n from middle && [ "$n" -gt $BOUND ]; do
        echo "fail: $n instructions from $(symbols "$from"), after $BOUND in $(symbols "$middle")"
        failed=yes
    done <"$out/$1.stretches"
}

guest_tests()
{
    local log=build/logs/bound.guest qemu i

    qemu-system-x86_64 -machine pc -accel tcg -cpu max -m 256 -smp 1 -net none -display none \
        -monitor none -no-reboot -serial "file:$log" -kernel xen/xenolith \
        -append "com1=115200 console=com1 loglvl=all guest_loglvl=all noreboot" \
        -initrd "build/guest/tests.elf --no-audit" \
        -plugin "$out/bound.so,out=$out/guest.stretches" </dev/null 2>"$log.qemu" &
    qemu=$!
    trap 'kill "$qemu" 2>/dev/null' EXIT
    for ((i = 0; i < 600; i++)); do
        ! grep -qa 'halting the machine' "$log" || break
        sleep 0.5
    done
    kill "$qemu"
    wait "$qemu" || true
    trap - EXIT
    [ "$(grep -ac 'TEST: pass' "$log")" -ge 60 ] || { echo "fail: not all tests ran: $log"; exit 1; }
}

# domain0 NAME: a system test, with the machine it asks for but one CPU.
domain0()
{
    local machine

    machine=$(sed -n 's/^# MACHINE: //p' "tests/system/$1.sh")
    # shellcheck disable=SC2086  # a list of options
    tests/machine/dom0 --xen ours --tools ours $machine --smp 1 --timeout 1500 \
        --log "build/logs/bound.$1.console" --add tests/system/domain0.sh:/root/domain0.sh \
        --add tests/system/guest-disk:/usr/sbin/guest-disk --add tests/system/guests:/etc/xen \
        --add build/guest/hello.elf:/root/hello.elf \
        "tests/system/$1.sh" -- -plugin "$out/bound.so,out=$out/$1.stretches"
}

failed=
guest_tests
judge guest
for story in 09-destroy-large 08-commands; do
    domain0 $story
    judge $story
done
[ -z "$failed" ]
