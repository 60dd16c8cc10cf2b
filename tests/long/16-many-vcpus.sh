#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest of 32 vCPUs, on two CPUs, sees all of them, gives up 29 and takes them back, while its disk
# and card work.
# MACHINE: --mem 1536 --dom0-mem 768 --timeout 1500 --smp 2

. /root/domain0.sh

sees() { guest alpha 60 'cat /sys/devices/system/cpu/online' | grep -qx "$1"; }
works() { in_guest "$1" alpha 60 'ping -c 3 -W 5 10.0.0.1 && dd if=/dev/xvda of=/dev/null bs=64k count=64'; }

check "disk" guest-disk alpha
sed -i 's/^vcpus.*/vcpus = 32/; s/^memory.*/memory = 384/' /etc/xen/alpha.cfg
before=$(free_memory)
step "32 vCPUs"
start_guest alpha
[ "$("$XM" vcpu-list alpha | tail -n +2 | wc -l)" = 32 ] || fail "vcpu-list does not show 32"
sees 0-31 || fail "the guest does not see them all"
works "32 vCPUs"

step "3 of them"
check "vcpu-set 3" "$XM" vcpu-set alpha 3
wait_until 300 sees 0-2 || fail "the guest has not 3"
works "3 vCPUs"

step "32 again"
check "vcpu-set 32" "$XM" vcpu-set alpha 32
take='for cpu in /sys/devices/system/cpu/cpu*/online; do echo 1 >$cpu; done 2>/dev/null'
wait_until 20 guest alpha 60 '[ -e /sys/devices/system/cpu/cpu31/online ]' || fail "cpu31 does not come"
in_guest "taking them up, as udev would" alpha 300 "$take"
sees 0-31 || fail "the guest has not 32"
works "32 vCPUs again"
check "destroy" "$XM" destroy alpha
back() { [ "$(free_memory)" = "$before" ]; }
wait_until 30 back || fail "$(free_memory) MiB are free, not $before"
