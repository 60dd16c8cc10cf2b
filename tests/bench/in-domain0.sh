#!/bin/bash
# SPDX-License-Identifier: MIT
# In Domain0, or on the bare kernel: run all that is measured. On a hypervisor also the life of
# guests, what goes on in one, and what memory it all takes.
#
# Prints `bench: REGION COUNT NS NAME` (see ops.c) and `bench-value: NUMBER UNIT NAME` lines. The
# numbers of regions are the same on every system.

BENCH=/root/bench
OPS=$BENCH/bench-ops

read -r uptime _ </proc/uptime
"$OPS" mark 1                    # the end of region 0, which began at power-on
echo "bench: 0 1 $(awk "BEGIN { printf \"%.0f\", $uptime * 1e9 }") start to userland"
only=$(cat "$BENCH/only")

measure_applications()
{
    modprobe crc32c_generic     # ext4 needs it
    mkdir -p /tmp/disk
    truncate -s 16M /tmp/disk.img
    mke2fs -q -t ext4 /tmp/disk.img
    mount -t ext4 "$(losetup -f --show /tmp/disk.img)" /tmp/disk || exit 1
    "$BENCH/apps.sh" 20 /tmp/disk
    umount /tmp/disk
    losetup -D
    rm -f /tmp/disk.img
}

# Is this part wanted? With no --only all are.
part() { [ -z "$only" ] || [ "$only" = "$1" ]; }

if part ops; then
    "$OPS" 1 || exit 1
    [ -n "$only" ] || measure_applications
fi
[ -d /proc/xen ] && [ "$only" != ops ] || exit 0

. /root/domain0.sh

# Asking costs instructions too: do it rarely, where somebody else is measured meanwhile.
wait_until()
{
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || return 1
        sleep "${PATIENCE:-0.2}"
    done
}

region()
{
    "$OPS" region "$@" || fail "$2 failed"
}

end() { check "destroy $1" "$XM" destroy "$1"; wait_until 20 gone "$1" || fail "$1 is still there"; }

# ---- create, list, destroy: paused, so that the guest itself does nothing

make_configurations()
{
    mkdir -p /tmp/extra
    cp "$OPS" "$BENCH/apps.sh" /tmp/extra/
    printf '#!/bin/sh\nexec /disk/bench-ops mark $(cat /disk/mark)\n' >/tmp/extra/run-me
    chmod 755 /tmp/extra/run-me
    sed '/^disk/d; /^vif/d; s/guest.ip=[^ "]*//; s/guest.disk=[^ "]*//; s/alpha/bare/' \
        /etc/xen/alpha.cfg >/etc/xen/bare.cfg
    for i in $(seq 1 20); do
        printf 'name = "tiny%s"\nkernel = "/root/bench/hello.elf"\nmemory = 8\n' "$i" \
            >"/etc/xen/tiny$i.cfg"
    done
}

# A kernel that came by a package is unpacked from then on, where the tools keep such: the package's
# hook has done this.
install_kernel() { [ "$XM" != xm ] || check "kernel-unpack" xm kernel-unpack /boot/vmlinuz; }

measure_control()
{
    check "disk" guest-disk alpha /tmp/extra
    install_kernel
    region 47 "first create, paused, no device" "$XM" create -p /etc/xen/bare.cfg
    end bare
    rm -rf /var/cache/xenolith
    region 40 "the same, kernel not unpacked before" "$XM" create -p /etc/xen/bare.cfg
    region 41 "destroy, no device" "$XM" destroy bare
    wait_until 20 gone bare || fail "bare is still there"
    region 42 "later create, paused, no device" "$XM" create -p /etc/xen/bare.cfg
    end bare
    region 43 "create, paused, disk and card" "$XM" create -p /etc/xen/alpha.cfg
    region 44 "destroy, disk and card" "$XM" destroy alpha
    wait_until 20 gone alpha || fail "alpha is still there"
    region 45 "create, paused, a tiny kernel of 8 MiB" "$XM" create -p /etc/xen/tiny1.cfg
    region 46 "list" "$XM" list
}

