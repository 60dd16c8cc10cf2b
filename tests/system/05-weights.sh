#!/bin/bash
# SPDX-License-Identifier: MIT
# Two guests that never rest share one processor as their weights say, 1 to 3, within 5 % of each
# one's share; and again after the weights are swapped while they run.
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 400

. /root/domain0.sh

WINDOW=20
cd /etc/xen && for name in alpha beta; do
    sed -i '/^disk/d; /^vif/d; s/guest.ip=[^ "]*//; s/guest.disk=[^ "]*//' $name.cfg
done

set_weight()
{
    local command

    case $("$XM" info xen_scheduler) in
    credit2) command=sched-credit2 ;;
    *) command=sched-credit ;;
    esac
    check "weight of $1" "$XM" $command -d "$1" -w "$2"
}

# Percent of 100 times the processor time that alpha got of what both got, over the window.
measure()
{
    local a b

    sleep 3
    a=$(seconds_of alpha) b=$(seconds_of beta)
    sleep $WINDOW
    awk "BEGIN { a = $(seconds_of alpha) - $a; b = $(seconds_of beta) - $b
                 print (a + b > $WINDOW / 2) ? a / (a + b) : -1 }"
}

expect_share()
{
    local share

    share=$(measure)
    note "alpha's share is $share, $1 is due"
    awk "BEGIN { other = 1 - $1; least = $1 < other ? $1 : other; d = $share - $1
                 exit !(d <= least * 0.05 && d >= -least * 0.05) }" ||
        fail "alpha got $share of the time, not $1"
}

for name in alpha beta; do
    start_guest $name
    in_guest "keep $name busy" $name 10 '(while :; do :; done) & true'
done
step "alpha 256, beta 768"
set_weight alpha 256
set_weight beta 768
expect_share 0.25
step "alpha 768, beta 256"
set_weight alpha 768
set_weight beta 256
expect_share 0.75
for name in alpha beta; do
    check "destroy $name" "$XM" destroy $name
done
