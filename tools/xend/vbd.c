/* SPDX-License-Identifier: MIT */
/* Connects disks: from the file or device that the store names to the numbers the driver wants. */
#include "xend/xend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "config/xalloc.h"

#define BACKEND "/local/domain/0/backend/vbd/%u/%s"

/*
 * Loop devices that the driver has not opened yet. They free themselves when nobody has them open:
 * that is how none is ever left behind, and why xend holds each until the driver does.
 */
struct held {
    struct held *next;
    unsigned int domid;
    char devid[16];
    int fd;
};

static struct held *holding;

static void hold(unsigned int domid, const char *devid, int fd)
{
    struct held *held = xcalloc(1, sizeof(*held));

    vbd_let_go(domid, devid);
    held->domid = domid;
    snprintf(held->devid, sizeof(held->devid), "%s", devid);
    held->fd = fd;
    held->next = holding;
    holding = held;
}

void vbd_let_go(unsigned int domid, const char *devid)
{
    for (struct held **at = &holding; *at; at = &(*at)->next) {
        struct held *held = *at;

        if (held->domid != domid || strcmp(held->devid, devid))
            continue;
        *at = held->next;
        close(held->fd);
        free(held);
        return;
    }
}

struct connection {
    unsigned int domid;
    const char *devid;
    const char *path;
    dev_t device;
};

/* The driver starts when it sees the number; xm goes on when it sees the status. */
static int write_connection(struct xs *xs, xs_tx tx, void *arg)
{
    const struct connection *c = arg;
    char number[32], *state;
    int err = xs_readf(xs, tx, &state, BACKEND "/state", c->domid, c->devid);

    if (err)
        return err;             /* removed meanwhile */
    free(state);
    snprintf(number, sizeof(number), "%x:%x", major(c->device), minor(c->device));
    err = xs_writef(xs, tx, c->path, BACKEND "/node", c->domid, c->devid);
    if (!err)
        err = xs_writef(xs, tx, number, BACKEND "/physical-device", c->domid, c->devid);
    if (!err)
        err = xs_writef(xs, tx, c->path, BACKEND "/physical-device-path", c->domid, c->devid);
    if (!err)
        err = xs_writef(xs, tx, "connected", BACKEND "/hotplug-status", c->domid, c->devid);
    return err;
}

/* A flag's node says 1. */
static bool is_set(struct xend *xend, unsigned int domid, const char *devid, const char *name)
{
    uint64_t value;

    return !xs_readf_u64(xend->xs, XS_NO_TX, &value, BACKEND "/%s", domid, devid, name) && value;
}

/* The block device for `target`: itself, or a loop device, then held. 0 or -errno. */
static int make_block_device(struct xend *xend, struct connection *c, const char *target,
                             bool readonly, char loop[32])
{
    struct stat st;
    int fd;

    if (stat(target, &st))
        return -errno;
    if (S_ISBLK(st.st_mode)) {
        c->path = target;
        c->device = st.st_rdev;
        return 0;
    }
    fd = loop_attach(target, readonly, is_set(xend, c->domid, c->devid, "direct-io-safe"), loop);
    if (fd < 0)
        return fd;
    hold(c->domid, c->devid, fd);
    if (fstat(fd, &st))
        return -errno;
    c->path = loop;
    c->device = st.st_rdev;
    return 0;
}

void vbd_connect(struct xend *xend, unsigned int domid, const char *devid)
{
    struct connection c = { .domid = domid, .devid = devid };
    char *target, *mode, loop[32];
    bool readonly;
    int err;

    if (xs_readf(xend->xs, XS_NO_TX, &target, BACKEND "/params", domid, devid))
        return;                 /* being written, or removed */
    readonly = xs_readf(xend->xs, XS_NO_TX, &mode, BACKEND "/mode", domid, devid) ||
               !strchr(mode, 'w');
    free(mode);
    err = make_block_device(xend, &c, target, readonly, loop);
    if (!err)
        err = xs_transaction(xend->xs, write_connection, &c);
    if (err) {
        vbd_let_go(domid, devid);
        hotplug_failed(xend, "vbd", domid, devid, "%s: %s", target, strerror(-err));
    } else {
        note("domain %u: disk %s is %s (%s)", domid, devid, target, c.path);
    }
    free(target);
}

void vbd_adopt(struct xend *xend, unsigned int domid, const char *devid)
{
    char *path = NULL, *file = NULL;
    int fd;

    if (!xs_readf(xend->xs, XS_NO_TX, &path, BACKEND "/physical-device-path", domid, devid) &&
        !xs_readf(xend->xs, XS_NO_TX, &file, BACKEND "/params", domid, devid) &&
        !strncmp(path, "/dev/loop", 9) && strcmp(path, file)) {
        fd = loop_hold(path, file);
        if (fd >= 0)
            hold(domid, devid, fd);
        else if (fd == -ENXIO)
            vbd_connect(xend, domid, devid);    /* freed while xend was away */
    }
    free(path);
    free(file);
}
