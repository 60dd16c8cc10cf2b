#!/bin/bash
# SPDX-License-Identifier: MIT
# In Domain0, or on the bare kernel: time the operations, and on a hypervisor the life of a guest.
# Prints `bench: NAME NANOSECONDS` lines.

set -u
read -r uptime _ </proc/uptime
echo "bench: kernel start to userland $(awk "BEGIN { printf \"%.0f\", $uptime * 1e9 }")"
/usr/sbin/bench-ops || exit 1
[ -d /proc/xen ] || exit 0

. /root/domain0.sh

now_ns() { echo "${EPOCHREALTIME/./}000"; }

timed()
{
    local what=$1 began
    shift
    began=$(now_ns)
    check "$what" "$@"
    echo "bench: $what $(($(now_ns) - began))"
}

mkdir -p /tmp/extra && cp /usr/sbin/bench-ops /tmp/extra/
check "disk" guest-disk alpha /tmp/extra
sed '/^disk/d; /^vif/d; s/guest.ip=[^ "]*//; s/guest.disk=[^ "]*//' /etc/xen/alpha.cfg >/etc/xen/bare.cfg
sed -i 's/^name.*/name = "bare"/; s/guest.name=alpha/guest.name=bare/' /etc/xen/bare.cfg

timed "first create (paused), no device" "$XM" create -p /etc/xen/bare.cfg
timed "destroy, no device" "$XM" destroy bare
wait_until 20 gone bare || fail "bare is still there"
timed "second create (paused), no device" "$XM" create -p /etc/xen/bare.cfg
check "destroy" "$XM" destroy bare
wait_until 20 gone bare || fail "bare is still there"
timed "create (paused), disk and card" "$XM" create -p /etc/xen/alpha.cfg
timed "destroy, disk and card" "$XM" destroy alpha
wait_until 20 gone alpha || fail "alpha is still there"
timed "list" "$XM" list

# The whole way: from the command to the guest's own userland, disk mounted, card up.
began=$(now_ns)
start_guest alpha
echo "bench: create to the guest's prompt $(($(now_ns) - began))"
guest alpha 120 '/disk/bench-ops >/tmp/out; true' >/dev/null
guest alpha 20 'cat /tmp/out' | sed -n 's/^bench: /bench: in a guest: /p'
check "destroy" "$XM" destroy alpha
