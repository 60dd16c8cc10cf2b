#!/bin/bash
# SPDX-License-Identifier: MIT
# The debug keys, pressed by the control tools and answered in the hypervisor's log: each key of the list
# answers under the name it has there, with what it is for. (R, which restarts the machine, is pressed by
# tests/boot.) The recount of all frames finds nothing also while Domain0 changes its tables on the other
# processor all the time: it counted what was just being changed when that one went on meanwhile.
# MACHINE: --no-daemons --mem 1024 --dom0-mem 512 --smp 2 --timeout 180

. /root/domain0.sh

declare -A answer=(
    [h]='^\(XEN\)  h  list the keys'
    [q]='d0: refs [0-9]+ .* 131072 of 131072 frames'
    [r]='CPU 1: d[0-9]+v[0-9]+'
    [e]='^.XEN. Event ports of d0:'
    [g]='d0: [0-9]+ of [0-9]+ grant frames'
    [i]='vector [0-9a-f]{2} (level|edge).* d0 pirq [0-9]+ bound'
    [m]='[0-9]+ of [0-9]+ frames free'
    [t]='system time [0-9]+ ns'
    [0]='rip e033:[0-9a-f]{16}'
    [d]='\[ffff82d0[0-9a-f]+\] [a-z_]+\+0x'
    [A]='audit: [0-9]+ frames, 0 differences'
)

key_output h >/tmp/list
sed -nE 's/^\(XEN\)  (.)  (.*)/\1 \2/p' /tmp/list | while read -r key name; do
    [ "$key" != R ] || continue
    [ -n "${answer[$key]:-}" ] || fail "nobody knows what key $key ($name) is to answer"
    key_output "$key" >/tmp/answer
    grep -qF "'$key': $name" /tmp/answer && grep -qE "${answer[$key]}" /tmp/answer ||
        { cat /tmp/answer; fail "key $key ($name) does not answer with '${answer[$key]}'"; }
    echo "$key"
done >/tmp/pressed || { cat /tmp/pressed; exit 1; }
pressed=$(wc -l </tmp/pressed)
[ "$pressed" = ${#answer[@]} ] || fail "the list names $pressed keys, not ${#answer[@]}"

for _ in 1 2 3; do
    while :; do /bin/true; done &
done
for i in $(seq 1 20); do
    key_output A >/tmp/answer
    grep -qE "${answer[A]}" /tmp/answer || { cat /tmp/answer; fail "recount $i finds differences"; }
done
kill %1 %2 %3
