/* SPDX-License-Identifier: MIT */
/* Every command's function, int cmd_NAME(struct xm *, int argc, char **argv). */
#ifndef XM_COMMANDS_H
#define XM_COMMANDS_H

#include "xm/xm.h"

#define COMMAND(name) int cmd_##name(struct xm *xm, int argc, char **argv);
#include "xm/command_list.h"
#undef COMMAND

#endif
