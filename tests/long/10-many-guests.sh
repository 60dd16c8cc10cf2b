#!/bin/bash
# SPDX-License-Identifier: MIT
# Twenty guests one after another, and then eight at once, each with console, disk and card, used and
# ended: afterwards free memory, the list of domains, event ports and grants are what they were.
# MACHINE: --mem 3584 --dom0-mem 1024 --timeout 3000

. /root/domain0.sh

ROW=${ROW:-20}
CROWD=${CROWD:-8}

# A file and a disk for guest number N, called gN.
make_guest()
{
    sed "s/alpha/g$1/g; s/10\.0\.0\.2/10.0.0.$((10 + $1))/; s/:02\"/:$((10 + $1))\"/; s/:02,/:$((10 + $1)),/" \
        /etc/xen/alpha.cfg >"/etc/xen/g$1.cfg"
    check "disk of g$1" guest-disk "g$1"
}

use_guest()
{
    in_guest "contents of the disk" "g$1" 60 'cd /disk && sha256sum -c SUMS && cd /'
    check "ping g$1" ping -c 2 -w 30 "10.0.0.$((10 + $1))"
}

# Even numbers are shut down, odd ones destroyed.
end_guest()
{
    if [ $(($1 % 2)) = 0 ]; then
        check "shutdown g$1" "$XM" shutdown "g$1"
    else
        check "destroy g$1" "$XM" destroy "g$1"
    fi
    wait_until 90 gone "g$1" || fail "g$1 is still there"
    rm -f "/tmp/console.g$1"
}

for ((i = 1; i <= CROWD; i++)); do make_guest $i; done
step "one guest, so that drivers and daemons have what they keep"
start_guest g1
use_guest 1
end_guest 1
resources >/tmp/resources.before

step "$ROW guests one after another"
for ((i = 0; i < ROW; i++)); do
    start_guest g$((i % CROWD + 1))
    use_guest $((i % CROWD + 1))
    end_guest $((i % CROWD + 1))
done
nothing_left /tmp/resources.before

step "$CROWD guests at once"
for ((i = 1; i <= CROWD; i++)); do start_guest g$i; done
"$XM" list | sed 's/^/note: /'
for ((i = 1; i <= CROWD; i++)); do use_guest $i; done
for ((i = 1; i <= CROWD; i++)); do end_guest $i; done

step "nothing is left in use"
nothing_left /tmp/resources.before
sed 's/^/note: /' /tmp/resources.before | grep -v ': (XEN)'
