/* SPDX-License-Identifier: MIT */
/*
 * A channel between two domains, or here both its ends in one.
 *
 * An unbound port may be bound once, by the domain it was made for; binding makes the new port
 * pending, so that nothing is lost. Then each side reaches the other. When one closes, the other
 * is unbound again, can still be sent to without error, and can be bound anew.
 */
#include "harness.h"

static long bind(domid_t dom, evtchn_port_t remote, evtchn_port_t *local)
{
    struct evtchn_bind_interdomain b = { .remote_dom = dom, .remote_port = remote };
    long error = HYPERCALL(event_channel_op, EVTCHNOP_bind_interdomain, &b);

    *local = b.local_port;
    return error;
}

static long alloc(domid_t dom, domid_t remote, evtchn_port_t *port)
{
    struct evtchn_alloc_unbound a = { .dom = dom, .remote_dom = remote };
    long error = HYPERCALL(event_channel_op, EVTCHNOP_alloc_unbound, &a);

    *port = a.port;
    return error;
}

static unsigned int state(evtchn_port_t port)
{
    struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

    return HYPERCALL(event_channel_op, EVTCHNOP_status, &s) ? 99 : s.status;
}

TEST(event_interdomain)
{
    evtchn_port_t a, b, c;

    EXPECT(alloc(DOMID_SELF, DOMID_SELF, &a), 0);
    EXPECT(state(a), EVTCHNSTAT_unbound);
    EXPECT(evtchn_send(a), 0);
    EXPECT(bind(DOMID_SELF, a, &b), 0);
    EXPECT(state(a), EVTCHNSTAT_interdomain);
    EXPECT(state(b), EVTCHNSTAT_interdomain);
    EXPECT(evtchn_test_clear(b), 1);
    EXPECT_TRUE(bind(DOMID_SELF, a, &c) < 0);
    EXPECT_TRUE(bind(DOMID_SELF, b, &c) < 0);

    EXPECT(evtchn_send(a), 0);
    EXPECT(evtchn_pending(a), 0);
    EXPECT(evtchn_test_clear(b), 1);
    EXPECT(evtchn_send(b), 0);
    EXPECT(evtchn_test_clear(a), 1);

    EXPECT(evtchn_close(b), 0);
    EXPECT(state(a), EVTCHNSTAT_unbound);
    EXPECT(state(b), EVTCHNSTAT_closed);
    EXPECT(evtchn_send(a), 0);
    EXPECT(bind(DOMID_SELF, a, &b), 0);
    EXPECT(evtchn_close(a), 0);
    EXPECT(state(b), EVTCHNSTAT_unbound);
    EXPECT(evtchn_close(b), 0);

    /* Made for somebody else: not ours to bind. */
    EXPECT(alloc(DOMID_SELF, 1234, &a), 0);
    EXPECT_TRUE(bind(DOMID_SELF, a, &b) < 0);
    EXPECT(evtchn_close(a), 0);
    EXPECT(bind(1234, 1, &b), -XEN_ESRCH);
    EXPECT(bind(DOMID_XEN, 1, &b), -XEN_ESRCH);
    EXPECT(alloc(1234, DOMID_SELF, &a), -XEN_ESRCH);
}
