/* SPDX-License-Identifier: MIT */
/* The parts below xm's output for unit tests: nothing runs, nothing is stored. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/xalloc.h"
#include "libxen/host.h"
#include "xm/xm.h"

int xm_need_xen(struct xm *xm)
{
    (void)xm;
    return XM_FAILED;
}

int xm_need_store(struct xm *xm)
{
    (void)xm;
    return XM_FAILED;
}

int xm_need_both(struct xm *xm)
{
    (void)xm;
    return XM_FAILED;
}

int xm_domains(struct xm *xm, struct xen_domctl_getdomaininfo **infos)
{
    (void)xm;
    (void)infos;
    return -1;
}

int xm_error(const struct xm *xm, const char *remedy, const char *format, ...)
{
    (void)xm;
    (void)remedy;
    (void)format;
    return XM_FAILED;
}

int xm_usage(const struct xm *xm, const char *format, ...)
{
    (void)xm;
    (void)format;
    return XM_USAGE;
}

int xm_bad_option(const struct xm *xm)
{
    (void)xm;
    return XM_USAGE;
}

int xm_expect_args(const struct xm *xm, int argc, int least, int most)
{
    (void)xm;
    return argc >= least && argc <= most ? XM_OK : XM_USAGE;
}

int xm_domain_info(struct xm *xm, const char *text, struct xen_domctl_getdomaininfo *info)
{
    (void)xm;
    (void)text;
    (void)info;
    return XM_FAILED;
}

char *xm_name_of(struct xm *xm, unsigned int domid)
{
    (void)xm;
    return xasprintf("domain%u", domid);
}

int xen_domain_list_all(struct xen *xen, struct xen_domctl_getdomaininfo **infos)
{
    (void)xen;
    *infos = NULL;
    return 0;
}

int xen_host_sched_id(struct xen *xen, uint32_t *id)
{
    (void)xen;
    (void)id;
    return -ENOSYS;
}

int xen_host_physinfo(struct xen *xen, struct xen_sysctl_physinfo *info)
{
    (void)xen;
    (void)info;
    return -ENOSYS;
}

int xen_sched_get_share(struct xen *xen, domid_t domid, struct xen_sched_share *share)
{
    (void)xen;
    (void)domid;
    (void)share;
    return -ENOSYS;
}

int xen_domain_set_max_mem(struct xen *xen, domid_t domid, uint64_t kib)
{
    (void)xen;
    (void)domid;
    (void)kib;
    return -ENOSYS;
}

int xs_readf(struct xs *xs, xs_tx tx, char **value, const char *path_fmt, ...)
{
    (void)xs;
    (void)tx;
    (void)value;
    (void)path_fmt;
    return -ENOENT;
}

int xs_readf_u64(struct xs *xs, xs_tx tx, uint64_t *number, const char *path_fmt, ...)
{
    (void)xs;
    (void)tx;
    (void)number;
    (void)path_fmt;
    return -ENOENT;
}

int xs_writef(struct xs *xs, xs_tx tx, const char *value, const char *path_fmt, ...)
{
    (void)xs;
    (void)tx;
    (void)value;
    (void)path_fmt;
    return -ENOENT;
}
