/* SPDX-License-Identifier: MIT */
/* Requests of Linux's /dev/xen devices; source of fact: the kernel's include/uapi/xen. */
#ifndef LIBXEN_PRIVCMD_H
#define LIBXEN_PRIVCMD_H

#include <stdint.h>
#include <sys/ioctl.h>
#include <xen/xen.h>

/* ---- /dev/xen/privcmd ---- */

struct privcmd_call {
    uint64_t op;
    uint64_t arg[5];
};

struct privcmd_mapbatch {
    unsigned int num;
    domid_t domid;
    uint64_t addr;
    const xen_pfn_t *frames;
    int *errs;
};

#define PRIVCMD_CALL     _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_call))
#define PRIVCMD_MAPBATCH _IOC(_IOC_NONE, 'P', 4, sizeof(struct privcmd_mapbatch))

/* ---- /dev/xen/evtchn: arguments are one or two unsigned ints ---- */

struct evtchn_remote {
    unsigned int domid, port;
};

#define EVTCHN_BIND_VIRQ        _IOC(_IOC_NONE, 'E', 0, sizeof(unsigned int))
#define EVTCHN_BIND_INTERDOMAIN _IOC(_IOC_NONE, 'E', 1, sizeof(struct evtchn_remote))
#define EVTCHN_BIND_UNBOUND     _IOC(_IOC_NONE, 'E', 2, sizeof(unsigned int))
#define EVTCHN_UNBIND           _IOC(_IOC_NONE, 'E', 3, sizeof(unsigned int))
#define EVTCHN_NOTIFY           _IOC(_IOC_NONE, 'E', 4, sizeof(unsigned int))
#define EVTCHN_RESET            _IOC(_IOC_NONE, 'E', 5, 0)

/* ---- /dev/xen/gntdev ---- */

struct gntdev_ref {
    uint32_t domid, ref;
};

struct gntdev_map {
    uint32_t count, pad;
    uint64_t index;
    struct gntdev_ref refs[1];  /* `count` of them; the size in the request number counts one */
};

struct gntdev_unmap {
    uint64_t index;
    uint32_t count, pad;
};

struct gntdev_offset {
    uint64_t vaddr;
    uint64_t offset;
    uint32_t count, pad;
};

#define GNTDEV_MAP    _IOC(_IOC_NONE, 'G', 0, sizeof(struct gntdev_map))
#define GNTDEV_UNMAP  _IOC(_IOC_NONE, 'G', 1, sizeof(struct gntdev_unmap))
#define GNTDEV_OFFSET _IOC(_IOC_NONE, 'G', 2, sizeof(struct gntdev_offset))

#endif
