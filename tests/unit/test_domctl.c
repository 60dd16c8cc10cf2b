/* SPDX-License-Identifier: MIT */
/* Control calls: who may, what is refused, and a domain's life as the tools see it. */
/* SOURCES: xen/common/domctl.c xen/common/domain.c xen/common/vcpu_op.c xen/common/event_channel.c xen/common/sched.c xen/common/sched_bvt.c xen/common/sched_rr.c xen/common/timer.c xen/common/softirq.c tests/unit/mock.c tests/unit/mock_domains.c */
/* FUZZ: 20000 operations */
/* CFLAGS: $(HYPERVISOR) */
#include "mock_domains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <asm/cpu_policy.h>
#include <asm/fpu.h>
#include <asm/frame.h>
#include <public/domctl.h>
#include <public/sched.h>
#include <xen/errno.h>
#include <xen/hypercall.h>
#include <xen/sched.h>
#include <xen/softirq.h>

/* ---- what domctl.c asks of parts that are not under test ---- */

int frame_get(mfn_t m, const struct domain *d)
{
    (void)d;
    return m.n < 16 ? -EINVAL : 0;
}

void frame_put(mfn_t m)
{
    (void)m;
}

/* Frame n is of type n mod 7. */
enum frame_type frame_type(mfn_t m)
{
    return m.n % 7;
}

u64 xcr0_max = 7;
u32 fpu_xstate_size = 832;
static u8 fpu_area[832];

void *arch_fpu_area(struct vcpu *v)
{
    (void)v;
    return fpu_area;
}

int fpu_set_xstate(struct arch_vcpu *a, u64 xcr0, const void *xsave, size_t n)
{
    a->xcr0 = xcr0;
    memcpy(fpu_area, xsave, n);
    return n < 576 ? -EINVAL : 0;
}

struct frame_counts frame_counts(mfn_t m)
{
    return (struct frame_counts){.pinned = m.n >= 1000};
}

void hypercall_page_fill(void *page)
{
    memset(page, 0xc3, PAGE_SIZE);
}

int cpu_policy_get_leaves(XEN_GUEST_HANDLE(xen_cpuid_leaf_t) leaves, u32 *n, bool pv,
                          const struct domain *d)
{
    (void)pv;
    (void)d;
    if (!leaves.addr)
        *n = CPU_POLICY_LEAVES;
    return 0;
}

int cpu_policy_get_msrs(XEN_GUEST_HANDLE(xen_msr_entry_t) msrs, u32 *n)
{
    (void)msrs;
    *n = CPU_POLICY_MSRS;
    return 0;
}

int cpu_policy_set_leaves(struct domain *d, XEN_GUEST_HANDLE(xen_cpuid_leaf_t) leaves, u32 n,
                          u32 *err_leaf, u32 *err_subleaf)
{
    (void)d;
    (void)leaves;
    *err_leaf = 7;
    *err_subleaf = 9;
    return n > CPU_POLICY_LEAVES ? -E2BIG : -ERANGE;
}

/* ---- help ---- */

static struct xen_domctl op;

static int start(void **state)
{
    (void)state;
    mock_sched_start(&sched_bvt, 2);
    dom0 = mock_guest(0, true, 1);
    domain_pause(dom0);
    softirq_run();
    cpus[0].curr = dom0->vcpu[0];
    cpus[0].softirqs = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    cpus[0].curr = idle_vcpu(0);
    mock_guest_end(dom0);
    assert_int_equal(mock_typed_refs, 0);
    return 0;
}

static long call(u32 cmd, domid_t d)
{
    op.cmd = cmd;
    op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op.domain = d;
    return do_domctl((unsigned long)&op);
}

static void want_two_vcpus(void)
{
    memset(&op, 0, sizeof(op));
    op.u.createdomain = (struct xen_domctl_createdomain){
        .max_vcpus = 2,
        .max_evtchn_port = 1023,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .handle = {1, 2, 3},
    };
}

