/* SPDX-License-Identifier: MIT */
/* Event channels: each state and refusal, delivery, death of a peer; random calls and a model. */
/* SOURCES: xen/common/event_channel.c xen/common/sched.c xen/common/sched_op.c xen/common/sched_bvt.c xen/common/sched_rr.c xen/common/timer.c xen/common/softirq.c xen/common/domain.c xen/common/vcpu_op.c tests/unit/mock.c tests/unit/mock_domains.c */
/* FUZZ: 100000 operations */
/* CFLAGS: $(HYPERVISOR) */
#include "mock_domains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <public/event_channel.h>
#include <public/sched.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/softirq.h>

static struct domain *zero, *a, *b;

/* Calls are made by this vcpu from now on, whatever the scheduler would like. */
static void as(struct domain *d, unsigned int vcpu)
{
    cpus[0].softirqs = 0;
    cpus[0].curr = d->vcpu[vcpu];
}

static int start(void **state)
{
    (void)state;
    mock_sched_start(&sched_bvt, 1);
    zero = dom0 = mock_guest(0, true, 1);
    a = mock_guest(1, false, 2);
    b = mock_guest(2, false, 1);
    /* The tests say who runs, so the scheduler shall not. */
    domain_pause(zero);
    domain_pause(a);
    domain_pause(b);
    softirq_run();
    return 0;
}

static int stop(void **state)
{
    struct domain *all[] = {a, b, zero};

    (void)state;
    cpus[0].curr = idle_vcpu(0);
    for (unsigned int i = 0; i < ARRAY_SIZE(all); i++)
        if (all[i])
            mock_guest_end(all[i]);
    assert_int_equal(mock_pirqs_bound, 0);
    return 0;
}

#define CALL(cmd, ...)                                                                             \
    do_event_channel_op(EVTCHNOP_##cmd, (unsigned long)&(struct evtchn_##cmd){__VA_ARGS__})

static int alloc_unbound(struct domain *d, domid_t remote)
{
    struct evtchn_alloc_unbound op = {.dom = d->id, .remote_dom = remote};
    int rc = do_event_channel_op(EVTCHNOP_alloc_unbound, (unsigned long)&op);

    return rc ? rc : (int)op.port;
}

static int bind_interdomain(domid_t remote, evtchn_port_t port)
{
    struct evtchn_bind_interdomain op = {.remote_dom = remote, .remote_port = port};
    int rc = do_event_channel_op(EVTCHNOP_bind_interdomain, (unsigned long)&op);

    return rc ? rc : (int)op.local_port;
}

static int bind_virq(u32 virq, u32 vcpu)
{
    struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};
    int rc = do_event_channel_op(EVTCHNOP_bind_virq, (unsigned long)&op);

    return rc ? rc : (int)op.port;
}

static int bind_ipi(u32 vcpu)
{
    struct evtchn_bind_ipi op = {.vcpu = vcpu};
    int rc = do_event_channel_op(EVTCHNOP_bind_ipi, (unsigned long)&op);

    return rc ? rc : (int)op.port;
}

static int bind_pirq(u32 pirq)
{
    struct evtchn_bind_pirq op = {.pirq = pirq};
    int rc = do_event_channel_op(EVTCHNOP_bind_pirq, (unsigned long)&op);

    return rc ? rc : (int)op.port;
}

static struct evtchn_status status_of(domid_t dom, evtchn_port_t port)
{
    struct evtchn_status op = {.dom = dom, .port = port};

    assert_int_equal(do_event_channel_op(EVTCHNOP_status, (unsigned long)&op), 0);
    return op;
}

static bool pending(struct domain *d, unsigned int port)
{
    return test_bit(port, d->shared_info->evtchn_pending);
}

/* The guest takes what it was told of, as its upcall handler does. */
static void consume(struct domain *d, unsigned int vcpu)
{
    d->vcpu[vcpu]->info->evtchn_upcall_pending = 0;
    d->vcpu[vcpu]->info->evtchn_pending_sel = 0;
    memset(d->shared_info->evtchn_pending, 0, sizeof(d->shared_info->evtchn_pending));
}

