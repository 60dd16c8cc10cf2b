/* SPDX-License-Identifier: MIT */
/* One line of `xm top` for each domain, from two looks at the counters. */
#ifndef TOP_TOP_H
#define TOP_TOP_H

#include <jansson.h>

#include "xm/xm.h"

struct top_domain {
    unsigned int domid;
    char *name;
    char state[7];
    double cpu_seconds, cpu_percent;
    uint64_t memory_kib, max_memory_kib;    /* max UINT64_MAX: no limit */
    double memory_percent, max_percent;
    unsigned int vcpus, nets, vbds;
    uint64_t net_tx_kib, net_rx_kib;        /* as the guest sees them */
    uint64_t vbd_full, vbd_reads, vbd_writes, vbd_read_sectors, vbd_write_sectors;
};

struct top_sample {
    struct top_domain *domains;
    unsigned int count;
    double when;                            /* seconds, monotonic */
    uint64_t total_kib, free_kib;
    unsigned int cpus;
};

/* Look at everything; percentages of processors since `before` (NULL: 0). 0 or an exit status. */
int top_take(struct xm *xm, const struct top_sample *before, struct top_sample *sample);
void top_free(struct top_sample *sample);

/*
 * The header and a domain's line as xentop prints them, without the end of line; `full`: long names
 * whole.
 */
extern const char top_header[];
void top_line(const struct top_domain *domain, bool full, char *text, size_t size);

json_t *top_json(const struct top_sample *sample);

#endif
