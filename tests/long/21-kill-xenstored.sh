#!/bin/bash
# SPDX-License-Identifier: MIT
# xenstored is killed 50 times at random moments while two guests use the store without pause, write
# to their disks and answer pings, and cards are plugged in and out: no guest notices. No transaction
# is lost or done twice, no event stays away, and at the end everything still works.
# WHERE: host

if [ ! -e /root/domain0.sh ]; then
    set -eu
    build=build/machine/store_user
    mkdir -p "$(dirname $build)"
    gcc -std=gnu11 -O2 -D_GNU_SOURCE -D__XEN_TOOLS__ -Itools -Ibuild/tools/include -static \
        -o $build tests/long/store_user.c build/tools/libxen.a
    exec tests/machine/dom0 --xen "${XEN:-ours}" --tools ours --mem 2048 --dom0-mem 1024 \
        --timeout 580 --log build/logs/21-kill-xenstored.console \
        --add tests/system/domain0.sh:/root/domain0.sh --add $build:/root/guest/store_user \
        --add tests/system/guest-disk:/usr/sbin/guest-disk --add tests/system/guests:/etc/xen "$0"
fi
. /root/domain0.sh

KILLS=${KILLS:-50}
SECONDS_OF_USE=160

cat >/root/guest/work <<'EOG'
#!/bin/sh
while :; do
    dd if=/disk/data of=/disk/copy bs=64k conv=fsync 2>/dev/null
    cmp /disk/data /disk/copy || echo "work: the disk is damaged"
done &
/disk/store_user "$1"
EOG
chmod 755 /root/guest/work
for name in alpha beta; do
    check "disk of $name" guest-disk $name /root/guest
    sed -i "s/guest.name=$name/guest.name=$name guest.run=\/disk\/work,$SECONDS_OF_USE/; s/^on_crash.*//" /etc/xen/$name.cfg
done
free_before=$(free_memory)

for name in alpha beta; do
    check "create $name" xm create /etc/xen/$name.cfg
    wait_until 90 grep -qa 'reached userland' /var/log/xen/console/guest-$name.log ||
        fail "$name does not come up"
done

# What fails because the store is away is tried again: only the guests must not notice. A card is named by
# its address: one that could not be detached has the next beside it, which has another number.
plug()
{
    local mac=00:16:3e:00:00:77

    while [ ! -e /tmp/enough ]; do
        xm network-attach alpha mac=$mac bridge=xenbr0
        while xm network-detach alpha $mac; do :; done
    done
}
plug >/tmp/plug.log 2>&1 &
plugger=$!

step "kill xenstored $KILLS times"
for ((i = 0; i < KILLS; i++)); do
    busybox usleep $((RANDOM * 30))
    replace_daemon xenstored
done
touch /tmp/enough
wait $plugger
[ "$(grep -ca 'command ended' /var/log/xen/console/guest-*.log | grep -c ':0$')" = 2 ] ||
    fail "a guest was done before the last kill: $(grep -a store_user: /var/log/xen/console/guest-*.log)"

store_of_cards()
{
    tail -n 20 /tmp/plug.log
    xenstore-ls -f /local/domain/0/backend/vif
    xenstore-ls -f /local/domain/1/device/vif
}

step "everything works as before"
plug_once() { xm network-attach alpha mac=00:16:3e:00:00:78 bridge=xenbr0; }
wait_until 30 plug_once || fail "no card can be attached: $(plug_once 2>&1)
$(store_of_cards)"
check "ping alpha" ping -c 3 -w 20 10.0.0.2
check "ping beta" ping -c 3 -w 20 10.0.0.3
for name in alpha beta; do
    log=/var/log/xen/console/guest-$name.log
    wait_until $SECONDS_OF_USE grep -qa 'command ended' $log || fail "$name does not end"
    grep -a 'store_user:' $log | sed "s/^/note: $name: /"
    grep -qa 'command ended with status 0' $log || fail "$name noticed: $(tail -n 5 $log)
$(store_of_cards)"
    ! grep -a 'work:' $log || fail "a disk of $name is damaged"
    wait_until 60 gone $name || fail "$name is still there"
done

step "nothing is left behind"
wait_until 30 no_guest_nodes || fail "nodes are left: $(xenstore-ls)"
wait_until 30 memory_back || fail "free memory was $free_before MiB and is $(free_memory) MiB"
