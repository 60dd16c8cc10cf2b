/* SPDX-License-Identifier: MIT */
/*
 * Ports are numbers, and numbers can be wrong.
 *
 * Port 0, ports never made, past the end and far past it; vCPUs and virtual interrupts that do not
 * exist; double bindings. Then all ports there are get allocated: the last must fail cleanly,
 * and after closing them the first must be to be had again.
 */
#include "harness.h"

static const evtchn_port_t bad[] = { 0, 4000, 4095, 4096, 4097, 0x1ffff, 0x20000, 0x7fffffff, ~0U };

static long alloc(evtchn_port_t *port)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    long error = HYPERCALL(event_channel_op, EVTCHNOP_alloc_unbound, &a);

    *port = a.port;
    return error;
}

TEST(event_limits)
{
    struct evtchn_bind_virq virq = { .virq = NR_VIRQS };
    struct evtchn_bind_ipi ipi = { .vcpu = 99 };
    struct evtchn_init_control fifo = { 0 };
    evtchn_port_t first = 0, port, last = 0, n = 0;
    long error;

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct evtchn_unmask unmask = { .port = bad[i] };
        struct evtchn_bind_vcpu vcpu = { .port = bad[i] };

        EXPECT_TRUE(evtchn_send(bad[i]) < 0);
        EXPECT_TRUE(evtchn_close(bad[i]) < 0);
        EXPECT_TRUE(HYPERCALL(event_channel_op, EVTCHNOP_bind_vcpu, &vcpu) < 0);
        if (bad[i] >= EVTCHN_2L_NR_CHANNELS)
            EXPECT_TRUE(HYPERCALL(event_channel_op, EVTCHNOP_unmask, &unmask) < 0);
    }
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_bind_virq, &virq), -XEN_EINVAL);
    virq.virq = VIRQ_TIMER;
    virq.vcpu = 99;
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_bind_virq, &virq), -XEN_ENOENT);
    virq.vcpu = 0;
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_bind_virq, &virq), 0);
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_bind_virq, &virq), -XEN_EEXIST);
    EXPECT(evtchn_close(virq.port), 0);
    virq.virq = VIRQ_CONSOLE;
    virq.vcpu = 1;
    EXPECT_TRUE(HYPERCALL(event_channel_op, EVTCHNOP_bind_virq, &virq) < 0);
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_bind_ipi, &ipi), -XEN_ENOENT);
    if (on_xenolith) /* the FIFO ABI is left out; Linux falls back */
        EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_init_control, &fifo), -XEN_ENOSYS);

    while ((error = alloc(&port)) == 0 && n < EVTCHN_2L_NR_CHANNELS) {
        first = first ? first : port;
        last = port;
        n++;
    }
    EXPECT(error, -XEN_ENOSPC);
    EXPECT_TRUE(n > 512 && last < EVTCHN_2L_NR_CHANNELS);
    for (port = last; n && port; port--)
        n -= evtchn_close(port) == 0;
    EXPECT(n, 0);
    EXPECT(alloc(&port), 0);
    EXPECT(port, first);
    EXPECT(evtchn_close(port), 0);
}
