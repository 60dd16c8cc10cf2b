#!/bin/bash
# SPDX-License-Identifier: MIT
# xm create is killed as it is about to make a system call: the first, the second, and so on to the
# last. Each time nothing is left behind; only where it had told xend that the domain is complete,
# the domain is there, whole, and can be destroyed. KILL_STEP=N takes every Nth call only.
# WHERE: host

if [ ! -e /proc/xen/capabilities ]; then
    out=build/long
    mkdir -p $out
    make -s -C tests/guest && gcc -O2 -static -o $out/kill-at tests/long/kill-at.c || exit 1
    echo "step=${KILL_STEP:-1}" >$out/kill-step
    exec tests/machine/dom0 --xen "${XEN:-ours}" --tools ours --mem 1024 --dom0-mem 512 \
        --timeout "${KILL_TIMEOUT:-7200}" --log build/logs/create-killed.console \
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

# What every create does once and for all, such as keeping the unpacked kernel, is done here.
check "create" xm create -qp /etc/xen/victim.cfg
check "destroy" xm destroy victim
wait_until 20 nothing_runs || fail "the first victim does not go"
take_inventory /tmp/before

step "kill xm create at every call, $step apart"
calls=0 kills=0 whole=0 began=$SECONDS
for ((n = 1; ; n += step)); do
    outcome=$(/root/kill-at $n xm create -qp /etc/xen/victim.cfg 2>/tmp/create.err)
    case $outcome in
    killed*) kills=$((kills + 1)) ;;
    "ended after "*" with 0") calls=${outcome#ended after } calls=${calls%% *}; break ;;
    *) cat /tmp/create.err; fail "create with a kill at call $n: $outcome" ;;
    esac
    if wait_until 5 nothing_runs; then
        [ $whole = 0 ] || fail "the domain was complete before call $n, and now is not there"
    else
        exists victim || fail "$outcome, call $n: $(what_runs)"
        whole=$((whole + 1))
        check "destroy what is complete after call $n ($outcome)" xm destroy victim
        wait_until 10 nothing_runs || fail "the victim of call $n does not go: $(what_runs)"
    fi
    [ $((kills % 25)) != 0 ] || same_inventory /tmp/before "after the kill at call $n"
done
check "destroy the one that lived" xm destroy victim
wait_until 10 nothing_runs || fail "the last victim does not go"
same_inventory /tmp/before "at the end"
note "$calls system calls, $kills kills, $whole of them after the domain was complete;" \
    "$((SECONDS - began)) seconds"
[ $kills -gt 10 ] || fail "only $kills kills"
