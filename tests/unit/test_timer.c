/* SPDX-License-Identifier: MIT */
/* Timers: they fire in order, when due, where they were put, and never after they were stopped. */
/* SOURCES: xen/common/timer.c xen/common/softirq.c tests/unit/mock.c */
/* CFLAGS: $(HYPERVISOR) */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <asm/time.h>
#include <xen/softirq.h>
#include <xen/timer.h>

#define TIMERS 500

static stime_t hw_timer[MOCK_CPUS];

void timer_hw_set(stime_t deadline)
{
    hw_timer[smp_cpu_id()] = deadline;
}

struct record {
    struct timer t;
    unsigned int fired, cpu;
    stime_t at;
    stime_t again; /* arm for so much later when it fires; 0 = no */
};

static struct record records[TIMERS];
static stime_t last_fired;

static void fire(void *arg)
{
    struct record *r = arg;

    r->fired++;
    r->at = mock_now;
    r->cpu = smp_cpu_id();
    assert_true(r->t.expires <= mock_now);
    assert_true(r->t.expires >= last_fired);
    last_fired = r->t.expires;
    mock_assert_no_locks();
    if (r->again)
        timer_set(&r->t, mock_now + r->again);
}

static int start(void **state)
{
    (void)state;
    mock_now = 1000;
    last_fired = INT64_MIN;
    for (unsigned int cpu = 0; cpu < MOCK_CPUS; cpu++) {
        mock_cpu_set(cpu);
        cpus[cpu].softirqs = 0;
        timer_init_cpu(cpu);
        hw_timer[cpu] = STIME_MAX;
    }
    mock_cpu_set(0);
    for (unsigned int i = 0; i < TIMERS; i++) {
        records[i] = (struct record){};
        timer_init(&records[i].t, fire, &records[i], 0);
    }
    return 0;
}

/* Let time come to @t as the hardware would: an interrupt whenever it was asked for. */
static void pass_to(stime_t t)
{
    while (hw_timer[smp_cpu_id()] <= t) {
        mock_now = MAX(mock_now, hw_timer[smp_cpu_id()]);
        softirq_raise(SOFTIRQ_TIMER);
        softirq_run();
    }
    mock_now = t;
}

static void fires_at_its_time(void **state)
{
    (void)state;
    timer_set(&records[0].t, 5000);
    pass_to(4999);
    assert_int_equal(records[0].fired, 0);
    pass_to(5000);
    assert_int_equal(records[0].fired, 1);
    assert_int_equal(records[0].at, 5000);
    assert_int_equal(hw_timer[0], STIME_MAX);
}

static void past_fires_at_once(void **state)
{
    (void)state;
    timer_set(&records[0].t, -7);
    pass_to(mock_now);
    assert_int_equal(records[0].fired, 1);
}

static void all_in_order(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < TIMERS; i++)
        timer_set(&records[i].t, 1001 + mock_below(100000));
    pass_to(200000);
    for (unsigned int i = 0; i < TIMERS; i++) {
        assert_int_equal(records[i].fired, 1);
        assert_int_equal(records[i].at, records[i].t.expires);
    }
}

static void stopped_ones_do_not_fire(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < TIMERS; i++)
        timer_set(&records[i].t, 2000 + mock_below(1000));
    for (unsigned int i = 0; i < TIMERS; i += 2)
        timer_stop(&records[i].t);
    pass_to(10000);
    for (unsigned int i = 0; i < TIMERS; i++)
        assert_int_equal(records[i].fired, i % 2);
}

static void rearmed_by_its_function(void **state)
{
    (void)state;
    records[0].again = 100;
    timer_set(&records[0].t, 2000);
    pass_to(2950);
    assert_int_equal(records[0].fired, 10);
    records[0].again = 0;
    pass_to(9000);
    assert_int_equal(records[0].fired, 11);
    assert_false(records[0].t.armed);
}

static void on_another_cpu(void **state)
{
    (void)state;
    mock_cpu_set(1);
    timer_set(&records[0].t, 3000); /* CPU 0's: that one must be told */
    assert_int_equal(hw_timer[1], STIME_MAX);
    assert_true(cpus[0].softirqs & BIT(SOFTIRQ_TIMER));
    mock_cpu_set(0);
    softirq_run();
    assert_int_equal(hw_timer[0], 3000);
    mock_cpu_set(1);
    timer_set_here(&records[0].t, 3500);
    assert_int_equal(hw_timer[1], 3500);
    pass_to(3500);
    assert_int_equal(records[0].fired, 1);
    assert_int_equal(records[0].cpu, 1);
    mock_cpu_set(0);
    mock_now = 4000;
    softirq_raise(SOFTIRQ_TIMER);
    softirq_run();
    assert_int_equal(records[0].fired, 1);
}