# ---- memory

# Proportional: what processes share is divided among them.
daemons_kib()
{
    local pid name sum=0 pss

    for pid in /proc/[0-9]*; do
        read -r name <"$pid/comm" || continue
        case $name in
        xenstored | xenconsoled | xend | xl)
            pss=$(sed -n 's/^Pss: *\([0-9]*\) kB/\1/p' "$pid/smaps_rollup" 2>/dev/null)
            sum=$((sum + ${pss:-0})) ;;
        esac
    done
    echo $sum
}

# tiny1 is there already; it is paused, as the others will be.
measure_memory()
{
    local free used dom0

    echo "bench-value: $(daemons_kib) KiB daemons of Domain0, 1 guest"
    free=$(free_memory)
    for i in $(seq 2 20); do
        check "create tiny$i" "$XM" create -p "/etc/xen/tiny$i.cfg"
    done
    echo "bench-value: $(daemons_kib) KiB daemons of Domain0, 20 guests"
    echo "bench-value: $(((free - $(free_memory)) * 1024 / 19 - 8192)) KiB per guest beyond its 8 MiB"
    for i in $(seq 1 20); do
        "$XM" destroy "tiny$i"
    done
    wait_until 30 gone tiny20 || fail "tiny20 is still there"
    used=$(($(cat "$BENCH/machine-mib") - $(free_memory)))
    dom0=$("$XM" list Domain-0 | awk 'NR == 2 { print $3 }')
    echo "bench-value: $((used - dom0)) MiB hypervisor, with Domain0 alone"
}

# ---- a guest

# boot REGION NAME KERNEL: from `unpause` to the guest's own userland, disk mounted and card up: the
# guest executes the second mark.
boot()
{
    local began

    echo $(($1 * 2 + 1)) >/tmp/extra/mark
    check "disk" guest-disk alpha /tmp/extra
    sed "s,^kernel.*,kernel = \"$3\"," /etc/xen/alpha.cfg >/etc/xen/booted.cfg
    check "create alpha" "$XM" create -p /etc/xen/booted.cfg
    attach_console alpha
    "$OPS" mark $(($1 * 2))
    began=$EPOCHREALTIME
    check "unpause" "$XM" unpause alpha
    PATIENCE=2 wait_until 200 on_console alpha '^/ #' || fail "alpha did not reach userland"
    echo "bench: $1 1 $(((${EPOCHREALTIME/./} - ${began/./}) * 1000)) $2"
    wait_prompt alpha
    in_guest "its network" alpha 20 'ping -c 1 10.0.0.1'
}

# What the guest prints becomes ours.
from_guest()
{
    PATIENCE=3 guest alpha 250 "$1 >/tmp/out 2>&1; true" >/dev/null
    guest alpha 20 'cat /tmp/out' | sed -n 's/^\(bench: [0-9]* [0-9]* [0-9]*\) /\1 in a guest: /p; /failed/p'
}

measure_guest()
{
    from_guest '/disk/bench-ops 100'
    from_guest '/disk/apps.sh 120 /disk'
    nc -l -p 5002 >/dev/null &
    from_guest '/disk/bench-ops region 140 "4 MiB by TCP to Domain0" sh -c "dd if=/dev/zero bs=64k count=64 | nc 10.0.0.1 5002"'
    wait $!
}

measure_boots()
{
    boot 60 "a guest's way to userland" /boot/vmlinuz
    [ "$only" = kernels ] || measure_guest
    end alpha
    [ -r "$BENCH/small-kernel" ] || return 0
    boot 61 "a guest's way to userland, small kernel" "$BENCH/small-kernel"
    end alpha
}

make_configurations
if part control; then
    measure_control
    if [ "$(cat "$BENCH/kind")" = times ]; then # bytes need not be counted twice
        measure_memory
    else
        end tiny1
    fi
fi
! part kernels || measure_boots
