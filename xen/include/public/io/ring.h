/* SPDX-License-Identifier: MIT */
/* I/O rings: requests one way and responses the other, in one shared page. */
#ifndef XEN_PUBLIC_IO_RING_H
#define XEN_PUBLIC_IO_RING_H

#include <stddef.h>
#include <stdint.h>
#include "../xen-compat.h"

/*
 * A frontend owns the page and puts requests in slots; the backend puts each response in a slot
 * whose request it has taken. Indices run freely, and a slot is the index modulo the ring's
 * size, the largest power of two of slots that fit the page. Each side keeps private indices in
 * its own *_front_ring or *_back_ring and may not trust those in the page: see the *_OVERFLOW
 * checks, and take a request out with RING_COPY_REQUEST before looking at it.
 *
 * Notifications: req_event (rsp_event) is the index at whose production the consumer wants an
 * event. A consumer about to sleep sets it with RING_FINAL_CHECK_FOR_*, which looks once more.
 *
 * The user supplies xen_mb(), xen_rmb() and xen_wmb().
 */
typedef unsigned int RING_IDX;

/* x rounded down to a power of two. */
#define XEN_RING_POW2(x)                                                       \
    ((unsigned int)1 << (31 - __builtin_clz((unsigned int)(x))))

#define __CONST_RING_SIZE(name, size)                                          \
    XEN_RING_POW2(((size) - offsetof(struct name##_sring, ring)) /             \
                  sizeof(((struct name##_sring *)0)->ring[0]))
#define __RING_SIZE(sring, size)                                               \
    XEN_RING_POW2(((size) - ((uintptr_t)(sring)->ring - (uintptr_t)(sring))) / \
                  sizeof((sring)->ring[0]))

/* Declares name_sring (the page), name_front_ring and name_back_ring. */
#define DEFINE_RING_TYPES(name, req_t, rsp_t)                                  \
union name##_sring_entry {                                                     \
    req_t req;                                                                 \
    rsp_t rsp;                                                                 \
};                                                                             \
struct name##_sring {                                                          \
    RING_IDX req_prod, req_event;                                              \
    RING_IDX rsp_prod, rsp_event;                                              \
    union {                                                                    \
        struct {                                                               \
            uint8_t smartpoll_active;                                          \
        } netif;                                                               \
        struct {                                                               \
            uint8_t msg;                                                       \
        } tapif_user;                                                          \
        uint8_t pvt_pad[4];                                                    \
    } pvt;                                                                     \
    uint8_t __pad[44];                                                         \
    union name##_sring_entry ring[1]; /* as many as fit */                     \
};                                                                             \
struct name##_front_ring {                                                     \
    RING_IDX req_prod_pvt; /* requests written, perhaps not yet pushed */      \
    RING_IDX rsp_cons;     /* responses taken */                               \
    unsigned int nr_ents;                                                      \
    struct name##_sring *sring;                                                \
};                                                                             \
struct name##_back_ring {                                                      \
    RING_IDX rsp_prod_pvt; /* responses written, perhaps not yet pushed */     \
    RING_IDX req_cons;     /* requests taken */                                \
    unsigned int nr_ents;                                                      \
    struct name##_sring *sring;                                                \
};                                                                             \
typedef struct name##_sring name##_sring_t;                                    \
typedef struct name##_front_ring name##_front_ring_t;                          \
typedef struct name##_back_ring name##_back_ring_t

/* SHARED: the frontend, once per page. FRONT, BACK: each side's private part. */
#define SHARED_RING_INIT(sring) do {                                           \
    __builtin_memset((sring), 0, offsetof(__typeof__(*(sring)), ring));                  \
    (sring)->req_event = 1;                                                    \
    (sring)->rsp_event = 1;                                                    \
} while (0)

/* Continue at index i, where a predecessor stopped. */
#define FRONT_RING_ATTACH(r, s, i, size) do {                                  \
    (r)->sring = (s);                                                          \
    (r)->nr_ents = __RING_SIZE(s, size);                                       \
    (r)->req_prod_pvt = (r)->rsp_cons = (i);                                   \
} while (0)
#define BACK_RING_ATTACH(r, s, i, size) do {                                   \
    (r)->sring = (s);                                                          \
    (r)->nr_ents = __RING_SIZE(s, size);                                       \
    (r)->rsp_prod_pvt = (r)->req_cons = (i);                                   \
} while (0)
#define FRONT_RING_INIT(r, s, size) FRONT_RING_ATTACH(r, s, 0, size)
#define BACK_RING_INIT(r, s, size)  BACK_RING_ATTACH(r, s, 0, size)
#define XEN_FRONT_RING_INIT(r, s, size) do {                                   \
    SHARED_RING_INIT(s);                                                       \
    FRONT_RING_INIT(r, s, size);                                               \
} while (0)

