/* SPDX-License-Identifier: MIT */
/*
 * Event channels: ports of a domain, how they are bound, and how events are sent.
 *
 * A domain's ports are one array, as long as the domain lives, guarded by its event lock. Both ends
 * of an interdomain channel change together, under the locks of both domains, taken in
 * ascending order of domain id. So with one end's lock held the other end is there and agrees,
 * and sending needs the sender's lock only.
 *
 * Virtual and physical interrupts are sent without lock, from wherever Xen happens to be. At worst
 * one that meets a close sets a pending bit nobody waits for.
 */
#include <asm/irq.h>
#include <asm/smp.h>
#include <public/event_channel.h>
#include <xen/bitops.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/event_channel.h>
#include <xen/guest_copy.h>
#include <xen/heap.h>
#include <xen/printk.h>
#include <xen/sched.h>

struct evtchn {
    u8 state;  /* EVTCHNSTAT_* */
    u16 vcpu;  /* who is told */
    union {    /* by state */
        domid_t may_bind; /* unbound */
        struct {
            struct domain *d;
            evtchn_port_t port;
        } peer;           /* interdomain */
        u32 pirq, virq;
    };
};

/* ---- delivery ---- */

bool event_interrupts(void)
{
    preempt_point();
    return event_upcall_due(current);
}

bool event_port_pending(struct vcpu *v, unsigned int port)
{
    return test_bit(port, v->domain->shared_info->evtchn_pending);
}

void event_mark_pending(struct vcpu *v)
{
    if (!atomic_xchg(&v->info->evtchn_upcall_pending, 1))
        vcpu_kick(v);
}

static void wake_pollers(struct domain *d, unsigned int port)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        unsigned int only = READ_ONCE(v->poll_port);

        if (READ_ONCE(v->polling) && (!only || only == port))
            vcpu_unblock(v);
    }
}

/* The port may be for a vcpu that is not made yet: then the pending bit must do. */
static void set_pending(struct domain *d, unsigned int port)
{
    struct shared_info *s = d->shared_info;
    struct vcpu *v = domain_vcpu(d, READ_ONCE(d->ports[port].vcpu));

    if (test_and_set_bit(port, s->evtchn_pending) || !v)
        return;
    if (!test_bit(port, s->evtchn_mask) &&
        !test_and_set_bit(port / BITS_PER_LONG, &v->info->evtchn_pending_sel))
        event_mark_pending(v);
    if (unlikely(READ_ONCE(d->pollers)))
        wake_pollers(d, port);
}

void event_send_virq(struct vcpu *v, unsigned int virq)
{
    unsigned int port = READ_ONCE(v->virq_port[virq]);

    if (port)
        set_pending(v->domain, port);
}

void event_send_dom0_virq(unsigned int virq)
{
    struct vcpu *v = dom0 ? domain_vcpu(dom0, 0) : NULL;

    if (v)
        event_send_virq(v, virq);
}

void event_send_pirq(struct domain *d, unsigned int pirq)
{
    unsigned int port = d->pirq_port && pirq < EVENT_NR_PIRQS ? READ_ONCE(d->pirq_port[pirq]) : 0;

    if (port)
        set_pending(d, port);
}

/* ---- ports and locks ---- */

/* @b may be NULL, or @a itself. */
static void lock_pair(struct domain *a, struct domain *b)
{
    struct domain *first = b && b->id < a->id ? b : a;

    spin_lock(&first->event_lock);
    if (b && a != b)
        spin_lock_second(first == a ? &b->event_lock : &a->event_lock);
}

static void unlock_pair(struct domain *a, struct domain *b)
{
    if (b && a != b)
        spin_unlock(&b->event_lock);
    spin_unlock(&a->event_lock);
}

/* Port @port of @d when it is one that can be in use, else NULL. */
static struct evtchn *port_of(struct domain *d, unsigned int port)
{
    return port && port < d->nr_ports ? &d->ports[port] : NULL;
}

