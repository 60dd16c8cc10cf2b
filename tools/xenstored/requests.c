/* SPDX-License-Identifier: MIT */
/* The requests of the wire protocol: one table row and one function each. */
#include "requests.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/log.h"
#include "connections.h"
#include "control.h"
#include "domains.h"
#include "quota.h"
#include "store.h"
#include "transactions.h"
#include "watches.h"
#include "xalloc.h"

#define MAX_PATH (XENSTORE_ABS_PATH_MAX + 64)   /* a relative name and the home before it */
#define MAX_ARGS 4

bool log_requests;

struct request {
    struct connection *conn;
    struct transaction *tx;     /* NULL outside of one */
    struct caller who;
    const char *payload;
    size_t len;
    const char *arg[MAX_ARGS];  /* its strings, if the table row asks for them */
    unsigned arg_count;
};

static void reply_ok(const struct request *rq)
{
    connection_reply(rq->conn, rq->conn->hdr.type, "OK", sizeof("OK"));
}

static void reply_text(const struct request *rq, const char *text)
{
    connection_reply(rq->conn, rq->conn->hdr.type, text, strlen(text) + 1);
}

/* ---- names ---- */

/* Put the caller's home, which goes before a relative name, into `path`. Returns its length. */
static unsigned home(const struct request *rq, char *path)
{
    return snprintf(path, MAX_PATH, "/local/domain/%u/", rq->who.domid);
}

static bool well_formed(const char *path)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-/_@";
    size_t len = strlen(path);

    if (path[strspn(path, allowed)] || strstr(path, "//"))
        return false;
    return len == 1 || path[len - 1] != '/';
}

/* The absolute form of a name, special ones excluded. *skip: bytes put before it. */
static int resolve(const struct request *rq, const char *name, char path[MAX_PATH], unsigned *skip)
{
    size_t len = strlen(name);

    *skip = 0;
    if (name[0] == '/') {
        if (len >= XENSTORE_ABS_PATH_MAX)
            return -EINVAL;
    } else {
        if (len == 0 || name[0] == '@' || len >= XENSTORE_REL_PATH_MAX)
            return -EINVAL;
        *skip = home(rq, path);
    }
    memcpy(path + *skip, name, len + 1);
    return well_formed(path) ? 0 : -EINVAL;
}

/* The same, with the special names allowed: for them, where they are kept. */
static int resolve_any(const struct request *rq, const char *name, char path[MAX_PATH])
{
    unsigned skip;

    if (name[0] != '@')
        return resolve(rq, name, path, &skip);
    if (!store_path(name))
        return -EINVAL;
    strcpy(path, store_path(name));
    return 0;
}

/* ---- looking at nodes ---- */

static struct node *view(const struct request *rq)
{
    return rq->tx ? transaction_root(rq->tx) : store_root();
}

static int look_at_prefix(const struct request *rq, const char *path, size_t len)
{
    char prefix[MAX_PATH];

    memcpy(prefix, path, len);
    prefix[len] = '\0';
    return transaction_look(rq->tx, prefix, LOOK_NODE);
}

/*
 * What a request learns by looking for `path`: in a transaction, remember the node whose
 * permissions decided and, if the path ends early, the first step that was missing.
 */
static int remember(const struct request *rq, const char *path, const char *rest)
{
    size_t known = rest - path;
    int err;

    if (!rq->tx)
        return 0;
    if (!*rest)
        return transaction_look(rq->tx, path, LOOK_NODE);
    err = look_at_prefix(rq, path, known > 1 ? known - 1 : 1);
    return err ? err : look_at_prefix(rq, path, known + strcspn(rest, "/"));
}

/*
 * The node, if the caller has all of `need` on it. A missing node is -ENOENT only for those who
 * have the same on the nearest one above; others learn nothing (-EACCES), nor does the end of their
 * transaction depend on it: its writer would be made to wait by whoever he shut out.
 */
static int look(const struct request *rq, const char *path, unsigned need, struct node **n)
{
    const char *rest;
    int err;

    *n = tree_nearest(view(rq), path, &rest);
    if ((perms_access(*n, &rq->who) & need) != need)
        return -EACCES;
    err = remember(rq, path, rest);
    return err ? err : *rest ? -ENOENT : 0;
}

