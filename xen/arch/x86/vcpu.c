/* SPDX-License-Identifier: MIT */
/* A vcpu's registers, tables and FPU: first values, save, switch. */
#include <asm/descriptors.h>
#include <asm/fpu.h>
#include <asm/pt.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <asm/traps.h>
#include <asm/xen_paging.h>
#include <xen/domain.h>
#include <xen/guest_copy.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/string.h>

#define GUEST_CR4_MASK (CR4_DE | CR4_TSD) /* what a guest may switch in the real CR4 */

/* ---- create and destroy ---- */

void vcpu_first_run(void); /* entry.S */

static void init_stack(struct vcpu *v)
{
    struct stack_top *top = stack_top_of(v->stack);
    u64 *sp;

    v->arch.regs = (struct regs *)top - 1;
    sp = (u64 *)v->arch.regs;
    *--sp = (u64)vcpu_first_run;
    v->switch_sp = sp - 6; /* what switch_stack() pops, zero */
}

int arch_vcpu_create(struct vcpu *v)
{
    struct arch_vcpu *a = &v->arch;

    a->guest_table = a->guest_table_user = MFN_NONE;
    for (unsigned int i = 0; i < ARRAY_SIZE(a->gdt_frames); i++)
        a->gdt_frames[i] = MFN_NONE;
    for (unsigned int i = 0; i < ARRAY_SIZE(a->ldt_frames); i++)
        a->ldt_frames[i] = MFN_NONE;
    a->ctrlreg0 = CR0_PE | CR0_ET | CR0_PG | CR0_WP;
    a->ctrlreg4 = CR4_PAE;
    a->debugreg[6] = 0xffff0ff0UL;
    a->debugreg[7] = 0x400;
    a->cr3_kernel = virt_to_maddr(xen_l4);
    for (unsigned int i = 0; i < NR_CALLBACKS; i++)
        a->callbacks[i].cs = GUEST_CS64;
    if (v->domain->is_idle)
        return 0;

    v->stack = page_alloc_virt(STACK_ORDER);
    a->fpu = fpu_alloc();
    if (!v->stack || !a->fpu) {
        arch_vcpu_destroy(v);
        return -ENOMEM;
    }
    a->xcr0 = XCR0_X87;
    init_stack(v);
    return 0;
}

void arch_vcpu_destroy(struct vcpu *v)
{
    if (v->domain->is_idle)
        return;
    page_free_virt(v->arch.fpu, 0);
    page_free_virt(v->stack, STACK_ORDER);
}

int arch_domain_create(struct domain *d)
{
    d->arch.pirq_eoi_mfn = MFN_NONE;
    if (!d->privileged)
        return 0;
    d->arch.io_ports = page_alloc_virt(1); /* 65,536 bits */
    return d->arch.io_ports ? 0 : -ENOMEM;
}

void arch_domain_destroy(struct domain *d)
{
    page_free_virt(d->arch.io_ports, 1);
    heap_free(d->arch.e820);
    heap_free(d->arch.cpu_policy);
}

/* Get the state off the hardware of whichever CPU still holds it. */
static void unload_anywhere(struct vcpu *v)
{
    unsigned int on = READ_ONCE(v->arch.loaded_on);

    if (on && on - 1 != smp_cpu_id())
        smp_call(cpumask_of(on - 1), vcpu_unload, v);
    else if (on)
        vcpu_unload(v);
}

void *arch_fpu_area(struct vcpu *v)
{
    unload_anywhere(v);
    return v->arch.fpu;
}

void arch_vcpu_release(struct vcpu *v)
{
    unload_anywhere(v);
    frame_replace(&v->arch.guest_table, MFN_NONE);
    frame_replace(&v->arch.guest_table_user, MFN_NONE);
    v->arch.cr3_kernel = virt_to_maddr(xen_l4);
    v->arch.cr3_user = MADDR(0);
    vcpu_set_gdt(v, NULL, 0);
    v->arch.ldt_entries = 0;
    vcpu_invalidate_ldt(v);
}

/* ---- page tables ---- */

