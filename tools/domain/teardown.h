/* SPDX-License-Identifier: MIT */
/* The end of a domain and of its devices. Every step may be done twice, by xm and by xend. */
#ifndef DOMAIN_TEARDOWN_H
#define DOMAIN_TEARDOWN_H

#include "domain/nodes.h"
#include "libxen/domain.h"

/*
 * A device ends in three steps: device_close() takes the frontend away and tells the backend's
 * driver to stop; the driver lets go of rings and disk and sets its state to 6; device_remove()
 * then clears all of its nodes, in one transaction. Loop devices free themselves when the driver
 * closes them. 0 or -errno; device_close(): -ENOENT, there is no such device.
 */
int device_close(struct xs *xs, unsigned int domid, const char *kind, const char *devid);
int device_remove(struct xs *xs, unsigned int domid, const char *kind, const char *devid);

/*
 * Domain0's kernel notes here what it could not use. Where a device goes while the kernel looks at
 * it for the first time, the note comes when the domain is gone already: remove all such.
 */
#define DEVICE_ERRORS "/local/domain/0/error"
void device_errors_sweep(struct xs *xs);

/*
 * Ask the guest first: 5 to the backend alone, and the frontend closes by itself. Where the backend
 * has no driver, asking again after that closes the backend.
 */
int device_ask_to_close(struct xs *xs, unsigned int domid, const char *kind, const char *devid);

/* Call back for every device of the domain, kind "vbd" or "vif"; returns how many. */
unsigned int device_each(struct xs *xs, unsigned int domid,
                         void (*visit)(struct xs *xs, unsigned int domid, const char *kind,
                                       const char *devid, void *arg),
                         void *arg);

/* Pause the domain, close its devices and destroy it. 0 also if it is gone; -errno of the call. */
int domain_stop(struct xen *xen, struct xs *xs, unsigned int domid);

/*
 * domain_stop(), and remove its nodes (xen NULL: it is gone already, only that). Backends that
 * still work on it and the record stay, for domain_finish(). 0, or -errno of the destroy call.
 */
int domain_teardown(struct xen *xen, struct xs *xs, unsigned int domid);

/*
 * Remove the backends that have stopped, or all with `force`. Returns how many are still at work.
 */
unsigned int domain_finish(struct xs *xs, unsigned int domid, bool force);

/* The last step, once no backend is left: remove the record. 0 or -errno. */
int domain_forget(struct xs *xs, unsigned int domid);

#endif
