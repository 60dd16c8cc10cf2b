#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest that panics is started again, as its file asks (on_crash = "restart"); one whose file says
# destroy disappears. Nobody else notices.
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 400

. /root/domain0.sh

cd /etc/xen && sed -i '/^disk/d; s/guest.disk=[^ "]*//' alpha.cfg beta.cfg
sed -i 's/^on_crash.*/on_crash = "destroy"/' beta.cfg

step "alpha panics and comes back under a new number"
start_guest alpha
sleep 11 # a guest that crashes within 10 seconds of its start is not started again
crash_and_return alpha

step "beta panics and is gone"
start_guest beta
guest beta 2 'echo c >/proc/sysrq-trigger' >/dev/null
wait_until 60 gone beta || fail "beta is still there"

step "alpha did not notice"
[ "$(guest alpha 20 'echo still here')" = "still here" ] || fail "alpha does not answer"
check "ping" ping -c 3 -w 20 10.0.0.2
check "destroy alpha" "$XM" destroy alpha
wait_until 30 gone alpha || fail "alpha is still there"
