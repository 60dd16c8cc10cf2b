/* SPDX-License-Identifier: MIT */
/* What every x86-64 PV guest shares with the hypervisor: handles, registers, traps, addresses. */
#ifndef XEN_PUBLIC_ARCH_X86_XEN_H
#define XEN_PUBLIC_ARCH_X86_XEN_H

#include "../xen-compat.h"

#ifndef __ASSEMBLY__
#include <stdint.h>

/* Suffixes that C wants and the assembler does not know; in two steps, so that x is expanded. */
#define __xen_mk_uint(x)   x ## U
#define __xen_mk_ulong(x)  x ## UL
#define __xen_mk_ullong(x) x ## ULL
#define xen_mk_uint(x)     __xen_mk_uint(x)
#define xen_mk_ulong(x)    __xen_mk_ulong(x)
#define xen_mk_ullong(x)   __xen_mk_ullong(x)
#else
#define xen_mk_uint(x)   x
#define xen_mk_ulong(x)  x
#define xen_mk_ullong(x) x
#endif

/*
 * Guest handles: pointers handed to the hypervisor.
 *
 * Guests and tools fill them with set_xen_guest_handle() and see a typed pointer. The hypervisor
 * (__XENOLITH__) sees only a number: what a guest wrote there is an address to be checked and
 * copied from, never something to dereference. Both are one machine word.
 */
#ifndef __ASSEMBLY__

#ifdef __XENOLITH__
#define XEN_GUEST_HANDLE_STRUCT(name, type) \
    typedef struct { unsigned long addr; } __guest_handle_ ## name
#else
#define XEN_GUEST_HANDLE_STRUCT(name, type) \
    typedef struct { type *p; } __guest_handle_ ## name
#endif