static domid_t create(void)
{
    domid_t id;

    want_two_vcpus();
    assert_int_equal(call(XEN_DOMCTL_createdomain, 0), 0);
    id = op.domain;
    op.u.max_vcpus.max = 2;
    assert_int_equal(call(XEN_DOMCTL_max_vcpus, id), 0);
    return id;
}

static void destroy(domid_t id)
{
    assert_int_equal(call(XEN_DOMCTL_destroydomain, id), 0);
    cpus[0].curr = idle_vcpu(0);
    softirq_run();
    cpus[0].curr = dom0->vcpu[0];
    cpus[0].softirqs = 0;
}

static struct xen_domctl_getdomaininfo *info(domid_t id)
{
    assert_int_equal(call(XEN_DOMCTL_getdomaininfo, id), 0);
    assert_int_equal(op.domain, id);
    return &op.u.getdomaininfo;
}

/* ---- tests ---- */

static void at_the_door(void **state)
{
    (void)state;
    assert_int_equal(do_domctl(64), -EFAULT);
    op.cmd = XEN_DOMCTL_getdomaininfo;
    op.interface_version = XEN_DOMCTL_INTERFACE_VERSION - 1;
    assert_int_equal(do_domctl((unsigned long)&op), -EACCES);
    assert_int_equal(call(0, 0), -ENOSYS);
    assert_int_equal(call(XEN_DOMCTL_gdbsx_domstatus, 0), -ENOSYS);
    assert_int_equal(call(~0U, 0), -ENOSYS);
    assert_int_equal(call(XEN_DOMCTL_pausedomain, 99), -ESRCH);
    assert_int_equal(call(XEN_DOMCTL_shadow_op, 0), -EOPNOTSUPP);
    dom0->privileged = false;
    assert_int_equal(call(XEN_DOMCTL_getdomaininfo, 0), -EPERM);
    dom0->privileged = true;
}

static void create_refuses_what_is_not_offered(void **state)
{
    struct xen_domctl_createdomain *c = &op.u.createdomain;

    (void)state;
#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        want_two_vcpus();                                                                          \
        c->field = value;                                                                          \
        assert_int_equal(call(XEN_DOMCTL_createdomain, 0), -EINVAL);                               \
    } while (0)
    REFUSED(flags, XEN_DOMCTL_CDF_hvm);
    REFUSED(flags, XEN_DOMCTL_CDF_iommu);
    REFUSED(flags, 1U << 31);
    REFUSED(iommu_opts, XEN_DOMCTL_IOMMU_no_sharept);
    REFUSED(max_vcpus, 0);
    REFUSED(max_vcpus, MAX_VCPUS + 1);
    REFUSED(grant_opts, 0);
    REFUSED(grant_opts, 3);
    REFUSED(vmtrace_size, 4096);
    REFUSED(cpupool_id, 1);
    REFUSED(arch.emulation_flags, XEN_X86_EMU_LAPIC);
    REFUSED(max_grant_frames, 1 << 20);
    want_two_vcpus();
    assert_int_equal(call(XEN_DOMCTL_createdomain, 0), 0);
    destroy(op.domain);
}