static void load_cr3(const struct arch_vcpu *a)
{
    write_cr3(a->kernel_mode || !a->cr3_user.a ? a->cr3_kernel.a : a->cr3_user.a);
}

/* After a change of the table for the present mode. */
static void update_cr3(struct vcpu *v)
{
    if (this_cpu()->loaded == v)
        load_cr3(&v->arch);
}

void vcpu_toggle_mode(struct vcpu *v)
{
    v->arch.kernel_mode = !v->arch.kernel_mode;
    __asm__ __volatile__("swapgs");
    load_cr3(&v->arch);
}

int vcpu_new_guest_table(struct vcpu *v, mfn_t l4)
{
    int rc = frame_get_type(l4, v->domain, FT_L4);

    if (rc)
        return rc;
    v->arch.cr3_kernel = mfn_to_maddr(l4);
    vcpu_invalidate_ldt(v);
    update_cr3(v);
    frame_replace(&v->arch.guest_table, l4);
    return 0;
}

int vcpu_new_user_table(struct vcpu *v, mfn_t l4)
{
    int rc = l4.n ? frame_get_type(l4, v->domain, FT_L4) : 0;

    if (rc)
        return rc;
    v->arch.cr3_user = mfn_to_maddr(l4); /* 0: there is none */
    frame_replace(&v->arch.guest_table_user, l4.n ? l4 : MFN_NONE);
    return 0;
}

/* ---- descriptor tables ---- */

int vcpu_set_gdt(struct vcpu *v, const unsigned long *mfns, unsigned int entries)
{
    unsigned int pages = DIV_UP(entries, 512), i;
    int rc;

    for (i = 0; i < pages; i++) {
        rc = frame_get_type(MFN(mfns[i]), v->domain, FT_SEGDESC);
        if (rc)
            goto err_put;
    }
    for (i = 0; i < FIRST_XEN_GDT_PAGE; i++)
        frame_replace(&v->arch.gdt_frames[i], i < pages ? MFN(mfns[i]) : MFN_NONE);
    v->arch.gdt_entries = entries;
    if (this_cpu()->loaded == v)
        descriptors_load(v);
    return 0;

err_put:
    while (i-- > 0)
        frame_put_type(MFN(mfns[i]));
    return -EINVAL;
}

int vcpu_set_ldt(struct vcpu *v, unsigned long base, unsigned int entries)
{
    if (entries > 8192 || base % PAGE_SIZE ||
        (entries && guest_range_bad(base, entries * 8UL)))
        return -EINVAL;
    if (base == v->arch.ldt_base && entries == v->arch.ldt_entries)
        return 0;
    vcpu_invalidate_ldt(v);
    v->arch.ldt_base = base;
    v->arch.ldt_entries = entries;
    if (this_cpu()->loaded == v)
        descriptors_load_ldt(v);
    return 0;
}

void vcpu_invalidate_ldt(struct vcpu *v)
{
    bool loaded = this_cpu()->loaded == v, any = false;

    for (unsigned int i = 0; i < ARRAY_SIZE(v->arch.ldt_frames); i++) {
        if (mfn_eq(v->arch.ldt_frames[i], MFN_NONE))
            continue;
        if (loaded)
            window_set(WINDOW_LDT + i, MFN_NONE);
        frame_replace(&v->arch.ldt_frames[i], MFN_NONE);
        any = true;
    }
    if (any && loaded)
        write_cr3(read_cr3());
}

int vcpu_map_ldt(struct vcpu *v, unsigned int page)
{
    unsigned long va = v->arch.ldt_base + page * PAGE_SIZE;
    mfn_t table;
    pte_t e;
    int rc;

    if (page * 512 >= v->arch.ldt_entries || v->arch.ldt_frames[page].n != MFN_NONE.n)
        return -EINVAL;
    if (!pt_walk(v->arch.guest_table, va, &e, &table) || !(e & PTE_PRESENT))
        return -EINVAL;
    rc = frame_get_type(pte_mfn(e), v->domain, FT_SEGDESC);
    if (rc)
        return rc;
    v->arch.ldt_frames[page] = pte_mfn(e);
    window_set(WINDOW_LDT + page, pte_mfn(e));
    return 0;
}

