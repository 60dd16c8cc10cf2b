# SPDX-License-Identifier: MIT
# What a daemon does at its start, the same for all of ours.
LIBS             += daemon
USES_xenstored   := daemon libxen
USES_xenconsoled := daemon libxen
