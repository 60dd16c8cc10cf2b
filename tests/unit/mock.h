/* SPDX-License-Identifier: MIT */
/*
 * A machine for the hypervisor's own source files when they are compiled for the build host
 * (-DUNIT_TEST): RAM from malloc, two CPUs of which the test is one at a time, translation caches
 * that keep stale entries until they are flushed, locks that assert, guests whose pointers are the
 * host's. mock.c is needed by all; mock_machine.c adds RAM, domains and translations.
 */
#ifndef TESTS_UNIT_MOCK_H
#define TESTS_UNIT_MOCK_H

#include <xen/domain.h>
#include <xen/types.h>

/* ---- mock.c ---- */

#define MOCK_CPUS 2

void mock_cpu_set(unsigned int cpu); /* the CPU the test is from now on; 0 at first */
/* Called instead of taking interrupts. NULL: nothing. */
extern void (*mock_preempt)(void);
extern unsigned long mock_preempt_count;
/* What the last printk() said, and whether a panic is what the test expects. */
extern char mock_last_line[256];
/* Fails the test if any lock is held. */
void mock_assert_no_locks(void);

/* Guest memory: addresses are the host's. Copies fail when they touch [bad, bad + bad_size), and
 * with a @mock_guest_size other than 0 outside of [guest, guest + guest_size). */
extern unsigned long mock_bad_addr, mock_bad_size, mock_guest_addr, mock_guest_size;
/* Called after each copy_in_bytes: a hostile guest may change what was read. NULL: nothing. */
extern void (*mock_after_copy_in)(unsigned long addr, size_t n);

/* The clock that now() reads. */
extern stime_t mock_now;

/* xorshift: the same numbers for the same seed everywhere. */
extern u64 mock_seed;
u64 mock_random(void);
/* What a random test starts from: @usual, or the seed that the program got as its argument. With
 * such an argument only tests whose names begin with "random" run: see fuzz-seeds. */
u64 mock_seed_or(u64 usual);
/* Fill @n words with what a hostile guest might pass: small numbers, addresses and frame numbers
 * in [guest, guest + guest_size), anything. */
void mock_hostile_words(u64 *words, unsigned int n);
/* 0 to @n - 1 */
static inline unsigned long mock_below(unsigned long n)
{
    return mock_random() % n;
}

/* ---- mock_machine.c ---- */

/* RAM of @frames frames (the same in all tests of a program), all but frame 0 free; no domains.
 * mock_machine_stop() fails the test if a domain is left or a frame is not free again. */
void mock_machine_start(unsigned long frames);
void mock_machine_stop(void);
void mock_idle(void); /* what a CPU does that has nothing to run: all is scrubbed */

/* Domain @id with @vcpus vcpus and room for @max_pages frames; and its end as domain_kill() and
 * the last reference bring it about (memory, grants). */
struct domain *mock_domain(domid_t id, bool privileged, unsigned long max_pages,
                           unsigned int vcpus);
void mock_domain_kill(struct domain *d);

/* @v is what this CPU runs: current, and its domain's translations may be cached here. */
void mock_run(struct vcpu *v);

/* What event_interrupts() says. */
extern bool mock_event_waits;

/* As a guest's memory_op: made again as long as it was interrupted. */
long mock_memory_op(unsigned long cmd, unsigned long arg);

pfn_t m2p_get(mfn_t m);
/* A frame of @d's, with @pfn in the m2p. Fails the test when there is none. */
mfn_t mock_frame(struct domain *d, unsigned long pfn);
/* Its content. */
u64 *mock_words(mfn_t m);

/* Four unvalidated tables of @d's, each the first entry of the next: addresses 0 to 2 MiB. */
struct mock_space {
    mfn_t table[5]; /* by level; [0] is not used */
};
void mock_space(struct domain *d, struct mock_space *s);

/* This CPU uses @va as the guest would, through its cached translation, or a new one from the
 * tables. False: a fault. */
bool mock_touch(unsigned long va, bool write);
/* Cached translations, of any CPU, by which something forbidden can be done: writing a table or
 * descriptor page, or touching a frame of nobody's. */
unsigned long mock_stale(void);
extern unsigned long mock_flush_count;

#endif
