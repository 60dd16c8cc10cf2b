#!/bin/bash
# SPDX-License-Identifier: MIT
# Who keeps using Debian's xl finds all of it working on our hypervisor as on Debian's: information,
# a guest with console, disk and network card, its vcpus, shares of the processor, memory, pausing,
# reboot and end; and nothing is left in use afterwards.
# TOOLS: stock
# MACHINE: --mem 2048 --dom0-mem 768 --smp 2 --timeout 900

. /root/domain0.sh

SCHED=sched-$(xl info xen_scheduler)

# refused WHAT COMMAND...: must fail, with a message.
refused()
{
    local what=$1
    shift
    ! "$@" >/tmp/refused.out 2>&1 || fail "$what was accepted ($*)"
    [ -s /tmp/refused.out ] || fail "$what was refused without a word ($*)"
}

# Fields of a guest's line in the lists: CPU or "-", state, affinity of one vcpu; weight and cap.
vcpu_field() { xl vcpu-list "$1" | awk -v n="$2" -v f="$3" 'NR > 1 && $3 == n { print $f }'; }
parameters() { xl "$SCHED" -d "$1" | awk -v d="$1" '$1 == d { print $3, $4 }'; }
state() { xl list "$1" | awk 'NR == 2 { print $5 }'; }
number() { [[ $1 =~ ^[0-9]+$ ]]; }

step "information"
check "info" xl info
for key in nr_cpus=2 max_cpu_id=1 nr_nodes=1 xen_major=4 xen_minor=17 xen_pagesize=4096 \
    xen_caps=xen-3.0-x86_64 platform_params=virt_start=0xffff800000000000 outstanding_claims=0; do
    [ "$(xl info ${key%%=*} | xargs)" = "${key#*=}" ] || fail "info ${key%%=*}: $(xl info ${key%%=*})"
done
[ "$(xl info total_memory)" -ge 1900 ] || fail "total memory: $(xl info total_memory)"
number "$(xl info free_memory)" || fail "free memory: $(xl info free_memory)"
xl info -n | grep -q '^ *1: *1 *0 *0' || fail "no topology: $(xl info -n)"
[ "$(xl list | wc -l)" = 2 ] || fail "list: $(xl list)"
xl list -l | grep -q '"max_memkb": 786432' || fail "list -l: $(xl list -l)"
for vcpu in 0 1; do
    number "$(vcpu_field Domain-0 $vcpu 4)" || fail "vcpu-list: $(xl vcpu-list)"
    [ "$(vcpu_field Domain-0 $vcpu 7)" = all ] || fail "affinity: $(xl vcpu-list)"
done
xentop -b -i 2 -d 1 | awk '$1 == "Domain-0" { n += $5 == 786432 && $9 == 2 } END { exit n != 2 }' ||
    fail "xentop: $(xentop -b -i 1)"
xl cpupool-list | grep -q '^Pool-0 *2 .* y *1$' || fail "cpupool-list: $(xl cpupool-list)"
refused "a domain that is not there" xl list nothing

step "messages and debug keys"
for key in q e g i m r t; do
    key_output $key | grep -q . || fail "debug key $key prints nothing"
done
key_output h | grep -qi "memory" || fail "no list of keys: $(key_output h)"
[ -z "$(xl dmesg)" ] || fail "dmesg -c left something: $(xl dmesg)"

step "create -c: a guest with disk, card and two vcpus, its console here"
resources >/tmp/resources.before
check "disk" guest-disk alpha
sed -i 's/^vcpus.*/vcpus = 2/' /etc/xen/alpha.cfg
xl create -c /etc/xen/alpha.cfg </dev/null >/tmp/console.alpha 2>/tmp/console.xl &
wait_until 20 exists alpha || fail "not created: $(cat /tmp/console.xl)"
# Without a terminal of its own, the console shows what the guest prints but does not take input.
wait_until 150 on_console alpha 'Linux version' || fail "create -c shows no console"
xenstore-read "/local/domain/$(xl domid alpha)/console/tty" >/tmp/tty.alpha
wait_boot alpha
in_guest "contents of the disk" alpha 30 'cd /disk && sha256sum -c SUMS && cd /'
check "ping" ping -c 3 -w 20 10.0.0.2
xl block-list alpha | grep -q '/backend/vbd/' || fail "block-list does not show the disk"
xl network-list alpha | grep -q '00:16:3e:00:00:02' || fail "network-list does not show the card"
transfer 16 domain0 alpha
transfer 16 alpha domain0
refused "a second one of that name" xl create /etc/xen/alpha.cfg

