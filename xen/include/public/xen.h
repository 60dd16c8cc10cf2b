/* SPDX-License-Identifier: MIT */
/* The core of the guest ABI: hypercall numbers, page-table calls, the shared page, start_info. */
#ifndef XEN_PUBLIC_XEN_H
#define XEN_PUBLIC_XEN_H

/*
 * How a hypercall is made
 *
 * Number in EAX, arguments in RDI, RSI, RDX, R10, R8, R9; then SYSCALL from the guest's kernel,
 * usually through the hypercall page (32 bytes per number, named by an ELF note). The result is
 * in RAX: 0 or a positive answer, or -errno with the numbers of errno.h. Argument registers may
 * be clobbered. A number not in the table gives -ENOSYS. From user mode no hypercall can be made.
 *
 * Words used here: mfn, a frame of machine memory; pfn, a frame in a guest's own numbering. PV
 * guests deal in both: page tables hold mfns, tools and grants of other kinds of guest say gfn,
 * which for PV is the mfn.
 */

#include "xen-compat.h"
#include "arch-x86/xen.h"

#ifndef __ASSEMBLY__
DEFINE_XEN_GUEST_HANDLE(char);
__DEFINE_XEN_GUEST_HANDLE(uchar, unsigned char);
DEFINE_XEN_GUEST_HANDLE(int);
__DEFINE_XEN_GUEST_HANDLE(uint, unsigned int);
DEFINE_XEN_GUEST_HANDLE(void);
DEFINE_XEN_GUEST_HANDLE(uint64_t);
DEFINE_XEN_GUEST_HANDLE(xen_pfn_t);
DEFINE_XEN_GUEST_HANDLE(xen_ulong_t);
__DEFINE_XEN_GUEST_HANDLE(uint8, uint8_t);
__DEFINE_XEN_GUEST_HANDLE(uint16, uint16_t);
__DEFINE_XEN_GUEST_HANDLE(uint32, uint32_t);
__DEFINE_XEN_GUEST_HANDLE(uint64, uint64_t);

/* The dimension of an array at the end of a structure. */
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 199901L
#define XEN_FLEX_ARRAY_DIM
#else
#define XEN_FLEX_ARRAY_DIM 0
#endif
#endif /* !__ASSEMBLY__ */

/*
 * Hypercall numbers. "No" in the last column: refused with -ENOSYS, the caller falls back.
 */
#define __HYPERVISOR_set_trap_table               0  /* arch-x86/xen.h */
#define __HYPERVISOR_mmu_update                   1
#define __HYPERVISOR_set_gdt                      2
#define __HYPERVISOR_stack_switch                 3
#define __HYPERVISOR_set_callbacks                4
#define __HYPERVISOR_fpu_taskswitch               5
#define __HYPERVISOR_sched_op_compat              6  /* yield and block only, no structure */
#define __HYPERVISOR_platform_op                  7  /* platform.h */
#define __HYPERVISOR_set_debugreg                 8
#define __HYPERVISOR_get_debugreg                 9
#define __HYPERVISOR_update_descriptor           10
#define __HYPERVISOR_memory_op                   12  /* memory.h */
#define __HYPERVISOR_multicall                   13
#define __HYPERVISOR_update_va_mapping           14
#define __HYPERVISOR_set_timer_op                15
#define __HYPERVISOR_event_channel_op_compat     16  /* No */
#define __HYPERVISOR_xen_version                 17  /* version.h */
#define __HYPERVISOR_console_io                  18
#define __HYPERVISOR_physdev_op_compat           19  /* No */
#define __HYPERVISOR_grant_table_op              20  /* grant_table.h */
#define __HYPERVISOR_vm_assist                   21
#define __HYPERVISOR_update_va_mapping_otherdomain 22
#define __HYPERVISOR_iret                        23  /* arch-x86/xen.h */
#define __HYPERVISOR_vcpu_op                     24  /* vcpu.h */
#define __HYPERVISOR_set_segment_base            25  /* arch-x86/xen.h */
#define __HYPERVISOR_mmuext_op                   26
#define __HYPERVISOR_xsm_op                      27  /* No */
#define __HYPERVISOR_nmi_op                      28  /* nmi.h */
#define __HYPERVISOR_sched_op                    29  /* sched.h */
#define __HYPERVISOR_callback_op                 30  /* callback.h */
#define __HYPERVISOR_xenoprof_op                 31  /* No */
#define __HYPERVISOR_event_channel_op            32  /* event_channel.h */
#define __HYPERVISOR_physdev_op                  33  /* physdev.h */
#define __HYPERVISOR_hvm_op                      34  /* No */
#define __HYPERVISOR_sysctl                      35  /* sysctl.h */
#define __HYPERVISOR_domctl                      36  /* domctl.h */
#define __HYPERVISOR_kexec_op                    37  /* No */
#define __HYPERVISOR_tmem_op                     38  /* No */
#define __HYPERVISOR_argo_op                     39  /* No */
#define __HYPERVISOR_xenpmu_op                   40  /* No */
#define __HYPERVISOR_dm_op                       41  /* No */
#define __HYPERVISOR_hypfs_op                    42  /* No */
#define __HYPERVISOR_arch_0                      48  /* mca: arch-x86/xen-mca.h */
#define __HYPERVISOR_arch_1                      49  /* 49..55 unused */
#define __HYPERVISOR_arch_2                      50
#define __HYPERVISOR_arch_3                      51
#define __HYPERVISOR_arch_4                      52
#define __HYPERVISOR_arch_5                      53
#define __HYPERVISOR_arch_6                      54
#define __HYPERVISOR_arch_7                      55

