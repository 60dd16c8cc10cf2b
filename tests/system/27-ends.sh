#!/bin/bash
# SPDX-License-Identifier: MIT
# What follows when a guest stops is what its file says, in all six values; /etc/xen/auto is started
# once; a device's script is run where one is named, and only there.
# WHERE: host

if [ ! -e /proc/xen/capabilities ]; then
    make -s -C tests/guest || exit 1
    exec tests/machine/dom0 --xen "${XEN:-ours}" --tools ours --mem 1024 --dom0-mem 512 \
        --timeout 280 --log build/logs/27-ends.console --add build/guest/hello.elf:/root/hello.elf \
        --add build/guest/tests.elf:/root/tests.elf \
        --add tests/system/domain0.sh:/root/domain0.sh "$0"
fi

. /root/domain0.sh

# config NAME LINE...: a guest that says hello, and powers off within a second.
config()
{
    mkdir -p /etc/xen/auto
    printf 'name = "%s"\nkernel = "/root/hello.elf"\nmemory = 8\n' "$1" >"/etc/xen/$1.cfg"
    printf '%s\n' "${@:2}" >>"/etc/xen/$1.cfg"
}
create() { check "create $1" xm create -q "/etc/xen/$1.cfg"; first=$(domid "$1"); }
state() { xm list "$1" 2>/dev/null | awk 'NR == 2 { print $5 }'; }
stopped() { [[ $(state "$1") = *s* ]]; }
is_new() { now=$(domid "$1") && [ "$now" != "$first" ]; }
# hello does not say where its memory is, so that it ends without a core must be said.
no_core() { grep -q "xend: domain $1: its memory was not dumped" /var/log/xen/xend.log; }

# Those that come back do so without end. Destroyed, they stay away, also between two of their lives, when
# the name is no domain's.
recorded() { xenstore-ls /xend 2>/dev/null | grep -q "^ *name = \"$1\""; }
between_lives() { ! exists "$1" && recorded "$1"; }
end()
{
    check "destroy $1" xm destroy "$1"
    sleep 6                     # an xm create under way, however slow, would be done
    ! exists "$1" && ! recorded "$1" || fail "$1 came back: $(xm list)"
}

for action in destroy restart preserve rename-restart coredump-destroy coredump-restart; do
    config "$action" "on_poweroff = '$action'"
    create "$action"
    eval "first_${action//-/_}=$first"
done
step "destroy"
wait_until 40 gone destroy || fail "it is still there"
step "preserve"
wait_until 40 stopped preserve || fail "it is not there in state s: $(xm list)"
check "destroy what is preserved" xm destroy preserve
step "restart"
first=$first_restart
wait_until 40 is_new restart || fail "it does not come back"
step "rename-restart"
first=$first_rename_restart
wait_until 40 is_new rename-restart || fail "it does not come back"
stopped "rename-restart-$first" || fail "the old one is not kept: $(xm list)"
# A life may be over before xend hears from the xm that began it, and that before the next xm begins.
xm=$(dirname "$(readlink "/proc/$(busybox pidof xend)/exe")")/xm
ln "$xm" "$xm.prompt"
cat >"$xm.slow" <<EOS
#!/bin/sh
[ "\$1" != create ] || sleep 3
$xm.prompt "\$@"
status=\$?
[ "\$1" != create ] || sleep 2
exit \$status
EOS
chmod 755 "$xm.slow"
mv "$xm.slow" "$xm"
kept() { xm list | grep -c '^rename-restart-'; }
more_kept() { [ "$(kept)" -ge "$enough" ]; }
enough=$(($(kept) + 3))
wait_until 60 more_kept || fail "it does not come back every time: $(xm list)"
step "what is destroyed between two lives stays away"
wait_until 20 between_lives restart || fail "restart is not between two lives: $(xm list)"
end restart
ln -f "$xm.prompt" "$xm"
step "coredump-destroy"
wait_until 40 gone coredump-destroy || fail "it is still there"
no_core "$first_coredump_destroy" || fail "xend does not say that there is no core"
step "coredump-restart"
first=$first_coredump_restart
wait_until 40 is_new coredump-restart || fail "it does not come back"
no_core "$first" || fail "xend does not say that there is no core"
for name in rename-restart coredump-restart; do
    end $name
