/* SPDX-License-Identifier: MIT */
/*
 * When the callback is entered.
 *
 * With the vCPU's mask clear, a send to an unmasked port must enter the callback before the call
 * returns, with the mask set; leaving it by iret must restore the mask and every register. With
 * the mask set nothing happens until it is cleared. A port masked while it was pending is
 * delivered by unmask.
 */
#include "harness.h"

static unsigned int upcalls, masked_inside;

static bool count_events(struct regs *r)
{
    if (r->vector != VECTOR_EVENT)
        return false;
    upcalls++;
    masked_inside += *(volatile uint8_t *)&vcpu_info->evtchn_upcall_mask == 1;
    return false;
}

/* A send between known register values; true if all are as before. */
static bool registers_survive(evtchn_port_t port)
{
    struct evtchn_send send = { .port = port };
    uint64_t sum = 0;

    asm volatile ("mov $0x11, %%rbx; mov $0x22, %%r12; mov $0x33, %%r13; mov $0x44, %%r14;"
                  "mov $0x55, %%r15; mov %1, %%rsi; mov %2, %%edi;"
                  "call hypercall_page + 32 * 32;"
                  "mov %%rbx, %0; shl $8, %0; add %%r12, %0; shl $8, %0; add %%r13, %0;"
                  "shl $8, %0; add %%r14, %0; shl $8, %0; add %%r15, %0"
                  : "=&a" (sum) : "r" (&send), "i" (EVTCHNOP_send)
                  : "rbx", "r12", "r13", "r14", "r15", "rsi", "rdi", "rcx", "r11", "memory");
    return sum == 0x1122334455;
}

TEST(event_delivery)
{
    evtchn_port_t port = bind_ipi();
    struct evtchn_unmask unmask = { .port = port };

    upcalls = masked_inside = 0;
    trap_hook = count_events;
    evtchn_set_mask(port, false);
    vcpu_info->evtchn_upcall_pending = 0; /* of what came before */
    vcpu_info->evtchn_pending_sel = 0;
    events_enable();
    EXPECT(upcalls, 0);
    EXPECT(evtchn_send(port), 0);
    EXPECT(upcalls, 1);
    EXPECT(masked_inside, 1);
    EXPECT(vcpu_info->evtchn_upcall_mask, 0);
    EXPECT(evtchn_test_clear(port), 1);
    EXPECT_TRUE(registers_survive(port));
    EXPECT(upcalls, 2);

    /* Still pending: no edge, no upcall. */
    EXPECT(evtchn_send(port), 0);
    EXPECT(upcalls, 2);
    evtchn_test_clear(port);

    events_disable();
    EXPECT(evtchn_send(port), 0);
    EXPECT(upcalls, 2);
    events_enable();
    EXPECT(upcalls, 3);
    evtchn_test_clear(port);

    evtchn_set_mask(port, true);
    EXPECT(evtchn_send(port), 0);
    EXPECT(upcalls, 3);
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_unmask, &unmask), 0);
    EXPECT(upcalls, 4);
    evtchn_test_clear(port);
    EXPECT(evtchn_close(port), 0);
}
