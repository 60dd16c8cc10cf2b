#!/bin/bash
# SPDX-License-Identifier: MIT
# Domain0 comes up by itself: Debian's kernel reaches userland on two CPUs of the hypervisor, sees
# that it is the privileged domain, has its interfaces, and powers the machine off (the test machine
# checks that).
# MACHINE: --no-daemons --mem 1024 --dom0-mem 512 --smp 2 --timeout 180

. /root/domain0.sh

[ "$(cat /sys/hypervisor/type)" = xen ] || fail "not on Xen: $(cat /sys/hypervisor/type)"
[ "$(nproc)" = 2 ] || fail "$(nproc) CPUs, not 2"
grep -q control_d /proc/xen/capabilities || fail "not the privileged domain"
for device in evtchn gntdev privcmd hypercall xenbus_backend; do
    [ -c /dev/xen/$device ] || fail "/dev/xen/$device is missing"
done
[ "$(cat /sys/hypervisor/version/major).$(cat /sys/hypervisor/version/minor)" = 4.17 ] ||
    fail "tools need version 4.17, this says $(cat /sys/hypervisor/version/*)"

# Time goes on, at about the right speed: a second of sleeping is a second of both clocks.
read -r before _ </proc/uptime
sleep 2
read -r after _ </proc/uptime
awk "BEGIN { d = $after - $before; exit !(d > 1.9 && d < 3.5) }" || fail "2 seconds took $before to $after"

# Processes come and go, memory is usable, files keep their contents.
for i in $(seq 50); do (exit 3); [ $? = 3 ] || fail "exit status lost"; done
dd if=/dev/urandom of=/tmp/a bs=1M count=32 2>/dev/null
cp /tmp/a /tmp/b
cmp /tmp/a /tmp/b || fail "a copy in memory differs"
