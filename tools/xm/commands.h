/* SPDX-License-Identifier: MIT */
/* Every command's function; what each does is in the table of commands.c. */
#ifndef XM_COMMANDS_H
#define XM_COMMANDS_H

#include "xm/xm.h"

#define COMMAND(name) int cmd_##name(struct xm *xm, int argc, char **argv)

COMMAND(create);
COMMAND(list);
COMMAND(vm_list);
COMMAND(destroy);
COMMAND(shutdown);
COMMAND(reboot);
COMMAND(pause);
COMMAND(unpause);
COMMAND(console);
COMMAND(sysrq);
COMMAND(trigger);
COMMAND(domid);
COMMAND(domname);
COMMAND(rename);
COMMAND(uptime);
COMMAND(info);
COMMAND(dmesg);
COMMAND(debug_keys);
COMMAND(cpupool_list);
COMMAND(vcpu_list);
COMMAND(vcpu_pin);
COMMAND(vcpu_set);
COMMAND(mem_set);
COMMAND(mem_max);
COMMAND(sched_credit);
COMMAND(sched_credit2);
COMMAND(sched_bvt);
COMMAND(sched_bvt_ctxallow);
COMMAND(block_list);
COMMAND(block_attach);
COMMAND(block_detach);
COMMAND(network_list);
COMMAND(network_attach);
COMMAND(network_detach);

#undef COMMAND

#endif