/* What must be true of the heap below @t; returns how many timers it holds. */
static unsigned int check_heap(const struct timer *t, const struct timer *parent)
{
    unsigned int left, right;

    if (!t)
        return 0;
    assert_ptr_equal(t->parent, parent);
    assert_true(t->armed);
    assert_true(!parent || parent->expires <= t->expires);
    left = t->left ? t->left->rank : 0;
    right = t->right ? t->right->rank : 0;
    assert_true(left >= right);
    assert_int_equal(t->rank, right + 1);
    return 1 + check_heap(t->left, t) + check_heap(t->right, t);
}

/* Thousands of random operations against a plain array of what is armed. */
static void heap_against_model(void **state)
{
    static stime_t model[TIMERS]; /* 0: not armed */
    unsigned int armed = 0;
    const struct timer *root = NULL;

    (void)state;
    for (unsigned int i = 0; i < TIMERS; i++)
        model[i] = 0;
    for (unsigned int step = 0; step < 20000; step++) {
        unsigned int i = mock_below(TIMERS);

        armed -= model[i] != 0;
        if (mock_below(3) == 0) {
            timer_stop(&records[i].t);
            model[i] = 0;
        } else {
            model[i] = mock_now + 1 + mock_below(1000000);
            timer_set(&records[i].t, model[i]);
            armed++;
        }
        assert_int_equal(records[i].t.armed, model[i] != 0);
        if (step % 97)
            continue;
        root = NULL;
        for (unsigned int j = 0; j < TIMERS; j++)
            if (model[j] && !records[j].t.parent)
                root = &records[j].t;
        assert_int_equal(check_heap(root, NULL), armed);
        /* The right spine is what every operation walks. */
        assert_true(!root || (1U << root->rank) - 1 <= armed);
    }
    for (unsigned int j = 0; j < TIMERS; j++)
        timer_stop(&records[j].t);
}

/* A timer that arms itself again whenever it fires must still be gone after timer_kill(). */
static void killed_for_good(void **state)
{
    (void)state;
    records[0].again = 1;
    timer_set(&records[0].t, 1500);
    pass_to(1600);
    timer_kill(&records[0].t);
    records[0].fired = 0;
    pass_to(5000);
    assert_int_equal(records[0].fired, 0);
}

/* What the other CPU is in the middle of while this one waits. */
static jmp_buf in_the_middle;
static bool waits, waited;

void smp_poll(void)
{
    if (waits)
        longjmp(in_the_middle, 1);
}

/* CPU 0 calls it; before it returns, CPU 1 takes the timer over and kills it. */
static void moved_and_killed_meanwhile(void *arg)
{
    mock_cpu_set(1);
    timer_set_here(arg, mock_now + 1000);
    waits = true;
    waited = setjmp(in_the_middle);
    if (!waited)
        timer_kill(arg);
    waits = false;
    mock_cpu_set(0);
}

/* timer_kill() used to look only at the CPU that the timer had moved to, and came back while the
 * function still ran on the one that it had been called on. */
static void killed_after_it_moved(void **state)
{
    struct timer t;

    (void)state;
    timer_init(&t, moved_and_killed_meanwhile, &t, 0);
    waited = false;
    timer_set(&t, 1500);
    pass_to(1600);
    assert_true(waited);
    assert_false(t.armed);
    timer_kill(&t); /* nothing runs any more: it does not wait */
}

static long time_passes(void)
{
    static long left = 2;

    return --left;
}

/* The time left is asked for with MAX(). When it was asked for twice, the second answer could be 0,
 * which stops the hardware's timer: the machine slept for ever. */
static void the_greater_of_two_is_asked_for_once(void **state)
{
    (void)state;
    assert_int_equal(MAX(time_passes(), 0L), 1);
    assert_int_equal(MIN(time_passes(), 1L), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_greater_of_two_is_asked_for_once),
        cmocka_unit_test_setup(fires_at_its_time, start),
        cmocka_unit_test_setup(past_fires_at_once, start),
        cmocka_unit_test_setup(all_in_order, start),
        cmocka_unit_test_setup(stopped_ones_do_not_fire, start),
        cmocka_unit_test_setup(rearmed_by_its_function, start),
        cmocka_unit_test_setup(on_another_cpu, start),
        cmocka_unit_test_setup(heap_against_model, start),
        cmocka_unit_test_setup(killed_for_good, start),
        cmocka_unit_test_setup(killed_after_it_moved, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
