#!/bin/bash
# SPDX-License-Identifier: MIT
# Domain0's kernel has nothing to complain about that it does not also say on Debian's Xen: both are booted
# on the same machine, and every warning and error in the log on ours must be in the other's.
# WHERE: host

set -eu
scratch=$(mktemp -d "${TMPDIR:-/tmp}/xenolith-log.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/script" <<'SCRIPT'
dmesg -r
SCRIPT
for disk in 1 2; do truncate -s 16M "$scratch/disk$disk"; done

# Warnings and worse, without times, addresses and numbers; and without what is about the speed of a
# machine under emulation.
complaints()
{
    tests/machine/dom0 --xen "$1" --tools none --mem 1024 --dom0-mem 512 --smp 2 --timeout 240 \
        --modules "ahci nvme e1000e sd_mod xhci_pci usbhid" --log "build/logs/25-kernel-log.$1.console" \
        "$scratch/script" -- -device ahci,id=ahci -device ide-hd,bus=ahci.0,drive=disk1 \
        -drive "if=none,id=disk1,format=raw,file=$scratch/disk1" -device nvme,serial=1,drive=disk2 \
        -drive "if=none,id=disk2,format=raw,file=$scratch/disk2" -netdev user,id=net -device e1000e,netdev=net \
        -device qemu-xhci -device usb-kbd >"$scratch/$1.log"
    [ "$(grep -c '^<' "$scratch/$1.log")" -gt 100 ] || { echo "$1: this is not the log of a boot"; exit 1; }
    sed -nE 's/^<[0-4]>\[[^]]*\] //p' "$scratch/$1.log" |
        grep -vE 'clocksource|hrtimer|interrupt took too long|rcu:|RT throttling' |
        sed -E 's/0x[0-9a-f]+/X/g; s/[0-9a-f]{8,}/X/g; s/[0-9]+/N/g' | sort -u >"$scratch/$1"
}

complaints stock
complaints ours
ours_alone=$(comm -13 "$scratch/stock" "$scratch/ours")
[ -z "$ours_alone" ] || { printf 'only on Xenolith:\n%s\n' "$ours_alone"; exit 1; }
