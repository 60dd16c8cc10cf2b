/* SPDX-License-Identifier: MIT */
/* Devices as the store shows them: which are to be connected, which have ended. */
#include "xend/xend.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/xalloc.h"
#include "domain/teardown.h"

#define BACKEND "/local/domain/0/backend/%s/%u/%s"

static const char *const kinds[] = { "vbd", "vif" };

/* ---- scripts, where a device names one ---- */

/* Longer than any should take; as long as xm waits for a device, and xl for a script. */
#define SCRIPT_SECONDS 40

struct script {
    struct script *next;
    char kind[8], devid[16];
    unsigned int domid;
    bool removing;
};

static struct script *running;

static struct script *find_script(const char *kind, unsigned int domid, const char *devid)
{
    struct script *s = running;

    while (s && (s->domid != domid || strcmp(s->kind, kind) || strcmp(s->devid, devid)))
        s = s->next;
    return s;
}

static void look(struct xend *xend, const char *kind, unsigned int domid, const char *devid,
                 bool first);

static void script_outcome(struct xend *xend, const struct script *s, int status)
{
    if (!status)                /* xl's scripts say so themselves */
        hotplug_connected(xend, s->kind, s->domid, s->devid);
    else if (status > 0)
        hotplug_failed(xend, s->kind, s->domid, s->devid, "its script failed with status %d",
                       status);
    else
        hotplug_failed(xend, s->kind, s->domid, s->devid,
                       "its script was killed, or took more than %d seconds", SCRIPT_SECONDS);
}

static void script_done(struct xend *xend, int status, void *arg)
{
    struct script *s = arg;

    for (struct script **at = &running; *at; at = &(*at)->next)
        if (*at == s) {
            *at = s->next;
            break;
        }
    if (s->removing) {
        device_remove(xend->xs, s->domid, s->kind, s->devid);
        lifecycle_scan(xend);
    } else {
        script_outcome(xend, s, status);
        look(xend, s->kind, s->domid, s->devid, false);     /* it may have been closed meanwhile */
    }
    free(s);
}

