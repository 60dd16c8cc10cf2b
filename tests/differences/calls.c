/* SPDX-License-Identifier: MIT */
/*
 * Makes every sub-operation of the hypercalls from a process in Domain0, with no argument, with one
 * that is all zero and with one that is all ones, and prints what each answers. Run on two
 * hypervisors, the output shows where they differ: see `run`.
 *
 * What would hurt Domain0 itself if it succeeded is left out: `spared` below says what.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <public/domctl.h>
#include <public/memory.h>
#include <public/platform.h>
#include <public/sysctl.h>
#include <public/xen.h>

struct privcmd_call {
    uint64_t op, arg[5];
};
#define PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_call))

#define NO_SUCH_DOMAIN 9999

static int privcmd;
static unsigned char *page; /* the arguments; lies still in memory */
static domid_t target;      /* a domain of our own without memory */

static long call(unsigned int op, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    struct privcmd_call h = {op, {a, b, c, d, 0}};
    long rc = ioctl(privcmd, PRIVCMD_HYPERCALL, &h);

    return rc < 0 ? -errno : rc;
}

/* Numbers that depend on the machine or on the run are only said to be positive. */
static void say(const char *what, unsigned int sub, const char *how, long rc)
{
    if (rc > 0)
        printf("answer: %s %u, %s: positive\n", what, sub, how);
    else if (rc == 0)
        printf("answer: %s %u, %s: 0\n", what, sub, how);
    else
        printf("answer: %s %u, %s: -%s\n", what, sub, how, strerrorname_np(-rc));
}

/* ---- calls whose argument is a structure: none, zeros, ones ---- */

struct spared {
    unsigned int call, sub;
    bool zeros, ones; /* which is not made; a missing argument always is */
};

static const struct spared spared[] = {
    {__HYPERVISOR_event_channel_op, 10, true, false},  /* reset: of Domain0's ports */
    {__HYPERVISOR_event_channel_op, 11, true, true},   /* the FIFO ABI, for good */
    {__HYPERVISOR_event_channel_op, 14, true, false},
    {__HYPERVISOR_sched_op, 1, true, true},            /* block */
    {__HYPERVISOR_sched_op, 2, true, true},            /* shutdown, of Domain0 */
    {__HYPERVISOR_sched_op, 4, true, false},
    {__HYPERVISOR_sched_op, 5, true, true},
    {__HYPERVISOR_sched_op, 6, true, true},            /* a watchdog that nobody feeds */
    {__HYPERVISOR_physdev_op, 6, true, false},         /* iopl, taken from the kernel */
    {__HYPERVISOR_physdev_op, 7, true, false},
    {__HYPERVISOR_physdev_op, 12, true, false},        /* end of an interrupt that is not ours */
    {__HYPERVISOR_physdev_op, 14, true, false},
    {__HYPERVISOR_physdev_op, 17, true, false},
    {__HYPERVISOR_physdev_op, 28, true, false},
    {__HYPERVISOR_memory_op, 3, true, true},           /* whole memory: a number, no structure */
    {__HYPERVISOR_grant_table_op, 8, true, true},      /* version 2, for good */
};

static bool is_spared(unsigned int op, unsigned int sub, bool ones)
{
    for (unsigned int i = 0; i < sizeof(spared) / sizeof(spared[0]); i++)
        if (spared[i].call == op && spared[i].sub == sub)
            return ones ? spared[i].ones : spared[i].zeros;
    return false;
}

static void sub_ops(const char *name, unsigned int op, unsigned int n, uint64_t count)
{
    for (unsigned int sub = 0; sub < n; sub++) {
        if (!is_spared(op, sub, true) || !is_spared(op, sub, false))
            say(name, sub, "no argument", call(op, sub, 8, count, 0));
        for (unsigned int ones = 0; ones < 2; ones++) {
            if (is_spared(op, sub, ones))
                continue;
            memset(page, ones ? 0xff : 0, 4096);
            say(name, sub, ones ? "ones" : "zeros", call(op, sub, (uint64_t)page, count, 0));
        }
    }
}

