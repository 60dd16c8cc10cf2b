/* SPDX-License-Identifier: MIT */
/* Network interfaces: what goes through the two rings between netfront and netback. */
#ifndef XEN_PUBLIC_IO_NETIF_H
#define XEN_PUBLIC_IO_NETIF_H

#include "ring.h"
#include "../grant_table.h"

/*
 * Nodes. Backend: mac, handle, script, bridge; feature-sg, feature-gso-tcpv4, feature-rx-copy,
 * feature-split-event-channels, multi-queue-max-queues. Frontend: tx-ring-ref, rx-ring-ref,
 * event-channel (or event-channel-tx and -rx), request-rx-copy, feature-rx-notify.
 *
 * Transmit: a packet is one or more tx requests chained by NETTXF_more_data; the first one's size
 * is the whole packet's. Receive: the frontend posts empty frames, the backend copies into them.
 * After a first request or response with *_extra_info, the next slot is a netif_extra_info.
 */
#define XEN_NETIF_NR_SLOTS_MIN 18     /* slots of one packet a backend must accept */
#define XEN_NETIF_MAX_TX_SIZE  0xFFFF

#define _NETTXF_csum_blank     0
#define NETTXF_csum_blank      (1U << _NETTXF_csum_blank)     /* checksum to be filled in */
#define _NETTXF_data_validated 1
#define NETTXF_data_validated  (1U << _NETTXF_data_validated) /* checksum need not be checked */
#define _NETTXF_more_data      2
#define NETTXF_more_data       (1U << _NETTXF_more_data)      /* the packet goes on */
#define _NETTXF_extra_info     3
#define NETTXF_extra_info      (1U << _NETTXF_extra_info)
struct netif_tx_request {
    grant_ref_t gref;   /* frame with the data */
    uint16_t    offset; /* in it */
    uint16_t    flags;  /* NETTXF_* */
    uint16_t    id;     /* comes back in the response */
    uint16_t    size;   /* bytes: of the packet in the first, of this piece in the others */
};
typedef struct netif_tx_request netif_tx_request_t;

#define XEN_NETIF_EXTRA_TYPE_NONE      0
#define XEN_NETIF_EXTRA_TYPE_GSO       1
#define XEN_NETIF_EXTRA_TYPE_MCAST_ADD 2
#define XEN_NETIF_EXTRA_TYPE_MCAST_DEL 3
#define XEN_NETIF_EXTRA_TYPE_HASH      4
#define XEN_NETIF_EXTRA_TYPE_MAX       5
#define _XEN_NETIF_EXTRA_FLAG_MORE 0
#define XEN_NETIF_EXTRA_FLAG_MORE  (1U << _XEN_NETIF_EXTRA_FLAG_MORE) /* another one follows */
#define XEN_NETIF_GSO_TYPE_NONE  0
#define XEN_NETIF_GSO_TYPE_TCPV4 1
#define XEN_NETIF_GSO_TYPE_TCPV6 2
struct netif_extra_info {
    uint8_t type;               /* XEN_NETIF_EXTRA_TYPE_* */
    uint8_t flags;              /* XEN_NETIF_EXTRA_FLAG_* */
    union {
        struct {
            uint16_t size;      /* bytes of payload per segment */
            uint8_t  type;      /* XEN_NETIF_GSO_TYPE_* */
            uint8_t  pad;
            uint16_t features;
        } gso;
        struct {
            uint8_t addr[6];
        } mcast;
        struct {
            uint8_t type;
            uint8_t algorithm;
            uint8_t value[4];
        } hash;
        uint16_t pad[3];
    } u;
};
typedef struct netif_extra_info netif_extra_info_t;

struct netif_tx_response {
    uint16_t id;
    int16_t  status; /* NETIF_RSP_* */
};
typedef struct netif_tx_response netif_tx_response_t;

struct netif_rx_request {
    uint16_t    id;   /* comes back in the response */
    uint16_t    pad;
    grant_ref_t gref; /* empty frame */
};
typedef struct netif_rx_request netif_rx_request_t;

#define _NETRXF_data_validated 0
#define NETRXF_data_validated  (1U << _NETRXF_data_validated)
#define _NETRXF_csum_blank     1
#define NETRXF_csum_blank      (1U << _NETRXF_csum_blank)
#define _NETRXF_more_data      2
#define NETRXF_more_data       (1U << _NETRXF_more_data)
#define _NETRXF_extra_info     3
#define NETRXF_extra_info      (1U << _NETRXF_extra_info)
#define _NETRXF_gso_prefix     4
#define NETRXF_gso_prefix      (1U << _NETRXF_gso_prefix)
struct netif_rx_response {
    uint16_t id;
    uint16_t offset; /* of the data in the frame */
    uint16_t flags;  /* NETRXF_* */
    int16_t  status; /* bytes, or NETIF_RSP_* below 0 */
};
typedef struct netif_rx_response netif_rx_response_t;

DEFINE_RING_TYPES(netif_tx, struct netif_tx_request, struct netif_tx_response);
DEFINE_RING_TYPES(netif_rx, struct netif_rx_request, struct netif_rx_response);

#define NETIF_RSP_DROPPED (-2)
#define NETIF_RSP_ERROR   (-1)
#define NETIF_RSP_OKAY      0
#define NETIF_RSP_NULL      1 /* the slot was an extra_info */

#endif /* XEN_PUBLIC_IO_NETIF_H */
