/* SPDX-License-Identifier: MIT */
/* What consoles need of the hypervisor. */
#include "links.h"

#include <sys/mman.h>

#include <xen/grant_table.h>

#include "libxen/evtchn.h"
#include "libxen/gnttab.h"

static int events = -1, grants = -1;

int links_open(void)
{
    events = evtchn_open();
    if (events < 0)
        return events;
    grants = gnttab_open();
    return grants < 0 ? grants : 0;
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

int links_map(uint16_t domid, void **page)
{
    uint32_t ref = GNTTAB_RESERVED_CONSOLE;

    return gnttab_map(grants, domid, &ref, 1, PROT_READ | PROT_WRITE, page);
}

void links_unmap(void *page)
{
    gnttab_unmap(grants, page, 1);
}
