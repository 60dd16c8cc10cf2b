#!/bin/bash
# SPDX-License-Identifier: MIT
# Every command of xm at least once, on a guest that is really there: what it does, what it says,
# and the status it ends with; refusals too. With XEN=stock the same holds on Debian's Xen.
# TOOLS: ours
# MACHINE: --mem 2048 --dom0-mem 1024 --timeout 900 --add /usr/bin/script:/usr/bin/script --add /lib/terminfo:/usr/share/terminfo

. /root/domain0.sh

# says STATUS PATTERN COMMAND...: it ends with that status and prints, on stdout or stderr, a line
# that matches the pattern.
says()
{
    local status=$1 pattern=$2 got=0

    shift 2
    "$@" >/tmp/says.out 2>&1 </dev/null || got=$?
    [ $got = "$status" ] || { cat /tmp/says.out; fail "'$*' ended with $got, not with $status"; }
    [ -z "$pattern" ] || grep -q -- "$pattern" /tmp/says.out || { cat /tmp/says.out; fail "'$*' does not say '$pattern'"; }
}

# silent COMMAND...: it succeeds without a word.
silent()
{
    says 0 '' "$@"
    [ ! -s /tmp/says.out ] || { cat /tmp/says.out; fail "'$*' is not silent"; }
}

column() { xm list "$1" | awk -v n="$2" 'NR == 2 { print $n }'; }
ours() { grep -q xenolith /sys/hypervisor/version/extra; }

# on_terminal COMMAND KEYS...: run it on a terminal of its own, each of the KEYS typed a while after
# what was before; what the screen showed is then in /tmp/screen.
on_terminal()
{
    local command=$1

    shift
    for keys in "$@"; do sleep 3; printf "$keys"; done |
        TERM=vt100 timeout 60 script -qec "stty rows 24 cols 160; $command" /tmp/screen >/dev/null
}

check "disk" guest-disk alpha
check "another disk" guest-disk extra
cd /etc/xen
sed -i '/^vcpus/s/1/2/' alpha.cfg

step "words: help, beginnings of names, mistakes"
says 1 '^ create ' xm
says 0 '^ network-detach ' xm help
says 0 '^Usage: xm pause <Domain>' xm help pause
says 0 '^-w, --wait ' xm shutdown --help
says 0 'Domain-0' xm lis
says 1 'several commands begin with "vcpu-"' xm vcpu-
says 1 'there is no command "nonsense"' xm nonsense
says 2 'an argument is missing' xm pause
says 2 'option -y is not known' xm list -y

step "create: dry runs and mistakes take no domain id"
says 0 '^memory = 96$' xm create -n alpha.cfg memory=96 'extra="a b"'
says 0 '^extra = "a b"$\|^cmdline = "a b"$' xm create -n alpha.cfg memory=96 'extra="a b"'
says 0 'start info .* pfn ' xm create --explain alpha.cfg
says 0 'memry.*memory' xm create -n alpha.cfg memry=96
says 1 'memry' xm create --strict -n alpha.cfg memry=96
says 0 '^memory = 96$' xm create -n memory=96 alpha.cfg
printf 'name = "g"\nkernel = "/boot/vmlinuz"\nextra = "a\001b"\n' >/tmp/odd.cfg
says 1 'XML cannot hold cmdline' xm convert /tmp/odd.cfg
says 3 '/etc/xen/nothing.cfg\|nothing.cfg: No such file' xm create nothing.cfg
says 2 'no configuration file is named' xm create
XM_CONFIG_FILE=alpha.cfg says 0 '^name = "alpha"$' xm create -n

step "kernel-unpack: the first domain with a kernel finds it unpacked"
cache=/var/cache/xenolith/kernels
mkdir -p $cache && mount -t tmpfs -o size=4m tmpfs $cache
says 1 'cannot be kept' xm kernel-unpack /boot/vmlinuz
says 0 '^kernel /boot/vmlinuz$' xm create --explain alpha.cfg
umount $cache
rm -rf $cache
says 0 '^kernel /boot/vmlinuz$' xm create --explain alpha.cfg
rm -rf $cache
silent xm kernel-unpack /boot/vmlinuz /boot/vmlinuz
says 0 '^kernel /boot/vmlinuz (unpacked before)$' xm create --explain alpha.cfg
says 1 'passwd' xm kernel-unpack /etc/passwd
says 2 'no kernel is named' xm kernel-unpack