/* A free port, -ENOSPC, or -EINVAL when the domain is being torn down. Event lock held. */
static int find_free(const struct domain *d)
{
    if (READ_ONCE(d->dying) != DOMAIN_ALIVE)
        return -EINVAL;
    for (unsigned int port = 1; port < d->nr_ports; port++)
        if (d->ports[port].state == EVTCHNSTAT_closed)
            return port;
    return -ENOSPC;
}

static bool virq_is_global(unsigned int virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF &&
           virq != VIRQ_XENPMU;
}

/* The argument of a call, by its name. */
union argument {
    struct evtchn_alloc_unbound alloc_unbound;
    struct evtchn_bind_interdomain bind_interdomain;
    struct evtchn_bind_virq bind_virq;
    struct evtchn_bind_pirq bind_pirq;
    struct evtchn_bind_ipi bind_ipi;
    struct evtchn_close close;
    struct evtchn_send send;
    struct evtchn_status status;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_unmask unmask;
    struct evtchn_reset reset;
};

/* ---- binding ---- */

/* @c in a free port of @d, or what find_free() says. Event lock held. */
static int enter(struct domain *d, struct evtchn c)
{
    int port = find_free(d);

    if (port > 0)
        d->ports[port] = c;
    return port;
}

/* What a call that makes @port answers: 0 and that, or the error. */
static int answer(int port, evtchn_port_t *out)
{
    if (port < 0)
        return port;
    *out = port;
    return 0;
}

int event_alloc_unbound(struct domain *d, domid_t remote)
{
    int port;

    spin_lock(&d->event_lock);
    port = enter(d, (struct evtchn){.state = EVTCHNSTAT_unbound, .may_bind = remote});
    spin_unlock(&d->event_lock);
    return port;
}

static int alloc_unbound(union argument *a)
{
    struct evtchn_alloc_unbound *op = &a->alloc_unbound;
    domid_t remote = op->remote_dom == DOMID_SELF ? current_domain->id : op->remote_dom;
    struct domain *d;
    int rc = domain_find(op->dom, &d);

    if (rc)
        return rc;
    rc = answer(event_alloc_unbound(d, remote), &op->port);
    domain_put(d);
    return rc;
}

/* Both event locks held. The new local port or -errno. */
static int connect(struct domain *d, struct domain *rd, evtchn_port_t rport)
{
    struct evtchn *remote = port_of(rd, rport);
    int port = find_free(d);

    if (port < 0)
        return port;
    if (!remote || remote->state != EVTCHNSTAT_unbound || remote->may_bind != d->id)
        return -EINVAL;
    d->ports[port] = (struct evtchn){.state = EVTCHNSTAT_interdomain, .peer = {rd, rport}};
    *remote = (struct evtchn){
        .state = EVTCHNSTAT_interdomain, .vcpu = remote->vcpu, .peer = {d, port}};
    /* What was sent while the port was unbound may be lost: have the binder look. */
    set_pending(d, port);
    return port;
}

static int bind_interdomain(union argument *a)
{
    struct evtchn_bind_interdomain *op = &a->bind_interdomain;
    struct domain *d = current_domain, *rd = domain_get_or_self(op->remote_dom);
    int port;

    if (!rd)
        return -ESRCH;
    lock_pair(d, rd);
    port = connect(d, rd, op->remote_port);
    unlock_pair(d, rd);
    domain_put(rd);
    return answer(port, &op->local_port);
}

static int bind_virq(union argument *a)
{
    struct evtchn_bind_virq *op = &a->bind_virq;
    struct domain *d = current_domain;
    struct vcpu *v = domain_vcpu(d, op->vcpu);
    int port;

    if (op->virq >= NR_VIRQS || (virq_is_global(op->virq) && op->vcpu != 0))
        return -EINVAL;
    if (!v)
        return -ENOENT;
    spin_lock(&d->event_lock);
    port = -EEXIST;
    if (!v->virq_port[op->virq])
        port = enter(d, (struct evtchn){EVTCHNSTAT_virq, op->vcpu, .virq = op->virq});
    if (port > 0)
        WRITE_ONCE(v->virq_port[op->virq], port);
    spin_unlock(&d->event_lock);
    return answer(port, &op->port);
}

