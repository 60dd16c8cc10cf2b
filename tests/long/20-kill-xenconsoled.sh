#!/bin/bash
# SPDX-License-Identifier: MIT
# xenconsoled is killed 50 times at random moments while a guest puts out numbered lines as fast as
# it can. Each line is in the log at the end, each is remembered that should be, and the guest ends
# by itself: nothing that was taken from its ring is lost, and nothing in it stays there.
# MACHINE: --mem 1536 --dom0-mem 768 --timeout 550

. /root/domain0.sh

KILLS=${KILLS:-50}
LINES=250000
LOG=/var/log/xen/console/guest-alpha.log

# The log is to hold all of it. The one that was killed may take a moment to be dead.
next_consoled() { replace_daemon xenconsoled --log-size 16384; }

sed -i "/^disk/d; /^vif/d; s/guest.ip=[^ \"]*//; s/guest.disk=[^ \"]*//" /etc/xen/alpha.cfg
sed -i "s/guest.name=alpha/guest.name=alpha guest.run=seq,1,$LINES/; s/^on_crash.*//" /etc/xen/alpha.cfg
next_consoled
check "create alpha" xm create /etc/xen/alpha.cfg
wait_until 60 grep -qa 'reached userland' $LOG || fail "alpha does not come up"

step "kill xenconsoled $KILLS times"
for ((i = 0; i < KILLS; i++)); do
    busybox usleep $((RANDOM * 8))
    next_consoled
done
grep -qa 'command ended' $LOG && fail "alpha was done before the last kill: more lines are needed"
wait_until 240 gone alpha || fail "alpha does not end: $(tail -c 200 $LOG)"

step "every line is there"
# A daemon killed between writing and telling the ring writes the same bytes once more: lines on the
# seam look broken there, but have been or come whole.
tr -d '\r' <$LOG | grep -ax '[0-9]*' | sort -u >/tmp/seen
seq 1 $LINES | sort | busybox comm -23 - /tmp/seen >/tmp/lost
if [ -s /tmp/lost ]; then
    number=$(head -1 /tmp/lost)
    tr -d '\r' <$LOG | grep -anx -B2 -A4 $((number - 1)) | sed 's/^/note: /'
    fail "$(wc -l </tmp/lost) of $LINES lines are lost, the first is $number"
fi
note "$LINES lines, $(wc -c <$LOG) bytes, none lost"
xm console --log alpha | tail -n 5 | grep -qa 'command ended with status 0' ||
    fail "the end is not remembered: $(xm console --log alpha | tail -n 3)"
