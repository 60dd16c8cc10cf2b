#!/bin/bash
# SPDX-License-Identifier: MIT
# xm create is killed as it is about to make a system call, and xend with it: the one that would have
# cleared up is dead too. The next xend does it. KILL_STEP=N takes every Nth call only, KILL_FIRST=N
# begins there.
# WHERE: host

[ -e /proc/xen/capabilities ] || exec tests/long/kill-machine "$0"
. /root/victim.sh

after_kill() { replace_daemon xend; }

after_kill
take_inventory /tmp/before
kill_at_each 15