#define RING_SIZE(r) ((r)->nr_ents)

/* Frontend: slots with neither a request on its way nor a response not taken. */
#define RING_FREE_REQUESTS(r) (RING_SIZE(r) - ((r)->req_prod_pvt - (r)->rsp_cons))
#define RING_FULL(r)          (RING_FREE_REQUESTS(r) == 0)

/* How many can be taken; of requests never more than there is room to respond to. */
#define XEN_RING_NR_UNCONSUMED_RESPONSES(r) ((r)->sring->rsp_prod - (r)->rsp_cons)
#define XEN_RING_NR_UNCONSUMED_REQUESTS(r) (__extension__ ({                   \
    unsigned int _new = (r)->sring->req_prod - (r)->req_cons;                  \
    unsigned int _room = RING_SIZE(r) - ((r)->req_cons - (r)->rsp_prod_pvt);   \
    _new < _room ? _new : _room;                                               \
}))
#define RING_HAS_UNCONSUMED_RESPONSES(r) (!!XEN_RING_NR_UNCONSUMED_RESPONSES(r))
#define RING_HAS_UNCONSUMED_REQUESTS(r)  (!!XEN_RING_NR_UNCONSUMED_REQUESTS(r))

#define RING_GET_REQUEST(r, idx)  (&(r)->sring->ring[(idx) & (RING_SIZE(r) - 1)].req)
#define RING_GET_RESPONSE(r, idx) (&(r)->sring->ring[(idx) & (RING_SIZE(r) - 1)].rsp)

/* One read of shared memory into a private copy. */
#define RING_COPY_REQUEST(r, idx, dest)                                        \
    do { *(dest) = *(volatile __typeof__(dest))RING_GET_REQUEST(r, idx); } while (0)
#define RING_COPY_RESPONSE(r, idx, dest)                                       \
    do { *(dest) = *(volatile __typeof__(dest))RING_GET_RESPONSE(r, idx); } while (0)

/* True: the peer broke the ring; stop using it. */
#define RING_REQUEST_CONS_OVERFLOW(r, cons)  (((cons) - (r)->rsp_prod_pvt) >= RING_SIZE(r))
#define RING_REQUEST_PROD_OVERFLOW(r, prod)  (((prod) - (r)->rsp_prod_pvt) > RING_SIZE(r))
#define RING_RESPONSE_PROD_OVERFLOW(r, prod) (((prod) - (r)->rsp_cons) > RING_SIZE(r))

/* Makes what was written visible to the peer; NOTIFY tells whether it wants an event. */
#define RING_PUSH_REQUESTS(r) do {                                             \
    xen_wmb();                                                                 \
    (r)->sring->req_prod = (r)->req_prod_pvt;                                  \
} while (0)
#define RING_PUSH_RESPONSES(r) do {                                            \
    xen_wmb();                                                                 \
    (r)->sring->rsp_prod = (r)->rsp_prod_pvt;                                  \
} while (0)
#define RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(r, notify) do {                    \
    RING_IDX _before = (r)->sring->req_prod;                                   \
    RING_PUSH_REQUESTS(r);                                                     \
    xen_mb();                                                                  \
    (notify) = (RING_IDX)((r)->req_prod_pvt - (r)->sring->req_event) <         \
               (RING_IDX)((r)->req_prod_pvt - _before);                        \
} while (0)
#define RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(r, notify) do {                   \
    RING_IDX _before = (r)->sring->rsp_prod;                                   \
    RING_PUSH_RESPONSES(r);                                                    \
    xen_mb();                                                                  \
    (notify) = (RING_IDX)((r)->rsp_prod_pvt - (r)->sring->rsp_event) <         \
               (RING_IDX)((r)->rsp_prod_pvt - _before);                        \
} while (0)

/* Before sleeping: ask for an event at the next one, then look again. */
#define RING_FINAL_CHECK_FOR_REQUESTS(r, work) do {                            \
    (work) = RING_HAS_UNCONSUMED_REQUESTS(r);                                  \
    if (!(work)) {                                                             \
        (r)->sring->req_event = (r)->req_cons + 1;                             \
        xen_mb();                                                              \
        (work) = RING_HAS_UNCONSUMED_REQUESTS(r);                              \
    }                                                                          \
} while (0)
#define RING_FINAL_CHECK_FOR_RESPONSES(r, work) do {                           \
    (work) = RING_HAS_UNCONSUMED_RESPONSES(r);                                 \
    if (!(work)) {                                                             \
        (r)->sring->rsp_event = (r)->rsp_cons + 1;                             \
        xen_mb();                                                              \
        (work) = RING_HAS_UNCONSUMED_RESPONSES(r);                             \
    }                                                                          \
} while (0)

#endif /* XEN_PUBLIC_IO_RING_H */
