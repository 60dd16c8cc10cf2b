#!/bin/bash
# SPDX-License-Identifier: MIT
# xm create is killed as it is about to make a system call: the first, the second, and so on to the
# last. Each time nothing is left behind; only where it had given up its claim, the domain is there,
# whole, and can be destroyed. KILL_STEP=N takes every Nth call only, KILL_FIRST=N begins there.
# WHERE: host

[ -e /proc/xen/capabilities ] || exec tests/long/kill-machine "$0"
. /root/victim.sh

after_kill() { :; }

take_inventory /tmp/before
kill_at_each 5
