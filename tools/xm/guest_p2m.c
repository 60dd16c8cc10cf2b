/* SPDX-License-Identifier: MIT */
/* Finds and copies a PV guest's p2m list. */
#include "xm/guest_p2m.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "libxen/foreign_map.h"

/* Entries of a page of frame numbers or page table entries. */
#define PER_PAGE 512u

/* No guest that we start has more: 16 TiB. */
#define MAX_PFNS (1ul << 32)

#define PTE_PRESENT 1u
#define PTE_LARGE   (1u << 7)
#define PTE_MFN(pte) (((pte) & 0x000ffffffffff000ull) >> XEN_PAGE_SHIFT)

struct p2m_source {
    struct xen *xen;
    domid_t domid;
    uint64_t cr3_mfn, vaddr;    /* list mapped by the guest's page tables; vaddr 0: it is not */
    uint64_t top_mfn;           /* list as a tree of frames */
    unsigned long count;
};

/* Copy one page of the guest. */
static int read_page(const struct p2m_source *s, uint64_t mfn, uint64_t page[PER_PAGE])
{
    xen_pfn_t frame = mfn;
    void *at;
    int err = xen_map_frames(s->xen, s->domid, PROT_READ, &frame, 1, &at);

    if (err)
        return err;
    memcpy(page, at, XEN_PAGE_SIZE);
    xen_unmap_frames(at, 1);
    return 0;
}

/* Machine frame of the list's page `index`, by walking four levels of page tables. */
static int walk(const struct p2m_source *s, unsigned long index, uint64_t *mfn)
{
    uint64_t vaddr = s->vaddr + index * XEN_PAGE_SIZE, table[PER_PAGE];

    *mfn = s->cr3_mfn;
    for (int shift = 39; shift >= 12; shift -= 9) {
        int err = read_page(s, *mfn, table);
        uint64_t entry = table[vaddr >> shift & (PER_PAGE - 1)];

        if (err)
            return err;
        if (!(entry & PTE_PRESENT) || (shift > 12 && entry & PTE_LARGE))
            return -ENODATA;
        *mfn = PTE_MFN(entry);
    }
    return 0;
}

/* The same by the tree: a page of frames of pages of frames of the list. */
static int descend(const struct p2m_source *s, unsigned long index, uint64_t *mfn)
{
    uint64_t page[PER_PAGE];
    int err = read_page(s, s->top_mfn, page);

    if (!err)
        err = read_page(s, page[index / PER_PAGE % PER_PAGE], page);
    if (!err)
        *mfn = page[index % PER_PAGE];
    return err;
}

static int find_list(struct p2m_source *s, uint64_t shared_info_mfn)
{
    uint64_t page[PER_PAGE];
    const struct shared_info *shared = (const void *)page;
    int err = read_page(s, shared_info_mfn, page);

    if (err)
        return err;
    s->count = shared->arch.max_pfn;
    s->vaddr = shared->arch.p2m_cr3 ? shared->arch.p2m_vaddr : 0;
    s->cr3_mfn = PTE_MFN(shared->arch.p2m_cr3);
    s->top_mfn = shared->arch.pfn_to_mfn_frame_list_list;
    if (!s->count || s->count > MAX_PFNS || (!s->vaddr && (!s->top_mfn || s->top_mfn == ~0ull)))
        return -ENODATA;
    return 0;
}

static int copy_list(const struct p2m_source *s, xen_pfn_t *frames)
{
    for (unsigned long at = 0; at < s->count; at += PER_PAGE) {
        unsigned long n = s->count - at < PER_PAGE ? s->count - at : PER_PAGE;
        uint64_t page[PER_PAGE], mfn;
        int err = s->vaddr ? walk(s, at / PER_PAGE, &mfn) : descend(s, at / PER_PAGE, &mfn);

        if (!err)
            err = read_page(s, mfn, page);
        if (err)
            return err;
        for (unsigned long i = 0; i < n; i++)
            /* The top bits mark frames that are not the guest's own: grants, identity ranges. */
            frames[at + i] = page[i] >> 52 ? INVALID_PFN : page[i];
    }
    return 0;
}

long guest_p2m_read(struct xen *xen, const struct xen_domctl_getdomaininfo *info,
                    xen_pfn_t **frames)
{
    struct p2m_source s = { .xen = xen, .domid = info->domain };
    int err = find_list(&s, info->shared_info_frame);

    if (err)
        return err;
    *frames = calloc(s.count, sizeof(**frames));
    if (!*frames)
        return -ENOMEM;
    err = copy_list(&s, *frames);
    if (!err)
        return (long)s.count;
    free(*frames);
    return err;
}