/* A connected pair: a's port, and b's in *@bs. */
static int connect(int *bs)
{
    int pa;

    as(a, 0);
    pa = alloc_unbound(a, b->id);
    assert_true(pa > 0);
    as(b, 0);
    *bs = bind_interdomain(a->id, pa);
    assert_true(*bs > 0);
    return pa;
}

/* ---- single calls ---- */

static void unknown_calls(void **state)
{
    char page[64] = {};

    (void)state;
    as(a, 0);
    assert_int_equal(do_event_channel_op(EVTCHNOP_init_control, (unsigned long)page), -ENOSYS);
    assert_int_equal(do_event_channel_op(EVTCHNOP_expand_array, (unsigned long)page), -ENOSYS);
    assert_int_equal(do_event_channel_op(EVTCHNOP_set_priority, (unsigned long)page), -ENOSYS);
    assert_int_equal(do_event_channel_op(14, (unsigned long)page), -ENOSYS);
    assert_int_equal(do_event_channel_op(-1, (unsigned long)page), -ENOSYS);
    assert_int_equal(do_event_channel_op(EVTCHNOP_send, 16), -EFAULT);
}

static void delivery(void **state)
{
    int pb, pa = connect(&pb);
    struct vcpu *v = a->vcpu[0];

    (void)state;
    assert_true(pending(b, pb)); /* the binder looks at once */
    consume(b, 0);
    assert_int_equal(CALL(send, pb), 0);
    assert_true(pending(a, pa));
    assert_int_equal(v->info->evtchn_pending_sel, 1);
    assert_int_equal(v->info->evtchn_upcall_pending, 1);
    v->info->evtchn_upcall_mask = 0;
    assert_true(event_upcall_due(v));
    v->info->evtchn_upcall_mask = 1;
    assert_false(event_upcall_due(v));
    assert_false(pending(b, pb));
}

/* Its ports can be bound before its vcpus are made. */
static void nobody_to_tell_yet(void **state)
{
    struct domain_config cfg = {.max_vcpus = 1, .max_evtchn_port = 63};
    struct domain *d;
    int port;

    (void)state;
    cpus[0].curr = idle_vcpu(0);
    assert_int_equal(domain_create(9, &cfg, false, &d), 0);
    port = event_alloc_unbound(d, a->id);
    as(a, 0);
    port = bind_interdomain(9, port);
    assert_true(port > 0);
    assert_int_equal(CALL(send, port), 0);
    assert_true(pending(d, 1));
    cpus[0].curr = idle_vcpu(0);
    mock_guest_end(d);
}

static void masked_port(void **state)
{
    int pb, pa = connect(&pb);
    struct vcpu *v = a->vcpu[0];

    (void)state;
    set_bit(pa, a->shared_info->evtchn_mask);
    assert_int_equal(CALL(send, pb), 0);
    assert_true(pending(a, pa));
    assert_int_equal(v->info->evtchn_upcall_pending, 0);
    as(a, 0);
    assert_int_equal(CALL(unmask, pa), 0);
    assert_int_equal(v->info->evtchn_upcall_pending, 1);
    consume(a, 0);
    assert_int_equal(CALL(unmask, pa), 0); /* was not masked, is not pending */
    assert_int_equal(v->info->evtchn_upcall_pending, 0);
}

static void ports_beyond_the_table(void **state)
{
    (void)state;
    as(a, 0);
    for (int i = 0; i < 2; i++) {
        u32 port = i ? 256 : 0;

        assert_int_equal(CALL(send, port), -EINVAL);
        assert_int_equal(CALL(close, port), -EINVAL);
        assert_int_equal(CALL(unmask, port), -EINVAL);
        assert_int_equal(CALL(status, .dom = DOMID_SELF, .port = port), -EINVAL);
        assert_int_equal(CALL(bind_vcpu, port, 0), -EINVAL);
        assert_int_equal(bind_interdomain(b->id, port), -EINVAL);
    }
    assert_int_equal(CALL(send, 5), -EINVAL); /* closed */
    assert_int_equal(CALL(close, 5), -EINVAL);
}

