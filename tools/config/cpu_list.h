/* SPDX-License-Identifier: MIT */
/* Sets of processors as people write them: "0-3,^1", "all", "node:0". */
#ifndef CONFIG_CPU_LIST_H
#define CONFIG_CPU_LIST_H

#include <stddef.h>

#include "libxen/domain.h"

/*
 * Read `text` on a machine with `cpus` processors; node_of[n] is the NUMA node of processor n, or
 * node_of is NULL where there is but one. What is beyond them is passed over, as xl does. 0 or
 * -EINVAL, also for a set without members.
 */
int cpu_list_parse(const char *text, unsigned int cpus, const unsigned int *node_of,
                   struct xen_cpumap *map);

/* "all", "none" or ranges as in "0-3,5", for the first `cpus` processors. */
void cpu_list_format(const struct xen_cpumap *map, unsigned int cpus, char *text, size_t size);

#endif
