/* SPDX-License-Identifier: MIT */
/* ELF notes named "Xen" by which a kernel image tells a domain builder how to load it. */
#ifndef XEN_PUBLIC_ELFNOTE_H
#define XEN_PUBLIC_ELFNOTE_H

/* A number is 4 or 8 bytes, a string ends with NUL. VIRT_BASE, ENTRY, HYPERCALL_PAGE: numbers. */
#define XEN_ELFNOTE_INFO                0 /* no meaning to a builder */
#define XEN_ELFNOTE_ENTRY               1 /* virtual address of the first instruction */
#define XEN_ELFNOTE_HYPERCALL_PAGE      2 /* virtual address of the page to fill with stubs */
#define XEN_ELFNOTE_VIRT_BASE           3 /* virtual address of pfn 0 */
#define XEN_ELFNOTE_PADDR_OFFSET        4 /* what an ELF paddr has to lose to be an offset */
#define XEN_ELFNOTE_XEN_VERSION         5 /* string, "xen-3.0" */
#define XEN_ELFNOTE_GUEST_OS            6 /* string */
#define XEN_ELFNOTE_GUEST_VERSION       7 /* string */
#define XEN_ELFNOTE_LOADER              8 /* string, "generic" */
#define XEN_ELFNOTE_PAE_MODE            9 /* string, "yes"; 32-bit kernels */
#define XEN_ELFNOTE_FEATURES           10 /* string, "name|!name|...": must and must-not */
#define XEN_ELFNOTE_BSD_SYMTAB         11 /* string "yes": load the symbol table behind the image */
#define XEN_ELFNOTE_HV_START_LOW       12 /* lowest address the hypervisor may use */
#define XEN_ELFNOTE_L1_MFN_VALID       13 /* pairs of mask and value: a valid entry with an mfn */
#define XEN_ELFNOTE_SUSPEND_CANCEL     14 /* 1: a suspend call may return 1 */
#define XEN_ELFNOTE_INIT_P2M           15 /* virtual address to put the p2m at */
#define XEN_ELFNOTE_MOD_START_PFN      16 /* 1: the module need not be mapped */
#define XEN_ELFNOTE_SUPPORTED_FEATURES 17 /* bitmap of XENFEAT_* */
#define XEN_ELFNOTE_PHYS32_ENTRY       18 /* PVH entry; not used here */
#define XEN_ELFNOTE_MAX XEN_ELFNOTE_PHYS32_ENTRY

/* In crash dumps and domain core files. */
#define XEN_ELFNOTE_CRASH_INFO             0x1000001
#define XEN_ELFNOTE_CRASH_REGS             0x1000002
#define XEN_ELFNOTE_DUMPCORE_NONE          0x2000000
#define XEN_ELFNOTE_DUMPCORE_HEADER        0x2000001
#define XEN_ELFNOTE_DUMPCORE_XEN_VERSION   0x2000002
#define XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION 0x2000003

#endif /* XEN_PUBLIC_ELFNOTE_H */
