#!/bin/bash
# SPDX-License-Identifier: MIT
# Two guests that never rest share one processor as their weights say, 1 to 3, within 5 % of each
# one's share; and again after the weights are swapped while they run.
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 600

. /root/domain0.sh

cd /etc/xen && for name in alpha beta; do
    sed -i '/^disk/d; /^vif/d; s/guest.ip=[^ "]*//; s/guest.disk=[^ "]*//' $name.cfg
done

for name in alpha beta; do
    start_guest $name
    in_guest "keep $name busy" $name 10 '(while :; do :; done) & true'
done
step "alpha 256, beta 768"
set_weight alpha 256
set_weight beta 768
expect_share alpha beta 0.25 20 5
step "alpha 768, beta 256"
set_weight alpha 768
set_weight beta 256
expect_share alpha beta 0.75 20 5
for name in alpha beta; do
    check "destroy $name" "$XM" destroy $name
done