/* ---- switch ---- */

static void save_segments(struct arch_vcpu *a)
{
    u64 gs = rdmsr(MSR_GS_BASE), shadow = rdmsr(MSR_KERNEL_GS_BASE);

    __asm__ __volatile__("mov %%ds, %0\n\tmov %%es, %1\n\tmov %%fs, %2\n\tmov %%gs, %3"
                         : "=m"(a->ds), "=m"(a->es), "=m"(a->fs), "=m"(a->gs));
    a->fs_base = rdmsr(MSR_FS_BASE);
    a->gs_base_kernel = a->kernel_mode ? gs : shadow;
    a->gs_base_user = a->kernel_mode ? shadow : gs;
}

/* Selectors first: loading one overwrites the base. One the CPU refuses becomes null. */
static void load_segments(struct arch_vcpu *a)
{
    load_ds_safe(a->ds);
    load_es_safe(a->es);
    load_fs_safe(a->fs);
    load_gs_safe(a->gs);
    wrmsr(MSR_FS_BASE, a->fs_base);
    wrmsr(MSR_GS_BASE, a->kernel_mode ? a->gs_base_kernel : a->gs_base_user);
    wrmsr(MSR_KERNEL_GS_BASE, a->kernel_mode ? a->gs_base_user : a->gs_base_kernel);
}

#define WRITE_DR(n, v) __asm__ __volatile__("mov %0, %%db" #n ::"r"((unsigned long)(v)))

static void load_debug_registers(struct arch_vcpu *a)
{
    struct cpu *c = this_cpu();

    if (a->debugreg[7] & 0xff) {
        WRITE_DR(0, a->debugreg[0]);
        WRITE_DR(1, a->debugreg[1]);
        WRITE_DR(2, a->debugreg[2]);
        WRITE_DR(3, a->debugreg[3]);
    }
    if (c->dr7 != a->debugreg[7]) {
        c->dr7 = a->debugreg[7];
        WRITE_DR(7, c->dr7);
    }
}

static void load_control_registers(struct arch_vcpu *a)
{
    struct cpu *c = this_cpu();
    u64 cr4 = (c->cr4 & ~GUEST_CR4_MASK) | (a->ctrlreg4 & GUEST_CR4_MASK);

    if (c->cr4 != cr4) {
        c->cr4 = cr4;
        write_cr4(cr4);
    }
    if ((read_cr0() ^ a->ctrlreg0) & CR0_TS)
        write_cr0(read_cr0() ^ CR0_TS);
}

/* Take the vcpu whose state this CPU's hardware holds out of it, if any; with @which, only if it is
 * that one: when another CPU's request arrives, the state may be of a vcpu that runs here. */
void vcpu_unload(void *which)
{
    struct cpu *c = this_cpu();
    struct vcpu *v = c->loaded;

    if (!v || (which && which != v))
        return;
    save_segments(&v->arch);
    write_cr0(read_cr0() & ~CR0_TS);
    fpu_save(&v->arch);
    if (c->dr7 & 0xff)
        WRITE_DR(7, c->dr7 = 0x400);
    c->loaded = NULL;
    WRITE_ONCE(v->arch.loaded_on, 0);
    write_cr3(virt_to_maddr(xen_l4).a);
    clear_bit(c->id, &v->domain->dirty_cpus);
}

static void vcpu_load(struct vcpu *v)
{
    struct cpu *c = this_cpu();

    v->arch.loaded_on = c->id + 1;
    c->loaded = v;
    set_bit(c->id, &v->domain->dirty_cpus); /* before the first of its tables is loaded */
    load_cr3(&v->arch);
    descriptors_load(v);
    fpu_load(&v->arch);
    load_control_registers(&v->arch);
    load_segments(&v->arch);
    load_debug_registers(&v->arch);
    if (cpu_has_tsc_aux)
        wrmsr(MSR_TSC_AUX, v->arch.tsc_aux);
    time_update_vcpu(v);
}

