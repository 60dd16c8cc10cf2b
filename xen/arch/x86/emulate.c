/* SPDX-License-Identifier: MIT */
/* Privileged instructions done on a guest's behalf: port I/O, control and debug registers, MSRs,
 * and CPUID. What is not here is the guest's own #GP or #UD. */
#include <asm/fpu.h>
#include <asm/pci.h>
#include <asm/traps.h>
#include <xen/domain.h>
#include <xen/guest_copy.h>
#include <xen/hypercall.h>
#include <xen/sched.h>

/* An instruction being decoded. Fetching past what the guest has mapped ends the attempt. */
struct insn {
    struct vcpu *v;
    struct regs *r;
    unsigned long pos; /* next byte */
    bool long_mode;
    bool rep, operand16, address32;
    u8 rex;
};

static bool fetch(struct insn *i, u8 *byte)
{
    return copy_in_bytes(byte, GPTR(i->pos++), 1) == 0;
}

/* Is the guest's code segment 64-bit? LAR shows the L bit as bit 21. */
static bool in_long_mode(const struct regs *r)
{
    unsigned long rights = 0;

    if (r->cs == GUEST_CS64)
        return true;
    __asm__("lar %1, %0" : "+r"(rights) : "r"((unsigned long)r->cs));
    return rights & BIT(21);
}

/* Prefixes, then the first opcode byte in *@op. */
static bool decode_prefixes(struct insn *i, u8 *op)
{
    for (unsigned int n = 0; n < 15; n++) {
        if (!fetch(i, op))
            return false;
        switch (*op) {
        case 0x66:
            i->operand16 = true;
            break;
        case 0x67:
            i->address32 = true;
            break;
        case 0xf2:
        case 0xf3:
            i->rep = true;
            break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
            break; /* a segment, which means nothing here */
        case 0x40 ... 0x4f:
            if (i->long_mode) {
                i->rex = *op;
                break;
            }
            return true;
        default:
            return true;
        }
    }
    return false;
}

/* ---- port I/O ---- */

/* A guest's IOPL is what it last told us. Its kernel counts as ring 1, so that it can deny itself;
 * with the assist "architectural IOPL" as ring 0, which may always. */
static bool iopl_allows(const struct vcpu *v)
{
    unsigned int ring = 3;

    if (v->arch.kernel_mode)
        ring = v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl) ? 0 : 1;
    return v->arch.iopl >= ring;
}

/* The guest's own rule: its IOPL, then its I/O bitmap, which is in its kernel's memory. */
static bool guest_allows_io(struct vcpu *v, unsigned int port, unsigned int bytes)
{
    bool user = !v->arch.kernel_mode;
    u16 bits;
    int rc;

    if (iopl_allows(v))
        return true;
    if (!v->arch.iobmp_addr || port + bytes > v->arch.iobmp_ports)
        return false;
    if (user)
        vcpu_toggle_mode(v);
    rc = copy_in_bytes(&bits, GPTR(v->arch.iobmp_addr + port / 8), sizeof(bits));
    if (user)
        vcpu_toggle_mode(v);
    return !rc && !(bits >> (port & 7) & (BIT(bytes) - 1));
}

/* Our rule: does the domain own these ports? */
static bool domain_owns_ports(const struct domain *d, unsigned int port, unsigned int bytes)
{
    if (!d->arch.io_ports || port + bytes > 65536)
        return false;
    for (unsigned int p = port; p < port + bytes; p++)
        if (!test_bit(p, d->arch.io_ports))
            return false;
    return true;
}

/* A port the domain does not own reads as if nothing were there. */
static u32 port_read(struct domain *d, unsigned int port, unsigned int bytes)
{
    if (pci_config_port(port))
        return pci_guest_port_read(d, port, bytes);
    return domain_owns_ports(d, port, bytes) ? port_in(port, bytes) : ~0u;
}

static void port_write(struct domain *d, unsigned int port, unsigned int bytes, u32 value)
{
    if (pci_config_port(port))
        pci_guest_port_write(d, port, bytes, value);
    else if (domain_owns_ports(d, port, bytes))
        port_out(value, port, bytes);
}

static void set_rax_part(struct regs *r, unsigned int bytes, u32 value)
{
    if (bytes == 4)
        r->rax = value;
    else
        r->rax = (r->rax & ~(BIT(8 * bytes) - 1)) | (value & (BIT(8 * bytes) - 1));
}

/* At most this many elements of a REP instruction at a time; the guest comes back for the rest. */
#define STRING_IO_BATCH 1024

