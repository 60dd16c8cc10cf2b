/* SPDX-License-Identifier: MIT */
/* A client of the store: synchronous requests, watch events queued until asked for. */
#ifndef LIBXEN_XS_H
#define LIBXEN_XS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All functions return 0 or -errno: the store's own refusals (-ENOENT, -EACCES, -EAGAIN, ...), or
 * -EPIPE once the connection is lost, after which only xs_close() is of use. A handle serves one
 * thread. Sources: public/io/xs_wire.h; docs/misc/xenstore.txt in Debian's xen-doc.
 */

struct xs;

/* Transaction id; XS_NO_TX outside of one. */
typedef uint32_t xs_tx;
#define XS_NO_TX ((xs_tx)0)

/*
 * Connect to xenstored: $XENSTORED_PATH, else /run/xenstored/socket, else, in a guest, by the
 * kernel's /dev/xen/xenbus. (In Domain0 the kernel would wait there for xenstored without end.)
 * -ENOENT or -ECONNREFUSED: no store runs here.
 */
int xs_open(struct xs **out);

/* Connect to one named socket only. */
int xs_open_socket(struct xs **out, const char *path);

void xs_close(struct xs *xs);

/* For poll(): readable when an event may have come. Also check xs_event_queued() before sleeping:
 * an event that arrived ahead of a reply is already in memory. */
int xs_fd(const struct xs *xs);
bool xs_event_queued(const struct xs *xs);

/* ---- nodes ---- */

/* Value in malloc()ed memory with a NUL added behind it; len may be NULL. */
int xs_read(struct xs *xs, xs_tx tx, const char *path, char **value, size_t *len);
int xs_write(struct xs *xs, xs_tx tx, const char *path, const void *value, size_t len);
int xs_mkdir(struct xs *xs, xs_tx tx, const char *path);

/* Remove the node and all below. A node that is not there: 0 if its parent is, else -ENOENT. */
int xs_rm(struct xs *xs, xs_tx tx, const char *path);

/*
 * Names of the children in the store's order: one allocation for free(). A list longer than one
 * message is fetched in parts, and again from the start if it changed meanwhile.
 */
int xs_directory(struct xs *xs, xs_tx tx, const char *path, char ***names, unsigned int *count);

/* The same four with the path as a printf format; values are strings. */
int xs_readf(struct xs *xs, xs_tx tx, char **value, const char *path_fmt, ...)
    __attribute__((format(printf, 4, 5)));
int xs_writef(struct xs *xs, xs_tx tx, const char *value, const char *path_fmt, ...)
    __attribute__((format(printf, 4, 5)));
int xs_rmf(struct xs *xs, xs_tx tx, const char *path_fmt, ...)
    __attribute__((format(printf, 3, 4)));
int xs_directoryf(struct xs *xs, xs_tx tx, char ***names, unsigned int *count,
                  const char *path_fmt, ...) __attribute__((format(printf, 5, 6)));

/* Read a decimal number (whole value, nothing after it). -EINVAL: not a number. */
int xs_readf_u64(struct xs *xs, xs_tx tx, uint64_t *number, const char *path_fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- permissions ---- */

#define XS_PERM_NONE  0u
#define XS_PERM_READ  1u
#define XS_PERM_WRITE 2u

/* The first entry names the owner, and in `access` what everybody not listed may do. */
struct xs_perm {
    unsigned int domid;
    unsigned int access;        /* XS_PERM_READ | XS_PERM_WRITE */
};

int xs_get_perms(struct xs *xs, xs_tx tx, const char *path, struct xs_perm **perms,
                 unsigned int *count);
int xs_set_perms(struct xs *xs, xs_tx tx, const char *path, const struct xs_perm *perms,
                 unsigned int count);

/* "r5", "n0"...: text of an entry and back. xs_perm_parse: -EINVAL if malformed. */
int xs_perm_parse(const char *text, struct xs_perm *perm);
void xs_perm_format(const struct xs_perm *perm, char text[16]);

/* ---- watches ---- */

/* After 0, one event with the watched path itself is on its way, as the protocol has it. */
int xs_watch(struct xs *xs, const char *path, const char *token);
int xs_unwatch(struct xs *xs, const char *path, const char *token);

struct xs_event {
    const char *path;           /* the node that changed, or @introduceDomain, @releaseDomain */
    const char *token;          /* of the watch */
};

/* Next event in one allocation for free(), without waiting. -EAGAIN: none now. */
int xs_next_event(struct xs *xs, struct xs_event **event);

/* The same, waiting at most timeout_ms (-1: for ever). -ETIMEDOUT; -EINTR on a signal. */
int xs_wait_event(struct xs *xs, int timeout_ms, struct xs_event **event);

/* ---- transactions ---- */

int xs_tx_begin(struct xs *xs, xs_tx *tx);

/* Commit, or throw away. -EAGAIN: a conflict, nothing was written, do it again. */
int xs_tx_end(struct xs *xs, xs_tx tx, bool commit);

/*
 * Run body(xs, tx, arg) in a transaction, again after each conflict (bounded; then -EAGAIN). A
 * negative return of body aborts and is returned; anything else commits.
 */
int xs_transaction(struct xs *xs, int (*body)(struct xs *xs, xs_tx tx, void *arg), void *arg);

/*
 * From here to the end of a transaction's body, or to xs_end_ahead(), what changes nodes is sent
 * without waiting for the answers, which spares most of the switches between us and the store.
 * Such a call returns 0, and what the store refuses is the error of the transaction, or of
 * xs_end_ahead().
 */
void xs_send_ahead(struct xs *xs);

/* Send what is kept, take the answers, and keep no more. 0, or the first refusal. */
int xs_end_ahead(struct xs *xs);

/* ---- domains, for the toolstack ---- */

int xs_introduce(struct xs *xs, unsigned int domid, unsigned long ring_mfn, unsigned int port);
int xs_release(struct xs *xs, unsigned int domid);
int xs_resume(struct xs *xs, unsigned int domid);
int xs_set_target(struct xs *xs, unsigned int domid, unsigned int target);
int xs_is_introduced(struct xs *xs, unsigned int domid, bool *introduced);

/* "/local/domain/N", malloc()ed. */
int xs_domain_path(struct xs *xs, unsigned int domid, char **path);

/* Management command to the daemon, words as given; *answer malloc()ed. */
int xs_control(struct xs *xs, const char *const *words, unsigned int count, char **answer);

#endif