static int bind_ipi(union argument *a)
{
    struct domain *d = current_domain;
    unsigned int vcpu = a->bind_ipi.vcpu;
    int port;

    if (!domain_vcpu(d, vcpu))
        return -ENOENT;
    spin_lock(&d->event_lock);
    port = enter(d, (struct evtchn){.state = EVTCHNSTAT_ipi, .vcpu = vcpu});
    spin_unlock(&d->event_lock);
    return answer(port, &a->bind_ipi.port);
}

/* The port is entered first: the line may fire as soon as it is bound. Event lock held. */
static int bind_pirq_locked(struct domain *d, unsigned int pirq)
{
    int port, rc;

    if (d->pirq_port[pirq])
        return -EEXIST;
    port = enter(d, (struct evtchn){.state = EVTCHNSTAT_pirq, .pirq = pirq});
    if (port < 0)
        return port;
    WRITE_ONCE(d->pirq_port[pirq], port);
    rc = pirq_bind(d, pirq);
    if (!rc)
        return port;
    WRITE_ONCE(d->pirq_port[pirq], 0);
    d->ports[port].state = EVTCHNSTAT_closed;
    return rc;
}

/* BIND_PIRQ__WILL_SHARE says nothing here: one domain has devices. */
static int bind_pirq(union argument *a)
{
    struct domain *d = current_domain;
    unsigned int pirq = a->bind_pirq.pirq;
    int port;

    if (!d->pirq_port)
        return -EPERM;
    if (pirq >= EVENT_NR_PIRQS)
        return -EINVAL;
    spin_lock(&d->event_lock);
    port = bind_pirq_locked(d, pirq);
    spin_unlock(&d->event_lock);
    return answer(port, &a->bind_pirq.port);
}

/* ---- closing ---- */

/* Event lock held, and the peer's. */
static int close_locked(struct domain *d, struct evtchn *c, unsigned int port)
{
    struct evtchn *peer;
    struct vcpu *v;

    switch (c->state) {
    case EVTCHNSTAT_closed:
        return -EINVAL;
    case EVTCHNSTAT_interdomain:
        peer = &c->peer.d->ports[c->peer.port];
        *peer = (struct evtchn){
            .state = EVTCHNSTAT_unbound, .vcpu = peer->vcpu, .may_bind = d->id};
        break;
    case EVTCHNSTAT_pirq:
        pirq_unbind(d, c->pirq);
        WRITE_ONCE(d->pirq_port[c->pirq], 0);
        break;
    case EVTCHNSTAT_virq:
        /* A global one is entered with vcpu 0, whichever vcpu it tells. */
        v = d->vcpu[virq_is_global(c->virq) ? 0 : c->vcpu];
        WRITE_ONCE(v->virq_port[c->virq], 0);
        break;
    }
    *c = (struct evtchn){.state = EVTCHNSTAT_closed};
    clear_bit(port, d->shared_info->evtchn_pending);
    return 0;
}

/* Whose lock is needed too shows only with our own held; so look, lock both, look again. */
static int close_port(struct domain *d, unsigned int port)
{
    struct evtchn *c = port_of(d, port);
    struct domain *peer = NULL;
    int rc;

    if (!c)
        return -EINVAL;
    for (;;) {
        struct domain *now_peer;

        lock_pair(d, peer);
        now_peer = c->state == EVTCHNSTAT_interdomain && c->peer.d != d ? c->peer.d : NULL;
        if (now_peer == peer)
            break;
        if (now_peer)
            domain_hold(now_peer); /* alive: it closes its ports, so this one, before it goes */
        unlock_pair(d, peer);
        if (peer)
            domain_put(peer);
        peer = now_peer;
    }
    rc = close_locked(d, c, port);
    unlock_pair(d, peer);
    if (peer)
        domain_put(peer);
    return rc;
}

