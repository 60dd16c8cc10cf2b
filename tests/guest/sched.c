/* SPDX-License-Identifier: MIT */
/*
 * Waiting.
 *
 * block must return at once when an event is there, or a wake-up could be lost between the test and
 * the call; it unmasks events. poll waits for given ports only, masked or not, and gives up at
 * its time. yield returns. More ports than fit are refused.
 */
#include "harness.h"

static long poll(evtchn_port_t port, unsigned int nr, uint64_t timeout)
{
    struct sched_poll p = { .nr_ports = nr, .timeout = timeout };

    set_xen_guest_handle(p.ports, &port);
    return HYPERCALL(sched_op, SCHEDOP_poll, &p);
}

TEST(sched)
{
    evtchn_port_t port = bind_ipi();
    uint64_t start, slept;

    for (int i = 0; i < 10; i++)
        EXPECT(HYPERCALL(sched_op, SCHEDOP_yield, NULL), 0);

    evtchn_set_mask(port, true);
    start = system_time();
    EXPECT(poll(port, 1, start + 20000000), 0);
    slept = system_time() - start;
    EXPECT_TRUE(slept >= 20000000);
    EXPECT_TRUE(slept < 2000000000);

    EXPECT(evtchn_send(port), 0);
    EXPECT(poll(port, 1, 0), 0);
    EXPECT(evtchn_test_clear(port), 1);
    EXPECT(poll(port, 129, 0), -XEN_EINVAL);
    EXPECT(poll(99999, 1, 0), -XEN_EINVAL);

    evtchn_set_mask(port, false);
    EXPECT(evtchn_send(port), 0);
    EXPECT(HYPERCALL(sched_op, SCHEDOP_block, NULL), 0);
    EXPECT(vcpu_info->evtchn_upcall_mask, 0);
    EXPECT(evtchn_test_clear(port), 1);
    events_disable();
    EXPECT(evtchn_close(port), 0);
}
