/* SPDX-License-Identifier: MIT */
/* Learning from the store which guests have a console, and telling it where their terminals are. */
#include "discover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "libxen/xs.h"
#include "consoles.h"
#include "loop.h"

#define MAX_DOMID 0x7ff0
#define RETRY_MS 500
#define DOMAINS_TOKEN "domains"

static struct xs *xs;
static struct loop_source store = { .fd = -1 };

/* Guests whose nodes are watched; a bit for each domid would do, a byte is simpler. */
static bool watched[MAX_DOMID];

static void store_ready(void *owner)
{
    (void)owner; /* discover_work() comes at the end of this turn */
}

static void disconnect(void)
{
    if (!xs)
        return;
    log_line("the store is away; looking for it");
    loop_remove(&store);
    xs_close(xs);
    xs = NULL;
    memset(watched, 0, sizeof(watched));
}

/* Any error but these is an answer about one node; these mean there is nobody to ask. */
static bool lost(int err)
{
    return err == -EPIPE || err == -ECONNRESET || err == -EIO;
}

/*
 * The name is written by tools, not by the guest; until they have, the number must do, and when it
 * is gone, what it was. NULL: the store is away.
 */
static char *guest_name(uint16_t domid, const struct console *known)
{
    char *name = NULL;
    int err = xs_readf(xs, XS_NO_TX, &name, "/local/domain/%u/name", domid);

    if (!err && *name)
        return name;
    free(name);
    if (err && err != -ENOENT)
        return NULL;
    if (known)
        return strdup(known->name);
    return asprintf(&name, "domain-%u", domid) < 0 ? NULL : name;
}

/* Another program (QEMU) serves consoles that say so. */
static bool is_ours(uint16_t domid)
{
    char *type = NULL;
    bool ours;

    if (xs_readf(xs, XS_NO_TX, &type, "/local/domain/%u/console/type", domid))
        return true;
    ours = strcmp(type, "xenconsoled") == 0;
    free(type);
    return ours;
}

static void tell_tty(const struct console *c)
{
    int err = xs_writef(xs, XS_NO_TX, console_tty(c), "/local/domain/%u/console/tty", c->domid);

    if (err)
        log_line("guest %s: cannot tell the store its terminal: %s", c->name, strerror(-err));
}

/* Read what the store says of the guest's console; open it, or take note of a change. */
static void look_at(uint16_t domid)
{
    struct console *before = console_by_domid(domid);
    struct console_place place = { .domid = domid };
    uint64_t port;
    char *name;
    int err;

    if (xs_readf_u64(xs, XS_NO_TX, &port, "/local/domain/%u/console/port", domid) ||
        !is_ours(domid))
        return;
    xs_readf_u64(xs, XS_NO_TX, &place.limit, "/local/domain/%u/console/limit", domid);
    name = guest_name(domid, before);
    if (!name)
        return;
    place.name = name;
    place.port = port;
    err = console_open(&place);
    if (err)
        log_line("guest %s (domain %u): cannot open its console: %s", name, domid, strerror(-err));
    else if (!before)
        tell_tty(console_by_domid(domid));
    free(name);
}

/* Nothing that the guest may write to, or below: it would keep us busy for ever. */
static const char *const nodes[] = { "console/port", "name" };

static void each_watch(uint16_t domid, int (*call)(struct xs *xs, const char *path,
                                                   const char *token))
{
    char path[64], token[16];

    snprintf(token, sizeof(token), "%u", domid);
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, nodes[i]);
        call(xs, path, token);
    }
}

static void watch_guest(uint16_t domid)
{
    if (watched[domid])
        return;
    watched[domid] = true;
    each_watch(domid, xs_watch); /* its first event makes us look */
}

static void unwatch_guest(uint16_t domid)
{
    each_watch(domid, xs_unwatch);
    watched[domid] = false;
}

/* The guests that the store serves: introduced to it, and not dead. */
static int list_guests(bool present[MAX_DOMID])
{
    unsigned int count;
    char **names;
    int err = xs_directory(xs, XS_NO_TX, "/local/domain", &names, &count);

    if (err)
        return err;
    for (unsigned int i = 0; i < count && !err; i++) {
        unsigned long domid = strtoul(names[i], NULL, 10);

        if (domid && domid < MAX_DOMID)
            err = xs_is_introduced(xs, domid, &present[domid]);
    }
    free(names);
    return err;
}

/* Somebody came or went. */
static void compare_domains(void)
{
    static bool present[MAX_DOMID];

    memset(present, 0, sizeof(present));
    if (list_guests(present))
        return;
    for (struct console *c = consoles; c; c = c->next) {
        if (c->live && !present[c->domid])
            console_end(c);
    }
    for (unsigned d = 0; d < MAX_DOMID; d++) {
        if (present[d])
            watch_guest(d);
        else if (watched[d])
            unwatch_guest(d);
    }
}

int discover_connect(void)
{
    int err = xs_open(&xs);

    if (err) {
        xs = NULL;
        return err;
    }
    store = (struct loop_source){ .fd = xs_fd(xs), .ready = store_ready };
    loop_want(&store, LOOP_IN);
    err = xs_watch(xs, "@introduceDomain", DOMAINS_TOKEN);
    if (!err)
        err = xs_watch(xs, "@releaseDomain", DOMAINS_TOKEN);
    if (err) {
        disconnect();
        return err;
    }
    compare_domains();
    for (struct console *c = consoles; c; c = c->next) {
        if (c->live)
            tell_tty(c); /* a store that lost its memory has to be told again */
    }
    return 0;
}

static void handle(const struct xs_event *event)
{
    unsigned long domid;
    char *end;

    if (strcmp(event->token, DOMAINS_TOKEN) == 0) {
        compare_domains();
        return;
    }
    domid = strtoul(event->token, &end, 10);
    if (*end == '\0' && domid < MAX_DOMID && watched[domid])
        look_at(domid);
}

int discover_work(void)
{
    static uint64_t retry_at;
    struct xs_event *event;
    int err = 0;

    if (!xs) {
        if (clock_ms() < retry_at)
            return retry_at - clock_ms();
        retry_at = clock_ms() + RETRY_MS;
        if (discover_connect())
            return RETRY_MS;
        log_line("connected to the store");
    }
    while (xs && (err = xs_next_event(xs, &event)) == 0) {
        handle(event);
        free(event);
    }
    if (lost(err)) {
        disconnect();
        return RETRY_MS;
    }
    return -1;
}
