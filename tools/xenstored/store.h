/* SPDX-License-Identifier: MIT */
/* The live tree, and the only way to change it: operations on a draft that is then committed. */
#ifndef XENSTORED_STORE_H
#define XENSTORED_STORE_H

#include "tree.h"

/* One change. It names everything it needs, so that it can be done again on another tree. */
enum op_kind {
    OP_WRITE,           /* value; makes the node and missing parents */
    OP_MKDIR,           /* makes the node and missing parents; nothing if it exists */
    OP_REMOVE,          /* the node and all below */
    OP_SET_PERMS,
    OP_PURGE,           /* all nodes owned by domain `domid`, and all rights given to it */
    OP_COUNT,
};

struct op {
    enum op_kind kind;
    uint16_t domid;     /* who makes the change; owner of new nodes if unprivileged */
    const char *path;
    const void *value;
    uint32_t value_len;
    uint16_t perm_count;
    const struct perm *perms;
};

/* What a committed draft must tell watchers, in order. */
struct change {
    char *path;
    bool removed;       /* together with everything below it */
};

/* What a draft adds to one owner's account; negative when it gives back. */
struct owner_delta {
    uint16_t domid;
    long nodes;
    long bytes;
};

/* A changed tree that nobody sees yet. */
struct draft {
    struct node *root;
    struct change *changes;
    unsigned change_count;
    struct owner_delta *deltas;
    unsigned delta_count;
};

/* An empty store: "/" owned by Domain0, closed to others; likewise the two special nodes. */
void store_init(void);

/* Drop everything; only for tests and at exit. */
void store_clear(void);

/* The live root; no reference taken, valid until the next commit. */
struct node *store_root(void);

/*
 * Where a name as clients write it is kept in the tree: specials ("@introduceDomain",
 * "@releaseDomain") under a name that no client path can contain. NULL: no such special.
 */
const char *store_path(const char *name);
bool store_is_hidden(const struct node *n);

void draft_begin(struct draft *d, struct node *root);
void draft_abandon(struct draft *d);

/* A draft as it was at one moment, to go back to: after saving, restore it or forget it. */
struct draft_state {
    struct node *root;
    unsigned change_count;
    struct owner_delta *deltas;
    unsigned delta_count;
};

void draft_save(const struct draft *d, struct draft_state *state);
void draft_restore(struct draft *d, struct draft_state *state);
void draft_forget(struct draft_state *state);

/*
 * Do one operation on the draft. Asks for no permission. -ENOENT: OP_REMOVE or OP_SET_PERMS of a
 * missing node; -EINVAL: OP_REMOVE of the root. On error the draft is as before.
 */
int draft_apply(struct draft *d, const struct op *op);

/* Would the draft, made by `domid`, keep every unprivileged owner within its quota? */
bool draft_affordable(const struct draft *d, uint16_t domid);

/*
 * Make the draft the live tree, charge the owners, write `ops` to the journal, fire watches.
 * Consumes the draft. -ENOSPC (then nothing has happened): over quota.
 */
int store_commit(struct draft *d, uint16_t domid, const struct op *ops, unsigned op_count);

/* One operation by itself: begin, apply, commit. */
int store_change(const struct op *op);

/*
 * Count every node of the live tree again and compare with the accounts. Returns the number of
 * owners whose number of nodes differs.
 */
unsigned store_audit(void);

#endif
