/* SPDX-License-Identifier: MIT */
/* Guest stores to its read-only page tables: decode the instruction, hand the entry to pt_write. */
#include <asm/pt.h>
#include <asm/regs.h>
#include <xen/bitops.h>
#include <xen/domain.h>
#include <xen/guest_copy.h>
#include <xen/string.h>

#define MAX_INSN 15

#define REX_R 4
#define REX_W 8

enum store_op { OP_MOV, OP_XCHG, OP_CMPXCHG, OP_AND, OP_OR, OP_XOR, OP_BTS, OP_BTR, OP_BTC };

/* What the instruction does to memory. Facts: Intel SDM vol. 2, opcode maps. The address is the
 * fault's: whatever bytes another vcpu puts here, only a checked entry can come of it. */
struct store {
    enum store_op op;
    unsigned int size;  /* bytes, 1 to 8 */
    u64 operand;        /* immediate or register, in the low bytes */
    u64 *reg;           /* the register operand, or NULL */
    unsigned int length;
};

/* Zeros follow the bytes there are: they end a run of prefixes; the rest is 12 bytes at most. */
struct bytes {
    u8 b[MAX_INSN + 13];
    unsigned int n, at;
};

/* Instruction bytes at @rip: as many of 15 as are mapped. */
static void fetch(struct bytes *s, unsigned long rip)
{
    ZERO(*s);
    s->n = MIN(PAGE_SIZE - (rip & ~PAGE_MASK), (unsigned long)MAX_INSN);
    if (copy_in_bytes(s->b, GPTR(rip), s->n))
        s->n = 0;
    else if (s->n < MAX_INSN && !copy_in_bytes(s->b + s->n, GPTR(rip + s->n), MAX_INSN - s->n))
        s->n = MAX_INSN;
}

static u8 next(struct bytes *s)
{
    return s->b[s->at++];
}

/* @n bytes, at most 4, sign extended. */
static u64 next_imm(struct bytes *s, unsigned int n)
{
    u64 v = 0;

    for (unsigned int i = 0; i < n; i++)
        v |= (u64)next(s) << (8 * i);
    return (s64)(v << (64 - 8 * n)) >> (64 - 8 * n);
}

/* Skip what follows ModRM: SIB and displacement. False when the operand is a register. */
static bool skip_address(struct bytes *s, u8 modrm)
{
    unsigned int mod = modrm >> 6, rm = modrm & 7, disp = mod == 1 ? 1 : mod == 2 ? 4 : 0;

    if (mod == 3)
        return false;
    if (rm == 4) {
        if ((next(s) & 7) == 5 && mod == 0)
            disp = 4;
    } else if (rm == 5 && mod == 0) {
        disp = 4; /* relative to rip */
    }
    s->at += disp;
    return true;
}

/* Prefixes, then the opcode; 0x0f opcodes come as 0x0fxx. 0: not one of ours. */
static unsigned int next_opcode(struct bytes *s, u8 *rex, bool *operand16)
{
    u8 b;

    *rex = 0;
    *operand16 = false;
    for (;;) {
        b = next(s);
        if (b == 0x66)
            *operand16 = true;
        else if (b != 0xf0 && b != 0x3e && b != 0x2e && b != 0x26 && b != 0x36)
            break;
    }
    if ((b & 0xf0) == 0x40) {
        *rex = b;
        b = next(s);
    }
    return b == 0x0f ? 0x0f00 | next(s) : b;
}

/* How an opcode says what it does. */
struct form {
    u16 opcode;
    u8 slash;  /* required ModRM.reg, or ANY: it names the register operand */
    u8 imm;    /* IMM_*: what follows */
    u8 op;     /* enum store_op */
    bool bytes; /* the opcode is for byte operands; without it, for wider ones */
};

#define ANY 0xff
enum { IMM_NONE, IMM_8, IMM_FULL };

