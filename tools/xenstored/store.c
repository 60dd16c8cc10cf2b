/* SPDX-License-Identifier: MIT */
/* The live tree, and the only way to change it: operations on a draft that is then committed. */
#include "store.h"

#include <errno.h>

#include "journal.h"
#include "quota.h"
#include "watches.h"
#include "xalloc.h"

static struct node *live;

static const struct {
    const char *name, *path;
} specials[] = {
    { "@introduceDomain", "/:introduceDomain" },
    { "@releaseDomain", "/:releaseDomain" },
};

#define SPECIALS (sizeof(specials) / sizeof(specials[0]))

void store_init(void)
{
    const struct perm closed = { 0, ACCESS_NONE };

    live = node_new("", 0, &closed, 1, "", 0, 0);
    quota_charge(0, RES_NODES, 1);
    quota_charge(0, RES_BYTES, node_cost(live));
    for (unsigned i = 0; i < SPECIALS; i++) {
        struct op make = { .kind = OP_MKDIR, .path = specials[i].path };

        store_change(&make);
    }
}

struct node *store_root(void)
{
    return live;
}

const char *store_path(const char *name)
{
    if (name[0] != '@')
        return name;
    for (unsigned i = 0; i < SPECIALS; i++) {
        if (strcmp(specials[i].name, name) == 0)
            return specials[i].path;
    }
    return NULL;
}

bool store_is_hidden(const struct node *n)
{
    return node_name(n)[0] == ':';
}

/* ---- drafts ---- */

void draft_begin(struct draft *d, struct node *root)
{
    *d = (struct draft){ .root = node_get(root) };
}

void draft_abandon(struct draft *d)
{
    for (unsigned i = 0; i < d->change_count; i++)
        free(d->changes[i].path);
    free(d->changes);
    free(d->deltas);
    node_put(d->root);
    *d = (struct draft){ 0 };
}

void draft_save(const struct draft *d, struct draft_state *state)
{
    *state = (struct draft_state){
        .root = node_get(d->root),
        .change_count = d->change_count,
        .deltas = xmemdup(d->deltas, d->delta_count * sizeof(*d->deltas)),
        .delta_count = d->delta_count,
    };
}

void draft_restore(struct draft *d, struct draft_state *state)
{
    node_put(d->root);
    free(d->deltas);
    while (d->change_count > state->change_count)
        free(d->changes[--d->change_count].path);
    d->root = state->root;
    d->deltas = state->deltas;
    d->delta_count = state->delta_count;
}

void draft_forget(struct draft_state *state)
{
    node_put(state->root);
    free(state->deltas);
}

static void note_change(struct draft *d, const char *path, bool removed)
{
    d->changes = xgrow_by_one(d->changes, d->change_count, sizeof(*d->changes));
    d->changes[d->change_count++] = (struct change){ xstrdup(path), removed };
}

/* Book a node on its owner (count 1), take it off (-1). */
static void book(struct draft *d, const struct node *n, int count)
{
    struct owner_delta *delta = d->deltas;
    unsigned i = 0;

    while (i < d->delta_count && delta[i].domid != node_owner(n))
        i++;
    if (i == d->delta_count) {
        d->deltas = delta = xgrow(delta, ++d->delta_count, sizeof(*delta));
        delta[i] = (struct owner_delta){ .domid = node_owner(n) };
    }
    delta[i].nodes += count;
    delta[i].bytes += count * (long)node_cost(n);
}

static void book_off_all(struct draft *d, const struct node *n)
{
    book(d, n, -1);
    for (unsigned i = 0; i < n->kid_count; i++)
        book_off_all(d, n->kids[i]);
}

static void replace_node(struct draft *d, const struct node *old, const char *path,
                         struct node *fresh)
{
    book(d, old, -1);
    book(d, fresh, 1);
    tree_put(&d->root, path, fresh);
}

/*
 * Make the missing part of op->path, which is `rest` below `above`: the last node with the value,
 * those between empty. They inherit the permissions of `above`, but belong to an unprivileged
 * maker. Built from the leaf up, so that the tree is copied once.
 */
