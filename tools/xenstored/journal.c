/* SPDX-License-Identifier: MIT */
/* The journal: everything a new daemon needs to go on where a killed one stopped. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"
#include "connections.h"
#include "domains.h"
#include "store.h"
#include "transactions.h"
#include "watches.h"
#include "xalloc.h"

#define MAGIC "XSJRNL1\n"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define RECORD_MAX (64u << 20)          /* more is not a length but rubbish */
#define SNAPSHOT_PIECE (64u << 10)
#define COMPACT_SLACK (4u << 20)        /* history allowed beyond twice the last snapshot */

struct file_header {
    char magic[8];
    char boot_id[40];
};

struct record_header {
    uint32_t len;
    uint32_t hash;
};

enum item {
    ITEM_OP = 1, ITEM_DOMAIN, ITEM_KNOWN, ITEM_FORGET, ITEM_TARGET, ITEM_WATCH, ITEM_UNWATCH,
    ITEM_INPUT, ITEM_OUTPUT, ITEM_TX_START, ITEM_TX_END,
};

static int fd = -1;
static bool replaying;
static char *file_name, *temp_name;
static uint64_t file_size, compact_at;

/* Items of the record to be written next. */
static struct {
    uint8_t *bytes;
    size_t len, room;
} pending;

static bool off(void)
{
    return fd < 0 || replaying;
}

bool journal_replaying(void)
{
    return replaying;
}

/* ---- writing ---- */

static void put(const void *data, size_t len)
{
    if (pending.len + len > pending.room) {
        pending.room = 2 * (pending.len + len);
        pending.bytes = xgrow(pending.bytes, pending.room, 1);
    }
    if (len)
        memcpy(pending.bytes + pending.len, data, len);
    pending.len += len;
}

static void put_number(uint64_t n)
{
    put(&n, sizeof(n));
}

static void put_bytes(const void *data, size_t len)
{
    put_number(len);
    put(data, len);
}

static void put_string(const char *s)
{
    put_bytes(s, strlen(s));
}

static void put_item(enum item item, uint16_t domid)
{
    put_number(item);
    put_number(domid);
}

void journal_op(const struct op *op)
{
    if (off())
        return;
    put_item(ITEM_OP, op->domid);
    put_number(op->kind);
    put_string(op->path ? op->path : "");
    put_bytes(op->value, op->value_len);
    put_bytes(op->perms, op->perm_count * sizeof(*op->perms));
}

void journal_domain(const struct domain *d)
{
    if (off())
        return;
    put_item(ITEM_DOMAIN, d->domid);
    put_number(d->frame);
    put_number(d->remote_port);
    put_number(d->target);
    put_number(d->conn->ring.req_cons);
    put_number(d->conn->ring.rsp_prod);
}

void journal_known(uint16_t domid)
{
    if (!off())
        put_item(ITEM_KNOWN, domid);
}

void journal_forget(uint16_t domid)
{
    if (!off())
        put_item(ITEM_FORGET, domid);
}

void journal_target(uint16_t domid, uint16_t target)
{
    if (off())
        return;
    put_item(ITEM_TARGET, domid);
    put_number(target);
}

void journal_watch(const struct connection *conn, const struct watch *w)
{
    if (off() || !conn->domain)
        return;
    put_item(ITEM_WATCH, conn->domid);
    put_string(w->path);
    put_string(w->token);
    put_number(w->skip);
    put_number(w->depth);
}

void journal_unwatch(const struct connection *conn, const char *path, const char *token)
{
    if (off() || !conn->domain)
        return;
    put_item(ITEM_UNWATCH, conn->domid);
    put_string(path);
    put_string(token);
}

void journal_input(const struct connection *conn)
{
    if (off() || !conn->domain)
        return;
    put_item(ITEM_INPUT, conn->domid);
    put_number(conn->ring.req_cons);
    put_bytes(conn->in, conn->in_used);
}

void journal_output(const struct connection *conn, const void *bytes, size_t len)
{
    if (off() || !conn->domain)
        return;
    put_item(ITEM_OUTPUT, conn->domid);
    put_bytes(bytes, len);
}

void journal_transaction(const struct connection *conn, uint32_t id, bool open)
{
    if (off() || !conn->domain)
        return;
    put_item(open ? ITEM_TX_START : ITEM_TX_END, conn->domid);
    put_number(id);
}

/* Without a journal the store still works; a half-written one would be worse than none. */
static void give_up(const char *what)
{
    log_line("journal: %s: %s; going on without one, a restart will lose the store", what,
             strerror(errno));
    unlink(file_name);
    close(fd);
    fd = -1;
}

