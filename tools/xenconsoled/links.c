/* SPDX-License-Identifier: MIT */
/* What consoles need of the hypervisor. */
#include "links.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <xen/grant_table.h>

#include "libxen/domain.h"
#include "libxen/evtchn.h"
#include "libxen/foreign_map.h"
#include "libxen/gnttab.h"

static struct xen *xen;
static int events = -1, grants = -1;

int links_open(void)
{
    int err = xen_open(&xen);

    if (err)
        return err;
    events = evtchn_open();
    if (events < 0)
        return events;
    grants = gnttab_open(); /* without it, pages are mapped by frame number */
    return 0;
}

int links_event_fd(void)
{
    return events;
}

int links_next_event(void)
{
    return evtchn_pending(events);
}

void links_unmask(int port)
{
    evtchn_unmask(events, port);
}

void links_notify(int port)
{
    evtchn_notify(events, port);
}

int links_bind(uint16_t domid, uint32_t remote_port)
{
    return evtchn_bind_interdomain(events, domid, remote_port);
}

void links_unbind(int port)
{
    evtchn_unbind(events, port);
}

int links_map(uint16_t domid, uint64_t frame, void **page, bool *granted)
{
    uint32_t ref = GNTTAB_RESERVED_CONSOLE;
    xen_pfn_t mfn = frame;

    *granted = grants >= 0 &&
               gnttab_map(grants, domid, &ref, 1, PROT_READ | PROT_WRITE, page) == 0;
    if (*granted)
        return 0;
    return xen_map_frames(xen, domid, PROT_READ | PROT_WRITE, &mfn, 1, page);
}

void links_unmap(void *page, bool granted)
{
    if (granted)
        gnttab_unmap(grants, page, 1);
    else
        xen_unmap_frames(page, 1);
}

bool links_alive(uint16_t domid)
{
    struct xen_domctl_getdomaininfo info;
    int err = xen_domain_info(xen, domid, &info);

    return err != -ESRCH && (err || !(info.flags & XEN_DOMINF_dying));
}

int links_guests(uint16_t *domids, unsigned max)
{
    struct xen_domctl_getdomaininfo *infos;
    int count = xen_domain_list_all(xen, &infos), found = 0;

    if (count < 0)
        return count;
    for (int i = 0; i < count && found < (int)max; i++) {
        if (infos[i].domain && !(infos[i].flags & XEN_DOMINF_dying))
            domids[found++] = infos[i].domain;
    }
    free(infos);
    return found;
}
