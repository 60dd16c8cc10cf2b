# SPDX-License-Identifier: MIT
# The story of the installation tests; they differ in the firmware. Sourced; $1: options of
# tests/machine/qemu, $2: a name for the logs.
#
# A plain Debian, booted from its disk: our packages are installed with apt, the machine reboots into
# Domain0 on our hypervisor, runs a guest, reboots into Domain0 again, removes the packages, goes off,
# and boots as it did at first. The time limits are for a busy machine.

. tests/long/disk.sh

# type_phase SECONDS NAME
type_phase()
{
    step "$2"
    run "$1" "/root/install-phase $2"
}

make -s deb >/dev/null && tests/machine/mkdisk --plain build/plain.img || exit 1
cp --sparse=always build/plain.img "$WORK/disk"
debugfs -w -f - "$WORK/disk?offset=$((66 << 20))" >/dev/null 2>&1 <<END
write tests/long/install-phase /root/install-phase
set_inode_field /root/install-phase mode 0100755
END

step "a plain Debian boots from the disk"
# shellcheck disable=SC2086  # options, or none
start_machine 5400 "$LOGS/$2-1.console" $1
log_in 900 ttyS0
type_phase 900 install
printf 'reboot\n' >&7
step "the machine comes up as Domain0"
log_in 1500 hvc0
type_phase 1500 domain0
printf 'reboot\n' >&7
step "it does so again"
log_in 1500 hvc0
type_phase 1500 remove
printf 'poweroff\n' >&7
wait_off 400
step "without the packages the machine boots as before"
# shellcheck disable=SC2086
start_machine 1800 "$LOGS/$2-2.console" $1
log_in 900 ttyS0
type_phase 600 native
printf 'poweroff\n' >&7
wait_off 400
step "the machine is off"