static void life_as_the_tools_see_it(void **state)
{
    domid_t id = create();
    struct xen_domctl_getdomaininfo *i = info(id);

    (void)state;
    assert_int_equal(i->flags, XEN_DOMINF_paused);
    assert_int_equal(i->max_vcpu_id, 1);
    assert_int_equal(i->nr_online_vcpus, 0);
    assert_int_equal(i->handle[2], 3);
    op.u.max_mem.max_memkb = 4096;
    assert_int_equal(call(XEN_DOMCTL_max_mem, id), 0);
    assert_int_equal(info(id)->max_pages, 1024);
    assert_int_equal(call(XEN_DOMCTL_unpausedomain, id), 0);
    assert_int_equal(call(XEN_DOMCTL_unpausedomain, id), -EINVAL);
    assert_int_equal(info(id)->flags & XEN_DOMINF_paused, 0);
    assert_int_equal(call(XEN_DOMCTL_pausedomain, id), 0);
    assert_int_equal(call(XEN_DOMCTL_pausedomain, id), 0);
    assert_int_equal(call(XEN_DOMCTL_unpausedomain, id), 0);
    assert_int_equal(info(id)->flags & XEN_DOMINF_paused, XEN_DOMINF_paused);
    want_two_vcpus();
    assert_int_equal(call(XEN_DOMCTL_createdomain, id), -EEXIST);
    destroy(id);
    assert_int_equal(call(XEN_DOMCTL_getdomaininfo, id), -ESRCH);
    assert_int_equal(call(XEN_DOMCTL_pausedomain, 0), -EINVAL); /* the caller itself */
    assert_int_equal(call(XEN_DOMCTL_destroydomain, 0), -EINVAL);
}

static void vcpus_are_as_many_as_agreed(void **state)
{
    domid_t id;

    (void)state;
    want_two_vcpus();
    assert_int_equal(call(XEN_DOMCTL_createdomain, 0), 0);
    id = op.domain;
    op.u.max_vcpus.max = 3;
    assert_int_equal(call(XEN_DOMCTL_max_vcpus, id), -EINVAL);
    mock_fail_alloc = 6; /* within the second vcpu: then once more */
    op.u.max_vcpus.max = 2;
    assert_int_equal(call(XEN_DOMCTL_max_vcpus, id), -ENOMEM);
    mock_fail_alloc = 0;
    assert_int_equal(call(XEN_DOMCTL_max_vcpus, id), 0);
    assert_int_equal(info(id)->max_vcpu_id, 1);
    destroy(id);
}

static void contexts(void **state)
{
    struct vcpu_guest_context *c = calloc(1, sizeof(*c));
    domid_t id = create();

    (void)state;
    op.u.vcpucontext = (struct xen_domctl_vcpucontext){.ctxt.addr = (unsigned long)c};
    assert_int_equal(call(XEN_DOMCTL_getvcpucontext, id), -ENODATA);
    assert_int_equal(call(XEN_DOMCTL_setvcpucontext, id), -EINVAL);
    c->user_regs.rip = 1;
    c->flags = VGCF_online;
    assert_int_equal(call(XEN_DOMCTL_setvcpucontext, id), 0);
    assert_int_equal(call(XEN_DOMCTL_getvcpucontext, id), 0);
    op.u.vcpucontext.vcpu = 2;
    assert_int_equal(call(XEN_DOMCTL_setvcpucontext, id), -EINVAL);
    op.u.vcpucontext = (struct xen_domctl_vcpucontext){.ctxt.addr = 8};
    assert_int_equal(call(XEN_DOMCTL_setvcpucontext, id), -EFAULT);
    op.u.getvcpuinfo.vcpu = 0;
    assert_int_equal(call(XEN_DOMCTL_getvcpuinfo, id), 0);
    assert_int_equal(op.u.getvcpuinfo.online, 1);
    assert_int_equal(op.u.getvcpuinfo.running, 0);
    destroy(id);
    free(c);
}

