#!/bin/bash
# SPDX-License-Identifier: MIT
# 1 GiB from Domain0 to a guest and back, and from guest to guest, arrives as it was sent; and nothing
# is left in use when the guests are gone.
# MACHINE: --mem 2048 --dom0-mem 768 --smp 2 --timeout 3400

. /root/domain0.sh

check "disk of alpha" guest-disk alpha
check "disk of beta" guest-disk beta
start_guest alpha
start_guest beta
for pair in "domain0 alpha" "alpha domain0" "alpha beta"; do
    step "1 GiB: $pair"
    # shellcheck disable=SC2086  # two words
    transfer 1024 $pair
done
for name in alpha beta; do
    check "shutdown $name" "$XM" shutdown $name
    wait_until 60 gone $name || fail "$name is still there"
done
