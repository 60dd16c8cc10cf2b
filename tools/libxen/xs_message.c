/* SPDX-License-Identifier: MIT */
/* One connection to the store: a request and its reply, events put aside. */
#include "libxen/xs_message.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

/* Requests whose answers are taken later: no more than a socket holds the answers of, unread. */
#define AHEAD_REQUESTS 64u
#define AHEAD_BYTES    (4u * XENSTORE_PAYLOAD_MAX)

static int lost(struct xs *xs)
{
    xs->broken = true;
    return -EPIPE;
}

static int send_all(struct xs *xs, const char *data, size_t len)
{
    ssize_t n;

    while (len) {
        /* A daemon that went away must be an error here, not a signal for the whole program. */
        n = xs->socket ? send(xs->fd, data, len, MSG_NOSIGNAL) : write(xs->fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return lost(xs);
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Into the empty buffer what there is, or else what comes next: often many messages. */
static int fill(struct xs *xs)
{
    ssize_t n;

    do {
        n = read(xs->fd, xs->in, sizeof(xs->in));
    } while (n < 0 && errno == EINTR);
    if (n <= 0)
        return lost(xs);
    xs->in_at = 0;
    xs->in_end = (size_t)n;
    return 0;
}

static int receive_all(struct xs *xs, char *data, size_t len)
{
    while (len) {
        size_t n = xs->in_end - xs->in_at;
        int err = n ? 0 : fill(xs);

        if (err)
            return err;
        if (n > len)
            n = len;
        memcpy(data, xs->in + xs->in_at, n);
        xs->in_at += n;
        data += n;
        len -= n;
    }
    return 0;
}

/* One whole message; payload malloc()ed with a NUL added. */
static int receive(struct xs *xs, struct xsd_sockmsg *head, char **payload)
{
    char *data;
    int err = receive_all(xs, (char *)head, sizeof(*head));

    if (err)
        return err;
    if (head->len > XENSTORE_PAYLOAD_MAX)
        return lost(xs);
    data = malloc((size_t)head->len + 1);
    if (!data) {
        xs->broken = true;
        return -ENOMEM;
    }
    err = receive_all(xs, data, head->len);
    if (err) {
        free(data);
        return err;
    }
    data[head->len] = '\0';
    *payload = data;
    return 0;
}

static int queue_event(struct xs *xs, const char *payload, size_t len)
{
    const char *token = memchr(payload, '\0', len);
    struct xs_queued *queued;

    if (!token || token + 1 > payload + len)
        return lost(xs);
    token++;
    queued = malloc(sizeof(*queued) + len + 1);
    if (!queued)
        return -ENOMEM;
    memcpy(queued->text, payload, len + 1);
    queued->next = NULL;
    queued->event.path = queued->text;
    queued->event.token = queued->text + (token - payload);
    *xs->end = queued;
    xs->end = &queued->next;
    return 0;
}

/* The store sends the names of errno values. */
static int error_number(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
        if (!strcmp(name, xsd_errors[i].errstring))
            return -xsd_errors[i].errnum;
    return -EIO;
}

/* The next message that is no event. */
static int receive_reply(struct xs *xs, struct xsd_sockmsg *head, char **payload)
{
    int err;

    for (;;) {
        err = receive(xs, head, payload);
        if (err || head->type != XS_WATCH_EVENT)
            return err;
        err = queue_event(xs, *payload, head->len);
        free(*payload);
        if (err)
            return err;
    }
}

/*
 * Nothing is asked that is not answered, so all that is in the buffer are events. None is left
 * there, where no poll() would see it.
 */
static int receive_events(struct xs *xs)
{
    struct xsd_sockmsg head;
    char *payload;
    int err = 0;

    while (!err && xs->in_at != xs->in_end) {
        err = receive(xs, &head, &payload);
        if (err)
            return err;
        err = head.type == XS_WATCH_EVENT ? queue_event(xs, payload, head.len) : lost(xs);
        free(payload);
    }
    return err;
}

/* Put a request together, of at most sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX bytes. */
static int compose(struct xs *xs, uint32_t type, xs_tx tx, const struct xs_part *parts,
                   unsigned int count, char *message, size_t *len)
{
    struct xsd_sockmsg head = { .type = type, .tx_id = tx };
    unsigned int i;

    for (i = 0; i < count; i++) {
        if (parts[i].len > XENSTORE_PAYLOAD_MAX - head.len)
            return -E2BIG;
        if (parts[i].len)
            memcpy(message + sizeof(head) + head.len, parts[i].data, parts[i].len);
        head.len += (uint32_t)parts[i].len;
    }
    head.req_id = ++xs->last_id;
    memcpy(message, &head, sizeof(head));
    *len = sizeof(head) + head.len;
    return 0;
}

/* ---- requests ahead of their answers ---- */

static bool changes_a_node(uint32_t type)
{
    return type == XS_WRITE || type == XS_MKDIR || type == XS_RM || type == XS_SET_PERMS;
}

/* Send what is kept and take the answers. Only a lost connection is an error here. */
static int settle(struct xs *xs)
{
    uint32_t id = xs->last_id - xs->ahead.count;
    struct xsd_sockmsg head;
    char *payload;
    int err = xs->broken ? -EPIPE : send_all(xs, xs->ahead.bytes, xs->ahead.len);

    for (; !err && xs->ahead.count; xs->ahead.count--) {
        err = receive_reply(xs, &head, &payload);
        if (err)
            break;
        if (head.req_id != ++id)
            err = lost(xs);
        else if (head.type == XS_ERROR && !xs->ahead.err)
            xs->ahead.err = error_number(payload);
        free(payload);
    }
    xs->ahead.len = 0;
    return err ? err : receive_events(xs);
}

static int keep(struct xs *xs, uint32_t type, xs_tx tx, const struct xs_part *parts,
                unsigned int count)
{
    const size_t most = sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX;
    size_t len;
    int err = 0;

    if (xs->ahead.count == AHEAD_REQUESTS || xs->ahead.len + most > AHEAD_BYTES)
        err = settle(xs);
    if (!err)
        err = compose(xs, type, tx, parts, count, xs->ahead.bytes + xs->ahead.len, &len);
    if (err)
        return err;
    xs->ahead.len += len;
    xs->ahead.count++;
    return 0;
}

void xs_send_ahead(struct xs *xs)
{
    /* The kernel's device takes one request at a time. Without memory it goes the slow way. */
    if (xs->socket && !xs->ahead.bytes)
        xs->ahead.bytes = malloc(AHEAD_BYTES);
}

int xs_end_ahead(struct xs *xs)
{
    int err = xs->ahead.count ? settle(xs) : 0;

    if (!err)
        err = xs->ahead.err;
    free(xs->ahead.bytes);
    memset(&xs->ahead, 0, sizeof(xs->ahead));
    return err;
}

/* ---- one request and its answer ---- */

int xs_exchange(struct xs *xs, uint32_t type, xs_tx tx, const struct xs_part *parts,
                unsigned int count, char **reply, size_t *len)
{
    char message[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX], *payload = NULL;
    struct xsd_sockmsg head;
    size_t size;
    int err = 0;

    if (xs->broken)
        return -EPIPE;
    if (xs->ahead.bytes && changes_a_node(type)) {
        *reply = NULL;
        *len = 0;
        return keep(xs, type, tx, parts, count);
    }
    if (xs->ahead.count)
        err = settle(xs);
    if (!err)
        err = compose(xs, type, tx, parts, count, message, &size);
    if (!err)
        err = send_all(xs, message, size);
    if (!err)
        err = receive_reply(xs, &head, &payload);
    if (err)
        return err;
    if (head.type != type || head.req_id != xs->last_id)
        err = head.type == XS_ERROR ? error_number(payload) : lost(xs);
    if (!xs->broken && receive_events(xs))
        err = lost(xs);
    if (err) {
        free(payload);
        return err;
    }
    *reply = payload;
    *len = head.len;
    return 0;
}

int xs_pump(struct xs *xs, int timeout_ms)
{
    struct pollfd wait = { .fd = xs->fd, .events = POLLIN };
    int err;

    while (!xs->first) {
        if (xs->broken)
            return -EPIPE;
        err = poll(&wait, 1, timeout_ms);
        if (err <= 0)
            return err ? -errno : 0;
        err = fill(xs);
        if (!err)
            err = receive_events(xs);
        if (err)
            return err;
    }
    return 0;
}