/* The ones Linux uses most come first. */
static const struct form forms[] = {
    {0x87, ANY, IMM_NONE, OP_XCHG, false},    {0x89, ANY, IMM_NONE, OP_MOV, false},
    {0xc7, 0, IMM_FULL, OP_MOV, false},       {0x80, 4, IMM_8, OP_AND, true},
    {0x0fb1, ANY, IMM_NONE, OP_CMPXCHG, false}, {0x0fba, 6, IMM_8, OP_BTR, false},
    {0x0fb3, ANY, IMM_NONE, OP_BTR, false},   {0x86, ANY, IMM_NONE, OP_XCHG, true},
    {0x88, ANY, IMM_NONE, OP_MOV, true},      {0xc6, 0, IMM_8, OP_MOV, true},
    {0x08, ANY, IMM_NONE, OP_OR, true},       {0x09, ANY, IMM_NONE, OP_OR, false},
    {0x20, ANY, IMM_NONE, OP_AND, true},      {0x21, ANY, IMM_NONE, OP_AND, false},
    {0x30, ANY, IMM_NONE, OP_XOR, true},      {0x31, ANY, IMM_NONE, OP_XOR, false},
    {0x80, 1, IMM_8, OP_OR, true},            {0x80, 6, IMM_8, OP_XOR, true},
    {0x81, 1, IMM_FULL, OP_OR, false},        {0x81, 4, IMM_FULL, OP_AND, false},
    {0x81, 6, IMM_FULL, OP_XOR, false},       {0x83, 1, IMM_8, OP_OR, false},
    {0x83, 4, IMM_8, OP_AND, false},          {0x83, 6, IMM_8, OP_XOR, false},
    {0x0fb0, ANY, IMM_NONE, OP_CMPXCHG, true}, {0x0fab, ANY, IMM_NONE, OP_BTS, false},
    {0x0fbb, ANY, IMM_NONE, OP_BTC, false},   {0x0fba, 5, IMM_8, OP_BTS, false},
    {0x0fba, 7, IMM_8, OP_BTC, false},
};

static const struct form *find_form(unsigned int opcode, u8 modrm)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(forms); i++)
        if (forms[i].opcode == opcode &&
            (forms[i].slash == ANY || forms[i].slash == (modrm >> 3 & 7)))
            return &forms[i];
    return NULL;
}

static bool decode(struct store *st, struct regs *r)
{
    unsigned int opcode, reg;
    const struct form *f;
    struct bytes s;
    bool operand16;
    u8 rex, modrm;

    fetch(&s, r->rip);
    opcode = next_opcode(&s, &rex, &operand16);
    modrm = next(&s);
    f = find_form(opcode, modrm);
    if (!f || !skip_address(&s, modrm))
        return false;
    reg = (modrm >> 3 & 7) | (rex & REX_R ? 8 : 0);
    if (f->slash == ANY && f->bytes && !rex && reg >= 4)
        return false; /* AH to BH: no compiler stores a page-table entry so */

    st->op = f->op;
    st->size = f->bytes ? 1 : rex & REX_W ? 8 : operand16 ? 2 : 4;
    st->reg = f->slash == ANY ? regs_numbered(r, reg) : NULL;
    if (f->imm == IMM_NONE)
        st->operand = *st->reg;
    else
        st->operand = next_imm(&s, f->imm == IMM_8 ? 1 : MIN(st->size, 4U));
    st->length = s.at;
    return s.at <= s.n;
}

/* ---- doing it ---- */

/* The lowest @size bytes, 1 to 8, of @v. */
static inline u64 low(u64 v, unsigned int size)
{
    return v & (~0UL >> (64 - 8 * size));
}

/* A register of @size takes @v: 32-bit writes clear the upper half, smaller ones leave it. */
static void set_reg(u64 *reg, u64 v, unsigned int size)
{
    *reg = size >= 4 ? low(v, size) : (*reg & ~low(~0UL, size)) | low(v, size);
}

