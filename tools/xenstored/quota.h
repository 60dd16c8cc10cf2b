/* SPDX-License-Identifier: MIT */
/* One account per domain of everything it makes the store hold, and the limits on it. */
#ifndef XENSTORED_QUOTA_H
#define XENSTORED_QUOTA_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum resource {
    RES_NODES,          /* nodes it owns */
    RES_WATCHES,
    RES_TRANSACTIONS,   /* open ones */
    RES_BYTES,          /* all memory held on its behalf: the above, and unsent messages */
    RES_COUNT,
};

/* Limits on an unprivileged domain. All can be set by --quota NAME=N; the defaults are Xen's. */
struct quota_limits {
    long used[RES_COUNT];
    long value;         /* bytes in one value */
    long perms;         /* permissions on one node */
    long depth;         /* levels of a path it may create: a change costs time for each */
    long changes;       /* changes, and separately nodes looked at, in one transaction */
    long outstanding;   /* replies not yet taken before no further request is read */
    long events;        /* events not yet taken before further ones are lost */
};

extern struct quota_limits quota;

/* Domain0 is the only domain without limits. */
bool quota_exempt(uint16_t domid);

/* Book `delta` (either sign). Never refuses: ask quota_allows() first. */
void quota_charge(uint16_t domid, enum resource what, long delta);

/* Would `delta` more stay within the limit? Nothing or less is always allowed. */
bool quota_allows(uint16_t domid, enum resource what, long delta);

long quota_used(uint16_t domid, enum resource what);

/* Set one limit by name ("nodes", "value", ...). -EINVAL if there is no such name. */
int quota_set(const char *name, long limit);

/* Print the limits and every account in use. */
void quota_print(FILE *out);

#endif