/*
 * Calls without a structure of their own
 *
 * set_gdt(handle of xen_pfn_t, entries): the first `entries` descriptors (at most
 *   FIRST_RESERVED_GDT_ENTRY) of these machine frames become the GDT. The frames must be the
 *   caller's, hold no descriptor above ring 3 rights (one that is not code or data, or has a
 *   forbidden privilege, fails the call), and may not be mapped writable while in use.
 *   -EINVAL, -EFAULT.
 * update_descriptor(machine address, descriptor): writes one 8-byte descriptor. -EINVAL when the
 *   address is not 8-byte aligned, the frame not the caller's, or the descriptor refused.
 * stack_switch(ss, rsp): the kernel stack for entries from user mode. -EINVAL: rsp not canonical.
 * set_callbacks(event, failsafe, syscall): entry addresses; as three callback_op registrations.
 * fpu_taskswitch(set): sets (1) or clears (0) the guest's CR0.TS, so that #NM is raised or not.
 * set_debugreg(reg, value): reg 0..3, 6, 7. -EINVAL: a breakpoint over hypervisor addresses or
 *   not canonical; -EPERM: reserved bits of DR7; -ENODEV: no such register.
 * get_debugreg(reg): the value, as last set.
 * update_va_mapping(va, pte, UVMF_*): sets the L1 entry that maps va now, then flushes as asked.
 *   -EINVAL: no L1 table there, or pte refused; -EPERM: pte names a frame the caller may not map.
 * update_va_mapping_otherdomain(va, pte, flags, domid): pte names a frame of domid; needs
 *   privilege over it.
 * set_timer_op(system time in ns): a VIRQ_TIMER then; 0 cancels. A time past fires at once.
 * console_io(CONSOLEIO_*, count, handle of char): bytes to or from the hypervisor's console. For
 *   Domain0 (and for debug builds, writing, any domain). Read returns how many bytes it gave.
 * vm_assist(VMASST_CMD_*, VMASST_TYPE_*): -EINVAL: type not offered to this kind of guest.
 * multicall(handle of multicall_entry, count): see struct multicall_entry.
 */