/* The value to store over @was, which the instruction finds there. */
static u64 result_of(const struct store *st, u64 was, const struct regs *r)
{
    u64 bit = BIT(st->operand & (8 * st->size - 1));

    switch (st->op) {
    case OP_MOV:
    case OP_XCHG:
        return st->operand;
    case OP_AND:
        return was & st->operand;
    case OP_OR:
        return was | st->operand;
    case OP_XOR:
        return was ^ st->operand;
    case OP_BTS:
        return was | bit;
    case OP_BTR:
        return was & ~bit;
    case OP_BTC:
        return was ^ bit;
    case OP_CMPXCHG:
        break;
    }
    return low(r->rax ^ was, st->size) ? was : st->operand;
}

#define FLAG_PF 0x004UL
#define FLAG_AF 0x010UL
#define FLAG_ZF 0x040UL
#define FLAG_SF 0x080UL
#define FLAG_OF 0x800UL
#define FLAGS_ARITH (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

static u64 flags_of(u64 v, unsigned int size)
{
    return (low(v, size) ? 0 : FLAG_ZF) | (v >> (8 * size - 1) & 1 ? FLAG_SF : 0) |
           (__builtin_parity(v & 0xff) ? 0 : FLAG_PF);
}

/* Flags as CMP sets them for accumulator @a and memory @b. */
static u64 compare_flags(u64 a, u64 b, unsigned int size)
{
    u64 diff = a - b;

    return flags_of(diff, size) | (low(a, size) < low(b, size) ? FLAG_CF : 0) |
           ((a ^ b ^ diff) & FLAG_AF) |
           (((a ^ b) & (a ^ diff)) >> (8 * size - 1) & 1 ? FLAG_OF : 0);
}

/* Registers and flags after the store of @now over @was. */
static void finish(const struct store *st, u64 was, u64 now, struct regs *r)
{
    unsigned int size = st->size;
    u64 flags = r->rflags & ~FLAGS_ARITH;

    switch (st->op) {
    case OP_MOV:
        break;
    case OP_XCHG:
        set_reg(st->reg, was, size);
        break;
    case OP_CMPXCHG:
        r->rflags = flags | compare_flags(r->rax, was, size);
        if (!(r->rflags & FLAG_ZF))
            set_reg(&r->rax, was, size);
        break;
    case OP_BTS:
    case OP_BTR:
    case OP_BTC:
        r->rflags &= ~FLAG_CF;
        r->rflags |= was >> (st->operand & (8 * size - 1)) & 1 ? FLAG_CF : 0;
        break;
    default:
        r->rflags = flags | flags_of(now, size);
    }
    r->rip += st->length;
}

/* Do @st on the entry that holds byte @va, in table @table of @level: the entry changes from what
 * it is to what the store makes of it, in one step, or the instruction is tried again. */
static bool store_entry(struct domain *d, mfn_t table, unsigned int level, unsigned long va,
                        const struct store *st, struct regs *r)
{
    unsigned int index = (va & ~PAGE_MASK) / sizeof(pte_t), shift = (va & 7) * 8;
    u64 mask = low(~0UL, st->size) << shift;
    pte_t *p = (pte_t *)mfn_to_virt(table) + index, old;

    if ((va & 7) + st->size > sizeof(pte_t))
        return false;
    old = READ_ONCE(*p);
    for (unsigned int tries = 0; tries < 16; tries++) {
        u64 was = low(old >> shift, st->size), now = low(result_of(st, was, r), st->size);
        int rc = pt_write(d, table, level, index, (old & ~mask) | now << shift, PT_COMPARE, &old,
                          d);

        if (rc == 0)
            finish(st, was, now, r);
        if (rc != -EAGAIN)
            return rc == 0;
    }
    return true; /* rip stands: the guest executes it once more */
}

bool pt_fault_emulate(struct vcpu *v, struct regs *r, unsigned long va)
{
    struct domain *d = v->domain;
    struct store st;
    mfn_t m, l1;
    bool done;
    pte_t e;
    int level;

    if (!pt_walk(v->arch.guest_table, va, &e, &l1) || (e & (PTE_PRESENT | PTE_RW)) != PTE_PRESENT)
        return false;
    m = pte_mfn(e);
    level = frame_get_table(m, d);
    if (level <= 0)
        return false;
    done = decode(&st, r) && store_entry(d, m, level, va, &st, r);
    frame_put_type(m);
    return done;
}
