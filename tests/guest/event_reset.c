/* SPDX-License-Identifier: MIT */
/*
 * All ports at once.
 *
 * A reset closes every port of a domain, whatever it was bound to, and leaves the numbers free and
 * their pending bits without meaning. Others may not do it to a domain: a guest that names Domain0,
 * or anybody, is refused. (A guest does not do it to itself here: its console is a port.)
 */
#include "harness.h"

static long reset(domid_t dom)
{
    struct evtchn_reset r = { .dom = dom };

    return HYPERCALL(event_channel_op, EVTCHNOP_reset, &r);
}

static unsigned int state(evtchn_port_t port)
{
    struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

    return HYPERCALL(event_channel_op, EVTCHNOP_status, &s) ? 99 : s.status;
}

TEST(event_reset)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
    evtchn_port_t first = bind_ipi(), virq;

    EXPECT(reset(1234), -XEN_ESRCH);
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_reset, HYPERVISOR_VIRT_END), -XEN_EFAULT);
    if (!in_domain0) {
        EXPECT(reset(0), -XEN_EPERM);
        EXPECT(state(first), EVTCHNSTAT_ipi);
        EXPECT(evtchn_close(first), 0);
        return;
    }
    virq = bind_virq(VIRQ_DEBUG);
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_alloc_unbound, &a), 0);
    b.remote_port = a.port;
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_bind_interdomain, &b), 0);
    EXPECT(reset(DOMID_SELF), 0);
    EXPECT(state(first), EVTCHNSTAT_closed);
    EXPECT(state(virq), EVTCHNSTAT_closed);
    EXPECT(state(a.port), EVTCHNSTAT_closed);
    EXPECT(state(b.local_port), EVTCHNSTAT_closed);
    EXPECT_TRUE(evtchn_send(first) < 0);
    EXPECT(bind_virq(VIRQ_DEBUG), bind_ipi() - 1); /* both can be had again, from the first free */
    EXPECT(reset(DOMID_SELF), 0);
}