static void all_ports_taken(void **state)
{
    int port;

    (void)state;
    as(a, 0);
    for (int i = 1; i <= 255; i++)
        assert_int_equal(bind_ipi(0), i);
    assert_int_equal(bind_ipi(0), -ENOSPC);
    assert_int_equal(alloc_unbound(a, 0), -ENOSPC);
    assert_int_equal(bind_virq(VIRQ_TIMER, 0), -ENOSPC);
    as(b, 0);
    port = alloc_unbound(b, a->id);
    as(a, 0);
    assert_int_equal(bind_interdomain(b->id, port), -ENOSPC);
    assert_int_equal(CALL(close, 77), 0);
    port = bind_virq(VIRQ_TIMER, 0);
    assert_int_equal(port, 77);
}

static void rights(void **state)
{
    int port;

    (void)state;
    as(a, 0);
    assert_int_equal(alloc_unbound(b, a->id), -EPERM);
    assert_int_equal(CALL(status, .dom = b->id, .port = 1), -EPERM);
    assert_int_equal(CALL(reset, b->id), -EPERM);
    assert_int_equal(CALL(status, .dom = 77, .port = 1), -ESRCH);
    assert_int_equal(bind_interdomain(77, 1), -ESRCH);
    as(zero, 0);
    port = alloc_unbound(a, b->id);
    assert_int_equal(status_of(a->id, port).status, EVTCHNSTAT_unbound);
    assert_int_equal(status_of(a->id, port).u.unbound.dom, b->id);
    assert_int_equal(bind_interdomain(a->id, port), -EINVAL); /* it waits for b */
    as(b, 0);
    assert_true(bind_interdomain(a->id, port) > 0);
    assert_int_equal(bind_interdomain(a->id, port), -EINVAL); /* once only */
}

static void virqs(void **state)
{
    int t0, t1, con;

    (void)state;
    as(a, 1);
    t0 = bind_virq(VIRQ_TIMER, 0);
    t1 = bind_virq(VIRQ_TIMER, 1);
    assert_true(t0 > 0 && t1 > 0);
    assert_int_equal(bind_virq(VIRQ_TIMER, 1), -EEXIST);
    assert_int_equal(bind_virq(VIRQ_CONSOLE, 1), -EINVAL);
    assert_int_equal(bind_virq(NR_VIRQS, 0), -EINVAL);
    assert_int_equal(bind_virq(VIRQ_TIMER, 2), -ENOENT);
    event_send_virq(a->vcpu[1], VIRQ_TIMER);
    assert_true(pending(a, t1) && !pending(a, t0));
    assert_int_equal(a->vcpu[1]->info->evtchn_upcall_pending, 1);
    assert_int_equal(a->vcpu[0]->info->evtchn_upcall_pending, 0);
    assert_int_equal(CALL(send, t1), -EINVAL);
    as(zero, 0);
    con = bind_virq(VIRQ_CONSOLE, 0);
    event_send_dom0_virq(VIRQ_CONSOLE);
    assert_true(pending(zero, con));
    assert_int_equal(CALL(close, con), 0);
    assert_false(pending(zero, con));
    event_send_dom0_virq(VIRQ_CONSOLE); /* nobody listens */
    assert_false(pending(zero, con));
}

