/* SPDX-License-Identifier: MIT */
/* Guests' consoles: ring, terminal, log and memory of each, from its start until after its end. */
#include "consoles.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "clients.h"
#include "links.h"
#include "ratelimit.h"

#define END_WAIT_MS 2000        /* how long a dead guest's terminal stays for its reader */

struct console *consoles;
const char *console_log_dir;
uint64_t console_log_limit = 1u << 20;

/* ---- terminal ---- */

static void close_tty(struct console *c)
{
    loop_remove(&c->master);
    if (c->master.fd >= 0)
        close(c->master.fd);
    if (c->slave >= 0)
        close(c->slave);
    c->master.fd = c->slave = -1;
}

static void tty_ready(void *owner);

/* The slave side stays open, so that output waits for a reader when there is none. */
static int open_tty(struct console *c)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), err;
    struct termios raw;

    c->master.fd = master;
    if (master < 0 || grantpt(master) || unlockpt(master))
        goto fail;
    c->slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (c->slave < 0 || tcgetattr(c->slave, &raw))
        goto fail;
    cfmakeraw(&raw); /* nothing echoed, nothing translated */
    if (tcsetattr(c->slave, TCSANOW, &raw))
        goto fail;
    c->master.ready = tty_ready;
    c->master.owner = c;
    loop_want(&c->master, LOOP_IN);
    return 0;
fail:
    err = -errno;
    close_tty(c);
    return err;
}

const char *console_tty(const struct console *c)
{
    const char *name = c->master.fd >= 0 ? ptsname(c->master.fd) : NULL;

    return name ? name : "";
}

/* ---- finding ---- */

struct console *console_by_domid(uint16_t domid)
{
    struct console *c = consoles;

    while (c && !(c->live && c->domid == domid))
        c = c->next;
    return c;
}

/* New ones are at the head of the list, and so found first. */
struct console *console_by_name(const char *name)
{
    struct console *remembered = NULL;

    for (struct console *c = consoles; c; c = c->next) {
        if (strcmp(c->name, name))
            continue;
        if (c->live)
            return c;
        if (!remembered)
            remembered = c;
    }
    return remembered;
}

struct console *console_by_port(int port)
{
    struct console *c = consoles;

    while (c && !(c->live && c->port == port))
        c = c->next;
    return c;
}

/* ---- opening ---- */

static void disconnect(struct console *c)
{
    if (c->port >= 0)
        links_unbind(c->port);
    if (c->page)
        links_unmap((void *)c->page);
    c->port = -1;
    c->page = NULL;
}

static int connect_ring(struct console *c, const struct console_place *place)
{
    void *page;
    int port, err = links_map(place->domid, &page);

    if (err)
        return err;
    port = links_bind(place->domid, place->port);
    if (port < 0) {
        links_unmap(page);
        return port;
    }
    c->page = page;
    c->port = port;
    c->remote_port = place->port;
    return 0;
}

static void forget(struct console **link)
{
    struct console *c = *link;

    *link = c->next;
    clients_drop(c);
    logfile_close(&c->log);
    free(c->name);
    free(c);
}

/* Drop remembered ones of the same name, and the oldest when they are too many. */
static void make_room(const char *name)
{
    struct console **link = &consoles;
    unsigned dead = 0;

    while (*link) {
        struct console *c = *link;

        if (!c->live && !c->ending && (strcmp(c->name, name) == 0 || ++dead >= REMEMBERED))
            forget(link);
        else
            link = &c->next;
    }
}

/*
 * A ring that was read before now belongs to a guest that an earlier daemon served: go on where
 * its log ends, with nothing repeated at the terminal.
 */
static void recall(struct console *c)
{
    char *tail;

    if (c->page->out_cons == 0)
        return;
    tail = malloc(HISTORY_SIZE);
    if (tail)
        history_add(&c->history, tail, logfile_tail(&c->log, tail, HISTORY_SIZE));
    free(tail);
    c->tty_position = c->history.end;
}

static void open_log(struct console *c)
{
    if (console_log_dir)
        logfile_open(&c->log, console_log_dir, c->name, console_log_limit);
}

/* The guest was renamed: what it says from now on is in a log of that name. */
static void rename_to(struct console *c, const char *name)
{
    char *copy = strcmp(c->name, name) ? strdup(name) : NULL;

    if (!copy)
        return;
    free(c->name);
    c->name = copy;
    logfile_close(&c->log);
    open_log(c);
}

static int reconnect(struct console *c, const struct console_place *place)
{
    rename_to(c, place->name);
    if (c->remote_port == place->port)
        return 0;
    disconnect(c);
    return connect_ring(c, place);
}

