/* SPDX-License-Identifier: MIT */
/* A domain's life: ids, references, shutting down, dying with everything given back. */
/* SOURCES: xen/common/domain.c xen/common/vcpu_op.c xen/common/event_channel.c xen/common/sched.c xen/common/sched_op.c xen/common/sched_bvt.c xen/common/sched_rr.c xen/common/timer.c xen/common/softirq.c tests/unit/mock.c tests/unit/mock_domains.c */
/* CFLAGS: $(HYPERVISOR) */
#include "mock_domains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <asm/time.h>
#include <public/event_channel.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/softirq.h>

static long allocated_before;
static const struct domain_config plain = {.max_vcpus = 2, .max_evtchn_port = 63};

static int start(void **state)
{
    (void)state;
    mock_sched_start(&sched_bvt, 1);
    dom0 = mock_guest(0, true, 1);
    domain_pause(dom0);
    softirq_run();
    allocated_before = mock_allocated;
    mock_memory_busy = false;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    cpus[0].curr = idle_vcpu(0);
    cpus[0].softirqs = 0;
    assert_int_equal(mock_allocated, allocated_before);
    assert_int_equal(mock_typed_refs, 0);
    mock_guest_end(dom0);
    return 0;
}

static void as(struct vcpu *v)
{
    cpus[0].softirqs = 0;
    cpus[0].curr = v;
}

/* A guest that the scheduler leaves alone. */
static struct domain *guest(domid_t id, unsigned int n_vcpus)
{
    struct domain *d = mock_guest(id, false, n_vcpus);

    domain_pause(d);
    return d;
}

/* One, and calls are made as its vcpu 0. */
static struct domain *calling_guest(domid_t id, unsigned int n_vcpus)
{
    struct domain *d = guest(id, n_vcpus);

    as(d->vcpu[0]);
    return d;
}

static void end(struct domain *d)
{
    cpus[0].curr = idle_vcpu(0);
    mock_guest_end(d);
}

/* ---- find and hold ---- */

static void found_by_id_while_held(void **state)
{
    struct domain *d = guest(7, 1), *again;

    (void)state;
    again = domain_get(7);
    assert_ptr_equal(again, d);
    assert_null(domain_get(8));
    assert_null(domain_get(7 + 256)); /* the same bucket */
    end(d);
    assert_ptr_equal(domain_get(7), d); /* dead, but we hold it */
    assert_int_equal(d->dying, DOMAIN_DEAD);
    domain_put(d);
    domain_put(again);
    softirq_run();
    assert_null(domain_get(7));
}

static void listed_in_order(void **state)
{
    static const domid_t ids[] = {300, 5, 44, 45, 261};
    struct domain *d[ARRAY_SIZE(ids)], *next;
    unsigned int last = 0, n = 0;

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++)
        d[i] = guest(ids[i], 1);
    for (unsigned int id = 1; (next = domain_get_next(id)) != NULL; domain_put(next)) {
        assert_true(next->id > last);
        last = next->id;
        id = next->id + 1;
        n++;
    }
    assert_int_equal(n, ARRAY_SIZE(ids));
    for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++)
        end(d[i]);
}

static void ids_are_not_reused_soon(void **state)
{
    domid_t first = domain_free_id(), second = domain_free_id();
    struct domain *d;

    (void)state;
    assert_true(first >= 1);
    assert_int_equal(second, first + 1);
    d = guest(second + 1, 1);
    assert_int_equal(domain_free_id(), second + 2);
    end(d);
    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++)
        assert_in_range(domain_free_id(), 1, DOMID_FIRST_RESERVED - 1); /* it goes round */
}

static void id_in_use_is_refused(void **state)
{
    struct domain *d = guest(7, 1), *other;

    (void)state;
    assert_int_equal(domain_create(7, &plain, false, &other), -EEXIST);
    end(d);
}

