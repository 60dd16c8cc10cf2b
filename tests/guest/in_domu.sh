#!/bin/bash
# SPDX-License-Identifier: MIT
# Run the guest tests in a domain other than Domain0: a script for Domain0 (run --domu starts it).
# /root/tests.normal and /root/tests.fatal name the tests; what the test kernel says is printed, and
# when a domain did not end by itself, how: "Domain 0 crashed" becomes the domain's own line.

. /root/domain0.sh

CAP=90
mkdir -p /etc/xen

config()
{
    cat >/etc/xen/tests.cfg <<CONFIG
name        = "tests"
kernel      = "/root/${2:-tests}.elf"
extra       = "$1"
memory      = 64
vcpus       = 2
on_poweroff = "preserve"
on_crash    = "preserve"
CONFIG
}

# Field 5 of the list is a word of flags; s is shut down, c crashed.
state() { "$XM" list tests 2>/dev/null | awk 'NR == 2 { print $5 }'; }

# The frames of all domains, recounted; the runner reads the answer.
audit()
{
    grep -q xenolith /sys/hypervisor/version/extra || return 0
    "$XM" debug-keys A
    "$XM" dmesg | tr -d '\r' | grep -a 'audit: .*differences' | tail -n 1
}

# Run one domain with the kernel arguments $1 (and kernel $2.elf, else the tests); its output is
# left in /tmp/console.tests.
run_domain()
{
    local lines=0 now since=$SECONDS ended=

    config "$@"
    "$XM" create -p /etc/xen/tests.cfg >/tmp/create.out 2>&1 || {
        cat /tmp/create.out
        echo "the domain was not created"
        return 1
    }
    attach_console tests
    "$XM" unpause tests
    while [ -z "$ended" ]; do
        sleep 0.3
        now=$(grep -ac 'TEST:' /tmp/console.tests)
        [ "$now" = "$lines" ] || { lines=$now since=$SECONDS; }
        case $(state) in
        *c*) ended="guest: the domain 0 crashed" ;;
        *s*) ended="guest: shut down" ;;
        *) [ $((SECONDS - since)) -lt $CAP ] || ended="TEST: timeout after $CAP seconds" ;;
        esac
    done
    sleep 0.5
    tr -d '\r' </tmp/console.tests
    echo "$ended"
    "$XM" destroy tests
    wait_until 20 gone tests || echo "guest: the domain was not destroyed"
    audit
}

# The example kernel: a test in that it works.
run_hello()
{
    echo "TEST: start hello"
    run_domain "" hello
    if [ "$(grep -ac '^hello: tick' /tmp/console.tests)" = 3 ] &&
        grep -qa '^hello: goodbye' /tmp/console.tests; then
        echo "TEST: pass hello"
    else
        echo "TEST: fail hello: it did not come to its end"
    fi
}

args=$(cat /root/tests.normal)
if [ -n "$args" ]; then
    [ ${#args} -lt 900 ] || args=
    while run_domain "$args"; do
        last=$(sed -n 's/^TEST: start \([a-z0-9_]*\).*/\1/p' /tmp/console.tests | tail -n 1)
        ! grep -qa '^TEST: done' /tmp/console.tests || break
        [ -n "$last" ] && [ "$args" != "after=$last" ] || break
        args="after=$last"
    done
fi
# Again, for what the batch has left in memory: see leftovers.c.
case " $(cat /root/tests.normal) " in
*" leftovers "*) run_domain leftovers ;;
esac
for args in $(cat /root/tests.fatal); do
    if [ "$args" = hello ]; then run_hello; else run_domain "$args"; fi
done
exit 0