static int change(const struct request *rq, const struct op *op)
{
    return rq->tx ? transaction_change(rq->tx, op) : store_change(op);
}

/* ---- nodes ---- */

static int do_read(const struct request *rq)
{
    char path[MAX_PATH];
    struct node *n;
    unsigned skip;
    int err = resolve(rq, rq->arg[0], path, &skip);

    if (!err)
        err = look(rq, path, ACCESS_READ, &n);
    if (!err)
        connection_reply(rq->conn, XS_READ, node_value(n), n->value_len);
    return err;
}

/* The names of the children, each with its NUL, in one buffer for free(). */
static char *list_kids(const struct node *n, size_t *len)
{
    size_t size = 0;
    char *list, *at;

    for (unsigned i = 0; i < n->kid_count; i++)
        size += n->kids[i]->name_len + 1;
    at = list = xgrow(NULL, size, 1);
    for (unsigned i = 0; i < n->kid_count; i++) {
        const struct node *kid = n->kids[i];

        if (store_is_hidden(kid))
            continue;
        memcpy(at, node_name(kid), kid->name_len + 1);
        at += kid->name_len + 1;
    }
    *len = at - list;
    return list;
}

static int look_at_kids(const struct request *rq, struct node **n)
{
    char path[MAX_PATH];
    unsigned skip;
    int err = resolve(rq, rq->arg[0], path, &skip);

    if (!err)
        err = look(rq, path, ACCESS_READ, n);
    if (!err && rq->tx)
        err = transaction_look(rq->tx, path, LOOK_KIDS);
    return err;
}

static int do_directory(const struct request *rq)
{
    struct node *n;
    size_t len;
    char *list;
    int err = look_at_kids(rq, &n);

    if (err)
        return err;
    list = list_kids(n, &len);
    connection_reply(rq->conn, XS_DIRECTORY, list, len);
    free(list);
    return 0;
}

/*
 * The child list from a byte offset on, as many whole names as fit. Before it the version of the
 * list, by which the client notices a change between parts; an empty name ends the last part.
 */
static int do_directory_part(const struct request *rq)
{
    char part[XENSTORE_PAYLOAD_MAX], *end;
    size_t used, len, offset;
    struct node *n;
    char *list;
    int err = look_at_kids(rq, &n);

    if (err)
        return err;
    offset = strtoul(rq->arg[1], &end, 10);
    if (*rq->arg[1] == '\0' || *end)
        return -EINVAL;
    list = list_kids(n, &len);
    used = snprintf(part, sizeof(part), "%llu", (unsigned long long)n->kids_gen) + 1;
    while (offset < len) {
        size_t name = strnlen(list + offset, len - offset) + 1;

        if (used + name + 1 > sizeof(part) || offset + name > len)
            break;
        memcpy(part + used, list + offset, name);
        used += name;
        offset += name;
    }
    if (offset >= len)
        part[used++] = '\0';
    connection_reply(rq->conn, XS_DIRECTORY_PART, part, used);
    free(list);
    return 0;
}

static int make(const struct request *rq, enum op_kind kind, const void *value, size_t len)
{
    char path[MAX_PATH];
    struct op op = { .kind = kind, .domid = rq->who.domid, .path = path, .value = value,
                     .value_len = len };
    struct node *n;
    unsigned skip;
    int err = resolve(rq, rq->arg[0], path, &skip);

    if (!err)
        err = look(rq, path, ACCESS_WRITE, &n);
    if (err && err != -ENOENT)
        return err;
    if (!quota_exempt(rq->who.domid) && path_depth_below(path, "/") > (unsigned)quota.depth)
        return -ENOSPC;
    err = change(rq, &op);
    if (!err)
        reply_ok(rq);
    return err;
}

static int do_write(const struct request *rq)
{
    const char *value = rq->arg[1];
    size_t len = rq->payload + rq->len - value;

    if (!quota_exempt(rq->who.domid) && len > (size_t)quota.value)
        return -ENOSPC;
    return make(rq, OP_WRITE, value, len);
}

static int do_mkdir(const struct request *rq)
{
    return make(rq, OP_MKDIR, NULL, 0);
}

