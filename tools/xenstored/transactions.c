/* SPDX-License-Identifier: MIT */
/* Transactions: a private tree, what was looked at on the way, and whether that still holds. */
#include "transactions.h"

#include <errno.h>
#include <search.h>

#include "daemon/clock.h"
#include "connections.h"
#include "journal.h"
#include "quota.h"
#include "xalloc.h"

#define LIFETIME_MS 30000       /* longer than any guest needs, even under emulation */
#define PAST_BYTES (16u << 20)  /* of replaced nodes; what all guests together can keep */

struct looked_at {
    enum look what;
    char path[];
};

/*
 * `base` is the live tree when it began, `draft` that plus the changes in `ops`. A doomed one
 * has neither: it reads the live tree, drops its changes, and its end is -EAGAIN.
 */
struct transaction {
    struct transaction *next;
    struct connection *conn;
    uint32_t id;
    bool doomed;
    uint64_t started;
    uint64_t made_before;       /* tree_bytes_made when it began */
    struct node *base;
    struct draft draft;
    struct op *ops;
    unsigned op_count;
    void *looked;               /* tsearch tree of struct looked_at */
    unsigned look_count;
    long bytes;                 /* charged to the connection's domain */
};

static struct transaction *transaction_new(struct connection *conn, uint32_t id)
{
    struct transaction *t = xzalloc(sizeof(*t));

    t->conn = conn;
    t->id = id;
    t->started = clock_ms();
    t->made_before = tree_bytes_made;
    t->bytes = sizeof(*t);
    t->next = conn->transactions;
    conn->transactions = t;
    quota_charge(conn->domid, RES_TRANSACTIONS, 1);
    quota_charge(conn->domid, RES_BYTES, t->bytes);
    journal_transaction(conn, id, true);
    return t;
}

int transaction_start(struct connection *conn, uint32_t *id)
{
    struct transaction *t;

    if (!quota_allows(conn->domid, RES_TRANSACTIONS, 1))
        return -ENOSPC;
    do {
        conn->last_tx++;
    } while (conn->last_tx == 0 || transaction_find(conn, conn->last_tx));
    t = transaction_new(conn, conn->last_tx);
    t->base = node_get(store_root());
    draft_begin(&t->draft, t->base);
    *id = t->id;
    return 0;
}

void transaction_restore(struct connection *conn, uint32_t id)
{
    transaction_new(conn, id)->doomed = true;
    if (id > conn->last_tx)
        conn->last_tx = id;
}

struct transaction *transaction_find(struct connection *conn, uint32_t id)
{
    struct transaction *t = conn->transactions;

    while (t && t->id != id)
        t = t->next;
    return t;
}

struct node *transaction_root(struct transaction *t)
{
    return t->doomed ? store_root() : t->draft.root;
}

static int charge(struct transaction *t, long bytes)
{
    if (!quota_allows(t->conn->domid, RES_BYTES, bytes))
        return -ENOSPC;
    quota_charge(t->conn->domid, RES_BYTES, bytes);
    t->bytes += bytes;
    return 0;
}

static int compare_looks(const void *a, const void *b)
{
    const struct looked_at *x = a, *y = b;

    return x->what != y->what ? (int)x->what - (int)y->what : strcmp(x->path, y->path);
}

int transaction_look(struct transaction *t, const char *path, enum look what)
{
    size_t size = sizeof(struct looked_at) + strlen(path) + 1;
    struct looked_at *l;

    if (t->doomed)
        return 0;
    l = xzalloc(size);
    l->what = what;
    strcpy(l->path, path);
    if (tfind(l, &t->looked, compare_looks)) {
        free(l);
        return 0;
    }
    if ((!quota_exempt(t->conn->domid) && t->look_count >= quota.changes) ||
        charge(t, size + 4 * sizeof(void *))) {
        free(l);
        return -ENOSPC;
    }
    xcheck(tsearch(l, &t->looked, compare_looks));
    t->look_count++;
    return 0;
}

static void keep_op(struct transaction *t, const struct op *op)
{
    struct op *copy;

    t->ops = xgrow_by_one(t->ops, t->op_count, sizeof(*t->ops));
    copy = &t->ops[t->op_count++];
    *copy = *op;
    copy->path = xstrdup(op->path);
    copy->value = xmemdup(op->value, op->value_len);
    copy->perms = xmemdup(op->perms, op->perm_count * sizeof(*op->perms));
}

/* What a change makes the transaction hold: itself, and copies of the nodes above the place. */
static long change_cost(const struct op *op)
{
    return sizeof(*op) + strlen(op->path) + op->value_len + op->perm_count * sizeof(*op->perms) +
           (1 + path_depth_below(op->path, "/")) * (long)sizeof(struct node);
}

static int try_doomed_change(const struct op *op)
{
    struct draft d;
    int err;

    draft_begin(&d, store_root());
    err = draft_apply(&d, op);
    draft_abandon(&d);
    return err;
}