step "create -p and -q, pause, unpause"
silent xm create -qpe alpha.cfg
[ "$(domid alpha)" = 1 ] || fail "alpha has id $(domid alpha): refusals used ids up"
[ "$(column alpha 5)" = --p--- ] || fail "not paused: $(column alpha 5)"
says 1 'does not implement -N' xl -N destroy alpha
[ "$(domid alpha)" = 1 ] || fail "a dry run destroyed alpha"
says 0 '^alpha .* --p--- ' xm list --state=paused
attach_console alpha
silent xm unpause alpha
wait_until 90 on_console alpha '^guest: alpha reached userland' || fail "alpha did not come up"
wait_prompt alpha
silent xm pause alpha
before=$(seconds_of alpha)
sleep 1
[ "$(column alpha 5) $(seconds_of alpha)" = "--p--- $before" ] || fail "pause does not hold alpha"
silent xm unpause 1
says 1 'Domain0 cannot be paused' xm pause 0
says 3 'domain "nosuch" does not exist' xm pause nosuch

step "list, in all forms; domid, domname, rename, vm-list, uptime"
says 0 '^alpha  *1  *160  *2 ' xm list alpha
says 0 '(name alpha)' xm list -l alpha
says 0 '"name": "alpha"' xm list --json
xm list --xml alpha >/tmp/alpha.xml || fail "list --xml"
says 0 "^name = \"alpha\"" xm create -n /tmp/alpha.xml
says 3 'domain "nosuch" does not exist' xm list nosuch
says 1 "Can't get domid of domain name 'nosuch'" xm domid nosuch
says 0 '^alpha$' xm domname 1
silent xm rename alpha renamed
says 0 '^1$' xm domid renamed
says 1 'renamed.*\|Domain-0' xm rename renamed Domain-0
silent xm rename renamed alpha
says 0 ' 1  *alpha' xm vm-list
says 0 '^alpha  *1  *0:0' xm uptime alpha

step "info, dmesg, debug-keys, log"
says 0 '^free_memory  *: [0-9]' xm info
says 0 '^4.17' xm info xen_version
says 0 '"total_memory": [0-9]' xm info --json
says 1 'there is no "nonsense"' xm info nonsense
silent xm debug-keys h
says 0 "'h'\|key 'h'\|show this message\|help" xm dmesg
says 0 'alpha' xm log

step "console: attached and detached by Ctrl-], and what it said before"
on_terminal "xm console alpha" 'echo typed$((40+2))\r' '\035'
grep -q typed42 /tmp/screen || { cat -v /tmp/screen; fail "console does not show what was typed"; }
says 0 'alpha reached userland' xm console --log alpha
says 1 'no console' xm console 0

step "top: lines, JSON and the screen"
says 0 '^ *alpha ' xm top -b -i 1
says 0 '"name": "alpha"' xm top --json -i 1
on_terminal "xm top" q
grep -q 'alpha' /tmp/screen || { cat -v /tmp/screen; fail "top shows no alpha"; }
says 1 'this is no terminal' xm top

step "virtual CPUs: list, pin, set"
says 0 '^alpha  *1  *1 .*  all / all' xm vcpu-list alpha
silent xm vcpu-pin alpha 1 0
says 0 '^alpha .* all / \|^alpha .*  0 / ' xm vcpu-list alpha
silent xm vcpu-pin alpha all all
says 1 '"7-9" names no CPU' xm vcpu-pin alpha 0 7-9
says 2 'vCPU "5" is not a number from 0 to 1' xm vcpu-pin alpha 5 0
nproc_is() { [ "$(guest alpha 20 nproc)" = "$1" ]; }
nproc_is 2 || fail "alpha has $(guest alpha 20 nproc) CPUs, not 2"
silent xm vcpu-set alpha 1
wait_until 20 nproc_is 1 || fail "vcpu-set 1 took no CPU away"
silent xm vcpu-set alpha 2
guest alpha 20 'sleep 1; echo 1 >/sys/devices/system/cpu/cpu1/online' >/dev/null
wait_until 20 nproc_is 2 || fail "vcpu-set 2 did not bring the CPU back"
says 2 'is not a number from 1 to 2' xm vcpu-set alpha 3

step "memory: set and limit"
kib() { guest alpha 20 'cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb' | head -1; }
reached() { [ "$(kib)" = "$1" ]; }
silent xm mem-set alpha 150
wait_until 30 reached $((150 * 1024)) || fail "the guest has $(kib) KiB after mem-set 150"
silent xm mem-set alpha 160m
wait_until 30 reached $((160 * 1024)) || fail "the guest has $(kib) KiB after mem-set 160m"
says 1 'more than the domain.s maximum' xm mem-set alpha 100000
silent xm mem-max alpha 200
says 1 'less than the domain.s target' xm mem-max alpha 20
says 2 '"much" is not an amount of memory' xm mem-set alpha much
says 1 'Domain0 cannot work with 51 MiB' xm mem-set 0 51

