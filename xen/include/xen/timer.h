/* SPDX-License-Identifier: MIT */
/* One-shot timers, a heap per CPU, driven by that CPU's timer interrupt. */
#ifndef XEN_TIMER_H
#define XEN_TIMER_H

#include <xen/types.h>

struct timer {
    stime_t expires;
    void (*fn)(void *arg); /* runs in SOFTIRQ_TIMER on the timer's CPU, no lock held */
    void *arg;
    unsigned int cpu;      /* in whose heap it is, or goes when armed */
    /* The rest is timer.c's: the place in the heap. */
    bool armed;
    u8 rank;               /* links to the nearest missing right child, plus one */
    struct timer *parent, *left, *right;
};

void timer_init_cpu(unsigned int cpu);
void timer_init(struct timer *t, void (*fn)(void *), void *arg, unsigned int cpu);
/* (Re)arm for @expires, system time. A time in the past fires at the next softirq. */
void timer_set(struct timer *t, stime_t expires);
/* As timer_set, on the calling CPU: the timer moves there first. */
void timer_set_here(struct timer *t, stime_t expires);
/* Disarm; when it returns, fn is not pending (it may be running on another CPU). */
void timer_stop(struct timer *t);
/* Disarm, and wait until fn does not run anywhere: @t may be freed. No lock held. */
void timer_kill(struct timer *t);

#endif
