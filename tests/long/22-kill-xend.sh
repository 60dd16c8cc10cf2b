#!/bin/bash
# SPDX-License-Identifier: MIT
# xend is killed 50 times at random moments, while one guest powers off and is started again without
# pause (on_poweroff = "restart"), and another, with disk and card, is created, destroyed and reboots.
# Each new xend picks up where the last one was: the first goes on coming back, what is asked for is
# done, and nothing is left behind.
# WHERE: host

if [ ! -e /root/domain0.sh ]; then
    set -eu
    make -s -C tests/guest
    exec tests/machine/dom0 --xen "${XEN:-ours}" --tools ours --mem 1024 --dom0-mem 512 \
        --timeout 900 --log build/logs/22-kill-xend.console \
        --add tests/system/domain0.sh:/root/domain0.sh --add build/guest/hello.elf:/root/hello.elf \
        "$0"
fi
. /root/domain0.sh

KILLS=${KILLS:-50}
mkdir -p /etc/xen /var/lib/xen/images
truncate -s 1M /var/lib/xen/images/tiny.img
config()
{
    cat >"/etc/xen/$1.cfg" <<EOC
name   = "$1"
kernel = "/root/hello.elf"
memory = 8
on_poweroff = "$2"
$3
EOC
}
DEVICES='disk = [ "file:/var/lib/xen/images/tiny.img,xvda,w" ]
vif = [ "mac=00:16:3e:00:00:66,bridge=xenbr0" ]'
config ever restart 'vif = [ "mac=00:16:3e:00:00:67,bridge=xenbr0" ]'
config now destroy "$DEVICES"

# What fails because xend is away, or because a kill came between, is tried again.
create_and_destroy()
{
    while [ ! -e /tmp/enough ]; do
        xm create -p -q /etc/xen/now.cfg && xm destroy now
        xm create -q /etc/xen/now.cfg && wait_until 30 gone now
        gone now || xm destroy now
    done
}

clean()
{
    local left=(/run/xen/creating/* /var/lib/xen/xend/* /sys/class/net/vif*)

    [ ! -L "${left[0]}" ] && [ ! -e "${left[1]}" ] && [ ! -e "${left[2]}" ] &&
        [ "$(xm list | wc -l)" = 2 ] && no_guest_nodes && [ -z "$(losetup -a)" ]
}

check "create once, to fill the cache" xm create /etc/xen/now.cfg
wait_until 40 clean || fail "the first does not end"
free_before=$(free_memory)
check "create ever" xm create /etc/xen/ever.cfg
create_and_destroy >/tmp/creator.log 2>&1 &
creator=$!

step "kill xend $KILLS times"
for ((i = 0; i < KILLS; i++)); do
    busybox usleep $((RANDOM * 100))
    replace_daemon xend
done
touch /tmp/enough
wait $creator
last=$(domid ever)
is_back() { id=$(domid ever) && [ "$id" != "$last" ]; }
wait_until 60 is_back || fail "ever does not come back any more"
note "ever has come back $(grep -c 'ever: started again' /var/log/xen/xend.log) times"

step "everything can be ended"
end_ever() { xm destroy ever 2>/dev/null; sleep 3; gone ever; }
wait_until 60 end_ever || fail "ever cannot be destroyed"
wait_until 60 clean || { ls -lR /run/xen/creating /var/lib/xen/xend; losetup -a; xenstore-ls; fail "something is left"; }
wait_until 20 memory_back || fail "free memory was $free_before MiB and is $(free_memory) MiB"
check "create and end once more" xm create /etc/xen/now.cfg
wait_until 40 clean || fail "the last does not end"
