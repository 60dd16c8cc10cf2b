#!/bin/bash
# SPDX-License-Identifier: MIT
# Domain0 gives memory back to the hypervisor and takes it again, by the balloon in /sys, with its memory
# in use: what it kept is unchanged, what it got is usable, and the hypervisor has all of it to give
# while Domain0 has not.
# MACHINE: --no-daemons --mem 1024 --dom0-mem 512 --timeout 180

. /root/domain0.sh

BALLOON=/sys/devices/system/xen_memory/xen_memory0
PART=208                        # MiB that go and come back
FRAMES=$((PART * 256))

has() { [ "$(cat $BALLOON/info/current_kb)" = "$1" ]; }
free_frames() { key_output m | sed -n 's/.* \([0-9]*\) of [0-9]* frames free.*/\1/p'; }

resize()
{
    echo "$1" >$BALLOON/target_kb
    wait_until 30 has "$1" || fail "Domain0 has $(cat $BALLOON/info/current_kb) KiB, not $1"
}

# noise MIB: no two pages of it alike.
noise() { for i in $(seq "$1"); do echo "$i"; cat /noise; done; }
fill() { noise "$2" >"$1"; noise "$2" | md5sum >"$1.sum"; }
intact() { [ "$(md5sum <"$1")" = "$(cat "$1.sum")" ] || fail "$1 has changed: $2"; }

expect_free() { [ "$(free_frames)" = "$1" ] || fail "$(free_frames) frames are free, not $1"; }

head -c 1m /dev/urandom >/noise
mount -t tmpfs -o size=90% tmpfs /tmp
all=$(cat $BALLOON/info/current_kb)
free=$(free_frames)
fill /tmp/kept 32
for round in 1 2; do
    resize $((all - PART * 1024))
    expect_free $((free + FRAMES))
    intact /tmp/kept "down, round $round"
    resize "$all"
    expect_free "$free"
    fill /tmp/more 160          # more than Domain0 had left without what came back
    intact /tmp/more "memory taken back, round $round"
    rm /tmp/more
    intact /tmp/kept "up, round $round"
done
! dmesg | grep -E 'BUG:|Oops|Bad page|[Oo]ut of memory' || fail "the kernel complains"
