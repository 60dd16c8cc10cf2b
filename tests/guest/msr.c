/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers.
 *
 * LSTAR is where SYSCALL enters the hypervisor, EFER turns SYSCALL and NX off, APIC_BASE moves the
 * interrupt controller: one successful WRMSR would be the end. Each must fault or be without
 * effect. Segment bases are the guest's own, and work, unless the address is not canonical.
 */
#include "harness.h"

struct msr {
    uint32_t index;
    uint64_t value;
};

static void do_wrmsr(void *arg)
{
    struct msr *m = arg;

    asm volatile ("wrmsr" : : "c" (m->index), "a" ((uint32_t)m->value),
                  "d" ((uint32_t)(m->value >> 32)));
}

static void do_rdmsr(void *arg)
{
    struct msr *m = arg;
    uint32_t low, high;

    asm volatile ("rdmsr" : "=a" (low), "=d" (high) : "c" (m->index));
    m->value = (uint64_t)high << 32 | low;
}

/* A write that must change nothing: it faults, or a read shows what was there before. */
static void try_change(uint32_t index, uint64_t value)
{
    struct msr m = { index, 0 };
    bool readable = try(do_rdmsr, &m);
    uint64_t before = m.value;

    m.value = value;
    if (!try(do_wrmsr, &m)) {
        EXPECT(fault.regs.vector, VECTOR_GP);
        return;
    }
    if (readable && try(do_rdmsr, &m) && m.value != before)
        fail("MSR %#x changed from %#lx to %#lx", index, before, m.value);
}

#define LSTAR   0xc0000082
#define FS_BASE 0xc0000100

TEST(msr)
{
    struct msr fs = { FS_BASE, TEST_VA };

    try_change(LSTAR, (unsigned long)do_rdmsr);
    try_change(0xc0000081, 0);                      /* STAR */
    try_change(0xc0000083, (unsigned long)do_rdmsr); /* CSTAR */
    try_change(0xc0000084, 0);                      /* SFMASK */
    try_change(0xc0000080, 0);                      /* EFER */
    try_change(0x1b, 0xfee00000);                   /* APIC_BASE */
    try_change(0x174, 0);                           /* SYSENTER_CS */
    try_change(0x176, (unsigned long)do_rdmsr);     /* SYSENTER_EIP */
    try_change(0x277, 0);                           /* PAT */
    try_change(0x10, 0);                            /* TSC */
    try_change(0x2ff, 0);                           /* MTRR default type */
    EXPECT(HYPERCALL(xen_version, XENVER_pagesize, NULL), PAGE_SIZE);

    EXPECT_TRUE(try(do_wrmsr, &fs));
    EXPECT_TRUE(try(do_rdmsr, &fs));
    EXPECT(fs.value, TEST_VA);
    fs.value = 0x8000000000000000UL;
    EXPECT_TRUE(!try(do_wrmsr, &fs));
    EXPECT(HYPERCALL(set_segment_base, SEGBASE_FS, 0), 0);
}
