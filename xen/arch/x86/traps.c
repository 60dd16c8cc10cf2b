/* SPDX-License-Identifier: MIT */
/* Exceptions: ours, the guest's, or ours to emulate. */
#include <asm/descriptors.h>
#include <asm/irq.h>
#include <asm/pt.h>
#include <asm/traps.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/guest_copy.h>
#include <xen/hypercall.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/string.h>

extern char vector_stubs[];
void entry_syscall(void);
void entry_syscall32(void);
void entry_sysenter(void);

/* ---- fix-ups ---- */

struct extable_entry {
    s32 from, to; /* each relative to its own place */
};

extern const struct extable_entry extable_start[], extable_end[];

/* A fix-up for the instruction at @rip, or 0. */
static unsigned long extable_find(unsigned long rip)
{
    for (const struct extable_entry *e = extable_start; e < extable_end; e++)
        if ((unsigned long)&e->from + e->from == rip)
            return (unsigned long)&e->to + e->to;
    return 0;
}

/* ---- set-up ---- */

void traps_init(void)
{
    for (unsigned int v = 0; v < 256; v++) {
        unsigned int dpl = v == TRAP_BP || v == TRAP_OF || v == 0x80 ? 3 : 0;
        unsigned int ist = v == TRAP_NMI  ? IST_NMI
                           : v == TRAP_DF ? IST_DF
                           : v == TRAP_MC ? IST_MC
                           : v == TRAP_DB ? IST_DB
                                          : 0;

        idt_set_gate(v, (void (*)(void))(vector_stubs + v * STUB_SIZE), dpl, ist);
    }
}

/*
 * SYSCALL leaves the guest's stack pointer in place and has no register to spare. So each CPU has
 * its own few instructions, which know where its struct cpu is. SYSENTER comes with 0 in rsp.
 */
static struct __packed __aligned(32) cpu_stub {
    u8 save_op[3]; /* mov %rsp, cpu.scratch */
    s32 scratch;
    u8 load_op[3]; /* mov cpu.rsp0, %rsp */
    s32 rsp0;
    u8 push_ss_op; /* push $GUEST_DS */
    u32 ss;
    u8 push_rsp_op[2]; /* push cpu.scratch */
    s32 rsp;
    u8 jump_op; /* jmp entry */
    s32 entry;
} cpu_stubs[NR_CPUS][3] __section(".stubs");

static u64 fill_stub(unsigned int which, const void *entry)
{
    struct cpu *c = this_cpu();
    struct cpu_stub *run = &cpu_stubs[c->id][which];

/* A displacement counts from the end of its instruction, which is its own. */
#define TO(field, target)                                                                          \
    .field = (const u8 *)(target) - ((const u8 *)run + offsetof(struct cpu_stub, field) + 4)
    *(struct cpu_stub *)maddr_to_virt(virt_to_maddr(run)) = (struct cpu_stub){
        .save_op = {0x48, 0x89, 0x25}, TO(scratch, &c->scratch),
        .load_op = {0x48, 0x8b, 0x25}, TO(rsp0, &c->rsp0),
        .push_ss_op = 0x68, .ss = GUEST_DS,
        .push_rsp_op = {0xff, 0x35}, TO(rsp, &c->scratch),
        .jump_op = 0xe9, TO(entry, entry),
    };
#undef TO
    return (u64)run;
}

void traps_init_cpu(void)
{
    wrmsr(MSR_STAR, (u64)(GUEST_CS32) << 48 | (u64)XEN_CS << 32);
    wrmsr(MSR_LSTAR, fill_stub(0, entry_syscall));
    wrmsr(MSR_CSTAR, fill_stub(1, entry_syscall32));
    wrmsr(MSR_SYSCALL_MASK, FLAG_VM | FLAG_RF | FLAG_NT | FLAG_DF | FLAG_IF | FLAG_TF | FLAG_AC |
                                FLAG_IOPL);
    /* CPUs without SYSENTER in long mode (AMD) ignore or refuse these: nothing is lost. */
    wrmsr_safe(MSR_SYSENTER_CS, XEN_CS);
    wrmsr_safe(MSR_SYSENTER_ESP, 0);
    wrmsr_safe(MSR_SYSENTER_EIP, fill_stub(2, entry_sysenter));
}

/* ---- reports ---- */

