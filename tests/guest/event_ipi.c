/* SPDX-License-Identifier: MIT */
/*
 * One port's pending bit.
 *
 * The simplest channel, from a vCPU to itself. A send sets the bit once however often it is
 * repeated; a masked port becomes pending and disturbs nobody; a closed port can no longer be sent
 * to and is given out again.
 */
#include "harness.h"

TEST(event_ipi)
{
    evtchn_port_t port = bind_ipi(), other = bind_ipi();
    struct evtchn_status status = { .dom = DOMID_SELF, .port = port };
    struct evtchn_bind_vcpu rebind = { .port = port, .vcpu = 0 };

    EXPECT_TRUE(port != 0 && other != 0 && port != other);
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_status, &status), 0);
    EXPECT(status.status, EVTCHNSTAT_ipi);
    EXPECT(status.vcpu, 0);

    evtchn_set_mask(port, true);
    vcpu_info->evtchn_upcall_pending = 0;
    EXPECT(evtchn_send(port), 0);
    EXPECT(evtchn_send(port), 0);
    EXPECT(evtchn_pending(port), 1);
    EXPECT(evtchn_pending(other), 0);
    EXPECT(vcpu_info->evtchn_upcall_pending, 0);
    EXPECT(evtchn_test_clear(port), 1);
    EXPECT(evtchn_test_clear(port), 0);

    evtchn_set_mask(port, false);
    vcpu_info->evtchn_pending_sel = 0;
    EXPECT(evtchn_send(port), 0);
    EXPECT(vcpu_info->evtchn_upcall_pending, 1);
    EXPECT(vcpu_info->evtchn_pending_sel, 1UL << port / 64);
    EXPECT(evtchn_test_clear(port), 1);

    /* It belongs to its vCPU for good. */
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_bind_vcpu, &rebind), -XEN_EINVAL);
    EXPECT(evtchn_close(port), 0);
    EXPECT_TRUE(evtchn_send(port) < 0);
    EXPECT_TRUE(evtchn_close(port) < 0);
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_status, &status), 0);
    EXPECT(status.status, EVTCHNSTAT_closed);
    EXPECT(bind_ipi(), port);
    EXPECT(evtchn_pending(port), 0);
    EXPECT(evtchn_close(port), 0);
    EXPECT(evtchn_close(other), 0);
}
