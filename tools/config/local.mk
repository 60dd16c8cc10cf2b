# SPDX-License-Identifier: MIT
# Configuration files are read by xm; tools/domain is what xm and xend both do to a domain.
LIBS      += config domain
USES_xm   := config domain builder libxen
USES_xend := config domain libxen
SYS_xend  := -lmnl