/* Virtual interrupts, for EVTCHNOP_bind_virq. (G): one per machine; the others one per vCPU. */
#define VIRQ_TIMER       0  /* the timer of set_timer_op, the singleshot or the periodic timer */
#define VIRQ_DEBUG       1  /* the debug key asks for the guest's state */
#define VIRQ_CONSOLE     2  /* (G) bytes have come in on the hypervisor's console */
#define VIRQ_DOM_EXC     3  /* (G) a domain was shut down, crashed or died */
#define VIRQ_TBUF        4  /* (G) trace buffer has records */
#define VIRQ_DEBUGGER    6  /* (G) a domain stopped for its debugger */
#define VIRQ_XENOPROF    7
#define VIRQ_CON_RING    8  /* (G) the console ring got longer */
#define VIRQ_PCPU_STATE  9  /* (G) a physical CPU came or went */
#define VIRQ_MEM_EVENT  10  /* (G) */
#define VIRQ_ARGO       11
#define VIRQ_ENOMEM     12  /* (G) free memory is low */
#define VIRQ_XENPMU     13
#define VIRQ_ARCH_0     16  /* (G) machine check */
#define VIRQ_ARCH_1     17
#define VIRQ_ARCH_2     18
#define VIRQ_ARCH_3     19
#define VIRQ_ARCH_4     20
#define VIRQ_ARCH_5     21
#define VIRQ_ARCH_6     22
#define VIRQ_ARCH_7     23
#define NR_VIRQS        24

/*
 * HYPERVISOR_mmu_update(handle of mmu_update, count, handle of uint done or null, foreigndom)
 *
 * foreigndom: bits 0-15 the domain whose frames the new entries may name (DOMID_SELF; another
 * needs privilege; DOMID_IO for device memory), bits 16-31 the domain whose page tables are
 * written, plus one (0: the caller).
 * Updates are done in order and stop at the first error; `done` is told how many were.
 * The low two bits of ptr say what:
 *   MMU_NORMAL_PT_UPDATE       ptr is the machine address of an entry in a page table or, if the
 *                              frame is plain writable memory, of any aligned word; val the entry.
 *   MMU_PT_UPDATE_PRESERVE_AD  the same, but Accessed and Dirty are kept from the old entry.
 *   MMU_MACHPHYS_UPDATE        ptr is a frame's machine address, val its new pfn in the m2p.
 *   MMU_PT_UPDATE_NO_TRANSLATE as the first: PV entries name machine frames anyway.
 * An entry to be present may not carry reserved bits or PSE, map a hypervisor frame, or give
 * write access to a page table or descriptor page; an entry above L1 must name a frame that is,
 * or can now become, a table of the level below.
 * -EINVAL: refused entry, or ptr not in a frame of the caller's; -EPERM: no privilege over a
 * domain named; -ESRCH: no such domain; -EFAULT: the list cannot be read; -EBUSY: the frame is
 * in use as another type.
 */
#define MMU_NORMAL_PT_UPDATE       0
#define MMU_MACHPHYS_UPDATE        1
#define MMU_PT_UPDATE_PRESERVE_AD  2
#define MMU_PT_UPDATE_NO_TRANSLATE 3

#ifndef __ASSEMBLY__
struct mmu_update {
    uint64_t ptr; /* machine address of the entry; bits 0-1: MMU_* */
    uint64_t val; /* the new entry */
};
typedef struct mmu_update mmu_update_t;
DEFINE_XEN_GUEST_HANDLE(mmu_update_t);
#endif

/*
 * HYPERVISOR_mmuext_op(handle of mmuext_op, count, handle of uint done or null, foreigndom)
 *
 * cmd                    arg1         arg2       effect
 * PIN_L1..L4_TABLE       mfn                     validate as a table of that level and keep it one
 * UNPIN_TABLE            mfn                     undo a pin
 * NEW_BASEPTR            mfn                     CR3 of the guest kernel (an L4)
 * NEW_USER_BASEPTR       mfn or 0                CR3 of user mode (an L4)
 * TLB_FLUSH_LOCAL                                flush this CPU
 * INVLPG_LOCAL           linear_addr             flush one address, this CPU
 * TLB_FLUSH_MULTI                     vcpumask   flush the CPUs these vCPUs run on
 * INVLPG_MULTI           linear_addr  vcpumask   flush one address there
 * TLB_FLUSH_ALL                                  flush all CPUs this domain runs on
 * INVLPG_ALL             linear_addr             flush one address there
 * FLUSH_CACHE                                    WBINVD here; needs rights to device memory
 * FLUSH_CACHE_GLOBAL                             WBINVD everywhere; the same
 * SET_LDT                linear_addr  nr_ents    load an LDT: page-aligned, at most 8192 entries
 * CLEAR_PAGE             mfn                     fill with zeros
 * COPY_PAGE              mfn          src_mfn    copy a frame
 * MARK_SUPER, UNMARK_SUPER                       No (-EOPNOTSUPP)
 *
 * -EINVAL: not the caller's frame, or its content refused as that kind of table; -EBUSY: in use
 * as another type, or pinned already; -EACCES, -EPERM: no right; -ENOSYS: unknown cmd.
 */
