/* SPDX-License-Identifier: MIT */
/*
 * The older way to name entry points.
 *
 * One call for all three, with the same rule as callback_op: addresses that are not canonical are
 * refused, each of the three, and then none of them is taken. Good ones are in force at once.
 */
#include "harness.h"

extern char event_stub[], failsafe_stub[], syscall_stub[];
static unsigned int upcalls;

static bool count_events(struct regs *r)
{
    upcalls += r->vector == VECTOR_EVENT;
    return false;
}

static long set(const void *event, const void *failsafe, const void *syscall)
{
    return HYPERCALL(set_callbacks, event, failsafe, syscall);
}

TEST(set_callbacks)
{
    void *const bad[] = {
        (void *)0x0000800000000000, (void *)0xffff7fffffffffff, (void *)(1UL << 63)
    };
    evtchn_port_t port = bind_ipi();

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        EXPECT(set(bad[i], failsafe_stub, syscall_stub), -XEN_EINVAL);
        EXPECT(set(event_stub, bad[i], syscall_stub), -XEN_EINVAL);
        EXPECT(set(event_stub, failsafe_stub, bad[i]), -XEN_EINVAL);
    }
    EXPECT(set(event_stub, failsafe_stub, syscall_stub), 0);
    upcalls = 0;
    trap_hook = count_events;
    evtchn_set_mask(port, false);
    vcpu_info->evtchn_upcall_pending = 0;
    vcpu_info->evtchn_pending_sel = 0;
    events_enable();
    EXPECT(evtchn_send(port), 0);
    EXPECT(upcalls, 1);
    events_disable();
    EXPECT(evtchn_test_clear(port), 1);
    EXPECT(evtchn_close(port), 0);
}