/* Removing what is not there succeeds if its parent is there. */
static int remove_missing(const struct request *rq, char *path)
{
    struct node *parent;
    size_t parent_len;

    path_leaf(path, &parent_len);
    path[parent_len] = '\0';
    return look(rq, path, ACCESS_NONE, &parent);
}

static int do_rm(const struct request *rq)
{
    char path[MAX_PATH];
    struct op op = { .kind = OP_REMOVE, .domid = rq->who.domid, .path = path };
    struct node *n;
    unsigned skip;
    int err = resolve(rq, rq->arg[0], path, &skip);

    if (!err)
        err = look(rq, path, ACCESS_WRITE, &n);
    if (err == -ENOENT)
        err = remove_missing(rq, path);
    else if (!err)
        err = change(rq, &op);
    if (!err)
        reply_ok(rq);
    return err;
}

/* ---- permissions ---- */

static int do_get_perms(const struct request *rq)
{
    char path[MAX_PATH], *text;
    struct node *n;
    size_t used = 0;
    int err = resolve_any(rq, rq->arg[0], path);

    if (!err)
        err = look(rq, path, ACCESS_READ, &n);
    if (err)
        return err;
    text = xgrow(NULL, n->perm_count, PERM_TEXT);
    for (unsigned i = 0; i < n->perm_count; i++) {
        perm_format(&n->perms[i], text + used);
        used += strlen(text + used) + 1;
    }
    connection_reply(rq->conn, XS_GET_PERMS, text, used);
    free(text);
    return 0;
}

/*
 * Parse the list behind the path. An entry for a domain that does not exist would one day be found
 * by a stranger with its number: it is left out, and nobody can be made owner who is not there.
 */
static int parse_perms(const struct request *rq, struct perm *perms, unsigned *count)
{
    const char *at = rq->arg[1], *end = rq->payload + rq->len;
    long given = 0;

    for (*count = 0; at < end; at += strlen(at) + 1, given++) {
        int err = perm_parse(at, &perms[*count]);

        if (err)
            return err;
        if (!quota_exempt(rq->who.domid) && given >= quota.perms)
            return -ENOSPC;
        if (domain_exists(perms[*count].domid))
            ++*count;
        else if (given == 0)
            return -ENOENT;
    }
    return *count ? 0 : -EINVAL;
}

static int do_set_perms(const struct request *rq)
{
    char path[MAX_PATH];
    struct perm perms[XENSTORE_PAYLOAD_MAX / 3];
    struct op op = { .kind = OP_SET_PERMS, .domid = rq->who.domid, .path = path, .perms = perms };
    struct node *n;
    unsigned count;
    int err = resolve_any(rq, rq->arg[0], path);

    if (!err)
        err = look(rq, path, ACCESS_WRITE | ACCESS_OWNER, &n);
    if (!err)
        err = parse_perms(rq, perms, &count);
    if (err)
        return err;
    if (!quota_exempt(rq->who.domid) && perms[0].domid != node_owner(n))
        return -EPERM;
    op.perm_count = count;
    err = change(rq, &op);
    if (!err)
        reply_ok(rq);
    return err;
}

/* ---- watches ---- */

static int resolve_watch(const struct request *rq, char path[MAX_PATH], unsigned *skip)
{
    *skip = 0;
    if (rq->arg[0][0] != '@')
        return resolve(rq, rq->arg[0], path, skip);
    if (!store_path(rq->arg[0]))
        return -EINVAL;
    strcpy(path, rq->arg[0]);
    return 0;
}

static int do_watch(const struct request *rq)
{
    int depth = WATCH_ANY_DEPTH;
    char path[MAX_PATH], *end;
    unsigned skip;
    int err = resolve_watch(rq, path, &skip);

    if (!err && rq->arg_count == 3) {
        depth = strtoul(rq->arg[2], &end, 10);
        if (rq->arg[2][0] == '\0' || *end || depth < 0)
            err = -EINVAL;
    }
    if (!err)
        err = watch_add(rq->conn, path, skip, rq->arg[1], depth);
    if (err)
        return err;
    reply_ok(rq);
    /* The first event comes at once: it saves clients from asking how things are now. */
    connection_event(rq->conn, rq->arg[0], rq->arg[1], EVENT_ALWAYS);
    return 0;
}

