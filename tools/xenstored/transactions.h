/* SPDX-License-Identifier: MIT */
/* Transactions: a private tree, what was looked at on the way, and whether that still holds. */
#ifndef XENSTORED_TRANSACTIONS_H
#define XENSTORED_TRANSACTIONS_H

#include "store.h"

struct connection;

/*
 * A transaction sees the store as it was when it began, plus its own changes. It fails to
 * commit only if something it looked at is no longer as it was: what a node holds (and its
 * permissions), or which children it has. Creating a child is not looking at its siblings, so
 * two transactions may each add one to the same node.
 */
struct transaction;

/* The two things one can look at in a node. */
enum look { LOOK_NODE, LOOK_KIDS };

/* Begin one. *id: its number, never 0. -ENOSPC: too many open. */
int transaction_start(struct connection *conn, uint32_t *id);

/* NULL: this connection has no such transaction. */
struct transaction *transaction_find(struct connection *conn, uint32_t id);

/* The tree it works on; no reference taken. */
struct node *transaction_root(struct transaction *t);

/* Remember that the request depended on this. -ENOSPC: too many, or over quota. */
int transaction_look(struct transaction *t, const char *path, enum look what);

/* One change in it; copies the operation. Errors as draft_apply(), or -ENOSPC. */
int transaction_change(struct transaction *t, const struct op *op);

/* End it. -EAGAIN: a conflict; -ENOSPC: over quota. Nothing has happened in either case. */
int transaction_end(struct transaction *t, bool commit);

void transactions_drop_all(struct connection *conn);

/*
 * After a restart: one that was open before. It can be worked in, but its end answers -EAGAIN.
 */
void transaction_restore(struct connection *conn, uint32_t id);

/*
 * A domain has died: doom those that would give it rights, or its number's next bearer. What they
 * name was checked when it came.
 */
void transactions_doom_naming(uint16_t domid);

/*
 * A transaction keeps the tree of its start in memory: doom unprivileged ones that are old, at time
 * `now` of clock_ms() or by how much of the tree was made anew since.
 */
void transactions_expire(uint64_t now);

/* Calls visit with the number of each open one. */
void transactions_each(const struct connection *conn, void (*visit)(uint32_t id, void *data),
                       void *data);

#endif