#define __DEFINE_XEN_GUEST_HANDLE(name, type) \
    XEN_GUEST_HANDLE_STRUCT(name, type);      \
    XEN_GUEST_HANDLE_STRUCT(const_ ## name, const type)
#define DEFINE_XEN_GUEST_HANDLE(name)   __DEFINE_XEN_GUEST_HANDLE(name, name)
#define __XEN_GUEST_HANDLE(name)        __guest_handle_ ## name
#define XEN_GUEST_HANDLE(name)          __XEN_GUEST_HANDLE(name)
#define XEN_GUEST_HANDLE_PARAM(name)    XEN_GUEST_HANDLE(name)
/* Control calls use handles and integers of 64 bits whatever the caller's word size. */
#define XEN_GUEST_HANDLE_64(name)       XEN_GUEST_HANDLE(name)
#ifndef uint64_aligned_t
#define uint64_aligned_t                uint64_t
#endif
#ifndef int64_aligned_t
#define int64_aligned_t                 int64_t
#endif

#ifndef __XENOLITH__
#define set_xen_guest_handle_raw(hnd, val) do { (hnd).p = (val); } while (0)
#define set_xen_guest_handle(hnd, val)     set_xen_guest_handle_raw(hnd, val)
#endif

typedef unsigned long xen_pfn_t;      /* a frame number: which kind, the field says */
typedef unsigned long xen_ulong_t;
typedef unsigned long xen_callback_t; /* address of a guest entry point */
#define PRI_xen_pfn   "lx"
#define PRIu_xen_pfn  "lu"
#define PRI_xen_ulong "lx"

#endif /* !__ASSEMBLY__ */

#define XEN_HAVE_PV_GUEST_ENTRY 1
#define XEN_HAVE_PV_UPCALL_MASK 1

/* vcpu_info slots in the shared page; vCPUs beyond must use VCPUOP_register_vcpu_info. */
#define XEN_LEGACY_MAX_VCPUS 32

/*
 * Segments.
 *
 * A guest's GDT has up to 14 pages of its own (set_gdt); the two pages behind belong to the
 * hypervisor and hold the flat selectors below. A guest may use them before it has a GDT, and in
 * iret frames ever after. CS and SS that a guest loads or names are forced to RPL 3.
 */
#define FIRST_RESERVED_GDT_PAGE  14
#define FIRST_RESERVED_GDT_BYTE  (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)

#define FLAT_RING3_CS32 0xe023
#define FLAT_RING3_DS32 0xe02b
#define FLAT_RING3_SS32 0xe02b
#define FLAT_RING3_CS64 0xe033
#define FLAT_RING3_DS64 0x0000  /* the null selector serves as data segment in 64-bit mode */
#define FLAT_RING3_SS64 0xe02b

#define FLAT_KERNEL_CS64 FLAT_RING3_CS64
#define FLAT_KERNEL_DS64 FLAT_RING3_DS64
#define FLAT_KERNEL_SS64 FLAT_RING3_SS64
#define FLAT_KERNEL_CS32 FLAT_RING3_CS32
#define FLAT_KERNEL_DS32 FLAT_RING3_DS32
#define FLAT_KERNEL_SS32 FLAT_RING3_SS32
#define FLAT_KERNEL_CS   FLAT_KERNEL_CS64
#define FLAT_KERNEL_DS   FLAT_KERNEL_DS64
#define FLAT_KERNEL_SS   FLAT_KERNEL_SS64

#define FLAT_USER_CS64 FLAT_RING3_CS64
#define FLAT_USER_DS64 FLAT_RING3_DS64
#define FLAT_USER_SS64 FLAT_RING3_SS64
#define FLAT_USER_CS32 FLAT_RING3_CS32
#define FLAT_USER_DS32 FLAT_RING3_DS32
#define FLAT_USER_SS32 FLAT_RING3_SS32
#define FLAT_USER_CS   FLAT_USER_CS64
#define FLAT_USER_DS   FLAT_USER_DS64
#define FLAT_USER_SS   FLAT_USER_SS64

/*
 * Addresses.
 *
 * L4 slots 256..271 are the hypervisor's in every guest page table. The only thing there for a
 * guest is the machine-to-physical table, an array of unsigned long indexed by machine frame,
 * readable from the guest's kernel and never writable.
 */
#define __HYPERVISOR_VIRT_START 0xFFFF800000000000
#define __HYPERVISOR_VIRT_END   0xFFFF880000000000
#define __MACH2PHYS_VIRT_START  0xFFFF800000000000
#define __MACH2PHYS_VIRT_END    0xFFFF804000000000
#define HYPERVISOR_VIRT_START   xen_mk_ulong(__HYPERVISOR_VIRT_START)
#define HYPERVISOR_VIRT_END     xen_mk_ulong(__HYPERVISOR_VIRT_END)
#define MACH2PHYS_VIRT_START    xen_mk_ulong(__MACH2PHYS_VIRT_START)
#define MACH2PHYS_VIRT_END      xen_mk_ulong(__MACH2PHYS_VIRT_END)
#define MACH2PHYS_NR_ENTRIES    ((MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) >> 3)
#ifndef machine_to_phys_mapping
#define machine_to_phys_mapping ((unsigned long *)MACH2PHYS_VIRT_START)
#endif

/*
 * HYPERVISOR_set_segment_base(which, base)
 * FS and the two GS bases take a canonical address; GS_USER_SEL takes a selector to be loaded
 * into the user's GS. -EINVAL: unknown `which`, or a base that is not canonical.
 */
#define SEGBASE_FS          0
#define SEGBASE_GS_USER     1
#define SEGBASE_GS_KERNEL   2
#define SEGBASE_GS_USER_SEL 3

/* vcpu_guest_context.flags, and iret_context.flags for the last. */
#define _VGCF_i387_valid               0
#define VGCF_i387_valid                (1 << _VGCF_i387_valid)  /* fpu_ctxt holds state */
#define VGCF_I387_VALID                (1 << 0)
#define _VGCF_in_kernel                2
#define VGCF_in_kernel                 (1 << _VGCF_in_kernel)   /* start in the guest's kernel */
#define VGCF_IN_KERNEL                 (1 << 2)
#define _VGCF_failsafe_disables_events 3
#define VGCF_failsafe_disables_events  (1 << _VGCF_failsafe_disables_events)
#define _VGCF_syscall_disables_events  4
#define VGCF_syscall_disables_events   (1 << _VGCF_syscall_disables_events)
#define _VGCF_online                   5
#define VGCF_online                    (1 << _VGCF_online)      /* up already, without VCPUOP_up */
#define _VGCF_in_syscall               8
#define VGCF_in_syscall                (1 << _VGCF_in_syscall)  /* RCX and R11 may be clobbered */
#define VGCF_IN_SYSCALL                VGCF_in_syscall

#ifndef __ASSEMBLY__

/*
 * HYPERVISOR_set_trap_table(handle of trap_info)
 * Sets the guest's exception handlers. The array ends with an entry whose address is 0; a null
 * handle clears the whole table. -EFAULT: the array cannot be read; -EINVAL: an address that is
 * not canonical. A handler is entered with RCX and R11 pushed below the hardware's frame; #PF
 * leaves the faulting address in vcpu_info.arch.cr2.
 */
#define TI_GET_DPL(_ti)       ((_ti)->flags & 3)
#define TI_GET_IF(_ti)        ((_ti)->flags & 4)
#define TI_SET_DPL(_ti, _dpl) ((_ti)->flags |= (_dpl))
#define TI_SET_IF(_ti, _if)   ((_ti)->flags |= ((!!(_if)) << 2))
struct trap_info {
    uint8_t       vector;
    uint8_t       flags;   /* 0-1: least privileged ring that may INT here; 2: mask events */
    uint16_t      cs;
    unsigned long address;
};
typedef struct trap_info trap_info_t;
DEFINE_XEN_GUEST_HANDLE(trap_info_t);

/*
 * HYPERVISOR_iret(): RSP points at this frame when the call is made. Its stub in the hypercall page
 * differs from all others: it pushes RCX, R11 and RAX itself, so a kernel jumps to it (not calls)
 * with RSP at `flags`. Leaves to user mode when the RPL of cs is 3, otherwise back to the guest's
 * kernel; IF in rflags becomes the inverse of the event mask. Without VGCF_in_syscall all registers
 * are restored; with it RCX and R11 are lost, as after SYSRET. Does not return. Selectors or an
 * address that cannot be loaded lead to the failsafe callback; a frame that cannot be read, or
 * user mode without a user page table, kills the domain.
 */
struct iret_context {
    uint64_t rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};

/* A vCPU's registers. Names are the 64-bit ones; the 32-bit aliases of old headers are gone. */
struct cpu_user_regs {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint32_t error_code;        /* of the last trap; not for setting */
    uint32_t entry_vector;      /* of the last trap; not for setting */
    uint64_t rip;
    uint16_t cs, _pad0[1];
    uint8_t  saved_upcall_mask; /* events masked when the vCPU was interrupted */
    uint8_t  _pad1[3];
    uint64_t rflags;
    uint64_t rsp;
    uint16_t ss, _pad2[3];
    uint16_t es, _pad3[3];
    uint16_t ds, _pad4[3];
    uint16_t fs, _pad5[3];
    uint16_t gs, _pad6[3];
};
typedef struct cpu_user_regs cpu_user_regs_t;
DEFINE_XEN_GUEST_HANDLE(cpu_user_regs_t);

/*
 * A vCPU's whole state: VCPUOP_initialise, domctl setvcpucontext and getvcpucontext.
 * Of ctrlreg only [1] (user page table) and [3] (kernel page table) carry information, as
 * frame numbers through xen_pfn_to_cr3(). gdt_frames and page tables are machine frames.
 */
struct vcpu_guest_context {
    struct { char x[512]; } fpu_ctxt;          /* FXSAVE image */
    unsigned long        flags;                /* VGCF_* */
    struct cpu_user_regs user_regs;
    struct trap_info     trap_ctxt[256];
    unsigned long        ldt_base, ldt_ents;   /* linear address; number of entries */
    unsigned long        gdt_frames[16], gdt_ents;
    unsigned long        kernel_ss, kernel_sp; /* stack for entries from user mode */
    unsigned long        ctrlreg[8];           /* CR0..CR7 */
    unsigned long        debugreg[8];          /* DR0..DR7 */
    unsigned long        event_callback_eip;
    unsigned long        failsafe_callback_eip;
    unsigned long        syscall_callback_eip;
    unsigned long        vm_assist;            /* bit n: VMASST_TYPE n */
    uint64_t             fs_base;
    uint64_t             gs_base_kernel;
    uint64_t             gs_base_user;
};
typedef struct vcpu_guest_context vcpu_guest_context_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_guest_context_t);

