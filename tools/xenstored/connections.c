/* SPDX-License-Identifier: MIT */
/* Connections: a domain's ring or a local socket, its unfinished request, its unsent messages. */
#include "connections.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "domains.h"
#include "hypervisor.h"
#include "journal.h"
#include "quota.h"
#include "requests.h"
#include "transactions.h"
#include "watches.h"
#include "xalloc.h"

#define HEADER sizeof(struct xsd_sockmsg)
#define REQUEST_MAX (HEADER + XENSTORE_PAYLOAD_MAX)
#define REQUESTS_PER_TURN 8
#define MESSAGES_AT_ONCE 16
#define SOCKET_BACKLOG (16u << 20)      /* a local client this far behind is hung up on */
#define PENALTY_MS 50                   /* several transactions of the victim fit in it */

struct connection *connections;

static struct connection *connection_new(uint16_t domid)
{
    struct connection *conn = xzalloc(sizeof(*conn));

    conn->domid = domid;
    conn->fd = -1;
    conn->out_end = &conn->out;
    conn->next = connections;
    connections = conn;
    return conn;
}

struct connection *connection_new_socket(int fd, bool read_only)
{
    struct connection *conn = connection_new(0);

    conn->fd = fd;
    conn->read_only = read_only;
    return conn;
}

struct connection *connection_new_ring(struct domain *domain, uint16_t domid, void *page)
{
    struct connection *conn = connection_new(domid);

    conn->domain = domain;
    conn->ready = true;
    ring_attach(&conn->ring, page);
    conn->journaled_cons = conn->ring.req_cons;
    return conn;
}

struct caller connection_caller(const struct connection *conn)
{
    return (struct caller){
        .domid = conn->domid,
        .target = conn->domain ? conn->domain->target : NO_TARGET,
    };
}

/* ---- output ---- */

static long message_cost(const struct message *m)
{
    return sizeof(*m) + m->len;
}

static void queue(struct connection *conn, struct message *m)
{
    *conn->out_end = m;
    conn->out_end = &m->next;
    conn->out_bytes += m->len;
    conn->replies += m->is_reply;
    conn->events += m->is_event;
    quota_charge(conn->domid, RES_BYTES, message_cost(m));
    if (conn->domain)
        journal_output(conn, m->bytes, m->len);
    else if (conn->out_bytes > SOCKET_BACKLOG)
        conn->gone = true;
}

static void unqueue(struct connection *conn)
{
    struct message *m = conn->out;

    conn->out = m->next;
    if (!conn->out)
        conn->out_end = &conn->out;
    conn->out_bytes -= m->len;
    conn->replies -= m->is_reply;
    conn->events -= m->is_event;
    quota_charge(conn->domid, RES_BYTES, -message_cost(m));
    free(m);
}

static struct message *message_new(const struct xsd_sockmsg *hdr)
{
    struct message *m = xzalloc(sizeof(*m) + HEADER + hdr->len);

    m->len = HEADER + hdr->len;
    memcpy(m->bytes, hdr, HEADER);
    return m;
}

void connection_reply(struct connection *conn, uint32_t type, const void *data, size_t len)
{
    struct xsd_sockmsg hdr = conn->hdr;
    struct message *m;

    if (len > XENSTORE_PAYLOAD_MAX) {
        connection_error(conn, -E2BIG);
        return;
    }
    hdr.type = type;
    hdr.len = len;
    m = message_new(&hdr);
    m->is_reply = true;
    if (len)
        memcpy(m->bytes + HEADER, data, len);
    queue(conn, m);
}

void connection_error(struct connection *conn, int err)
{
    const char *name = "EINVAL";

    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (xsd_errors[i].errnum == -err)
            name = xsd_errors[i].errstring;
    }
    connection_reply(conn, XS_ERROR, name, strlen(name) + 1);
}

static uint32_t hash_bytes(const char *bytes, size_t len)
{
    uint32_t hash = 2166136261u;

    while (len--)
        hash = (hash ^ (uint8_t)*bytes++) * 16777619u;
    return hash;
}

static bool already_queued(const struct connection *conn, const struct message *event)
{
    for (const struct message *m = conn->out; m; m = m->next) {
        if (m->is_event && m->sent == 0 && m->hash == event->hash && m->len == event->len &&
            memcmp(m->bytes, event->bytes, m->len) == 0)
            return true;
    }
    return false;
}

static bool may_queue_event(const struct connection *conn, const struct message *m)
{
    return quota_exempt(conn->domid) ||
           (conn->events < quota.events && quota_allows(conn->domid, RES_BYTES, message_cost(m)));
}

