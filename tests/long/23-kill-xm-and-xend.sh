#!/bin/bash
# SPDX-License-Identifier: MIT
# xm create is killed as it is about to make a system call, and xend with it: the one that would have
# cleared up is dead too. The next xend does it. KILL_STEP=N takes every Nth call only.
# WHERE: host

if [ ! -e /proc/xen/capabilities ]; then
    out=build/long
    mkdir -p $out
    make -s -C tests/guest && gcc -O2 -static -o $out/kill-at tests/long/kill-at.c || exit 1
    echo "step=${KILL_STEP:-1}" >$out/kill-step
    exec tests/machine/dom0 --xen "${XEN:-ours}" --tools ours --mem 1024 --dom0-mem 512 \
        --timeout "${KILL_TIMEOUT:-7200}" --log build/logs/23-kill-xm-and-xend.console \
        --add $out/kill-at:/root/kill-at --add $out/kill-step:/root/kill-step \
        --add build/guest/hello.elf:/root/hello.elf --add tests/long/inventory.sh:/root/inventory.sh \
        --add tests/system/domain0.sh:/root/domain0.sh \
        --add tests/system/guest-disk:/usr/sbin/guest-disk "$0"
fi

. /root/domain0.sh
. /root/inventory.sh
. /root/kill-step

check "disk" guest-disk victim
cat >/etc/xen/victim.cfg <<C
name = "victim"
kernel = "/root/hello.elf"
memory = 8
disk = [ "file:/var/lib/xen/images/victim.img,xvda,w" ]
vif = [ "mac=00:16:3e:00:00:07,bridge=xenbr0" ]
C
another_xend()
{
    kill -9 "$(busybox pidof xend)"
    wait_until 10 xend || fail "xend does not start again"
}
no_claims() { nothing_runs && [ -z "$(ls -A /run/xen/creating)" ]; }

check "create" xm create -qp /etc/xen/victim.cfg
check "destroy" xm destroy victim
wait_until 20 no_claims || fail "the first victim does not go"
another_xend
take_inventory /tmp/before

step "kill xm create and xend at every call, $step apart"
kills=0 whole=0
for ((n = 1; ; n += step)); do
    outcome=$(/root/kill-at $n xm create -qp /etc/xen/victim.cfg 2>/tmp/create.err)
    another_xend
    case $outcome in
    killed*) kills=$((kills + 1)) ;;
    "ended after "*" with 0") break ;;
    *) cat /tmp/create.err; fail "create with a kill at call $n: $outcome" ;;
    esac
    if ! wait_until 15 no_claims; then
        [ -z "$(ls -A /run/xen/creating)" ] || fail "call $n: the claim is still there"
        whole=$((whole + 1))
        check "destroy what is complete after call $n ($outcome)" xm destroy victim
        wait_until 10 no_claims || fail "the victim of call $n does not go: $(what_runs)"
    fi
    [ $((kills % 25)) != 0 ] || same_inventory /tmp/before "after the kill at call $n"
done
check "destroy the one that lived" xm destroy victim
wait_until 10 no_claims || fail "the last victim does not go"
same_inventory /tmp/before "at the end"
note "$outcome; $kills kills, $whole of them after the domain was complete; $SECONDS seconds"
[ $kills -gt 10 ] || fail "only $kills kills"
