/* SPDX-License-Identifier: MIT */
/* Reads the counters of `xm top`: the hypervisor's, and Domain0's drivers' from /sys. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/xalloc.h"
#include "domain/teardown.h"
#include "top/top.h"

const char top_header[] =
    "      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS "
    "NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID";

/* ---- counters ---- */

/* A number in a file; 0 where it cannot be read. */
static uint64_t read_counter(const char *format, ...) __attribute__((format(printf, 1, 2)));

static uint64_t read_counter(const char *format, ...)
{
    unsigned long long number = 0;
    char path[160];
    va_list args;
    FILE *from;

    va_start(args, format);
    vsnprintf(path, sizeof(path), format, args);
    va_end(args);
    from = fopen(path, "re");
    if (!from)
        return 0;
    if (fscanf(from, "%llu", &number) != 1)
        number = 0;
    fclose(from);
    return number;
}

static void add_card(struct xs *xs, unsigned int domid, const char *devid, struct top_domain *d)
{
    char *given = NULL, name[32];

    snprintf(name, sizeof(name), "vif%u.%s", domid, devid);
    if (!xs_readf(xs, XS_NO_TX, &given, "/local/domain/0/backend/vif/%u/%s/vifname", domid, devid))
        snprintf(name, sizeof(name), "%s", given);
    free(given);
    d->nets++;
    /* What Domain0's interface receives, the guest sent. */
    d->net_tx_kib += read_counter("/sys/class/net/%s/statistics/rx_bytes", name) / 1024;
    d->net_rx_kib += read_counter("/sys/class/net/%s/statistics/tx_bytes", name) / 1024;
}

static void add_disk(unsigned int domid, const char *devid, struct top_domain *d)
{
    const char *dir = "/sys/bus/xen-backend/devices";

    d->vbds++;
    d->vbd_full += read_counter("%s/vbd-%u-%s/statistics/oo_req", dir, domid, devid);
    d->vbd_reads += read_counter("%s/vbd-%u-%s/statistics/rd_req", dir, domid, devid);
    d->vbd_writes += read_counter("%s/vbd-%u-%s/statistics/wr_req", dir, domid, devid);
    d->vbd_read_sectors += read_counter("%s/vbd-%u-%s/statistics/rd_sect", dir, domid, devid);
    d->vbd_write_sectors += read_counter("%s/vbd-%u-%s/statistics/wr_sect", dir, domid, devid);
}

static void add_device(struct xs *xs, unsigned int domid, const char *kind, const char *devid,
                       void *arg)
{
    if (!strcmp(kind, "vif"))
        add_card(xs, domid, devid, arg);
    else
        add_disk(domid, devid, arg);
}

/* xentop's letters and their order: dying, shut down, blocked, crashed, paused, running. */
static void set_state(const struct xen_domctl_getdomaininfo *info, char state[7])
{
    bool shut = info->flags & XEN_DOMINF_shutdown;
    bool crashed = shut && xen_shutdown_reason(info) == 3;

    state[0] = info->flags & XEN_DOMINF_dying ? 'd' : '-';
    state[1] = shut && !crashed ? 's' : '-';
    state[2] = info->flags & XEN_DOMINF_blocked ? 'b' : '-';
    state[3] = crashed ? 'c' : '-';
    state[4] = info->flags & XEN_DOMINF_paused ? 'p' : '-';
    state[5] = info->flags & XEN_DOMINF_running ? 'r' : '-';
    state[6] = '\0';
}

/* ---- a sample ---- */

static const struct top_domain *same_domain(const struct top_sample *before, unsigned int domid)
{
    for (unsigned int i = 0; before && i < before->count; i++)
        if (before->domains[i].domid == domid)
            return &before->domains[i];
    return NULL;
}

static void fill(struct xm *xm, const struct xen_domctl_getdomaininfo *info,
                 const struct top_sample *before, const struct top_sample *now,
                 struct top_domain *d)
{
    const struct top_domain *old = same_domain(before, info->domain);