#define MMUEXT_PIN_L1_TABLE        0
#define MMUEXT_PIN_L2_TABLE        1
#define MMUEXT_PIN_L3_TABLE        2
#define MMUEXT_PIN_L4_TABLE        3
#define MMUEXT_UNPIN_TABLE         4
#define MMUEXT_NEW_BASEPTR         5
#define MMUEXT_TLB_FLUSH_LOCAL     6
#define MMUEXT_INVLPG_LOCAL        7
#define MMUEXT_TLB_FLUSH_MULTI     8
#define MMUEXT_INVLPG_MULTI        9
#define MMUEXT_TLB_FLUSH_ALL      10
#define MMUEXT_INVLPG_ALL         11
#define MMUEXT_FLUSH_CACHE        12
#define MMUEXT_SET_LDT            13
#define MMUEXT_NEW_USER_BASEPTR   15
#define MMUEXT_CLEAR_PAGE         16
#define MMUEXT_COPY_PAGE          17
#define MMUEXT_FLUSH_CACHE_GLOBAL 18
#define MMUEXT_MARK_SUPER         19
#define MMUEXT_UNMARK_SUPER       20

#ifndef __ASSEMBLY__
struct mmuext_op {
    unsigned int cmd;                              /* MMUEXT_* */
    union {
        xen_pfn_t     mfn;
        unsigned long linear_addr;
    } arg1;
    union {
        unsigned int nr_ents;
        XEN_GUEST_HANDLE(const_void) vcpumask;     /* bitmap by vCPU id, read as bytes */
        xen_pfn_t    src_mfn;
    } arg2;
};
typedef struct mmuext_op mmuext_op_t;
DEFINE_XEN_GUEST_HANDLE(mmuext_op_t);
#endif

/*
 * update_va_mapping flags: what to flush (NONE, TLB_FLUSH, INVLPG) and where: this CPU (LOCAL),
 * every CPU of the domain (ALL), or the vCPUs of a bitmap whose address is or'ed in (MULTI).
 */
#define UVMF_NONE           (xen_mk_ulong(0) << 0)
#define UVMF_TLB_FLUSH      (xen_mk_ulong(1) << 0)
#define UVMF_INVLPG         (xen_mk_ulong(2) << 0)
#define UVMF_FLUSHTYPE_MASK (xen_mk_ulong(3) << 0)
#define UVMF_MULTI          (xen_mk_ulong(0) << 2)
#define UVMF_LOCAL          (xen_mk_ulong(0) << 2)
#define UVMF_ALL            (xen_mk_ulong(1) << 2)

#define CONSOLEIO_write 0
#define CONSOLEIO_read  1

#define VMASST_CMD_enable  0
#define VMASST_CMD_disable 1
#define VMASST_TYPE_4gb_segments         0 /* 32-bit guests */
#define VMASST_TYPE_4gb_segments_notify  1 /* 32-bit guests */
#define VMASST_TYPE_writable_pagetables  2 /* stores to read-only page tables are emulated */
#define VMASST_TYPE_pae_extended_cr3     3 /* 32-bit guests */
#define VMASST_TYPE_architectural_iopl   4 /* rflags in iret and trap frames carry the IOPL */
#define VMASST_TYPE_runstate_update_flag 5 /* see XEN_RUNSTATE_UPDATE in vcpu.h */
#define VMASST_TYPE_m2p_strict          32 /* no m2p mapping in user page tables */

/* Domain ids. Those from DOMID_FIRST_RESERVED on have meanings, not domains. */
#define DOMID_FIRST_RESERVED xen_mk_uint(0x7FF0)
#define DOMID_SELF           xen_mk_uint(0x7FF0) /* the caller */
#define DOMID_IO             xen_mk_uint(0x7FF1) /* owner of device memory */
#define DOMID_XEN            xen_mk_uint(0x7FF2) /* owner of what the hypervisor shares read-only */
#define DOMID_COW            xen_mk_uint(0x7FF3)
#define DOMID_INVALID        xen_mk_uint(0x7FF4) /* names no domain, ever */
#define DOMID_IDLE           xen_mk_uint(0x7FFF)
#define DOMID_MASK           xen_mk_uint(0x7FFF)

