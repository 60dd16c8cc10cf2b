/* SPDX-License-Identifier: MIT */
/* The domains the store has to do with: coming, going, their rings. */
#include "domains.h"

#include <errno.h>

#include "daemon/log.h"
#include "connections.h"
#include "hypervisor.h"
#include "journal.h"
#include "store.h"
#include "transactions.h"
#include "watches.h"
#include "xalloc.h"

struct domain *domains;

static struct domain *find(uint16_t domid)
{
    struct domain *d = domains;

    while (d && d->domid != domid)
        d = d->next;
    return d;
}

static struct domain *find_or_add(uint16_t domid)
{
    struct domain *d = find(domid);

    if (d)
        return d;
    d = xzalloc(sizeof(*d));
    d->domid = domid;
    d->target = NO_TARGET;
    d->local_port = -1;
    d->next = domains;
    domains = d;
    return d;
}

void domain_remember(uint16_t domid)
{
    find_or_add(domid);
}

struct domain *domain_introduced(uint16_t domid)
{
    struct domain *d = find(domid);

    return d && d->introduced ? d : NULL;
}

bool domain_exists(uint16_t domid)
{
    enum domain_state state;

    if (domid == 0 || find(domid))
        return true;
    state = hypervisor_domain_state(domid);
    if (state == DOMAIN_GONE || state == DOMAIN_DYING)
        return false;
    find_or_add(domid);
    journal_known(domid);
    return true;
}

/* ---- connecting ---- */

static int map_page(struct domain *d, uint64_t frame, uint32_t *remote_port)
{
    if (d->domid == 0)
        return hypervisor_map_own_ring(&d->page, remote_port);
    return hypervisor_map_ring(d->domid, frame, &d->page);
}

static void unmap_page(struct domain *d)
{
    if (d->page)
        hypervisor_unmap_ring(d->domid, d->page);
    d->page = NULL;
}

static int connect_ring(struct domain *d, uint64_t frame, uint32_t remote_port)
{
    int err = map_page(d, frame, &remote_port);

    if (err) {
        d->page = NULL;
        return err;
    }
    err = hypervisor_bind(d->domid, remote_port);
    if (err < 0) {
        unmap_page(d);
        return err;
    }
    d->local_port = err;
    d->frame = frame;
    d->remote_port = remote_port;
    d->introduced = true;
    d->conn = connection_new_ring(d, d->domid, d->page);
    return 0;
}

static int rebind(struct domain *d, uint32_t remote_port)
{
    int port;

    hypervisor_unbind(d->local_port);
    d->local_port = -1;
    port = hypervisor_bind(d->domid, remote_port);
    if (port < 0)
        return port;
    d->local_port = port;
    d->remote_port = remote_port;
    connection_reset(d->conn);
    ring_restart(&d->conn->ring);
    d->conn->journaled_cons = 0;
    return 0;
}

int domain_introduce(uint16_t domid, uint64_t frame, uint32_t remote_port)
{
    struct domain *d = domain_introduced(domid);
    int err;

    if (domid == 0)
        return -EINVAL;
    if (d) {
        err = rebind(d, remote_port);
    } else {
        if (!domain_exists(domid))
            return -ESRCH;
        d = find_or_add(domid);
        err = connect_ring(d, frame, remote_port);
        if (err == 0)
            watches_fire_special("@introduceDomain");
    }
    if (err) {
        log_line("domain %u: cannot connect to its ring (frame %#llx, port %u): %s", domid,
                 (unsigned long long)frame, remote_port, strerror(-err));
        return err;
    }
    journal_domain(d);
    hypervisor_notify(d->local_port);
    return 0;
}

int domain_introduce_own(void)
{
    struct domain *d = find_or_add(0);
    int err = connect_ring(d, 0, 0);

    if (err)
        return err;
    journal_domain(d);
    hypervisor_notify(d->local_port);
    return 0;
}

int domain_reconnect(uint16_t domid, uint64_t frame, uint32_t remote_port, uint16_t target,
                     struct domain **domain)
{
    int err;

    *domain = find_or_add(domid);
    (*domain)->target = target;
    err = connect_ring(*domain, frame, remote_port);
    if (err)
        log_line("domain %u: cannot connect again to its ring: %s", domid, strerror(-err));
    return err;
}

/* ---- going ---- */

static void disconnect(struct domain *d)
{
    if (d->conn)
        connection_close(d->conn);
    if (d->local_port >= 0)
        hypervisor_unbind(d->local_port);
    unmap_page(d);
}

static void domain_remove(struct domain *d)
{
    struct op purge = { .kind = OP_PURGE, .domid = d->domid };
    struct domain **link = &domains;

    while (*link != d)
        link = &(*link)->next;
    *link = d->next;
    disconnect(d);
    for (struct domain *other = domains; other; other = other->next) {
        if (other->target == d->domid)
            other->target = NO_TARGET;
    }
    journal_forget(d->domid);
    free(d);
    transactions_doom_naming(purge.domid);
    store_change(&purge);
    watches_fire_special("@releaseDomain");
}

int domain_release(uint16_t domid)
{
    struct domain *d = domain_introduced(domid);

    if (domid == 0)
        return -EINVAL;
    if (!d)
        return -ENOENT;
    domain_remove(d);
    return 0;
}

int domain_resume(uint16_t domid)
{
    struct domain *d = domain_introduced(domid);

    if (!d)
        return -ENOENT;
    d->shut_down = false;
    return 0;
}

int domain_set_target(uint16_t domid, uint16_t target)
{
    struct domain *d = domain_introduced(domid);

    if (!d || !domain_introduced(target))
        return -ENOENT;
    d->target = target;
    journal_target(domid, target);
    return 0;
}

void domains_check(void)
{
    struct domain *next;

    for (struct domain *d = domains; d; d = next) {
        enum domain_state state;

        next = d->next;
        if (d->domid == 0)
            continue;
        state = hypervisor_domain_state(d->domid);
        if (state == DOMAIN_GONE || state == DOMAIN_DYING) {
            domain_remove(d);
        } else if (state == DOMAIN_SHUT_DOWN && !d->shut_down) {
            d->shut_down = true;
            watches_fire_special("@releaseDomain");
        }
    }
}

void domains_wake(int local_port)
{
    for (struct domain *d = domains; d; d = d->next) {
        if (d->conn && (local_port == -1 || d->local_port == local_port))
            d->conn->ready = true;
    }
}

void domains_clear(void)
{
    while (domains) {
        struct domain *d = domains;

        domains = d->next;
        disconnect(d);
        free(d);
    }
}
