/* SPDX-License-Identifier: MIT */
/*
 * hello: the least that is a whole PV kernel. Made of the public headers and nothing else.
 *
 * It runs as Domain0 and as any other domain, and shows in order what a port has to do:
 *   1. find the console and say something;
 *   2. read start_info: how much memory, where the p2m and the page tables are;
 *   3. map the shared page, by a page-table update;
 *   4. register entry points for exceptions and events;
 *   5. bind a virtual interrupt to a port, set a timer, wait for the event, three times;
 *   6. stop the domain.
 */
#include <stdbool.h>
#include <stddef.h>
#include <public/xen.h>
#include <public/callback.h>
#include <public/event_channel.h>
#include <public/io/console.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>

#define PAGE_SIZE 4096
#define PTE_PRESENT_WRITABLE 0x3UL

extern char VIRT_BASE[], event_entry[], trap_entry[];
long hypercall(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

static struct start_info *start_info;
static char shared_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static struct shared_info *const shared_info = (struct shared_info *)shared_page;

void *memcpy(void *to, const void *from, size_t size)
{
    char *t = to;
    const char *f = from;

    while (size--)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int value, size_t size)
{
    char *t = to;

    while (size--)
        *t++ = value;
    return to;
}

/* ---- 1: the console ---- */

/* The frames of a domain are numbered from 0 (pfn), and the builder mapped the first of them. */
static void *address_of_mfn(unsigned long mfn)
{
    return VIRT_BASE + machine_to_phys_mapping[mfn] * PAGE_SIZE;
}

/* Any domain but Domain0: bytes into a ring that xenconsoled empties. */
static void ring_write(const char *text, size_t size)
{
    struct xencons_interface *ring = address_of_mfn(start_info->console.domU.mfn);
    struct evtchn_send send = { .port = start_info->console.domU.evtchn };

    while (size) {
        if (ring->out_prod - *(volatile uint32_t *)&ring->out_cons == sizeof(ring->out)) {
            hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
            continue;
        }
        ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = *text++;
        size--;
        __sync_synchronize(); /* the byte before the index */
        ring->out_prod++;
    }
    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (unsigned long)&send, 0, 0);
}

static void print(const char *text)
{
    size_t size = 0;

    while (text[size])
        size++;
    if (start_info->flags & SIF_INITDOMAIN)
        hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, size, (unsigned long)text, 0);
    else
        ring_write(text, size);
}

static void print_number(const char *before, unsigned long n, const char *after)
{
    char digits[24], *p = digits + sizeof(digits) - 1;

    *p = '\0';
    do {
        *--p = '0' + n % 10;
        n /= 10;
    } while (n);
    print(before);
    print(p);
    print(after);
}

static void stop(unsigned int reason)
{
    struct sched_shutdown shutdown = { .reason = reason };

    for (;;)
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&shutdown, 0, 0);
}

/* ---- 2: what we were given ---- */

static void introduce(void)
{
    long version = hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
    xen_extraversion_t extra = "";

    hypercall(__HYPERVISOR_xen_version, XENVER_extraversion, (unsigned long)extra, 0, 0);
    print(start_info->flags & SIF_INITDOMAIN ? "hello: Domain0" : "hello: a guest");
    print_number(" on Xen ", version >> 16, ".");
    print_number("", version & 0xffff, extra);
    print("\n");
    print_number("hello: ", start_info->nr_pages * PAGE_SIZE >> 20, " MiB of memory, ");
    print_number("", start_info->nr_pt_frames, " page tables, the first in machine frame ");
    print_number("", ((unsigned long *)start_info->mfn_list)
                 [(start_info->pt_base - (unsigned long)VIRT_BASE) / PAGE_SIZE], "\n");
}

/* ---- 3: the shared page ---- */

/* In place of one of our own pages: its L1 entry exists, so one call sets and flushes it. */
static void map_shared_info(void)
{
    if (hypercall(__HYPERVISOR_update_va_mapping, (unsigned long)shared_page,
                  start_info->shared_info | PTE_PRESENT_WRITABLE, UVMF_INVLPG | UVMF_LOCAL, 0)) {
        print("hello: the shared page cannot be mapped\n");
        stop(SHUTDOWN_crash);
    }
}

/* ns since the hypervisor started; good until the TSC of this vCPU is calibrated anew. */
static unsigned long system_time(void)
{
    volatile struct vcpu_time_info *t = &shared_info->vcpu_info[0].time;
    unsigned long delta, now;
    uint32_t version, low, high;

    do {
        version = t->version & ~1U;
        __sync_synchronize();
        asm volatile ("rdtsc" : "=a" (low), "=d" (high));
        delta = ((unsigned long)high << 32 | low) - t->tsc_timestamp;
        delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
        delta = (unsigned __int128)delta * t->tsc_to_system_mul >> 32;
        now = t->system_time + delta;
        __sync_synchronize();
    } while (version != t->version);
    return now;
}

/* ---- 4: entry points ---- */

void trapped(void)
{
    print("hello: an exception\n");
    stop(SHUTDOWN_crash);
}

static void register_entries(void)
{
    static struct trap_info traps[33]; /* one more, zero, ends the list */
    struct callback_register event = {
        .type = CALLBACKTYPE_event, .address = (unsigned long)event_entry
    };

    for (int i = 0; i < 32; i++) {
        traps[i].vector = i;
        traps[i].cs = FLAT_KERNEL_CS;
        traps[i].address = (unsigned long)trap_entry;
    }
    hypercall(__HYPERVISOR_set_trap_table, (unsigned long)traps, 0, 0, 0);
    hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register, (unsigned long)&event, 0, 0);
}

/* ---- 5: events ---- */

static evtchn_port_t timer_port;
static volatile unsigned int ticks;

/* start.S: something is pending. Clear the flag first, then the selector, then the ports. */
void events(void)
{
    struct vcpu_info *vcpu = &shared_info->vcpu_info[0];
    xen_ulong_t words, bit = 1UL << timer_port % 64;

    *(volatile uint8_t *)&vcpu->evtchn_upcall_pending = 0;
    words = __atomic_exchange_n(&vcpu->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    if (!(words >> timer_port / 64 & 1))
        return;
    if (__atomic_fetch_and(&shared_info->evtchn_pending[timer_port / 64], ~bit, __ATOMIC_SEQ_CST)
        & bit)
        ticks++;
}

static void count_seconds(void)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER };
    struct evtchn_unmask unmask;

    hypercall(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0, 0);
    if (hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, (unsigned long)&bind, 0, 0)) {
        print("hello: no timer\n");
        stop(SHUTDOWN_crash);
    }
    timer_port = unmask.port = bind.port;
    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask, (unsigned long)&unmask, 0, 0);
    for (unsigned int n = 1; n <= 3; n++) {
        unsigned long due = system_time() + 200000000;

        hypercall(__HYPERVISOR_set_timer_op, due, 0, 0, 0);
        while (ticks < n) /* block lets events in, and returns after one */
            hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
        print_number("hello: tick ", n, "");
        print_number(", late by ", (system_time() - due) / 1000, " us\n");
    }
}

/* ---- 6: from here it all starts ---- */

void hello(struct start_info *si)
{
    start_info = si;
    introduce();
    map_shared_info();
    register_entries();
    count_seconds();
    print("hello: goodbye\n");
    stop(SHUTDOWN_poweroff);
}
