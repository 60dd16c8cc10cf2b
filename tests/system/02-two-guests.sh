#!/bin/bash
# SPDX-License-Identifier: MIT
# The main job: Domain0 starts two guests from files in /etc/xen, each with a console, a disk and a
# network card; they use them, and share the processor by weight; one panics and is started again;
# both are shut down; nothing stays behind.
# `make demo` runs this same file and narrates its steps.
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 400

. /root/domain0.sh

no_loops() { [ -z "$(losetup -a)" ]; }
no_vifs() { ! ls /sys/class/net | grep -q '^vif'; }

step "Domain0 runs Debian's kernel $(uname -r) on $(cat /sys/hypervisor/type) $("$XM" info xen_version)"
check "this is Domain0" grep -q control_d /proc/xen/capabilities
check "the store answers" xenstore-read /local/domain/0/name
free_before=$(free_memory)

step "make a disk for each guest"
check "disk of alpha" guest-disk alpha
check "disk of beta" guest-disk beta

for name in alpha beta; do
    step "$XM create $name: Debian's kernel, console, disk and network card"
    start_guest $name
    note "$(grep -a 'reached userland' /tmp/console.$name | tr -d '\r')"
done

step "type a command on each guest's console"
for name in alpha beta; do
    [ "$(guest $name 20 hostname)" = $name ] || fail "$name does not answer on its console"
    in_guest "$name runs on Xen" $name 20 'grep -q xen /sys/hypervisor/type'
done

step "check each disk's contents, write to it, read it back from the disk"
for name in alpha beta; do
    in_guest "contents of the disk of $name" $name 30 'cd /disk && grep -q "disk of '$name'" label && sha256sum -c SUMS'
    in_guest "write on the disk of $name" $name 60 'cp data copy && sync && cd / && umount /disk && mount /dev/xvda /disk && cmp /disk/data /disk/copy'
done

step "guests and Domain0 ping each other"
check "Domain0 to alpha" ping -c 3 -w 20 10.0.0.2
check "Domain0 to beta" ping -c 3 -w 20 10.0.0.3
in_guest "alpha to Domain0" alpha 30 'ping -c 3 -w 20 10.0.0.1'
in_guest "alpha to beta" alpha 30 'ping -c 3 -w 20 10.0.0.3'
in_guest "beta to alpha" beta 30 'ping -c 3 -w 20 10.0.0.2'

step "copy a file from alpha to beta over the network"
in_guest "beta listens" beta 10 'rm -f /tmp/in; nc -l -p 99 >/tmp/in & sleep 1'
in_guest "alpha sends" alpha 60 'nc -w 20 10.0.0.3 99 </disk/data'
sum=$(guest alpha 20 'sha256sum </disk/data')
wait_sum() { [ "$(guest beta 20 'sha256sum </tmp/in')" = "$sum" ]; }
wait_until 30 wait_sum || fail "the file that beta received differs"

step "$XM list shows all three domains"
"$XM" list | sed 's/^/note: /'
[ "$("$XM" list | awk 'NR > 1 { print $1 }' | sort | tr '\n' ' ')" = "Domain-0 alpha beta " ] ||
    fail "the list is not Domain-0, alpha and beta"

step "both compute without rest: alpha with weight 256 gets a quarter, beta with 768 the rest"
for name in alpha beta; do
    in_guest "keep $name busy" $name 10 '(while :; do :; done) & true'
done
set_weight alpha 256
set_weight beta 768
expect_share alpha beta 0.25 6 10
step "weights exchanged while they run"
set_weight alpha 768
set_weight beta 256
expect_share alpha beta 0.75 6 10
in_guest "let alpha rest" alpha 10 'kill $!'

step "beta panics on purpose and is started again, as its file asks"
crash_and_return beta
in_guest "contents of the disk of beta" beta 30 'cd /disk && grep -q "disk of beta" label && sha256sum -c SUMS'
check "Domain0 to beta" ping -c 3 -w 20 10.0.0.3

for name in alpha beta; do
    step "$XM shutdown $name: it ends by itself"
    check "shutdown $name" "$XM" shutdown $name
    wait_until 60 gone $name || fail "$name is still there"
    grep -qa 'reboot: ' /tmp/console.$name || fail "$name did not go off by itself"
done

step "nothing is left behind"
wait_until 20 no_loops || fail "loop devices still in use: $(losetup -a)"
wait_until 20 no_vifs || fail "network interfaces are still there: $(ls /sys/class/net)"
wait_until 20 memory_back || fail "free memory was $free_before MiB and is $(free_memory) MiB"
if grep -q xenolith /sys/hypervisor/version/extra; then
    step "the hypervisor recounts the references of every frame: no difference"
    check "ask for the audit" "$XM" debug-keys A
    audit=$("$XM" dmesg | tr -d '\r' | grep -a 'audit: ' | tail -n 1)
    note "${audit#*audit: }"
    [[ $audit = *" frames, 0 differences" ]] || fail "the audit found differences"
fi
step "Domain0 powers the machine off"
