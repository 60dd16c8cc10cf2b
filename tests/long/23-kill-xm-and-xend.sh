#!/bin/bash
# SPDX-License-Identifier: MIT
# xm create is killed as it is about to make a system call, and xend with it: the one that would have
# cleared up is dead too. The next xend does it. KILL_STEP=N takes every Nth call only.
# WHERE: host

[ -e /proc/xen/capabilities ] || exec tests/long/kill-machine "$0"
. /root/victim.sh

another_xend()
{
    kill -9 "$(busybox pidof xend)"
    wait_until 10 xend || fail "xend does not start again"
}

another_xend
take_inventory /tmp/before
step "kill xm create and xend at every call, $step apart"
for ((n = 1; ; n += step)); do
    create_killed $n || break
    another_xend
    all_gone $n 15
done
end_of_kills
