#!/bin/bash
# SPDX-License-Identifier: MIT
# 1 GiB fetched over the network, written to a disk and read back by a Domain0 with memory on both sides of
# 4 GiB; devices that reach only the lower part do the same with less.
# WHERE: host
set -eu
tests/system/20-devices.sh 64 64 1024 64 64 --mem 6144 --dom0-mem 5120 --timeout 3500
