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

    "$XM" list 2>&1
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

# Follow a guest's console into /tmp/console.NAME, and be able to type on it.
attach_console()
{
    local name=$1 id tty

    id=$(domid "$name") || fail "$name has no domain id"
    wait_until 20 xenstore-read "/local/domain/$id/console/tty" || fail "$name has no console"
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

# Create a guest from /etc/xen/NAME.cfg and wait for its userland.
start_guest()
{
    local name=$1

    shift
    check "create $name" "$XM" create "/etc/xen/$name.cfg" "$@"
    attach_console "$name"
    wait_until 90 on_console "$name" "^guest: $name reached userland" ||
        fail "$name did not reach userland"
    wait_prompt "$name"
}
