# SPDX-License-Identifier: MIT
# The guest whose creation is killed, a small one with console, disk and card, and the look at what
# is left of it. Sourced in Domain0.

. /root/domain0.sh
. /root/inventory.sh
. /root/kill-step

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

# create_killed N: sets outcome and counts. Status 1: there were fewer calls, the domain lives.
create_killed()
{
    outcome=$(/root/kill-at "$1" xm create -qp /etc/xen/victim.cfg 2>/tmp/create.err)
    case $outcome in
    killed*) kills=$((kills + 1)) ;;
    "ended after "*" with 0") calls=${outcome#ended after } calls=${calls%% *}; return 1 ;;
    *) cat /tmp/create.err; fail "create with a kill at call $1: $outcome" ;;
    esac
}

# all_gone N SECONDS: after a kill at call N nothing is left, or all is there and can be destroyed.
# Every 25th time even what cannot be seen at a glance is looked for.
all_gone()
{
    local left

    if left=$(/root/what-runs "$2"); then
        [ $whole = 0 ] || fail "the domain was complete before call $1, and now is not there"
    else
        exists victim || fail "$outcome, call $1: $left"
        whole=$((whole + 1))
        check "destroy what is complete after call $1 ($outcome)" xm destroy victim
        left=$(/root/what-runs 10) || fail "the victim of call $1 does not go: $left"
    fi
    [ $((kills % 25)) != 0 ] || same_inventory /tmp/before "after the kill at call $1"
}

end_of_kills()
{
    check "destroy the one that lived" xm destroy victim
    check "the last victim goes" /root/what-runs 10
    same_inventory /tmp/before "at the end"
    note "$calls system calls, $kills kills, $whole of them after the domain was complete;" \
        "$((SECONDS - began)) seconds"
    [ $kills -gt 10 ] || fail "only $kills kills"
}
