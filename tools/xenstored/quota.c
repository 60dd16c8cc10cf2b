/* SPDX-License-Identifier: MIT */
/* One account per domain of everything it makes the store hold, and the limits on it. */
#include "quota.h"

#include <errno.h>
#include <string.h>

#include "xalloc.h"

#define DOMIDS 0x8000           /* identifiers from 0x7ff0 on are reserved and have no account */

struct quota_limits quota = {
    .used = {
        [RES_NODES] = 1000,
        [RES_WATCHES] = 128,
        [RES_TRANSACTIONS] = 10,
        [RES_BYTES] = 2560 * 1024,
    },
    .value = 2048,
    .perms = 5,
    .depth = 64,
    .changes = 1024,
    .outstanding = 20,
    .events = 1024,
};

static const struct {
    const char *name;
    long *limit;
} names[] = {
    { "nodes", &quota.used[RES_NODES] },
    { "watches", &quota.used[RES_WATCHES] },
    { "transactions", &quota.used[RES_TRANSACTIONS] },
    { "memory", &quota.used[RES_BYTES] },
    { "value", &quota.value },
    { "perms", &quota.perms },
    { "depth", &quota.depth },
    { "transaction-nodes", &quota.changes },
    { "outstanding", &quota.outstanding },
    { "events", &quota.events },
};

struct account {
    long used[RES_COUNT];
};

/* Accounts come into being when first charged, and stay: a reused domid finds it at zero. */
static struct account *accounts[DOMIDS];

bool quota_exempt(uint16_t domid)
{
    return domid == 0;
}

void quota_charge(uint16_t domid, enum resource what, long delta)
{
    if (domid >= DOMIDS)
        return;
    if (!accounts[domid])
        accounts[domid] = xzalloc(sizeof(*accounts[domid]));
    accounts[domid]->used[what] += delta;
}

long quota_used(uint16_t domid, enum resource what)
{
    return domid < DOMIDS && accounts[domid] ? accounts[domid]->used[what] : 0;
}

bool quota_allows(uint16_t domid, enum resource what, long delta)
{
    return delta <= 0 || quota_exempt(domid) || quota_used(domid, what) + delta <= quota.used[what];
}

int quota_set(const char *name, long limit)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i].name, name) == 0 && limit >= 0) {
            *names[i].limit = limit;
            return 0;
        }
    }
    return -EINVAL;
}

void quota_print(FILE *out)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        fprintf(out, "limit %s %ld\n", names[i].name, *names[i].limit);
    for (unsigned d = 0; d < DOMIDS; d++) {
        const struct account *a = accounts[d];

        if (a && (a->used[RES_NODES] || a->used[RES_BYTES]))
            fprintf(out, "domain %u nodes %ld watches %ld transactions %ld memory %ld\n", d,
                    a->used[RES_NODES], a->used[RES_WATCHES], a->used[RES_TRANSACTIONS],
                    a->used[RES_BYTES]);
    }
}
