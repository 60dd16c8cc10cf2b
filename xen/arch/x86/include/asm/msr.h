/* SPDX-License-Identifier: MIT */
/* Control registers, model-specific registers and single instructions. Facts: Intel SDM. */
#ifndef ASM_MSR_H
#define ASM_MSR_H

#define CR0_PE 0x00000001UL
#define CR0_MP 0x00000002UL
#define CR0_EM 0x00000004UL
#define CR0_TS 0x00000008UL
#define CR0_ET 0x00000010UL
#define CR0_NE 0x00000020UL
#define CR0_WP 0x00010000UL
#define CR0_AM 0x00040000UL
#define CR0_PG 0x80000000UL

#define CR4_TSD        0x00000004UL
#define CR4_DE         0x00000008UL
#define CR4_PSE        0x00000010UL
#define CR4_PAE        0x00000020UL
#define CR4_MCE        0x00000040UL
#define CR4_OSFXSR     0x00000200UL
#define CR4_OSXMMEXCPT 0x00000400UL
#define CR4_FSGSBASE   0x00010000UL
#define CR4_OSXSAVE    0x00040000UL
#define CR4_SMEP       0x00100000UL

#define MSR_TSC            0x00000010
#define MSR_APIC_BASE      0x0000001b
#define MSR_MCG_CAP        0x00000179
#define MSR_MCG_STATUS     0x0000017a
#define MSR_MISC_ENABLE    0x000001a0
#define MSR_PAT            0x00000277
#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_CSTAR          0xc0000083
#define MSR_SYSCALL_MASK   0xc0000084
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX        0xc0000103
#define MSR_SYSENTER_CS    0x00000174
#define MSR_SYSENTER_ESP   0x00000175
#define MSR_SYSENTER_EIP   0x00000176

#define EFER_SCE   0x001UL
#define EFER_LME   0x100UL
#define EFER_NX    0x800UL

/* PAT as Xen's ABI fixes it: WB WT UC- UC WC WP UC UC. */
#define XEN_PAT 0x050100070406UL

#ifndef __ASSEMBLER__
#include <xen/types.h>

static inline u64 rdmsr(u32 msr)
{
    u32 lo, hi;

    __asm__ __volatile__("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 v)
{
    __asm__ __volatile__("wrmsr" ::"c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

/* As rdmsr and wrmsr, but 0 or -EFAULT when the CPU refuses. For anything a guest chose. */
int rdmsr_safe(u32 msr, u64 *v);
int wrmsr_safe(u32 msr, u64 v);

#define DEFINE_CR(n)                                                                               \
    static inline unsigned long read_cr##n(void)                                                   \
    {                                                                                              \
        unsigned long v;                                                                           \
        __asm__ __volatile__("mov %%cr" #n ", %0" : "=r"(v));                                      \
        return v;                                                                                  \
    }                                                                                              \
    static inline void write_cr##n(unsigned long v)                                                \
    {                                                                                              \
        __asm__ __volatile__("mov %0, %%cr" #n ::"r"(v) : "memory");                               \
    }
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)
#undef DEFINE_CR

struct cpuid_regs {
    u32 a, b, c, d;
};

static inline struct cpuid_regs cpuid(u32 leaf, u32 sub)
{
    struct cpuid_regs r;

    __asm__ __volatile__("cpuid"
                         : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
                         : "a"(leaf), "c"(sub));
    return r;
}

static inline u64 rdtsc(void)
{
    u32 lo, hi;

    __asm__ __volatile__("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
    return (u64)hi << 32 | lo;
}

#define DEFINE_IO(bits, suffix, reg)                                                               \
    static inline u##bits in##suffix(u16 port)                                                     \
    {                                                                                              \
        u##bits v;                                                                                 \
        __asm__ __volatile__("in" #suffix " %1, %" reg "0" : "=a"(v) : "Nd"(port));                \
        return v;                                                                                  \
    }                                                                                              \
    static inline void out##suffix(u##bits v, u16 port)                                            \
    {                                                                                              \
        __asm__ __volatile__("out" #suffix " %" reg "0, %1" ::"a"(v), "Nd"(port));                 \
    }
DEFINE_IO(8, b, "b")
DEFINE_IO(16, w, "w")
DEFINE_IO(32, l, "k")
#undef DEFINE_IO

/* An access to @bytes, 1, 2 or 4, of them. */
static inline u32 port_in(u16 port, unsigned int bytes)
{
    return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

static inline void port_out(u32 v, u16 port, unsigned int bytes)
{
    if (bytes == 1)
        outb(v, port);
    else if (bytes == 2)
        outw(v, port);
    else
        outl(v, port);
}

static inline void irqs_on(void)
{
    __asm__ __volatile__("sti" ::: "memory");
}

static inline void irqs_off(void)
{
    __asm__ __volatile__("cli" ::: "memory");
}
#endif
#endif
