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
#include "journal_format.h"
#include "store.h"
#include "transactions.h"
#include "watches.h"
#include "xalloc.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define SNAPSHOT_PIECE (64u << 10)
#define COMPACT_SLACK (4u << 20)        /* history allowed beyond twice the last snapshot */

static int fd = -1;
static bool replaying;
static char *file_name, *temp_name;
static uint64_t file_size, compact_at;

/* The record to be written next: in one piece with its header, for one system call. */
static struct {
    struct journal_record *record;
    size_t len, room;           /* of its items, which follow the header */
} pending;

static uint8_t *pending_items(void)
{
    return (uint8_t *)(pending.record + 1);
}

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
        pending.record = xgrow(pending.record, sizeof(*pending.record) + pending.room, 1);
    }
    if (len)
        memcpy(pending_items() + pending.len, data, len);
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

static void put_item(enum journal_item item, uint16_t domid)
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

uint32_t journal_hash(const uint8_t *bytes, size_t len)
{
    uint32_t hash = 2166136261u;

    while (len--)
        hash = (hash ^ *bytes++) * 16777619u;
    return hash;
}

/* Write what is pending as one record to `to`. */
static bool write_record(int to)
{
    size_t size = sizeof(*pending.record) + pending.len;

    *pending.record = (struct journal_record){ pending.len,
                                               journal_hash(pending_items(), pending.len) };
    file_size += size;
    pending.len = 0;
    return write_all(to, pending.record, size);
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

bool journal_header_now(struct journal_header *header)
{
    int from = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
    bool done = from >= 0 && read(from, header->boot_id, sizeof(header->boot_id)) > 0;

    if (from >= 0)
        close(from);
    memcpy(header->magic, JOURNAL_MAGIC, sizeof(header->magic));
    return done;
}

/* Write the present state to the temporary file. Called when nothing is pending. */
static bool write_snapshot(void)
{
    struct journal_header header = { 0 };

    file_size = sizeof(header);
    snapshot_failed = !journal_header_now(&header) ||
                      !write_all(snapshot_fd, &header, sizeof(header));
    put_everything();
    if (pending.len && !write_record(snapshot_fd))
        snapshot_failed = true;
    return !snapshot_failed;
}

/* False: the old file is still the one. */
static bool compact(void)
{
    uint64_t old_size = file_size;

    snapshot_fd = open(temp_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (snapshot_fd < 0 || !write_snapshot() || rename(temp_name, file_name)) {
        log_line("journal: cannot write %s anew: %s", file_name, strerror(errno));
        if (snapshot_fd >= 0)
            close(snapshot_fd);
        file_size = old_size;
        compact_at = 2 * old_size + COMPACT_SLACK;
        return false;
    }
    close(fd);
    fd = snapshot_fd;
    compact_at = 2 * file_size + COMPACT_SLACK;
    return true;
}

void journal_compact(void)
{
    if (fd >= 0 && pending.len)
        compact_at = 0; /* in the middle of a turn: let the next flush do it */
    else if (fd >= 0)
        compact();
}

void journal_close(void)
{
    if (fd >= 0)
        close(fd);
    fd = -1;
    free(pending.record);
    memset(&pending, 0, sizeof(pending));
    free(file_name);
    free(temp_name);
    file_name = temp_name = NULL;
}

/* ---- start ---- */

int journal_open(const char *dir, bool *restored)
{
    size_t whole = 0;

    mkdir(dir, 0700);
    if (asprintf(&file_name, "%s/journal", dir) < 0 ||
        asprintf(&temp_name, "%s.new", file_name) < 0)
        return -ENOMEM;
    replaying = true;
    *restored = journal_recover(file_name, &whole);
    replaying = false;
    fd = open(file_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    /* No room for a new one: go on behind what is whole of the old one. */
    file_size = whole;
    if (!compact() && (!*restored || ftruncate(fd, (off_t)whole)))
        give_up(file_name);
    return 0;
}