void connection_event(struct connection *conn, const char *path, const char *token,
                      enum event_mode mode)
{
    size_t path_len = strlen(path) + 1, token_len = strlen(token) + 1;
    struct xsd_sockmsg hdr = { .type = XS_WATCH_EVENT, .len = path_len + token_len };
    struct message *m;

    if (conn->frozen || conn->gone || hdr.len > XENSTORE_PAYLOAD_MAX)
        return;
    m = message_new(&hdr);
    memcpy(m->bytes + HEADER, path, path_len);
    memcpy(m->bytes + HEADER + path_len, token, token_len);
    m->is_event = true;
    m->hash = hash_bytes(m->bytes + HEADER, hdr.len);
    if ((mode == EVENT_MERGE && already_queued(conn, m)) || !may_queue_event(conn, m)) {
        free(m);
        return;
    }
    queue(conn, m);
}

void connection_queue_raw(struct connection *conn, const void *data, size_t len)
{
    struct message *m = xzalloc(sizeof(*m) + len);

    m->len = len;
    memcpy(m->bytes, data, len);
    queue(conn, m);
}

/* The domain broke the protocol: leave it alone until it dies or is introduced again. */
static void freeze(struct connection *conn, uint32_t error)
{
    log_limited("domain %u: %s on its ring; ignored from now on", conn->domid,
             error == XENSTORE_ERROR_RINGIDX ? "nonsensical index" : "oversized message");
    conn->frozen = true;
    ring_report(&conn->ring, error);
}

static ssize_t send_on_ring(struct connection *conn)
{
    struct message *m = conn->out;
    ssize_t sent = ring_write(&conn->ring, m->bytes + m->sent, m->len - m->sent);

    if (sent < 0)
        freeze(conn, XENSTORE_ERROR_RINGIDX);
    return sent;
}

