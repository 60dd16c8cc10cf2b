#!/bin/bash
# SPDX-License-Identifier: MIT
# xm create is killed at every 61st of its system calls and leaves nothing behind. All of them, which
# takes a quarter of an hour, is tests/long/30-create-killed.sh.
# WHERE: host

KILL_STEP=61 KILL_TIMEOUT=900 exec tests/long/30-create-killed.sh
