/* SPDX-License-Identifier: MIT */
/* Reads and writes sets of processors. */
#include "config/cpu_list.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT 4096u

static void change(struct xen_cpumap *map, unsigned int cpu, bool add)
{
    if (add)
        map->bits[cpu / 8] |= (uint8_t)(1u << cpu % 8);
    else
        map->bits[cpu / 8] &= (uint8_t)~(1u << cpu % 8);
}

/* A number, or a range of them. */
static int read_range(const char *text, unsigned long *first, unsigned long *last)
{
    char *end;

    if (!isdigit((unsigned char)*text))
        return -EINVAL;
    *first = *last = strtoul(text, &end, 10);
    if (*end == '-' && isdigit((unsigned char)end[1]))
        *last = strtoul(end + 1, &end, 10);
    return *end || *first > *last ? -EINVAL : 0;
}

/* One item between commas. */
static int read_item(const char *item, unsigned int cpus, const unsigned int *node_of,
                     struct xen_cpumap *map)
{
    bool add = *item != '^', nodes;
    unsigned long first = 0, last = ULONG_MAX;

    if (!add)
        item++;
    nodes = !strncmp(item, "node:", 5) || !strncmp(item, "nodes:", 6);
    if (nodes)
        item = strchr(item, ':') + 1;
    if (strcmp(item, "all") && read_range(item, &first, &last))
        return -EINVAL;
    for (unsigned int cpu = 0; cpu < cpus; cpu++) {
        unsigned int key = !nodes ? cpu : node_of ? node_of[cpu] : 0;

        if (key >= first && key <= last)
            change(map, cpu, add);
    }
    return 0;
}

int cpu_list_parse(const char *text, unsigned int cpus, const unsigned int *node_of,
                   struct xen_cpumap *map)
{
    char copy[MAX_TEXT], *rest = copy, *item;
    unsigned int members = 0, n = 0;

    memset(map, 0, sizeof(*map));
    if (cpus > XEN_CPUMAP_MAX_CPUS)
        cpus = XEN_CPUMAP_MAX_CPUS;
    for (; *text && n + 1 < sizeof(copy); text++)
        if (!isspace((unsigned char)*text))
            copy[n++] = *text;
    copy[n] = '\0';
    /* "^1" alone means all but 1. */
    if (copy[0] == '^')
        read_item("all", cpus, node_of, map);
    while ((item = strsep(&rest, ",")))
        if (read_item(item, cpus, node_of, map))
            return -EINVAL;
    for (unsigned int cpu = 0; cpu < cpus; cpu++)
        members += xen_cpumap_has(map, cpu);
    return members ? 0 : -EINVAL;
}

void cpu_list_format(const struct xen_cpumap *map, unsigned int cpus, char *text, size_t size)
{
    unsigned int members = 0;
    size_t at = 0;

    for (unsigned int cpu = 0; cpu < cpus; cpu++)
        members += xen_cpumap_has(map, cpu);
    if (!members || members == cpus) {
        snprintf(text, size, "%s", members ? "all" : "none");
        return;
    }
    text[0] = '\0';
    for (unsigned int cpu = 0; cpu < cpus && at < size; cpu++) {
        unsigned int last = cpu;

        if (!xen_cpumap_has(map, cpu))
            continue;
        while (last + 1 < cpus && xen_cpumap_has(map, last + 1))
            last++;
        if (last > cpu)
            at += (size_t)snprintf(text + at, size - at, "%s%u-%u", at ? "," : "", cpu, last);
        else
            at += (size_t)snprintf(text + at, size - at, "%s%u", at ? "," : "", cpu);
        cpu = last;
    }
}
