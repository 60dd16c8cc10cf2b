/* SPDX-License-Identifier: MIT */
/* Completion of command lines. */
#ifndef XM_COMPLETE_H
#define XM_COMPLETE_H

#include "xm/xm.h"

/*
 * Print, one a line, what the last of the words typed behind `xm` may become. Returns an exit
 * status.
 */
int complete(struct xm *xm, int argc, char **argv);

#endif
