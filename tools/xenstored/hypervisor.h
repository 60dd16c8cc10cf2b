/* SPDX-License-Identifier: MIT */
/* What the store asks of the hypervisor; unit tests put their own answers in its place. */
#ifndef XENSTORED_HYPERVISOR_H
#define XENSTORED_HYPERVISOR_H

#include <stdint.h>

/* Open the event device and the control interface, ask for the death event. */
int hypervisor_open(void);

/* For epoll; readable when hypervisor_next_event() has something. */
int hypervisor_event_fd(void);

/* The next local port that fired, unmasked again, or -EAGAIN. -EFBIG: some events were lost. */
int hypervisor_next_event(void);

/* The port that fires when some domain shuts down, crashes or is gone. */
int hypervisor_death_port(void);

/* Connect to the port a domain keeps for us. Returns our local port. */
int hypervisor_bind(uint16_t domid, uint32_t remote_port);
void hypervisor_unbind(int local_port);
void hypervisor_notify(int local_port);

/* The ring page of a domain, by its well-known grant or, failing that, by frame number. */
int hypervisor_map_ring(uint16_t domid, uint64_t frame, void **page);
void hypervisor_unmap_ring(uint16_t domid, void *page);

/* The page and port that Domain0's own kernel keeps for us. */
int hypervisor_map_own_ring(void **page, uint32_t *port);

enum domain_state {
    DOMAIN_GONE,            /* no such domain */
    DOMAIN_DYING,
    DOMAIN_SHUT_DOWN,       /* stopped by itself: off, rebooting, suspended, crashed */
    DOMAIN_ALIVE,
};
enum domain_state hypervisor_domain_state(uint16_t domid);

#endif