#define xen_pfn_to_cr3(pfn) ((unsigned long)(pfn) << 12)
#define xen_cr3_to_pfn(cr3) ((unsigned long)(cr3) >> 12)

/* vcpu_info.arch: the address of the last #PF given to this vCPU. */
struct arch_vcpu_info {
    unsigned long cr2;
    unsigned long pad;
};
typedef struct arch_vcpu_info arch_vcpu_info_t;

/*
 * shared_info.arch: written by the guest for the tools (save, dump), except nmi_reason.
 * A guest that changes its p2m at p2m_vaddr makes p2m_generation odd before and even after.
 */
struct arch_shared_info {
    unsigned long max_pfn;                    /* number of entries in the p2m */
    xen_pfn_t     pfn_to_mfn_frame_list_list; /* three-level tree of the p2m, or ~0 */
    unsigned long nmi_reason;                 /* XEN_NMIREASON_* of an NMI given to Domain0 */
    unsigned long p2m_cr3;                    /* a page table that maps p2m_vaddr, or 0 */
    unsigned long p2m_vaddr;
    unsigned long p2m_generation;
};
typedef struct arch_shared_info arch_shared_info_t;
typedef uint64_t tsc_timestamp_t;

/* Domain creation, x86 part. A PV domain has no emulated devices, so emulation_flags is 0. */
#define XEN_X86_EMU_LAPIC    (1U << 0)
#define XEN_X86_EMU_HPET     (1U << 1)
#define XEN_X86_EMU_PM       (1U << 2)
#define XEN_X86_EMU_RTC      (1U << 3)
#define XEN_X86_EMU_IOAPIC   (1U << 4)
#define XEN_X86_EMU_PIC      (1U << 5)
#define XEN_X86_EMU_VGA      (1U << 6)
#define XEN_X86_EMU_IOMMU    (1U << 7)
#define XEN_X86_EMU_PIT      (1U << 8)
#define XEN_X86_EMU_USE_PIRQ (1U << 9)
#define XEN_X86_EMU_VPCI     (1U << 10)
#define XEN_X86_EMU_ALL      0x7ffU
#define XEN_X86_MSR_RELAXED  (1U << 0) /* unknown MSRs read as 0 instead of #GP */
#define XEN_X86_MISC_FLAGS_MAX XEN_X86_MSR_RELAXED
struct xen_arch_domainconfig {
    uint32_t emulation_flags;   /* XEN_X86_EMU_* */
    uint32_t misc_flags;        /* XEN_X86_MSR_RELAXED */
};

