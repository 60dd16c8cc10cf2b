# SPDX-License-Identifier: MIT
# The guest whose creation is killed, a small one with console, disk and card, and the look at what
# is left of it. Sourced in Domain0.

. /root/domain0.sh
. /root/inventory.sh
. /root/kill-step

UNLINK=87                       # the system call by which xm gives up its claim

check "disk" guest-disk victim
cat >/etc/xen/victim.cfg <<C
name = "victim"
kernel = "/root/hello.elf"
memory = 8
disk = [ "file:/var/lib/xen/images/victim.img,xvda,w" ]
vif = [ "mac=00:16:3e:00:00:07,bridge=xenbr0" ]
C

# What every create does once and for all, such as keeping the unpacked kernel, is done here.
check "create" xm create -qp /etc/xen/victim.cfg
check "destroy" xm destroy victim
check "the first victim goes" /root/what-runs 20

calls=0 kills=0 whole=0 began=$SECONDS

# create_killed N [OPTION...]: by kill-at; sets outcome. Status 1: it ended, and the domain lives.
create_killed()
{
    outcome=$(/root/kill-at "${@:2}" "$1" xm create -qp /etc/xen/victim.cfg 2>/tmp/create.err)
    case $outcome in
    killed*) kills=$((kills + 1)) ;;
    "ended after "*" with 0") calls=${outcome#ended after } calls=${calls%% *}; return 1 ;;
    *) cat /tmp/create.err; fail "create with a kill at call $1: $outcome" ;;
    esac
}

destroy_whole()
{
    check "destroy what is complete after call $1 ($outcome)" xm destroy victim
    check "the victim of call $1 goes" /root/what-runs 10
}

# look_after N SECONDS: after a kill at call N nothing is left, or all is there and can be destroyed.
# Every 25th time even what cannot be seen at a glance is looked for.
look_after()
{
    local left

    if ! left=$(/root/what-runs "$2"); then
        exists victim || fail "$outcome, call $1: $left
$(xenstore-ls -f /local/domain/0/backend; ls -l /sys/bus/xen-backend/devices)"
        whole=$((whole + 1))
        destroy_whole "$1"
    fi
    [ $((kills % 25)) != 0 ] || same_inventory /tmp/before "after the kill at call $1"
}

# kill_at_each SECONDS: after_kill is the test's own. How many calls there are differs by some, as xm
# waits for xend: so some creates have to live in succession before it was all of them.
kill_at_each()
{
    local n lived=0

    step "kill xm create at every call from $first, $step apart"
    for ((n = first; lived <= 20 / step; n += step)); do
        if create_killed $n; then
            after_kill
            look_after $n "$1"
            lived=0
            [ $((kills % 100)) != 0 ] || note "$kills kills in $((SECONDS - began)) seconds"
        else
            destroy_whole $n
            lived=$((lived + 1))
        fi
    done
    note "$calls system calls, $kills kills, $whole of them after the domain was complete;" \
        "$((SECONDS - began)) seconds"
    [ $kills -gt 5 ] || fail "only $kills kills"

    step "kill xm create at each call from the one that completes the domain"
    whole=0
    for ((n = 1; ; n++)); do
        create_killed $n -a $UNLINK || break
        after_kill
        look_after $n "$1"
        [ $whole = $((n - 1)) ] || fail "call $n, $outcome: the domain is not as it should be"
    done
    destroy_whole $n
    same_inventory /tmp/before "at the end"
    note "$calls system calls from there; $((SECONDS - began)) seconds in all"
}
