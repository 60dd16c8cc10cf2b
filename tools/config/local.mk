# SPDX-License-Identifier: MIT
# Configuration files are read by xm; tools/domain is what xm and xend both do to a domain.
LIBS          += config domain
USES_xm       := domain config builder daemon libxen
USES_xend     := domain config daemon libxen
SYS_xend      := -lmnl