/* The idle vcpu needs nothing of the hardware, so what was loaded stays until another guest's vcpu
 * comes: a CPU that idles and goes back to the same guest reloads nothing. */
void arch_switch_to(struct vcpu *prev, struct vcpu *next)
{
    struct cpu *c = this_cpu();

    if (!next->domain->is_idle) {
        struct stack_top *top = stack_top_of(next->stack);

        if (c->loaded != next) {
            unload_anywhere(next);
            vcpu_unload(NULL);
            vcpu_load(next);
        }
        top->cpu = c;
        c->rsp0 = (u64)top;
        c->tss.rsp[0] = (u64)top;
    }
    c->curr = next;
    switch_stack(&prev->switch_sp, next->switch_sp);
}

/* ---- context from a builder ---- */

/* Those with one name here and in the ABI. */
#define EACH_REGISTER(DO)                                                                          \
    DO(r15) DO(r14) DO(r13) DO(r12) DO(rbp) DO(rbx) DO(r11) DO(r10) DO(r9) DO(r8) DO(rax) DO(rcx)  \
    DO(rdx) DO(rsi) DO(rdi) DO(rip) DO(rflags) DO(rsp)

static void set_user_regs(struct vcpu *v, const struct cpu_user_regs *u)
{
    struct regs *r = v->arch.regs;
    struct arch_vcpu *a = &v->arch;

    *r = (struct regs){.cs = guest_selector_fix(v->domain, u->cs),
                       .ss = guest_selector_fix(v->domain, u->ss)};
#define SET(field) r->field = u->field;
    EACH_REGISTER(SET)
#undef SET
    a->ds = u->ds;
    a->es = u->es;
    a->fs = u->fs;
    a->gs = u->gs;
}

static void get_user_regs(struct vcpu *v, struct cpu_user_regs *u)
{
    const struct regs *r = v->arch.regs;
    const struct arch_vcpu *a = &v->arch;

    *u = (struct cpu_user_regs){
        .cs = r->cs, .ss = r->ss, .ds = a->ds, .es = a->es, .fs = a->fs, .gs = a->gs,
        .error_code = r->error_code, .entry_vector = r->vector,
    };
#define GET(field) u->field = r->field;
    EACH_REGISTER(GET)
#undef GET
}

static bool context_addresses_ok(const struct vcpu_guest_context *c)
{
    return is_canonical(c->fs_base) && is_canonical(c->gs_base_kernel) &&
           is_canonical(c->gs_base_user) && is_canonical(c->event_callback_eip) &&
           is_canonical(c->failsafe_callback_eip) && is_canonical(c->syscall_callback_eip) &&
           is_canonical(c->user_regs.rip) && c->gdt_ents <= FIRST_XEN_GDT_ENTRY &&
           c->ldt_ents <= 8192;
}

void vcpu_set_trap(struct vcpu *v, u8 vector, const struct trap_info *t)
{
    v->arch.traps[vector] = (struct guest_entry){
        .address = is_canonical(t->address) ? t->address : 0,
        .cs = guest_selector_fix(v->domain, t->cs),
        .dpl = t->flags & 3,
        .mask_events = t->flags & 4,
    };
}

static int set_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
    int rc = vcpu_set_gdt(v, c->gdt_frames, c->gdt_ents);

    if (!rc)
        rc = vcpu_set_ldt(v, c->ldt_base, c->ldt_ents);
    if (!rc)
        rc = vcpu_new_guest_table(v, maddr_to_mfn(MADDR(c->ctrlreg[3])));
    return rc ? rc : vcpu_new_user_table(v, maddr_to_mfn(MADDR(c->ctrlreg[1])));
}

