/* SPDX-License-Identifier: MIT */
/* Watches: who wants to hear of which part of the tree, and telling them. */
#ifndef XENSTORED_WATCHES_H
#define XENSTORED_WATCHES_H

#include "tree.h"

struct connection;

#define WATCH_ANY_DEPTH (-1)

struct watch {
    struct watch *next;             /* of this connection */
    struct watch *next_on_path;     /* with the same path hash */
    struct connection *conn;
    char *path;                     /* absolute, or "@..." */
    char *token;
    unsigned skip;                  /* bytes an event leaves out, for a relative watch */
    int depth;                      /* levels below the path that matter, or WATCH_ANY_DEPTH */
};

/*
 * Register. `path` is absolute or special; `skip` leading bytes of it are not what the client
 * wrote. -EEXIST: same path and token already; -E2BIG: over quota.
 */
int watch_add(struct connection *conn, const char *path, unsigned skip, const char *token,
              int depth);

/* As it was before a restart: whoever has it is not asked again whether he may. */
void watch_restore(struct connection *conn, const char *path, unsigned skip, const char *token,
                   int depth);

/* -ENOENT: no such watch. */
int watch_del(struct connection *conn, const char *path, const char *token);

void watches_drop_all(struct connection *conn);

/*
 * Tell everyone who watches `path` or a place above it and who may read the node (or its parent) in
 * `before` or `after`. removed: `path` and all below it in `before` are gone, and watches below it
 * are told of exactly their nodes.
 */
void watches_fire(const char *path, bool removed, struct node *before, struct node *after);

/* The same for a special name; who may read its node is told. */
void watches_fire_special(const char *name);

#endif
