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

static int receive_all(struct xs *xs, char *data, size_t len)
{
    ssize_t n;

    while (len) {
        n = read(xs->fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return lost(xs);
        data += n;
        len -= (size_t)n;
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

static int send_request(struct xs *xs, uint32_t type, xs_tx tx, const struct xs_part *parts,
                        unsigned int count)
{
    struct xsd_sockmsg head = { .type = type, .tx_id = tx, .req_id = ++xs->last_id };
    char message[sizeof(head) + XENSTORE_PAYLOAD_MAX];
    unsigned int i;

    for (i = 0; i < count; i++) {
        if (parts[i].len > XENSTORE_PAYLOAD_MAX - head.len)
            return -E2BIG;
        if (parts[i].len)
            memcpy(message + sizeof(head) + head.len, parts[i].data, parts[i].len);
        head.len += (uint32_t)parts[i].len;
    }
    memcpy(message, &head, sizeof(head));
    return send_all(xs, message, sizeof(head) + head.len);
}

int xs_exchange(struct xs *xs, uint32_t type, xs_tx tx, const struct xs_part *parts,
                unsigned int count, char **reply, size_t *len)
{
    struct xsd_sockmsg head;
    char *payload = NULL;
    int err;

    if (xs->broken)
        return -EPIPE;
    err = send_request(xs, type, tx, parts, count);
    if (err)
        return err;
    for (;;) {
        err = receive(xs, &head, &payload);
        if (err)
            return err;
        if (head.type != XS_WATCH_EVENT)
            break;
        err = queue_event(xs, payload, head.len);
        free(payload);
        if (err)
            return err;
    }
    if (head.type == type && head.req_id == xs->last_id) {
        *reply = payload;
        *len = head.len;
        return 0;
    }
    err = head.type == XS_ERROR ? error_number(payload) : lost(xs);
    free(payload);
    return err;
}

int xs_pump(struct xs *xs, int timeout_ms)
{
    struct pollfd wait = { .fd = xs->fd, .events = POLLIN };
    struct xsd_sockmsg head;
    char *payload = NULL;
    int err;

    while (!xs->first) {
        if (xs->broken)
            return -EPIPE;
        err = poll(&wait, 1, timeout_ms);
        if (err <= 0)
            return err ? -errno : 0;
        err = receive(xs, &head, &payload);
        if (err)
            return err;
        /* Nothing was asked, so nothing but events may come. */
        err = head.type == XS_WATCH_EVENT ? queue_event(xs, payload, head.len) : lost(xs);
        free(payload);
        if (err)
            return err;
    }
    return 0;
}