/* ---- control calls: cmd, version, then the rest ---- */

static long domctl(uint32_t cmd, domid_t d, int fill)
{
    struct xen_domctl *op = (void *)page;

    if (fill >= 0)
        memset(&op->u, fill, sizeof(op->u));
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = d;
    return call(__HYPERVISOR_domctl, (uint64_t)page, 0, 0, 0);
}

static domid_t create(void)
{
    struct xen_domctl *op = (void *)page;

    memset(op, 0, sizeof(*op));
    op->u.createdomain = (struct xen_domctl_createdomain){
        .max_vcpus = 2, .max_evtchn_port = 1023, .max_grant_frames = 8, .max_maptrack_frames = 8,
        .grant_opts = 1};
    if (domctl(XEN_DOMCTL_createdomain, 0, -1)) {
        printf("fail: no domain to try the calls on\n");
        exit(1);
    }
    return op->domain;
}

static void domctls(const char *when)
{
    char what[64];

    for (unsigned int cmd = 0; cmd < 90; cmd++) {
        if (cmd == XEN_DOMCTL_createdomain || cmd == XEN_DOMCTL_destroydomain)
            continue;
        for (int ones = 0; ones < 2; ones++) {
            snprintf(what, sizeof(what), "%s, %s", when, ones ? "ones" : "zeros");
            say("domctl", cmd, what, domctl(cmd, target, ones ? 0xff : 0));
        }
        say("domctl", cmd, "no such domain", domctl(cmd, NO_SUCH_DOMAIN, 0));
    }
}

static void versions(void)
{
    static const unsigned int ops[] = {__HYPERVISOR_domctl, __HYPERVISOR_sysctl,
                                       __HYPERVISOR_platform_op};

    for (unsigned int i = 0; i < 3; i++) {
        memset(page, 0, 4096);
        say("control call", ops[i], "no version", call(ops[i], (uint64_t)page, 0, 0, 0));
        say("control call", ops[i], "no argument", call(ops[i], 8, 0, 0, 0));
    }
}

#define MAX_HURTING 5

/* A call whose argument is a structure that begins with command and version, and says no domain. */
struct control_call {
    const char *name;
    unsigned int number, commands, version;
    unsigned int hurting[MAX_HURTING], n_hurting;   /* not made with zeros */
};

static const struct control_call sysctl = {
    .name = "sysctl", .number = __HYPERVISOR_sysctl, .commands = 40,
    .version = XEN_SYSCTL_INTERFACE_VERSION,
    .hurting = {XEN_SYSCTL_cpupool_op, XEN_SYSCTL_cpu_hotplug, XEN_SYSCTL_page_offline_op},
    .n_hurting = 3,
};

static const struct control_call platform_op = {
    .name = "platform_op", .number = __HYPERVISOR_platform_op, .commands = 70,
    .version = XENPF_INTERFACE_VERSION,
    .hurting = {XENPF_settime32, XENPF_settime64, XENPF_enter_acpi_sleep, XENPF_cpu_offline,
                XENPF_core_parking},
    .n_hurting = 5,
};

static bool hurts(const struct control_call *c, unsigned int cmd)
{
    for (unsigned int i = 0; i < c->n_hurting; i++)
        if (c->hurting[i] == cmd)
            return true;
    return false;
}

static void control_calls(const struct control_call *c)
{
    uint32_t *head = (void *)page;

    for (unsigned int cmd = 0; cmd < c->commands; cmd++)
        for (int ones = hurts(c, cmd); ones < 2; ones++) {
            memset(page, ones ? 0xff : 0, 4096);
            head[0] = cmd;
            head[1] = c->version;
            say(c->name, cmd, ones ? "ones" : "zeros", call(c->number, (uint64_t)page, 0, 0, 0));
        }
}