static void every_allocation_may_fail(void **state)
{
    struct domain *d;
    int rc = -1, failures = 0;

    (void)state;
    for (long n = 1; rc; n++) {
        mock_fail_alloc = n;
        rc = domain_create(9, &plain, false, &d);
        if (rc) {
            assert_int_equal(rc, -ENOMEM);
            assert_int_equal(mock_allocated, allocated_before);
            assert_null(domain_get(9));
            failures++;
        }
    }
    assert_true(failures >= 5);
    rc = -1;
    for (long n = 1; rc; n++) {
        long had = mock_allocated;

        mock_fail_alloc = n;
        rc = vcpu_create(d, 0);
        if (rc) {
            assert_int_equal(rc, -ENOMEM);
            assert_int_equal(mock_allocated, had);
            assert_null(d->vcpu[0]);
        }
    }
    mock_fail_alloc = 0;
    end(d);
}

static void bad_configurations(void **state)
{
    struct domain_config c = plain;
    struct domain *d;

    (void)state;
    c.max_vcpus = 0;
    assert_int_equal(domain_create(9, &c, false, &d), -EINVAL);
    c.max_vcpus = MAX_VCPUS + 1;
    assert_int_equal(domain_create(9, &c, false, &d), -EINVAL);
    assert_int_equal(domain_create(9, &plain, false, &d), 0);
    assert_int_equal(vcpu_create(d, 2), -EINVAL);
    assert_int_equal(vcpu_create(d, 0), 0);
    assert_int_equal(vcpu_create(d, 0), -EEXIST);
    end(d);
}

/* ---- shut down and die ---- */

static int bind_dom_exc(void)
{
    struct evtchn_bind_virq op = {.virq = VIRQ_DOM_EXC};

    as(dom0->vcpu[0]);
    assert_int_equal(do_event_channel_op(EVTCHNOP_bind_virq, (unsigned long)&op), 0);
    cpus[0].curr = idle_vcpu(0);
    return op.port;
}

static void shutdown_and_resume(void **state)
{
    int port = bind_dom_exc();
    struct domain *d = guest(3, 1);

    (void)state;
    domain_shutdown(d, SHUTDOWN_suspend);
    assert_true(d->shut_down);
    assert_int_equal(d->shutdown_code, SHUTDOWN_suspend);
    assert_true(test_and_clear_bit(port, dom0->shared_info->evtchn_pending));
    assert_int_equal(d->pause_count, 2);
    domain_shutdown(d, SHUTDOWN_reboot); /* the first reason counts */
    assert_int_equal(d->shutdown_code, SHUTDOWN_suspend);
    assert_int_equal(d->pause_count, 2);
    domain_resume(d);
    domain_resume(d);
    assert_int_equal(d->pause_count, 1);
    assert_false(d->shut_down);
    domain_shutdown(d, SHUTDOWN_poweroff);
    assert_int_equal(d->shutdown_code, SHUTDOWN_poweroff);
    end(d);
}

static void recorded_reason_wins(void **state)
{
    struct domain *d = calling_guest(3, 1);
    struct sched_shutdown op = {SHUTDOWN_crash};

    (void)state;
    assert_int_equal(do_sched_op(SCHEDOP_shutdown_code, (unsigned long)&op), 0);
    assert_false(d->shut_down);
    op.reason = SHUTDOWN_reboot;
    assert_int_equal(do_sched_op(SCHEDOP_shutdown, (unsigned long)&op), 0);
    assert_int_equal(d->shutdown_code, SHUTDOWN_crash);
    op.reason = SHUTDOWN_MAX + 1;
    assert_int_equal(do_sched_op(SCHEDOP_shutdown, (unsigned long)&op), -EINVAL);
    end(d);
}

