/* SPDX-License-Identifier: MIT */
/* A client of the store: synchronous requests, watch events queued until asked for. */
#include "libxen/xs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "libxen/xs_message.h"

/* ---- connection ---- */

static int wrap(struct xs **out, int fd, bool socket)
{
    struct xs *xs = calloc(1, sizeof(*xs));

    if (!xs) {
        close(fd);
        return -ENOMEM;
    }
    xs->fd = fd;
    xs->socket = socket;
    xs->end = &xs->first;
    *out = xs;
    return 0;
}

int xs_open_socket(struct xs **out, const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd, err;

    if (strlen(path) >= sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    strcpy(addr.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return wrap(out, fd, true);
}

/* Is this the domain that xenstored runs in? */
static bool in_domain0(void)
{
    char text[64];
    int fd = open("/proc/xen/capabilities", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

    if (fd >= 0)
        close(fd);
    return n > 0 && memmem(text, (size_t)n, "control_d", 9);
}

int xs_open(struct xs **out)
{
    const char *path = getenv("XENSTORED_PATH"), *dir = getenv("XENSTORED_RUNDIR");
    char text[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int fd, err;

    if (path)
        return xs_open_socket(out, path);
    if (snprintf(text, sizeof(text), "%s/socket", dir ? dir : "/run/xenstored") >=
        (int)sizeof(text))
        return -ENAMETOOLONG;
    err = xs_open_socket(out, text);
    if (!err || dir || in_domain0())
        return err;
    fd = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
    return fd < 0 ? err : wrap(out, fd, false);
}

void xs_close(struct xs *xs)
{
    struct xs_event *event;

    if (!xs)
        return;
    xs->broken = true;          /* what is left in the queue, and no more */
    while (!xs_next_event(xs, &event))
        free(event);
    close(xs->fd);
    free(xs->ahead.bytes);
    free(xs);
}

int xs_fd(const struct xs *xs)
{
    return xs->fd;
}

bool xs_event_queued(const struct xs *xs)
{
    return xs->first != NULL;
}

/* ---- requests made of strings ---- */

static struct xs_part text_part(const char *text)
{
    return (struct xs_part){ text, strlen(text) + 1 };
}

/* One string (with its NUL) or two as payload; the reply is kept if reply is not NULL. */
static int ask(struct xs *xs, uint32_t type, xs_tx tx, const char *one, const char *two,
               char **reply, size_t *len)
{
    struct xs_part parts[2] = { text_part(one), two ? text_part(two) : (struct xs_part){ 0 } };
    char *text = NULL;
    size_t n = 0;
    int err = xs_exchange(xs, type, tx, parts, two ? 2 : 1, &text, &n);

    if (err)
        return err;
    if (reply)
        *reply = text;
    else
        free(text);
    if (len)
        *len = n;
    return 0;
}

/* Payload of domain requests: the numbers, each as a string. */
static int ask_numbers(struct xs *xs, uint32_t type, const unsigned long *numbers,
                       unsigned int count, char **reply)
{
    struct xs_part parts[3];
    char text[3][24];
    char *answer = NULL;
    unsigned int i;
    size_t len;
    int err;

    for (i = 0; i < count; i++) {
        snprintf(text[i], sizeof(text[i]), "%lu", numbers[i]);
        parts[i] = text_part(text[i]);
    }
    err = xs_exchange(xs, type, XS_NO_TX, parts, count, &answer, &len);
    if (err)
        return err;
    if (reply)
        *reply = answer;
    else
        free(answer);
    return 0;
}

/* ---- nodes ---- */

int xs_read(struct xs *xs, xs_tx tx, const char *path, char **value, size_t *len)
{
    return ask(xs, XS_READ, tx, path, NULL, value, len);
}

int xs_write(struct xs *xs, xs_tx tx, const char *path, const void *value, size_t len)
{
    struct xs_part parts[] = { text_part(path), { value, len } };
    char *reply = NULL;
    size_t n;
    int err = xs_exchange(xs, XS_WRITE, tx, parts, 2, &reply, &n);

    free(reply);
    return err;
}

int xs_mkdir(struct xs *xs, xs_tx tx, const char *path)
{
    return ask(xs, XS_MKDIR, tx, path, NULL, NULL, NULL);
}

int xs_rm(struct xs *xs, xs_tx tx, const char *path)
{
    return ask(xs, XS_RM, tx, path, NULL, NULL, NULL);
}

/* NUL-terminated names one after another -> an array of pointers and the text, one allocation. */
static int split_names(const char *text, size_t len, char ***names, unsigned int *count)
{
    unsigned int n = 0, i;
    char **list, *copy;
    size_t at;

    for (at = 0; at < len; at++)
        n += !text[at];
    list = malloc((n + 1) * sizeof(*list) + len + 1);
    if (!list)
        return -ENOMEM;
    copy = (char *)(list + n + 1);
    if (len)
        memcpy(copy, text, len);
    for (i = 0; i < n; i++, copy += strlen(copy) + 1)
        list[i] = copy;
    list[n] = NULL;
    *names = list;
    *count = n;
    return 0;
}

struct listing {
    char *text;
    size_t len;
    char generation[24];
};

/*
 * Fetch the part of the list that starts at byte listing->len and append it. 1: more to come;
 * 0: that was the last; -ESTALE: the list changed since the first part.
 */
static int directory_part(struct xs *xs, xs_tx tx, const char *path, struct listing *listing)
{
    char offset[24], *reply = NULL, *names, *grown;
    size_t len = 0, head;
    bool last;
    int err;

    snprintf(offset, sizeof(offset), "%zu", listing->len);
    err = ask(xs, XS_DIRECTORY_PART, tx, path, offset, &reply, &len);
    if (err)
        return err;
    /* generation NUL name NUL name NUL ..., an empty name after the last of all */
    head = strlen(reply) + 1;
    err = -EIO;
    if (head > len || head > sizeof(listing->generation))
        goto out;
    err = -ESTALE;
    if (listing->len && strcmp(listing->generation, reply))
        goto out;
    strcpy(listing->generation, reply);
    names = reply + head;
    len -= head;
    last = len && !names[len - 1] && (len == 1 || !names[len - 2]);
    err = -EIO;
    if (!len)
        goto out;               /* no progress and not the end: a broken store */
    if (last)
        len--;
    err = -ENOMEM;
    grown = realloc(listing->text, listing->len + len + 1);
    if (!grown)
        goto out;
    listing->text = grown;
    memcpy(grown + listing->len, names, len);
    listing->len += len;
    err = !last;
out:
    free(reply);
    return err;
}

static int directory_in_parts(struct xs *xs, xs_tx tx, const char *path, struct listing *listing)
{
    int err, restarts = 0;

    do {
        err = directory_part(xs, tx, path, listing);
        if (err == -ESTALE && ++restarts < 100) {
            listing->len = 0;
            err = 1;
        }
    } while (err == 1);
    return err;
}

int xs_directory(struct xs *xs, xs_tx tx, const char *path, char ***names, unsigned int *count)
{
    struct listing listing = { 0 };
    int err = ask(xs, XS_DIRECTORY, tx, path, NULL, &listing.text, &listing.len);

    if (err == -E2BIG)
        err = directory_in_parts(xs, tx, path, &listing);
    if (!err)
        err = split_names(listing.text, listing.len, names, count);
    free(listing.text);
    return err;
}

/* ---- the same with formatted paths ---- */

static int format_path(char path[XENSTORE_ABS_PATH_MAX], const char *fmt, va_list args)
{
    int n = vsnprintf(path, XENSTORE_ABS_PATH_MAX, fmt, args);

    return n < 0 || n >= XENSTORE_ABS_PATH_MAX ? -ENAMETOOLONG : 0;
}

/* Makes `path` from the variable arguments that follow `fmt`; declares err with the outcome. */
#define FORMAT_PATH(path, fmt)                  \
    char path[XENSTORE_ABS_PATH_MAX];           \
    va_list args;                               \
    int err;                                    \
                                                \
    va_start(args, fmt);                        \
    err = format_path(path, fmt, args);         \
    va_end(args)

int xs_readf(struct xs *xs, xs_tx tx, char **value, const char *path_fmt, ...)
{
    FORMAT_PATH(path, path_fmt);
    return err ? err : xs_read(xs, tx, path, value, NULL);
}

int xs_writef(struct xs *xs, xs_tx tx, const char *value, const char *path_fmt, ...)
{
    FORMAT_PATH(path, path_fmt);
    return err ? err : xs_write(xs, tx, path, value, strlen(value));
}

int xs_rmf(struct xs *xs, xs_tx tx, const char *path_fmt, ...)
{
    FORMAT_PATH(path, path_fmt);
    return err ? err : xs_rm(xs, tx, path);
}

int xs_directoryf(struct xs *xs, xs_tx tx, char ***names, unsigned int *count,
                  const char *path_fmt, ...)
{
    FORMAT_PATH(path, path_fmt);
    return err ? err : xs_directory(xs, tx, path, names, count);
}

int xs_readf_u64(struct xs *xs, xs_tx tx, uint64_t *number, const char *path_fmt, ...)
{
    char *value = NULL, *end;
    FORMAT_PATH(path, path_fmt);

    if (!err)
        err = xs_read(xs, tx, path, &value, NULL);
    if (err)
        return err;
    errno = 0;
    *number = strtoull(value, &end, 10);
    if (errno || end == value || *end || value[0] == '-')
        err = -EINVAL;
    free(value);
    return err;
}

/* ---- permissions ---- */

int xs_perm_parse(const char *text, struct xs_perm *perm)
{
    static const char letters[] = "nrwb";       /* none, read, write, both: the bits in order */
    const char *letter = text[0] ? strchr(letters, text[0]) : NULL;
    unsigned long domid;
    char *end;

    if (!letter || text[1] < '0' || text[1] > '9')
        return -EINVAL;
    domid = strtoul(text + 1, &end, 10);
    if (*end || domid > 0xffff)
        return -EINVAL;
    perm->domid = (unsigned int)domid;
    perm->access = (unsigned int)(letter - letters);
    return 0;
}

void xs_perm_format(const struct xs_perm *perm, char text[16])
{
    snprintf(text, 16, "%c%u", "nrwb"[perm->access & 3], perm->domid);
}

int xs_get_perms(struct xs *xs, xs_tx tx, const char *path, struct xs_perm **perms,
                 unsigned int *count)
{
    struct xs_perm *list;
    unsigned int n = 0, i;
    char *reply = NULL, *at;
    size_t len = 0, k;
    int err = ask(xs, XS_GET_PERMS, tx, path, NULL, &reply, &len);

    if (err)
        return err;
    for (k = 0; k < len; k++)
        n += !reply[k];
    list = calloc(n ? n : 1, sizeof(*list));
    if (!list)
        err = -ENOMEM;
    for (i = 0, at = reply; !err && i < n; i++, at += strlen(at) + 1)
        err = xs_perm_parse(at, &list[i]) ? -EIO : 0;
    free(reply);
    if (err) {
        free(list);
        return err;
    }
    *perms = list;
    *count = n;
    return 0;
}

int xs_set_perms(struct xs *xs, xs_tx tx, const char *path, const struct xs_perm *perms,
                 unsigned int count)
{
    struct xs_part parts[] = { text_part(path), { NULL, 0 } };
    char *list = malloc((size_t)count * 16 + 1), *reply = NULL;
    size_t len;
    unsigned int i;
    int err;

    if (!list)
        return -ENOMEM;
    for (i = 0; i < count; i++) {
        xs_perm_format(&perms[i], list + parts[1].len);
        parts[1].len += strlen(list + parts[1].len) + 1;
    }
    parts[1].data = list;
    err = xs_exchange(xs, XS_SET_PERMS, tx, parts, 2, &reply, &len);
    free(reply);
    free(list);
    return err;
}

/* ---- watches ---- */

int xs_watch(struct xs *xs, const char *path, const char *token)
{
    return ask(xs, XS_WATCH, XS_NO_TX, path, token, NULL, NULL);
}

int xs_unwatch(struct xs *xs, const char *path, const char *token)
{
    return ask(xs, XS_UNWATCH, XS_NO_TX, path, token, NULL, NULL);
}

int xs_wait_event(struct xs *xs, int timeout_ms, struct xs_event **event)
{
    struct xs_queued *queued;
    int err = xs_pump(xs, timeout_ms);

    if (err)
        return err;
    queued = xs->first;
    if (!queued)
        return timeout_ms ? -ETIMEDOUT : -EAGAIN;
    xs->first = queued->next;
    if (!xs->first)
        xs->end = &xs->first;
    *event = &queued->event;
    return 0;
}

int xs_next_event(struct xs *xs, struct xs_event **event)
{
    return xs_wait_event(xs, 0, event);
}

/* ---- transactions ---- */

int xs_tx_begin(struct xs *xs, xs_tx *tx)
{
    char *reply = NULL;
    int err = ask(xs, XS_TRANSACTION_START, XS_NO_TX, "", NULL, &reply, NULL);

    if (err)
        return err;
    *tx = (xs_tx)strtoul(reply, NULL, 10);
    free(reply);
    return *tx == XS_NO_TX ? -EIO : 0;
}

int xs_tx_end(struct xs *xs, xs_tx tx, bool commit)
{
    return ask(xs, XS_TRANSACTION_END, tx, commit ? "T" : "F", NULL, NULL, NULL);
}

int xs_transaction(struct xs *xs, int (*body)(struct xs *xs, xs_tx tx, void *arg), void *arg)
{
    struct timespec pause = { 0 };
    int tries, err, ret;
    xs_tx tx;

    for (tries = 0; tries < 200; tries++) {
        err = xs_tx_begin(xs, &tx);
        if (err)
            return err;
        ret = body(xs, tx, arg);
        err = xs_end_ahead(xs);
        if (ret >= 0 && err)
            ret = err;
        err = xs_tx_end(xs, tx, ret >= 0);
        if (ret < 0)
            return ret;
        if (err != -EAGAIN)
            return err;
        /* Whoever we collide with gets a growing, uneven head start. */
        pause.tv_nsec = (tries < 20 ? tries : 20) * 500000L + random() % 500000L;
        nanosleep(&pause, NULL);
    }
    return -EAGAIN;
}

/* ---- domains ---- */

int xs_introduce(struct xs *xs, unsigned int domid, unsigned long ring_mfn, unsigned int port)
{
    const unsigned long numbers[] = { domid, ring_mfn, port };

    return ask_numbers(xs, XS_INTRODUCE, numbers, 3, NULL);
}

int xs_release(struct xs *xs, unsigned int domid)
{
    return ask_numbers(xs, XS_RELEASE, (const unsigned long[]){ domid }, 1, NULL);
}

int xs_resume(struct xs *xs, unsigned int domid)
{
    return ask_numbers(xs, XS_RESUME, (const unsigned long[]){ domid }, 1, NULL);
}

int xs_set_target(struct xs *xs, unsigned int domid, unsigned int target)
{
    return ask_numbers(xs, XS_SET_TARGET, (const unsigned long[]){ domid, target }, 2, NULL);
}

int xs_is_introduced(struct xs *xs, unsigned int domid, bool *introduced)
{
    char *reply = NULL;
    int err = ask_numbers(xs, XS_IS_DOMAIN_INTRODUCED, (const unsigned long[]){ domid }, 1,
                          &reply);

    if (err)
        return err;
    *introduced = !strcmp(reply, "T");
    free(reply);
    return 0;
}

int xs_domain_path(struct xs *xs, unsigned int domid, char **path)
{
    return ask_numbers(xs, XS_GET_DOMAIN_PATH, (const unsigned long[]){ domid }, 1, path);
}

int xs_control(struct xs *xs, const char *const *words, unsigned int count, char **answer)
{
    struct xs_part parts[16];
    unsigned int i;
    size_t len;

    if (!count || count > sizeof(parts) / sizeof(parts[0]))
        return -EINVAL;
    for (i = 0; i < count; i++)
        parts[i] = text_part(words[i]);
    return xs_exchange(xs, XS_CONTROL, XS_NO_TX, parts, count, answer, &len);
}
