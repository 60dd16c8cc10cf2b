#!/bin/bash
# SPDX-License-Identifier: MIT
# Called as xl, our tool prints what Debian's xl prints on the same machine at the same moment, byte
# for byte where scripts read it, and ends with the same status, in success and in failure.
# TOOLS: both
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 900

. /root/domain0.sh

REAL=/usr/lib/xen-4.17/bin/xl
differences=0

differ() { printf 'note: %s\n' "$*"; differences=$((differences + 1)); }

# Output and status of ours (a) and of the real one (b).
run_both()
{
    xl "$@" >/tmp/a 2>/tmp/a.err
    echo "status $?" >>/tmp/a
    "$REAL" "$@" >/tmp/b 2>/tmp/b.err
    echo "status $?" >>/tmp/b
}

# same COMMAND...: what is printed; clocks may tick between the two, so it may need a second look.
same()
{
    local try

    for try in 1 2 3; do
        run_both "$@"
        cmp -s /tmp/a /tmp/b && return
    done
    diff /tmp/b /tmp/a | cat -A
    differ "$*"
}

# same_status COMMAND...: words are our own, but not the status.
same_status()
{
    run_both "$@"
    [ "$(tail -n 1 /tmp/a)" = "$(tail -n 1 /tmp/b)" ] || {
        cat /tmp/a.err
        differ "$*: $(tail -n 1 /tmp/a), xl's $(tail -n 1 /tmp/b)"
    }
}

# same_words COMMAND...: messages too.
same_words()
{
    same "$@"
    cmp -s /tmp/a.err /tmp/b.err || { diff /tmp/b.err /tmp/a.err; differ "messages of $*"; }
}

check "disk" guest-disk alpha
check "create" xm create -qp /etc/xen/alpha.cfg
id=$(domid alpha)

step "lists"
same list alpha
same list "$id"
for option in -v -Z -c -n; do
    xl list $option | grep '^Name\|^alpha' >/tmp/a
    "$REAL" list $option | grep '^Name\|^alpha' >/tmp/b
    cmp -s /tmp/a /tmp/b || { diff /tmp/b /tmp/a; differ "list $option"; }
done
same vm-list
same vcpu-list alpha
same block-list alpha
same network-list alpha
same cpupool-list
same cpupool-list -c
same uptime
same uptime -s
same uptime alpha

step "the host"
same info
for key in xen_version total_memory nr_cpus xen_scheduler nonsense; do same info $key; done
same dmesg
xl top -b -f -i 1 | head -n 1 >/tmp/a
"${REAL%/*}/xentop" -b -f -i 1 | head -n 1 >/tmp/b
cmp /tmp/a /tmp/b || differ "header of top"
xentop -b -i 1 | awk '{ print $1 }' >/tmp/a
"${REAL%/*}/xentop" -b -i 1 | awk '{ print $1 }' >/tmp/b
cmp /tmp/a /tmp/b || differ "order of top"
xentop -b -f -i 1 | grep alpha >/tmp/a
"${REAL%/*}/xentop" -b -f -i 1 | grep alpha >/tmp/b
cmp /tmp/a /tmp/b || { cat -A /tmp/b /tmp/a; differ "line of top"; }

step "names and shares"
same_words domid alpha
same_words domname "$id"
scheduler=sched-$("$REAL" info xen_scheduler)
same sched-credit
same sched-credit2
same "$scheduler" -d alpha
same "$scheduler" -d alpha -w 512
same "$scheduler" -d alpha
same vcpu-pin alpha 0 0
same vcpu-pin alpha all all

step "the JSON of a domain, and of a dry run"
normal() { sed 's/"uuid": "[-0-9a-f]*"/"uuid": "U"/; s/"domid": [0-9]*,/"domid": N,/; s/"mac": "[^"]*"/"mac": "M"/'; }
sed '/^vif/d; /^disk/d; s/alpha/plain/' /etc/xen/alpha.cfg >/etc/xen/plain.cfg
"$REAL" create -p /etc/xen/plain.cfg >/dev/null 2>&1 || fail "Debian's xl does not create a domain"
"$REAL" list -l plain | normal >/tmp/b
"$REAL" destroy plain || fail "Debian's xl does not destroy its domain"
check "create" xl create -p /etc/xen/plain.cfg
xl list -l plain | normal >/tmp/a
cmp -s /tmp/a /tmp/b || { diff /tmp/b /tmp/a; differ "list -l"; }
check "destroy" xl destroy plain
sed -i 's/^vcpus.*/vcpus = 2/' /etc/xen/alpha.cfg
xl create -n /etc/xen/alpha.cfg 2>/dev/null | normal >/tmp/a
"$REAL" create -n /etc/xen/alpha.cfg 2>/dev/null | normal >/tmp/b
cmp -s /tmp/a /tmp/b || { diff /tmp/b /tmp/a; differ "create -n"; }

step "failures: what scripts read, and every status"
for command in list domid pause unpause destroy shutdown reboot vcpu-list uptime block-list network-list \
    console "mem-set nosuch 100" "mem-max nosuch 100" "sysrq nosuch s" "trigger nosuch nmi" \
    "rename nosuch other" "vcpu-set nosuch 1" "vcpu-pin nosuch 0 0" "sched-credit2 -d nosuch"; do
    case $command in *nosuch*) ;; *) command="$command nosuch" ;; esac
    # shellcheck disable=SC2086  # a command and its arguments
    same_status $command
done
same_words list nosuch
same_words domid nosuch
same_words domname 77
same_words destroy 0
same_words nonsense
same_words create /nosuch
for command in list domid domname pause destroy shutdown rename sysrq mem-set block-attach debug-keys \
    "list -y" "list alpha nosuch" "domname x" "sysrq alpha ss" "trigger alpha what" "mem-set alpha foo" \
    "mem-set alpha 1000000" "mem-max alpha 5" "vcpu-set alpha x" "vcpu-pin alpha 9 0" \
    "vcpu-pin alpha 0 77" "block-detach alpha xvdq" "network-detach alpha 7" "rename alpha alpha" \
    "create -n /dev/null" "sched-credit2 -w 5" "debug-k h" "vcpu-"; do
    # shellcheck disable=SC2086
    same_status $command
done
echo 'foo bar' >/tmp/bad.cfg
same_status create /tmp/bad.cfg
[ "$(xl help | sed '1,4d' | awk '/^ [^ ]/ { print $1 }' | grep -c -x 'create\|list\|mem-set')" = 3 ] ||
    differ "help, as bash-completion reads it"

step "as fast as xl: twenty lists each, in milliseconds of processor time"
twenty_lists() { for _ in {1..20}; do "$1" list >/dev/null; done; }
milliseconds()
{
    local TIMEFORMAT='%U %S'

    { time twenty_lists "$1"; } 2>&1 | awk '{ printf "%.0f\n", ($1 + $2) * 1000 }'
}
milliseconds xl >/dev/null
ours=$(milliseconds xl) real=$(milliseconds "$REAL")
note "ours $ours, xl's $real"
[ "$ours" -le "$real" ] || differ "lists take longer than xl's"

check "destroy" xl destroy alpha
[ $differences = 0 ] || fail "$differences differences from Debian's xl"