static int do_unwatch(const struct request *rq)
{
    char path[MAX_PATH];
    unsigned skip;
    int err = resolve_watch(rq, path, &skip);

    if (!err)
        err = watch_del(rq->conn, path, rq->arg[1]);
    if (!err)
        reply_ok(rq);
    return err;
}

static int do_reset_watches(const struct request *rq)
{
    transactions_drop_all(rq->conn);
    while (rq->conn->watches)
        watch_del(rq->conn, rq->conn->watches->path, rq->conn->watches->token);
    reply_ok(rq);
    return 0;
}

/* ---- transactions ---- */

static int do_transaction_start(const struct request *rq)
{
    char text[16];
    uint32_t id;
    int err;

    if (rq->tx)
        return -EBUSY;
    err = transaction_start(rq->conn, &id);
    if (err)
        return err;
    snprintf(text, sizeof(text), "%u", id);
    reply_text(rq, text);
    return 0;
}

static int do_transaction_end(const struct request *rq)
{
    const char *how = rq->arg[0];
    int err;

    if (strcmp(how, "T") && strcmp(how, "F"))
        return -EINVAL;
    if (!rq->tx)
        return -ENOENT;
    err = transaction_end(rq->tx, *how == 'T');
    if (!err)
        reply_ok(rq);
    return err;
}

/* ---- domains ---- */

static int parse_number(const char *text, unsigned long max, unsigned long *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return *end || errno || *number > max ? -EINVAL : 0;
}

#define MAX_DOMID 0x7fefu

static int do_introduce(const struct request *rq)
{
    unsigned long domid, frame, port;
    int err;

    if (parse_number(rq->arg[0], MAX_DOMID, &domid) ||
        parse_number(rq->arg[1], ~0ul, &frame) || parse_number(rq->arg[2], UINT32_MAX, &port))
        return -EINVAL;
    err = domain_introduce(domid, frame, port);
    if (!err)
        reply_ok(rq);
    return err;
}

static int do_release(const struct request *rq)
{
    unsigned long domid;
    int err = parse_number(rq->arg[0], MAX_DOMID, &domid);

    if (!err)
        err = domain_release(domid);
    if (!err)
        reply_ok(rq);
    return err;
}

static int do_resume(const struct request *rq)
{
    unsigned long domid;
    int err = parse_number(rq->arg[0], MAX_DOMID, &domid);

    if (!err)
        err = domain_resume(domid);
    if (!err)
        reply_ok(rq);
    return err;
}

static int do_set_target(const struct request *rq)
{
    unsigned long domid, target;
    int err;

    if (parse_number(rq->arg[0], MAX_DOMID, &domid) ||
        parse_number(rq->arg[1], MAX_DOMID, &target))
        return -EINVAL;
    err = domain_set_target(domid, target);
    if (!err)
        reply_ok(rq);
    return err;
}

static int do_is_introduced(const struct request *rq)
{
    unsigned long domid;
    int err = parse_number(rq->arg[0], MAX_DOMID, &domid);

    if (!err)
        reply_text(rq, domid == 0 || domain_introduced(domid) ? "T" : "F");
    return err;
}

static int do_get_domain_path(const struct request *rq)
{
    char path[40];
    unsigned long domid;
    int err = parse_number(rq->arg[0], UINT16_MAX, &domid);

    if (err)
        return err;
    snprintf(path, sizeof(path), "/local/domain/%lu", domid);
    reply_text(rq, path);
    return 0;
}

static int do_control(const struct request *rq)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = xcheck(open_memstream(&text, &len));
    int err = control_run(rq->payload, rq->len, out);

    fclose(out);
    if (!err)
        connection_reply(rq->conn, XS_CONTROL, text,
                         len < XENSTORE_PAYLOAD_MAX ? len + 1 : XENSTORE_PAYLOAD_MAX);
    free(text);
    return err;
}

/* ---- the table ---- */

enum {
    PRIVILEGED = 1,             /* Domain0 only */
    CHANGES = 2,                /* refused on the read-only socket */
};

