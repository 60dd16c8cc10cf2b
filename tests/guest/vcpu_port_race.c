/* SPDX-License-Identifier: MIT */
/*
 * Ports closed by one vCPU while another binds, sends to and closes the same.
 *
 * A channel has two ends and a reset touches all of them: whoever holds on to one while it goes
 * has a pointer into nothing (XSA-343). One vCPU allocates, binds and sends as fast as it can; the
 * other closes whatever port it finds, and in Domain0 resets them all (a guest's console would go
 * with them). Every call may fail, none may harm; in the end all ports can be had again.
 */
#include "harness.h"

#define ROUNDS 2000

static evtchn_port_t first;
static volatile unsigned int closes;

static void reset_all(void)
{
    struct evtchn_reset reset = { .dom = DOMID_SELF };

    if (in_domain0)
        HYPERCALL(event_channel_op, EVTCHNOP_reset, &reset); /* Xen: -EAGAIN now and then */
}

static void close_some(void)
{
    for (evtchn_port_t port = first; port < first + 12; port++)
        closes += evtchn_close(port) == 0;
    reset_all();
}

static void bind_some(void)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
    struct evtchn_bind_vcpu v = { .vcpu = 0 };
    evtchn_port_t ipi = bind_ipi(), virq = bind_virq(VIRQ_DEBUG);

    HYPERCALL(event_channel_op, EVTCHNOP_alloc_unbound, &a);
    b.remote_port = a.port;
    HYPERCALL(event_channel_op, EVTCHNOP_bind_interdomain, &b);
    v.port = b.local_port;
    HYPERCALL(event_channel_op, EVTCHNOP_bind_vcpu, &v);
    evtchn_send(a.port);
    evtchn_send(b.local_port);
    evtchn_send(ipi);
    evtchn_close(virq);
    evtchn_close(b.local_port);
}

TEST(vcpu_port_race)
{
    evtchn_port_t port;

    reset_all(); /* else a port that a failed test has left would come free, below the first */
    first = bind_ipi();
    EXPECT_TRUE(first != 0);
    closes = 0;
    if (!second_start(close_some))
        return;
    for (unsigned int i = times(ROUNDS); i; i--)
        bind_some();
    second_stop();
    EXPECT_TRUE(closes > 0);
    for (port = first; port < first + 32; port++)
        evtchn_close(port);
    EXPECT(port = bind_ipi(), first);
    evtchn_test_clear(port);
    EXPECT(evtchn_pending(port), 0);
    EXPECT(evtchn_send(port), 0);
    EXPECT(evtchn_test_clear(port), 1);
    EXPECT(evtchn_close(port), 0);
}
