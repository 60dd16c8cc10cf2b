/* SPDX-License-Identifier: MIT */
/* The auditor: recounts who refers to every frame, and compares with what the frames say. */
#include <asm/pt.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/grant_table.h>
#include <xen/heap.h>
#include <xen/printk.h>
#include <xen/string.h>

#define TRIES       20
#define MAX_PRINTED 10

static struct {
    u32 refs, types;
} *expected; /* one for each frame, while the other CPUs are held */
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

/* *half_done: some call is, and what it holds meanwhile is not to be seen. */
static void count_domains(bool *half_done)
{
    struct domain *d;
    struct vcpu *v;

    for_each_domain(d) {
        for_each_vcpu(d, v) {
            count_vcpu(v);
            *half_done |= v->in_hypervisor;
        }
        count(d->arch.pirq_eoi_mfn, FT_WRITABLE);
        grant_for_each_ref(d, count_grant);
    }
}

/* One recount; returns the differences, and prints the first few if no call is half done. */
static unsigned long audit_once(unsigned long *frames, bool *half_done)
{
    unsigned long differences = 0;

    *half_done = false;
    memset(expected, 0, frame_count * sizeof(*expected));
    wrong_types = 0;
    *frames = 0;
    for (unsigned long i = 0; i < frame_count; i++)
        count_frame(MFN(i));
    count_domains(half_done);
    for (unsigned long i = 0; i < frame_count; i++) {
        const struct domain *d = frame_owner(MFN(i));
        struct frame_counts is = frame_counts(MFN(i));

        *frames += is.counted;
        if (!is.counted || (is.refs == expected[i].refs && is.types == expected[i].types))
            continue;
        if (differences++ < MAX_PRINTED && !*half_done)
            printk("audit: frame %lx of d%d, type %u: %u references and %u types, %u and %u found"
                   "\n", i, d ? d->id : -1, frame_type(MFN(i)), is.refs, is.types,
                   expected[i].refs, expected[i].types);
    }
    return differences + wrong_types;
}

unsigned long frame_audit(void)
{
    __typeof__(expected) counts = heap_new_array(__typeof__(*expected), frame_count);
    unsigned long differences, frames;
    unsigned int tries = 0;
    bool half_done;

    if (!counts) {
        printk("audit: no memory to count in\n");
        return 0;
    }
    do {
        smp_hold_others();
        expected = counts;
        differences = audit_once(&frames, &half_done);
        smp_release_others();
        delay_us(1000); /* for calls to be done with */
    } while (differences && half_done && ++tries < TRIES);
    printk("audit: %lu frames, %s%lu differences\n", frames,
           differences && half_done ? "calls are half done, at most " : "", differences);
    heap_free(counts);
    return differences;
}

static void audit_key(void)
{
    frame_audit();
}
DEBUG_KEY('A', "audit the references of all frames", audit_key);
