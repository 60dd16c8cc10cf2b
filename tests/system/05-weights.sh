#!/bin/bash
# SPDX-License-Identifier: MIT
# Two guests that never rest share one processor as their weights say, 1 to 3, within 5 % of each
# one's share; and again after the weights are swapped while they run.
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 600

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

# expect_share SHARE: alpha's part of the processor time that both used since now. A machine under
# emulation is itself stopped now and then, for seconds, on the account of whoever ran: the longer
# the window, the less that is, so a share that is not right yet is looked at again.
expect_share()
{
    local a0 b0 share window

    sleep 2
    a0=$(seconds_of alpha) b0=$(seconds_of beta)
    for window in 1 2 3 4; do
        sleep $WINDOW
        share=$(awk "BEGIN { a = $(seconds_of alpha) - $a0; b = $(seconds_of beta) - $b0
                             print (a + b > $WINDOW * $window / 2) ? a / (a + b) : -1 }")
        note "alpha's share after $((WINDOW * window)) seconds is $share, $1 is due"
        ! awk "BEGIN { other = 1 - $1; least = $1 < other ? $1 : other; d = $share - $1
                       exit !(d <= least * 0.05 && d >= -least * 0.05) }" || return 0
    done
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