/* All checks first; on failure the vcpu stays without context (domain.c resets it). */
int arch_set_context(struct vcpu *v, struct vcpu_guest_context *c)
{
    struct arch_vcpu *a = &v->arch;
    int rc;

    if (!context_addresses_ok(c))
        return -EINVAL;
    if (v->initialised)
        unload_anywhere(v);
    rc = set_tables(v, c);
    if (rc) {
        arch_vcpu_release(v);
        return rc;
    }
    init_stack(v);
    set_user_regs(v, &c->user_regs);
    for (unsigned int i = 0; i < 256; i++)
        vcpu_set_trap(v, i, &c->trap_ctxt[i]);
    a->kernel_mode = c->flags & VGCF_in_kernel;
    a->iopl = c->user_regs.rflags >> 12 & 3; /* ours to obey: the real one stays 0 */
    a->kernel_ss = guest_selector_fix(v->domain, c->kernel_ss);
    a->kernel_sp = c->kernel_sp;
    a->callbacks[CALLBACKTYPE_event].address = c->event_callback_eip;
    a->callbacks[CALLBACKTYPE_failsafe].address = c->failsafe_callback_eip;
    a->callbacks[CALLBACKTYPE_syscall].address = c->syscall_callback_eip;
    a->callbacks[CALLBACKTYPE_failsafe].mask_events = c->flags & VGCF_failsafe_disables_events;
    a->callbacks[CALLBACKTYPE_syscall].mask_events = c->flags & VGCF_syscall_disables_events;
    a->fs_base = c->fs_base;
    a->gs_base_kernel = c->gs_base_kernel;
    a->gs_base_user = c->gs_base_user;
    a->ctrlreg0 = (c->ctrlreg[0] & CR0_TS) | CR0_PE | CR0_ET | CR0_PG | CR0_WP;
    a->ctrlreg4 = c->ctrlreg[4] | CR4_PAE;
    for (int i = 0; i < 8; i++)
        set_debugreg(v, i, c->debugreg[i]);
    if (c->flags & VGCF_i387_valid)
        fpu_set_legacy(a, &c->fpu_ctxt);
    update_cr3(v);
    if (v->id == 0) { /* the domain's: a builder has just cleared its shared page */
        v->domain->vm_assist = c->vm_assist;
        time_update_wallclock(v->domain);
    }
    v->initialised = true;
    return 0;
}

void arch_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
    struct arch_vcpu *a = &v->arch;
    const struct guest_entry *syscall = &a->callbacks[CALLBACKTYPE_syscall];
    const struct guest_entry *failsafe = &a->callbacks[CALLBACKTYPE_failsafe];

    unload_anywhere(v);
    memset(c, 0, sizeof(*c));
    get_user_regs(v, &c->user_regs);
    memcpy(&c->fpu_ctxt, a->fpu, sizeof(c->fpu_ctxt));
    c->flags = VGCF_i387_valid | (a->kernel_mode ? VGCF_in_kernel : 0) |
               (failsafe->mask_events ? VGCF_failsafe_disables_events : 0) |
               (syscall->mask_events ? VGCF_syscall_disables_events : 0) |
               (v->pause_flags & VPF_DOWN ? 0 : VGCF_online);
    for (unsigned int i = 0; i < 256; i++)
        c->trap_ctxt[i] = (struct trap_info){
            .vector = i,
            .flags = a->traps[i].dpl | a->traps[i].mask_events << 2,
            .cs = a->traps[i].cs,
            .address = a->traps[i].address,
        };
    c->ldt_base = a->ldt_base;
    c->ldt_ents = a->ldt_entries;
    c->gdt_ents = a->gdt_entries;
    for (unsigned int i = 0; i < DIV_UP(a->gdt_entries, 512); i++)
        c->gdt_frames[i] = a->gdt_frames[i].n;
    c->kernel_ss = a->kernel_ss;
    c->kernel_sp = a->kernel_sp;
    c->ctrlreg[0] = a->ctrlreg0;
    if (a->guest_table.n != MFN_NONE.n)
        c->ctrlreg[3] = a->cr3_kernel.a;
    c->ctrlreg[1] = a->cr3_user.a;
    c->ctrlreg[4] = a->ctrlreg4;
    memcpy(c->debugreg, a->debugreg, sizeof(c->debugreg));
    c->event_callback_eip = a->callbacks[CALLBACKTYPE_event].address;
    c->failsafe_callback_eip = failsafe->address;
    c->syscall_callback_eip = syscall->address;
    c->vm_assist = v->domain->vm_assist;
    c->fs_base = a->fs_base;
    c->gs_base_kernel = a->gs_base_kernel;
    c->gs_base_user = a->gs_base_user;
}