static const char *const trap_names[32] = {
    [TRAP_DE] = "divide error",      [TRAP_DB] = "debug",
    [TRAP_NMI] = "NMI",              [TRAP_BP] = "breakpoint",
    [TRAP_OF] = "overflow",          [TRAP_BR] = "bound range",
    [TRAP_UD] = "invalid opcode",    [TRAP_NM] = "device not available",
    [TRAP_DF] = "double fault",      [TRAP_TS] = "invalid TSS",
    [TRAP_NP] = "segment not present", [TRAP_SS] = "stack fault",
    [TRAP_GP] = "general protection", [TRAP_PF] = "page fault",
    [TRAP_MF] = "x87 error",         [TRAP_AC] = "alignment check",
    [TRAP_MC] = "machine check",     [TRAP_XM] = "SIMD error",
};

static const char *trap_name(unsigned int vector)
{
    return vector < ARRAY_SIZE(trap_names) && trap_names[vector] ? trap_names[vector] : "interrupt";
}

void show_registers(const struct regs *r)
{
    printk("cpu %u  vector %#x (%s)  error %#x\n", smp_cpu_id(), r->vector, trap_name(r->vector),
           r->error_code);
    printk("rip %04lx:%016lx  rflags %08lx\n", r->cs, r->rip, r->rflags);
    printk("rsp %04lx:%016lx  cr2 %016lx  cr3 %016lx\n", r->ss, r->rsp, read_cr2(), read_cr3());
    printk("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
    printk("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
    printk("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
    printk("r13 %016lx  r14 %016lx  r15 %016lx\n", r->r13, r->r14, r->r15);
}

void take_trace(struct trace *t, const void *sp, unsigned long rip, unsigned long frame)
{
    unsigned long low = (unsigned long)sp;
    unsigned long end = (low | (STACK_SIZE - 1)) - sizeof(struct stack_top);

    t->rip[0] = rip;
    for (t->depth = 1; t->depth < ARRAY_SIZE(t->rip); t->depth++) {
        const unsigned long *f = (const unsigned long *)frame;

        if (frame < low || frame >= end - 8 || (frame & 7))
            return;
        t->rip[t->depth] = f[1];
        low = frame + 8;
        frame = f[0];
    }
}

void show_trace(const struct trace *t)
{
    printk("call trace:\n");
    for (unsigned int i = 0; i < t->depth; i++)
        printk("  [%016lx] %pS\n", t->rip[i], (void *)t->rip[i]);
}

static void fatal(const struct regs *r)
{
    struct vcpu *v = current;
    struct trace t;

    panic_begin("Panic", "fault in Xen: %s at %016lx", trap_name(r->vector), r->rip);
    show_registers(r);
    take_trace(&t, r, r->rip, r->rbp);
    show_trace(&t);
    if (v && v->arch.regs && !v->domain->is_idle) {
        printk("guest d%uv%u at that time:\n", v->domain->id, v->id);
        show_registers(v->arch.regs);
    }
    stop_or_reboot();
}

/* ---- from Xen ---- */

void trap_from_xen(struct regs *r)
{
    unsigned long fix;

    if (r->vector >= 32) {
        irq_dispatch(r);
        return;
    }
    switch (r->vector) {
    case TRAP_NMI:
        return;
    case TRAP_DB: /* a watchpoint or single step of the guest's that hit during an entry */
        r->rflags &= ~FLAG_TF;
        __asm__ __volatile__("mov %0, %%db6" ::"r"(0xffff0ff0UL));
        return;
    }
    fix = extable_find(r->rip);
    if (!fix)
        fatal(r);
    r->rip = fix;
}

/* ---- from a guest ---- */

static bool ldt_fault(struct vcpu *v, unsigned long va)
{
    unsigned long off = va - LDT_VIRT(this_cpu()->id);

    return off < 0x10000 && vcpu_map_ldt(v, off >> PAGE_SHIFT) == 0;
}

static void page_fault(struct vcpu *v, struct regs *r)
{
    unsigned long va = read_cr2();
    u32 error = r->error_code;

    if (va >= WINDOW_VIRT && va < IOMAP_VIRT) {
        if (ldt_fault(v, va))
            return;
        /* The descriptor's address, as the guest knows it. */
        va = v->arch.ldt_base + (va & 0xffff);
        error &= ~(PFEC_PRESENT | PFEC_USER);
    } else if (v->arch.kernel_mode) {
        if ((error & (PFEC_PRESENT | PFEC_WRITE | PFEC_RSVD)) == (PFEC_PRESENT | PFEC_WRITE) &&
            (va < HV_VIRT_START || va >= HV_VIRT_END) && pt_fault_emulate(v, r, va))
            return;
        error &= ~PFEC_USER; /* its kernel is the supervisor of its own pages */
    }
    upcall_page_fault(v, va, error);
}

/* #GP of "int n" names the IDT entry: let the guest's own table decide. */
static bool software_interrupt(struct vcpu *v, struct regs *r)
{
    unsigned int n = r->error_code >> 3 & 0xff;
    const struct guest_entry *t = &v->arch.traps[n];

    if ((r->error_code & 7) != 2)
        return false;
    /* DPL 0 is the hypervisor's: exceptions stay closed to "int n" of the guest's kernel too. */
    if (!t->address || t->dpl < (v->arch.kernel_mode ? 1 : 3))
        return false;
    r->rip += 2;
    upcall_exception(v, n, false, 0);
    return true;
}

static void general_protection(struct vcpu *v, struct regs *r)
{
    if (software_interrupt(v, r))
        return;
    if (r->error_code == 0 && emulate_privileged(v, r))
        return;
    upcall_exception(v, TRAP_GP, true, r->error_code);
}

static void debug_trap(struct vcpu *v)
{
    unsigned long dr6;

    __asm__ __volatile__("mov %%db6, %0" : "=r"(dr6));
    __asm__ __volatile__("mov %0, %%db6" ::"r"(0xffff0ff0UL));
    v->arch.debugreg[6] = (dr6 & 0xf00f) | 0xffff0ff0UL;
    upcall_exception(v, TRAP_DB, false, 0);
}

static void device_not_available(struct vcpu *v)
{
    /* The guest asked for it by fpu_taskswitch(1); the ABI clears TS as it delivers. */
    v->arch.ctrlreg0 &= ~CR0_TS;
    write_cr0(read_cr0() & ~CR0_TS);
    upcall_exception(v, TRAP_NM, false, 0);
}

void trap_from_guest(struct regs *r)
{
    struct vcpu *v = current;

    if (r->vector == TRAP_PF) {
        page_fault(v, r);
        return;
    }
    if (r->vector >= 32 && r->vector != 0x80) {
        irq_dispatch(r);
        return;
    }
    switch (r->vector) {
    case TRAP_GP:
        general_protection(v, r);
        break;
    case TRAP_DB:
        debug_trap(v);
        break;
    case TRAP_NM:
        device_not_available(v);
        break;
    case TRAP_UD:
        if (!emulate_forced_cpuid(v, r))
            upcall_exception(v, TRAP_UD, false, 0);
        break;
    case 0x80: /* our gate lets ring 3 through; whether the guest's does is for it to say */
        r->rip -= 2;
        r->error_code = 0x80 << 3 | 2;
        general_protection(v, r);
        break;
    case TRAP_NMI:
        break;
    case TRAP_DF:
    case TRAP_MC:
        fatal(r);
        break;
    default: /* with an error code: #DF, #TS, #NP, #SS, #GP, #PF, #AC */
        upcall_exception(v, r->vector, BIT(r->vector) & 0x27d00, r->error_code);
    }
}

/* ---- hypercalls about traps ---- */

long do_set_trap_table(unsigned long traps)
{
    struct vcpu *v = current;
    XEN_GUEST_HANDLE(trap_info_t) h = {.addr = traps};
    struct trap_info t;

    if (!traps) {
        ZERO(v->arch.traps);
        return 0;
    }
    for (unsigned int i = 0; i < 256; i++) {
        if (copy_in(&t, h, i, 1))
            return -EFAULT;
        if (t.address == 0)
            return 0;
        if (!is_canonical(t.address))
            return -EINVAL;
        vcpu_set_trap(v, t.vector, &t);
    }
    return 0;
}

static void dump_cpu_state(void)
{
    struct domain *d = dom0;
    struct vcpu *v;

    if (!d)
        return;
    for_each_vcpu (d, v)
        vcpu_dump(v);
}
DEBUG_KEY('0', "Domain0's registers", dump_cpu_state);
