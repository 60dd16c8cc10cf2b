/* SPDX-License-Identifier: MIT */
/* How much of a CPU a guest's output may cost: what comes too fast waits in the guest's ring. */
#ifndef XENCONSOLED_RATELIMIT_H
#define XENCONSOLED_RATELIMIT_H

#include <stdint.h>

/*
 * Serving a guest costs CPU time, which it owes until time has paid for it: RATE_SHARE times as
 * much, times the number of guests that are being held back, so that together they get no more
 * than one of them would. A debt of RATE_BURST_US is granted: a kernel that starts stays below.
 * Beyond that the guest is left alone until it is below again: its ring fills meanwhile, the more
 * of it is taken at once, and the guest waits when it is full. What the kernel does for an event,
 * and waking this domain, is not seen here: it is more than half of the cost.
 */
#define RATE_SHARE    100
#define RATE_BURST_US 50000
#define RATE_MIN_MS   10        /* nobody reads faster */
#define RATE_MAX_MS   1000

struct ratelimit {
    uint64_t debt_us;
    uint64_t since;             /* ms: when that was the debt */
};

/*
 * For how long to leave alone a guest whose service took `us` microseconds of CPU time. `now` in
 * ms; held_back counts the guest itself.
 */
static inline unsigned int rate_pause_ms(struct ratelimit *rate, uint64_t us, uint64_t now,
                                         unsigned int held_back)
{
    uint64_t price = RATE_SHARE * (held_back ? held_back : 1);
    uint64_t paid = (now - rate->since) * 1000 / price, ms;

    rate->debt_us = (rate->debt_us > paid ? rate->debt_us - paid : 0) + us;
    rate->since = now;
    ms = rate->debt_us > RATE_BURST_US ? (rate->debt_us - RATE_BURST_US) * price / 1000 : 0;
    return ms < RATE_MIN_MS ? RATE_MIN_MS : ms > RATE_MAX_MS ? RATE_MAX_MS : (unsigned int)ms;
}

#endif