static const struct row {
    const char *name;
    int (*handle)(const struct request *rq);
    unsigned flags;
    unsigned min_args, max_args;
    bool open_ended;            /* what follows the last of min_args is not strings, or many */
} rows[XS_TYPE_COUNT] = {
    [XS_CONTROL] = { "control", do_control, PRIVILEGED | CHANGES, 0, 0, true },
    [XS_DIRECTORY] = { "directory", do_directory, 0, 1, 1, false },
    [XS_READ] = { "read", do_read, 0, 1, 1, false },
    [XS_GET_PERMS] = { "get-perms", do_get_perms, 0, 1, 1, false },
    [XS_WATCH] = { "watch", do_watch, 0, 2, 3, false },
    [XS_UNWATCH] = { "unwatch", do_unwatch, 0, 2, 2, false },
    [XS_TRANSACTION_START] = { "transaction-start", do_transaction_start, 0, 0, 0, true },
    [XS_TRANSACTION_END] = { "transaction-end", do_transaction_end, 0, 1, 1, false },
    [XS_INTRODUCE] = { "introduce", do_introduce, PRIVILEGED | CHANGES, 3, 3, true },
    [XS_RELEASE] = { "release", do_release, PRIVILEGED | CHANGES, 1, 1, false },
    [XS_GET_DOMAIN_PATH] = { "get-domain-path", do_get_domain_path, 0, 1, 1, false },
    [XS_WRITE] = { "write", do_write, CHANGES, 1, 2, true },
    [XS_MKDIR] = { "mkdir", do_mkdir, CHANGES, 1, 1, false },
    [XS_RM] = { "rm", do_rm, CHANGES, 1, 1, false },
    [XS_SET_PERMS] = { "set-perms", do_set_perms, CHANGES, 2, 2, true },
    [XS_IS_DOMAIN_INTRODUCED] = { "is-introduced", do_is_introduced, 0, 1, 1, false },
    [XS_RESUME] = { "resume", do_resume, PRIVILEGED | CHANGES, 1, 1, false },
    [XS_SET_TARGET] = { "set-target", do_set_target, PRIVILEGED | CHANGES, 2, 2, false },
    [XS_RESET_WATCHES] = { "reset-watches", do_reset_watches, 0, 0, 0, true },
    [XS_DIRECTORY_PART] = { "directory-part", do_directory_part, 0, 2, 2, false },
};

/*
 * Find the NUL-terminated strings of the payload, as many as the row has use for. An open-ended
 * payload may go on after min_args; arg[min_args] then points at the rest.
 */
static int split(struct request *rq, const struct row *row)
{
    const char *at = rq->payload, *end = at + rq->len;
    unsigned wanted = row->open_ended ? row->min_args : row->max_args;

    while (rq->arg_count < wanted && at < end) {
        const char *nul = memchr(at, '\0', end - at);

        if (!nul)
            return -EINVAL;
        rq->arg[rq->arg_count++] = at;
        at = nul + 1;
    }
    if (rq->arg_count < row->min_args || (!row->open_ended && at != end))
        return -EINVAL;
    rq->arg[rq->arg_count] = at;
    return 0;
}

static int dispatch(struct connection *conn, const char *payload, size_t len)
{
    uint32_t type = conn->hdr.type;
    struct request rq = { .conn = conn, .who = connection_caller(conn), .payload = payload,
                          .len = len };
    const struct row *row;
    int err;

    if (type >= XS_TYPE_COUNT || !rows[type].handle)
        return -ENOSYS;
    row = &rows[type];
    if ((row->flags & PRIVILEGED) && !quota_exempt(conn->domid))
        return -EACCES;
    if ((row->flags & CHANGES) && conn->read_only)
        return -EROFS;
    if (conn->hdr.tx_id) {
        rq.tx = transaction_find(conn, conn->hdr.tx_id);
        if (!rq.tx)
            return -ENOENT;
    }
    err = split(&rq, row);
    if (!err)
        err = row->handle(&rq);
    if (log_requests)
        log_line("domain %u: %s %.*s tx %u: %s", conn->domid, row->name, (int)len, payload,
                 conn->hdr.tx_id, err ? strerror(-err) : "done");
    return err;
}

void request_handle(struct connection *conn, const char *payload, size_t len)
{
    int err = dispatch(conn, payload, len);

    if (err)
        connection_error(conn, err);
}