static bool write_all(int to, const void *data, size_t len)
{
    const char *at = data;

    while (len) {
        ssize_t written = write(to, at, len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        len -= written;
    }
    return true;
}

static uint32_t hash_bytes(const uint8_t *bytes, size_t len)
{
    uint32_t hash = 2166136261u;

    while (len--)
        hash = (hash ^ *bytes++) * 16777619u;
    return hash;
}

/* Write what is pending as one record to `to`. */
static bool write_record(int to)
{
    struct record_header header = { pending.len, hash_bytes(pending.bytes, pending.len) };
    bool done = write_all(to, &header, sizeof(header)) && write_all(to, pending.bytes, pending.len);

    file_size += sizeof(header) + pending.len;
    pending.len = 0;
    return done;
}

void journal_flush(void)
{
    if (fd < 0 || pending.len == 0)
        return;
    if (!write_record(fd))
        give_up(file_name);
    else if (file_size > compact_at)
        journal_compact();
}

/* ---- snapshot ---- */

static bool snapshot_failed;
static int snapshot_fd;

static void end_piece(void)
{
    if (pending.len > SNAPSHOT_PIECE && !write_record(snapshot_fd))
        snapshot_failed = true;
}

static bool put_node(struct node *n, const char *path, void *data)
{
    struct op write = { .kind = OP_WRITE, .path = path, .value = node_value(n),
                        .value_len = n->value_len };
    struct op perms = { .kind = OP_SET_PERMS, .path = path, .perms = n->perms,
                        .perm_count = n->perm_count };

    (void)data;
    journal_op(&write);
    journal_op(&perms);
    end_piece();
    return true;
}

static void put_transaction(uint32_t id, void *data)
{
    journal_transaction(data, id, true);
}

static void put_connection(struct connection *conn)
{
    for (const struct watch *w = conn->watches; w; w = w->next)
        journal_watch(conn, w);
    transactions_each(conn, put_transaction, conn);
    journal_input(conn);
    for (const struct message *m = conn->out; m; m = m->next)
        journal_output(conn, m->bytes + m->sent, m->len - m->sent);
    end_piece();
}

static void put_everything(void)
{
    char *path = xzalloc(PATH_BUFFER);

    path[0] = '/';
    tree_walk(store_root(), path, put_node, NULL);
    free(path);
    for (const struct domain *d = domains; d; d = d->next) {
        if (!d->conn) {
            journal_known(d->domid);
            continue;
        }
        journal_domain(d);
        put_connection(d->conn);
    }
}

static bool read_boot_id(struct file_header *header)
{
    int from = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
    bool done = from >= 0 && read(from, header->boot_id, sizeof(header->boot_id)) > 0;

    if (from >= 0)
        close(from);
    memcpy(header->magic, MAGIC, sizeof(header->magic));
    return done;
}

/* Write the present state to the temporary file. Called when nothing is pending. */
static bool write_snapshot(void)
{
    struct file_header header = { 0 };

    file_size = sizeof(header);
    snapshot_failed = !read_boot_id(&header) || !write_all(snapshot_fd, &header, sizeof(header));
    put_everything();
    if (pending.len && !write_record(snapshot_fd))
        snapshot_failed = true;
    return !snapshot_failed;
}

void journal_compact(void)
{
    uint64_t old_size = file_size;

    if (fd < 0)
        return;
    if (pending.len) {
        compact_at = 0; /* in the middle of a turn: let the next flush do it */
        return;
    }
    snapshot_fd = open(temp_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (snapshot_fd < 0 || !write_snapshot() || rename(temp_name, file_name)) {
        log_line("journal: cannot write %s anew: %s", file_name, strerror(errno));
        if (snapshot_fd >= 0)
            close(snapshot_fd);
        file_size = old_size;
        compact_at = 2 * old_size + COMPACT_SLACK;
        return;
    }
    close(fd);
    fd = snapshot_fd;
    compact_at = 2 * file_size + COMPACT_SLACK;
}

void journal_close(void)
{
    if (fd >= 0)
        close(fd);
    fd = -1;
    free(pending.bytes);
    memset(&pending, 0, sizeof(pending));
    free(file_name);
    free(temp_name);
    file_name = temp_name = NULL;
}

/* ---- reading back ---- */

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

/* All whole records; what comes after the first broken one was never seen by anybody. */
static void replay(const uint8_t *bytes, size_t len)
{
    while (len >= sizeof(struct record_header)) {
        struct record_header header;
        struct cursor c;

        memcpy(&header, bytes, sizeof(header));
        bytes += sizeof(header);
        len -= sizeof(header);
        if (header.len > len || header.len > RECORD_MAX || header.hash != hash_bytes(bytes, header.len))
            return;
        c = (struct cursor){ .at = bytes, .end = bytes + header.len };
        while (c.at < c.end && !c.bad)
            replay_item(&c);
        bytes += header.len;
        len -= header.len;
    }
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
        watch_add(conn, w->path, w->skip, w->token, w->depth);
    for (struct past_item *t = p->transactions; t; t = t->next)
        transaction_restore(conn, t->tx);
}

static void revive_domains(void)
{
    while (pasts) {
        struct past *p = pasts;
        struct domain *d;

        if (!p->introduced)
            domain_exists(p->domid);
        else if (domain_reconnect(p->domid, p->frame, p->remote_port, p->target, &d) == 0)
            revive_connection(d->conn, p);
        past_forget(p->domid);
    }
}

/* The whole file in memory, or NULL if there is none of this boot. */
static uint8_t *read_file(size_t *len)
{
    struct file_header wanted = { 0 };
    struct stat st;
    uint8_t *bytes = NULL;
    int from = open(file_name, O_RDONLY | O_CLOEXEC);

    if (from < 0)
        return NULL;
    if (read_boot_id(&wanted) && fstat(from, &st) == 0 && st.st_size >= (off_t)sizeof(wanted)) {
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

int journal_open(const char *dir, bool *restored)
{
    uint8_t *bytes;
    size_t len;

    mkdir(dir, 0700);
    if (asprintf(&file_name, "%s/journal", dir) < 0 || asprintf(&temp_name, "%s.new", file_name) < 0)
        return -ENOMEM;
    bytes = read_file(&len);
    *restored = bytes != NULL;
    if (bytes) {
        replaying = true;
        replay(bytes + sizeof(struct file_header), len - sizeof(struct file_header));
        revive_domains();
        replaying = false;
        free(bytes);
    }
    fd = open(file_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    journal_compact();
    return 0;
}