step "pin its vcpus"
check "vcpu-pin 0 to 1" xl vcpu-pin alpha 0 1
[ "$(vcpu_field alpha 0 7) $(vcpu_field alpha 1 7)" = "1 all" ] || fail "affinity: $(xl vcpu-list)"
check "vcpu-pin all to 1" xl vcpu-pin alpha all 1
in_guest "both run" alpha 20 'for i in 1 2 3 4; do (for j in 1 2 3 4 5 6 7 8; do :; done) & done; wait'
on_cpu1() { [ "$(vcpu_field alpha 0 4) $(vcpu_field alpha 1 4)" = "1 1" ]; }
wait_until 10 on_cpu1 || fail "not on CPU 1: $(xl vcpu-list)"
xl vcpu-pin alpha all 9 >/dev/null 2>/tmp/refused.out
[ -s /tmp/refused.out ] || fail "CPU 9 was accepted"
[ "$(vcpu_field alpha 0 7)" = 1 ] || fail "affinity changed all the same: $(xl vcpu-list)"

step "take a vcpu away and give it back"
offline() { [ "$(vcpu_field alpha 1 4) $(vcpu_field alpha 1 5)" = "- --p" ]; }
online() { number "$(vcpu_field alpha 1 4)"; }
check "vcpu-set 1" xl vcpu-set alpha 1
wait_until 20 offline || fail "still there: $(xl vcpu-list alpha)"
[ "$(guest alpha 20 nproc)" = 1 ] || fail "the guest sees $(guest alpha 20 nproc)"
check "vcpu-set 2" xl vcpu-set alpha 2
in_guest "take it" alpha 20 'echo 1 >/sys/devices/system/cpu/cpu1/online'
wait_until 20 online || fail "not back: $(xl vcpu-list alpha)"
refused "three vcpus" xl vcpu-set alpha 3

step "$SCHED: weight and cap"
[ "$(parameters alpha)" = "256 0" ] || fail "at first: $(xl "$SCHED")"
check "weight 512, cap 50" xl "$SCHED" -d alpha -w 512 -c 50
[ "$(parameters alpha)" = "512 50" ] || fail "not set: $(xl "$SCHED")"
refused "weight 0" xl "$SCHED" -d alpha -w 0
refused "weight 70000" xl "$SCHED" -d alpha -w 70000
[ "$(parameters alpha)" = "512 50" ] || fail "changed all the same: $(xl "$SCHED")"
in_guest "keep it busy" alpha 10 '(while :; do :; done) & true'
# Half a processor, or less where the host of this machine is busy.
capped()
{
    local before after

    before=$(seconds_of alpha)
    sleep 6
    after=$(seconds_of alpha)
    note "used $(awk "BEGIN { print $after - $before }") of 6 seconds, at most 3 are due"
    awk "BEGIN { used = $after - $before; exit !(used <= 3.3 && used >= 1) }"
}
capped || capped || fail "the cap of 50 % is not kept"
check "no cap" xl "$SCHED" -d alpha -w 256 -c 0
in_guest "let it rest" alpha 10 'kill $!'

step "less memory, and more again"
kib() { guest alpha 20 'cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb' | head -1; }
reached() { [ "$(kib)" = "$1" ]; }
refused "a maximum below what is there" xl mem-max alpha 150
check "mem-set 150" xl mem-set alpha 150
wait_until 30 reached $((150 * 1024)) || fail "the guest has $(kib) KiB after mem-set 150"
[ "$(xl list alpha | awk 'NR == 2 { print $3 }')" = 150 ] || fail "list says $(xl list alpha)"
check "mem-set 160" xl mem-set alpha 160
wait_until 30 reached $((160 * 1024)) || fail "the guest has $(kib) KiB after mem-set 160"

step "pause and unpause"
check "pause" xl pause alpha
before=$(seconds_of alpha)
sleep 2
[[ $(state alpha) = *p* ]] || fail "not paused: $(xl list alpha)"
[ "$(seconds_of alpha)" = "$before" ] || fail "a paused guest used processor time"
check "unpause" xl unpause alpha
[ "$(guest alpha 20 'echo still here')" = "still here" ] || fail "no answer after unpause"

step "reboot"
first=$(xl domid alpha)
check "reboot" xl reboot alpha
is_new() { [ "$(xl domid alpha)" != "$first" ] && exists alpha; }
wait_until 60 is_new || fail "alpha was not started again"
attach_console alpha
wait_boot alpha
check "ping" ping -c 3 -w 20 10.0.0.2

step "a clean end, and a sudden one"
check "shutdown" xl shutdown -w alpha
wait_until 30 gone alpha || fail "alpha is still there"
check "create" xl create -p /etc/xen/alpha.cfg
[[ $(state alpha) = *p* ]] || fail "not paused: $(xl list alpha)"
check "destroy" xl destroy alpha
gone alpha || fail "alpha is still there"
refused "destroying it again" xl destroy alpha

step "nothing is left in use"
nothing_left /tmp/resources.before