static void register_state_goes_out_and_in(void **state)
{
    struct xen_domctl_vcpuextstate *x = &op.u.vcpuextstate;
    u64 buf[2 + 832 / 8 + 1];
    domid_t id = create();
    struct domain *d;

    (void)state;
    op.u.max_vcpus.max = 2;
    assert_int_equal(call(XEN_DOMCTL_max_vcpus, id), 0);
    *x = (struct xen_domctl_vcpuextstate){.vcpu = 1};
    assert_int_equal(call(XEN_DOMCTL_getvcpuextstate, id), 0);
    assert_int_equal(x->size, 16 + 832);
    assert_int_equal(x->xfeature_mask, 7);
    buf[ARRAY_SIZE(buf) - 1] = 0x1234;
    memset(fpu_area, 0xaa, sizeof(fpu_area));
    x->buffer.addr = (unsigned long)buf;
    assert_int_equal(call(XEN_DOMCTL_getvcpuextstate, id), 0);
    assert_int_equal(buf[1], 7);
    assert_int_equal(buf[105], 0xaaaaaaaaaaaaaaaa);
    assert_int_equal(buf[ARRAY_SIZE(buf) - 1], 0x1234);
    x->size--;
    assert_int_equal(call(XEN_DOMCTL_getvcpuextstate, id), -EINVAL);
    x->size += 2;
    assert_int_equal(call(XEN_DOMCTL_setvcpuextstate, id), -EINVAL);
    x->size--;
    buf[0] = 3;
    memset(&buf[2], 0xbb, 832);
    assert_int_equal(call(XEN_DOMCTL_setvcpuextstate, id), 0);
    assert_int_equal(fpu_area[831], 0xbb);
    d = domain_get(id);
    assert_int_equal(d->vcpu[1]->arch.xcr0, 3);
    domain_put(d);
    x->size = 100;
    assert_int_equal(call(XEN_DOMCTL_setvcpuextstate, id), -EINVAL);
    x->size = 15;
    assert_int_equal(call(XEN_DOMCTL_setvcpuextstate, id), -EINVAL);
    x->vcpu = 2;
    assert_int_not_equal(call(XEN_DOMCTL_getvcpuextstate, id), 0);
    destroy(id);
}

/* Bitmaps of any length: short ones are cut, long ones filled with zeros, none overrun. */
static void affinity_bitmaps(void **state)
{
    u8 map[24];
    domid_t id = create();
    struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;

    (void)state;
    memset(map, 0xff, sizeof(map));
    *a = (struct xen_domctl_vcpuaffinity){
        .flags = XEN_VCPUAFFINITY_HARD,
        .cpumap_hard = {.bitmap.addr = (unsigned long)map, .nr_bits = 128},
    };
    assert_int_equal(call(XEN_DOMCTL_setvcpuaffinity, id), 0);
    assert_int_equal(map[0], 3); /* what of it there is: two CPUs */
    for (int i = 1; i < 16; i++)
        assert_int_equal(map[i], 0);
    for (int i = 16; i < 24; i++)
        assert_int_equal(map[i], 0xff);
    memset(map, 0xff, sizeof(map));
    a->cpumap_hard.nr_bits = 3;
    assert_int_equal(call(XEN_DOMCTL_getvcpuaffinity, id), 0);
    assert_int_equal(map[0], 7);
    assert_int_equal(map[1], 0xff);
    map[0] = 4; /* no such CPU */
    assert_int_equal(call(XEN_DOMCTL_setvcpuaffinity, id), -EINVAL);
    a->flags = 0;
    assert_int_equal(call(XEN_DOMCTL_setvcpuaffinity, id), -EINVAL);
    a->flags = XEN_VCPUAFFINITY_HARD;
    a->cpumap_hard.bitmap.addr = 8;
    assert_int_equal(call(XEN_DOMCTL_setvcpuaffinity, id), -EFAULT);
    destroy(id);
}

static void kinds_of_frames(void **state)
{
    xen_pfn_t frames[] = {3, 7 * 8 + FT_WRITABLE, 7 * 8 + FT_L2, 7 * 1000 + FT_L4,
                          7 * 8 + FT_SEGDESC};
    domid_t id = create();

    (void)state;
    op.u.getpageframeinfo3 = (struct xen_domctl_getpageframeinfo3){
        .num = ARRAY_SIZE(frames), .array.addr = (unsigned long)frames};
    assert_int_equal(call(XEN_DOMCTL_getpageframeinfo3, id), 0);
    assert_int_equal(frames[0], XEN_DOMCTL_PFINFO_XTAB);
    assert_int_equal(frames[1], XEN_DOMCTL_PFINFO_NOTAB);
    assert_int_equal(frames[2], XEN_DOMCTL_PFINFO_L2TAB);
    assert_int_equal(frames[3], XEN_DOMCTL_PFINFO_L4TAB | XEN_DOMCTL_PFINFO_LPINTAB);
    assert_int_equal(frames[4], XEN_DOMCTL_PFINFO_NOTAB);
    op.u.getpageframeinfo3.num = 1025;
    assert_int_equal(call(XEN_DOMCTL_getpageframeinfo3, id), -E2BIG);
    destroy(id);
}

