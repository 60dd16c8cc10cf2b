#!/bin/bash
# SPDX-License-Identifier: MIT
# Our packages are installed, used and removed on a Debian disk that boots by UEFI.
# WHERE: host

set -- --uefi install-uefi
. tests/long/install-story.sh
