#!/bin/bash
# SPDX-License-Identifier: MIT
# What cannot work is refused before anything is built: no domain, no memory and no loop device is
# left behind by a missing kernel, disk or bridge, too little memory, or a name that is taken.
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 300

. /root/domain0.sh

check "disk" guest-disk alpha
free_before=$(free_memory)

# refused WHAT SED-EXPRESSION: alpha.cfg, changed so, must not start.
refused()
{
    step "$1"
    sed "$2" /etc/xen/alpha.cfg >/tmp/bad.cfg
    ! cmp -s /etc/xen/alpha.cfg /tmp/bad.cfg || fail "the configuration was not changed by $2"
    ! "$XM" create /tmp/bad.cfg >/tmp/bad.out 2>&1 || fail "it was created all the same"
    [ -s /tmp/bad.out ] || fail "refused without a word"
    sed 's/^/note: /' /tmp/bad.out
    [ "$("$XM" list | wc -l)" = "$expected" ] || fail "a domain is left: $("$XM" list)"
}

memory_back() { [ "$(free_memory)" = "$free_before" ]; }
nothing_left()
{
    wait_until 20 memory_back || fail "free memory was $free_before MiB and is $(free_memory) MiB"
    [ -z "$(losetup -a)" ] || fail "loop devices in use: $(losetup -a)"
}

expected=2
refused "no such kernel" 's|/boot/vmlinuz|/boot/nothing|'
refused "a kernel that is none" 's|/boot/vmlinuz|/etc/xen/alpha.cfg|'
refused "no such disk" 's|alpha.img|nothing.img|'
refused "no such bridge" 's|xenbr0|nobridge0|'
refused "more memory than there is" 's|^memory.*|memory = 60000|'
refused "a syntax error" 's|^memory.*|memory = [ 160|'
nothing_left

step "a name that is taken"
check "create alpha" "$XM" create -p /etc/xen/alpha.cfg
expected=3
free_before=$(free_memory)
refused "the same name again" 's|^memory.*|memory = 128|'
wait_until 20 memory_back || fail "free memory was $free_before MiB and is $(free_memory) MiB"
check "destroy alpha" "$XM" destroy alpha