    d->domid = info->domain;
    d->name = xm_name_of(xm, info->domain);
    set_state(info, d->state);
    d->cpu_seconds = (double)info->cpu_time / 1e9;
    if (old && now->when > before->when)
        d->cpu_percent = (d->cpu_seconds - old->cpu_seconds) * 100 / (now->when - before->when);
    d->memory_kib = info->tot_pages * (XEN_PAGE_SIZE / 1024);
    /* A limit of all that a number of frames can say is none. */
    d->max_memory_kib = info->max_pages >= UINT32_MAX ? UINT64_MAX
                                                      : info->max_pages * (XEN_PAGE_SIZE / 1024);
    d->memory_percent = (double)d->memory_kib * 100 / (double)now->total_kib;
    d->max_percent = (double)d->max_memory_kib * 100 / (double)now->total_kib;
    d->vcpus = info->nr_online_vcpus;
    device_each(xm->xs, info->domain, add_device, d);
}

int top_take(struct xm *xm, const struct top_sample *before, struct top_sample *sample)
{
    struct xen_domctl_getdomaininfo *infos;
    struct xen_sysctl_physinfo host;
    struct timespec now;
    int status = xm_machine(xm, &host), count;

    if (status)
        return status;
    count = xm_domains(xm, &infos);
    if (count < 0)
        return XM_FAILED;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *sample = (struct top_sample){
        .domains = xcalloc((size_t)count, sizeof(*sample->domains)),
        .count = (unsigned int)count,
        .when = (double)now.tv_sec + (double)now.tv_nsec / 1e9,
        .total_kib = host.total_pages * (XEN_PAGE_SIZE / 1024),
        .free_kib = host.free_pages * (XEN_PAGE_SIZE / 1024),
        .cpus = host.nr_cpus,
    };
    for (int i = 0; i < count; i++)
        fill(xm, &infos[i], before, sample, &sample->domains[i]);
    free(infos);
    return XM_OK;
}

void top_free(struct top_sample *sample)
{
    for (unsigned int i = 0; i < sample->count; i++)
        free(sample->domains[i].name);
    free(sample->domains);
    memset(sample, 0, sizeof(*sample));
}

/* ---- forms ---- */

void top_line(const struct top_domain *d, bool full, char *text, size_t size)
{
    char max[24] = "no limit", max_percent[12] = "n/a";

    if (d->max_memory_kib != UINT64_MAX) {
        snprintf(max, sizeof(max), "%llu", (unsigned long long)d->max_memory_kib);
        snprintf(max_percent, sizeof(max_percent), "%.1f", d->max_percent);
    }
    snprintf(text, size,
             "%10.*s %6s %10.0f %6.1f %10llu %6.1f %10s %9s %5u %4u %8llu %8llu %4u %8llu "
             "%8llu %8llu %10llu %10llu %4u", full ? 255 : 10, d->name, d->state, d->cpu_seconds,
             d->cpu_percent, (unsigned long long)d->memory_kib, d->memory_percent, max, max_percent,
             d->vcpus, d->nets, (unsigned long long)d->net_tx_kib,
             (unsigned long long)d->net_rx_kib, d->vbds, (unsigned long long)d->vbd_full,
             (unsigned long long)d->vbd_reads, (unsigned long long)d->vbd_writes,
             (unsigned long long)d->vbd_read_sectors, (unsigned long long)d->vbd_write_sectors, 0u);
}

json_t *top_json(const struct top_sample *sample)
{
    json_t *list = json_array();

    for (unsigned int i = 0; i < sample->count; i++) {
        const struct top_domain *d = &sample->domains[i];

        json_array_append_new(list,
            json_pack("{s:s, s:i, s:s, s:f, s:f, s:I, s:i, s:i, s:I, s:I, s:i, s:I, s:I, s:I, s:I,"
                      " s:I}",
                      "name", d->name, "domid", (int)d->domid, "state", d->state, "cpu_seconds",
                      d->cpu_seconds, "cpu_percent", d->cpu_percent, "memory_kib",
                      (json_int_t)d->memory_kib, "vcpus", (int)d->vcpus, "nets", (int)d->nets,
                      "net_tx_kib", (json_int_t)d->net_tx_kib, "net_rx_kib",
                      (json_int_t)d->net_rx_kib, "vbds", (int)d->vbds, "vbd_out_of_requests",
                      (json_int_t)d->vbd_full, "vbd_reads", (json_int_t)d->vbd_reads, "vbd_writes",
                      (json_int_t)d->vbd_writes, "vbd_read_sectors",
                      (json_int_t)d->vbd_read_sectors, "vbd_write_sectors",
                      (json_int_t)d->vbd_write_sectors));
    }
    return list;
}
