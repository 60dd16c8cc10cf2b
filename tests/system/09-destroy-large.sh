#!/bin/bash
# SPDX-License-Identifier: MIT
# Giving back the memory of a large guest takes a while. Domain0's only vcpu, which asked for it, has
# its timer and its processes meanwhile.
# MACHINE: --mem 2304 --dom0-mem 768 --smp 1 --timeout 300

. /root/domain0.sh

ticks() { awk '/timer/ && $0 !~ /broadcast/ { n += $2 } END { print n }' /proc/interrupts; }
uptime_ms() { awk '{ print int($1 * 1000) }' /proc/uptime; }
sed -i '/^disk/d; /^vif/d; s/^memory.*/memory = 1200/' /etc/xen/alpha.cfg
free_before=$(free_memory)

step "create a guest of 1200 MiB"
check "create" "$XM" create -p /etc/xen/alpha.cfg
free_with=$(free_memory)
[ $((free_before - free_with)) -ge 1200 ] || fail "it has no 1200 MiB: $free_before to $free_with free"

step "destroy it"
n=$(ticks) ms=$(uptime_ms)
check "destroy" "$XM" destroy alpha
ms=$(($(uptime_ms) - ms)) n=$(($(ticks) - n))
note "$n timer interrupts in $ms ms"
# Linux ticks 250 times a second while it works; emulated, some are late. Standing still it has none.
[ $((n * 20)) -ge $ms ] || fail "Domain0 stood still"
wait_until 20 memory_back || fail "$(free_memory) of $free_before MiB are free afterwards"
