#!/bin/bash
# SPDX-License-Identifier: MIT
# Domain0 drives real devices: for each kind of network card that QEMU has, a file is fetched through it
# and written to a disk of each kind; after the cache is dropped, what comes back from the disk is what was
# sent. That takes DMA to and from Domain0's frames, and interrupts by line, by MSI and by MSI-X: all
# three must have been used.
# WHERE: host
#
# usage: 20-devices.sh [AHCI IDE NVME VIRTIO-BLK VIRTIO-SCSI [DOM0-OPTION...]]
#        how many MiB of the file each disk gets (4), options for tests/machine/dom0

set -eu
[ $# != 0 ] || set -- 4 4 4 4 4
sizes=("${@:1:5}")
shift 5
largest=$(printf '%s\n' "${sizes[@]}" | sort -n | tail -n 1)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/xenolith-devices.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

head -c "${largest}M" /dev/urandom >"$scratch/file"
sums=$(for mib in "${sizes[@]}"; do head -c "${mib}M" "$scratch/file" | md5sum | cut -d' ' -f1; done)
cat >"$scratch/script" <<SCRIPT
#!/bin/bash
largest=$largest sizes=(${sizes[*]}) sums=($sums)
SCRIPT
cat >>"$scratch/script" <<'SCRIPT'
fail() { echo "fail: $*"; grep . /sys/block/*/size; cat /proc/interrupts; dmesg | tail -n 30; exit 1; }

# wait_for WHAT COMMAND...: until the command prints something.
wait_for()
{
    local tries

    for tries in $(seq 200); do
        found=$("${@:2}" 2>/dev/null) && [ -n "$found" ] && return
        sleep 0.1
    done
    fail "no $1"
}

# Disk N is N MiB larger than the file; card N has N at the end of its address.
disk() { grep -lx $(((largest + $1) * 2048)) /sys/block/[sv]d?/size /sys/block/nvme?n?/size | cut -d/ -f4; }
card() { grep -l "52:54:00:00:00:0$1" /sys/class/net/*/address | cut -d/ -f5; }
driver() { basename "$(readlink "/sys/class/net/$1/device/driver")"; }
carrier() { grep 1 "/sys/class/net/$1/carrier"; }

n=0
for kind in AHCI IDE NVMe virtio-blk virtio-scsi; do
    mib=${sizes[n]} sum=${sums[n]} net=$((n % 4 + 1))
    n=$((n + 1))
    wait_for "$kind disk" disk $n
    disk=/dev/$found
    wait_for "network card $net" card $net
    card=$found
    ip link set "$card" up
    ip address replace "10.1.$net.15/24" dev "$card"
    wait_for "carrier on $card" carrier "$card"
    began=$SECONDS
    dd of="$disk" bs=1M count="$mib" iflag=fullblock <"/dev/tcp/10.1.$net.100/99" 2>/dev/null
    sync
    echo 3 >/proc/sys/vm/drop_caches
    back=$(dd if="$disk" bs=1M count="$mib" 2>/dev/null | md5sum | cut -d' ' -f1)
    [ "$back" = "$sum" ] || fail "what the $kind disk gives back differs"
    echo "$mib MiB by $(driver "$card") to the $kind disk $disk and back: $((SECONDS - began)) seconds"
done

for how in ioapic-level msi msi-x; do
    awk -v how="-$how" '$0 ~ /xen-pirq/ && $0 ~ (how " ") { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i }
                        END { exit n < 20 }' /proc/interrupts || fail "hardly an interrupt by $how"
done
SCRIPT

devices=()
for n in 1 2 3 4 5; do
    truncate -s "$((largest + n))M" "$scratch/disk$n"
    devices+=(-drive "if=none,id=disk$n,format=raw,file=$scratch/disk$n")
done
devices+=(-device ahci,id=ahci -device ide-hd,bus=ahci.0,drive=disk1 -device ide-hd,bus=ide.0,drive=disk2
    -device nvme,serial=1,drive=disk3 -device virtio-blk-pci,drive=disk4
    -device virtio-scsi-pci,id=scsi -device scsi-hd,bus=scsi.0,drive=disk5)
n=0
for card in e1000 rtl8139 e1000e virtio-net-pci; do
    n=$((n + 1))
    server="guestfwd=tcp:10.1.$n.100:99-cmd:cat $scratch/file"
    devices+=(-netdev "user,id=net$n,net=10.1.$n.0/24,host=10.1.$n.2,$server"
        -device "$card,netdev=net$n,mac=52:54:00:00:00:0$n")
done

tests/machine/dom0 --xen "${XEN:-ours}" --tools none --mem 1024 --dom0-mem 512 --timeout 400 \
    --modules "virtio_pci virtio_blk virtio_scsi ahci ata_piix nvme sd_mod e1000 e1000e 8139cp virtio_net" \
    --log build/logs/20-devices.console "$@" "$scratch/script" -- "${devices[@]}"