/* start_info.flags */
#define SIF_PRIVILEGED     (1 << 0)    /* the guest may use platform_op and the control calls */
#define SIF_INITDOMAIN     (1 << 1)    /* the guest is Domain0 */
#define SIF_MULTIBOOT_MOD  (1 << 2)    /* mod_start: array of xen_multiboot_mod_list */
#define SIF_MOD_START_PFN  (1 << 3)    /* mod_start is a pfn, not an address */
#define SIF_VIRT_P2M_4TOOLS (1 << 4)   /* tools understand arch_shared_info.p2m_vaddr */
#define SIF_PM_MASK        (0xFF << 8) /* power management left to the guest */

#define MAX_GUEST_CMDLINE 1024

#ifndef __ASSEMBLY__
typedef uint16_t domid_t;

/*
 * HYPERVISOR_multicall runs entries in order, each as if called alone, and goes on after errors.
 * IN: op, args. OUT: result. -EINVAL: a multicall inside a multicall; -EFAULT: list unreadable.
 */
struct multicall_entry {
    xen_ulong_t op, result;
    xen_ulong_t args[6];
};
typedef struct multicall_entry multicall_entry_t;
DEFINE_XEN_GUEST_HANDLE(multicall_entry_t);

/*
 * Clock of one vCPU, written by the hypervisor. version is odd while it writes; a reader that
 * sees it odd or changed starts over. System time now, in ns since the hypervisor booted:
 *   system_time + (((rdtsc - tsc_timestamp) << tsc_shift) * tsc_to_system_mul >> 32)
 * (a negative tsc_shift shifts right).
 */
struct vcpu_time_info {
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp;     /* TSC when the record was written */
    uint64_t system_time;       /* ns at tsc_timestamp */
    uint32_t tsc_to_system_mul; /* 32.32 fraction */
    int8_t   tsc_shift;
    uint8_t  flags;             /* XEN_PVCLOCK_* */
    uint8_t  pad1[2];
};
typedef struct vcpu_time_info vcpu_time_info_t;
#define XEN_PVCLOCK_TSC_STABLE_BIT (1 << 0) /* time from any two vCPUs can be compared */
#define XEN_PVCLOCK_GUEST_STOPPED  (1 << 1) /* the guest was stopped in between */

/*
 * Per-vCPU half of event delivery (the other half: shared_info). When a port becomes pending and
 * is not masked, its word's bit is set in evtchn_pending_sel and evtchn_upcall_pending becomes 1;
 * if evtchn_upcall_mask is 0 the event callback is entered, with the mask set to 1. The guest
 * clears upcall_pending first, then takes the selector with an atomic exchange.
 */
struct vcpu_info {
    uint8_t     evtchn_upcall_pending;
    uint8_t     evtchn_upcall_mask;
    xen_ulong_t evtchn_pending_sel;
    struct arch_vcpu_info arch;
    vcpu_time_info_t time;
}; /* 64 bytes */
typedef struct vcpu_info vcpu_info_t;

/*
 * The page every domain shares with the hypervisor. Bit p of evtchn_pending is set when port p
 * has an event, bit p of evtchn_mask keeps it from being delivered (the guest's to set; clear it
 * with EVTCHNOP_unmask or, on the port's own vCPU, by hand with a look at pending afterwards).
 * wc_*: wall clock at system time 0, in s and ns since 1970 UTC; wc_version as in vcpu_time_info.
 */
struct shared_info {
    struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
    xen_ulong_t evtchn_pending[sizeof(xen_ulong_t) * 8];
    xen_ulong_t evtchn_mask[sizeof(xen_ulong_t) * 8];
    uint32_t wc_version;
    uint32_t wc_sec;
    uint32_t wc_nsec;
    uint32_t wc_sec_hi;
    struct arch_shared_info arch;
};
typedef struct shared_info shared_info_t;
#define xen_wc_sec_hi wc_sec_hi

