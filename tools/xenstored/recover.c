/* SPDX-License-Identifier: MIT */
/* Reading the journal back: what a new daemon does to be where the killed one was. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"
#include "connections.h"
#include "domains.h"
#include "journal_format.h"
#include "store.h"
#include "transactions.h"
#include "watches.h"
#include "xalloc.h"

struct cursor {
    const uint8_t *at, *end;
    bool bad;
};

static uint64_t get_number(struct cursor *c)
{
    uint64_t n = 0;

    if ((size_t)(c->end - c->at) < sizeof(n)) {
        c->bad = true;
        return 0;
    }
    memcpy(&n, c->at, sizeof(n));
    c->at += sizeof(n);
    return n;
}

static const void *get_bytes(struct cursor *c, size_t *len)
{
    const uint8_t *bytes;

    *len = get_number(c);
    if (*len > (size_t)(c->end - c->at)) {
        c->bad = true;
        *len = 0;
    }
    bytes = c->at;
    c->at += *len;
    return bytes;
}

static char *get_string(struct cursor *c)
{
    size_t len;
    const void *bytes = get_bytes(c, &len);

    return xmemdup(bytes, len);
}

/* A watch or transaction to bring back; what is not used is 0. */
struct past_item {
    struct past_item *next;
    char *path, *token;
    unsigned skip;
    int depth;
    uint32_t tx;
};

/* What the journal says of a domain, until all is read and it can be connected again. */
struct past {
    struct past *next;
    uint16_t domid, target;
    bool introduced;
    uint64_t frame;
    uint32_t remote_port, req_cons, rsp_start;
    char *in, *out;
    size_t in_len, out_len;
    struct past_item *watches, *transactions;
};

static struct past *pasts;

static void free_items(struct past_item **list)
{
    while (*list) {
        struct past_item *item = *list;

        *list = item->next;
        free(item->path);
        free(item->token);
        free(item);
    }
}

static void past_reset(struct past *p)
{
    free_items(&p->watches);
    free_items(&p->transactions);
    free(p->in);
    free(p->out);
    p->in = p->out = NULL;
    p->in_len = p->out_len = 0;
    p->introduced = false;
    p->target = NO_TARGET;
}

static struct past *past_of(uint16_t domid)
{
    struct past *p = pasts;

    while (p && p->domid != domid)
        p = p->next;
    if (p)
        return p;
    p = xzalloc(sizeof(*p));
    p->domid = domid;
    p->target = NO_TARGET;
    p->next = pasts;
    pasts = p;
    return p;
}

static void past_forget(uint16_t domid)
{
    struct past **link = &pasts, *p = past_of(domid);

    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    past_reset(p);
    free(p);
}

static void replay_op(struct cursor *c, uint16_t domid)
{
    struct op op = { .domid = domid, .kind = get_number(c) };
    char *path = get_string(c);
    size_t value_len, perm_size;
    struct draft d;

    op.path = path;
    op.value = get_bytes(c, &value_len);
    op.value_len = value_len;
    op.perms = get_bytes(c, &perm_size);
    op.perm_count = perm_size / sizeof(*op.perms);
    if (!c->bad) {
        draft_begin(&d, store_root());
        if (draft_apply(&d, &op))
            draft_abandon(&d);
        else
            store_commit(&d, 0, NULL, 0); /* it was within quota when it happened */
    }
    free(path);
}

static void replay_domain(struct cursor *c, uint16_t domid)
{
    struct past *p = past_of(domid);

    past_reset(p);
    p->introduced = true;
    p->frame = get_number(c);
    p->remote_port = get_number(c);
    p->target = get_number(c);
    p->req_cons = get_number(c);
    p->rsp_start = get_number(c);
}

static void replay_watch(struct cursor *c, uint16_t domid)
{
    struct past_item *w = xzalloc(sizeof(*w)), **end = &past_of(domid)->watches;

    w->path = get_string(c);
    w->token = get_string(c);
    w->skip = get_number(c);
    w->depth = get_number(c);
    while (*end)
        end = &(*end)->next;
    *end = w;
}

static void drop_item(struct past_item **link)
{
    struct past_item *item = *link;

    *link = item->next;
    item->next = NULL;
    free_items(&item);
}

static void replay_unwatch(struct cursor *c, uint16_t domid)
{
    struct past_item **w = &past_of(domid)->watches;
    char *path = get_string(c), *token = get_string(c);

    while (*w && (strcmp((*w)->path, path) || strcmp((*w)->token, token)))
        w = &(*w)->next;
    if (*w)
        drop_item(w);
    free(path);
    free(token);
}

static void replay_input(struct cursor *c, uint16_t domid)
{
    struct past *p = past_of(domid);
    const void *bytes;

    p->req_cons = get_number(c);
    bytes = get_bytes(c, &p->in_len);
    free(p->in);
    p->in = xmemdup(bytes, p->in_len);
}

static void replay_output(struct cursor *c, uint16_t domid)
{
    struct past *p = past_of(domid);
    size_t len;
    const void *bytes = get_bytes(c, &len);

    if (len == 0)
        return;
    p->out = xgrow(p->out, p->out_len + len, 1);
    memcpy(p->out + p->out_len, bytes, len);
    p->out_len += len;
}

