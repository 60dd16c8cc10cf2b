/* SPDX-License-Identifier: MIT */
/* Calls from Domain0's user space to the hypervisor, and the buffers they may name. */
#ifndef LIBXEN_HYPERCALL_H
#define LIBXEN_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

/*
 * Every function of libxen returns 0 (or a count, where it says so) or a negative errno value;
 * none prints, none starts a thread, none installs a signal handler. A handle may be used by one
 * thread at a time.
 */

#define XEN_PAGE_SHIFT 12
#define XEN_PAGE_SIZE  (1UL << XEN_PAGE_SHIFT)

struct xen;

/*
 * Open /dev/xen/privcmd (and /dev/xen/hypercall for buffers, where the kernel has it).
 * -ENOENT or -ENXIO: not running on a hypervisor, or module xen-privcmd is missing;
 * -EACCES: not root.
 */
int xen_open(struct xen **out);

/* Close the handle and free what it caches. Foreign mappings made through it stay valid. */
void xen_close(struct xen *xen);

/* Descriptor of /dev/xen/privcmd, for the mapping calls of foreign_map.c. */
int xen_privcmd_fd(const struct xen *xen);

/* Issue hypercall `op` with five raw arguments. Returns the hypervisor's result or -errno. */
long xen_hypercall(struct xen *xen, unsigned int op, uint64_t a1, uint64_t a2, uint64_t a3,
                   uint64_t a4, uint64_t a5);

/*
 * Memory a hypercall may read and write: zeroed, page aligned, resident while it is held. Ordinary
 * memory does not do: the kernel may have it unmapped at the moment of the call, which fails it
 * with -EFAULT. NULL when memory is short. xen_buf_free() takes NULL and the size that was asked.
 */
void *xen_buf_alloc(struct xen *xen, size_t bytes);
void xen_buf_free(struct xen *xen, void *buf, size_t bytes);

/*
 * Domain and system control, interface version filled in here. The structure itself may lie
 * anywhere; arrays that it points to must come from xen_buf_alloc(). Results are copied back
 * also when the call fails.
 */
int xen_domctl(struct xen *xen, struct xen_domctl *op);
int xen_sysctl(struct xen *xen, struct xen_sysctl *op);

/*
 * A call of the form (command, pointer to a structure of `size` bytes), such as memory_op,
 * event_channel_op, xen_version: the structure is copied in and out through a safe buffer. With
 * size 0 the pointer is null.
 * Returns the hypervisor's result (0 or more) or -errno.
 */
long xen_hypercall_struct(struct xen *xen, unsigned int op, unsigned int cmd, void *arg,
                          size_t size);

#endif
