#!/bin/bash
# SPDX-License-Identifier: MIT
# Our tools speak the interface, not our hypervisor's dialect of it: on Debian's Xen 4.17 they start,
# list and end a guest with console, disk and network card.
# XEN: stock
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 400

. /root/domain0.sh

[ "$(cat /sys/hypervisor/version/extra)" != "" ] || fail "no version"
free_before=$(free_memory)
check "disk" guest-disk alpha
start_guest alpha
in_guest "contents of the disk" alpha 30 'cd /disk && sha256sum -c SUMS'
check "ping" ping -c 3 -w 20 10.0.0.2
"$XM" list | grep -q '^alpha ' || fail "alpha is not listed"
check "shutdown" "$XM" shutdown alpha
wait_until 60 gone alpha || fail "alpha is still there"
wait_until 20 memory_back || fail "free memory was $free_before MiB and is $(free_memory) MiB"
