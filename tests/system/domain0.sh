# SPDX-License-Identifier: MIT
# What the system tests share inside Domain0: steps, waiting, and talking to guests through their
# consoles. Sourced by each test; needs bash.

set -u
XM=$(command -v xm || command -v xl)
XM=${XM##*/}

step() { printf 'step: %s\n' "$*"; }
note() { printf 'note: %s\n' "$*"; }

# End the test; first everything that may explain it, for the console log.
fail()
{
    local file

    timeout 10 "$XM" list 2>&1
    for file in /var/log/xen/*.log /tmp/console.*; do
        [ ! -s "$file" ] || sed "s/\r$//; s|^|${file##*/}: |" "$file"
    done
    dmesg | tail -n 20 | sed 's/^/dmesg: /'
    printf 'fail: %s\n' "$*"
    exit 1
}

# check DESCRIPTION COMMAND...: the command must succeed.
check()
{
    local what=$1
    shift
    "$@" >/tmp/check.out 2>&1 || { cat /tmp/check.out; fail "$what ($*)"; }
}

# wait_until SECONDS COMMAND...
wait_until()
{
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.2
    done
}

domid() { "$XM" domid "$1"; }
exists() { "$XM" list "$1" >/dev/null 2>&1; }
gone() { ! exists "$1"; }
free_memory() { "$XM" info | sed -n 's/^free_memory *: //p'; }

# Is as much free as when the test set free_before?
memory_back() { [ "$(free_memory)" = "$free_before" ]; }

# replace_daemon NAME [OPTION...]: kill it, and start the next.
replace_daemon()
{
    kill -9 "$(busybox pidof "$1")" || fail "$1 was not there"
    wait_until 10 "$@" || fail "$1 does not start again"
}

# Is the store free of what guests and their devices have there?
no_guest_nodes()
{
    local path

    [ "$(xenstore-list /local/domain)" = 0 ] || return 1
    for path in /vm /libxl /xend /local/domain/0/backend/{vbd,vif,console}; do
        [ -z "$(xenstore-list $path 2>/dev/null)" ] || return 1
    done
}

# seconds_of NAME: CPU time a domain has used, as `list` shows it.
seconds_of() { "$XM" list "$1" | awk 'NR == 2 { print $6 }'; }

# What the hypervisor prints for a debug key. (Empties its message buffer.)
key_output()
{
    "$XM" dmesg -c >/dev/null
    "$XM" debug-keys "$1"
    "$XM" dmesg -c | tr -d '\r'
}

# What is in use: free memory, domains, event ports without their state, grants. Two calls must
# say the same when everything in between was given back. Domain0's table of grants that it has mapped
# grows with the most there ever were, and keeps its frames: they count as free. (Debian's Xen says
# in MiB alone how much is free.)
resources()
{
    local frames handles

    frames=$(key_output m | sed -n 's/.* \([0-9]*\) of [0-9]* frames free.*/\1/p')
    handles=$(key_output g | sed -n 's/.* d0: .* grant frames, \([0-9]*\) of handles/\1/p')
    if [ -n "$frames" ]; then
        echo "$((frames + ${handles:-0})) frames free"
    else
        echo "free memory: $(free_memory) MiB"
    fi
    "$XM" list | awk '{ print "domain", $1, $2 }'
    key_output e | sed 's/ pending//; s/ masked//; s/\[[^]]*\]//; s/ v[0-9]*//; s/ n=[0-9]*//'
    key_output g | grep -E 'ref [0-9]+:|\[ *[0-9]+\]'
}

# nothing_left BEFORE: a file with what resources() said then.
nothing_left()
{
    same() { resources >/tmp/resources.now; cmp -s "$1" /tmp/resources.now; }
    wait_until 20 same "$1" || {
        diff "$1" /tmp/resources.now
        fail "not everything was given back (< before, > now)"
    }
}

# Follow a guest's console into /tmp/console.NAME, and be able to type on it.
attach_console()
{
    local name=$1 id tty

    id=$(domid "$name") || fail "$name has no domain id"
    wait_until 60 xenstore-read "/local/domain/$id/console/tty" || fail "$name has no console"
    tty=$(xenstore-read "/local/domain/$id/console/tty")
    [ -c "$tty" ] || fail "console of $name: $tty is no terminal"
    echo "$tty" >"/tmp/tty.$name"
    : >"/tmp/console.$name"
    cat "$tty" >>"/tmp/console.$name" &
}

on_console() { grep -qa "$2" "/tmp/console.$1"; }

# Wait for the guest's shell, and have it not break the long lines that we type.
wait_prompt()
{
    wait_until 20 on_console "$1" '^/ #' || fail "$1 shows no prompt"
    guest "$1" 20 'stty columns 1000' >/dev/null || fail "$1 does not take commands"
}

# guest NAME SECONDS COMMAND: run a command line in the guest's console shell. Its output is
# printed; its status is the function's. The guest echoes what is typed, so the mark is typed in a
# form that differs from how it is printed.
guest()
{
    local name=$1 seconds=$2 command=$3 mark before tty

    tty=$(cat "/tmp/tty.$name")
    mark=m$RANDOM
    before=$(wc -c <"/tmp/console.$name")
    printf '%s; echo %s"="$?.\n' "$command" "$mark" >"$tty"
    wait_until "$seconds" grep -qa "^$mark=[0-9]*\." "/tmp/console.$name" || {
        echo "console of $name does not answer to: $command"
        return 99
    }
    tail -c +$((before + 1)) "/tmp/console.$name" | tr -d '\r' | sed "1d; /^$mark=/,\$d"
    return "$(sed -n "s/^$mark=\([0-9]*\)\..*/\1/p" "/tmp/console.$name" | head -1)"
}