step "shares of time"
silent xm sched-credit -d alpha -w 512 -c 60
says 0 '^alpha  *1  *512  *60$' xm sched-credit -d alpha
silent xm sched-credit -d alpha -c 0
says 0 '^alpha  *1  *512  *0$' xm sched-credit2
says 2 'weight "0" is not a number' xm sched-credit -d alpha -w 0
says 2 "are a domain's" xm sched-credit -w 5
says 1 'own parameters: -s' xm sched-credit -t 5
says 1 'one of them' xm sched-credit -s -d alpha -w 5
if ours; then
    says 0 '^alpha  *1 ' xm sched-bvt
    silent xm sched-bvt alpha 20 1 2000000 5000000 1000000
    says 0 '^alpha  *1  *20  *1  *2000000  *5000000  *1000000$' xm sched-bvt alpha
    says 2 'warpback "2" is not a number from 0 to 1' xm sched-bvt alpha 20 2 0 0 0
    says 2 'all five parameters' xm sched-bvt alpha 20
    allowance=$(xm sched-bvt-ctxallow) || fail "sched-bvt-ctxallow"
    silent xm sched-bvt-ctxallow 4000
    says 0 '^4000$' xm sched-bvt-ctxallow
    silent xm sched-bvt-ctxallow "$allowance"
else
    says 1 'does not schedule by borrowed virtual time' xm sched-bvt
fi

step "disks: attach, list, detach"
silent xm block-attach alpha file:/var/lib/xen/images/extra.img xvdb w
says 0 '/backend/vbd/1/51728$' xm block-list alpha
says 0 '"state": 4' xm block-list --json alpha
in_guest "the new disk" alpha 30 'sleep 1; mkdir -p /new && mount -t ext4 /dev/xvdb /new && grep "disk of extra" /new/label'
says 1 'in use by domain 1 (alpha)' xm block-attach alpha file:/var/lib/xen/images/extra.img xvdc w
says 1 'No such file' xm block-attach alpha file:/var/lib/xen/images/none.img xvdc w
in_guest "unmount" alpha 20 'umount /new'
silent xm block-detach alpha xvdb
says 1 'has no ' xm block-detach alpha xvdb
without() { guest alpha 20 "test ! -e $1" >/dev/null; }
wait_until 20 without /dev/xvdb || fail "alpha still sees xvdb"

step "network cards: attach, list, detach"
silent xm network-attach alpha mac=00:16:3e:00:00:42 bridge=xenbr0
says 0 '^1  *0  *00:16:3e:00:00:42 ' xm network-list alpha
says 0 '"mac": "00:16:3e:00:00:42"' xm network-list --json alpha
in_guest "the new card" alpha 30 'sleep 1; ip link show eth1 | grep 00:16:3e:00:00:42'
says 1 'there is no bridge nobr' xm network-attach alpha bridge=nobr
silent xm network-detach alpha 00:16:3e:00:00:42
says 1 'has no ' xm network-detach alpha 1
wait_until 20 without /sys/class/net/eth1 || fail "alpha still sees eth1"
silent xm network-attach alpha mac=00:16:3e:00:00:43 bridge=xenbr0
says 0 '^2  *0  *00:16:3e:00:00:43 ' xm network-list alpha
silent xm network-detach alpha 2
wait_until 20 without /sys/class/net/eth1 || fail "alpha still sees its third card"
cat >/root/refuse <<'EOS'
#!/bin/sh
[ "$1" = offline ]
EOS
cat >/root/restart-store <<'EOS'
#!/bin/sh
[ -e /tmp/restarted ] || { touch /tmp/restarted; kill -9 "$(busybox pidof xenstored)"; exec xenstored; }
xenstore-write "$XENBUS_PATH/hotplug-status" connected
EOS
chmod 755 /root/refuse /root/restart-store
says 3 'script failed with status 1' xm network-attach alpha script=/root/refuse bridge=xenbr0
says 1 'has no ' xm network-detach alpha 3
silent xm network-attach alpha script=/root/restart-store bridge=xenbr0
[ -e /tmp/restarted ] || fail "the store was not restarted"
in_guest "a card attached while the store was restarted" alpha 30 'sleep 1; ip link show eth1'
silent xm network-detach alpha 4
wait_until 20 without /sys/class/net/eth1 || fail "alpha still sees its fifth card"
# The driver may just be connecting, and write that over what xm wrote.
silent xm network-attach alpha mac=00:16:3e:00:00:44 bridge=xenbr0
silent xm pause alpha
xm network-detach alpha 5 >/tmp/detach.out 2>&1 &
detach=$!
closing() { [ "$(xenstore-read backend/vif/1/5/state)" = 5 ]; }
wait_until 8 closing || fail "the card is not asked to close"
xenstore-write backend/vif/1/5/state 4
silent xm unpause alpha
wait $detach || fail "a driver that connects is not asked again: $(cat /tmp/detach.out)"

