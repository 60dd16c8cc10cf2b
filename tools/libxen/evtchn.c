/* SPDX-License-Identifier: MIT */
/* Event ports of this domain, through /dev/xen/evtchn. */
#include "libxen/evtchn.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "libxen/privcmd.h"

int evtchn_open(void)
{
    int fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

static int request(int fd, unsigned long what, void *arg)
{
    int ret = ioctl(fd, what, arg);

    return ret < 0 ? -errno : ret;
}

int evtchn_bind_virq(int fd, unsigned int virq)
{
    return request(fd, EVTCHN_BIND_VIRQ, &virq);
}

int evtchn_bind_interdomain(int fd, unsigned int domid, unsigned int remote_port)
{
    struct evtchn_remote remote = { .domid = domid, .port = remote_port };

    return request(fd, EVTCHN_BIND_INTERDOMAIN, &remote);
}

int evtchn_alloc_unbound(int fd, unsigned int remote_domid)
{
    return request(fd, EVTCHN_BIND_UNBOUND, &remote_domid);
}

int evtchn_unbind(int fd, unsigned int port)
{
    return request(fd, EVTCHN_UNBIND, &port);
}

int evtchn_notify(int fd, unsigned int port)
{
    return request(fd, EVTCHN_NOTIFY, &port);
}

int evtchn_pending(int fd)
{
    uint32_t port;
    ssize_t got = read(fd, &port, sizeof(port));

    if (got == sizeof(port))
        return (int)port;
    if (got < 0 && errno == EFBIG) {
        request(fd, EVTCHN_RESET, NULL);
        return -EFBIG;
    }
    return got < 0 ? -errno : -EIO;
}

int evtchn_unmask(int fd, unsigned int port)
{
    uint32_t word = port;

    return write(fd, &word, sizeof(word)) == sizeof(word) ? 0 : -errno;
}
