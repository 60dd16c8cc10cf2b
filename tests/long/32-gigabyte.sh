#!/bin/bash
# SPDX-License-Identifier: MIT
# Two guests with Debian on their disks exchange a file of 1 GiB over the bridge, from disk to disk,
# and it arrives as it was; both reach Domain0. Then one gives memory up and takes it back, while the
# other's does not change.
# WHERE: host
#
# With MIB=64 in the environment the file has 64 MiB: quicker, to try the test itself.

# What is put on a guest's disk beside Debian: a root shell on the console, for the test to type on,
# and busybox for its nc.
guest_files()
{
    local unit=$1/etc/systemd/system/serial-getty@hvc0.service.d

    rm -rf "$1"
    mkdir -p "$unit" "$1/usr/local/bin"
    cp "$(command -v busybox)" "$1/usr/local/bin/"
    cat >"$1/usr/local/bin/console-shell" <<'END'
#!/bin/sh
cd /
echo "guest: $(hostname) reached userland after $(cut -d ' ' -f 1 /proc/uptime) seconds"
PS1='/ # ' exec sh -i
END
    chmod 755 "$1/usr/local/bin/console-shell"
    printf '[Service]\nExecStart=\nExecStart=-/usr/local/bin/console-shell\n' >"$unit/shell.conf"
}

if [ ! -e /proc/xen/capabilities ]; then
    set -e
    out=build/long
    guest_files $out/guest
    tests/machine/mkdisk --guest $out/guest $out/beta.img
    head -c "${MIB:-1024}M" /dev/urandom >$out/guest/data
    md5sum <$out/guest/data | sed "s/ .*/ ${MIB:-1024}/" >$out/sum
    tests/machine/mkdisk --guest $out/guest $out/alpha.img
    rm -r $out/guest
    disk=format=raw,if=virtio,cache=unsafe
    tests/machine/dom0 --xen "${XEN:-ours}" --tools ours --mem 2048 --dom0-mem 768 \
        --modules "virtio_pci virtio_blk" --timeout 3600 --log build/logs/gigabyte.console \
        --add $out/sum:/root/sum \
        --add tests/system/domain0.sh:/root/domain0.sh --add tests/system/guests:/etc/xen \
        "$0" -- -drive "$disk,file=$out/alpha.img" -drive "$disk,file=$out/beta.img" || status=$?
    rm -f $out/alpha.img $out/beta.img
    exit ${status:-0}
fi

. /root/domain0.sh

[ -b /dev/vdb ] && [ -b /dev/vdc ] || fail "Domain0 has no disks for the guests"
cd /etc/xen
sed -i "s|file:.*,xvda,w|phy:/dev/vdb,xvda,w|" alpha.cfg
sed -i "s|file:.*,xvda,w|phy:/dev/vdc,xvda,w|" beta.cfg
sed -i "s/^memory.*/memory = 256/; s/guest.name=\([a-z]*\)/& systemd.hostname=\1/" ./*.cfg
sed -i 's,guest.disk=,guest.init=/sbin/init systemd.show_status=0 &,' ./*.cfg
read -r sum mib </root/sum

step "two guests, each with a disk of its own"
for name in alpha beta; do
    start_guest $name
    in_guest "Debian runs" $name 60 "grep 'Debian GNU' /etc/os-release && [ -d /run/systemd/system ]"
done
for name in alpha beta; do
    in_guest "$name reaches Domain0" $name 60 'ping -c 3 -w 20 10.0.0.1'
done
check "Domain0 reaches alpha" ping -c 3 -w 20 10.0.0.2
check "Domain0 reaches beta" ping -c 3 -w 20 10.0.0.3

# send FROM TO ADDRESS: the file goes from disk to disk. The programs at both ends have the socket
# itself: nc's own loop moves 1 KiB per system call.
send()
{
    local began=$SECONDS took got

    in_guest "room on $2" "$2" 60 'rm -f /data /tmp/received; sync'
    in_guest "$2 listens" "$2" 20 \
        '(busybox nc -l -p 99 -e dd of=/data bs=1M 2>/dev/null; sync; >/tmp/received) & sleep 1'
    in_guest "$1 sends" "$1" 1800 "busybox nc -w 100 $3 99 -e busybox cat /data"
    in_guest "$2 writes it all" "$2" 300 'until [ -e /tmp/received ]; do sleep 1; done'
    in_guest "$2 forgets it" "$2" 60 'echo 3 >/proc/sys/vm/drop_caches'
    took=$((SECONDS - began))
    # The guest's kernel may have its say on the same console.
    got=$(guest "$2" 600 'md5sum </data' | grep -o '^[0-9a-f]\{32\} ')
    [ "$got" = "$sum " ] || fail "$2 received $got, not $sum"
    note "$mib MiB from $1 to $2 in $took seconds, $((mib / took)) MiB/s, md5 $sum"
}

step "from alpha to beta"
send alpha beta 10.0.0.3
step "and back"
send beta alpha 10.0.0.2

step "alpha gives memory up and takes it back"
kib() { guest "$1" 20 'cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb' | head -1; }
reached() { [ "$(kib alpha)" = "$1" ]; }
freed() { [ "$(free_memory)" -ge "$1" ]; }
free_before=$(free_memory)
for round in 1 2 3; do
    check "to 128 MiB" xm mem-set alpha 128
    wait_until 60 reached $((128 * 1024)) || fail "alpha has $(kib alpha) KiB"
    wait_until 20 freed $((free_before + 127)) || fail "free: $(free_memory) MiB, was $free_before"
    check "to 256 MiB" xm mem-set alpha 256
    wait_until 60 reached $((256 * 1024)) || fail "alpha has $(kib alpha) KiB"
    wait_until 20 eval "[ \$(free_memory) -le $((free_before + 1)) ]" || fail "free: $(free_memory) MiB"
done
[ "$(kib beta)" = $((256 * 1024)) ] || fail "beta has $(kib beta) KiB"
in_guest "alpha's file is still whole" alpha 600 "md5sum /data | grep $sum"
for name in alpha beta; do check "shutdown $name" xm shutdown -w $name; done
