#!/bin/bash
# SPDX-License-Identifier: MIT
# Domain0 on four processors: it has four CPUs, takes three of them off- and online again and
# again, loses them to vcpu-set and gets them back; nothing warns.
# MACHINE: --mem 1024 --dom0-mem 512 --smp 4 --timeout 900

. /root/domain0.sh

online() { cat /sys/devices/system/cpu/online; }

# udev's part: CPUs below N that appear are to be used.
use_cpus()
{
    local cpu

    for cpu in $(seq 1 $(($1 - 1))); do
        wait_until 10 test -e /sys/devices/system/cpu/cpu$cpu/online || fail "no CPU $cpu appears"
        [ "$(cat /sys/devices/system/cpu/cpu$cpu/online)" = 1 ] ||
            echo 1 >/sys/devices/system/cpu/cpu$cpu/online || fail "CPU $cpu does not come back"
    done
}

# expect_cpus N: the kernel takes its time to follow what XenStore says.
expect_cpus()
{
    local tries

    for tries in $(seq 100); do
        [ "$(grep -c ^processor /proc/cpuinfo)" != "$1" ] || return 0
        sleep 0.2
    done
    fail "CPUs online: $(online), not $1 of them"
}

expect_cpus 4
step "twenty times off and on"
for i in $(seq 20); do
    cpu=$((i % 3 + 1))
    echo 0 >/sys/devices/system/cpu/cpu$cpu/online || fail "CPU $cpu does not go off, time $i"
    [ "$(online)" != 0-3 ] || fail "CPU $cpu is still online"
    echo 1 >/sys/devices/system/cpu/cpu$cpu/online || fail "CPU $cpu does not come back, time $i"
    [ "$(online)" = 0-3 ] || fail "online after time $i: $(online)"
done
for cpu in 0 1 2 3; do
    check "CPU $cpu computes" taskset -c $cpu sh -c '[ $((6 * 7)) = 42 ]'
done

step "vcpu-set"
for n in 1 4 2 4; do
    check "vcpu-set $n" "$XM" vcpu-set 0 $n
    use_cpus $n
    expect_cpus $n
done
"$XM" vcpu-list 0

step "messages"
! dmesg | grep -iE 'rcu.*stall|soft lockup|hung task|BUG:|failed to sync' || fail "the kernel complains"