step "sysrq, trigger, dump-core"
silent xm sysrq alpha h
wait_until 20 on_console alpha 'sysrq: HELP' || fail "alpha did not see the key"
says 2 'one letter' xm sysrq alpha hh
says 2 '"bite" is no trigger' xm trigger alpha bite
silent xm trigger alpha nmi
wait_until 20 on_console alpha 'NMI' || fail "alpha did not see the NMI"
check "dump-core" xm dump-core alpha /tmp/core
says 1 'Domain0 cannot be dumped' xm dump-core -C 0 /tmp/core0
says 1 'No such file' xm dump-core -C alpha /nonexistent/core
in_guest "it goes on after a dump that failed" alpha 30 true
[ "$(head -c 4 /tmp/core)" = $'\177ELF' ] || fail "the dump is no ELF file"
[ "$(stat -c %s /tmp/core)" -gt $((150 << 20)) ] || fail "the dump has only $(stat -c %s /tmp/core) bytes"
rm /tmp/core

step "completion of commands, options, domains, devices and kept definitions"
silent xm new beta.cfg
. /usr/share/bash-completion/completions/xm
completes()
{
    local expected=$1

    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _xm
    [ "${COMPREPLY[*]}" = "$expected" ] || fail "'$*' completes to '${COMPREPLY[*]}', not '$expected'"
}
completes vcpu-set xm vcpu-s
completes --wait xm shutdown --w
completes alpha xm pause al
completes xvda xm block-detach alpha ''
completes 0 xm network-detach alpha ''
completes beta xm start ''

step "definitions that are kept: new, start, delete; shutdown -w"
says 0 '^beta$' xm new
sed -i '/^disk/d; /^vif/d; s/ guest.ip.*"/"/' beta.cfg
silent xm new beta.cfg extra="console=hvc0 guest.name=beta"
silent xm start -p beta
says 1 'beta.*still runs' xm delete beta
silent xm destroy beta
silent xm delete beta
says 1 'no definition of "beta" is kept' xm start beta

step "create -c shows a console from its first line to its end"
says 0 'guest: command ended with status 0' xm create -c beta.cfg \
    extra="console=hvc0 guest.name=beta guest.run=uname,-a"
grep -q 'Linux version' /tmp/says.out || { cat /tmp/says.out; fail "its first lines are missing"; }
wait_until 20 gone beta || fail "beta is still there"

step "reboot -w: a new domain takes over; shutdown -aw: none is left"
says 0 'Rebooting domain 1' xm reboot -w alpha
is_new() { new=$(domid alpha) && [ "$new" != 1 ]; }
wait_until 30 is_new || fail "alpha was not started again"
attach_console alpha
wait_until 90 on_console alpha '^guest: alpha reached userland' || fail "alpha did not come up again"
says 0 "Shutting down domain $new" xm shutdown -aw
gone alpha || fail "alpha is still there after shutdown -w"

step "create, interrupted: nothing is left; destroy"
xm create -q alpha.cfg >/tmp/says.out 2>&1 &
sleep 0.5
kill -TERM $!
wait $! && fail "create was interrupted and ended with 0"
wait_until 20 gone alpha || fail "alpha is there after an interrupted create"
no_loops() { [ -z "$(losetup -a)" ]; }
wait_until 20 no_loops || fail "loop devices are still in use: $(losetup -a)"
says 1 'Not destroying domain 0' xm destroy 0
says 3 'domain "alpha" does not exist' xm destroy alpha

step "without xenstored every command says so soon; one that is about to start is waited for"
kill "$(busybox pidof xend)" "$(busybox pidof xenstored)"
wait_until 10 eval '! busybox pidof xend xenstored' || fail "the daemons do not end"
says 1 '^xm: xenstored does not run$' timeout 15 xm list
[ "$(sed -n 2p /tmp/says.out)" = "    systemctl start xenstored" ] || fail "no remedy: $(cat /tmp/says.out)"
says 1 '^xm: xenstored does not run$' timeout 15 xm create alpha.cfg
says 1 'is xenstored running' timeout 5 xenstore-ls
(sleep 2; exec xenstored) &
says 0 'Domain-0' timeout 15 xm list