static void which_vcpu_is_told(void **state)
{
    int pb, pa = connect(&pb), ipi, timer, con;

    (void)state;
    as(a, 0);
    ipi = bind_ipi(1);
    timer = bind_virq(VIRQ_TIMER, 0);
    con = bind_virq(VIRQ_DOM_EXC, 0);
    assert_int_equal(CALL(bind_vcpu, ipi, 0), -EINVAL);
    assert_int_equal(CALL(bind_vcpu, timer, 1), -EINVAL);
    assert_int_equal(CALL(bind_vcpu, pa, 2), -ENOENT);
    assert_int_equal(CALL(bind_vcpu, pa, 1), 0);
    assert_int_equal(CALL(bind_vcpu, con, 1), 0);
    assert_int_equal(CALL(send, ipi), 0);
    assert_int_equal(a->vcpu[1]->info->evtchn_upcall_pending, 1);
    consume(a, 1);
    as(b, 0);
    assert_int_equal(CALL(send, pb), 0);
    assert_int_equal(a->vcpu[1]->info->evtchn_upcall_pending, 1);
    assert_int_equal(a->vcpu[0]->info->evtchn_upcall_pending, 0);
    as(a, 0);
    assert_int_equal(CALL(close, con), 0); /* moved, and still found where it was bound */
    assert_true(bind_virq(VIRQ_DOM_EXC, 0) > 0);
}

static void pirqs(void **state)
{
    int port;

    (void)state;
    as(a, 0);
    assert_int_equal(bind_pirq(3), -EPERM);
    as(zero, 0);
    assert_int_equal(bind_pirq(EVENT_NR_PIRQS), -EINVAL);
    for (int i = 0; i < 2; i++)
        assert_int_equal(bind_pirq(40), -EINVAL); /* the line refuses: nothing may be left */
    port = bind_pirq(3);
    assert_int_equal(port, 1);
    assert_int_equal(bind_pirq(3), -EEXIST);
    assert_int_equal(status_of(DOMID_SELF, port).u.pirq, 3);
    event_send_pirq(zero, 3);
    assert_true(pending(zero, port));
    event_send_pirq(zero, 40);
    event_send_pirq(a, 3);
    assert_int_equal(CALL(close, port), 0);
    assert_int_equal(mock_pirqs_bound, 0);
}

/* ---- two ends ---- */

static void close_leaves_the_peer_unbound(void **state)
{
    int pb, pa = connect(&pb);

    (void)state;
    as(a, 0);
    assert_int_equal(CALL(close, pa), 0);
    as(b, 0);
    assert_int_equal(status_of(DOMID_SELF, pb).status, EVTCHNSTAT_unbound);
    assert_int_equal(status_of(DOMID_SELF, pb).u.unbound.dom, a->id);
    assert_int_equal(CALL(send, pb), 0); /* nobody there: dropped */
    as(a, 0);
    assert_int_equal(bind_interdomain(b->id, pb), pa); /* and it can be bound again */
}

static void channel_to_oneself(void **state)
{
    int port, other;

    (void)state;
    as(a, 0);
    port = alloc_unbound(a, DOMID_SELF);
    other = bind_interdomain(DOMID_SELF, port);
    assert_true(other > 0 && other != port);
    consume(a, 0);
    assert_int_equal(CALL(send, port), 0);
    assert_true(pending(a, other));
    assert_int_equal(CALL(close, other), 0);
    assert_int_equal(status_of(DOMID_SELF, port).status, EVTCHNSTAT_unbound);
}

static void reset_closes_everything(void **state)
{
    int pb, pa = connect(&pb);

    (void)state;
    as(a, 0);
    bind_ipi(1);
    bind_virq(VIRQ_TIMER, 1);
    assert_int_equal(CALL(reset, DOMID_SELF), 0);
    for (int port = 1; port < 10; port++)
        assert_int_equal(status_of(DOMID_SELF, port).status, EVTCHNSTAT_closed);
    assert_int_equal(bind_virq(VIRQ_TIMER, 1), 1);
    as(b, 0);
    assert_int_equal(status_of(DOMID_SELF, pb).status, EVTCHNSTAT_unbound);
    assert_true(pa > 0);
}