static void watchdog_bites(void **state)
{
    struct domain *d = calling_guest(3, 1);
    struct sched_watchdog op = {.timeout = 2};

    (void)state;
    assert_int_equal(do_sched_op(SCHEDOP_watchdog, (unsigned long)&op), 1);
    assert_int_equal(do_sched_op(SCHEDOP_watchdog, (unsigned long)&op), 2);
    assert_int_equal(do_sched_op(SCHEDOP_watchdog, (unsigned long)&op), -ENOSPC);
    op = (struct sched_watchdog){.id = 2};
    assert_int_equal(do_sched_op(SCHEDOP_watchdog, (unsigned long)&op), 0);
    assert_int_equal(do_sched_op(SCHEDOP_watchdog, (unsigned long)&op), -EINVAL);
    op = (struct sched_watchdog){.id = 1, .timeout = 5};
    assert_int_equal(do_sched_op(SCHEDOP_watchdog, (unsigned long)&op), 0);
    cpus[0].curr = idle_vcpu(0);
    mock_now += SECS(4);
    softirq_raise(SOFTIRQ_TIMER);
    softirq_run();
    assert_false(d->shut_down);
    mock_now += SECS(1);
    softirq_raise(SOFTIRQ_TIMER);
    softirq_run();
    assert_int_equal(d->shutdown_code, SHUTDOWN_watchdog);
    end(d);
}

static void crash_says_why(void **state)
{
    struct domain *d = guest(3, 1);

    (void)state;
    domain_crash(d, "wrote to %#x", 0x123);
    assert_non_null(strstr(mock_last_line, "wrote to 0x123"));
    assert_int_equal(d->shutdown_code, SHUTDOWN_crash);
    end(d);
}

/* Ports, timers, a registered vcpu_info, a running watchdog: all of it must be gone at the end. */
static void death_gives_everything_back(void **state)
{
    int port = bind_dom_exc();
    struct domain *d = calling_guest(3, 2);
    void *page = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    struct vcpu_register_vcpu_info info = {.mfn = (unsigned long)page >> PAGE_SHIFT, .offset = 64};
    struct vcpu_set_periodic_timer periodic = {.period_ns = MILLIS(2)};
    struct evtchn_bind_virq virq = {.virq = VIRQ_TIMER};
    struct sched_watchdog dog = {.timeout = 1000};

    (void)state;
    assert_int_equal(do_vcpu_op(VCPUOP_register_vcpu_info, 0, (unsigned long)&info), 0);
    assert_int_equal(do_vcpu_op(VCPUOP_register_vcpu_info, 0, (unsigned long)&info), -EINVAL);
    assert_int_equal(do_vcpu_op(VCPUOP_set_periodic_timer, 0, (unsigned long)&periodic), 0);
    assert_int_equal(do_event_channel_op(EVTCHNOP_bind_virq, (unsigned long)&virq), 0);
    assert_int_equal(do_sched_op(SCHEDOP_watchdog, (unsigned long)&dog), 1);
    assert_int_equal(mock_typed_refs, 1);
    end(d);
    assert_true(test_bit(port, dom0->shared_info->evtchn_pending));
    memset(page, 0, PAGE_SIZE);
    mock_now += SECS(2000);
    softirq_raise(SOFTIRQ_TIMER);
    softirq_run();
    for (unsigned int i = 0; i < PAGE_SIZE; i++)
        assert_int_equal(((u8 *)page)[i], 0); /* nobody writes there any more */
    free(page);
}

/* While others map its frames the domain stays, dying, and its id is not free. */
static void zombie_until_the_last_frame_goes(void **state)
{
    struct domain *d = guest(3, 1), *other;

    (void)state;
    mock_memory_busy = true;
    end(d);
    assert_ptr_equal(domain_get(3), d);
    domain_put(d);
    assert_int_equal(domain_create(3, &plain, false, &other), -EEXIST);
    assert_int_equal(domain_kill(d), 0); /* again: nothing to do */
    domain_put(d);                       /* the last frame */
    assert_null(domain_get(3));
    softirq_run();
    mock_memory_busy = false;
    assert_int_equal(domain_create(3, &plain, false, &other), 0);
    end(other);
}