static int close(union argument *a)
{
    return close_port(current_domain, a->close.port);
}

void event_domain_close_all(struct domain *d)
{
    /* A binder that found the domain alive is through after this. */
    spin_lock(&d->event_lock);
    spin_unlock(&d->event_lock);
    for (unsigned int port = 1; port < d->nr_ports; port++) {
        if (READ_ONCE(d->ports[port].state) != EVTCHNSTAT_closed)
            close_port(d, port);
        if (port % 64 == 0)
            preempt_point();
    }
}

static int reset(union argument *a)
{
    struct domain *d;
    int rc = domain_find(a->reset.dom, &d);

    if (rc)
        return rc;
    event_domain_close_all(d);
    domain_put(d);
    return 0;
}

/* ---- the rest ---- */

static int send(union argument *a)
{
    struct domain *d = current_domain;
    unsigned int port = a->send.port;
    struct evtchn *c = port_of(d, port);
    int rc = 0;

    if (!c)
        return -EINVAL;
    spin_lock(&d->event_lock);
    switch (c->state) {
    case EVTCHNSTAT_interdomain:
        set_pending(c->peer.d, c->peer.port);
        break;
    case EVTCHNSTAT_ipi:
        set_pending(d, port);
        break;
    case EVTCHNSTAT_unbound:
        break; /* nobody listens yet */
    default:
        rc = -EINVAL;
    }
    spin_unlock(&d->event_lock);
    return rc;
}

static void describe(const struct evtchn *c, struct evtchn_status *op)
{
    op->status = c->state;
    op->vcpu = c->vcpu;
    switch (c->state) {
    case EVTCHNSTAT_unbound:
        op->u.unbound.dom = c->may_bind;
        break;
    case EVTCHNSTAT_interdomain:
        op->u.interdomain.dom = c->peer.d->id;
        op->u.interdomain.port = c->peer.port;
        break;
    case EVTCHNSTAT_pirq:
        op->u.pirq = c->pirq;
        break;
    case EVTCHNSTAT_virq:
        op->u.virq = c->virq;
        break;
    }
}

static int status(union argument *a)
{
    struct evtchn_status *op = &a->status;
    struct evtchn *c;
    struct domain *d;
    int rc = domain_find(op->dom, &d);

    if (rc)
        return rc;
    c = port_of(d, op->port);
    if (c) {
        spin_lock(&d->event_lock);
        describe(c, op);
        spin_unlock(&d->event_lock);
    }
    domain_put(d);
    return c ? 0 : -EINVAL;
}

/* Event lock held. */
static int bind_vcpu_locked(struct domain *d, struct evtchn *c, const struct vcpu *v)
{
    if (c->state == EVTCHNSTAT_closed || c->state == EVTCHNSTAT_ipi ||
        (c->state == EVTCHNSTAT_virq && !virq_is_global(c->virq)))
        return -EINVAL;
    WRITE_ONCE(c->vcpu, v->id);
    if (c->state == EVTCHNSTAT_pirq)
        pirq_set_affinity(d, c->pirq, v->cpu);
    return 0;
}

static int bind_vcpu(union argument *a)
{
    struct domain *d = current_domain;
    struct evtchn *c = port_of(d, a->bind_vcpu.port);
    struct vcpu *v = domain_vcpu(d, a->bind_vcpu.vcpu);
    int rc;

    if (!v)
        return -ENOENT;
    if (!c)
        return -EINVAL;
    spin_lock(&d->event_lock);
    rc = bind_vcpu_locked(d, c, v);
    spin_unlock(&d->event_lock);
    return rc;
}

