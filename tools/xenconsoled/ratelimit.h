/* SPDX-License-Identifier: MIT */
/* How many events of a guest are served in a period; the rest wait with their port masked. */
#ifndef XENCONSOLED_RATELIMIT_H
#define XENCONSOLED_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_EVENTS 30          /* Xen's numbers */
#define RATE_PERIOD_MS 200

struct ratelimit {
    uint64_t period_start;      /* ms */
    unsigned count;
};

/* Count an event at time `now`. False: it was the last of its period. */
static inline bool rate_allows(struct ratelimit *r, uint64_t now)
{
    if (now - r->period_start >= RATE_PERIOD_MS)
        *r = (struct ratelimit){ .period_start = now };
    return ++r->count < RATE_EVENTS;
}

/* Milliseconds until a limited guest may go on. */
static inline int rate_wait(const struct ratelimit *r, uint64_t now)
{
    uint64_t end = r->period_start + RATE_PERIOD_MS;

    return end > now ? (int)(end - now) : 0;
}

#endif
