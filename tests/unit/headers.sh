#!/bin/sh
# SPDX-License-Identifier: MIT
# The public headers against libxen-dev's: sizes, offsets and constants.
exec perl "$(dirname "$0")/headers_check.pl"