static void refusals_say_where(void **state)
{
    domid_t id = create();

    (void)state;
    op.u.cpu_policy = (struct xen_domctl_cpu_policy){.nr_leaves = 3};
    assert_int_equal(call(XEN_DOMCTL_set_cpu_policy, id), -ERANGE);
    assert_int_equal(op.u.cpu_policy.err_leaf, 7);
    assert_int_equal(op.u.cpu_policy.err_subleaf, 9);
    op.u.cpu_policy = (struct xen_domctl_cpu_policy){};
    assert_int_equal(call(XEN_DOMCTL_get_cpu_policy, id), 0);
    assert_int_equal(op.u.cpu_policy.nr_leaves, CPU_POLICY_LEAVES);
    op.u.ioport_permission = (struct xen_domctl_ioport_permission){.allow_access = 1};
    assert_int_equal(call(XEN_DOMCTL_ioport_permission, id), -EOPNOTSUPP);
    op.u.ioport_permission.allow_access = 0;
    assert_int_equal(call(XEN_DOMCTL_ioport_permission, id), 0);
    op.u.address_size.size = 32;
    assert_int_equal(call(XEN_DOMCTL_set_address_size, id), -EINVAL);
    destroy(id);
}

/* Tools may be wrong, too: an answer, no lock left, and all domains can still be destroyed. */
static void random_arguments(void **state)
{
    static u64 memory[1024] __attribute__((aligned(PAGE_SIZE)));
    struct xen_domctl *c = (struct xen_domctl *)memory;

    (void)state;
    mock_seed = mock_seed_or(20260402);
    mock_guest_addr = (unsigned long)memory;
    mock_guest_size = sizeof(memory);
    for (int step = 0; step < 20000; step++) {
        mock_hostile_words(memory, 64);
        c->cmd = mock_below(90);
        c->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
        c->domain = 1 + mock_below(8); /* pausing Domain0 for good is its right */
        if (c->cmd == XEN_DOMCTL_createdomain && mock_below(4)) {
            want_two_vcpus();
            c->u.createdomain = op.u.createdomain;
        }
        assert_in_range(do_domctl((unsigned long)memory) + 4096, 1, 8192);
        mock_assert_no_locks();
        cpus[0].softirqs = 0;
        cpus[0].curr = dom0->vcpu[0];
    }
    mock_guest_size = 0;
    for (domid_t id = 1; id < DOMID_FIRST_RESERVED; id++)
        if (call(XEN_DOMCTL_getdomaininfo, id) == 0 && op.domain == id)
            destroy(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(at_the_door, start, stop),
        cmocka_unit_test_setup_teardown(create_refuses_what_is_not_offered, start, stop),
        cmocka_unit_test_setup_teardown(life_as_the_tools_see_it, start, stop),
        cmocka_unit_test_setup_teardown(vcpus_are_as_many_as_agreed, start, stop),
        cmocka_unit_test_setup_teardown(contexts, start, stop),
        cmocka_unit_test_setup_teardown(affinity_bitmaps, start, stop),
        cmocka_unit_test_setup_teardown(register_state_goes_out_and_in, start, stop),
        cmocka_unit_test_setup_teardown(kinds_of_frames, start, stop),
        cmocka_unit_test_setup_teardown(refusals_say_where, start, stop),
        cmocka_unit_test_setup_teardown(random_arguments, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