/*
 * What a PV guest finds at boot: RSI holds the address of this structure, RSP a small stack.
 *
 * From the kernel's virt_base up, each part page aligned: kernel image, initial module, p2m
 * table, start_info, store and console pages (not Domain0), page tables, stack, and at least
 * 512 KiB of slack up to a 4 MiB boundary, all mapped; nothing else is. Page-table pages are
 * mapped read-only. With the INIT_P2M note the p2m is elsewhere, with MOD_START_PFN the module
 * may be unmapped. shared_info is not mapped: the guest maps its machine address itself.
 */
struct start_info {
    char          magic[32];    /* "xen-3.0-x86_64" */
    unsigned long nr_pages;     /* frames of the domain */
    unsigned long shared_info;  /* machine address */
    uint32_t      flags;        /* SIF_* */
    xen_pfn_t     store_mfn;    /* ring to xenstored */
    uint32_t      store_evtchn;
    union {
        struct {
            xen_pfn_t mfn;      /* console ring */
            uint32_t  evtchn;
        } domU;
        struct {
            uint32_t info_off;  /* dom0_vga_console_info, from the start of this structure */
            uint32_t info_size; /* 0: none */
        } dom0;
    } console;
    unsigned long pt_base;      /* address of the first page table, the L4 */
    unsigned long nr_pt_frames; /* page tables, contiguous from pt_base */
    unsigned long mfn_list;     /* address of the p2m: nr_pages of unsigned long */
    unsigned long mod_start;    /* address (or pfn, SIF_MOD_START_PFN) of the module, or 0 */
    unsigned long mod_len;      /* bytes */
    int8_t        cmd_line[MAX_GUEST_CMDLINE];
    unsigned long first_p2m_pfn; /* frames of the p2m, when it is outside the initial mapping */
    unsigned long nr_p2m_frames;
};
typedef struct start_info start_info_t;

/* With SIF_MULTIBOOT_MOD: one entry per module, addresses as offsets into the initial mapping. */
struct xen_multiboot_mod_list {
    uint32_t mod_start;
    uint32_t mod_end;  /* exclusive */
    uint32_t cmdline;
    uint32_t pad;
};

/* The screen as the boot loader left it, for Domain0. */
#define XEN_VGATYPE_TEXT_MODE_3 0x03
#define XEN_VGATYPE_VESA_LFB    0x23
#define XEN_VGATYPE_EFI_LFB     0x70
struct dom0_vga_console_info {
    uint8_t video_type;             /* XEN_VGATYPE_* */
    union {
        struct {
            uint16_t font_height;   /* in pixels */
            uint16_t cursor_x, cursor_y;
            uint16_t rows, columns;
        } text_mode_3;
        struct {
            uint16_t width, height; /* in pixels */
            uint16_t bytes_per_line;
            uint16_t bits_per_pixel;
            uint32_t lfb_base;      /* low half of the frame buffer's address */
            uint32_t lfb_size;      /* in 64 KiB units */
            uint8_t  red_pos, red_size;
            uint8_t  green_pos, green_size;
            uint8_t  blue_pos, blue_size;
            uint8_t  rsvd_pos, rsvd_size;
            uint32_t gbl_caps;
            uint16_t mode_attrs;
            uint16_t pad;
            uint32_t ext_lfb_base;  /* high half */
        } vesa_lfb;
    } u;
};
typedef struct dom0_vga_console_info dom0_vga_console_info_t;
#define xen_vga_console_info   dom0_vga_console_info
#define xen_vga_console_info_t dom0_vga_console_info_t

typedef uint8_t xen_domain_handle_t[16]; /* a domain's UUID */

typedef struct {
    uint8_t a[16];
} xen_uuid_t;

/* A bitmap in the caller's memory, bit n in byte n / 8. */
struct xenctl_bitmap {
    XEN_GUEST_HANDLE_64(uint8) bitmap;
    uint32_t nr_bits;
};
typedef struct xenctl_bitmap xenctl_bitmap_t;

#endif /* !__ASSEMBLY__ */

#endif /* XEN_PUBLIC_XEN_H */
