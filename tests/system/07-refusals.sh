#!/bin/bash
# SPDX-License-Identifier: MIT
# What cannot work is refused before anything is built, with its cause and a remedy: no domain id is
# used up, no domain, memory or loop device left behind by a missing kernel, initrd, disk or bridge, a
# disk that is mounted or in use, too little memory, or a name that is taken.
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 900

. /root/domain0.sh

check "disk" guest-disk alpha
free_before=$(free_memory)

# refused WHAT SED-EXPRESSION CAUSE REMEDY: alpha.cfg, changed so, must not start, and xm says why.
refused()
{
    step "$1"
    sed "$2" /etc/xen/alpha.cfg >/tmp/bad.cfg
    ! cmp -s /etc/xen/alpha.cfg /tmp/bad.cfg || fail "the configuration was not changed by $2"
    ! "$XM" create /tmp/bad.cfg >/tmp/bad.out 2>&1 || fail "it was created all the same"
    [ -s /tmp/bad.out ] || fail "refused without a word"
    sed 's/^/note: /' /tmp/bad.out
    # xm says one cause and, in the line below, one remedy.
    grep -v '^Using config' /tmp/bad.out >/tmp/bad.said
    if [ "$XM" = xm ]; then
        sed -n 1p /tmp/bad.said | grep -q -- "$3" || fail "the cause is not '$3'"
        sed -n 2p /tmp/bad.said | grep -q -- "$4" || fail "the remedy is not '$4'"
        [ "$(wc -l </tmp/bad.said)" = 2 ] || fail "more than a cause and a remedy"
    fi
    [ "$("$XM" list | wc -l)" = "$expected" ] || fail "a domain is left: $("$XM" list)"
}

nothing_left()
{
    wait_until 20 memory_back || fail "free memory was $free_before MiB and is $(free_memory) MiB"
    [ -z "$(losetup -a)" ] || fail "loop devices in use: $(losetup -a)"
}

expected=2
refused "no such kernel" 's|/boot/vmlinuz|/boot/nothing|' 'kernel /boot/nothing: No such file' path
refused "a kernel that is none" 's|/boot/vmlinuz|/etc/xen/alpha.cfg|' '/etc/xen/alpha.cfg: the file is not a kernel' 'name a vmlinuz'
refused "no such initrd" 's|/boot/guest.img|/boot/nothing|' 'ramdisk /boot/nothing: No such file' path
refused "no such disk" 's|alpha.img|nothing.img|' 'nothing.img: No such file' path
refused "no such bridge" 's|xenbr0|nobridge0|' 'no bridge nobridge0' 'there are: xenbr0'
refused "an interface that is no bridge" 's|xenbr0|lo|' 'lo is not a bridge' 'name the bridge'
refused "more memory than there is" 's|^memory.*|memory = 60000|' \
    'not enough memory: 60004 MiB needed, [0-9]* free, [0-9]* missing' 'Domain0 could give only'
refused "more memory than is free" "s|^memory.*|memory = $((free_before + 100))|" \
    'not enough memory.* 10[0-9] missing' 'Domain0 could give .*xm mem-set 0 '
refused "a syntax error" 's|^memory.*|memory = [ 160|' 'bad.cfg:[0-9]*:[0-9]*: ' .
refused "a processor that is not there" 's|^memory.*|&; cpus = "7"|' '"7" names no CPU' 'for example'

mkdir -p /mnt/alpha
check "driver" modprobe crc32c_generic
mount -o loop /var/lib/xen/images/alpha.img /mnt/alpha || fail "mount"
refused "a disk that is mounted" '/^on_crash/d' 'in use in Domain0 as /dev/loop.*mounted on /mnt/alpha' \
    'stop the other user'
loop=$(losetup -n -O NAME -j /var/lib/xen/images/alpha.img)
refused "a block device that is mounted" "s|file:[^,]*|phy:$loop|" \
    "$loop is mounted in Domain0 on /mnt/alpha" 'stop the other user'
refused "a block device that is written to" "s|file:[^,]*,xvda,w|phy:$loop,xvda,r|" \
    "$loop is mounted in Domain0 on /mnt/alpha" 'access r!'
umount /mnt/alpha
truncate -s 2M /tmp/swap
loop=$(losetup -f --show /tmp/swap)
check "swap" mkswap "$loop"
check "swap" swapon "$loop"
refused "a block device that is swapped to" "s|file:[^,]*|phy:$loop|" \
    "$loop is in use in Domain0; what it holds: swap" 'stop the other user'
swapoff "$loop"
losetup -d "$loop"
no_loops() { [ -z "$(losetup -a)" ]; }
wait_until 20 no_loops || fail "the loop device stays: $(losetup -a)"
nothing_left

step "a name, an address, a disk that are taken"
check "create alpha" "$XM" create -p /etc/xen/alpha.cfg
[ "$XM" != xm ] || [ "$(domid alpha)" = 1 ] || fail "refusals used ids up: alpha is $(domid alpha)"
expected=3
free_before=$(free_memory)
refused "the same name again" 's|^memory.*|memory = 128|' 'named "alpha" runs already' 'choose another'
refused "the same disk again" 's|^name.*|name = "other"|' 'in use by domain 1 (alpha)' 'access w!'
uuid=$("$XM" vm-list | awk '$3 == "alpha" { print $1 }')
refused "the same UUID again" "/^disk/d; s|^name.*|name = \"other\"; uuid = \"$uuid\"|" \
    'domain 1 (alpha) has the same UUID' 'another uuid='
wait_until 20 memory_back || fail "free memory was $free_before MiB and is $(free_memory) MiB"
check "destroy alpha" "$XM" destroy alpha
