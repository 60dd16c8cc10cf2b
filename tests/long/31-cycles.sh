#!/bin/bash
# SPDX-License-Identifier: MIT
# A hundred times a guest with console, disk and card is created and destroyed, every twentieth time
# Debian's own with all devices at work: no memory, domain id, port, grant, node, loop device, file
# or process stays behind.
# WHERE: host

if [ ! -e /proc/xen/capabilities ]; then
    make -s -C tests/guest || exit 1
    exec tests/machine/dom0 --xen "${XEN:-ours}" --tools ours --mem 2048 --dom0-mem 768 \
        --timeout 3600 --log build/logs/cycles.console \
        --add build/guest/hello.elf:/root/hello.elf --add tests/long/inventory.sh:/root/inventory.sh \
        --add tests/system/domain0.sh:/root/domain0.sh --add tests/system/guests:/etc/xen \
        --add tests/system/guest-disk:/usr/sbin/guest-disk "$0"
fi

. /root/domain0.sh
. /root/inventory.sh

CYCLES=100
check "disk" guest-disk alpha
sed '/^ramdisk/d; s|^kernel.*|kernel = "/root/hello.elf"|; s/^memory.*/memory = 16/
    $a on_poweroff = "preserve"' /etc/xen/alpha.cfg >/etc/xen/small.cfg

small() { check "create a small one" xm create -q /etc/xen/small.cfg; }

# Debian's guest uses its disk and its card when it is destroyed.
large()
{
    start_guest alpha
    in_guest "contents of the disk" alpha 60 'cd /disk && sha256sum -c SUMS'
    check "ping" ping -c 2 -w 20 10.0.0.2
}

# cycle KIND: its domain id is the one that follows the last.
cycle()
{
    $1
    id=$(domid alpha)
    [ -z "${last:-}" ] || [ "$id" = $((last + 1)) ] || fail "domain id $id follows $last"
    last=$id
    check "destroy" xm destroy alpha
    wait_until 20 nothing_runs || fail "domain $id does not go: $(what_runs)"
    # The reader of its console ends with it.
    wait
    rm -f /tmp/console.alpha /tmp/tty.alpha /tmp/check.out
}

step "once each, before counting"
cycle small
cycle large
sleep 1
take_inventory /tmp/before

step "$CYCLES cycles"
began=$SECONDS
for ((i = 1; i <= CYCLES; i++)); do
    if [ $((i % 20)) = 0 ]; then cycle large; else cycle small; fi
done
note "$CYCLES cycles in $((SECONDS - began)) seconds; the last domain had id $last"
same_inventory /tmp/before "after $CYCLES cycles"
sed 's/^/note: /' /tmp/before | grep -v ': node\|: file\|: processes'
note "$(grep -c '^node' /tmp/before) nodes, $(grep -c '^file' /tmp/before) files"
if grep -q xenolith /sys/hypervisor/version/extra; then
    check "ask for the audit" xm debug-keys A
    audit=$(xm dmesg | tr -d '\r' | grep -a 'audit: ' | tail -n 1)
    note "${audit#*audit: }"
    [[ $audit = *" frames, 0 differences" ]] || fail "the audit found differences"
fi
