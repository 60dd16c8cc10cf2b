/* SPDX-License-Identifier: MIT */
/* Connections: a domain's ring or a local socket, its unfinished request, its unsent messages. */
#ifndef XENSTORED_CONNECTIONS_H
#define XENSTORED_CONNECTIONS_H

#include "permissions.h"
#include "ring.h"

struct domain;
struct transaction;
struct watch;

struct message {
    struct message *next;
    uint32_t len;
    uint32_t sent;
    uint32_t hash;              /* of an event, to find its equal quickly */
    bool is_event;
    bool is_reply;              /* neither: bytes taken over from before a restart */
    char bytes[];               /* header and payload */
};

/*
 * A connection lives until the client hangs up (socket) or its domain dies or is released (ring). A
 * ring whose domain breaks the protocol is frozen: nothing is read or written any more, but
 * what it holds stays until then, so that nobody else sees a difference.
 */
struct connection {
    struct connection *next;
    uint16_t domid;
    struct domain *domain;      /* NULL for a socket */
    struct ring ring;
    int fd;                     /* socket, or -1 */
    bool read_only;
    bool gone;                  /* to be freed by connections_reap() */
    bool frozen;
    bool ready;                 /* may have input to read */
    bool served;                /* in this turn */
    uint32_t interest;          /* what epoll was last asked for; kept by the event loop */
    uint64_t paused_until;      /* ms: penalty for spoiling others' transactions */
    uint32_t journaled_cons;    /* request index that the journal knows */

    struct message *out, **out_end;
    size_t out_bytes;
    unsigned replies, events;   /* unsent */

    struct watch *watches;
    struct transaction *transactions;
    uint32_t last_tx;

    size_t in_used;
    union {
        struct xsd_sockmsg hdr; /* of the request being read or handled, the first in there */
        char in[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX + 1];
    };
};

extern struct connection *connections;

struct connection *connection_new_socket(int fd, bool read_only);
struct connection *connection_new_ring(struct domain *domain, uint16_t domid, void *page);

/*
 * Drop watches, transactions and messages now; connections_reap() frees the rest, so that a list
 * walk in progress stays valid.
 */
void connection_close(struct connection *conn);

/* Forget watches, transactions, messages and the unfinished request: the domain starts anew. */
void connection_reset(struct connection *conn);

struct caller connection_caller(const struct connection *conn);

/* Queue a reply to the request being handled. Payloads over the protocol's limit become E2BIG. */
void connection_reply(struct connection *conn, uint32_t type, const void *data, size_t len);

/* Queue the error as its name; numbers outside the protocol's list are told as EINVAL. */
void connection_error(struct connection *conn, int err);

/*
 * Queue an event. EVENT_MERGE: not if an equal one is still unsent. An event that no message can
 * hold, or that the domain has no quota left for, is dropped.
 */
enum event_mode { EVENT_MERGE, EVENT_ALWAYS };
void connection_event(struct connection *conn, const char *path, const char *token,
                      enum event_mode mode);

/* Bytes queued before a restart, to be sent as they are. */
void connection_queue_raw(struct connection *conn, const void *data, size_t len);

/* May another request be read now? Not while replies pile up or a penalty lasts. */
bool connection_may_read(const struct connection *conn);

/*
 * One turn: some requests of everybody who is ready, at most a fixed number each so that all get
 * their turn; then the journal, then the answers. Frees the connections that are gone. Returns
 * true if somebody has more to do without a further event.
 */
bool connections_serve(void);

/* Free the connections that are gone. Not while walking the list. */
void connections_reap(void);

/* Make the domain wait before its next request: it has made another's transaction fail. */
void connections_penalise(uint16_t domid);

/* Let those go on whose penalty is over. Milliseconds until the next one ends, -1 if none. */
int connections_end_penalties(void);

#endif
