/* SPDX-License-Identifier: MIT */
/* What consoles need of the hypervisor. */
#ifndef XENCONSOLED_LINKS_H
#define XENCONSOLED_LINKS_H

#include <stdbool.h>
#include <stdint.h>

/* Open the event device and the control interface. */
int links_open(void);
int links_event_fd(void);

/* The next port that fired, still masked; -EAGAIN: none; -EFBIG: some were lost. */
int links_next_event(void);
void links_unmask(int port);
void links_notify(int port);

int links_bind(uint16_t domid, uint32_t remote_port);
void links_unbind(int port);

/* The console page, by its well-known grant or else by frame number. */
int links_map(uint16_t domid, uint64_t frame, void **page, bool *granted);
void links_unmap(void *page, bool granted);

/* Is there such a domain, not dying? */
bool links_alive(uint16_t domid);

/* Ids of all guests, up to `max`. Returns how many or -errno. */
int links_guests(uint16_t *domids, unsigned max);

#endif