/* Many at once: a client that sends requests ahead is woken once for their answers. */
static ssize_t send_on_socket(struct connection *conn)
{
    struct iovec pieces[MESSAGES_AT_ONCE];
    struct msghdr all = { .msg_iov = pieces };
    ssize_t sent;

    for (struct message *m = conn->out; m && all.msg_iovlen < MESSAGES_AT_ONCE; m = m->next)
        pieces[all.msg_iovlen++] = (struct iovec){ m->bytes + m->sent, m->len - m->sent };
    sent = sendmsg(conn->fd, &all, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        conn->gone = true;
    return sent;
}

static void unqueue_sent(struct connection *conn, size_t sent)
{
    while (sent) {
        struct message *m = conn->out;
        size_t here = sent < m->len - m->sent ? sent : m->len - m->sent;

        m->sent += here;
        sent -= here;
        if (m->sent == m->len)
            unqueue(conn);
    }
}

/* Bytes of the request at the start of conn->in, as far as that is known. */
static size_t request_size(const struct connection *conn)
{
    return HEADER + (conn->in_used < HEADER ? 0 : conn->hdr.len);
}

static bool request_is_whole(const struct connection *conn)
{
    return conn->in_used >= HEADER && conn->in_used >= request_size(conn);
}

static bool request_waits(const struct connection *conn)
{
    return conn->domain ? ring_readable(&conn->ring) : request_is_whole(conn);
}

/* Send what is queued as far as there is room, and mark a client ready if that lets it go on. */
static void flush(struct connection *conn)
{
    while (conn->out && !conn->gone && !conn->frozen) {
        ssize_t sent = conn->domain ? send_on_ring(conn) : send_on_socket(conn);

        if (sent <= 0)
            break;
        unqueue_sent(conn, sent);
    }
    if (conn->domain && ring_publish(&conn->ring))
        hypervisor_notify(conn->domain->local_port);
    /* What waited for room has had its event already. */
    if (request_waits(conn) && connection_may_read(conn))
        conn->ready = true;
}

/* ---- input ---- */

bool connection_may_read(const struct connection *conn)
{
    return !conn->gone && !conn->frozen && conn->replies < quota.outstanding &&
           conn->paused_until == 0;
}

/* Up to `len` more bytes of input; 0: none now, or never again (gone or frozen says so). */
static size_t receive_some(struct connection *conn, void *to, size_t len)
{
    ssize_t got;

    if (conn->domain) {
        got = ring_read(&conn->ring, to, len);
        if (got < 0)
            freeze(conn, XENSTORE_ERROR_RINGIDX);
    } else {
        got = recv(conn->fd, to, len, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            conn->gone = true;
    }
    return got > 0 ? got : 0;
}

/*
 * Read on; true as soon as a whole request is at the start of conn->in. From a ring no more than
 * that is taken: the domain sees what we have taken. From a socket, where each read is a system
 * call, it is as much as there is; less than we have room for means that no more is there.
 */
static bool receive_request(struct connection *conn)
{
    bool more = true;
    size_t room, got;

    while (!request_is_whole(conn)) {
        if (request_size(conn) > REQUEST_MAX) {
            if (conn->domain)
                freeze(conn, XENSTORE_ERROR_PROTO);
            else
                conn->gone = true;
            return false;
        }
        if (!more)
            return false;
        room = (conn->domain ? request_size(conn) : REQUEST_MAX) - conn->in_used;
        got = receive_some(conn, conn->in + conn->in_used, room);
        if (got == 0)
            return false;
        conn->in_used += got;
        more = conn->domain || got == room;
    }
    return true;
}

/* Handle the request at the start of conn->in; what was read behind it comes to the start. */
static void handle_request(struct connection *conn)
{
    size_t size = request_size(conn), rest = conn->in_used - size;
    char *behind = conn->in + size, first = *behind;

    *behind = '\0';
    request_handle(conn, conn->in + HEADER, size - HEADER);
    if (conn->in_used == 0)
        return;                 /* that was its end, or it begins anew */
    *behind = first;
    memmove(conn->in, behind, rest);
    conn->in_used = rest;
}

/* Read and handle some requests. True if there may be more without a further event. */
static bool pump(struct connection *conn)
{
    bool more = true;

    /* Not while it is paused: that would end the pause. */
    if (conn->domain && !conn->paused_until && ring_wants_restart(&conn->ring)) {
        connection_reset(conn);
        conn->ring.req_cons = conn->ring.rsp_prod = conn->journaled_cons = 0;
        journal_domain(conn->domain);
        journal_flush();        /* before the page says so: killed in between, we do it again */
        ring_restart(&conn->ring);
        hypervisor_notify(conn->domain->local_port);
    }
    for (int i = 0; i < REQUESTS_PER_TURN && more; i++) {
        more = connection_may_read(conn) && receive_request(conn);
        if (more)
            handle_request(conn);
    }
    if (conn->domain && conn->journaled_cons != conn->ring.req_cons) {
        conn->journaled_cons = conn->ring.req_cons;
        journal_input(conn);
    }
    return more;
}

/* ---- ends ---- */

void connection_reset(struct connection *conn)
{
    transactions_drop_all(conn);
    watches_drop_all(conn);
    while (conn->out)
        unqueue(conn);
    conn->in_used = 0;
    conn->frozen = false;
    conn->paused_until = 0;
}

void connection_close(struct connection *conn)
{
    connection_reset(conn);
    conn->gone = true;
    conn->domain = NULL;
}

void connections_reap(void)
{
    struct connection **link = &connections;

    while (*link) {
        struct connection *conn = *link;

        if (!conn->gone) {
            link = &conn->next;
            continue;
        }
        connection_reset(conn);
        *link = conn->next;
        if (conn->fd >= 0)
            close(conn->fd);
        free(conn);
    }
}

bool connections_serve(void)
{
    bool more = false;

    for (struct connection *conn = connections; conn; conn = conn->next) {
        if (conn->ready && !conn->gone) {
            conn->ready = pump(conn);
            conn->served = true;
        }
    }
    transactions_expire(clock_ms());
    journal_flush();
    for (struct connection *conn = connections; conn; conn = conn->next) {
        if (conn->served || conn->out) {
            conn->served = false;
            flush(conn);
        }
        more |= conn->ready && !conn->gone;
    }
    connections_reap();
    return more;
}

void connections_penalise(uint16_t domid)
{
    for (struct connection *conn = connections; conn; conn = conn->next) {
        if (conn->domid == domid && !quota_exempt(domid))
            conn->paused_until = clock_ms() + PENALTY_MS;
    }
}

int connections_end_penalties(void)
{
    uint64_t now = clock_ms(), least = UINT64_MAX;

    for (struct connection *conn = connections; conn; conn = conn->next) {
        if (conn->paused_until && conn->paused_until <= now) {
            conn->paused_until = 0;
            conn->ready = true;
        } else if (conn->paused_until && conn->paused_until < least) {
            least = conn->paused_until;
        }
    }
    return least == UINT64_MAX ? -1 : (int)(least - now);
}