# in_guest DESCRIPTION NAME SECONDS COMMAND: the same, as a check.
in_guest()
{
    local what=$1
    shift
    guest "$@" >/tmp/check.out 2>&1 || { cat /tmp/check.out; fail "$what (in $1: $3)"; }
}

# run_on WHERE SECONDS COMMAND: in a guest, or in domain0.
run_on()
{
    if [ "$1" = domain0 ]; then
        timeout "$2" sh -c "$3"
    else
        guest "$@"
    fi
}

# transfer MIB FROM TO: so many MiB, a multiple of 8, over the network between guests and domain0;
# what arrives must have the checksum of what was sent. The programs at both ends have the socket
# itself: nc's own loop moves 1 KiB per system call, which is most of the time under emulation.
transfer()
{
    local from=$2 to=$3 address began got stream
    local half="/tmp/block /tmp/block /tmp/block /tmp/block"

    stream="for i in \$(seq 1 $(($1 / 8))); do echo \$i; cat $half $half; done"
    case $to in
    domain0) address=10.0.0.1 ;;
    *) address=$(sed -n 's/.*guest.ip=\([0-9.]*\).*/\1/p' "/etc/xen/$to.cfg") ;;
    esac
    seq 1 165669 >/tmp/block            # 1 MiB
    [ -e "/tmp/sum.$1" ] || sh -c "$stream" | md5sum >"/tmp/sum.$1"
    began=$SECONDS
    run_on "$to" 20 "echo 'md5sum >/tmp/sum; mv /tmp/sum /tmp/received' >/tmp/receive" ||
        fail "$to has no room"
    run_on "$to" 20 '(nc -l -p 98 -e sh /tmp/receive >/dev/null 2>&1 &); sleep 1' ||
        fail "$to does not listen"
    run_on "$from" 100 "seq 1 165669 >/tmp/block; echo '$stream' >/tmp/send" ||
        fail "$from has no room"
    run_on "$from" 3000 "nc -w 100 $address 98 -e sh /tmp/send" || fail "$from does not send"
    arrived() { got=$(run_on "$to" 20 'cat /tmp/received') && [ -n "$got" ]; }
    wait_until 100 arrived || fail "$to did not get it all"
    run_on "$to" 20 'rm /tmp/received'
    [ "${got%% *}" = "$(cut -d ' ' -f 1 "/tmp/sum.$1")" ] ||
        fail "$1 MiB from $from to $to: $got arrived, $(cat "/tmp/sum.$1") was sent"
    note "$1 MiB from $from to $to in $((SECONDS - began)) seconds, checksum ${got%% *}"
}

# Wait for a guest's userland, saying every few seconds how far its kernel has come.
wait_boot()
{
    local name=$1 tries=60

    until wait_until 3 on_console "$name" "^guest: $name reached userland"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] && exists "$name" || fail "$name did not reach userland"
        note "$name: $(tail -n 1 "/tmp/console.$name" | tr -d '\r' | cut -c 1-60)"
    done
    wait_prompt "$name"
}

# Create a guest from /etc/xen/NAME.cfg and wait for its userland.
start_guest()
{
    local name=$1

    shift
    check "create $name" "$XM" create "/etc/xen/$name.cfg" "$@"
    attach_console "$name"
    wait_boot "$name"
}

set_weight()
{
    local command

    case $("$XM" info xen_scheduler) in
    credit2) command=sched-credit2 ;;
    *) command=sched-credit ;;
    esac
    check "weight of $1" "$XM" $command -d "$1" -w "$2"
}

# expect_share GUEST OTHER SHARE WINDOW PERCENT: GUEST's part of the processor time that both use
# from now on is SHARE, give or take PERCENT of the smaller share. A machine under emulation is
# itself stopped now and then, for seconds, on the account of whoever ran: the longer the window,
# the less that is, so a share that is not right yet is looked at again.
expect_share()
{
    local due=$3 window=$4 a0 b0 share i

    sleep 2
    a0=$(seconds_of "$1") b0=$(seconds_of "$2")
    for i in 1 2 3 4; do
        sleep "$window"
        share=$(awk "BEGIN { a = $(seconds_of "$1") - $a0; b = $(seconds_of "$2") - $b0
                             print (a + b > $window * $i / 2) ? a / (a + b) : -1 }")
        note "$1's share after $((window * i)) seconds is $share, $due is due"
        ! awk "BEGIN { other = 1 - $due; least = $due < other ? $due : other; d = $share - $due
                       d = d < 0 ? -d : d; exit !(d <= least * $5 / 100) }" || return 0
    done
    fail "$1 got $share of the time, not $due"
}

# crash_and_return NAME: the guest panics, and is started again as its file asks
# (on_crash = "restart"). One that crashes within 10 seconds of its start is not started again, by xl
# neither.
crash_and_return()
{
    local name=$1 old

    old=$(domid "$name")
    new_number() { [ "$(domid "$1")" != "$2" ] && exists "$1"; }
    guest "$name" 2 'echo c >/proc/sysrq-trigger' >/dev/null
    wait_until 60 new_number "$name" "$old" || fail "$name was not started again"
    attach_console "$name"
    wait_boot "$name"
    note "$name was domain $old and is domain $(domid "$name")"
}
