/* SPDX-License-Identifier: MIT */
/* The journal: everything a new daemon needs to go on where a killed one stopped. */
#ifndef XENSTORED_JOURNAL_H
#define XENSTORED_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection;
struct domain;
struct op;
struct watch;

/*
 * It outlives the daemon, not the machine: when Domain0 goes down its guests are gone too, so
 * nothing is ever synced to disk, and a file from an earlier boot is ignored. What happens within
 * one turn of the event loop becomes one record, written by journal_flush() before any of it can be
 * seen from outside; a record cut short by the end of the daemon counts as not written.
 *
 * What a domain has been told is not journaled, it need not be: the free-running indices in its
 * ring page say how far each direction has come. The journal has the request index up to which
 * requests are dealt with, the bytes of an unfinished request, and all bytes queued for the domain
 * since a known reply index. Local sockets are not journaled: their clients notice the end.
 */

/*
 * Open the journal in directory `dir`, bring back what it holds if it is of this boot, and write
 * it anew. *restored: something was brought back. On error the daemon may run without one.
 */
int journal_open(const char *dir, bool *restored);

/* Write what has happened since. */
void journal_flush(void);

/* Start a new file that holds the present state without its history. */
void journal_compact(void);

void journal_close(void);

/* True while journal_open() repeats the past: nobody is to be told of it again. */
bool journal_replaying(void);

/* One function for each thing that can happen. Free of effect if there is no journal. */
void journal_op(const struct op *op);
void journal_domain(const struct domain *d);        /* introduced, or its ring starts anew */
void journal_known(uint16_t domid);                 /* named in a permission */
void journal_forget(uint16_t domid);
void journal_target(uint16_t domid, uint16_t target);
void journal_watch(const struct connection *conn, const struct watch *w);
void journal_unwatch(const struct connection *conn, const char *path, const char *token);
void journal_input(const struct connection *conn);
void journal_output(const struct connection *conn, const void *bytes, size_t len);
void journal_transaction(const struct connection *conn, uint32_t id, bool open);

#endif
