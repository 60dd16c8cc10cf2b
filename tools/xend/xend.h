/* SPDX-License-Identifier: MIT */
/* What xend's parts know of each other. */
#ifndef XEND_XEND_H
#define XEND_XEND_H

#include <stdbool.h>
#include <sys/types.h>

#include "libxen/domain.h"
#include "libxen/xs.h"

/*
 * xend is one process that sleeps in epoll_wait() and keeps nothing that it cannot read again: what
 * is to be done follows from the store and the hypervisor alone (domain/nodes.h says which nodes).
 * So it may be killed at any moment, and it starts itself over when the store goes away.
 */
struct xend {
    struct xen *xen;
    struct xs *xs;
    int epoll;
    bool stop;
    unsigned int at_work;       /* domains being cleared away: look again soon */
};

/* ---- main.c ---- */

/* Something to wait for. `ready` is called when the descriptor can be read, or ended. */
struct source {
    int fd;
    void (*ready)(struct xend *xend, struct source *source);
};

int source_add(struct xend *xend, struct source *source);
void source_remove(struct xend *xend, struct source *source);

/* One line into the log, with the time. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- store.c ---- */

/*
 * Wait for the store, enter Domain0's nodes, and watch what xend lives by; anew where the store
 * goes away meanwhile. 0 or -errno.
 */
int store_meet(struct xend *xend);

/* ---- domain0.c ---- */

/* What other tools expect in the store of Domain0; leaves alone what is there. */
int domain0_nodes(struct xs *xs);

/* ---- hotplug.c ---- */

/* Look at every device of ours, or at what an event of the watch on backends is about. */
void hotplug_scan(struct xend *xend);
void hotplug_event(struct xend *xend, const char *path);

/*
 * Remove the devices of a domain that have stopped, or all with `force`; one that names a script
 * goes when that has run. Returns how many are still there.
 */
unsigned int hotplug_finish(struct xend *xend, unsigned int domid, bool force);

/* An interface came: a network card may be waiting for it. */
void hotplug_link(struct xend *xend);

/*
 * Tell driver and xm that a device is connected, unless that or an error stands there. 0, -EEXIST,
 * -ENOENT: the device is gone; or -errno.
 */
int hotplug_connected(struct xend *xend, const char *kind, unsigned int domid, const char *devid);

/* Fail a device, with words for xm. */
void hotplug_failed(struct xend *xend, const char *kind, unsigned int domid, const char *devid,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* ---- vbd.c: disks ---- */

void vbd_connect(struct xend *xend, unsigned int domid, const char *devid);

/*
 * Its driver has opened the disk, or the disk is gone: no need to hold its loop device any longer.
 */
void vbd_let_go(unsigned int domid, const char *devid);

/* After a restart: a disk that was connected, but whose driver had not opened it yet. */
void vbd_adopt(struct xend *xend, unsigned int domid, const char *devid);

/* ---- loop_device.c ---- */

/*
 * Serve `file` as a block device; it frees itself when the last one closes it. Returns a descriptor
 * that keeps it, with its name ("/dev/loop0") at `path`, or -errno.
 */
int loop_attach(const char *file, bool readonly, bool direct_io, char path[32]);

/* Open a loop device that serves `file`. -ENXIO: it serves nothing, or something else. */
int loop_hold(const char *path, const char *file);

/* ---- vif.c: network cards ---- */

/*
 * Put the card's interface up and into its bridge. Returns 1 when the interface is not there yet.
 */
int vif_connect(struct xend *xend, unsigned int domid, const char *devid);

/* ---- link.c: netlink ---- */

/* Begin to hear of new interfaces. */
int link_open(struct xend *xend);

struct link_settings {
    unsigned int index;         /* of the interface */
    unsigned int master;        /* of its bridge; 0: none */
    unsigned int mtu;           /* 0: leave it */
    const char *rename;         /* NULL: leave it; only while it is down */
};

/* Put the interface up with these settings. 0 or the kernel's -errno. */
int link_set(const struct link_settings *settings);

/* ---- lifecycle.c ---- */

/* Look at every domain of ours: obey its on_* settings, clear away what has ended. */
void lifecycle_scan(struct xend *xend);

/* At start: forget settings kept for domains that are no more. */
void lifecycle_sweep(struct xend *xend);

/* ---- creators.c ---- */

/* Listen for xm. */
int creators_open(struct xend *xend);

/* At start: clear up after creators that died meanwhile, wait for those that live. */
void creators_adopt(struct xend *xend);

/* ---- children.c ---- */

/*
 * Run a program; `done` (or NULL) gets its exit status, or -1 when it did not exit by itself. env
 * NULL: ours. With `seconds` it is bound: it is ended after that time, with what it runs, and, by
 * itself, when xend ends, so that a successor can begin it again without meeting it; 0: it goes on.
 * Returns 0 or -errno.
 */
int child_start(char *const argv[], char *const env[], unsigned int seconds,
                void (*done)(struct xend *xend, int status, void *arg), void *arg);

/* Take in all that ended. */
void children_reap(struct xend *xend);

/* Wait for those that are bound, before xend starts itself over. */
void children_wait(void);

/* Run `xm` with these arguments after its own name, NULL at the end. */
int child_start_xm(const char *const args[], void (*done)(struct xend *xend, int status, void *arg),
                   void *arg);

/* ---- autostart.c ---- */

/*
 * Once after booting: create what /etc/xen/auto lists, in the order of names, one after the other.
 */
void autostart(struct xend *xend);

#endif
