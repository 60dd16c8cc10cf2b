/* SPDX-License-Identifier: MIT */
/* What a test kernel is made of: reporting, hypercalls, memory, traps, user mode, events. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <public/xen.h>
#include <public/errno.h>
#include <public/callback.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/physdev.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>

/*
 * Tests. One file each: a comment that tells the story, then
 *     TEST(name) { ... }        a test after which the next one can run in the same boot, or
 *     TEST_FATAL(name) { ... }  one that ends with the death of the domain, announced by dies().
 * A test passes unless an EXPECT fails, it calls fail() or skip(), or it faults unexpectedly.
 */
struct test {
    const char *name;
    void (*run)(void);
    bool fatal;
} __attribute__((aligned(32))); /* so that the linker makes an array of them */

#define TEST_ENTRY(id, is_fatal)                                                  \
    static void test_##id(void);                                                  \
    static const struct test entry_##id                                           \
        __attribute__((used, section(".tests." #id))) = { #id, test_##id, is_fatal }; \
    static void test_##id(void)
#define TEST(id)       TEST_ENTRY(id, false)
#define TEST_FATAL(id) TEST_ENTRY(id, true)

void printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The next thing done must kill this domain; reaching the end of the test is a failure. */
void dies(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends this domain. reason: SHUTDOWN_*. */
void shutdown(unsigned int reason) __attribute__((noreturn));

/* The one comparison: on a difference the test has failed, and goes on. */
#define EXPECT(what, want) do {                                                   \
    long _got = (long)(what), _want = (long)(want);                               \
    if (_got != _want)                                                            \
        fail("%s:%d: %s: %ld (%#lx), not %s", __FILE_NAME__, __LINE__, #what,     \
             _got, (unsigned long)_got, #want);                                   \
} while (0)
#define EXPECT_TRUE(what) do {                                                    \
    if (!(what))                                                                  \
        fail("%s:%d: not so: %s", __FILE_NAME__, __LINE__, #what);                \
} while (0)

extern struct start_info *start_info;
extern bool on_xenolith;        /* else Xen itself */
extern bool in_domain0;
extern bool long_run;           /* --long: what is repeated is so a hundred times as often */
static inline unsigned int times(unsigned int n) { return long_run ? n * 100 : n; }

void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
bool starts_with(const char *s, const char *prefix);

/* Hypercalls: HYPERCALL(name, up to five arguments). Those not given are 0. */
extern char hypercall_page[];
long hypercall(unsigned long nr, unsigned long a, unsigned long b, unsigned long c,
               unsigned long d, unsigned long e);
long hypercall_raw(unsigned long nr, unsigned long a, unsigned long b, unsigned long c);
#define HYPERCALL_WORDS(nr, a, b, c, d, e, ...)                                   \
    hypercall(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c),     \
              (unsigned long)(d), (unsigned long)(e))
#define HYPERCALL(call, ...) \
    HYPERCALL_WORDS(__HYPERVISOR_##call, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

/*
 * Memory. The image's own pages are mapped writable from the start, at VIRT_BASE + pfn; the
 * builder's page tables and ours read-only. page_alloc() takes from a pool inside the image.
 */
#define PAGE_SIZE 4096UL
#define PTE_P     0x001UL
#define PTE_W     0x002UL
#define PTE_U     0x004UL
#define PTE_PWT   0x008UL
#define PTE_PCD   0x010UL
#define PTE_A     0x020UL
#define PTE_D     0x040UL
#define PTE_PSE   0x080UL       /* PAT in an L1 entry */
#define PTE_G     0x100UL
#define PTE_AVAIL 0xe00UL
#define PTE_NX    (1UL << 63)
#define PTE_RO    (PTE_P | PTE_U | PTE_A)
#define PTE_RW    (PTE_RO | PTE_W | PTE_D)
#define PTE_TABLE (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define PTE_MFN(e) (((e) & 0x000ffffffffff000UL) >> 12)

extern char VIRT_BASE[], image_end[];
#define TEST_VA 0x200000000UL   /* from here up: free for tests to map at, a gigabyte */

void *page_alloc(void);                     /* zeroed; never fails, the test does */
void page_free(void *page);                 /* must be mapped writable again */
unsigned long pfn_of(const void *va);       /* of an address in the initial mapping */
unsigned long mfn_of(const void *va);
void *va_of_mfn(unsigned long mfn);         /* where the image maps a frame of its own */
bool is_our_frame(unsigned long mfn);       /* at most XENMEM_maximum_ram_page */
static inline uint64_t maddr_of(const void *va)
{
    return mfn_of(va) << 12 | ((unsigned long)va & 0xfff);
}
static inline uint64_t pte(unsigned long mfn, uint64_t flags) { return mfn << 12 | flags; }

long mmu_update(uint64_t ptr, uint64_t value);      /* one update, own tables and frames */
long mmuext(unsigned int cmd, unsigned long arg1, unsigned long arg2);
long update_va(const void *va, uint64_t value);     /* update_va_mapping, flushing va */
long make_readonly(const void *page);               /* the image's own mapping of it */
long make_writable(const void *page);
unsigned long root_mfn(void);                       /* of the kernel's L4 */
/* Machine address of the entry of that level (1..4) that maps va; 0: no such table. */
uint64_t entry_maddr(unsigned long root, unsigned long va, int level);
uint64_t read_entry(uint64_t maddr);                /* of a table in the image's mapping */
/* Makes va's L1 entry `value` under an L4, with new tables where there are none. 0 or -errno. */
long map_in(unsigned long root, unsigned long va, uint64_t value);
long map(unsigned long va, uint64_t value);         /* under the kernel's L4 */
void reset_mappings(void);                          /* forgets tables that tests made */

/* The grant table's first frame, mapped at TEST_VA + PAGE_SIZE: entries from 8 on for tests. */
struct grant_entry_v1 *map_grant_table(void);

/* Traps. */
struct regs {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};
#define VECTOR_DE        0
#define VECTOR_DB        1
#define VECTOR_BP        3
#define VECTOR_OF        4
#define VECTOR_UD        6
#define VECTOR_NM        7
#define VECTOR_GP       13
#define VECTOR_PF       14
#define VECTOR_SYSCALL  0x100
#define VECTOR_EVENT    0x101
#define VECTOR_FAILSAFE 0x102
#define VECTOR_NMI      0x103

/* What the last fault was, after try() or run_user() said that there was one. */
struct fault {
    struct regs regs;
    unsigned long cr2;          /* of a #PF */
};
extern struct fault fault;
extern char trap_stubs[], soft_stub[];
bool try(void (*fn)(void *), void *arg);
/* One access; 0 if it went through, otherwise the vector. */
int try_read(const volatile void *at, uint64_t *value);
int try_write(volatile void *at, uint64_t value);
void traps_init(void);
/* If set, sees each trap and event first; true: dealt with, go on where it happened. */
extern bool (*volatile trap_hook)(struct regs *);

/* User mode: a function in section .user, run under the user page table. */
#define USER        __attribute__((section(".user"), noinline))
#define USER_BASE   0x400000UL
#define USER_STACK  0x800000UL  /* one page below this */
/* Runs fn(arg) in user mode. True and *result: it returned; false: it faulted, see `fault`. */
bool run_user(long (*fn)(long), long arg, long *result);
unsigned long user_root(void);  /* mfn of the user page table's L4 */
extern bool (*volatile syscall_hook)(struct regs *); /* system calls but 0; true: go on */

/* Events: masked for the vCPU unless a test unmasks. */
extern struct shared_info *shared_info;
extern struct vcpu_info *vcpu_info;         /* of vCPU 0 */
evtchn_port_t bind_virq(unsigned int virq); /* 0: refused */
evtchn_port_t bind_ipi(void);
long evtchn_send(evtchn_port_t port);
long evtchn_close(evtchn_port_t port);
bool evtchn_pending(evtchn_port_t port);
bool evtchn_test_clear(evtchn_port_t port); /* clears the pending bit, tells what it was */
void evtchn_set_mask(evtchn_port_t port, bool masked); /* the bit only */
void events_enable(void);                   /* opens the vCPU's mask, delivers what waits */
void events_disable(void);
uint64_t system_time(void);                 /* ns, on the first vCPU */
uint64_t system_time_by(const volatile struct vcpu_time_info *t); /* on the one that t is of */
/* Waits for the port, at most so many ms. */
bool evtchn_wait(evtchn_port_t port, unsigned int ms);
domid_t own_domid(void);

/*
 * The second vCPU calls fn again and again, from start to stop. False, and the test is skipped: the
 * domain has one vCPU only. Its traps go to trap_hook too.
 */
bool second_start(void (*fn)(void));
void second_stop(void);
unsigned long second_rounds(void);          /* how often fn has returned since the start */
void second_context(struct vcpu_guest_context *c); /* what it is started with */
/* The same sequence in every run. */
uint64_t random64(void);
void random_seed(uint64_t seed);

#endif /* HARNESS_H */