static void create_chain(struct draft *d, const struct op *op, const struct node *above,
                         const char *rest)
{
    struct perm *perms = xmemdup(above->perms, above->perm_count * sizeof(*perms));
    size_t start = rest - op->path, end = strlen(op->path);
    struct node *below = NULL;
    char *top;

    if (!quota_exempt(op->domid))
        perms[0].domid = op->domid;
    while (end > start) {
        size_t name = end;
        struct node *n;

        while (name > start && op->path[name - 1] != '/')
            name--;
        n = node_new(op->path + name, end - name, perms, above->perm_count,
                     below ? NULL : op->value, below ? 0 : op->value_len, op->domid);
        if (below)
            node_adopt(n, below);
        book(d, n, 1);
        below = n;
        end = name > start ? name - 1 : start;
    }
    top = xmemdup(op->path, start + strcspn(rest, "/"));
    tree_put(&d->root, top, below);
    free(top);
    free(perms);
}

static void apply_write(struct draft *d, const struct op *op)
{
    const char *rest;
    struct node *n = tree_nearest(d->root, op->path, &rest);

    if (*rest)
        create_chain(d, op, n, rest);
    else if (op->kind == OP_MKDIR)
        return;
    else
        replace_node(d, n, op->path, node_with(n, n->perms, n->perm_count, op->value,
                                               op->value_len, op->domid));
    note_change(d, op->path, false);
}

static int apply_remove(struct draft *d, const struct op *op)
{
    struct node *n = tree_find(d->root, op->path);

    if (!n)
        return -ENOENT;
    if (n == d->root)
        return -EINVAL;
    book_off_all(d, n);
    tree_remove(&d->root, op->path, op->domid);
    note_change(d, op->path, true);
    return 0;
}

static int apply_set_perms(struct draft *d, const struct op *op)
{
    struct node *n = tree_find(d->root, op->path);

    if (!n)
        return -ENOENT;
    replace_node(d, n, op->path, node_with(n, op->perms, op->perm_count, node_value(n),
                                           n->value_len, op->domid));
    note_change(d, op->path, false);
    return 0;
}

/* ---- purge: what is left in the tree of a domain that is gone ---- */

struct purge {
    struct draft *draft;
    uint16_t domid;
    char path[PATH_BUFFER];
    size_t len;
};

static unsigned perms_without(const struct node *n, uint16_t domid, struct perm *kept)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n->perm_count; i++) {
        if (n->perms[i].domid != domid)
            kept[count++] = n->perms[i];
        else if (i == 0) /* only the root, which cannot go with its owner */
            kept[count++] = (struct perm){ 0, ACCESS_NONE };
    }
    return count;
}

static struct node *purge_node(struct purge *p, struct node *n);

/* The purged children of `n` in `kids`; how many are left. *same: nothing changed. */
static unsigned purge_kids(struct purge *p, const struct node *n, struct node **kids, bool *same)
{
    size_t len = p->len;
    unsigned count = 0;

    for (unsigned i = 0; i < n->kid_count; i++) {
        struct node *kid = n->kids[i], *left;

        p->len = len + snprintf(p->path + len, sizeof(p->path) - len, "/%s", node_name(kid));
        left = purge_node(p, kid);
        if (left)
            kids[count++] = left;
        *same &= left == kid;
        p->len = len;
        p->path[len] = '\0';
    }
    return count;
}

/* `n` without what belonged to the domain: itself, with one reference more, if that was nothing. */
static struct node *purge_node(struct purge *p, struct node *n)
{
    struct node **kids, *fresh;
    struct perm *perms;
    unsigned perm_count, count;
    bool same;