/* A large guest: whoever destroys it gets its events in between, and does everything once. */
static void death_can_be_interrupted(void **state)
{
    int port = bind_dom_exc();
    struct domain *d = guest(3, 1);
    int pauses = d->pause_count;

    (void)state;
    mock_memory_slices = 3;
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(domain_kill(d), -ERESTART);
        assert_int_equal(d->dying, DOMAIN_DYING);
        assert_int_equal(d->pause_count, pauses + 1);
        assert_false(test_bit(port, dom0->shared_info->evtchn_pending));
    }
    end(d);
    assert_true(test_bit(port, dom0->shared_info->evtchn_pending));
    assert_null(domain_get(3));
}

/* Nothing is taken from a vcpu that is in the middle of a call. */
static void death_waits_for_calls_to_end(void **state)
{
    struct domain *d = guest(3, 2);

    (void)state;
    dummy_vcpu_info.evtchn_upcall_pending = 1; /* the caller's: it is the idle vcpu here */
    d->vcpu[1]->in_hypervisor = true;
    assert_int_equal(domain_kill(d), -ERESTART);
    assert_true(d->vcpu[0]->initialised); /* our arch_vcpu_release() was not there yet */
    d->vcpu[1]->in_hypervisor = false;
    dummy_vcpu_info.evtchn_upcall_pending = 0;
    end(d);
}

static void some_cannot_be_killed(void **state)
{
    struct domain *d = calling_guest(3, 1);

    (void)state;
    assert_int_equal(domain_kill(dom0), -EINVAL);
    assert_int_equal(domain_kill(d), -EINVAL); /* by itself */
    end(d);
}

/* ---- vcpus ---- */

static void up_and_down(void **state)
{
    struct vcpu_guest_context *c = calloc(1, sizeof(*c));
    struct domain *d;

    (void)state;
    assert_int_equal(domain_create(3, &plain, false, &d), 0);
    assert_int_equal(vcpu_create(d, 0), 0);
    assert_int_equal(vcpu_create(d, 1), 0);
    as(d->vcpu[0]);
    assert_int_equal(do_vcpu_op(VCPUOP_is_up, 1, 0), 0);
    assert_int_equal(do_vcpu_op(VCPUOP_up, 1, 0), -EINVAL);
    assert_int_equal(do_vcpu_op(VCPUOP_initialise, 1, (unsigned long)c), -EINVAL);
    c->user_regs.rip = 1;
    assert_int_equal(do_vcpu_op(VCPUOP_initialise, 1, (unsigned long)c), 0);
    assert_int_equal(do_vcpu_op(VCPUOP_initialise, 1, (unsigned long)c), -EEXIST);
    assert_int_equal(do_vcpu_op(VCPUOP_is_up, 1, 0), 0);
    assert_int_equal(do_vcpu_op(VCPUOP_up, 1, 0), 0);
    assert_int_equal(do_vcpu_op(VCPUOP_is_up, 1, 0), 1);
    assert_int_equal(do_vcpu_op(VCPUOP_is_up, 2, 0), -ENOENT);
    assert_int_equal(do_vcpu_op(99, 1, 0), -ENOSYS);
    assert_int_equal(do_vcpu_op(VCPUOP_down, 1, 0), 0);
    assert_true(d->shut_down); /* none is up any more */
    free(c);
    end(d);
}

