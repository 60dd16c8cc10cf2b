/* SPDX-License-Identifier: MIT */
/* A store without a hypervisor: pretended domains, and the guest's side of their rings. */
#ifndef TEST_XENSTORED_WORLD_H
#define TEST_XENSTORED_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/connections.h"
#include "xenstored/domains.h"
#include "xenstored/hypervisor.h"
#include "xenstored/journal.h"
#include "xenstored/quota.h"
#include "xenstored/store.h"
#include "xenstored/tree.h"
#include "xenstored/xalloc.h"

#define WORLD_DOMAINS 16

/* What the pretended hypervisor says of each; shared with child processes. */
extern enum domain_state *world_state;
extern struct xenstore_domain_interface **world_page;

/* An empty store with Domain0's ring; guests 1 to WORLD_DOMAINS - 1 do not exist yet. */
int world_begin(void **state);

/* Drop everything; fails the test unless every account has come back to zero. */
int world_end(void **state);

/* A new guest with a ring, introduced. */
void world_guest(uint16_t domid);

/* The guest dies and the store is told so. */
void world_kill(uint16_t domid);

/* Let the store work until it has nothing to do. */
void world_settle(void);

/* Called when the store notifies a guest; NULL: nothing. */
extern void (*world_notified)(void);

/* ---- the guest's side ---- */

struct answer {
    struct xsd_sockmsg hdr;
    char payload[XENSTORE_PAYLOAD_MAX + 1];
};

/* What the store does while a guest waits: world_settle(), or nothing if it is another process. */
extern void (*world_wait)(void);

/* Put raw bytes into the request ring, all of them. */
void guest_put(uint16_t domid, const void *bytes, size_t len);

/* The next message from the response ring. False: none. */
bool guest_get(uint16_t domid, struct answer *a);

/* A request and the reply to it; events on the way are kept for guest_event(). */
struct answer *guest_call(uint16_t domid, uint32_t type, uint32_t tx, const void *payload,
                          size_t len);

/* The oldest kept event as "path token", or NULL. */
const char *guest_event(uint16_t domid);

/* Requests in words. Each returns 0 or the errno that the store named. */
int guest_write(uint16_t domid, uint32_t tx, const char *path, const char *value);
int guest_rm(uint16_t domid, uint32_t tx, const char *path);
int guest_mkdir(uint16_t domid, uint32_t tx, const char *path);
int guest_perms(uint16_t domid, uint32_t tx, const char *path, const char *perms);  /* "n0 r1" */
int guest_watch(uint16_t domid, const char *path, const char *token);
int guest_unwatch(uint16_t domid, const char *path, const char *token);
int guest_end(uint16_t domid, uint32_t tx, bool commit);
int guest_simple(uint16_t domid, uint32_t type, uint32_t tx, const char *argument);
uint32_t guest_begin(uint16_t domid);

/* The value, or NULL and *err; the text is valid until the next call. */
const char *guest_read(uint16_t domid, uint32_t tx, const char *path, int *err);

/* Names joined by spaces, or NULL and *err. */
const char *guest_list(uint16_t domid, uint32_t tx, const char *path, int *err);

/* The groups of tests, one in each file of that name. Returns the number of failures. */
int xenstored_requests(void);
int xenstored_watches(void);
int xenstored_transactions(void);
int xenstored_ring(void);
int xenstored_journal(void);
int xenstored_model(void);

/* Small reproducible random numbers below `n`. */
extern uint64_t world_seed;
unsigned any(unsigned n);

#endif