    if (node_owner(n) == p->domid && p->len > 0 && !store_is_hidden(n)) {
        book_off_all(p->draft, n);
        note_change(p->draft, p->path, true);
        return NULL;
    }
    perms = xgrow(NULL, n->perm_count, sizeof(*perms));
    perm_count = perms_without(n, p->domid, perms);
    same = perm_count == n->perm_count && perms[0].domid == node_owner(n);
    kids = xgrow(NULL, n->kid_count, sizeof(*kids));
    count = purge_kids(p, n, kids, &same);
    if (same) {
        for (unsigned i = 0; i < count; i++)
            node_put(kids[i]);
        free(kids);
        free(perms);
        return node_get(n);
    }
    fresh = node_new(node_name(n), n->name_len, perms, perm_count, node_value(n), n->value_len, 0);
    fresh->kids = kids;
    fresh->kid_count = count;
    book(p->draft, n, -1);
    book(p->draft, fresh, 1);
    free(perms);
    return fresh;
}

static int apply_purge(struct draft *d, const struct op *op)
{
    struct node *purged;
    struct purge *p;

    if (quota_exempt(op->domid))
        return -EINVAL;
    p = xzalloc(sizeof(*p));
    *p = (struct purge){ .draft = d, .domid = op->domid };
    purged = purge_node(p, d->root);
    node_put(d->root);
    d->root = purged;
    free(p);
    return 0;
}

int draft_apply(struct draft *d, const struct op *op)
{
    switch (op->kind) {
    case OP_WRITE:
    case OP_MKDIR:
        apply_write(d, op);
        return 0;
    case OP_REMOVE:
        return apply_remove(d, op);
    case OP_SET_PERMS:
        return apply_set_perms(d, op);
    case OP_PURGE:
        return apply_purge(d, op);
    default:
        return -EINVAL;
    }
}

/* ---- commit ---- */

bool draft_affordable(const struct draft *d, uint16_t domid)
{
    if (quota_exempt(domid))
        return true;
    for (unsigned i = 0; i < d->delta_count; i++) {
        const struct owner_delta *o = &d->deltas[i];

        if (!quota_allows(o->domid, RES_NODES, o->nodes) ||
            !quota_allows(o->domid, RES_BYTES, o->bytes))
            return false;
    }
    return true;
}

int store_commit(struct draft *d, uint16_t domid, const struct op *ops, unsigned op_count)
{
    struct node *old = live;

    if (!draft_affordable(d, domid)) {
        draft_abandon(d);
        return -ENOSPC;
    }
    live = node_get(d->root);
    for (unsigned i = 0; i < d->delta_count; i++) {
        quota_charge(d->deltas[i].domid, RES_NODES, d->deltas[i].nodes);
        quota_charge(d->deltas[i].domid, RES_BYTES, d->deltas[i].bytes);
    }
    for (unsigned i = 0; i < op_count; i++)
        journal_op(&ops[i]);
    for (unsigned i = 0; i < d->change_count; i++)
        watches_fire(d->changes[i].path, d->changes[i].removed, old, live);
    node_put(old);
    draft_abandon(d);
    return 0;
}

int store_change(const struct op *op)
{
    struct draft d;
    int err;

    draft_begin(&d, live);
    err = draft_apply(&d, op);
    if (err) {
        draft_abandon(&d);
        return err;
    }
    return store_commit(&d, op->domid, op, 1);
}

void store_clear(void)
{
    struct draft d;

    draft_begin(&d, live);
    book_off_all(&d, live);
    for (unsigned i = 0; i < d.delta_count; i++) {
        quota_charge(d.deltas[i].domid, RES_NODES, d.deltas[i].nodes);
        quota_charge(d.deltas[i].domid, RES_BYTES, d.deltas[i].bytes);
    }
    draft_abandon(&d);
    node_put(live);
    live = NULL;
}

unsigned store_audit(void)
{
    struct draft d;
    unsigned wrong = 0;

    draft_begin(&d, live);
    book_off_all(&d, live);
    for (unsigned i = 0; i < d.delta_count; i++)
        wrong += quota_used(d.deltas[i].domid, RES_NODES) != -d.deltas[i].nodes;
    draft_abandon(&d);
    return wrong;
}