/* INS and OUTS. The guest's own page fault for a bad address. */
static bool string_io(struct insn *i, u8 op, unsigned int bytes)
{
    struct regs *r = i->r;
    unsigned int port = r->rdx & 0xffff;
    bool in = op < 0x6e;
    u64 *pointer = in ? &r->rdi : &r->rsi;
    long step = r->rflags & FLAG_DF ? -(long)bytes : (long)bytes;
    unsigned long mask = i->long_mode && !i->address32 ? ~0UL : 0xffffffffUL;
    u64 count = i->rep ? r->rcx & mask : 1;
    bool faulted = false;
    u32 value = 0;

    for (unsigned int n = 0; n < STRING_IO_BATCH && count; n++, count--) {
        gptr_t p = GPTR(*pointer & mask);

        faulted = in ? copy_out_bytes(p, &value, bytes) /* before the device gives up its data */
                     : copy_in_bytes(&value, p, bytes);
        if (faulted)
            break;
        if (in) {
            value = port_read(i->v->domain, port, bytes);
            copy_out_bytes(p, &value, bytes);
        } else {
            port_write(i->v->domain, port, bytes, value);
        }
        *pointer = (*pointer & ~mask) | ((*pointer + step) & mask);
    }
    if (i->rep)
        r->rcx = count;
    if (count == 0)
        r->rip = i->pos;
    else if (faulted)
        upcall_page_fault(i->v, *pointer & mask, in ? PFEC_WRITE : 0);
    return true;
}

static bool port_io(struct insn *i, u8 op)
{
    struct regs *r = i->r;
    unsigned int bytes = !(op & 1) ? 1 : i->operand16 ? 2 : 4;
    unsigned int port = r->rdx & 0xffff;
    u8 imm;

    if (op >= 0xe4 && op <= 0xe7) {
        if (!fetch(i, &imm))
            return false;
        port = imm;
    }
    if (!guest_allows_io(i->v, port, bytes))
        return false;
    if (op < 0x70)
        return string_io(i, op, bytes);
    if (op & 2)
        port_write(i->v->domain, port, bytes, r->rax);
    else
        set_rax_part(r, bytes, port_read(i->v->domain, port, bytes));
    r->rip = i->pos;
    return true;
}

/* ---- model-specific registers ---- */

/* Read-only facts about the machine that Domain0's drivers ask for. */
static bool machine_msr(u32 msr)
{
    switch (msr) {
    case 0x17:       /* platform id */
    case 0x8b:       /* microcode level */
    case 0xce:       /* platform info */
    case 0xc0010010: /* AMD SYSCFG */
    case 0xc0010015: /* AMD HWCR */
    case 0xc001001a: /* AMD TOP_MEM, TOP_MEM2 */
    case 0xc001001d:
    case 0xc0011029: /* AMD DE_CFG */
        return true;
    }
    return false;
}

static int guest_rdmsr(struct vcpu *v, u32 msr, u64 *value)
{
    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS_BASE:
    case MSR_EFER:
        *value = rdmsr(msr);
        return 0;
    case MSR_APIC_BASE:
        *value = 0xfee00000UL | 0x800 | (v->id == 0 ? 0x100 : 0);
        return 0;
    case MSR_MISC_ENABLE:
        if (rdmsr_safe(msr, value))
            return -EFAULT;
        *value |= 0x1800; /* no branch trace store, no precise event sampling */
        return 0;
    case MSR_PAT:
        *value = XEN_PAT;
        return 0;
    case MSR_TSC:
        *value = rdtsc();
        return 0;
    case MSR_TSC_AUX:
        *value = v->arch.tsc_aux;
        return 0;
    case MSR_MCG_CAP: /* machine checks are there, and have no registers to report in */
    case MSR_MCG_STATUS:
        *value = 0;
        return 0;
    }
    return machine_msr(msr) ? rdmsr_safe(msr, value) : -EFAULT;
}

static int guest_wrmsr(struct vcpu *v, u32 msr, u64 value)
{
    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS_BASE:
        if (!is_canonical(value))
            return -EFAULT;
        wrmsr(msr, value);
        return 0;
    case MSR_TSC_AUX:
        if (!cpu_has_tsc_aux || value >> 32)
            return -EFAULT;
        v->arch.tsc_aux = value;
        wrmsr(msr, value);
        return 0;
    case MSR_PAT:
        return value == XEN_PAT ? 0 : -EFAULT;
    case MSR_MCG_STATUS:
    case 0x8b: /* written 0 before the microcode level is read */
    case MSR_APIC_BASE:
    case MSR_MISC_ENABLE:
        return 0; /* accepted, and without effect */
    }
    return -EFAULT;
}

static void set_edx_eax(struct regs *r, u64 value)
{
    r->rax = (u32)value;
    r->rdx = value >> 32;
}

static bool emulate_rdmsr(struct insn *i)
{
    u64 value;

    if (guest_rdmsr(i->v, i->r->rcx, &value))
        return false;
    set_edx_eax(i->r, value);
    return true;
}

/* ---- control and debug registers ---- */

#define GUEST_SEES_CR4 (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE | CR4_FSGSBASE)

/* The register operand of MOV CRn/DRn, and n. */
static bool fetch_mov_special(struct insn *i, u64 **operand, unsigned int *number)
{
    u8 modrm;

    if (!fetch(i, &modrm))
        return false;
    *operand = regs_numbered(i->r, (modrm & 7) | (i->rex & 1) << 3);
    *number = (modrm >> 3 & 7) | (i->rex & 4) << 1;
    return true;
}

