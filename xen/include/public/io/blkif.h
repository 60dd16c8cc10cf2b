/* SPDX-License-Identifier: MIT */
/* Block devices: what goes through the ring between blkfront and blkback. */
#ifndef XEN_PUBLIC_IO_BLKIF_H
#define XEN_PUBLIC_IO_BLKIF_H

#include "ring.h"
#include "../grant_table.h"

/*
 * Nodes. Backend: mode (r, w), physical-device (hex major:minor), params, type, dev; then
 * sectors, sector-size, info (VDISK_*), feature-barrier, feature-flush-cache, feature-discard,
 * feature-persistent, feature-max-indirect-segments. Frontend: ring-ref (or ring-page-order and
 * ring-ref0, ring-ref1, ...), event-channel, protocol (protocols.h), virtual-device.
 */
#ifndef blkif_vdev_t
#define blkif_vdev_t uint16_t
#endif
#define blkif_sector_t uint64_t /* always units of 512 bytes */

#define BLKIF_OP_READ            0
#define BLKIF_OP_WRITE           1
#define BLKIF_OP_WRITE_BARRIER   2 /* all before are done, then this, then all behind */
#define BLKIF_OP_FLUSH_DISKCACHE 3 /* what was completed is on stable storage */
#define BLKIF_OP_RESERVED_1      4
#define BLKIF_OP_DISCARD         5
#define BLKIF_OP_INDIRECT        6 /* the segments are in granted pages */

#define BLKIF_MAX_SEGMENTS_PER_REQUEST       11
#define BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST  8

/* A part of one granted frame: 512-byte units first_sect .. last_sect, both within 0..7. */
struct blkif_request_segment {
    grant_ref_t gref;
    uint8_t first_sect, last_sect;
};

struct blkif_request {
    uint8_t        operation;     /* BLKIF_OP_* */
    uint8_t        nr_segments;
    blkif_vdev_t   handle;        /* virtual-device */
    uint64_t       id;            /* comes back in the response */
    blkif_sector_t sector_number; /* where on the disk */
    struct blkif_request_segment seg[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};
typedef struct blkif_request blkif_request_t;

/* BLKIF_OP_DISCARD, in place of blkif_request. */
#define BLKIF_DISCARD_SECURE (1 << 0)
struct blkif_request_discard {
    uint8_t        operation;
    uint8_t        flag;          /* BLKIF_DISCARD_SECURE */
    blkif_vdev_t   handle;
    uint64_t       id;
    blkif_sector_t sector_number;
    uint64_t       nr_sectors;
};
typedef struct blkif_request_discard blkif_request_discard_t;

/* BLKIF_OP_INDIRECT: each page holds 512 blkif_request_segment. */
struct blkif_request_indirect {
    uint8_t        operation;
    uint8_t        indirect_op;   /* BLKIF_OP_READ or WRITE */
    uint16_t       nr_segments;
    uint64_t       id;
    blkif_sector_t sector_number;
    blkif_vdev_t   handle;
    grant_ref_t    indirect_grefs[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
};
typedef struct blkif_request_indirect blkif_request_indirect_t;

struct blkif_response {
    uint64_t id;
    uint8_t  operation;
    int16_t  status;              /* BLKIF_RSP_* */
};
typedef struct blkif_response blkif_response_t;

#define BLKIF_RSP_EOPNOTSUPP (-2)
#define BLKIF_RSP_ERROR      (-1)
#define BLKIF_RSP_OKAY         0

DEFINE_RING_TYPES(blkif, struct blkif_request, struct blkif_response);

#define VDISK_CDROM     0x1
#define VDISK_REMOVABLE 0x2
#define VDISK_READONLY  0x4

#endif /* XEN_PUBLIC_IO_BLKIF_H */