/* ---- the rest, one by one ---- */

static void vcpu_ops(void)
{
    for (unsigned int cmd = 0; cmd < 16; cmd++)
        say("vcpu_op", cmd, "no such vcpu", call(__HYPERVISOR_vcpu_op, cmd, 99, 8, 0));
    say("vcpu_op", 3, "is_up", call(__HYPERVISOR_vcpu_op, 3, 0, 0, 0));
    memset(page, 0, 4096);
    say("vcpu_op", 0, "initialise again", call(__HYPERVISOR_vcpu_op, 0, 0, (uint64_t)page, 0));
    say("vcpu_op", 6, "period 0", call(__HYPERVISOR_vcpu_op, 6, 0, (uint64_t)page, 0));
    say("vcpu_op", 10, "vcpu_info again", call(__HYPERVISOR_vcpu_op, 10, 0, (uint64_t)page, 0));
}

static void plain_calls(void)
{
    const uint64_t not_canonical = 1UL << 62;

    say("set_gdt", 2, "too long", call(2, (uint64_t)page, 20000, 0, 0));
    say("set_gdt", 2, "no list", call(2, 8, 512, 0, 0));
    say("set_debugreg", 8, "no such register", call(8, 9, 0, 0, 0));
    say("set_debugreg", 8, "register 4", call(8, 4, 0, 0, 0));
    say("set_debugreg", 8, "over Xen", call(8, 0, HYPERVISOR_VIRT_START, 0, 0));
    say("get_debugreg", 9, "no such register", call(9, 9, 0, 0, 0));
    say("update_descriptor", 10, "not aligned", call(10, 4, 0, 0, 0));
    say("update_descriptor", 10, "nobody's", call(10, 0, 0, 0, 0));
    say("update_va_mapping", 14, "Xen's address", call(14, HYPERVISOR_VIRT_START, 0, 0, 0));
    say("update_va_mapping", 14, "no table", call(14, 0x5000, 0, 0, 0));
    say("update_va_mapping_otherdomain", 22, "no such domain", call(22, 0, 0, 0, NO_SUCH_DOMAIN));
    say("set_segment_base", 25, "no such", call(25, 9, 0, 0, 0));
    say("set_segment_base", 25, "not canonical", call(25, 0, not_canonical, 0, 0));
    say("nmi_op", 28, "no such", call(28, 9, 0, 0, 0));
    say("console_io", 18, "no such", call(18, 9, 0, 0, 0));
    say("console_io", 18, "no buffer", call(18, 0, 5, 8, 0));
    say("vm_assist", 21, "no such command", call(21, 9, 0, 0, 0));
    say("vm_assist", 21, "no such type", call(21, 0, 63, 0, 0));
    say("vm_assist", 21, "far type", call(21, 0, 640, 0, 0));
    say("multicall", 13, "no list", call(13, 8, 1, 0, 0));
    say("multicall", 13, "nothing", call(13, 8, 0, 0, 0));
    for (unsigned int type = 0; type < 10; type++) {
        uint64_t *reg = (void *)page;

        reg[0] = type;
        reg[1] = not_canonical;
        if (type != 5 && type != 7) /* else it would be gone */
            say("callback_op unregister", type, "", call(30, 1, (uint64_t)page, 0, 0));
        say("callback_op register", type, "not canonical", call(30, 0, (uint64_t)page, 0, 0));
    }
    say("callback_op", 9, "no such", call(30, 9, (uint64_t)page, 0, 0));
}