static int unmask(union argument *a)
{
    struct domain *d = current_domain;
    unsigned int port = a->unmask.port;
    struct shared_info *s = d->shared_info;
    struct vcpu *v;

    if (!port_of(d, port))
        return -EINVAL;
    v = domain_vcpu(d, READ_ONCE(d->ports[port].vcpu));
    if (test_and_clear_bit(port, s->evtchn_mask) && test_bit(port, s->evtchn_pending) && v &&
        !test_and_set_bit(port / BITS_PER_LONG, &v->info->evtchn_pending_sel))
        event_mark_pending(v);
    return 0;
}

/* ---- hypercall ---- */

#define CALL(name, answers) {name, sizeof(struct evtchn_##name), answers}

/* NULL: no such call, those of the FIFO ABI among them. */
static const struct {
    int (*fn)(union argument *a);
    u8 size; /* how much of the argument it takes */
    bool answers;
} calls[] = {
    [EVTCHNOP_bind_interdomain] = CALL(bind_interdomain, true),
    [EVTCHNOP_bind_virq] = CALL(bind_virq, true),
    [EVTCHNOP_bind_pirq] = CALL(bind_pirq, true),
    [EVTCHNOP_close] = CALL(close, false),
    [EVTCHNOP_send] = CALL(send, false),
    [EVTCHNOP_status] = CALL(status, true),
    [EVTCHNOP_alloc_unbound] = CALL(alloc_unbound, true),
    [EVTCHNOP_bind_ipi] = CALL(bind_ipi, true),
    [EVTCHNOP_bind_vcpu] = CALL(bind_vcpu, false),
    [EVTCHNOP_unmask] = CALL(unmask, false),
    [EVTCHNOP_reset] = CALL(reset, false),
};

long do_event_channel_op(int cmd, unsigned long arg)
{
    union argument a = {};
    int rc;

    if (cmd < 0 || (unsigned int)cmd >= ARRAY_SIZE(calls) || !calls[cmd].fn)
        return -ENOSYS;
    if (copy_in_bytes(&a, GPTR(arg), calls[cmd].size))
        return -EFAULT;
    rc = calls[cmd].fn(&a);
    if (!rc && calls[cmd].answers && copy_out_bytes(GPTR(arg), &a, calls[cmd].size))
        return -EFAULT;
    return rc;
}

/* ---- life, and looking at it ---- */

int event_domain_init(struct domain *d, unsigned int max_port)
{
    spin_lock_init(&d->event_lock, RANK_EVENT);
    d->nr_ports = MIN(max_port, EVTCHN_2L_NR_CHANNELS - 1) + 1;
    d->ports = heap_new_array(struct evtchn, d->nr_ports);
    if (!d->ports)
        return -ENOMEM;
    if (!d->privileged)
        return 0;
    d->pirq_port = heap_new_array(u16, EVENT_NR_PIRQS);
    if (d->pirq_port)
        return 0;
    heap_free(d->ports);
    d->ports = NULL;
    return -ENOMEM;
}

void event_domain_free(struct domain *d)
{
    heap_free(d->pirq_port);
    heap_free(d->ports);
}

static void dump(struct domain *d)
{
    static const char *const names[] = {"closed", "unbound", "interdomain", "pirq", "virq", "ipi"};
    struct shared_info *s = d->shared_info;

    printk("Event ports of d%u:\n", d->id);
    for (unsigned int port = 1; port < d->nr_ports; port++) {
        const struct evtchn *c = &d->ports[port];

        if (c->state == EVTCHNSTAT_closed)
            continue;
        printk("  %u: %s v%u%s%s", port, names[c->state], c->vcpu,
               test_bit(port, s->evtchn_pending) ? " pending" : "",
               test_bit(port, s->evtchn_mask) ? " masked" : "");
        if (c->state == EVTCHNSTAT_interdomain)
            printk(" d%u port %u\n", c->peer.d->id, c->peer.port);
        else
            printk(" %u\n", c->state == EVTCHNSTAT_unbound ? c->may_bind : c->virq);
    }
}

static void dump_all(void)
{
    struct domain *d;

    for_each_domain(d)
        dump(d);
}
DEBUG_KEY('e', "event ports of all domains", dump_all);
