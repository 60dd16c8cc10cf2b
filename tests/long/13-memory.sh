#!/bin/bash
# SPDX-License-Identifier: MIT
# A Domain0 of 512 MiB, and machines of 2, 12 and 16 GiB: Domain0 has nearly all of it and may use it, also
# what is above 4 GiB; the hypervisor keeps less than 16 MiB plus 1.2 % of the machine's memory for itself.
# WHERE: host

set -eu
OUT=build/long-memory
mkdir -p "$OUT"
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o "$OUT/fill" tests/long/fill.c
cat >"$OUT/script" <<'SCRIPT'
#!/bin/bash
. /root/domain0.sh
read -r machine domain0 fill </root/sizes
key_output m >/tmp/memory
free=$(sed -nE 's/.* ([0-9]+) of [0-9]+ frames free.*/\1/p' /tmp/memory)
dom0=$(sed -nE 's/.*d0: ([0-9]+) frames of.*/\1/p' /tmp/memory)
used=$((machine * 256 - free - dom0)) bound=$((16 * 256 + machine * 256 * 12 / 1000))
note "$machine MiB: Domain0 has $((dom0 / 256)) MiB, $((free / 256)) are free, the hypervisor has" \
    "$((used / 256)) and may have $((bound / 256))"
[ "$dom0" = $((domain0 * 256)) ] || fail "Domain0 was to have $domain0 MiB"
[ $used -le $bound ] || fail "that is too much"
fill "$fill" || fail "memory does not keep what is written"
! dmesg | grep -E 'BUG:|Oops|Bad page|[Oo]ut of memory' || fail "the kernel complains"
SCRIPT

# on_machine MIB DOMAIN0-MIB FILL-MIB: of the large ones, what is filled takes more than is below 4 GiB.
on_machine()
{
    echo "$@" >"$OUT/sizes"
    tests/machine/dom0 --xen "${XEN:-ours}" --tools ours --no-daemons --mem "$1" --dom0-mem "$2" \
        --timeout 900 --log "build/logs/13-memory.$1.console" --add "$OUT/fill:/usr/bin/fill" \
        --add "$OUT/sizes:/root/sizes" --add tests/system/domain0.sh:/root/domain0.sh "$OUT/script"
}

on_machine 768 512 192
on_machine 2048 1792 1024
on_machine 12288 11776 5120
on_machine 16384 15616 4096
