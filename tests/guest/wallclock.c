/* SPDX-License-Identifier: MIT */
/*
 * The clocks in the shared page.
 *
 * A PV kernel reads time without a call. The version must be even when nothing is being written,
 * the TSC's multiplier sane, the wall clock in this century, and system time must pass at the rate
 * of the timer.
 */
#include "harness.h"

TEST(wallclock)
{
    struct vcpu_time_info *t = &vcpu_info->time;
    uint64_t seconds, start, slept;
    evtchn_port_t port;

    EXPECT(t->version & 1, 0);
    EXPECT_TRUE(t->tsc_to_system_mul != 0);
    EXPECT(shared_info->wc_version & 1, 0);
    seconds = (uint64_t)shared_info->wc_sec_hi << 32 | shared_info->wc_sec;
    seconds += system_time() / 1000000000;
    EXPECT_TRUE(seconds > 1600000000UL && seconds < 4800000000UL);
    EXPECT_TRUE(shared_info->wc_nsec < 1000000000);

    HYPERCALL(vcpu_op, VCPUOP_stop_periodic_timer, 0, NULL);
    port = bind_virq(VIRQ_TIMER);
    evtchn_set_mask(port, false);
    start = system_time();
    EXPECT(HYPERCALL(set_timer_op, start + 50000000), 0);
    EXPECT_TRUE(evtchn_wait(port, 2000));
    slept = system_time() - start;
    EXPECT_TRUE(slept >= 50000000 && slept < 1000000000);
    EXPECT(evtchn_close(port), 0);
}
