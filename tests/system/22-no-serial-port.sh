#!/bin/bash
# SPDX-License-Identifier: MIT
# A machine with a screen and a USB keyboard and without a serial port: Xen's messages are on the screen,
# then Domain0 has it; what is typed arrives; the machine goes off.
# WHERE: host

. "$(dirname "$0")/../machine/lib.sh"

LIMIT=100                       # seconds for each step
run=$(mktemp -d "${TMPDIR:-/tmp}/xenolith-screen.XXXXXX")
qemu=
trap '[ -z "$qemu" ] || kill "$qemu" 2>/dev/null; rm -rf "$run"' EXIT

monitor() { echo "$1" | socat -t 0.3 - "UNIX-CONNECT:$run/monitor" >/dev/null 2>&1 || true; }

screen()
{
    monitor "pmemsave 0xb8000 4000 \"$run/dump\""
    [ ! -s "$run/dump" ] || "$TOP/tests/boot/screen" text "$run/dump"
}

shows() { screen | grep -qE "$1"; }
off() { ! kill -0 "$qemu" 2>/dev/null; }

wait_for()
{
    local deadline=$((SECONDS + LIMIT))

    until "${@:2}"; do
        [ $SECONDS -lt $deadline ] || { screen; die "$1 did not come"; }
        sleep 0.2
    done
    echo "$1: seen"
}

"$TOP/tests/machine/setup" -q
printf '%s\n' TOOLS=none DAEMONS=no TTY=no POWEROFF=yes \
    'MODULES="xhci_pci usbhid hid_generic evdev"' >"$run/machine-file"
cat >"$run/script" <<'SCRIPT'
#!/bin/sh
# What is typed before the kernel has set up the keyboard goes nowhere; this is the end of doing so.
until [ -e /dev/hidraw0 ]; do sleep 0.1; done
exec </dev/tty1 >/dev/tty1 2>&1
echo "type a word"
read -r word
echo "the word was $word"
sleep 3
SCRIPT
chmod 755 "$run/script"
"$TOP/tests/machine/mkinitrd" --tools none --no-guest --add "$run/machine-file:/etc/machine" \
    --add "$run/script:/etc/machine.script" "$run/initrd"
qemu-system-x86_64 -machine pc,i8042=off -accel tcg -cpu max,-svm -m 768 -net none -display none -no-reboot \
    -serial none -monitor "unix:$run/monitor,server=on,wait=off" -device qemu-xhci -device usb-kbd \
    -kernel "${XENOLITH:-$TOP/xen/xenolith}" -append "dom0_mem=512M" \
    -initrd "$DEBIAN/boot/vmlinuz-$(kernel_version) console=tty0 loglevel=4,$run/initrd" </dev/null &
qemu=$!
wait_for "Xen's messages" shows '^\(XEN\) (Xenolith|Unpacking Domain0|Free memory)'
wait_for "Domain0's question" shows '^type a word'
for key in p l u g h; do monitor "sendkey $key"; done
monitor "sendkey ret"
wait_for "what was typed" shows '^the word was plugh'
wait_for "the end" off
qemu=
