#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's own xl and store clients work on our xenstored and xenconsoled: a guest with console, disk
# and card by xl's scripts, and a clean end. xend leaves what is not its own alone. Then the other way: our xm
# and xend run xl's scripts where a device names one.
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

step "our xm and xend with xl's scripts, where a device names one"
XM=xm
sed -i 's/bridge=xenbr0/&,script=vif-bridge/
    s/"file:\(.*\),xvda,w"/"format=raw,vdev=xvda,script=block,target=\1"/' /etc/xen/alpha.cfg
start_guest alpha
in_guest "contents of the disk" alpha 30 'cd /disk && sha256sum -c SUMS'
check "ping" ping -c 3 -w 20 10.0.0.2
for script in vif-bridge block; do
    grep -q "running /etc/xen/scripts/$script " /var/log/xen/xend.log || fail "$script did not run"
done
check "shutdown" xm shutdown -w alpha
wait_until 20 no_guest_nodes || fail "nodes are left: $(xenstore-ls)"
wait_until 20 memory_back || fail "free memory was $free_before MiB and is $(free_memory) MiB"
[ -z "$(losetup -a)" ] || fail "loop devices are left: $(losetup -a)"