static void replay_transaction(struct cursor *c, uint16_t domid, bool open)
{
    struct past_item **t = &past_of(domid)->transactions;
    uint32_t id = get_number(c);

    if (open) {
        struct past_item *fresh = xzalloc(sizeof(*fresh));

        fresh->tx = id;
        fresh->next = *t;
        *t = fresh;
        return;
    }
    while (*t && (*t)->tx != id)
        t = &(*t)->next;
    if (*t)
        drop_item(t);
}

/* Whoever acted for a domain that is gone does not act for the next of its number. */
static void forget_target(uint16_t domid)
{
    for (struct past *p = pasts; p; p = p->next)
        if (p->target == domid)
            p->target = NO_TARGET;
}

static void replay_item(struct cursor *c)
{
    uint64_t item = get_number(c);
    uint16_t domid = get_number(c);

    if (c->bad)
        return;
    switch (item) {
    case ITEM_OP:
        replay_op(c, domid);
        break;
    case ITEM_DOMAIN:
        replay_domain(c, domid);
        break;
    case ITEM_KNOWN:
        past_of(domid);
        break;
    case ITEM_FORGET:
        past_forget(domid);
        forget_target(domid);
        break;
    case ITEM_TARGET:
        past_of(domid)->target = get_number(c);
        break;
    case ITEM_WATCH:
        replay_watch(c, domid);
        break;
    case ITEM_UNWATCH:
        replay_unwatch(c, domid);
        break;
    case ITEM_INPUT:
        replay_input(c, domid);
        break;
    case ITEM_OUTPUT:
        replay_output(c, domid);
        break;
    case ITEM_TX_START:
    case ITEM_TX_END:
        replay_transaction(c, domid, item == ITEM_TX_START);
        break;
    default:
        c->bad = true;
    }
}

/*
 * All whole records; what comes after the first broken one was never seen by anybody. Returns the
 * length of those.
 */
static size_t replay(const uint8_t *bytes, size_t len)
{
    struct journal_record header;
    const uint8_t *start = bytes;

    while (len >= sizeof(header)) {
        struct cursor c;

        memcpy(&header, bytes, sizeof(header));
        len -= sizeof(header);
        if (header.len > len || header.len > JOURNAL_RECORD_MAX ||
            header.hash != journal_hash(bytes + sizeof(header), header.len))
            break;
        bytes += sizeof(header);
        c = (struct cursor){ .at = bytes, .end = bytes + header.len };
        while (c.at < c.end && !c.bad)
            replay_item(&c);
        bytes += header.len;
        len -= header.len;
    }
    return (size_t)(bytes - start);
}

/* Put the connection where the dead daemon left it. */
static void revive_connection(struct connection *conn, struct past *p)
{
    uint32_t sent = conn->ring.rsp_prod - p->rsp_start;

    conn->ring.req_cons = conn->journaled_cons = p->req_cons;
    if (p->in_len && p->in_len <= XENSTORE_PAYLOAD_MAX + sizeof(conn->hdr)) {
        conn->in_used = p->in_len;
        memcpy(conn->in, p->in, p->in_len);
    }
    if (sent > p->out_len) {
        log_line("domain %u: its ring claims replies that were never sent; ignored from now on",
                 p->domid);
        conn->frozen = true;
        return;
    }
    if (sent < p->out_len)
        connection_queue_raw(conn, p->out + sent, p->out_len - sent);
    for (struct past_item *w = p->watches; w; w = w->next)
        watch_restore(conn, w->path, w->skip, w->token, w->depth);
    for (struct past_item *t = p->transactions; t; t = t->next)
        transaction_restore(conn, t->tx);
}

static void revive_domains(void)
{
    while (pasts) {
        struct past *p = pasts;
        struct domain *d;

        if (!p->introduced)
            domain_remember(p->domid);
        else if (domain_reconnect(p->domid, p->frame, p->remote_port, p->target, &d) == 0)
            revive_connection(d->conn, p);
        past_forget(p->domid);
    }
}

/* The whole file in memory, or NULL if there is none of this boot. */
static uint8_t *read_file(const char *file_name, size_t *len)
{
    struct journal_header wanted = { 0 };
    struct stat st;
    uint8_t *bytes = NULL;
    int from = open(file_name, O_RDONLY | O_CLOEXEC);

    if (from < 0)
        return NULL;
    if (journal_header_now(&wanted) && fstat(from, &st) == 0 &&
        st.st_size >= (off_t)sizeof(wanted)) {
        bytes = xzalloc(st.st_size);
        if (read(from, bytes, st.st_size) != st.st_size ||
            memcmp(bytes, &wanted, sizeof(wanted))) {
            free(bytes);
            bytes = NULL;
        }
        *len = st.st_size;
    }
    close(from);
    return bytes;
}

bool journal_recover(const char *file_name, size_t *whole)
{
    const size_t header = sizeof(struct journal_header);
    size_t len;
    uint8_t *bytes = read_file(file_name, &len);

    if (!bytes)
        return false;
    *whole = header + replay(bytes + header, len - header);
    revive_domains();
    free(bytes);
    return true;
}