static bool read_control(struct insn *i)
{
    struct arch_vcpu *a = &i->v->arch;
    unsigned int n;
    u64 *to;

    if (!fetch_mov_special(i, &to, &n))
        return false;
    switch (n) {
    case 0:
        *to = a->ctrlreg0 | CR0_MP | CR0_NE;
        return true;
    case 2:
        *to = i->v->info->arch.cr2;
        return true;
    case 3:
        *to = mfn_to_maddr(a->guest_table).a;
        return true;
    case 4: /* its own, and what we have on for everybody */
        *to = a->ctrlreg4 | (this_cpu()->cr4 & GUEST_SEES_CR4);
        return true;
    }
    return false;
}

static bool write_control(struct insn *i)
{
    struct vcpu *v = i->v;
    unsigned int n;
    u64 *from;

    if (!fetch_mov_special(i, &from, &n))
        return false;
    switch (n) {
    case 0:
        return do_fpu_taskswitch(!!(*from & CR0_TS)) == 0;
    case 2:
        v->info->arch.cr2 = *from;
        return true;
    case 3:
        return vcpu_new_guest_table(v, maddr_to_mfn(MADDR(*from & PTE_ADDR))) == 0;
    case 4:
        vcpu_set_cr4(v, *from);
        return true;
    }
    return false;
}

static bool move_debug(struct insn *i, bool write)
{
    unsigned int n;
    u64 *reg;

    if (!fetch_mov_special(i, &reg, &n) || n > 7)
        return false;
    if (write)
        return do_set_debugreg(n, *reg) == 0;
    *reg = do_get_debugreg(n);
    return true;
}

static bool emulate_xsetbv(struct insn *i)
{
    struct regs *r = i->r;

    return (u32)r->rcx == 0 &&
           fpu_set_xcr0(&i->v->arch, (u64)(u32)r->rdx << 32 | (u32)r->rax) == 0;
}

static bool emulate_rdtsc(struct insn *i)
{
    if (!i->v->arch.kernel_mode && (i->v->arch.ctrlreg4 & CR4_TSD))
        return false;
    set_edx_eax(i->r, rdtsc());
    return true;
}

/* 0F 01 xx */
static bool group_0f01(struct insn *i)
{
    u8 modrm;

    if (!fetch(i, &modrm))
        return false;
    switch (modrm) {
    case 0xd1:
        return i->v->arch.kernel_mode && emulate_xsetbv(i);
    case 0xf9: /* RDTSCP with CR4.TSD on */
        if (!emulate_rdtsc(i))
            return false;
        i->r->rcx = i->v->arch.tsc_aux;
        return true;
    }
    return false;
}

static bool two_byte(struct insn *i)
{
    u8 op;

    if (!fetch(i, &op))
        return false;
    if (op == 0x01)
        return group_0f01(i);
    if (op == 0x31)
        return emulate_rdtsc(i);
    if (!i->v->arch.kernel_mode)
        return false;
    switch (op) {
    case 0x06:
        return do_fpu_taskswitch(0) == 0;
    case 0x08: /* INVD, WBINVD: PV guests' memory is always write-back and coherent */
    case 0x09:
        return true;
    case 0x20:
        return read_control(i);
    case 0x21:
        return move_debug(i, false);
    case 0x22:
        return write_control(i);
    case 0x23:
        return move_debug(i, true);
    case 0x30:
        return !guest_wrmsr(i->v, i->r->rcx, (u64)(u32)i->r->rdx << 32 | (u32)i->r->rax);
    case 0x32:
        return emulate_rdmsr(i);
    }
    return false;
}

bool emulate_privileged(struct vcpu *v, struct regs *r)
{
    struct insn i = {.v = v, .r = r, .pos = r->rip, .long_mode = in_long_mode(r)};
    u8 op;

    if (!decode_prefixes(&i, &op))
        return false;
    switch (op) {
    case 0x6c ... 0x6f:
    case 0xe4 ... 0xe7:
    case 0xec ... 0xef:
        return port_io(&i, op);
    case 0xfa: /* CLI, STI: IF means nothing here; a kernel that has IOPL may say it anyway */
    case 0xfb:
        if (!iopl_allows(v))
            return false;
        break;
    case 0x0f:
        if (!two_byte(&i))
            return false;
        break;
    default:
        return false;
    }
    r->rip = i.pos;
    return true;
}

/* "ud2a; .ascii "xen"; cpuid": how a PV kernel asks for CPUID as the hypervisor wants it seen. */
bool emulate_forced_cpuid(struct vcpu *v, struct regs *r)
{
    static const u8 prefix[] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};
    u8 code[sizeof(prefix)];
    struct cpuid_regs answer;

    if (copy_in_bytes(code, GPTR(r->rip), sizeof(code)) ||
        __builtin_memcmp(code, prefix, sizeof(prefix)))
        return false;
    answer = guest_cpuid(v, r->rax, r->rcx);
    r->rax = answer.a;
    r->rbx = answer.b;
    r->rcx = answer.c;
    r->rdx = answer.d;
    r->rip += sizeof(prefix);
    return true;
}