int transaction_change(struct transaction *t, const struct op *op)
{
    uint16_t domid = t->conn->domid;
    struct draft_state before;
    int err;

    if (t->doomed)
        return try_doomed_change(op);
    if (!quota_exempt(domid) && t->op_count >= quota.changes)
        return -ENOSPC;
    err = charge(t, change_cost(op));
    if (err)
        return err;
    draft_save(&t->draft, &before);
    err = draft_apply(&t->draft, op);
    if (!err && !draft_affordable(&t->draft, domid))
        err = -ENOSPC;
    if (err) {
        draft_restore(&t->draft, &before);
        return err;
    }
    draft_forget(&before);
    keep_op(t, op);
    return 0;
}

/* ---- end ---- */

static void drop_trees(struct transaction *t)
{
    if (t->doomed)
        return;
    node_put(t->base);
    if (t->draft.root)
        draft_abandon(&t->draft);
    for (unsigned i = 0; i < t->op_count; i++) {
        free((void *)t->ops[i].path);
        free((void *)t->ops[i].value);
        free((void *)t->ops[i].perms);
    }
    free(t->ops);
    tdestroy(t->looked, free);
    t->doomed = true;
    t->looked = NULL;
    t->ops = NULL;
    t->op_count = 0;
}

static void transaction_free(struct transaction *t)
{
    struct transaction **link = &t->conn->transactions;

    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    journal_transaction(t->conn, t->id, false);
    drop_trees(t);
    quota_charge(t->conn->domid, RES_TRANSACTIONS, -1);
    quota_charge(t->conn->domid, RES_BYTES, -t->bytes);
    free(t);
}

struct verdict {
    struct node *base;
    bool conflict;
    uint16_t culprit;           /* who made the change that conflicts */
};

static uint64_t version(struct node *root, const struct looked_at *l, uint16_t *writer)
{
    const char *rest;
    struct node *n = tree_nearest(root, l->path, &rest);

    *writer = n->writer;
    if (*rest)
        return 0;
    return l->what == LOOK_NODE ? n->gen : n->kids_gen;
}

static void compare_versions(const void *nodep, VISIT which, void *data)
{
    const struct looked_at *l = *(const struct looked_at *const *)nodep;
    struct verdict *v = data;
    uint16_t writer;

    if ((which == postorder || which == leaf) && !v->conflict) {
        uint64_t then = version(v->base, l, &writer), now = version(store_root(), l, &writer);

        v->conflict = then != now;
        v->culprit = writer;
    }
}

/* Nothing else happened meanwhile, or nothing that matters: then the changes hold as they are. */
static int commit(struct transaction *t)
{
    struct verdict v = { .base = t->base };
    uint16_t domid = t->conn->domid;
    struct draft fresh;
    int err = 0;

    if (t->doomed)
        return -EAGAIN;
    if (t->base == store_root())
        return store_commit(&t->draft, domid, t->ops, t->op_count);
    twalk_r(t->looked, compare_versions, &v);
    if (v.conflict) {
        if (v.culprit != domid)
            connections_penalise(v.culprit);
        return -EAGAIN;
    }
    draft_begin(&fresh, store_root());
    for (unsigned i = 0; i < t->op_count && !err; i++)
        err = draft_apply(&fresh, &t->ops[i]);
    if (err) {
        draft_abandon(&fresh);
        return -EAGAIN;
    }
    return store_commit(&fresh, domid, t->ops, t->op_count);
}

int transaction_end(struct transaction *t, bool wanted)
{
    int err = wanted ? commit(t) : 0;

    transaction_free(t);
    return err;
}

void transactions_drop_all(struct connection *conn)
{
    while (conn->transactions)
        transaction_free(conn->transactions);
}

static bool names(const struct transaction *t, uint16_t domid)
{
    for (unsigned i = 0; i < t->op_count; i++)
        for (unsigned k = 0; k < t->ops[i].perm_count; k++)
            if (t->ops[i].perms[k].domid == domid)
                return true;
    return false;
}

void transactions_doom_naming(uint16_t domid)
{
    for (struct connection *conn = connections; conn; conn = conn->next)
        for (struct transaction *t = conn->transactions; t; t = t->next)
            if (names(t, domid))
                drop_trees(t);
}

void transactions_expire(uint64_t now)
{
    for (struct connection *conn = connections; conn; conn = conn->next) {
        if (quota_exempt(conn->domid))
            continue;
        for (struct transaction *t = conn->transactions; t; t = t->next) {
            if (now - t->started > LIFETIME_MS ||
                tree_bytes_made - t->made_before > PAST_BYTES)
                drop_trees(t);
        }
    }
}

void transactions_each(const struct connection *conn, void (*visit)(uint32_t id, void *data),
                       void *data)
{
    for (struct transaction *t = conn->transactions; t; t = t->next)
        visit(t->id, data);
}