static void oneshot_timer(void **state)
{
    struct domain *d = calling_guest(3, 2);
    struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = mock_now - 1,
                                           .flags = VCPU_SSHOTTMR_future};
    struct evtchn_bind_virq virq = {.virq = VIRQ_TIMER};

    (void)state;
    assert_int_equal(do_event_channel_op(EVTCHNOP_bind_virq, (unsigned long)&virq), 0);
    assert_int_equal(do_vcpu_op(VCPUOP_set_singleshot_timer, 0, (unsigned long)&op), -ETIME);
    assert_int_equal(do_vcpu_op(VCPUOP_set_singleshot_timer, 1, (unsigned long)&op), -EINVAL);
    op.flags = 0;
    assert_int_equal(do_vcpu_op(VCPUOP_set_singleshot_timer, 0, (unsigned long)&op), 0);
    cpus[0].curr = idle_vcpu(0);
    softirq_raise(SOFTIRQ_TIMER);
    softirq_run();
    assert_true(test_and_clear_bit(virq.port, d->shared_info->evtchn_pending));
    as(d->vcpu[0]);
    op.timeout_abs_ns = ~0UL; /* never, and no overflow */
    assert_int_equal(do_vcpu_op(VCPUOP_set_singleshot_timer, 0, (unsigned long)&op), 0);
    assert_int_equal(d->vcpu[0]->oneshot_timer.expires, STIME_MAX);
    assert_int_equal(do_set_timer_op(-5), 0); /* a guest that calculated wrongly must not wait */
    assert_in_range(d->vcpu[0]->oneshot_timer.expires, mock_now, mock_now + SECS(1));
    assert_int_equal(do_set_timer_op(0), 0);
    assert_false(d->vcpu[0]->oneshot_timer.armed);
    end(d);
}

static void periodic_timer(void **state)
{
    struct domain *d = calling_guest(3, 1);
    struct vcpu_set_periodic_timer op = {.period_ns = MICROS(999)};
    struct evtchn_bind_virq virq = {.virq = VIRQ_TIMER};
    unsigned int ticks = 0;

    (void)state;
    assert_int_equal(do_event_channel_op(EVTCHNOP_bind_virq, (unsigned long)&virq), 0);
    assert_int_equal(do_vcpu_op(VCPUOP_set_periodic_timer, 0, (unsigned long)&op), -EINVAL);
    op.period_ns = ~0UL;
    assert_int_equal(do_vcpu_op(VCPUOP_set_periodic_timer, 0, (unsigned long)&op), -EINVAL);
    op.period_ns = MILLIS(10);
    assert_int_equal(do_vcpu_op(VCPUOP_set_periodic_timer, 0, (unsigned long)&op), 0);
    cpus[0].curr = idle_vcpu(0);
    for (int ms = 0; ms < 1000; ms++) {
        mock_now += MILLIS(1);
        softirq_raise(SOFTIRQ_TIMER);
        softirq_run();
        ticks += test_and_clear_bit(virq.port, d->shared_info->evtchn_pending);
    }
    assert_int_equal(ticks, 100);
    /* The machine stood still: ticks that were missed are not made up for, or this takes ages. */
    mock_now += SECS(100000000);
    ticks = 0;
    for (int i = 0; i < 10; i++) {
        softirq_raise(SOFTIRQ_TIMER);
        softirq_run();
        ticks += test_and_clear_bit(virq.port, d->shared_info->evtchn_pending);
    }
    assert_in_range(ticks, 1, 2);
    end(d);
}

static void vcpu_info_moves(void **state)
{
    struct domain *d = calling_guest(3, 2);
    char *page = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    struct vcpu_register_vcpu_info op = {.mfn = (unsigned long)page >> PAGE_SHIFT};
    struct vcpu_info *info = (struct vcpu_info *)(page + 128);

    (void)state;
    d->shared_info->vcpu_info[0].arch.cr2 = 77;
    op.offset = 4;
    assert_int_equal(do_vcpu_op(VCPUOP_register_vcpu_info, 0, (unsigned long)&op), -ENXIO);
    op.offset = PAGE_SIZE - 56;
    assert_int_equal(do_vcpu_op(VCPUOP_register_vcpu_info, 0, (unsigned long)&op), -ENXIO);
    op.offset = 128;
    assert_int_equal(do_vcpu_op(VCPUOP_register_vcpu_info, 1, (unsigned long)&op), -EINVAL);
    assert_int_equal(do_vcpu_op(VCPUOP_register_vcpu_info, 0, (unsigned long)&op), 0);
    assert_int_equal(info->arch.cr2, 77);
    assert_int_equal(info->evtchn_upcall_pending, 1); /* whatever was sent meanwhile is seen */
    assert_int_equal(info->evtchn_pending_sel, ~0UL);
    end(d);
    free(page);
}

