/* SPDX-License-Identifier: MIT */
/*
 * Every hypercall, every argument register, every awkward value.
 *
 * Counts that wrap when multiplied, indices just past a limit, pointers to the edges of what may be
 * reached: the mistakes behind a dozen advisories. Each number is called with each of about 40
 * values in each register, the others being 0 or a pointer to a page of zeroes with nothing after
 * it; and those that take a sub-operation, with each of the first 64. Whatever is answered, the
 * hypervisor must live, and the audit after the test find every reference in its place. Then the
 * same with whole structures, and lists of calls, made by chance.
 */
#define __XEN_TOOLS__
#include "harness.h"
#include <public/domctl.h>
#include <public/platform.h>
#include <public/sysctl.h>

static const uint64_t values[] = {
    0, 1, 2, 3, 4, 7, 8, 15, 63, 64, 127, 128, 511, 512, 4095, 4096, 7168, 7169, 8192, 65535,
    65536, 0x7ff0, 0x7ff1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x2aaaaaaaaaaaaab,
    0x7fffffffffffffff, 0x8000000000000000, ~0UL, ~1UL, 0x00007ffffffff000, 0x0000800000000000,
    HYPERVISOR_VIRT_START, HYPERVISOR_VIRT_START - 8, HYPERVISOR_VIRT_END - 8,
    MACH2PHYS_VIRT_END - 4, 0xffff82d080200000, 0xffff830000100000, TEST_VA,
    TEST_VA + PAGE_SIZE, TEST_VA + PAGE_SIZE - 4,
};
#define NR_VALUES (sizeof(values) / sizeof(values[0]))

static unsigned long calls;
static char *zeroes;

/* What would end this domain, put it to sleep, or start what later tests want to start. */
static bool spared(unsigned long nr, unsigned long first)
{
    switch (nr) {
    case __HYPERVISOR_iret: return true;
    case __HYPERVISOR_kexec_op: return !on_xenolith; /* Xen faults on Domain0's made-up images */
    case __HYPERVISOR_stack_switch: return true; /* the next entry from user mode: the end */
    case __HYPERVISOR_sched_op_compat: return first != 0;
    case __HYPERVISOR_sched_op:
        return (first >= SCHEDOP_block && first <= SCHEDOP_remote_shutdown)
            || first == SCHEDOP_watchdog || first == SCHEDOP_pin_override;
    case __HYPERVISOR_vcpu_op: return first == VCPUOP_down || first == VCPUOP_send_nmi;
    case __HYPERVISOR_console_io: return in_domain0 && first == CONSOLEIO_write; /* slow */
    case __HYPERVISOR_event_channel_op: return first == EVTCHNOP_reset;
    }
    return false;
}

static void call(unsigned long nr, const uint64_t arg[5])
{
    if (spared(nr, arg[0]))
        return;
    calls++;
    hypercall(nr, arg[0], arg[1], arg[2], arg[3], arg[4]);
    if (nr == __HYPERVISOR_update_va_mapping || nr == __HYPERVISOR_update_va_mapping_otherdomain)
        map(TEST_VA, pte(mfn_of(zeroes), PTE_RW));
    if (nr == __HYPERVISOR_set_trap_table || nr == __HYPERVISOR_callback_op ||
        nr == __HYPERVISOR_multicall)
        traps_init();
    memset((void *)TEST_VA, 0, 64);
}

static const unsigned char with_commands[] = {
    __HYPERVISOR_platform_op, __HYPERVISOR_set_debugreg, __HYPERVISOR_get_debugreg,
    __HYPERVISOR_memory_op, __HYPERVISOR_xen_version, __HYPERVISOR_console_io,
    __HYPERVISOR_grant_table_op, __HYPERVISOR_vm_assist, __HYPERVISOR_vcpu_op,
    __HYPERVISOR_set_segment_base, __HYPERVISOR_nmi_op, __HYPERVISOR_sched_op,
    __HYPERVISOR_callback_op, __HYPERVISOR_event_channel_op, __HYPERVISOR_physdev_op,
};
#define NR_WITH_COMMANDS (sizeof(with_commands) / sizeof(with_commands[0]))

static void each_register(unsigned long nr, uint64_t others)
{
    for (int reg = 0; reg < 5; reg++)
        for (unsigned int i = 0; i < NR_VALUES; i++) {
            uint64_t arg[5] = { others, others, others, others, others };

            arg[reg] = values[i];
            call(nr, arg);
        }
}

static void each_command(unsigned long nr)
{
    for (unsigned long cmd = 0; cmd < 64; cmd++)
        for (int reg = 1; reg < 3; reg++)
            for (unsigned int i = 0; i < NR_VALUES; i++) {
                uint64_t arg[5] = { cmd, TEST_VA, 1 };

                arg[reg] = values[i];
                call(nr, arg);
            }
}

/* Undo what was taken: timers, breakpoints, segment bases, callbacks, ports. */
static void clean_up(evtchn_port_t first)
{
    struct callback_unregister nmi = { .type = CALLBACKTYPE_nmi };

    HYPERCALL(fpu_taskswitch, 0);
    HYPERCALL(set_debugreg, 7, 0);
    for (int reg = 0; reg < 4; reg++)
        HYPERCALL(set_debugreg, reg, 0);
    HYPERCALL(vm_assist, VMASST_CMD_disable, VMASST_TYPE_architectural_iopl);
    HYPERCALL(vm_assist, VMASST_CMD_disable, VMASST_TYPE_runstate_update_flag);
    HYPERCALL(set_timer_op, 0);
    HYPERCALL(vcpu_op, VCPUOP_stop_periodic_timer, 0, NULL);
    HYPERCALL(vcpu_op, VCPUOP_stop_singleshot_timer, 0, NULL);
    for (int base = SEGBASE_FS; base <= SEGBASE_GS_KERNEL; base++)
        HYPERCALL(set_segment_base, base, 0);
    HYPERCALL(callback_op, CALLBACKOP_unregister, &nmi);
    HYPERCALL(nmi_op, 1, NULL);
    HYPERCALL(set_gdt, NULL, 0);
    mmuext(MMUEXT_SET_LDT, 0, 0);
    for (evtchn_port_t port = first; port < first + 512; port++)
        evtchn_close(port);
}

