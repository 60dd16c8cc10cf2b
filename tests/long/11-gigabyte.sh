#!/bin/bash
# SPDX-License-Identifier: MIT
# 1 GiB from Domain0 to a guest and back arrives as it was sent; and nothing is left in use when the
# guest is gone. (32-gigabyte.sh: from guest to guest, and from disk to disk.)
# MACHINE: --mem 2048 --dom0-mem 768 --timeout 3400

. /root/domain0.sh

check "disk of alpha" guest-disk alpha
step "a guest comes and goes, so that drivers and daemons have what they keep"
start_guest alpha
check "destroy alpha" "$XM" destroy alpha
wait_until 60 gone alpha || fail "alpha is still there"
resources >/tmp/resources.before
start_guest alpha
for pair in "domain0 alpha" "alpha domain0"; do
    step "1 GiB: $pair"
    # shellcheck disable=SC2086  # two words
    transfer 1024 $pair
done
check "shutdown alpha" "$XM" shutdown alpha
wait_until 60 gone alpha || fail "alpha is still there"
step "nothing is left in use"
nothing_left /tmp/resources.before
