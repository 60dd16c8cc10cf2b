/* SPDX-License-Identifier: MIT */
/* The tree of nodes: shared between versions, so that a snapshot is one reference to a root. */
#ifndef XENSTORED_TREE_H
#define XENSTORED_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum access {
    ACCESS_NONE = 0,
    ACCESS_READ = 1,
    ACCESS_WRITE = 2,
    ACCESS_OWNER = 4,
    ACCESS_ALL = ACCESS_READ | ACCESS_WRITE | ACCESS_OWNER,
};

/*
 * One permission. A node has at least one: the first names the owner, and what everybody
 * whom no later entry names may do.
 */
struct perm {
    uint16_t domid;
    uint8_t access;
};

/*
 * Nobody changes a node that two trees hold: a change makes new copies of the nodes from the root
 * down to it, and shares everything else. A root is therefore a consistent picture of the whole
 * store for as long as a reference to it is held, and a change that fails half-way leaves nothing
 * to undo.
 *
 * `gen` is renewed when the node's value or permissions change, `kids_gen` when a child comes or
 * goes; two versions of a node with equal numbers are equal in that respect.
 */
struct node {
    uint32_t refs;
    uint32_t kid_count;
    uint64_t gen;
    uint64_t kids_gen;
    struct node **kids;         /* sorted by name */
    uint32_t value_len;
    uint16_t perm_count;
    uint16_t name_len;
    uint16_t writer;            /* domain that made the last change, of either kind */
    struct perm perms[];        /* then the name and its NUL, then the value */
};

static inline const char *node_name(const struct node *n)
{
    return (const char *)(n->perms + n->perm_count);
}

static inline const char *node_value(const struct node *n)
{
    return node_name(n) + n->name_len + 1;
}

static inline uint16_t node_owner(const struct node *n)
{
    return n->perms[0].domid;
}

/*
 * Bytes of all nodes ever made. What a tree shares no longer with a later one is less than what was
 * made between them.
 */
extern uint64_t tree_bytes_made;

/* Bytes the node alone (without its children) occupies; what its owner is charged. */
size_t node_cost(const struct node *n);

/* A new node without children, one reference held by the caller. Copies all it is given. */
struct node *node_new(const char *name, size_t name_len, const struct perm *perms,
                      size_t perm_count, const void *value, size_t value_len, uint16_t writer);

/* A copy of `n` with other permissions and value: same name and children, a new `gen`. */
struct node *node_with(const struct node *n, const struct perm *perms, size_t perm_count,
                       const void *value, size_t value_len, uint16_t writer);

/* Makes `kid` the only child of `parent`, which no tree may hold yet; takes over the reference. */
void node_adopt(struct node *parent, struct node *kid);

struct node *node_get(struct node *n);
void node_put(struct node *n);

/* The node at `path` ("/" or "/a/b"), no reference taken, or NULL. */
struct node *tree_find(struct node *root, const char *path);

/*
 * The deepest existing node on the way to `path` (possibly itself). *rest: what of `path` is left
 * below it, without a leading slash; "" when the node itself exists.
 */
struct node *tree_nearest(struct node *root, const char *path, const char **rest);

/*
 * Put `node` at `path` in the tree whose only reference the caller holds in *root: in place of the
 * old one, or as a new child of an existing parent. Nodes that other trees hold too are copied,
 * so those trees stay as they are; *root may change. Takes over the caller's reference to `node`.
 * -ENOENT: there is no parent; nothing has changed then.
 */
int tree_put(struct node **root, const char *path, struct node *node);

/* The same to take the node at `path` away, with all below. -ENOENT: missing, or the root. */
int tree_remove(struct node **root, const char *path, uint16_t writer);

/*
 * Calls visit for `n`, whose path is `path`, and for all below it, parents first. visit answers
 * whether to go on below that node. `path` is a buffer of PATH_BUFFER bytes that is written to.
 */
#define PATH_BUFFER 8192
typedef bool (*node_visit)(struct node *n, const char *path, void *data);
void tree_walk(struct node *n, char *path, node_visit visit, void *data);

/* How many components `path` has below its prefix `above` ("/" or "/a"): 0 if they are equal. */
unsigned path_depth_below(const char *path, const char *above);

/* Splits off the last component: *parent_len bytes are the parent's path ("/a" has "/": 1). */
const char *path_leaf(const char *path, size_t *parent_len);

#endif
