/* SPDX-License-Identifier: MIT */
/* GDT, LDT, IDT, TSS: ours, and checks on the guest's. Facts: Intel SDM vol. 3A, 3.4.5 and 6.14. */
#include <asm/descriptors.h>
#include <asm/frame.h>
#include <asm/msr.h>
#include <asm/regs.h>
#include <xen/domain.h>
#include <xen/guest_copy.h>
#include <xen/hypercall.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/string.h>

struct cpu cpus[NR_CPUS];

struct idt_gate {
    u16 offset_low, selector;
    u8 ist, attributes;
    u16 offset_mid;
    u32 offset_high, reserved;
};

static struct idt_gate idt[256] __aligned(16);
static u8 empty_gdt_page[PAGE_SIZE] __aligned(PAGE_SIZE); /* where the guest has no GDT page */

#define DESC_P        BIT(47)
#define DESC_S        BIT(44)
#define DESC_ACCESSED BIT(40)
#define DESC_DPL      (3UL << 45)

/* ---- ours ---- */

void idt_set_gate(unsigned int vector, void (*entry)(void), unsigned int dpl, unsigned int ist)
{
    unsigned long a = (unsigned long)entry;

    idt[vector] = (struct idt_gate){
        .offset_low = a,
        .selector = XEN_CS,
        .ist = ist,
        .attributes = 0x8e | dpl << 5, /* present, 64-bit interrupt gate */
        .offset_mid = a >> 16,
        .offset_high = a >> 32,
    };
}

static u64 *own_descriptor(struct cpu *c, u16 sel)
{
    return &c->gdt[(sel >> 3) - FIRST_XEN_GDT_ENTRY];
}

/* A two-slot system descriptor: 2 = LDT, 9 = available TSS. */
static void set_system_descriptor(struct cpu *c, u16 sel, unsigned int type, unsigned long base,
                                  u32 limit)
{
    u64 *d = own_descriptor(c, sel);

    d[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | (u64)type << 40 | DESC_P |
           (base >> 24 & 0xff) << 56;
    d[1] = base >> 32;
}

static void *alloc_ist_stack(struct cpu *c)
{
    char *s = page_alloc_virt(STACK_ORDER);
    struct stack_top *top;

    if (!s)
        panic("No memory for the stacks of CPU %u", c->id);
    top = stack_top_of(s);
    top->cpu = c;
    return top;
}

static void load_tables(struct cpu *c)
{
    struct __packed {
        u16 limit;
        u64 base;
    } gdtr = {0xffff, GDT_VIRT(c->id)}, idtr = {sizeof(idt) - 1, (u64)idt};

    __asm__ __volatile__("lgdt %0\n\t"
                         "lidt %1\n\t"
                         "pushq %2\n\t"
                         "lea 1f(%%rip), %%rax\n\t"
                         "push %%rax\n\t"
                         "lretq\n"
                         "1:\tmov %k3, %%ss\n\t"
                         "xor %%eax, %%eax\n\t"
                         "mov %%eax, %%ds\n\t"
                         "mov %%eax, %%es\n\t"
                         "mov %%eax, %%fs\n\t"
                         "mov %%eax, %%gs\n\t"
                         "lldt %%ax\n\t"
                         "ltr %w4" ::"m"(gdtr),
                         "m"(idtr), "i"(XEN_CS), "r"(XEN_DS), "r"(TSS_SEL)
                         : "rax", "memory");
}

void descriptors_init_cpu(struct cpu *c)
{
    c->gdt = page_alloc_virt(0);
    if (!c->gdt)
        panic("No memory for the descriptors of CPU %u", c->id);
    *own_descriptor(c, XEN_CS) = 0x00af9b000000ffffUL;
    *own_descriptor(c, XEN_DS) = 0x00cf93000000ffffUL;
    *own_descriptor(c, GUEST_CS32) = 0x00cffb000000ffffUL;
    *own_descriptor(c, GUEST_DS) = 0x00cff3000000ffffUL;
    *own_descriptor(c, GUEST_CS64) = 0x00affb000000ffffUL;

    for (unsigned int i = 0; i < 4; i++)
        c->tss.ist[i] = (u64)alloc_ist_stack(c);
    c->tss.iomap_base = sizeof(c->tss); /* no I/O bitmap: every port of a guest's traps */
    set_system_descriptor(c, TSS_SEL, 9, (unsigned long)&c->tss, sizeof(c->tss) - 1);

    for (unsigned int page = 0; page < 16; page++)
        window_set(page, virt_to_mfn(page == FIRST_XEN_GDT_PAGE ? (void *)c->gdt : empty_gdt_page));
    load_tables(c);
}

/* ---- a vcpu's, on this CPU ---- */

void descriptors_load(struct vcpu *v)
{
    for (unsigned int page = 0; page < FIRST_XEN_GDT_PAGE; page++) {
        mfn_t m = v->arch.gdt_frames[page];

        window_set(page, m.n != MFN_NONE.n ? m : virt_to_mfn(empty_gdt_page));
    }
    for (unsigned int page = 0; page < ARRAY_SIZE(v->arch.ldt_frames); page++)
        window_set(WINDOW_LDT + page, v->arch.ldt_frames[page]);
    descriptors_load_ldt(v);
}

void descriptors_load_ldt(struct vcpu *v)
{
    struct cpu *c = this_cpu();
    u16 sel = 0;

    if (v->arch.ldt_entries) {
        set_system_descriptor(c, LDT_SEL, 2, LDT_VIRT(c->id), v->arch.ldt_entries * 8 - 1);
        sel = LDT_SEL;
    }
    __asm__ __volatile__("lldt %w0" ::"r"((u32)sel));
}

/* ---- the guest's ---- */

/* Code and data segments are harmless in ring 3. They get the guest kernel's ring as DPL at least,
 * and "accessed" at once so that the CPU never writes to the table. What is absent only faults. */
int descriptor_check(const struct domain *d, u64 *desc)
{
    u64 e = *desc;
    u64 ring = guest_kernel_ring(d);

    if (!(e & DESC_P))
        return 0;
    if (!(e & DESC_S))
        return -EINVAL;
    if ((e >> 45 & 3) < ring)
        e = (e & ~DESC_DPL) | ring << 45;
    *desc = e | DESC_ACCESSED;
    return 0;
}

long do_set_gdt(unsigned long frames, unsigned int entries)
{
    XEN_GUEST_HANDLE(xen_ulong_t) h = {.addr = frames};
    unsigned long mfns[FIRST_XEN_GDT_PAGE];

    if (entries > FIRST_XEN_GDT_ENTRY)
        return -EINVAL;
    if (copy_in(mfns, h, 0, DIV_UP(entries, 512)))
        return -EFAULT;
    return vcpu_set_gdt(current, mfns, entries);
}

long do_update_descriptor(u64 maddr, u64 desc)
{
    struct domain *d = current_domain;
    mfn_t m = maddr_to_mfn(MADDR(maddr));
    int rc;

    if ((maddr & 7) || descriptor_check(d, &desc))
        return -EINVAL;
    rc = frame_get_type(m, d, frame_type(m) == FT_SEGDESC ? FT_SEGDESC : FT_WRITABLE);
    if (rc)
        return rc;
    WRITE_ONCE(*(u64 *)maddr_to_virt(MADDR(maddr)), desc);
    frame_put_type(m);
    return 0;
}
