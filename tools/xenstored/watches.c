/* SPDX-License-Identifier: MIT */
/* Watches: who wants to hear of which part of the tree, and telling them. */
#include "watches.h"

#include <errno.h>

#include "connections.h"
#include "journal.h"
#include "quota.h"
#include "store.h"
#include "xalloc.h"

/* Watches by path: an event looks up each prefix of its path here. */
#define BUCKETS 4096
static struct watch *buckets[BUCKETS];

#define HASH_START 2166136261u

static uint32_t hash_more(uint32_t hash, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)s[i]) * 16777619u;
    return hash;
}

static struct watch **bucket(const char *path)
{
    return &buckets[hash_more(HASH_START, path, strlen(path)) % BUCKETS];
}

static long watch_cost(const char *path, const char *token)
{
    return sizeof(struct watch) + strlen(path) + strlen(token) + 2;
}

static struct watch **find(struct connection *conn, const char *path, const char *token)
{
    struct watch **w = &conn->watches;

    while (*w && (strcmp((*w)->path, path) || strcmp((*w)->token, token)))
        w = &(*w)->next;
    return w;
}

/* At *end of the connection's list. */
static void put(struct watch **end, struct connection *conn, const char *path, unsigned skip,
                const char *token, int depth)
{
    struct watch **home = bucket(path), *w = xzalloc(sizeof(*w));

    *w = (struct watch){ .conn = conn, .path = xstrdup(path), .token = xstrdup(token),
                         .skip = skip, .depth = depth };
    *end = w;
    w->next_on_path = *home;
    *home = w;
    quota_charge(conn->domid, RES_WATCHES, 1);
    quota_charge(conn->domid, RES_BYTES, watch_cost(path, token));
    journal_watch(conn, w);
}

int watch_add(struct connection *conn, const char *path, unsigned skip, const char *token,
              int depth)
{
    struct watch **end = find(conn, path, token);

    if (*end)
        return -EEXIST;
    if (!quota_allows(conn->domid, RES_WATCHES, 1) ||
        !quota_allows(conn->domid, RES_BYTES, watch_cost(path, token)))
        return -E2BIG;
    put(end, conn, path, skip, token, depth);
    return 0;
}

void watch_restore(struct connection *conn, const char *path, unsigned skip, const char *token,
                   int depth)
{
    put(find(conn, path, token), conn, path, skip, token, depth);
}

static void drop(struct watch **link)
{
    struct watch *w = *link, **home = bucket(w->path);

    while (*home != w)
        home = &(*home)->next_on_path;
    *home = w->next_on_path;
    *link = w->next;
    quota_charge(w->conn->domid, RES_WATCHES, -1);
    quota_charge(w->conn->domid, RES_BYTES, -watch_cost(w->path, w->token));
    free(w->path);
    free(w->token);
    free(w);
}

int watch_del(struct connection *conn, const char *path, const char *token)
{
    struct watch **w = find(conn, path, token);

    if (!*w)
        return -ENOENT;
    journal_unwatch(conn, path, token);
    drop(w);
    return 0;
}

void watches_drop_all(struct connection *conn)
{
    while (conn->watches)
        drop(&conn->watches);
}

/* ---- events ---- */

/* Reading the parent is enough: it already tells that the child exists. */
static bool readable_in(struct node *root, const char *path, const struct caller *who)
{
    size_t parent_len;
    const char *rest;
    struct node *n = tree_nearest(root, path, &rest);
    char *parent_path;
    struct node *parent;

    if (*rest == '\0' && (perms_access(n, who) & ACCESS_READ))
        return true;
    path_leaf(path, &parent_len);
    parent_path = xmemdup(path, parent_len);
    parent = tree_find(root, parent_path);
    free(parent_path);
    return parent && (perms_access(parent, who) & ACCESS_READ);
}

/* A change, as the watches on one of its prefixes are asked about it. */
struct event {
    const char *path;
    struct node *before, *after;
};

static void tell(const struct watch *w, const struct event *e)
{
    struct caller who = connection_caller(w->conn);

    if (w->depth != WATCH_ANY_DEPTH && path_depth_below(e->path, w->path) > (unsigned)w->depth)
        return;
    if (quota_exempt(who.domid) || readable_in(e->before, e->path, &who) ||
        readable_in(e->after, e->path, &who))
        connection_event(w->conn, e->path + w->skip, w->token, EVENT_MERGE);
}

/* Watches at exactly the first `len` bytes of the event's path, whose hash is known. */
static void tell_at(const struct event *e, size_t len, uint32_t hash)
{
    for (struct watch *w = buckets[hash % BUCKETS]; w; w = w->next_on_path) {
        if (strncmp(w->path, e->path, len) == 0 && w->path[len] == '\0')
            tell(w, e);
    }
}

struct removal {
    struct event event;
    const char *top;
};

static bool tell_removed(struct node *n, const char *path, void *data)
{
    struct removal *r = data;
    size_t len = strlen(path);

    (void)n;
    r->event.path = path;
    if (strcmp(path, r->top))
        tell_at(&r->event, len, hash_more(HASH_START, path, len));
    return true;
}

static void fire_below(const char *path, struct node *before, struct node *after)
{
    struct removal r = { .event = { .before = before, .after = after }, .top = path };
    struct node *n = tree_find(before, path);
    char *buffer;

    if (!n || !n->kid_count)
        return;
    buffer = xzalloc(PATH_BUFFER);
    strncpy(buffer, path, PATH_BUFFER - 1);
    tree_walk(n, buffer, tell_removed, &r);
    free(buffer);
}

void watches_fire(const char *path, bool removed, struct node *before, struct node *after)
{
    struct event e = { .path = path, .before = before, .after = after };
    uint32_t hash = hash_more(HASH_START, path, 1);

    if (journal_replaying())
        return;
    tell_at(&e, 1, hash);
    for (size_t i = 1; path[i]; i++) {
        hash = hash_more(hash, path + i, 1);
        if (path[i + 1] == '/' || path[i + 1] == '\0')
            tell_at(&e, i + 1, hash);
    }
    if (removed)
        fire_below(path, before, after);
}

void watches_fire_special(const char *name)
{
    struct node *n = tree_find(store_root(), store_path(name));

    if (journal_replaying() || !n)
        return;
    for (struct watch *w = *bucket(name); w; w = w->next_on_path) {
        struct caller who = connection_caller(w->conn);

        if (strcmp(w->path, name) == 0 && (perms_access(n, &who) & ACCESS_READ))
            connection_event(w->conn, name, w->token, EVENT_MERGE);
    }
}
