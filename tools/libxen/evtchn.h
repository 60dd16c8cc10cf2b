/* SPDX-License-Identifier: MIT */
/* Event ports of this domain, through /dev/xen/evtchn. */
#ifndef LIBXEN_EVTCHN_H
#define LIBXEN_EVTCHN_H

#include <stdint.h>

/*
 * The handle is the descriptor itself, close-on-exec and non-blocking: poll() it for reading, then
 * evtchn_pending() until it says -EAGAIN. Closing it closes every port bound through it. The
 * functions that bind return the local port or -errno.
 */
int evtchn_open(void);

int evtchn_bind_virq(int fd, unsigned int virq);
int evtchn_bind_interdomain(int fd, unsigned int domid, unsigned int remote_port);
int evtchn_alloc_unbound(int fd, unsigned int remote_domid);
int evtchn_unbind(int fd, unsigned int port);

int evtchn_notify(int fd, unsigned int port);

/* The next port that fired; it stays masked until evtchn_unmask(). -EAGAIN: none;
 * -EFBIG: the kernel's queue overflowed and was reset, look at every ring. */
int evtchn_pending(int fd);
int evtchn_unmask(int fd, unsigned int port);

#endif
