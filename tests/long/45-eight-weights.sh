#!/bin/bash
# SPDX-License-Identifier: MIT
# Eight guests that never rest, tiny kernels of weights 1 to 8 times 64, share one processor for four
# minutes: each gets its share within 2 %. Before, Domain0, which does next to nothing, sleeps for
# 10 ms again and again, and wakes within one context-switch allowance (5 ms); and a ninth guest, idle,
# with Debian's kernel and a network card, answers Domain0's pings within that. At the end one of the
# eight is capped.
# WHERE: host

set -eu
TOP=$PWD
OUT=$TOP/build/eight-weights
mkdir -p "$OUT"

# A PV kernel of one instruction.
cat >"$OUT/hog.S" <<'KERNEL'
        .macro  NOTE type value:vararg
        .section .note.Xen, "a", @note
        .balign 4
        .long   4, 2f - 1f, \type
        .asciz  "Xen"
1:      \value
2:      .balign 4
        .text
        .endm
        NOTE    3, .quad 0xffffffff80000000     /* virtual base */
        NOTE    4, .quad 0xffffffff80000000     /* what physical addresses lack */
        NOTE    1, .quad _start                 /* entry */
        NOTE    2, .quad page                   /* hypercall page */
        NOTE    5, .asciz "xen-3.0"
        NOTE    6, .asciz "hog"
        NOTE    8, .asciz "generic"
        .globl  _start
_start: jmp     _start
        .balign 4096
page:   .skip   4096
        .section .note.GNU-stack, "", @progbits
KERNEL
gcc -c -o "$OUT/hog.o" "$OUT/hog.S"
ld -static -Ttext-segment=0xffffffff80100000 -z noseparate-code -z max-page-size=4096 \
    -o "$OUT/hog" "$OUT/hog.o"

# How late 10 ms end: half of the times no later than, nine tenths, in microseconds.
cat >"$OUT/nap.c" <<'NAP'
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int compare(const void *a, const void *b) { return *(const long *)a - *(const long *)b; }

int main(void)
{
    static long late[400];
    const struct timespec nap = {0, 10000000};

    for (int i = 0; i < 400; i++) {
        struct timespec a, b;

        clock_gettime(CLOCK_MONOTONIC, &a);
        nanosleep(&nap, NULL);
        clock_gettime(CLOCK_MONOTONIC, &b);
        late[i] = (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000 - 10000;
    }
    qsort(late, 400, sizeof(late[0]), compare);
    printf("%ld %ld\n", late[200], late[360]);
}
NAP
gcc -O2 -static -o "$OUT/nap" "$OUT/nap.c"

cat >"$OUT/script" <<'SCRIPT'
#!/bin/bash
. /root/domain0.sh
WINDOW=240

# What each has had so far, all at one moment: asked one by one, the last would be ahead.
used()
{
    "$XM" list --json | tr ',{}' '\n' |
        awk -F': *' '/"name"/ { name = $2 } /"cpu_seconds"/ && name ~ /hog/ { print name, $2 }' |
        sort | cut -d' ' -f2 | tr '\n' ' '
}

# Half of the answers to so many pings take no longer than, in microseconds.
answers_within()
{
    ping -c "$1" 10.0.0.2 | sed -n 's/.* time=\([0-9.]*\) ms/\1/p' | sort -n |
        awk '{ t[NR] = $1 } END { if (NR) printf "%d\n", t[int((NR + 1) / 2)] * 1000 }'
}

sed '/^disk/d; s/guest.disk=[^ "]*//' /etc/xen/alpha.cfg >/etc/xen/ninth.cfg
sed -i 's/alpha/ninth/; s/^name.*/name = "ninth"/' /etc/xen/ninth.cfg
start_guest ninth
note "alone, the ninth answers half of the pings within $(answers_within 10) us"

for w in 1 2 3 4 5 6 7 8; do
    printf 'name = "hog%s"\nkernel = "/root/hog"\nmemory = 8\non_crash = "preserve"\n' $w >/etc/hog$w
    check "create hog$w" "$XM" create -p /etc/hog$w
    check "weight of hog$w" "$XM" sched-credit -d hog$w -w $((64 * w))
done
for w in 1 2 3 4 5 6 7 8; do "$XM" unpause hog$w; done
sleep 3
before=$(used)
late=$(nap)
note "a nap of 10 ms takes longer by (median and nine tenths, us): $late"
answer=$(answers_within 60)
note "beside the eight the ninth answers half of the pings within $answer us"
sleep $((WINDOW - 60))
after=$(used)
echo "$before $after" | awk '{
    for (w = 1; w <= 8; w++) sum += $(w + 8) - $w
    for (w = 1; w <= 8; w++) {
        share = ($(w + 8) - $w) / sum; error = (share / (w / 36) - 1) * 100
        printf "weight %d: %.3f of the time, %.3f is due, %+.2f %%\n", w, share, w / 36, error
        if (error > 2 || error < -2) bad = 1
    }
    exit bad }' || fail "a share is off by more than 2 %"
[ "${late% *}" -lt 5000 ] || fail "Domain0 waits too long"
[ "${answer:-5000}" -lt 5000 ] || fail "the idle guest answers too late"

check "cap of hog8" "$XM" sched-credit -d hog8 -c 10
sleep 1
was=$(seconds_of hog8)
sleep 20
is=$(seconds_of hog8)
note "capped at 10 %, hog8 had $was s and 20 s later $is s"
awk "BEGIN { d = $is - $was; exit !(d > 1.7 && d < 2.3) }" || fail "the cap is not kept"
SCRIPT

"$TOP/tests/machine/dom0" --xen "${XEN:-ours}" --tools "${TOOLS:-ours}" --mem 1280 --dom0-mem 512 \
    --timeout 600 --log "$TOP/build/logs/45-eight-weights.console" --add "$OUT/hog:/root/hog" \
    --add "$OUT/nap:/usr/bin/nap" --add "$TOP/tests/system/domain0.sh:/root/domain0.sh" \
    --add "$TOP/tests/system/guests:/etc/xen" "$OUT/script"