int console_open(const struct console_place *place)
{
    struct console *c = console_by_domid(place->domid);
    int err;

    if (c)
        return reconnect(c, place);
    c = calloc(1, sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->domid = place->domid;
    c->limit = place->limit ? place->limit : UINT64_MAX;
    c->port = c->master.fd = c->slave = c->log.fd = -1;
    err = (c->name = strdup(place->name)) ? connect_ring(c, place) : -ENOMEM;
    if (err)
        goto fail_ring;
    err = open_tty(c);
    if (err)
        goto fail_tty;
    make_room(c->name);
    open_log(c);
    recall(c);
    c->live = true;
    c->next = consoles;
    consoles = c;
    console_serve(c); /* the guest's event may have come before we listened */
    return 0;
fail_tty:
    disconnect(c);
fail_ring:
    free(c->name);
    free(c);
    return err;
}

/* ---- output ---- */

/* Give the terminal what it has not had, as far as it takes it. True: it has everything. */
static bool feed_tty(struct console *c)
{
    const char *bytes;
    size_t len;

    if (c->master.fd < 0)
        return true;
    if (c->history.end - c->tty_position > c->limit)
        c->tty_position = c->history.end - c->limit;
    while ((len = history_from(&c->history, &c->tty_position, &bytes)) > 0) {
        ssize_t written = write(c->master.fd, bytes, len);

        if (written <= 0)
            return false;
        c->tty_position += written;
    }
    return true;
}

/*
 * Everything the ring holds: memory and disk first, then the ring is told that it is taken. True:
 * there was something.
 */
static bool drain(struct console *c)
{
    char buf[sizeof(c->page->out)];
    uint32_t next;
    int len = c->page ? ring_output(c->page, buf, sizeof(buf), &next) : 0;

    if (len == -EPROTO) {
        if (!c->complained)
            log_line("guest %s: nonsensical index in its console ring; skipped", c->name);
        c->complained = true;
        ring_done(c->page, c->page->out_prod);
        return true;
    }
    if (len == 0)
        return false;
    history_add(&c->history, buf, len);
    logfile_write(&c->log, buf, len);
    ring_done(c->page, next);
    links_notify(c->port);
    return true;
}

static void serve_tty(struct console *c);

static uint64_t cpu_time_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

static unsigned int held_back(void)
{
    unsigned int count = 0;

    for (const struct console *c = consoles; c; c = c->next)
        count += c->live && c->held_back;
    return count;
}

void console_serve(struct console *c)
{
    uint64_t began = cpu_time_us(), now = clock_ms();
    bool took = drain(c);

    serve_tty(c);
    clients_feed(c);            /* typing may have waited for the guest to read */
    c->held_back = took;
    c->next_look = now + rate_pause_ms(&c->rate, cpu_time_us() - began, now, held_back());
    /* Events without output cost as well. */
    c->held_back = took || c->rate.debt_us > RATE_BURST_US;
    /* An event between the look and this comes at once. */
    if (!c->held_back)
        links_unmask(c->port);
}

/* ---- input ---- */

size_t console_type(struct console *c, const char *bytes, size_t len)
{
    size_t room = c->page ? ring_input_room(c->page) : 0;

    if (len > room)
        len = room;
    if (len) {
        ring_input(c->page, bytes, len);
        links_notify(c->port);
    }
    return len;
}

/*
 * Both directions of the terminal. We wait for what helps only: for its reader when there is
 * output left, for typing when the guest has room for it.
 */
static void serve_tty(struct console *c)
{
    char buf[sizeof(c->page->in)];
    size_t room = c->page ? ring_input_room(c->page) : 0;
    ssize_t got;

    if (c->master.fd < 0)
        return;
    got = room ? read(c->master.fd, buf, room) : 0;
    if (got > 0)
        room -= console_type(c, buf, got);
    loop_want(&c->master, (feed_tty(c) ? 0 : LOOP_OUT) | (room ? LOOP_IN : 0));
}

static void tty_ready(void *owner)
{
    serve_tty(owner);
}

/* ---- end ---- */

void console_end(struct console *c)
{
    drain(c);
    disconnect(c);
    c->live = false;
    c->ending = true;
    c->end_by = clock_ms() + END_WAIT_MS;
    clients_feed(c);
}

/* Has the terminal, or whoever reads it, still something to come? */
static bool tty_unread(struct console *c)
{
    int waiting = 0;

    return !feed_tty(c) || (ioctl(c->slave, FIONREAD, &waiting) == 0 && waiting > 0);
}

static void finish(struct console *c)
{
    c->ending = false;
    close_tty(c);
    logfile_close(&c->log);
}

int consoles_tick(void)
{
    uint64_t now = clock_ms();
    int next = -1;

    for (struct console *c = consoles; c; c = c->next) {
        int wait = INT_MAX;

        if (c->live && c->held_back && now >= c->next_look)
            console_serve(c);
        if (c->live && c->held_back)
            wait = c->next_look > now ? (int)(c->next_look - now) : 0;
        if (c->ending) {
            wait = 100;
            if (now >= c->end_by || !tty_unread(c))
                finish(c);
        }
        if (wait < INT_MAX && (next < 0 || wait < next))
            next = wait;
    }
    return next;
}

void consoles_reopen_logs(void)
{
    for (struct console *c = consoles; c; c = c->next) {
        if (c->live)
            logfile_reopen(&c->log);
    }
}
