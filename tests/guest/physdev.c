/* SPDX-License-Identifier: MIT */
/*
 * The hardware's side door.
 *
 * Interrupt lines and their numbers are Domain0's to arrange; any other domain may only say how
 * far its own processes reach for I/O ports, which gives it nothing that it has not. Numbers of
 * lines, interrupts and devices come from the caller, and index arrays of the hypervisor.
 */
#include "harness.h"

static const int bad[] = { -1, 4096, 0x8000, 0x10000, 0x7fffffff, (int)0x80000000 };
#define NR_BAD (sizeof(bad) / sizeof(bad[0]))

static long map_pirq(int type, int index, int pirq)
{
    struct physdev_map_pirq m = {
        .domid = DOMID_SELF, .type = type, .index = index, .pirq = pirq
    };

    return HYPERCALL(physdev_op, PHYSDEVOP_map_pirq, &m);
}

static long unmap_pirq(domid_t dom, int pirq)
{
    struct physdev_unmap_pirq u = { .domid = dom, .pirq = pirq };

    return HYPERCALL(physdev_op, PHYSDEVOP_unmap_pirq, &u);
}

static void privileged(void)
{
    struct physdev_get_free_pirq free_pirq = { .type = MAP_PIRQ_TYPE_MSI };
    struct physdev_map_pirq other = { .domid = 1234, .type = MAP_PIRQ_TYPE_GSI, .index = 5 };
    struct physdev_irq irq = { .irq = 100000 };
    struct evtchn_bind_pirq bind = { .pirq = 5 };

    for (unsigned int i = 0; i < NR_BAD; i++) {
        if (bad[i] > 0) /* below 0: any number */
            EXPECT_TRUE(map_pirq(MAP_PIRQ_TYPE_GSI, 5, bad[i]) < 0);
        EXPECT_TRUE(map_pirq(MAP_PIRQ_TYPE_GSI, bad[i], 5) < 0);
        EXPECT_TRUE(map_pirq(bad[i], 5, 5) < 0);
        EXPECT_TRUE(unmap_pirq(DOMID_SELF, bad[i]) < 0);
        bind.pirq = bad[i];
        EXPECT_TRUE(HYPERCALL(event_channel_op, EVTCHNOP_bind_pirq, &bind) < 0);
    }
    EXPECT_TRUE(map_pirq(MAP_PIRQ_TYPE_MSI, -1, -1) < 0); /* of bus 0, device 0: it has none */
    EXPECT_TRUE(HYPERCALL(physdev_op, PHYSDEVOP_map_pirq, &other) < 0);
    if (on_xenolith) /* Xen says yes to all, and does nothing */
        EXPECT_TRUE(HYPERCALL(physdev_op, PHYSDEVOP_alloc_irq_vector, &irq) < 0);
    EXPECT(HYPERCALL(physdev_op, PHYSDEVOP_get_free_pirq, &free_pirq), 0);
    EXPECT_TRUE(free_pirq.pirq > 0);

    /* A line, from end to end. */
    EXPECT(map_pirq(MAP_PIRQ_TYPE_GSI, 5, 5), 0);
    bind.pirq = 5;
    EXPECT(HYPERCALL(event_channel_op, EVTCHNOP_bind_pirq, &bind), 0);
    EXPECT_TRUE(HYPERCALL(event_channel_op, EVTCHNOP_bind_pirq, &bind) < 0);
    EXPECT(evtchn_close(bind.port), 0);
    EXPECT(unmap_pirq(DOMID_SELF, 5), 0);
    EXPECT_TRUE(unmap_pirq(DOMID_SELF, 5) < 0);
}

static void unprivileged(void)
{
    static char zeroes[64];
    struct evtchn_bind_pirq bind = { .pirq = 1 };

    for (unsigned int cmd = 8; cmd < 32; cmd++)
        if (cmd != PHYSDEVOP_eoi && cmd != PHYSDEVOP_pirq_eoi_gmfn_v2 && cmd != 17
            && HYPERCALL(physdev_op, cmd, zeroes) >= 0)
            fail("physdev_op %u was carried out", cmd);
    EXPECT_TRUE(map_pirq(MAP_PIRQ_TYPE_GSI, 5, 5) < 0);
    EXPECT_TRUE(HYPERCALL(event_channel_op, EVTCHNOP_bind_pirq, &bind) < 0);
}

TEST(physdev)
{
    struct physdev_set_iobitmap bitmap = { .nr_ports = 65537 };

    for (unsigned int i = 0; i < NR_BAD; i++) {
        struct physdev_eoi eoi = { .irq = bad[i] };
        struct physdev_irq_status_query status = { .irq = bad[i] };

        EXPECT_TRUE(HYPERCALL(physdev_op, PHYSDEVOP_eoi, &eoi) < 0);
        HYPERCALL(physdev_op, PHYSDEVOP_irq_status_query, &status);
    }
    EXPECT(HYPERCALL(physdev_op, PHYSDEVOP_set_iobitmap, &bitmap), -XEN_EINVAL);
    bitmap.nr_ports = 0;
    EXPECT(HYPERCALL(physdev_op, PHYSDEVOP_set_iobitmap, &bitmap), 0);
    if (in_domain0)
        privileged();
    else
        unprivileged();
}