static void mmu_calls(void)
{
    uint64_t *e = (void *)page;

    for (unsigned int cmd = 0; cmd < 8; cmd++) {
        e[0] = 0xfffffffffff000UL | cmd;
        e[1] = 0;
        say("mmu_update", cmd, "no such frame", call(1, (uint64_t)page, 1, 0, DOMID_SELF));
        say("mmu_update", cmd, "no such domain", call(1, (uint64_t)page, 1, 0, NO_SUCH_DOMAIN));
        say("mmu_update", cmd, "Xen's frames", call(1, (uint64_t)page, 1, 0, DOMID_XEN));
    }
    for (unsigned int cmd = 0; cmd < 22; cmd++) {
        memset(page, 0xff, 64);
        *(uint32_t *)page = cmd;
        say("mmuext_op", cmd, "ones", call(26, (uint64_t)page, 1, 0, DOMID_SELF));
        say("mmuext_op", cmd, "no such domain", call(26, (uint64_t)page, 1, 0, NO_SUCH_DOMAIN));
    }
    say("mmuext_op", 0, "no list", call(26, 8, 1, 0, DOMID_SELF));
}

/* Of a domain, by number: about itself, another's, nobody's. */
static void memory_questions(void)
{
    static const domid_t ids[] = {0, DOMID_SELF, NO_SUCH_DOMAIN, DOMID_XEN, DOMID_IO};
    static const unsigned int ops[] = {XENMEM_current_reservation, XENMEM_maximum_reservation,
                                       XENMEM_maximum_gpfn};
    char how[32];

    for (unsigned int o = 0; o < 3; o++) {
        for (unsigned int i = 0; i < 5; i++) {
            memcpy(page, &ids[i], sizeof(ids[i]));
            snprintf(how, sizeof(how), "domain %u", ids[i]);
            say("memory_op", ops[o], how,
                call(__HYPERVISOR_memory_op, ops[o], (uint64_t)page, 0, 0));
        }
        memcpy(page, &target, sizeof(target));
        say("memory_op", ops[o], "empty domain",
            call(__HYPERVISOR_memory_op, ops[o], (uint64_t)page, 0, 0));
    }
}

static void unknown_calls(void)
{
    static const unsigned int numbers[] = {11, 27, 31, 34, 37, 38, 39, 40, 41, 42,
                                           43, 47, 48, 49, 55, 56, 63};

    memset(page, 0xff, 4096);
    for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        say("hypercall", numbers[i], "ones",
            call(numbers[i], ~0UL, (uint64_t)page, (uint64_t)page, (uint64_t)page));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    privcmd = open("/dev/xen/privcmd", O_RDWR);
    page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
    if (privcmd < 0 || page == MAP_FAILED) {
        printf("fail: no /dev/xen/privcmd, or no memory\n");
        return 1;
    }
    target = create();
    versions();
    memory_questions();
    domctls("without vcpu");
    ((struct xen_domctl *)page)->u.max_vcpus.max = 2;
    say("domctl", XEN_DOMCTL_max_vcpus, "2", domctl(XEN_DOMCTL_max_vcpus, target, -1));
    domctls("with vcpu 0");
    control_calls(&sysctl);
    control_calls(&platform_op);
    vcpu_ops();
    mmu_calls();
    plain_calls();
    sub_ops("memory_op", __HYPERVISOR_memory_op, 32, 0);
    sub_ops("xen_version", __HYPERVISOR_xen_version, 13, 0);
    sub_ops("event_channel_op", __HYPERVISOR_event_channel_op, 16, 0);
    sub_ops("grant_table_op", __HYPERVISOR_grant_table_op, 14, 1);
    sub_ops("physdev_op", __HYPERVISOR_physdev_op, 34, 0);
    sub_ops("sched_op", __HYPERVISOR_sched_op, 9, 0);
    unknown_calls();
    say("domctl", XEN_DOMCTL_destroydomain, "itself", domctl(XEN_DOMCTL_destroydomain, 0, 0));
    say("domctl", XEN_DOMCTL_destroydomain, "", domctl(XEN_DOMCTL_destroydomain, target, 0));
    say("domctl", XEN_DOMCTL_destroydomain, "no such domain",
        domctl(XEN_DOMCTL_destroydomain, NO_SUCH_DOMAIN, 0));
    printf("done\n");
    return 0;
}
