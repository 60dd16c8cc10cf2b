#!/bin/bash
# SPDX-License-Identifier: MIT
# Our packages are installed, used and removed on a Debian disk that boots by BIOS.
# WHERE: host

set -- "" install-bios
. tests/long/install-story.sh
