/* SPDX-License-Identifier: MIT */
/*
 * What domains, events and the scheduler stand on, for tests that need no page tables: memory
 * from malloc whose addresses are machine addresses, domains without frames, and CPUs that
 * switch vcpus without switching stacks. Goes with mock.c, not with mock_machine.c.
 */
#ifndef TESTS_UNIT_MOCK_DOMAINS_H
#define TESTS_UNIT_MOCK_DOMAINS_H

#include "mock.h"

/* Allocations (heap and pages) that are not freed, typed references held on guests' frames. */
extern long mock_allocated, mock_typed_refs;
/* The n-th allocation from now fails; 0: none does. */
extern long mock_fail_alloc;

/* When each CPU's timer hardware is to fire. */
extern stime_t mock_hw_timer[MOCK_CPUS];
/* CPUs that were kicked since the test cleared it. */
extern cpumask_t mock_kicked;

/* Physical interrupts bound and not unbound. */
extern long mock_pirqs_bound;
/* Frames that keep a domain's memory reference when it dies (mapped by others). */
extern bool mock_memory_busy;
/* How often giving back its memory is interrupted before it is done. */
extern unsigned int mock_memory_slices;

/* Softirqs, the scheduler with @policy and idle vcpus on CPU 0 to @n_cpus - 1; clock at 1 s. */
struct sched_policy;
void mock_sched_start(const struct sched_policy *policy, unsigned int n_cpus);

/* A domain made by the real domain_create(), with @n_vcpus vcpus, up, not paused. */
struct domain *mock_guest(domid_t id, bool privileged, unsigned int n_vcpus);
/* Through domain_kill(), the caller's reference, and the softirq that frees it. */
void mock_guest_end(struct domain *d);

#endif
