/* SPDX-License-Identifier: MIT */
/* What every hypervisor source needs around it: CPUs, locks, copies, messages, a clock. */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <asm/smp.h>
#include <asm/time.h>
#include <xen/cpumask.h>
#include <xen/errno.h>
#include <xen/guest_copy.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/spinlock.h>

struct cpu cpus[NR_CPUS];
cpumask_t cpu_online_map = BIT(MOCK_CPUS) - 1;

static unsigned int this;

struct cpu *this_cpu(void)
{
    return &cpus[this];
}

void mock_cpu_set(unsigned int cpu)
{
    this = cpu;
    cpus[cpu].id = cpu;
}

void smp_call(cpumask_t mask, void (*fn)(void *arg), void *arg)
{
    unsigned int self = this, cpu;

    for_each_cpu (cpu, mask) {
        mock_cpu_set(cpu);
        fn(arg);
    }
    mock_cpu_set(self);
}

/* Weak: what another CPU does meanwhile is the test's. */
__attribute__((weak)) void smp_poll(void)
{
}

/* The test is one CPU at a time: the others stand still anyway. */
void smp_hold_others(void)
{
}

void smp_release_others(void)
{
}

__attribute__((weak)) void delay_us(unsigned int us)
{
    (void)us;
}

/* Weak: mock_domains.c counts kicks, and sched.c has the real window. */
__attribute__((weak)) void smp_kick(unsigned int cpu)
{
    (void)cpu;
}

/* ---- preemption ---- */

void (*mock_preempt)(void);
unsigned long mock_preempt_count;

__attribute__((weak)) void preempt_point(void)
{
    mock_assert_no_locks();
    mock_preempt_count++;
    if (mock_preempt)
        mock_preempt();
}

/* ---- locks: nobody else runs, so a lock that is taken twice would never be had ---- */

static u8 ranks[16];
static unsigned int nr_locks;

static void note_lock(spinlock_t *l, bool second)
{
    assert_true(l->next == l->serving);
    assert_true(l->rank != 0);
    if (nr_locks)
        assert_true(second ? l->rank >= ranks[nr_locks - 1] : l->rank > ranks[nr_locks - 1]);
    assert_true(nr_locks < ARRAY_SIZE(ranks));
    ranks[nr_locks++] = l->rank;
    l->next++;
}

void spin_lock(spinlock_t *l)
{
    note_lock(l, false);
}

void spin_lock_second(spinlock_t *l)
{
    note_lock(l, true);
}

void spin_unlock(spinlock_t *l)
{
    assert_true(l->next != l->serving);
    assert_true(nr_locks > 0);
    l->serving++;
    nr_locks--;
}

unsigned int locks_held(void)
{
    return nr_locks;
}

void mock_assert_no_locks(void)
{
    assert_int_equal(nr_locks, 0);
}

/* ---- guest memory ---- */

unsigned long mock_bad_addr, mock_bad_size, mock_guest_addr, mock_guest_size;
void (*mock_after_copy_in)(unsigned long addr, size_t n);

bool guest_range_bad(unsigned long addr, size_t n)
{
    if (mock_guest_size && (addr < mock_guest_addr || n > mock_guest_size ||
                            addr - mock_guest_addr > mock_guest_size - n))
        return true;
    return addr + n < addr || (mock_bad_size && addr < mock_bad_addr + mock_bad_size &&
                               addr + n > mock_bad_addr);
}

int copy_in_bytes(void *dst, gptr_t src, size_t n)
{
    if (guest_range_bad(src.addr, n) || (n && src.addr < PAGE_SIZE))
        return -EFAULT;
    memcpy(dst, (const void *)src.addr, n);
    if (mock_after_copy_in)
        mock_after_copy_in(src.addr, n);
    return 0;
}

int copy_out_bytes(gptr_t dst, const void *src, size_t n)
{
    if (guest_range_bad(dst.addr, n) || (n && dst.addr < PAGE_SIZE))
        return -EFAULT;
    memcpy((void *)dst.addr, src, n);
    return 0;
}

/* ---- messages ---- */

char mock_last_line[256];

void printk(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (vsnprintf)(mock_last_line, sizeof(mock_last_line), fmt, ap);
    va_end(ap);
}

void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (vsnprintf)(mock_last_line, sizeof(mock_last_line), fmt, ap);
    va_end(ap);
    mock_assert(0, mock_last_line, __FILE__, __LINE__);
    __builtin_unreachable();
}

/* ---- time and chance ---- */

stime_t mock_now;

stime_t now(void)
{
    return mock_now;
}

u64 mock_seed = 1;

u64 mock_random(void)
{
    mock_seed ^= mock_seed << 13;
    mock_seed ^= mock_seed >> 7;
    mock_seed ^= mock_seed << 17;
    return mock_seed;
}

static const char *seed_argument;

/* Before main(), which no test program but one that has its own arguments gives any. */
__attribute__((constructor)) static void take_seed(int argc, char **argv)
{
    if (argc != 2)
        return;
    seed_argument = argv[1];
    cmocka_set_test_filter("random*");
}

u64 mock_seed_or(u64 usual)
{
    return seed_argument ? strtoull(seed_argument, NULL, 0) | 1 : usual;
}

void mock_hostile_words(u64 *words, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++)
        switch (mock_below(8)) {
        case 0:
        case 1:
        case 2:
            words[i] = mock_below(16);
            break;
        case 3:
            words[i] = mock_below(16) | mock_below(16) << 32;
            break;
        case 4:
            words[i] = mock_guest_addr + mock_below(mock_guest_size + 8);
            break;
        case 5:
            words[i] = (mock_guest_addr >> PAGE_SHIFT) + mock_below(4);
            break;
        case 6:
            words[i] = ~0UL << mock_below(64);
            break;
        default:
            words[i] = mock_random();
        }
}