static void peer_dies(void **state)
{
    int pb;

    (void)state;
    connect(&pb);
    cpus[0].curr = idle_vcpu(0);
    mock_guest_end(a);
    a = NULL;
    as(b, 0);
    assert_int_equal(status_of(DOMID_SELF, pb).status, EVTCHNSTAT_unbound);
    assert_int_equal(CALL(send, pb), 0);
    assert_int_equal(CALL(close, pb), 0);
    cpus[0].curr = idle_vcpu(0);
}

static void no_new_ports_for_the_dying(void **state)
{
    (void)state;
    as(zero, 0);
    a->dying = DOMAIN_DYING;
    assert_int_equal(alloc_unbound(a, b->id), -EINVAL);
    a->dying = DOMAIN_ALIVE;
}

/* ---- waiting ---- */

static void blocked_vcpu_wakes(void **state)
{
    int pb, pa = connect(&pb);
    struct vcpu *v = a->vcpu[0];

    (void)state;
    assert_true(pa > 0);
    cpus[0].curr = idle_vcpu(0);
    set_bit(first_bit(VPF_BLOCKED), &v->pause_flags);
    as(b, 0);
    assert_int_equal(CALL(send, pb), 0);
    assert_int_equal(v->pause_flags, 0);
    set_bit(first_bit(VPF_BLOCKED), &v->pause_flags);
    assert_int_equal(CALL(send, pb), 0); /* pending already: nothing new to wake up for */
    assert_int_equal(v->pause_flags, VPF_BLOCKED);
    v->pause_flags = 0;
}

static long poll(struct domain *d, evtchn_port_t *ports, unsigned int n, u64 timeout)
{
    struct sched_poll op = {.ports.addr = (unsigned long)ports, .nr_ports = n, .timeout = timeout};

    as(d, 0);
    return do_sched_op(SCHEDOP_poll, (unsigned long)&op);
}

static void poller_wakes_for_its_masked_port(void **state)
{
    int pb, pa = connect(&pb);
    struct vcpu *v = a->vcpu[0];
    evtchn_port_t port = pa, bad = 256;

    (void)state;
    set_bit(pa, a->shared_info->evtchn_mask);
    assert_int_equal(poll(a, &bad, 1, 0), -EINVAL);
    assert_int_equal(v->pause_flags, 0);
    assert_int_equal(a->pollers, 0);
    assert_int_equal(poll(a, &port, 1, 0), 0);
    assert_int_equal(v->pause_flags, VPF_BLOCKED);
    assert_int_equal(a->pollers, 1);
    as(b, 0);
    assert_int_equal(CALL(send, pb), 0);
    assert_int_equal(v->pause_flags, 0);
    assert_int_equal(a->pollers, 0);
    assert_int_equal(poll(a, &port, 1, 0), 0); /* pending: returns at once */
    assert_int_equal(v->pause_flags, 0);
}

static void poll_times_out(void **state)
{
    evtchn_port_t port;

    (void)state;
    as(a, 0);
    port = bind_ipi(0);
    assert_int_equal(poll(a, &port, 1, mock_now + 1000), 0);
    assert_int_equal(a->vcpu[0]->pause_flags, VPF_BLOCKED);
    mock_now += 1000;
    cpus[0].softirqs = BIT(SOFTIRQ_TIMER);
    cpus[0].curr = idle_vcpu(0);
    softirq_run();
    assert_int_equal(a->vcpu[0]->pause_flags, 0);
}

/* ---- random calls against a model ---- */

#define PORTS 9 /* the model looks at these only; few, so that calls meet */

struct model_port {
    int state;
    unsigned int vcpu, virq;
    int may_bind;     /* index of domain */
    int peer, peer_port;
};

static struct model_port model[2][PORTS];
static struct domain *who[2];

static int model_free(int d)
{
    for (int p = 1; p < PORTS; p++)
        if (model[d][p].state == EVTCHNSTAT_closed)
            return p;
    return PORTS; /* the next one after those that the model knows */
}

