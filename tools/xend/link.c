/* SPDX-License-Identifier: MIT */
/* Network interfaces through the kernel's netlink. */
#include "xend/xend.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>

/* One socket asks and waits for the answer; the other only hears of changes. */
static struct mnl_socket *asking, *hearing;

static void hearing_ready(struct xend *xend, struct source *source)
{
    char buffer[8192];

    (void)source;
    /* What changed does not matter, only that something did; an overrun says so too. */
    while (mnl_socket_recvfrom(hearing, buffer, sizeof(buffer)) > 0 || errno == ENOBUFS)
        errno = 0;
    hotplug_link(xend);
}

int link_open(struct xend *xend)
{
    static struct source source = { .ready = hearing_ready };

    asking = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    hearing = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!asking || !hearing || mnl_socket_bind(asking, 0, MNL_SOCKET_AUTOPID) ||
        mnl_socket_bind(hearing, RTMGRP_LINK, MNL_SOCKET_AUTOPID))
        return -errno;
    source.fd = mnl_socket_get_fd(hearing);
    return source_add(xend, &source);
}

int link_set(const struct link_settings *settings)
{
    static unsigned int sequence;
    char buffer[1024];
    struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
    struct ifinfomsg *info;
    ssize_t n;

    header->nlmsg_type = RTM_NEWLINK;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    header->nlmsg_seq = ++sequence;
    info = mnl_nlmsg_put_extra_header(header, sizeof(*info));
    info->ifi_index = (int)settings->index;
    info->ifi_change = IFF_UP;
    info->ifi_flags = IFF_UP;
    if (settings->mtu)
        mnl_attr_put_u32(header, IFLA_MTU, settings->mtu);
    if (settings->rename)
        mnl_attr_put_strz(header, IFLA_IFNAME, settings->rename);
    if (settings->master)
        mnl_attr_put_u32(header, IFLA_MASTER, settings->master);
    if (mnl_socket_sendto(asking, header, header->nlmsg_len) < 0)
        return -errno;
    n = mnl_socket_recvfrom(asking, buffer, sizeof(buffer));
    if (n < 0)
        return -errno;
    n = mnl_cb_run(buffer, (size_t)n, sequence, mnl_socket_get_portid(asking), NULL, NULL);
    return n < 0 ? -errno : 0;
}