void vcpu_dump(struct vcpu *v)
{
    printk("d%uv%u: %s mode, tables %016lx and %016lx, events %s, pending %u masked %u\n",
           v->domain->id, v->id, v->arch.kernel_mode ? "kernel" : "user",
           (unsigned long)v->arch.cr3_kernel.a, (unsigned long)v->arch.cr3_user.a,
           v->arch.callbacks[CALLBACKTYPE_event].address ? "on" : "off",
           v->info->evtchn_upcall_pending, v->info->evtchn_upcall_mask);
    show_registers(v->arch.regs);
}

/* ---- hypercalls ---- */

long do_fpu_taskswitch(int set)
{
    struct vcpu *v = current;

    v->arch.ctrlreg0 = (v->arch.ctrlreg0 & ~CR0_TS) | (set ? CR0_TS : 0);
    load_control_registers(&v->arch);
    return 0;
}

void vcpu_set_cr4(struct vcpu *v, unsigned long cr4)
{
    v->arch.ctrlreg4 = cr4 | CR4_PAE;
    load_control_registers(&v->arch);
}

static long set_user_gs_selector(u16 sel)
{
    __asm__ __volatile__("swapgs");
    load_gs_safe(guest_selector_fix(current_domain, sel));
    __asm__ __volatile__("mfence\n\tswapgs");
    return 0;
}

/* Called in kernel mode always, so GS_BASE is the kernel's and the shadow one the user's. */
long do_set_segment_base(unsigned int which, unsigned long base)
{
    static const u32 msrs[] = {
        [SEGBASE_FS] = MSR_FS_BASE,
        [SEGBASE_GS_USER] = MSR_KERNEL_GS_BASE,
        [SEGBASE_GS_KERNEL] = MSR_GS_BASE,
    };

    if (which == SEGBASE_GS_USER_SEL)
        return set_user_gs_selector(base);
    if (which >= ARRAY_SIZE(msrs) || !is_canonical(base))
        return -EINVAL;
    wrmsr(msrs[which], base);
    return 0;
}

/* DR7 as a guest may have it: no general detect, no reserved bits; breakpoints on I/O only with
 * CR4.DE; each watched address outside Xen's range, so that none fires in Xen. */
static int set_dr7(struct vcpu *v, unsigned long value)
{
    if (value >> 32)
        return -EPERM;
    for (unsigned int i = 0; i < 4; i++) {
        if ((value >> (2 * i) & 3) && guest_range_bad(v->arch.debugreg[i], 8))
            return -EPERM;
        if ((value >> (16 + 4 * i) & 3) == 2 && (value >> (2 * i) & 3) &&
            !(v->arch.ctrlreg4 & CR4_DE))
            return -EPERM;
    }
    v->arch.debugreg[7] = (value & ~0xd800UL & ~0x2000UL) | 0x400;
    return 0;
}

int set_debugreg(struct vcpu *v, int reg, unsigned long value)
{
    int rc = 0;

    switch (reg) {
    case 0 ... 3:
        if (guest_range_bad(value, 8))
            return -EPERM;
        v->arch.debugreg[reg] = value;
        break;
    case 4: /* DR4 and DR5 are other names of DR6 and DR7 */
    case 6:
        if (value >> 32)
            return -EPERM;
        v->arch.debugreg[6] = (value & 0xe00f) | 0xffff0ff0UL;
        break;
    case 5:
    case 7:
        rc = set_dr7(v, value);
        break;
    default:
        return -ENODEV;
    }
    if (!rc && this_cpu()->loaded == v)
        load_debug_registers(&v->arch);
    return rc;
}

long do_set_debugreg(int reg, unsigned long value)
{
    return set_debugreg(current, reg, value);
}

unsigned long do_get_debugreg(int reg)
{
    if (reg < 0 || reg > 7)
        return -EINVAL;
    return current->arch.debugreg[reg == 4 || reg == 5 ? reg + 2 : reg];
}