static void runstate_area_is_kept_up_to_date(void **state)
{
    struct domain *d = calling_guest(3, 1);
    struct vcpu_runstate_info *area = aligned_alloc(64, 64);
    struct vcpu_register_runstate_memory_area op = {.addr.p = (unsigned long)area};

    (void)state;
    memset(area, 0xff, sizeof(*area));
    assert_int_equal(
        do_vcpu_op(VCPUOP_register_runstate_memory_area, 0, (unsigned long)&op), 0);
    assert_int_equal(area->state, d->vcpu[0]->runstate.state);
    assert_int_equal(do_vm_assist(VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag), 0);
    d->vcpu[0]->runstate.time[2] = 12345;
    vcpu_switched_to(d->vcpu[0]);
    assert_int_equal(area->time[2], 12345);
    assert_false(area->state_entry_time & XEN_RUNSTATE_UPDATE);
    op.addr.p = 0;
    assert_int_equal(
        do_vcpu_op(VCPUOP_register_runstate_memory_area, 0, (unsigned long)&op), 0);
    d->vcpu[0]->runstate.time[2] = 1;
    vcpu_switched_to(d->vcpu[0]);
    assert_int_equal(area->time[2], 12345);
    end(d);
    free(area);
}

static void vm_assists(void **state)
{
    struct domain *d = calling_guest(3, 1);

    (void)state;
    assert_int_equal(do_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
    assert_int_equal(d->vm_assist, BIT(VMASST_TYPE_writable_pagetables));
    assert_int_equal(do_vm_assist(VMASST_CMD_enable, 63), -EINVAL);
    assert_int_equal(do_vm_assist(VMASST_CMD_enable, 64), -EINVAL);
    assert_int_equal(do_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0);
    assert_int_equal(d->vm_assist, 0);
    assert_int_equal(do_vm_assist(2, VMASST_TYPE_writable_pagetables), -ENOSYS);
    end(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found_by_id_while_held, start, stop),
        cmocka_unit_test_setup_teardown(listed_in_order, start, stop),
        cmocka_unit_test_setup_teardown(ids_are_not_reused_soon, start, stop),
        cmocka_unit_test_setup_teardown(id_in_use_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, start, stop),
        cmocka_unit_test_setup_teardown(bad_configurations, start, stop),
        cmocka_unit_test_setup_teardown(shutdown_and_resume, start, stop),
        cmocka_unit_test_setup_teardown(recorded_reason_wins, start, stop),
        cmocka_unit_test_setup_teardown(watchdog_bites, start, stop),
        cmocka_unit_test_setup_teardown(crash_says_why, start, stop),
        cmocka_unit_test_setup_teardown(death_gives_everything_back, start, stop),
        cmocka_unit_test_setup_teardown(zombie_until_the_last_frame_goes, start, stop),
        cmocka_unit_test_setup_teardown(death_can_be_interrupted, start, stop),
        cmocka_unit_test_setup_teardown(death_waits_for_calls_to_end, start, stop),
        cmocka_unit_test_setup_teardown(some_cannot_be_killed, start, stop),
        cmocka_unit_test_setup_teardown(up_and_down, start, stop),
        cmocka_unit_test_setup_teardown(oneshot_timer, start, stop),
        cmocka_unit_test_setup_teardown(periodic_timer, start, stop),
        cmocka_unit_test_setup_teardown(vcpu_info_moves, start, stop),
        cmocka_unit_test_setup_teardown(runstate_area_is_kept_up_to_date, start, stop),
        cmocka_unit_test_setup_teardown(vm_assists, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
