/* SPDX-License-Identifier: MIT */
/* The auditor: recounts who refers to every frame, and compares with what the frames say. */
#include <asm/pt.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/grant_table.h>
#include <xen/heap.h>
#include <xen/printk.h>
#include <xen/string.h>

#define PASSES      3  /* other CPUs go on meanwhile: what is gone the next time was in flight */
#define MAX_PRINTED 10

static struct {
    u32 refs, types;
} *expected; /* one for each frame, while an audit runs */
static unsigned long wrong_types;

/* Somebody refers to @m, as @type; FT_NONE: by a plain reference. */
static void count(mfn_t m, enum frame_type type)
{
    if (!mfn_is_ram(m))
        return;
    expected[m.n].refs++;
    if (type == FT_NONE)
        return;
    expected[m.n].types++;
    if (frame_type(m) != type)
        wrong_types++;
}

static void count_table(mfn_t m, unsigned int level)
{
    const pte_t *t = mfn_to_virt(m);

    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        pte_t e = READ_ONCE(t[i]);
        enum frame_type type;

        if (pt_entry_counts(e, level, i, &type))
            count(pte_mfn(e), type);
    }
}

/* What a frame's own marks say, and what it refers to as a table. */
static void count_frame(mfn_t m)
{
    struct frame_counts is = frame_counts(m);
    enum frame_type type = frame_type(m);

    if (!is.counted)
        return;
    if (is.base_ref)
        count(m, FT_NONE);
    if (is.pinned)
        count(m, type);
    if (type >= FT_L1 && type <= FT_L4)
        count_table(m, type - FT_L1 + 1);
}

static void count_vcpu(const struct vcpu *v)
{
    const struct arch_vcpu *a = &v->arch;

    count(a->guest_table, FT_L4);
    count(a->guest_table_user, FT_L4);
    for (unsigned int i = 0; i < ARRAY_SIZE(a->gdt_frames); i++)
        count(a->gdt_frames[i], FT_SEGDESC);
    for (unsigned int i = 0; i < ARRAY_SIZE(a->ldt_frames); i++)
        count(a->ldt_frames[i], FT_SEGDESC);
    count(v->info_mfn, FT_WRITABLE);
}

static void count_grant(mfn_t m, bool writable)
{
    count(m, writable ? FT_WRITABLE : FT_NONE);
}

static void count_domains(void)
{
    struct domain *d;
    struct vcpu *v;

    for_each_domain(d) {
        for_each_vcpu(d, v)
            count_vcpu(v);
        count(d->arch.pirq_eoi_mfn, FT_WRITABLE);
        grant_for_each_ref(d, count_grant);
    }
}

static void print_difference(mfn_t m, struct frame_counts is)
{
    const struct domain *d = frame_owner(m);

    printk("audit: frame %lx of d%d, type %u: %u references and %u types, %u and %u found\n", m.n,
           d ? d->id : -1, frame_type(m), is.refs, is.types, expected[m.n].refs,
           expected[m.n].types);
}

/* One recount; returns the differences, and prints the first few if @print. */
static unsigned long audit_once(bool print, unsigned long *frames)
{
    unsigned long differences = 0;

    memset(expected, 0, frame_count * sizeof(*expected));
    wrong_types = 0;
    *frames = 0;
    for (unsigned long i = 0; i < frame_count; i++)
        count_frame(MFN(i));
    count_domains();
    for (unsigned long i = 0; i < frame_count; i++) {
        struct frame_counts is = frame_counts(MFN(i));

        if (!is.counted)
            continue;
        ++*frames;
        if (is.refs == expected[i].refs && is.types == expected[i].types)
            continue;
        if (print && differences < MAX_PRINTED)
            print_difference(MFN(i), is);
        differences++;
    }
    return differences + wrong_types;
}

unsigned long frame_audit(void)
{
    unsigned long differences = 1, frames = 0;

    expected = heap_new_array(__typeof__(*expected), frame_count);
    if (!expected) {
        printk("audit: no memory to count in\n");
        return 0;
    }
    for (unsigned int pass = 1; pass <= PASSES && differences; pass++)
        differences = audit_once(pass == PASSES, &frames);
    printk("audit: %lu frames, %lu differences\n", frames, differences);
    heap_free(expected);
    return differences;
}

static void audit_key(void)
{
    frame_audit();
}
DEBUG_KEY('A', "audit the references of all frames", audit_key);
