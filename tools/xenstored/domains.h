/* SPDX-License-Identifier: MIT */
/* The domains the store has to do with: coming, going, their rings. */
#ifndef XENSTORED_DOMAINS_H
#define XENSTORED_DOMAINS_H

#include <stdbool.h>
#include <stdint.h>

struct connection;

/*
 * A domain is known from when a permission first names it, introduced once it has a ring. When the
 * hypervisor says it is dying, or a tool releases it, everything it owns is removed and every
 * right given to it is withdrawn: whoever gets the same number later inherits nothing.
 */
struct domain {
    struct domain *next;
    uint16_t domid;
    uint16_t target;            /* domain whose rights it also has, or NO_TARGET */
    bool introduced;
    bool shut_down;             /* @releaseDomain has been fired for that */
    uint64_t frame;
    uint32_t remote_port;
    int local_port;
    void *page;
    struct connection *conn;
};

extern struct domain *domains;

/* The introduced domain, or NULL. */
struct domain *domain_introduced(uint16_t domid);

/* Does it exist, as far as the hypervisor knows? From now on its end will be noticed. */
bool domain_exists(uint16_t domid);

/* It existed when the journal was written: if it is gone, domains_check() will notice that. */
void domain_remember(uint16_t domid);

/*
 * Connect to a domain's ring. For one that is introduced already: its ring starts anew and the
 * event channel is bound again. -ESRCH: no such domain; else why mapping or binding failed.
 */
int domain_introduce(uint16_t domid, uint64_t frame, uint32_t remote_port);

/* Domain0's own kernel. */
int domain_introduce_own(void);

/* -ENOENT: not introduced. -EINVAL: Domain0. */
int domain_release(uint16_t domid);

/* Forget that it had shut down. -ENOENT: not introduced. */
int domain_resume(uint16_t domid);

/* -ENOENT: one of them is not introduced. */
int domain_set_target(uint16_t domid, uint16_t target);

/* Ask the hypervisor about all known domains; clean up after those that died. */
void domains_check(void);

/* The domain of this local port may have something for us. Port -1: any of them. */
void domains_wake(int local_port);

/* Connect again to a domain that was introduced before a restart. */
int domain_reconnect(uint16_t domid, uint64_t frame, uint32_t remote_port, uint16_t target,
                     struct domain **domain);

/* Let go of everything, without touching the tree; only for tests and at exit. */
void domains_clear(void);

#endif
