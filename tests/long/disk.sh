# SPDX-License-Identifier: MIT
# What tests of a Debian on a disk share: start the machine, watch its serial console, type on it.
# Sourced, from the project's top, by tests that run on the host.

set -u
WORK=$(mktemp -d "${TMPDIR:-/tmp}/xenolith-disk.XXXXXX")
trap stop_machine EXIT
LOGS=build/logs
mkdir -p "$LOGS"
console= since=0 machine=

step() { printf 'step: %s (%d s)\n' "$*" $SECONDS; }

fail()
{
    printf 'fail: %s; the end of %s:\n' "$*" "$console"
    tail -n 40 "$console" | tr -d '\r'
    exit 1
}

stop_machine()
{
    [ -z "$machine" ] || kill "$machine" 2>/dev/null
    wait
    rm -rf "$WORK"
}

# start_machine SECONDS CONSOLE-LOG OPTION...: boot $WORK/disk; options of tests/machine/qemu.
start_machine()
{
    local seconds=$1

    console=$2 since=0
    shift 2
    [ -p "$WORK/keyboard" ] || mkfifo "$WORK/keyboard"
    exec 7<>"$WORK/keyboard"
    : >"$console"
    tests/machine/qemu --keep --mem 2048 --smp 2 --timeout "$seconds" --keyboard "$WORK/keyboard" "$@" \
        "$WORK/disk" "$console" -netdev user,id=net -device virtio-net-pci,netdev=net &
    machine=$!
}

# The machine must go off by itself.
wait_off()
{
    local seconds=$1

    while kill -0 "$machine" 2>/dev/null; do
        [ $((seconds--)) -gt 0 ] || fail "the machine did not go off"
        sleep 1
    done
    wait "$machine" || fail "the machine ended with status $?"
    machine=
}

# wait_for SECONDS PATTERN: until the console says it, after what was waited for before.
wait_for()
{
    local until=$((SECONDS + $1)) at

    until at=$(tail -c +$((since + 1)) "$console" | grep -aobm1 -- "$2"); do
        [ $SECONDS -lt $until ] || fail "no '$2' on the console within $1 seconds"
        kill -0 "$machine" 2>/dev/null || fail "the machine went off while waiting for '$2'"
        sleep 0.5
    done
    since=$((since + ${at%%:*} + 1))
}

# log_in SECONDS TERMINAL: wait until that terminal asks who is there; root needs no password.
log_in()
{
    wait_for "$1" "domain0 $2"
    wait_for 30 'login: '
    printf 'root\n' >&7
    wait_for 60 'root@domain0:~#'
}

# run SECONDS COMMAND: type a command line, which must succeed; print what it said. Its mark is typed
# in a form that differs from how it is printed, since the console shows what is typed.
run()
{
    local from mark=m$RANDOM

    from=$since
    printf '%s; echo %s"="$?.\n' "$2" "$mark" >&7
    wait_for "$1" "$mark=[0-9]*\."
    tail -c +$((from + 1)) "$console" | tr -d '\r' | sed "1d; /$mark=[0-9]/,\$d" | grep -av "$mark" | sed 's/^/    /'
    tail -c +$since "$console" | head -c 20 | grep -qa "$mark=0\." || fail "$2"
}
