/* SPDX-License-Identifier: MIT */
/* Destroys domains and removes devices. */
#include "domain/teardown.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define BACKEND "/local/domain/0/backend/%s/%u/%s"

static const char *const kinds[] = { "vbd", "vif" };

unsigned int device_each(struct xs *xs, unsigned int domid,
                         void (*visit)(struct xs *xs, unsigned int domid, const char *kind,
                                       const char *devid, void *arg),
                         void *arg)
{
    unsigned int total = 0;

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        unsigned int count;
        char **names;

        if (xs_directoryf(xs, XS_NO_TX, &names, &count, "/local/domain/0/backend/%s/%u", kinds[k],
                          domid))
            continue;
        for (unsigned int i = 0; i < count; i++)
            visit(xs, domid, kinds[k], names[i], arg);
        total += count;
        free(names);
    }
    return total;
}

/* ---- devices ---- */

struct device {
    unsigned int domid;
    const char *kind, *devid;
    bool take_frontend;         /* when closing it */
};

/*
 * A driver takes up no device that is not new, and one that it could not take up the kernel leaves
 * Closing: nobody would close those.
 */
static bool nobody_closes(const struct device *device, uint64_t state)
{
    char driver[96];

    snprintf(driver, sizeof(driver), "/sys/bus/xen-backend/devices/%s-%u-%s/driver", device->kind,
             device->domid, device->devid);
    return (state == DEVICE_INITIALISING || state == DEVICE_CLOSING) && access(driver, F_OK);
}

/*
 * Gone, about to go, or Closed. A guest that finds a backend Closed when it looks at its frontend
 * for the first time would wait for ever, and look at no other device.
 */
static bool frontend_ended(struct xs *xs, xs_tx tx, const struct device *device)
{
    uint64_t state;

    return device->take_frontend ||
           xs_readf_u64(xs, tx, &state, "/local/domain/%u/device/%s/%s/state", device->domid,
                        device->kind, device->devid) || state == DEVICE_CLOSED;
}

/* In a transaction: writing into a backend that was just removed would bring half of it back. */
static int write_closing(struct xs *xs, xs_tx tx, void *arg)
{
    const struct device *device = arg;
    uint64_t state, online, next;
    int err;

    err = xs_readf_u64(xs, tx, &state, BACKEND "/state", device->kind, device->domid,
                       device->devid);
    if (err)
        return err;
    next = state == DEVICE_CLOSED ||
           (frontend_ended(xs, tx, device) && nobody_closes(device, state)) ? DEVICE_CLOSED
                                                                              : DEVICE_CLOSING;
    /* Who asks again and again waits for a change: what is so already is not written. */
    if (xs_readf_u64(xs, tx, &online, BACKEND "/online", device->kind, device->domid,
                     device->devid) || online)
        err = xs_writef(xs, tx, "0", BACKEND "/online", device->kind, device->domid,
                        device->devid);
    if (!err && state != next)
        err = xs_writef(xs, tx, next == DEVICE_CLOSED ? "6" : "5", BACKEND "/state", device->kind,
                        device->domid, device->devid);
    if (!err && device->take_frontend) {
        err = xs_rmf(xs, tx, "/local/domain/%u/device/%s/%s", device->domid, device->kind,
                     device->devid);
        if (err == -ENOENT)
            err = 0;
    }
    return err;
}

int device_close(struct xs *xs, unsigned int domid, const char *kind, const char *devid)
{
    struct device device = { domid, kind, devid, true };

    return xs_transaction(xs, write_closing, &device);
}

int device_ask_to_close(struct xs *xs, unsigned int domid, const char *kind, const char *devid)
{
    struct device device = { domid, kind, devid, false };

    return xs_transaction(xs, write_closing, &device);
}

/* Remove a directory that has no entries left. */
static void remove_if_empty(struct xs *xs, xs_tx tx, const char *path)
{
    unsigned int count;
    char **names;

    if (xs_directory(xs, tx, path, &names, &count))
        return;
    free(names);
    if (!count)
        xs_rmf(xs, tx, "%s", path);
}

