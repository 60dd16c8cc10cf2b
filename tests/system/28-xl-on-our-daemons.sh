#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's own xl and store clients work on our xenstored and xenconsoled: a guest with console, disk
# and card by xl's scripts, and a clean end. xend leaves what is not its own alone.
# TOOLS: both
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 400

. /root/domain0.sh
export PATH=/usr/lib/xen-4.17/bin:$PATH
XM=/usr/lib/xen-4.17/bin/xl

mkdir -p /var/lib/xen /var/run/xen /var/lib/xen/images
check "disk" guest-disk alpha
free_before=$(free_memory)
start_guest alpha
in_guest "contents of the disk" alpha 30 'cd /disk && sha256sum -c SUMS'
check "ping" ping -c 3 -w 20 10.0.0.2
"$XM" list -l alpha | grep -q '"name": "alpha"' || fail "list -l does not know alpha"
xm list alpha | grep -q '^alpha ' || fail "our xm does not see it"
check "console of the store's client" xenstore-ls "/local/domain/$(domid alpha)"
check "shutdown" "$XM" shutdown -w alpha
wait_until 30 gone alpha || fail "alpha is still there"
wait_until 20 memory_back || fail "free memory was $free_before MiB and is $(free_memory) MiB"
! grep -q alpha /var/log/xen/xend.log || fail "xend meddled: $(cat /var/log/xen/xend.log)"