/* One CPUID leaf of a CPU policy; subleaf is XEN_CPUID_NO_SUBLEAF where the leaf has none. */
#define XEN_CPUID_NO_SUBLEAF 0xffffffffU
struct xen_cpuid_leaf {
    uint32_t leaf, subleaf;
    uint32_t a, b, c, d;
};
typedef struct xen_cpuid_leaf xen_cpuid_leaf_t;
DEFINE_XEN_GUEST_HANDLE(xen_cpuid_leaf_t);

/* One MSR of a CPU policy. flags must be 0. */
struct xen_msr_entry {
    uint32_t idx;
    uint32_t flags;
    uint64_t val;
};
typedef struct xen_msr_entry xen_msr_entry_t;
DEFINE_XEN_GUEST_HANDLE(xen_msr_entry_t);

#endif /* !__ASSEMBLY__ */

/*
 * CPUID as the hypervisor wants a PV guest to see it: UD2, the letters "xen", then CPUID. The
 * plain instruction shows the hardware, where the hardware cannot be told to fault on it.
 */
#ifdef __ASSEMBLY__
#define XEN_EMULATE_PREFIX .byte 0x0f, 0x0b, 0x78, 0x65, 0x6e ;
#define XEN_CPUID          XEN_EMULATE_PREFIX cpuid
#else
#define XEN_EMULATE_PREFIX ".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e ; "
#define XEN_CPUID          XEN_EMULATE_PREFIX "cpuid"
#endif

#define XEN_HVM_DEBUGCONS_IOPORT 0xe9 /* bytes written here reach the hypervisor's console */

#endif /* XEN_PUBLIC_ARCH_X86_XEN_H */
