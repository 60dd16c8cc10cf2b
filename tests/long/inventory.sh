# SPDX-License-Identifier: MIT
# What could be left behind in Domain0 by a guest that is gone. Sourced after domain0.sh.

what_runs()
{
    "$XM" list | awk 'NR > 1 && $2 != 0 { print "domain", $2, $1 }'
    losetup -a
    ls /sys/class/net | grep '^vif'
}

nothing_runs() { [ -z "$(what_runs)" ]; }

open_files() { ls "/proc/$(pidof "$1")/fd" | wc -l; }

# Memory, the store's nodes, files, processes, open files of the daemons, ports of Domain0; a line each.
inventory()
{
    local daemon

    echo "free memory $(free_memory)"
    xenstore-ls -f / | sed 's/ = .*//; s/^/node /'
    find /var/lib/xen /run/xen /etc/xen -type f | sort | sed 's/^/file /'
    ps -o comm | grep -v '^kworker\|^ps$\|^grep$\|^sort$\|^uniq$\|^sed$\|^script$' | sort | uniq -c |
        sed 's/^ */processes /'
    for daemon in xenstored xenconsoled xend; do
        echo "open files of $daemon: $(open_files $daemon)"
    done
    echo "ports in Domain0 $(grep -c 'xen-dyn' /proc/interrupts)"
    echo "backends $(ls /sys/bus/xen-backend/devices | wc -l)"
}

take_inventory() { inventory >"$1"; }

matches_inventory() { take_inventory /tmp/after && cmp -s "$1" /tmp/after; }

# same_inventory FILE WHEN: what there was is what there is.
same_inventory()
{
    wait_until 15 matches_inventory "$1" || { diff "$1" /tmp/after; fail "something is left $2"; }
}