static int remove_nodes(struct xs *xs, xs_tx tx, void *arg)
{
    const struct device *device = arg;
    char siblings[64];
    int err;

    snprintf(siblings, sizeof(siblings), "/local/domain/0/backend/%s/%u", device->kind,
             device->domid);
    err = xs_rmf(xs, tx, BACKEND, device->kind, device->domid, device->devid);
    if (!err || err == -ENOENT)
        err = xs_rmf(xs, tx, "/local/domain/%u/device/%s/%s", device->domid, device->kind,
                     device->devid);
    if (!err || err == -ENOENT)
        err = xs_rmf(xs, tx, "/libxl/%u/device/%s/%s", device->domid, device->kind,
                     device->devid);
    remove_if_empty(xs, tx, siblings);
    return err == -ENOENT ? 0 : err;
}

int device_remove(struct xs *xs, unsigned int domid, const char *kind, const char *devid)
{
    struct device device = { domid, kind, devid, false };

    return xs_transaction(xs, remove_nodes, &device);
}

/* Is that domain known to the store, or to xend? */
static bool has_nodes(struct xs *xs, const char *domid)
{
    unsigned int count;
    char **names;

    if (xs_directoryf(xs, XS_NO_TX, &names, &count, "/local/domain/%s", domid) &&
        xs_directoryf(xs, XS_NO_TX, &names, &count, RECORDS "/%s", domid))
        return false;
    free(names);
    return true;
}

void device_errors_sweep(struct xs *xs)
{
    unsigned int any;
    char **names;

    if (xs_directory(xs, XS_NO_TX, DEVICE_ERRORS, &names, &any))
        return;                 /* as nearly always */
    free(names);
    for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        unsigned int count;
        char **domids, path[64];

        snprintf(path, sizeof(path), DEVICE_ERRORS "/backend/%s", kinds[k]);
        if (xs_directory(xs, XS_NO_TX, path, &domids, &count))
            continue;
        for (unsigned int i = 0; i < count; i++)
            if (!has_nodes(xs, domids[i]))
                xs_rmf(xs, XS_NO_TX, "%s/%s", path, domids[i]);
        free(domids);
        remove_if_empty(xs, XS_NO_TX, path);
    }
    remove_if_empty(xs, XS_NO_TX, DEVICE_ERRORS "/backend");
    remove_if_empty(xs, XS_NO_TX, DEVICE_ERRORS);
}

/* ---- domains ---- */

static void close_one(struct xs *xs, unsigned int domid, const char *kind, const char *devid,
                      void *arg)
{
    (void)arg;
    device_close(xs, domid, kind, devid);
}

int domain_stop(struct xen *xen, struct xs *xs, unsigned int domid)
{
    int err;

    xen_domain_pause(xen, (domid_t)domid);
    device_each(xs, domid, close_one, NULL);
    err = xen_domain_destroy(xen, (domid_t)domid);
    return err == -ESRCH ? 0 : err;
}

int domain_teardown(struct xen *xen, struct xs *xs, unsigned int domid)
{
    int err = 0;

    if (xen)
        err = domain_stop(xen, xs, domid);
    else
        device_each(xs, domid, close_one, NULL);
    if (err)
        return err;             /* nodes stay: the domain does too */
    domain_nodes_remove(xs, domid);
    xs_release(xs, domid);      /* -ENOENT where the store noticed by itself */
    return 0;
}

struct finishing {
    bool force;
    unsigned int at_work;
};

static void finish_one(struct xs *xs, unsigned int domid, const char *kind, const char *devid,
                       void *arg)
{
    struct finishing *finishing = arg;
    uint64_t state;

    if (finishing->force ||
        xs_readf_u64(xs, XS_NO_TX, &state, BACKEND "/state", kind, domid, devid) ||
        state == DEVICE_CLOSED)
        device_remove(xs, domid, kind, devid);
    else
        finishing->at_work++;
}

unsigned int domain_finish(struct xs *xs, unsigned int domid, bool force)
{
    struct finishing finishing = { force, 0 };

    device_each(xs, domid, finish_one, &finishing);
    return finishing.at_work;
}

int domain_forget(struct xs *xs, unsigned int domid)
{
    int err = xs_rmf(xs, XS_NO_TX, RECORDS "/%u", domid);

    return err == -ENOENT ? 0 : err;
}
