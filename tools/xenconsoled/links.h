/* SPDX-License-Identifier: MIT */
/* What consoles need of the hypervisor. */
#ifndef XENCONSOLED_LINKS_H
#define XENCONSOLED_LINKS_H

#include <stdint.h>

/* Open the event device and the grant device. */
int links_open(void);
int links_event_fd(void);

/* The next port that fired, still masked; -EAGAIN: none; -EFBIG: some were lost. */
int links_next_event(void);
void links_unmask(int port);
void links_notify(int port);

int links_bind(uint16_t domid, uint32_t remote_port);
void links_unbind(int port);

/*
 * The console page, which every builder grants to Domain0 under a well-known reference. There is no
 * other way here: with /dev/xen/privcmd this daemon could do whatever Domain0 can.
 */
int links_map(uint16_t domid, void **page);
void links_unmap(void *page);

#endif