done
for id in $(xm list | awk '$1 ~ /^rename-restart-/ { print $2 }'); do
    check "destroy a kept one" xm destroy "$id"
done

step "a guest that crashes at once is not started again"
config crash "on_crash = 'restart'" "extra = 'death_by_stack'"
sed -i 's/hello.elf/tests.elf/; s/^memory.*/memory = 64/' /etc/xen/crash.cfg
create crash
wait_until 40 gone crash || fail "it is still there"
grep -q 'crashed within' /var/log/xen/xend.log || fail "xend does not say why"

step "/etc/xen/auto is started once"
config auto "on_poweroff = 'preserve'"
ln -s ../auto.cfg /etc/xen/auto/10-auto
rm /run/xen/xend.autostarted
for times in 1 2; do
    kill "$(busybox pidof xend)"
    wait_until 10 xend || fail "xend does not start"
done
wait_until 20 exists auto || fail "auto was not started"
sleep 2
[ "$(grep -c 'starting /etc/xen/auto' /var/log/xen/xend.log)" = 1 ] || fail "it was started twice"
wait_until 20 stopped auto || fail "it is not there in state s: $(xm list)"
check "destroy auto" xm destroy auto

step "a script is run where one is named"
cat >/root/card-script <<'EOS'
#!/bin/sh
echo "$0 $* $XENBUS_PATH" >>/tmp/script.log
EOS
cat >/root/disk-script <<'EOS'
#!/bin/sh
echo "$0 $* $XENBUS_PATH" >>/tmp/script.log
case $1 in
add)
    losetup /dev/loop7 "$(xenstore-read "$XENBUS_PATH/params")"
    xenstore-write "$XENBUS_PATH/physical-device" "$(stat -c %t:%T /dev/loop7)" \
        "$XENBUS_PATH/hotplug-status" connected
    ;;
remove) losetup -d /dev/loop7 ;;
esac
EOS
chmod 755 /root/{card,disk}-script
truncate -s 1M /root/disk.img
config scripted "vif = [ 'bridge=xenbr0,script=/root/card-script', 'bridge=xenbr0' ]" \
    "disk = [ 'format=raw,vdev=xvda,script=/root/disk-script,target=/root/disk.img' ]"
create scripted
wait_until 40 gone scripted || fail "it is still there"
ran() { [ "$(grep -c "$1 .*$2\$" /tmp/script.log)" = "$3" ]; }
for device in vif/$first/0:online:offline vbd/$first/51712:add:remove; do
    IFS=: read -r device begin end <<<"$device"
    wait_until 20 ran "$end" "$device" 1 || fail "$device's script did not see the end: $(cat /tmp/script.log)"
    ran "$begin" "$device" 1 || fail "$device's script did not see the beginning: $(cat /tmp/script.log)"
done
ran . "vif/$first/1" 0 || fail "the script ran for a card without one: $(cat /tmp/script.log)"
! losetup | grep -q loop7 || fail "the script's loop device is left: $(losetup)"

step "destroy waits, also when the store is restarted meanwhile"
cat >/root/restart-store <<'EOS'
#!/bin/sh
[ "$1" = offline ] || exec xenstore-write "$XENBUS_PATH/hotplug-status" connected
[ -e /tmp/restarted ] || { touch /tmp/restarted; kill -9 "$(busybox pidof xenstored)"; exec xenstored; }
exec sleep 6
EOS
chmod 755 /root/restart-store
config slow "vif = [ 'bridge=xenbr0,script=/root/restart-store' ]" "on_poweroff = 'preserve'"
create slow
wait_until 40 stopped slow || fail "it is not there in state s: $(xm list)"
check "destroy slow" xm destroy slow
[ -e /tmp/restarted ] || fail "the store was not restarted"
wait_until 10 xenstore-list / >/dev/null || fail "the store does not come back"
! recorded slow || fail "destroy did not wait for the devices"

step "nothing is left behind"
[ "$(xm list | wc -l)" = 2 ] || fail "domains are left: $(xm list)"
wait_until 20 no_guest_nodes || fail "nodes are left: $(xenstore-ls)"
[ -z "$(ls /var/lib/xen/xend)" ] || fail "settings are left: $(ls /var/lib/xen/xend)"