static void model_close(int d, int p)
{
    struct model_port *m = &model[d][p];

    if (m->state == EVTCHNSTAT_interdomain) {
        struct model_port *o = &model[m->peer][m->peer_port];

        o->state = EVTCHNSTAT_unbound;
        o->may_bind = d;
    }
    *m = (struct model_port){.state = EVTCHNSTAT_closed};
}

static bool model_has_virq(int d, unsigned int virq, unsigned int vcpu)
{
    for (int p = 1; p < PORTS; p++)
        if (model[d][p].state == EVTCHNSTAT_virq && model[d][p].virq == virq &&
            model[d][p].vcpu == vcpu)
            return true;
    return false;
}

static void compare(int d)
{
    as(who[d], 0);
    for (int p = 1; p < PORTS; p++) {
        struct evtchn_status s = status_of(DOMID_SELF, p);
        struct model_port *m = &model[d][p];

        assert_int_equal(s.status, m->state);
        assert_int_equal(s.vcpu, m->vcpu);
        if (m->state == EVTCHNSTAT_unbound) {
            assert_int_equal(s.u.unbound.dom, who[m->may_bind]->id);
        } else if (m->state == EVTCHNSTAT_interdomain) {
            assert_int_equal(s.u.interdomain.dom, who[m->peer]->id);
            assert_int_equal(s.u.interdomain.port, m->peer_port);
        }
    }
}

/* A port that the model has no room for is given back. */
static bool fits(int port)
{
    if (port < PORTS)
        return true;
    assert_int_equal(CALL(close, port), 0);
    return false;
}

static void random_bind(int d)
{
    int rd = mock_below(2), p = mock_below(PORTS), free = model_free(d), got;
    struct model_port *o = &model[rd][p];
    bool ok = p && o->state == EVTCHNSTAT_unbound && o->may_bind == d;

    got = bind_interdomain(who[rd]->id, p);
    assert_int_equal(got, ok ? free : -EINVAL);
    if (!ok)
        return;
    *o = (struct model_port){EVTCHNSTAT_interdomain, o->vcpu, 0, 0, d, got};
    if (got < PORTS)
        model[d][got] = (struct model_port){EVTCHNSTAT_interdomain, 0, 0, 0, rd, p};
    else
        *o = (struct model_port){EVTCHNSTAT_unbound, o->vcpu, 0, d, 0, 0};
    fits(got);
}

static void random_send(int d, int p)
{
    struct model_port *m = &model[d][p];
    int rc = CALL(send, p);

    assert_int_equal(rc, p && (m->state == EVTCHNSTAT_interdomain || m->state == EVTCHNSTAT_ipi ||
                               m->state == EVTCHNSTAT_unbound)
                             ? 0
                             : -EINVAL);
    if (m->state == EVTCHNSTAT_interdomain)
        assert_true(pending(who[m->peer], m->peer_port));
    else if (m->state == EVTCHNSTAT_ipi)
        assert_true(pending(who[d], p));
}

static void random_step(int d)
{
    int p = mock_below(PORTS), remote = mock_below(2), got;
    unsigned int vcpu = mock_below(2), virq = mock_below(2); /* VIRQ_TIMER, VIRQ_DEBUG */

    as(who[d], 0);
    switch (mock_below(7)) {
    case 0:
        got = alloc_unbound(who[d], who[remote]->id);
        assert_int_equal(got, model_free(d));
        if (fits(got))
            model[d][got] = (struct model_port){.state = EVTCHNSTAT_unbound, .may_bind = remote};
        break;
    case 1:
    case 2:
        random_bind(d);
        break;
    case 3:
        assert_int_equal(CALL(close, p),
                         p && model[d][p].state != EVTCHNSTAT_closed ? 0 : -EINVAL);
        if (p)
            model_close(d, p);
        break;
    case 4:
        random_send(d, p);
        break;
    case 5:
        got = bind_virq(virq, vcpu);
        if (model_has_virq(d, virq, vcpu)) {
            assert_int_equal(got, -EEXIST);
            break;
        }
        assert_int_equal(got, model_free(d));
        if (fits(got))
            model[d][got] =
                (struct model_port){.state = EVTCHNSTAT_virq, .vcpu = vcpu, .virq = virq};
        break;
    case 6:
        got = bind_ipi(vcpu);
        assert_int_equal(got, model_free(d));
        if (fits(got))
            model[d][got] = (struct model_port){.state = EVTCHNSTAT_ipi, .vcpu = vcpu};
        break;
    }
}

