#!/bin/bash
# SPDX-License-Identifier: MIT
# Who keeps using Debian's xl finds all of it working on our hypervisor: information, a guest with
# console, disk and network card, pausing, memory, a clean end.
# TOOLS: stock
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 400

. /root/domain0.sh

step "information"
check "info" xl info
[ "$(xl info total_memory)" -ge 1900 ] || fail "total memory: $(xl info total_memory)"
[ "$(xl info nr_cpus)" = 1 ] || fail "processors: $(xl info nr_cpus)"
check "the hypervisor's messages" xl dmesg
xl dmesg | grep -q . || fail "xl dmesg is empty"
xl vcpu-list | grep -q '^Domain-0 ' || fail "vcpu-list has no Domain-0"
xentop -b -i 1 | grep -q 'Domain-0' || fail "xentop shows no Domain-0"

step "a guest with console, disk and card"
check "disk" guest-disk alpha
start_guest alpha
in_guest "contents of the disk" alpha 30 'cd /disk && sha256sum -c SUMS'
check "ping" ping -c 3 -w 20 10.0.0.2
xl block-list alpha | grep -q '/backend/vbd/' || fail "block-list does not show the disk"
xl network-list alpha | grep -q '00:16:3e:00:00:02' || fail "network-list does not show the card"

step "pause and unpause"
check "pause" xl pause alpha
before=$(seconds_of alpha)
sleep 2
xl list alpha | tail -n 1 | grep -q -- '--p' || fail "not paused: $(xl list alpha | tail -n 1)"
[ "$(seconds_of alpha)" = "$before" ] || fail "a paused guest used processor time"
check "unpause" xl unpause alpha
[ "$(guest alpha 20 'echo still here')" = "still here" ] || fail "no answer after unpause"

step "less memory, and more again"
kib() { guest alpha 20 'cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb' | head -1; }
reached() { [ "$(kib)" = "$1" ]; }
check "mem-set 150" xl mem-set alpha 150
wait_until 30 reached $((150 * 1024)) || fail "the guest has $(kib) KiB after mem-set 150"
check "mem-set 160" xl mem-set alpha 160
wait_until 30 reached $((160 * 1024)) || fail "the guest has $(kib) KiB after mem-set 160"

step "a clean end"
check "shutdown" xl shutdown -w alpha
wait_until 30 gone alpha || fail "alpha is still there"
