/* SPDX-License-Identifier: MIT */
/* What the store asks of the hypervisor. */
#include "hypervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/grant_table.h>
#include <xen/xen.h>

#include "libxen/domain.h"
#include "libxen/evtchn.h"
#include "libxen/foreign_map.h"
#include "libxen/gnttab.h"
#include "xalloc.h"

#define XSD_PAGE "/proc/xen/xsd_kva"
#define XSD_PORT "/proc/xen/xsd_port"

static struct xen *xen;
static int events = -1;
static int grants = -1;
static int death_port = -1;

int hypervisor_open(void)
{
    int err = xen_open(&xen);

    if (err)
        return err;
    events = evtchn_open();
    if (events < 0)
        return events;
    death_port = evtchn_bind_virq(events, VIRQ_DOM_EXC);
    if (death_port < 0)
        return death_port;
    grants = gnttab_open(); /* without it, rings are mapped by frame number */
    return 0;
}

int hypervisor_event_fd(void)
{
    return events;
}

int hypervisor_next_event(void)
{
    int port = evtchn_pending(events);

    if (port >= 0)
        evtchn_unmask(events, port);
    return port;
}

int hypervisor_death_port(void)
{
    return death_port;
}

int hypervisor_bind(uint16_t domid, uint32_t remote_port)
{
    return evtchn_bind_interdomain(events, domid, remote_port);
}

void hypervisor_unbind(int local_port)
{
    evtchn_unbind(events, local_port);
}

void hypervisor_notify(int local_port)
{
    evtchn_notify(events, local_port);
}

/* Mappings by grant, which are undone in another way than those by frame number. */
static void **granted;
static unsigned granted_count;

static int map_by_grant(uint16_t domid, void **page)
{
    uint32_t ref = GNTTAB_RESERVED_XENSTORE;
    int err;

    if (grants < 0)
        return grants;
    err = gnttab_map(grants, domid, &ref, 1, PROT_READ | PROT_WRITE, page);
    if (err)
        return err;
    granted = xgrow(granted, granted_count + 1, sizeof(*granted));
    granted[granted_count++] = *page;
    return 0;
}

int hypervisor_map_ring(uint16_t domid, uint64_t frame, void **page)
{
    xen_pfn_t mfn = frame;

    if (map_by_grant(domid, page) == 0)
        return 0;
    return xen_map_frames(xen, domid, PROT_READ | PROT_WRITE, &mfn, 1, page);
}

void hypervisor_unmap_ring(uint16_t domid, void *page)
{
    (void)domid;
    for (unsigned i = 0; i < granted_count; i++) {
        if (granted[i] == page) {
            granted[i] = granted[--granted_count];
            gnttab_unmap(grants, page, 1);
            return;
        }
    }
    xen_unmap_frames(page, 1);
}

int hypervisor_map_own_ring(void **page, uint32_t *port)
{
    FILE *f = fopen(XSD_PORT, "re");
    bool read_it = f && fscanf(f, "%u", port) == 1;
    int fd;

    if (f)
        fclose(f);
    if (!read_it)
        return -ENOENT;
    fd = open(XSD_PAGE, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *page = mmap(NULL, XEN_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return *page == MAP_FAILED ? -errno : 0;
}

enum domain_state hypervisor_domain_state(uint16_t domid)
{
    struct xen_domctl_getdomaininfo info;
    int err = xen_domain_info(xen, domid, &info);

    if (err)
        return err == -ESRCH ? DOMAIN_GONE : DOMAIN_ALIVE;
    if (info.flags & XEN_DOMINF_dying)
        return DOMAIN_DYING;
    return info.flags & XEN_DOMINF_shutdown ? DOMAIN_SHUT_DOWN : DOMAIN_ALIVE;
}