static void random_calls(void **state)
{
    struct domain *c;

    (void)state;
    /* b has one vcpu; the model wants two each */
    c = mock_guest(3, false, 2);
    domain_pause(c);
    who[0] = a;
    who[1] = c;
    memset(model, 0, sizeof(model));
    mock_seed = mock_seed_or(20250101);
    for (int step = 0; step < 50000; step++) {
        random_step(mock_below(2));
        compare(0);
        compare(1);
        mock_assert_no_locks();
    }
    cpus[0].curr = idle_vcpu(0);
    mock_guest_end(c);
}

/* ---- whatever is passed ---- */

/* What a hostile kernel can put into a call: it gets an answer, and nothing stays locked. */
static void random_arguments(void **state)
{
    static u64 memory[1024] __attribute__((aligned(PAGE_SIZE)));
    struct domain *all[] = {zero, a, b};

    (void)state;
    mock_seed = mock_seed_or(20260401);
    mock_guest_addr = (unsigned long)memory;
    mock_guest_size = sizeof(memory);
    for (int step = 0; step < 50000; step++) {
        struct domain *d = all[mock_below(ARRAY_SIZE(all))];
        unsigned long arg = (unsigned long)memory + mock_below(64) * 8, id = mock_below(4);
        unsigned int cmd = mock_below(16);
        long rc;

        as(d, mock_below(d == a ? 2 : 1));
        mock_hostile_words(memory, 64);
        if (mock_below(16) == 0)
            arg = mock_random();
        switch (d == zero ? 0 : mock_below(3)) { /* Domain0 may end the machine */
        case 0:
            rc = do_event_channel_op(cmd, arg);
            break;
        case 1:
            rc = do_sched_op(cmd, arg);
            break;
        default:
            rc = do_vcpu_op(cmd, id, arg);
        }
        assert_in_range(rc + 4096, 1, 8192);
        mock_assert_no_locks();
        mock_now += MICROS(mock_below(100));
    }
    mock_guest_size = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unknown_calls, start, stop),
        cmocka_unit_test_setup_teardown(delivery, start, stop),
        cmocka_unit_test_setup_teardown(masked_port, start, stop),
        cmocka_unit_test_setup_teardown(nobody_to_tell_yet, start, stop),
        cmocka_unit_test_setup_teardown(ports_beyond_the_table, start, stop),
        cmocka_unit_test_setup_teardown(all_ports_taken, start, stop),
        cmocka_unit_test_setup_teardown(rights, start, stop),
        cmocka_unit_test_setup_teardown(virqs, start, stop),
        cmocka_unit_test_setup_teardown(which_vcpu_is_told, start, stop),
        cmocka_unit_test_setup_teardown(pirqs, start, stop),
        cmocka_unit_test_setup_teardown(close_leaves_the_peer_unbound, start, stop),
        cmocka_unit_test_setup_teardown(channel_to_oneself, start, stop),
        cmocka_unit_test_setup_teardown(reset_closes_everything, start, stop),
        cmocka_unit_test_setup_teardown(peer_dies, start, stop),
        cmocka_unit_test_setup_teardown(no_new_ports_for_the_dying, start, stop),
        cmocka_unit_test_setup_teardown(blocked_vcpu_wakes, start, stop),
        cmocka_unit_test_setup_teardown(poller_wakes_for_its_masked_port, start, stop),
        cmocka_unit_test_setup_teardown(poll_times_out, start, stop),
        cmocka_unit_test_setup_teardown(random_calls, start, stop),
        cmocka_unit_test_setup_teardown(random_arguments, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
