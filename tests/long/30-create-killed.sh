#!/bin/bash
# SPDX-License-Identifier: MIT
# xm create is killed as it is about to make a system call: the first, the second, and so on to the
# last. Each time nothing is left behind; only where it had told xend that the domain is complete,
# the domain is there, whole, and can be destroyed. KILL_STEP=N takes every Nth call only.
# WHERE: host

[ -e /proc/xen/capabilities ] || exec tests/long/kill-machine "$0"
. /root/victim.sh

take_inventory /tmp/before
step "kill xm create at every call, $step apart"
for ((n = 1; ; n += step)); do
    create_killed $n || break
    all_gone $n 5
done
end_of_kills
