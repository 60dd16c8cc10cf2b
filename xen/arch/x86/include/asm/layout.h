/* SPDX-License-Identifier: MIT */
/*
 * Xen's address space. It is the same in every address space, so entering or leaving Xen never
 * changes a mapping. The ABI gives Xen L4 slots 256 to 271, 512 GiB each:
 *
 *   slot 256  0xffff800000000000  machine-to-physical table, read-only for guests
 *   slot 257  0xffff808000000000  the same table, writable, for Xen alone
 *   slot 258  0xffff810000000000  frame table: one struct frame per machine frame
 *   slot 259  0xffff818000000000  per-CPU windows: the guest's GDT and LDT as the CPU sees them
 *   slot 260  0xffff820000000000  device memory (local APIC, I/O APIC, HPET, frame buffer)
 *   slot 261  0xffff82d040000000  Xen's image, as linked
 *   slot 262  0xffff830000000000  direct map of all RAM, to the end of slot 271 (5 TiB)
 *
 * Below slot 256 and above slot 271 everything belongs to the guest.
 * Source of the range: Xen public header arch-x86/xen-x86_64.h (HYPERVISOR_VIRT_START, _END).
 */
#ifndef ASM_LAYOUT_H
#define ASM_LAYOUT_H

#ifdef __ASSEMBLER__
#define UL_(x) x
#else
#define UL_(x) x##UL
#endif

#define L4_SLOT_FIRST   256
#define L4_SLOT_LAST    271
#define HV_VIRT_START   UL_(0xffff800000000000)
#define HV_VIRT_END     UL_(0xffff880000000000)
#define LOWER_HALF_END  UL_(0x0000800000000000)

#define RO_M2P_VIRT     UL_(0xffff800000000000)
#define RW_M2P_VIRT     UL_(0xffff808000000000)
#define FRAMETABLE_VIRT UL_(0xffff810000000000)
#define WINDOW_VIRT     UL_(0xffff818000000000)
#define IOMAP_VIRT      UL_(0xffff820000000000)
#define IOMAP_END       UL_(0xffff828000000000)
#define IMAGE_VIRT      UL_(0xffff82d040000000)
#define DIRECTMAP_VIRT  UL_(0xffff830000000000)
#define DIRECTMAP_END   UL_(0xffff880000000000)

/* Image load address: multiboot puts the ELF here, and IMAGE_VIRT maps it. 2 MiB aligned. */
#define IMAGE_PHYS      UL_(0x200000)

/* One window per CPU: 16 pages of GDT (14 of the guest's, then ours at FIRST_RESERVED_GDT_PAGE),
 * and 16 pages of LDT. The guest's frames are put in at vcpu switch. */
#define WINDOW_STRIDE   UL_(0x40000)
#define GDT_VIRT(cpu)   (WINDOW_VIRT + (cpu)*WINDOW_STRIDE)
#define WINDOW_LDT      32 /* its first page of the LDT */
#define LDT_VIRT(cpu)   (GDT_VIRT(cpu) + (WINDOW_LDT << 12))

#define STACK_ORDER     2
#define STACK_SIZE      (4096 << STACK_ORDER)

#endif
