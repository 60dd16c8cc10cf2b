/* SPDX-License-Identifier: MIT */
/* The x86 half of a domain and of a vcpu. */
#ifndef ASM_VCPU_H
#define ASM_VCPU_H

#include <asm/page.h>
#include <asm/regs.h>
#include <public/callback.h>
#include <public/xen.h>

struct vcpu;
struct domain;

#define NR_CALLBACKS (CALLBACKTYPE_syscall32 + 1)

/* Where a guest kernel is entered, for a trap or a callback. */
struct guest_entry {
    unsigned long address; /* canonical; 0 = none */
    u16 cs;
    u8 dpl;                /* of a trap: who may raise it by INT */
    bool mask_events;
};

struct arch_vcpu {
    struct regs *regs;        /* the guest's registers, at the top of its stack; always valid */
    bool kernel_mode;         /* the guest is in its kernel: which GS base, which page table */
    maddr_t cr3_kernel;       /* what to load in kernel mode: an object of ours, always valid */
    maddr_t cr3_user;         /* likewise for user mode; 0: there is none */
    mfn_t guest_table;        /* L4 for kernel mode; typed reference held; MFN_NONE = none */
    mfn_t guest_table_user;   /* L4 for user mode; likewise */

    unsigned long kernel_ss, kernel_sp;
    struct guest_entry callbacks[NR_CALLBACKS];
    struct guest_entry traps[256];
    bool nmi_pending, nmi_masked; /* masked: from its delivery to the next iret */

    mfn_t gdt_frames[FIRST_XEN_GDT_PAGE]; /* FT_SEGDESC references held */
    unsigned int gdt_entries;
    unsigned long ldt_base;               /* guest address */
    unsigned int ldt_entries;
    mfn_t ldt_frames[16];                 /* mapped on demand; FT_SEGDESC references held */

    unsigned long ctrlreg0, ctrlreg4;     /* guest's view of CR0 and CR4 */
    unsigned long debugreg[8];
    u16 ds, es, fs, gs;                   /* selectors while not loaded */
    unsigned long fs_base, gs_base_kernel, gs_base_user;
    unsigned int iopl;                    /* set by PHYSDEVOP_set_iopl: 0 or 3 */
    unsigned long iobmp_addr;             /* guest address of its I/O bitmap; 0 = none */
    unsigned int iobmp_ports;

    void *fpu;                            /* XSAVE or FXSAVE area, 64-byte aligned */
    u64 xcr0;
    u32 tsc_aux;
    unsigned int loaded_on;               /* CPU + 1 that holds this state, or 0 */
};

struct arch_domain {
    u64 unlinked, flushed;   /* entries taken out of its tables; how many are flushed: frame.c */
    unsigned long *io_ports; /* allowed ports, 65536 bits; NULL = none. Domain0: nearly all */
    struct pirq_map *pirqs;  /* irq.c */
    mfn_t pirq_eoi_mfn;
    void *pirq_eoi_map;
    u32 pci_address;         /* what it last wrote to port 0xcf8 */
    struct e820_map *e820;   /* XEN_DOMCTL / XENMEM_set_memory_map */
    struct cpu_policy *cpu_policy; /* what of CPUID the tools let it see; NULL = all */
};

/* The one place that knows in which ring guest kernels run. */
static inline unsigned int guest_kernel_ring(const struct domain *)
{
    return 3;
}

/* @sel with a privilege level that a guest of @d may have. */
static inline u16 guest_selector_fix(const struct domain *d, u16 sel)
{
    return sel | guest_kernel_ring(d);
}

int arch_vcpu_create(struct vcpu *v);
void arch_vcpu_destroy(struct vcpu *v); /* tables and descriptor references dropped before */
int arch_domain_create(struct domain *d);
void arch_domain_destroy(struct domain *d);
/* @v's FPU state in memory (fpu.h), off the hardware; it does not run. */
void *arch_fpu_area(struct vcpu *v);
/* Drop page tables, GDT, LDT references of a vcpu that will never run again. */
void arch_vcpu_release(struct vcpu *v);

/* Registers, tables and descriptors from a builder or VCPUOP_initialise. 0 or -errno. */
struct vcpu_guest_context;
int arch_set_context(struct vcpu *v, struct vcpu_guest_context *c);
void arch_get_context(struct vcpu *v, struct vcpu_guest_context *c);

/* sched.c: make @next's state the hardware's. Interrupts off. */
void arch_switch_to(struct vcpu *prev, struct vcpu *next);
/* First return of a new vcpu: entry.S */
void vcpu_first_run(void);
/* Get @v's state (NULL: whosever) off this CPU's hardware, if it is there. Runs by IPI too. */
void vcpu_unload(void *v);

/* Change mode between guest user and guest kernel: page table and GS base. */
void vcpu_toggle_mode(struct vcpu *v);
/* mmuext_op: new base pointers; references handled. 0 or -errno. Caller is @v itself. */
int vcpu_new_guest_table(struct vcpu *v, mfn_t l4);
int vcpu_new_user_table(struct vcpu *v, mfn_t l4);
/* mmuext_op MMUEXT_SET_LDT. 0 or -EINVAL */
int vcpu_set_ldt(struct vcpu *v, unsigned long base, unsigned int entries);
/* Map page @page of @v's LDT on demand, after a fault in the window. 0 or -errno. */
int vcpu_map_ldt(struct vcpu *v, unsigned int page);
/* A write to a descriptor page or page table made LDT mappings stale. */
void vcpu_invalidate_ldt(struct vcpu *v);
/* Set the GDT from frames: typed references taken. 0 or -EINVAL. */
int vcpu_set_gdt(struct vcpu *v, const unsigned long *mfns, unsigned int entries);

/* Debug register @reg of @v, 0 to 7. 0, -EPERM (address or bits not for guests), -ENODEV. */
int set_debugreg(struct vcpu *v, int reg, unsigned long value);
/* The guest writes its CR4; bits it may not have are kept as its view only. */
void vcpu_set_cr4(struct vcpu *v, unsigned long cr4);

/* The handler of one trap; an address that is not canonical counts as none. */
void vcpu_set_trap(struct vcpu *v, u8 vector, const struct trap_info *t);

/* Registers and guest context to the log. */
void vcpu_dump(struct vcpu *v);

#endif
