#!/bin/bash
# SPDX-License-Identifier: MIT
# Under UEFI and under BIOS, Domain0 comes up, finds ACPI's tables and its disks, restarts the machine, and
# switches it off: the first time it leaves a word on a disk and restarts; finding the word shows that the
# machine did start anew, and then it goes off.
# WHERE: host

set -eu
scratch=$(mktemp -d "${TMPDIR:-/tmp}/xenolith-power.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/script" <<'SCRIPT'
#!/bin/bash
dmesg | grep -q 'ACPI: RSDP' || { echo "no ACPI tables"; exit 1; }
for i in $(seq 100); do [ ! -b /dev/vdb ] || break; sleep 0.1; done
read -r word </dev/vdb || exit 2
[ "$word" != again ] || { echo "here again"; exit 0; }
echo again | dd of=/dev/vdb conv=fsync 2>/dev/null
echo "restarting"
reboot
sleep 100
SCRIPT

# restart_and_off FIRMWARE [QEMU-OPTION...]
restart_and_off()
{
    local log=build/logs/23-power.$1.console

    yes empty | head -c 1M >"$scratch/disk"
    tests/machine/dom0 --xen "${XEN:-ours}" --tools none --mem 1024 --dom0-mem 512 \
        --modules "virtio_pci virtio_blk" --timeout 400 --log "$log" "$scratch/script" -- "${@:2}" -action reboot=reset \
        -drive "if=none,id=word,format=raw,file=$scratch/disk" -device virtio-blk-pci,drive=word
    [ "$(grep -ac 'machine: script starts' "$log")" = 2 ] || { echo "$1: it did not start twice"; exit 1; }
    echo "$1: restarted, and went off"
}

restart_and_off BIOS
restart_and_off UEFI -bios /usr/share/ovmf/OVMF.fd