/* The environment and words of xl's scripts: those that exist are written for them. */
static void start_script(struct xend *xend, const char *program, const char *kind,
                         unsigned int domid, const char *devid, bool removing)
{
    struct script *s = xcalloc(1, sizeof(*s));
    bool vif = !strcmp(kind, "vif");
    char *env[8] = {
        xasprintf("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
        xasprintf("script=%s", program),
        xasprintf("XENBUS_TYPE=%s", kind),
        xasprintf("XENBUS_PATH=backend/%s/%u/%s", kind, domid, devid),
        xasprintf("XENBUS_BASE_PATH=backend"),
        xasprintf("vif=vif%u.%s", domid, devid),
    };
    const char *verb = vif ? removing ? "offline" : "online" : removing ? "remove" : "add";
    char *path = *program == '/' ? xstrdup(program) : xasprintf("/etc/xen/scripts/%s", program);
    char *argv[] = { path, (char *)verb, vif ? "type_if=vif" : NULL, NULL };
    int err;

    snprintf(s->kind, sizeof(s->kind), "%s", kind);
    snprintf(s->devid, sizeof(s->devid), "%s", devid);
    s->domid = domid;
    s->removing = removing;
    s->next = running;
    running = s;
    note("domain %u: running %s %s for %s %s", domid, path, verb, kind, devid);
    err = child_start(argv, env, SCRIPT_SECONDS, script_done, s);
    if (err)
        script_done(xend, 127, s);
    for (int i = 0; env[i]; i++)
        free(env[i]);
    free(path);
}

/* The script that a device names, malloc()ed; NULL: none, it is connected here. */
static char *script_of(struct xend *xend, const char *kind, unsigned int domid, const char *devid)
{
    char *script;

    if (xs_readf(xend->xs, XS_NO_TX, &script, BACKEND "/script", kind, domid, devid))
        return NULL;
    if (*script)
        return script;
    free(script);               /* a card has the node all the same: its driver insists on one */
    return NULL;
}

/* ---- one device ---- */

struct outcome {
    const char *kind, *devid;
    unsigned int domid;
    const char *error;          /* NULL: it is connected */
};

/* In a transaction: writing into a backend that was just removed would bring half of it back. */
static int write_outcome(struct xs *xs, xs_tx tx, void *arg)
{
    const struct outcome *o = arg;
    char *text;
    int err = xs_readf(xs, tx, &text, BACKEND "/state", o->kind, o->domid, o->devid);

    if (err)
        return err;
    free(text);
    if (o->error) {
        err = xs_writef(xs, tx, o->error, BACKEND "/hotplug-error", o->kind, o->domid, o->devid);
    } else if (!xs_readf(xs, tx, &text, BACKEND "/hotplug-status", o->kind, o->domid, o->devid)) {
        free(text);
        err = -EEXIST;
    }
    return err ? err : xs_writef(xs, tx, o->error ? "error" : "connected",
                                 BACKEND "/hotplug-status", o->kind, o->domid, o->devid);
}

int hotplug_connected(struct xend *xend, const char *kind, unsigned int domid, const char *devid)
{
    struct outcome outcome = { kind, devid, domid, NULL };

    return xs_transaction(xend->xs, write_outcome, &outcome);
}

void hotplug_failed(struct xend *xend, const char *kind, unsigned int domid, const char *devid,
                    const char *format, ...)
{
    struct outcome outcome = { kind, devid, domid, NULL };
    va_list args;
    char *text;

    va_start(args, format);
    outcome.error = text = xvasprintf(format, args);
    va_end(args);
    note("domain %u: %s %s: %s", domid, kind, devid, text);
    xs_transaction(xend->xs, write_outcome, &outcome);
    free(text);
}

static void connect_device(struct xend *xend, const char *kind, unsigned int domid,
                           const char *devid, uint64_t state)
{
    char *script;

    if (find_script(kind, domid, devid))
        return;
    /* The driver makes a card's interface before it says that it waits. */
    if (!strcmp(kind, "vif") && state < DEVICE_INIT_WAIT)
        return;
    script = script_of(xend, kind, domid, devid);
    if (script) {
        start_script(xend, script, kind, domid, devid, false);
        free(script);
    } else if (!strcmp(kind, "vbd")) {
        vbd_connect(xend, domid, devid);
    } else {
        vif_connect(xend, domid, devid);
    }
}

static void remove_device(struct xend *xend, const char *kind, unsigned int domid,
                          const char *devid)
{
    char *script;

    if (find_script(kind, domid, devid))
        return;
    vbd_let_go(domid, devid);
    script = script_of(xend, kind, domid, devid);
    if (script) {
        start_script(xend, script, kind, domid, devid, true);
        free(script);
        return;
    }
    if (!device_remove(xend->xs, domid, kind, devid))
        note("domain %u: %s %s is gone", domid, kind, devid);
}

static void look(struct xend *xend, const char *kind, unsigned int domid, const char *devid,
                 bool first)
{
    uint64_t state, online;
    char *status = NULL;

    if (xs_readf_u64(xend->xs, XS_NO_TX, &state, BACKEND "/state", kind, domid, devid)) {
        vbd_let_go(domid, devid);
        return;
    }
    if (!domain_has_record(xend->xs, domid))
        return;                 /* it is not ours */
    if (xs_readf_u64(xend->xs, XS_NO_TX, &online, BACKEND "/online", kind, domid, devid))
        online = 0;
    if (!online) {
        if (state == DEVICE_CLOSED) {
            remove_device(xend, kind, domid, devid);
            lifecycle_scan(xend);
        }
        return;
    }
    if (xs_readf(xend->xs, XS_NO_TX, &status, BACKEND "/hotplug-status", kind, domid, devid))
        connect_device(xend, kind, domid, devid, state);
    else if (!strcmp(kind, "vbd") && state >= DEVICE_CONNECTED)
        vbd_let_go(domid, devid);
    else if (first && !strcmp(kind, "vbd"))
        vbd_adopt(xend, domid, devid);
    free(status);
}

/* ---- all devices ---- */

struct finishing {
    struct xend *xend;
    bool force;
};

static void finish_one(struct xs *xs, unsigned int domid, const char *kind, const char *devid,
                       void *arg)
{
    const struct finishing *finishing = arg;
    uint64_t state;

    if (finishing->force || xs_readf_u64(xs, XS_NO_TX, &state, BACKEND "/state", kind, domid,
                                         devid) ||
        state == DEVICE_CLOSED)
        remove_device(finishing->xend, kind, domid, devid);
}

static void count_one(struct xs *xs, unsigned int domid, const char *kind, const char *devid,
                      void *arg)
{
    (void)xs;
    (void)domid;
    (void)kind;
    (void)devid;
    ++*(unsigned int *)arg;
}

unsigned int hotplug_finish(struct xend *xend, unsigned int domid, bool force)
{
    struct finishing finishing = { xend, force };
    unsigned int left = 0;

    if (device_each(xend->xs, domid, finish_one, &finishing))
        device_each(xend->xs, domid, count_one, &left);
    return left;
}

static void look_at_domain(struct xend *xend, const char *kind, unsigned int domid, bool first)
{
    unsigned int count;
    char **devices;

    if (xs_directoryf(xend->xs, XS_NO_TX, &devices, &count, "/local/domain/0/backend/%s/%u", kind,
                      domid))
        return;
    for (unsigned int i = 0; i < count; i++)
        look(xend, kind, domid, devices[i], first);
    /* Left by one who was killed between removing the last device and its directory. */
    if (first && !count)
        xs_rmf(xend->xs, XS_NO_TX, "/local/domain/0/backend/%s/%u", kind, domid);
    free(devices);
}

static void look_at_kind(struct xend *xend, const char *kind, bool first)
{
    unsigned int count;
    char **domains;

    if (xs_directoryf(xend->xs, XS_NO_TX, &domains, &count, "/local/domain/0/backend/%s", kind))
        return;
    for (unsigned int i = 0; i < count; i++)
        look_at_domain(xend, kind, (unsigned int)atoi(domains[i]), first);
    free(domains);
}

void hotplug_scan(struct xend *xend)
{
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        look_at_kind(xend, kinds[k], true);
}

void hotplug_link(struct xend *xend)
{
    look_at_kind(xend, "vif", false);
}

/*
 * An event names the node that changed: /local/domain/0/backend/KIND/DOMID/DEVID/NODE, or less when
 * it came or went as a whole. Nodes that the driver writes about itself are none of our business.
 */
void hotplug_event(struct xend *xend, const char *path)
{
    char kind[8] = "", devid[16] = "", node[64] = "";
    unsigned int domid;
    int parts = sscanf(path, "/local/domain/0/backend/%7[^/]/%u/%15[^/]/%63[^/]", kind, &domid,
                       devid, node);

    if (parts == 1)
        look_at_kind(xend, kind, true);
    else if (parts == 2)
        look_at_domain(xend, kind, domid, false);
    else if (parts == 3 || (parts == 4 && (!strcmp(node, "state") || !strcmp(node, "online"))))
        look(xend, kind, domid, devid, false);
}
