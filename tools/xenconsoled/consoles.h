/* SPDX-License-Identifier: MIT */
/* Guests' consoles: ring, terminal, log and memory of each, from its start until after its end. */
#ifndef XENCONSOLED_CONSOLES_H
#define XENCONSOLED_CONSOLES_H

#include <stdbool.h>
#include <stdint.h>

#include "history.h"
#include "logfile.h"
#include "loop.h"
#include "ratelimit.h"
#include "rings.h"

/*
 * A console is opened when the store first describes it. At the guest's death it is closed (ring,
 * port and terminal go) but remembered, so that its last words can still be read; of one name
 * only the latest is remembered, and REMEMBERED of them at most.
 */
#define REMEMBERED 32

struct console {
    struct console *next;
    uint16_t domid;
    char *name;
    bool live;
    bool ending;                /* dead, but its terminal still has unread output */
    uint64_t end_by;            /* ms: when to stop waiting for that */

    volatile struct xencons_interface *page;
    uint32_t remote_port;
    int port;
    bool held_back;             /* port masked, ring not looked at before `next_look` */
    uint64_t next_look;         /* ms */
    struct ratelimit rate;
    bool complained;            /* of nonsense in the ring, once is enough */

    struct loop_source master;  /* of the pseudo terminal */
    int slave;
    uint64_t tty_position;      /* what the terminal has got of the history */
    uint64_t limit;             /* most unread bytes a terminal gets (console/limit) */

    struct logfile log;
    struct history history;
};

extern struct console *consoles;

/* Where logs go and how large one may become; set before the first console. */
extern const char *console_log_dir;     /* NULL: no logs */
extern uint64_t console_log_limit;

/* What the store says about a guest's console. */
struct console_place {
    uint16_t domid;
    const char *name;
    uint32_t port;
    uint64_t limit;             /* 0: none given */
};

/*
 * Open the console, or, if it is open, take note of a new name, ring or port. Returns 0, or -errno
 * from mapping, binding or opening a terminal; nothing is left half open then.
 */
int console_open(const struct console_place *place);

/* Name of the terminal, valid until the next call; "" if there is none. */
const char *console_tty(const struct console *c);

struct console *console_by_domid(uint16_t domid);       /* live ones only */
struct console *console_by_name(const char *name);      /* live, or else remembered */
struct console *console_by_port(int port);

/* The guest has died: take its last output, then close once the terminal is read empty. */
void console_end(struct console *c);

/*
 * Take what the guest has put out, and leave it alone for a while after that (ratelimit.h); its
 * port is unmasked once a look finds nothing new.
 */
void console_serve(struct console *c);

/* Hand bytes typed by somebody to the guest. Returns how many there was room for. */
size_t console_type(struct console *c, const char *bytes, size_t len);

/* Timed work: guests held back, ends. Milliseconds until the next, or -1. */
int consoles_tick(void);

/* After SIGHUP. */
void consoles_reopen_logs(void);

#endif