static bool pass_by(struct regs *r)
{
    return r->vector == VECTOR_DB; /* a breakpoint that was set on the way */
}

static void begin(void)
{
    zeroes = page_alloc();
    EXPECT(map(TEST_VA, pte(mfn_of(zeroes), PTE_RW)), 0);
    calls = 0;
    trap_hook = pass_by;
}

static void end(evtchn_port_t first)
{
    trap_hook = NULL;
    clean_up(first);
    traps_init();
    EXPECT(HYPERCALL(xen_version, XENVER_version, NULL), 4 << 16 | 17);
    EXPECT(map(TEST_VA, 0), 0);
    page_free(zeroes);
}

TEST(edge_values)
{
    evtchn_port_t first = bind_ipi();

    begin();
    for (unsigned long nr = 0; nr < 64; nr++) {
        each_register(nr, 0);
        each_register(nr, TEST_VA);
    }
    for (unsigned int i = 0; i < NR_WITH_COMMANDS; i++)
        each_command(with_commands[i]);
    EXPECT_TRUE(calls > 90000);
    end(first);
}

/* ---- structures by chance ---- */

static uint64_t highest_frame;

/* None that names memory of this kernel: calls would change it, as they should. */
static uint64_t harmless(uint64_t v)
{
    return (v <= highest_frame && is_our_frame(v)) ||
           (v >> 12 <= highest_frame && is_our_frame(v >> 12)) ? 0 : v;
}

static uint64_t some_value(void)
{
    uint64_t r = random64();

    switch (r % 4) {
    case 0: return values[r / 4 % NR_VALUES];
    case 1: return r / 4 % 64;
    case 2: return TEST_VA + r / 4 % 512 * 8;
    }
    return harmless(random64() >> r / 4 % 64);
}

static void fill_page(void)
{
    uint64_t *word = (void *)TEST_VA;

    for (unsigned int i = 0; i < 32; i++)
        word[i] = random64() % 2 ? some_value() :
                                   harmless((uint32_t)some_value() | some_value() << 32);
}

/* What would stop the machine, set a clock, or interrupt this kernel or take its time. */
static bool control_spared(unsigned long nr, uint32_t command)
{
    switch (nr) {
    case __HYPERVISOR_domctl:
        return command == XEN_DOMCTL_scheduler_op || command == XEN_DOMCTL_sendtrigger ||
               command == XEN_DOMCTL_settimeoffset;
    case __HYPERVISOR_sysctl: return command == XEN_SYSCTL_debug_keys;
    }
    return command == XENPF_enter_acpi_sleep || command == XENPF_settime32 ||
           command == XENPF_settime64;
}

/* Calls whose structure begins with a command and the version of the interface. */
static void control_call(void)
{
    static const struct {
        unsigned long nr;
        uint32_t version;
    } control[] = {
        { __HYPERVISOR_domctl, XEN_DOMCTL_INTERFACE_VERSION },
        { __HYPERVISOR_sysctl, XEN_SYSCTL_INTERFACE_VERSION },
        { __HYPERVISOR_platform_op, XENPF_INTERFACE_VERSION },
    };
    unsigned int which = random64() % 3;
    uint32_t *head = (void *)TEST_VA, command = random64() % 96;

    if (control_spared(control[which].nr, command))
        return;
    head[0] = command;
    head[1] = control[which].version;
    calls++;
    hypercall(control[which].nr, TEST_VA, 0, 0, 0, 0);
}

static void command_call(void)
{
    unsigned long nr = with_commands[random64() % NR_WITH_COMMANDS];
    uint64_t arg[5] = { random64() % 40, TEST_VA, some_value(), some_value(), some_value() };

    call(nr, arg);
}

static void list_call(void)
{
    struct multicall_entry *list = (void *)TEST_VA;
    uint64_t arg[5] = { TEST_VA, 1 + random64() % 4 };

    for (unsigned int i = 0; i < arg[1]; i++) {
        list[i].op = with_commands[random64() % NR_WITH_COMMANDS];
        list[i].args[0] %= 64;
        if (spared(list[i].op, list[i].args[0]))
            list[i].op = __HYPERVISOR_multicall;
    }
    call(__HYPERVISOR_multicall, arg);
}

/* Domains that were made on the way. */
static void destroy_domains(void)
{
    static struct xen_domctl op;

    for (unsigned int id = 1; id < 0x7ff0; id++) {
        memset(&op, 0, sizeof(op));
        op.cmd = XEN_DOMCTL_destroydomain;
        op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
        op.domain = id;
        HYPERCALL(domctl, &op);
    }
}

TEST(random_structures)
{
    evtchn_port_t first = bind_ipi();

    if (!on_xenolith) {
        skip("what chance does to Debian's Xen is not asked here");
        return;
    }
    begin();
    events_disable(); /* their handler may be anywhere */
    highest_frame = HYPERCALL(memory_op, XENMEM_maximum_ram_page, NULL);
    for (unsigned int i = 0; i < times(10000); i++) {
        fill_page();
        switch (i % 4) {
        case 0: list_call(); break;
        case 1: command_call(); break;
        default: control_call();
        }
    }
    destroy_domains();
    EXPECT_TRUE(calls > times(8000));
    end(first);
}
