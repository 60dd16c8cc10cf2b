#!/bin/bash
# SPDX-License-Identifier: MIT
# `make run` gives a shell in Domain0 that has what a person expects: tools, manual pages, completion,
# example guests, a bridge; a guest is started as the welcome says; leaving the shell switches the
# machine off. With Debian's hypervisor or Debian's tools there is the same shell.
# WHERE: host

set -u
work=$(mktemp -d "${TMPDIR:-/tmp}/xenolith-shell.XXXXXX")
trap 'stop_machine; rm -rf "$work"' EXIT
mkfifo "$work/keyboard"
exec 7<>"$work/keyboard"
machine=

stop_machine() { [ -z "$machine" ] || kill -- -"$machine" 2>/dev/null; wait; }

# What the terminal shows, without what only steers it.
screen() { sed 's/\r//g; s/\x1b\[[?0-9;]*[A-Za-z]//g' "$work/screen"; }

fail() { echo "fail: $*"; screen | tail -n 30; exit 1; }

# wait_for SECONDS PATTERN: until a line on the screen matches.
wait_for()
{
    local until=$((SECONDS + $1))

    until screen | grep -aE "$2" >/dev/null; do
        [ $SECONDS -lt $until ] || fail "no '$2' within $1 seconds"
        kill -0 "$machine" 2>/dev/null || fail "the machine went off while waiting for '$2'"
        sleep 0.5
    done
}

# says COMMAND TEXT: the command succeeds and prints the text. What is typed is on the screen as well, so
# the answers are typed in a form that differs.
says()
{
    printf 'o=$(%s 2>&1) && [[ $o == *"%s"* ]] && echo "ye"s "%s" || echo "n"o "%s" "$o"\n' \
        "$1" "$2" "$1" "$1" >&7
    wait_for 300 "^(yes|no) $1"
    screen | grep -aE "^yes $1" >/dev/null || fail "'$1' does not say '$2'"
}

# start XEN TOOLS: until there is a prompt, on a terminal too wide to break lines.
start()
{
    echo "step: XEN=$1 TOOLS=$2"
    : >"$work/screen"
    setsid make -s run XEN="$1" TOOLS="$2" <"$work/keyboard" >"$work/screen" 2>&1 &
    machine=$!
    wait_for 400 '^This is Domain0 on xen'
    wait_for 60 'domain0:~# $'
    printf 'stty columns 1000\n' >&7
}

leave()
{
    local seconds=100

    printf 'exit\n' >&7
    while kill -0 "$machine" 2>/dev/null; do
        [ $((seconds--)) -gt 0 ] || fail "the machine did not go off"
        sleep 1
    done
    wait "$machine" || fail "make run ended with status $?"
    machine=
}

start ours ours
says 'xm list' Domain-0
says 'cat /sys/hypervisor/version/extra' xenolith
says 'man xm' 'control domains'
says 'man xm.cfg' 'configuration of a domain'
says 'man -k domains' 'xm(1)'
says 'man xenolith' 'the hypervisor'
says 'complete -p xm' _xm
says 'xm __complete vcpu-' vcpu-pin
says 'ls /etc/xen' alpha.cfg
says 'ip addr show xenbr0' 10.0.0.1
says 'xm create /etc/xen/alpha.cfg' ''
says 'until ping -c 1 -w 3 10.0.0.2; do sleep 1; done' '1 packets received'
says 'xm shutdown -w alpha' ''
leave
for pair in 'ours stock' 'stock ours' 'stock stock'; do
    # shellcheck disable=SC2086  # two words
    start $pair
    says 'xl list' Domain-0
    says 'ls /etc/xen' alpha.cfg
    says 'man xl' 'under other names'
    leave
done
