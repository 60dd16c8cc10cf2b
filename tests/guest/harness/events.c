/* SPDX-License-Identifier: MIT */
/* The shared page: event bits and the clock. */
#include "harness.h"

struct shared_info *shared_info;
struct vcpu_info *vcpu_info;
static char shared_page[PAGE_SIZE] __attribute__((aligned(4096)));

/*
 * Maps the shared page over a page of the image; the frame that was there stays with us. All ports
 * are masked, those of the console and the store for good: tests open the ones they make.
 */
void events_init(void)
{
    if (update_va(shared_page, start_info->shared_info | PTE_RW) != 0)
        fail("the shared page cannot be mapped");
    shared_info = (struct shared_info *)shared_page;
    vcpu_info = &shared_info->vcpu_info[0];
    memset(shared_info->evtchn_mask, 0xff, sizeof(shared_info->evtchn_mask));
}

void event_entered(void)
{
    *(volatile uint8_t *)&vcpu_info->evtchn_upcall_pending = 0;
    __atomic_exchange_n(&vcpu_info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
}

evtchn_port_t bind_virq(unsigned int virq)
{
    struct evtchn_bind_virq bind = { .virq = virq };

    return HYPERCALL(event_channel_op, EVTCHNOP_bind_virq, &bind) ? 0 : bind.port;
}

evtchn_port_t bind_ipi(void)
{
    struct evtchn_bind_ipi bind = { .vcpu = 0 };

    return HYPERCALL(event_channel_op, EVTCHNOP_bind_ipi, &bind) ? 0 : bind.port;
}

long evtchn_send(evtchn_port_t port)
{
    struct evtchn_send send = { .port = port };

    return HYPERCALL(event_channel_op, EVTCHNOP_send, &send);
}

long evtchn_close(evtchn_port_t port)
{
    struct evtchn_close close = { .port = port };

    return HYPERCALL(event_channel_op, EVTCHNOP_close, &close);
}

bool evtchn_pending(evtchn_port_t port)
{
    return *(volatile xen_ulong_t *)&shared_info->evtchn_pending[port / 64] >> port % 64 & 1;
}

bool evtchn_test_clear(evtchn_port_t port)
{
    xen_ulong_t bit = 1UL << port % 64;

    return __atomic_fetch_and(&shared_info->evtchn_pending[port / 64], ~bit, __ATOMIC_SEQ_CST)
        & bit;
}

void evtchn_set_mask(evtchn_port_t port, bool masked)
{
    xen_ulong_t bit = 1UL << port % 64, *word = &shared_info->evtchn_mask[port / 64];

    if (masked)
        __atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
}

void events_enable(void)
{
    *(volatile uint8_t *)&vcpu_info->evtchn_upcall_mask = 0;
    __sync_synchronize();
    if (*(volatile uint8_t *)&vcpu_info->evtchn_upcall_pending)
        HYPERCALL(xen_version, XENVER_version, NULL); /* any call is a chance to deliver */
}

void events_disable(void)
{
    *(volatile uint8_t *)&vcpu_info->evtchn_upcall_mask = 1;
}

static uint64_t rdtsc(void)
{
    uint32_t low, high;

    asm volatile ("lfence; rdtsc" : "=a" (low), "=d" (high));
    return (uint64_t)high << 32 | low;
}

uint64_t system_time_by(const volatile struct vcpu_time_info *t)
{
    uint64_t delta, now;
    uint32_t version;

    do {
        version = t->version;
        __sync_synchronize();
        delta = rdtsc() - t->tsc_timestamp;
        delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
        now = t->system_time + (uint64_t)((__uint128_t)delta * t->tsc_to_system_mul >> 32);
        __sync_synchronize();
    } while ((version & 1) || version != t->version);
    return now;
}

uint64_t system_time(void)
{
    return system_time_by(&vcpu_info->time);
}

bool evtchn_wait(evtchn_port_t port, unsigned int ms)
{
    uint64_t until = system_time() + ms * 1000000UL;
    struct sched_poll poll = { .nr_ports = 1, .timeout = until };

    set_xen_guest_handle(poll.ports, &port);
    while (!evtchn_pending(port) && system_time() < until)
        if (HYPERCALL(sched_op, SCHEDOP_poll, &poll) != 0)
            break;
    return evtchn_pending(port);
}

/* A channel from the domain to itself shows its number, which nothing else tells a guest. */
domid_t own_domid(void)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
    struct evtchn_status s = { .dom = DOMID_SELF };

    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_alloc_unbound, &a), 0);
    b.remote_port = s.port = a.port;
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_bind_interdomain, &b), 0);
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_status, &s), 0);
    EXPECT(evtchn_close(b.local_port), 0);
    EXPECT(evtchn_close(a.port), 0);
    return s.u.interdomain.dom;
}
