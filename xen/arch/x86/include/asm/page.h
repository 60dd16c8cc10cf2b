/* SPDX-License-Identifier: MIT */
/* Page-table entries and the direct map. Facts: Intel SDM vol. 3A, chapter 4. */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#include <asm/layout.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define PTE_PRESENT  0x001UL
#define PTE_RW       0x002UL
#define PTE_USER     0x004UL
#define PTE_PWT      0x008UL
#define PTE_PCD      0x010UL
#define PTE_ACCESSED 0x020UL
#define PTE_DIRTY    0x040UL
#define PTE_PAT      0x080UL /* in an L1 entry */
#define PTE_PSE      0x080UL /* in L2 and L3 entries */
#define PTE_GLOBAL   0x100UL
#define PTE_AVAIL    0xe00UL /* three software bits; 52-58 are software too */
#define PTE_AVAIL_HI 0x07f0000000000000UL
#define PTE_NX       0x8000000000000000UL
#define PTE_ADDR     0x000ffffffffff000UL

#define PT_ENTRIES 512

#ifndef __ASSEMBLER__
#include <xen/types.h>

typedef u64 pte_t; /* an entry of any level; the level is always known from context */

static inline mfn_t pte_mfn(pte_t e)
{
    return MFN((e & PTE_ADDR) >> PAGE_SHIFT);
}

static inline pte_t pte_make(mfn_t m, u64 flags)
{
    return (m.n << PAGE_SHIFT) | flags;
}

/* Index of @va in a table of level 1 to 4. */
static inline unsigned int pt_index(unsigned long va, unsigned int level)
{
    return va >> (PAGE_SHIFT + 9 * (level - 1)) & (PT_ENTRIES - 1);
}

static inline bool is_canonical(unsigned long va)
{
    return (long)(va << 16) >> 16 == (long)va;
}

/* The direct map: valid for every frame of RAM, for ever. */
#ifndef UNIT_TEST
static inline void *mfn_to_virt(mfn_t m)
{
    return (void *)(DIRECTMAP_VIRT + (m.n << PAGE_SHIFT));
}

static inline void *maddr_to_virt(maddr_t m)
{
    return (void *)(DIRECTMAP_VIRT + m.a);
}

/* Of a direct-map or image address only. */
static inline maddr_t virt_to_maddr(const void *v)
{
    unsigned long a = (unsigned long)v;

    return MADDR(a >= DIRECTMAP_VIRT ? a - DIRECTMAP_VIRT : a - IMAGE_VIRT + IMAGE_PHYS);
}
#else
/* The unit tests' mock RAM (tests/unit/mock.h). */
void *mfn_to_virt(mfn_t m);
void *maddr_to_virt(maddr_t m);
maddr_t virt_to_maddr(const void *v);
#endif

static inline mfn_t virt_to_mfn(const void *v)
{
    return maddr_to_mfn(virt_to_maddr(v));
}
#endif
#endif
