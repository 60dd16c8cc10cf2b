/* SPDX-License-Identifier: MIT */
/* Readers at the local socket /run/xen/consoled: attach to a guest, or read what one has said. */
#include "clients.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/background.h"
#include "consoles.h"
#include "loop.h"

#define MAX_CLIENTS 64
#define LINE 128
#define REPLY 8192

struct client {
    struct client *next;
    struct loop_source socket;
    struct console *console;    /* once attached or reading a log */
    bool attached;              /* stays after the backlog, and may type */
    bool last;                  /* closed when all is sent */
    bool deaf;                  /* the client has closed its side */
    bool gone;
    uint64_t position, until;   /* in the console's history: sent, and to be sent */
    char in[1024];              /* the request line, then bytes for the guest */
    size_t in_used;
    char out[REPLY];            /* the answer line, or the list */
    size_t out_len, out_sent;
};

static struct client *clients;
static unsigned client_count;
static struct loop_source listener = { .fd = -1 };

static void answer(struct client *cl, const char *text)
{
    cl->out_len = snprintf(cl->out, sizeof(cl->out), "%s\n", text);
}

static void refuse(struct client *cl, const char *cause)
{
    cl->out_len = snprintf(cl->out, sizeof(cl->out), "ERR %s\n", cause);
    cl->last = true;
}

static void list(struct client *cl)
{
    size_t used = snprintf(cl->out, sizeof(cl->out), "OK\n");

    for (const struct console *c = consoles; c && used + 512 < sizeof(cl->out); c = c->next)
        used += snprintf(cl->out + used, sizeof(cl->out) - used, "%u %.200s %s %llu\n", c->domid,
                         c->name, c->live ? "live" : "dead", (unsigned long long)c->history.end);
    cl->out_len = used;
    cl->last = true;
}

static void attach(struct client *cl, const char *domid)
{
    char *end;
    unsigned long id = strtoul(domid, &end, 10);

    cl->console = *domid && !*end && id < 0x7ff0 ? console_by_domid(id) : NULL;
    if (!cl->console) {
        refuse(cl, "no console of a domain with this number");
        return;
    }
    cl->attached = true;
    cl->until = UINT64_MAX;
    answer(cl, "OK");
}

static void read_log(struct client *cl, const char *name)
{
    cl->console = console_by_name(name);
    if (!cl->console) {
        refuse(cl, "no guest of this name is remembered");
        return;
    }
    cl->until = cl->console->history.end;   /* a guest that talks on must not keep us here */
    cl->last = true;
    answer(cl, "OK");
}

static void obey(struct client *cl, char *line)
{
    char *argument = strchr(line, ' ');

    if (argument)
        *argument++ = '\0';
    if (strcmp(line, "list") == 0)
        list(cl);
    else if (argument && strcmp(line, "attach") == 0)
        attach(cl, argument);
    else if (argument && strcmp(line, "log") == 0)
        read_log(cl, argument);
    else
        refuse(cl, "want: attach DOMID, log NAME, or list");
}

/* ---- bytes ---- */

/* True: nothing is left to send now. */
static bool flush(struct client *cl)
{
    const char *bytes;
    size_t len;

    while (!cl->gone) {
        bool own = cl->out_sent < cl->out_len;
        ssize_t sent;

        bytes = cl->out + cl->out_sent;
        len = cl->out_len - cl->out_sent;
        if (!own && cl->console)
            len = history_from(&cl->console->history, &cl->position, &bytes);
        if (!own && cl->position + len > cl->until)
            len = cl->position < cl->until ? cl->until - cl->position : 0;
        if (len == 0)
            return true;
        sent = send(cl->socket.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            cl->gone = true;
        if (sent <= 0)
            return false;
        if (own)
            cl->out_sent += sent;
        else
            cl->position += sent;
    }
    return false;
}

/* The first line is the request; what follows it is typed text. */
static void take_line(struct client *cl)
{
    char *newline = memchr(cl->in, '\n', cl->in_used), line[LINE];
    size_t len;

    if (!newline) {
        if (cl->in_used >= LINE)
            refuse(cl, "line too long");
        return;
    }
    len = newline - cl->in;
    if (len >= LINE) {
        refuse(cl, "line too long");
        return;
    }
    memcpy(line, cl->in, len);
    line[len] = '\0';
    cl->in_used -= len + 1;
    memmove(cl->in, newline + 1, cl->in_used);
    obey(cl, line);
}

static void take_input(struct client *cl)
{
    ssize_t got = recv(cl->socket.fd, cl->in + cl->in_used, sizeof(cl->in) - cl->in_used,
                       MSG_DONTWAIT);

    if (got > 0)
        cl->in_used += got;
    else if (got == 0)
        cl->deaf = true;
    else if (errno != EAGAIN && errno != EINTR)
        cl->gone = true;
}

static void serve(struct client *cl)
{
    bool done;

    if (!cl->deaf && cl->in_used < sizeof(cl->in))
        take_input(cl);
    if (!cl->out_len && !cl->gone)
        take_line(cl);
    if (cl->attached && cl->console && cl->in_used) {
        size_t taken = console_type(cl->console, cl->in, cl->in_used);

        cl->in_used -= taken;
        memmove(cl->in, cl->in + taken, cl->in_used);
    }
    done = flush(cl);
    if (done && (cl->last || cl->deaf || (cl->attached && !cl->console->live)))
        cl->gone = true;
    loop_want(&cl->socket, (done ? 0 : LOOP_OUT) |
                           (!cl->deaf && cl->in_used < sizeof(cl->in) ? LOOP_IN : 0));
}

static void client_ready(void *owner)
{
    struct client *cl = owner;

    if (!cl->gone)
        serve(cl);
}

void clients_feed(struct console *c)
{
    for (struct client *cl = clients; cl; cl = cl->next) {
        if (cl->console == c && !cl->gone)
            serve(cl);
    }
}

void clients_drop(struct console *c)
{
    for (struct client *cl = clients; cl; cl = cl->next) {
        if (cl->console == c) {
            cl->console = NULL;
            cl->gone = true;
        }
    }
}

void clients_reap(void)
{
    struct client **link = &clients;

    while (*link) {
        struct client *cl = *link;

        if (!cl->gone) {
            link = &cl->next;
            continue;
        }
        *link = cl->next;
        loop_remove(&cl->socket);
        close(cl->socket.fd);
        free(cl);
        client_count--;
    }
}

static void accept_client(void *owner)
{
    int fd = accept4(listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct client *cl = fd >= 0 && client_count < MAX_CLIENTS ? calloc(1, sizeof(*cl)) : NULL;

    (void)owner;
    if (!cl) {
        if (fd >= 0)
            close(fd);
        return;
    }
    cl->socket = (struct loop_source){ .fd = fd, .ready = client_ready, .owner = cl };
    cl->next = clients;
    clients = cl;
    client_count++;
    loop_want(&cl->socket, LOOP_IN);
}

void clients_listen(const char *dir)
{
    listener.fd = listen_at(dir, "consoled");
    listener.ready = accept_client;
    loop_want(&listener, LOOP_IN);
}
