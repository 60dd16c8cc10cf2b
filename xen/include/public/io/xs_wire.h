/* SPDX-License-Identifier: MIT */
/* XenStore's wire protocol: messages over a socket, or over a guest's page with two rings. */
#ifndef XEN_PUBLIC_IO_XS_WIRE_H
#define XEN_PUBLIC_IO_XS_WIRE_H

#include <stdint.h>

/*
 * A message is struct xsd_sockmsg and len bytes. Every request gets one reply with its req_id and
 * tx_id: the same type, or XS_ERROR with the error's name ("ENOENT") as a string. Watch events
 * come in between, with req_id 0. In payloads "path|" means with a NUL behind.
 *
 *   type                  request                     reply
 *   DIRECTORY             path|                       child|child|...
 *   DIRECTORY_PART        path|offset|                generation|child|...  (for long lists)
 *   READ                  path|                       value (no NUL)
 *   WRITE                 path|value                  OK|
 *   MKDIR, RM             path|                       OK|
 *   GET_PERMS             path|                       perm|perm|...  (letter n r w b, and domid)
 *   SET_PERMS             path|perm|perm|...          OK|
 *   WATCH, UNWATCH        path|token|                 OK|
 *   WATCH_EVENT           (none)                      path|token|
 *   TRANSACTION_START     |                           id|
 *   TRANSACTION_END       T| or F|                    OK|  (EAGAIN: conflict, do it again)
 *   GET_DOMAIN_PATH       domid|                      path|
 *   IS_DOMAIN_INTRODUCED  domid|                      T| or F|
 *   INTRODUCE             domid|mfn|port|             OK|    privileged, as are the next three
 *   RELEASE, RESUME       domid|                      OK|
 *   SET_TARGET            domid|target|               OK|
 *   CONTROL               command|args...             text
 *   RESET_WATCHES         |                           OK|
 */
enum xsd_sockmsg_type {
    XS_CONTROL              = 0,
    XS_DIRECTORY            = 1,
    XS_READ                 = 2,
    XS_GET_PERMS            = 3,
    XS_WATCH                = 4,
    XS_UNWATCH              = 5,
    XS_TRANSACTION_START    = 6,
    XS_TRANSACTION_END      = 7,
    XS_INTRODUCE            = 8,
    XS_RELEASE              = 9,
    XS_GET_DOMAIN_PATH      = 10,
    XS_WRITE                = 11,
    XS_MKDIR                = 12,
    XS_RM                   = 13,
    XS_SET_PERMS            = 14,
    XS_WATCH_EVENT          = 15,
    XS_ERROR                = 16,
    XS_IS_DOMAIN_INTRODUCED = 17,
    XS_RESUME               = 18,
    XS_SET_TARGET           = 19,
    XS_RESET_WATCHES        = 21,  /* 20 was given up */
    XS_DIRECTORY_PART       = 22,
    XS_TYPE_COUNT           = 23,
    XS_INVALID              = 0xffff
};
#define XS_DEBUG XS_CONTROL

#define XS_WRITE_NONE        "NONE"
#define XS_WRITE_CREATE      "CREATE"
#define XS_WRITE_CREATE_EXCL "CREATE|EXCL"

struct xsd_sockmsg {
    uint32_t type;   /* XS_* */
    uint32_t req_id; /* chosen by the client */
    uint32_t tx_id;  /* 0: no transaction */
    uint32_t len;    /* bytes that follow, at most XENSTORE_PAYLOAD_MAX */
};

/* Parts of a watch event's payload. */
enum xs_watch_type {
    XS_WATCH_PATH = 0,
    XS_WATCH_TOKEN
};

/* Names in XS_ERROR replies; defined where the including file knows errno.h. */
struct xsd_errors {
    int errnum;
    const char *errstring;
};
#ifdef EINVAL
#define XSD_ERROR(x) { x, #x }
static const struct xsd_errors xsd_errors[] __attribute__((unused)) = {
    XSD_ERROR(EINVAL), /* first: what unknown errors are sent as */
    XSD_ERROR(EACCES), XSD_ERROR(EEXIST), XSD_ERROR(EISDIR), XSD_ERROR(ENOENT),
    XSD_ERROR(ENOMEM), XSD_ERROR(ENOSPC), XSD_ERROR(EIO), XSD_ERROR(ENOTEMPTY),
    XSD_ERROR(ENOSYS), XSD_ERROR(EROFS), XSD_ERROR(EBUSY), XSD_ERROR(EAGAIN),
    XSD_ERROR(EISCONN), XSD_ERROR(E2BIG), XSD_ERROR(EPERM),
};
#endif

#define XENSTORE_PAYLOAD_MAX  4096
#define XENSTORE_ABS_PATH_MAX 3072
#define XENSTORE_REL_PATH_MAX 2048

/* The page a guest shares with xenstored; index rules as in console.h. */
#define XENSTORE_RING_SIZE 1024
typedef uint32_t XENSTORE_RING_IDX;
#define MASK_XENSTORE_IDX(idx) ((idx) & (XENSTORE_RING_SIZE - 1))
struct xenstore_domain_interface {
    char req[XENSTORE_RING_SIZE];       /* from the guest */
    char rsp[XENSTORE_RING_SIZE];       /* to the guest: replies and watch events */
    XENSTORE_RING_IDX req_cons, req_prod;
    XENSTORE_RING_IDX rsp_cons, rsp_prod;
    uint32_t server_features;           /* XENSTORE_SERVER_FEATURE_* */
    uint32_t connection;                /* guest asks RECONNECT; server answers CONNECTED */
    uint32_t error;                     /* XENSTORE_ERROR_*: why the server stopped listening */
};
#define XENSTORE_SERVER_FEATURE_RECONNECTION 1
#define XENSTORE_SERVER_FEATURE_ERROR        2
#define XENSTORE_CONNECTED      0
#define XENSTORE_RECONNECT      1
#define XENSTORE_ERROR_NONE     0
#define XENSTORE_ERROR_COMM     1
#define XENSTORE_ERROR_RINGIDX  2 /* indices out of bounds */
#define XENSTORE_ERROR_PROTO    3 /* a header that makes no sense */

#endif /* XEN_PUBLIC_IO_XS_WIRE_H */
