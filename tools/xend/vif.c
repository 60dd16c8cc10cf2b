/* SPDX-License-Identifier: MIT */
/*
 * Connects network cards: their interfaces in Domain0 go up and into a bridge. The driver gives
 * each the highest station address that is no broadcast, for a bridge takes the lowest of its ports
 * as its own.
 */
#include "xend/xend.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKEND "/local/domain/0/backend/vif/%u/%s"

static char *read_node(struct xend *xend, unsigned int domid, const char *devid, const char *name)
{
    char *value;

    return xs_readf(xend->xs, XS_NO_TX, &value, BACKEND "/%s", domid, devid, name) ? NULL : value;
}

static unsigned int mtu_of(const char *interface)
{
    unsigned int mtu = 0;
    char path[64];
    FILE *from;

    snprintf(path, sizeof(path), "/sys/class/net/%.15s/mtu", interface);
    from = fopen(path, "re");
    if (from && fscanf(from, "%u", &mtu) != 1)
        mtu = 0;
    if (from)
        fclose(from);
    return mtu;
}

/* Index of the card's interface, under the driver's name or the one it was given; 0: not there. */
static unsigned int find_interface(unsigned int domid, const char *devid, const char *wanted,
                                   bool *renamed)
{
    char name[IF_NAMESIZE];
    unsigned int index = wanted ? if_nametoindex(wanted) : 0;

    *renamed = index;
    if (index)
        return index;
    snprintf(name, sizeof(name), "vif%u.%.5s", domid, devid);
    return if_nametoindex(name);
}

static void join_bridge(struct xend *xend, struct link_settings *link, unsigned int domid,
                        const char *devid, const char *bridge)
{
    int err;

    link->master = bridge ? if_nametoindex(bridge) : 0;
    if (bridge && !link->master) {
        hotplug_failed(xend, "vif", domid, devid, "there is no bridge %s", bridge);
        return;
    }
    if (bridge && !link->mtu)
        link->mtu = mtu_of(bridge);
    err = link_set(link);
    if (err) {
        hotplug_failed(xend, "vif", domid, devid, "the interface cannot join %s: %s",
                       bridge ? bridge : "the network", strerror(-err));
        return;
    }
    if (!hotplug_connected(xend, "vif", domid, devid))
        note("domain %u: network card %s is on %s", domid, devid, bridge ? bridge : "no bridge");
}

int vif_connect(struct xend *xend, unsigned int domid, const char *devid)
{
    char *wanted = read_node(xend, domid, devid, "vifname");
    char *bridge = read_node(xend, domid, devid, "bridge");
    char *mtu = read_node(xend, domid, devid, "mtu");
    struct link_settings link = { 0 };
    bool renamed;

    link.index = find_interface(domid, devid, wanted, &renamed);
    if (link.index) {
        link.rename = renamed ? NULL : wanted;
        link.mtu = mtu ? (unsigned int)atoi(mtu) : 0;
        join_bridge(xend, &link, domid, devid, bridge);
    }
    free(wanted);
    free(bridge);
    free(mtu);
    return link.index ? 0 : 1;
}
