/* SPDX-License-Identifier: MIT */
/*
 * xz: one stream of blocks, filter x86 (optional) over LZMA2. Facts: "The .xz File Format" 1.1.0
 * and the LZMA specification. The output buffer is the dictionary.
 */
#include <xen/crc32.h>
#include <xen/decompress.h>
#include <xen/errno.h>
#include <xen/string.h>

#define STATES        12
#define POS_STATES    16
#define MATCH_MIN     2
#define LEN_LOW       8
#define LEN_MID       8
#define LEN_HIGH      256
#define DIST_STATES   4
#define DIST_SLOTS    64
#define DIST_MODEL_END 14 /* slots below have their own models for the low bits */
#define FULL_DISTANCES 128
#define ALIGN_BITS    4
#define LITERAL_SIZE  0x300
#define LITERAL_CODERS_MAX 16 /* lc + lp <= 4 in LZMA2 */

#define PROB_BITS 11
#define PROB_HALF (1u << (PROB_BITS - 1))
#define MOVE_BITS 5

struct length_coder {
    u16 choice, choice2;
    u16 low[POS_STATES][LEN_LOW], mid[POS_STATES][LEN_MID], high[LEN_HIGH];
};

struct probs {
    u16 is_match[STATES][POS_STATES], is_rep[STATES], is_rep0[STATES], is_rep1[STATES],
        is_rep2[STATES], is_rep0_long[STATES][POS_STATES];
    u16 dist_slot[DIST_STATES][DIST_SLOTS];
    u16 dist_special[FULL_DISTANCES - DIST_MODEL_END + 1];
    u16 dist_align[1 << ALIGN_BITS];
    struct length_coder match_len, rep_len;
    u16 literal[LITERAL_CODERS_MAX][LITERAL_SIZE];
};

struct lzma {
    const u8 *in, *in_end;
    u8 *out;
    size_t pos, dict_start, limit; /* in out: next byte, oldest byte in reach, end of the buffer */
    u32 range, code;
    bool overrun;
    u32 rep[4], state;
    u32 lc, literal_mask, pos_mask;
    bool have_props;
    struct probs p;
};

/* ---- range coder ---- */

static inline void normalize(struct lzma *z)
{
    if (z->range >= 1u << 24)
        return;
    z->range <<= 8;
    z->code <<= 8;
    if (z->in < z->in_end)
        z->code |= *z->in++;
    else
        z->overrun = true;
}

static inline u32 bit(struct lzma *z, u16 *prob)
{
    u32 bound;

    normalize(z);
    bound = (z->range >> PROB_BITS) * *prob;
    if (z->code < bound) {
        z->range = bound;
        *prob += ((1u << PROB_BITS) - *prob) >> MOVE_BITS;
        return 0;
    }
    z->range -= bound;
    z->code -= bound;
    *prob -= *prob >> MOVE_BITS;
    return 1;
}

/* @probs[1] is the root; @count is a power of two. */
static inline u32 bit_tree(struct lzma *z, u16 *probs, u32 count)
{
    u32 m = 1;

    do
        m = m << 1 | bit(z, &probs[m]);
    while (m < count);
    return m - count;
}

static u32 bit_tree_reverse(struct lzma *z, u16 *probs, u32 bits)
{
    u32 m = 1, v = 0;

    for (u32 i = 0; i < bits; i++) {
        u32 b = bit(z, &probs[m]);

        m = m << 1 | b;
        v |= b << i;
    }
    return v;
}

static u32 direct_bits(struct lzma *z, u32 bits)
{
    u32 v = 0;

    while (bits--) {
        normalize(z);
        z->range >>= 1;
        v <<= 1;
        if (z->code >= z->range) {
            z->code -= z->range;
            v |= 1;
        }
    }
    return v;
}

/* ---- symbols ---- */

static void literal(struct lzma *z)
{
    u32 previous = z->pos > z->dict_start ? z->out[z->pos - 1] : 0;
    u32 coder = ((z->pos & z->literal_mask) << z->lc) + (previous >> (8 - z->lc));
    u16 *probs = z->p.literal[coder];
    u32 m = 1;

    if (z->state >= 7) { /* after a match: the byte it would have gone on with guides */
        u32 match = z->out[z->pos - z->rep[0] - 1], offset = 0x100;

        do {
            u32 match_bit, b;

            match <<= 1;
            match_bit = match & offset;
            b = bit(z, &probs[offset + match_bit + m]);
            m = m << 1 | b;
            offset &= b ? match_bit : ~match_bit;
        } while (m < 0x100);
    } else {
        do
            m = m << 1 | bit(z, &probs[m]);
        while (m < 0x100);
    }
    z->out[z->pos++] = m;
    z->state = z->state < 4 ? 0 : z->state < 10 ? z->state - 3 : z->state - 6;
}

static u32 length(struct lzma *z, struct length_coder *l, u32 pos_state)
{
    if (!bit(z, &l->choice))
        return MATCH_MIN + bit_tree(z, l->low[pos_state], LEN_LOW);
    if (!bit(z, &l->choice2))
        return MATCH_MIN + LEN_LOW + bit_tree(z, l->mid[pos_state], LEN_MID);
    return MATCH_MIN + LEN_LOW + LEN_MID + bit_tree(z, l->high, LEN_HIGH);
}

static u32 distance(struct lzma *z, u32 len)
{
    u32 state = MIN(len - MATCH_MIN, DIST_STATES - 1u);
    u32 slot = bit_tree(z, z->p.dist_slot[state], DIST_SLOTS), bits, base;

    if (slot < 4)
        return slot;
    bits = (slot >> 1) - 1;
    base = (2 | (slot & 1)) << bits;
    if (slot < DIST_MODEL_END)
        return base + bit_tree_reverse(z, &z->p.dist_special[base - slot], bits);
    base += direct_bits(z, bits - ALIGN_BITS) << ALIGN_BITS;
    return base + bit_tree_reverse(z, z->p.dist_align, ALIGN_BITS);
}

static u32 match(struct lzma *z, u32 pos_state)
{
    u32 len = length(z, &z->p.match_len, pos_state);

    z->rep[3] = z->rep[2];
    z->rep[2] = z->rep[1];
    z->rep[1] = z->rep[0];
    z->rep[0] = distance(z, len);
    z->state = z->state < 7 ? 7 : 10;
    return len;
}

/* One of the last four distances again. */
static u32 repeated_match(struct lzma *z, u32 pos_state)
{
    u32 i, d;

    if (!bit(z, &z->p.is_rep0[z->state])) {
        if (!bit(z, &z->p.is_rep0_long[z->state][pos_state])) {
            z->state = z->state < 7 ? 9 : 11;
            return 1;
        }
    } else {
        i = !bit(z, &z->p.is_rep1[z->state]) ? 1 : !bit(z, &z->p.is_rep2[z->state]) ? 2 : 3;
        d = z->rep[i];
        for (; i > 0; i--)
            z->rep[i] = z->rep[i - 1];
        z->rep[0] = d;
    }
    z->state = z->state < 7 ? 8 : 11;
    return length(z, &z->p.rep_len, pos_state);
}

/* Bytes may overlap: the source runs into what is being written. */
static int copy_match(struct lzma *z, u32 len, size_t end)
{
    u8 *to = z->out + z->pos;
    const u8 *from;

    if (z->rep[0] >= z->pos - z->dict_start || len > end - z->pos)
        return -EILSEQ;
    from = to - z->rep[0] - 1;
    z->pos += len;
    while (len--)
        *to++ = *from++;
    return 0;
}

/* Decode until the output stands at @end. */
static int lzma_symbols(struct lzma *z, size_t end)
{
    while (z->pos < end) {
        u32 pos_state = z->pos & z->pos_mask, len;

        if (z->overrun)
            return -EILSEQ;
        if (!bit(z, &z->p.is_match[z->state][pos_state])) {
            if (z->state >= 7 && z->rep[0] >= z->pos - z->dict_start)
                return -EILSEQ;
            literal(z);
            continue;
        }
        len = bit(z, &z->p.is_rep[z->state]) ? repeated_match(z, pos_state) : match(z, pos_state);
        if (copy_match(z, len, end))
            return -EILSEQ;
    }
    normalize(z);
    return z->overrun ? -EILSEQ : 0;
}

/* ---- LZMA2 chunks ---- */

static void reset_state(struct lzma *z)
{
    u16 *p = (u16 *)&z->p;

    z->state = 0;
    memset(z->rep, 0, sizeof(z->rep));
    for (size_t i = 0; i < sizeof(z->p) / sizeof(*p); i++)
        p[i] = PROB_HALF;
}

static int set_props(struct lzma *z, u8 props)
{
    u32 lp, pb;

    if (props > (4 * 5 + 4) * 9 + 8)
        return -EILSEQ;
    pb = props / 45;
    lp = props % 45 / 9;
    z->lc = props % 9;
    if (z->lc + lp > 4)
        return -EILSEQ;
    z->literal_mask = (1u << lp) - 1;
    z->pos_mask = (1u << pb) - 1;
    z->have_props = true;
    return 0;
}

static size_t in_left(const struct lzma *z)
{
    return z->in_end - z->in;
}

static int raw_chunk(struct lzma *z, u8 control)
{
    size_t n;

    if (in_left(z) < 2)
        return -EILSEQ;
    n = (z->in[0] << 8 | z->in[1]) + 1;
    z->in += 2;
    if (n > in_left(z))
        return -EILSEQ;
    if (n > z->limit - z->pos)
        return -ENOBUFS;
    if (control == 1)
        z->dict_start = z->pos;
    memcpy(z->out + z->pos, z->in, n);
    z->pos += n;
    z->in += n;
    return 0;
}

static int lzma_chunk(struct lzma *z, u8 control)
{
    const u8 *whole_end = z->in_end;
    size_t unpacked, packed;
    int rc;

    if (in_left(z) < 4)
        return -EILSEQ;
    unpacked = ((control & 0x1f) << 16 | z->in[0] << 8 | z->in[1]) + 1;
    packed = (z->in[2] << 8 | z->in[3]) + 1;
    z->in += 4;
    if (control >= 0xc0) {
        if (in_left(z) < 1 || set_props(z, *z->in++))
            return -EILSEQ;
    }
    if (!z->have_props || packed > in_left(z) || packed < 5)
        return -EILSEQ;
    if (unpacked > z->limit - z->pos)
        return -ENOBUFS;
    if (control >= 0xe0)
        z->dict_start = z->pos;
    if (control >= 0xa0)
        reset_state(z);

    z->in_end = z->in + packed;
    z->range = ~0u;
    z->code = (u32)z->in[1] << 24 | z->in[2] << 16 | z->in[3] << 8 | z->in[4];
    z->in += 5;
    rc = lzma_symbols(z, z->pos + unpacked);
    if (!rc && z->in != z->in_end)
        rc = -EILSEQ;
    z->in_end = whole_end;
    return rc;
}

static int lzma2(struct lzma *z)
{
    bool first = true;

    for (;; first = false) {
        u8 control;
        int rc;

        if (in_left(z) < 1)
            return -EILSEQ;
        control = *z->in++;
        if (control == 0)
            return 0;
        if (first && control != 1 && control < 0xe0)
            return -EILSEQ; /* the first chunk must start a dictionary */
        if (control > 2 && control < 0x80)
            return -EILSEQ;
        rc = control < 0x80 ? raw_chunk(z, control) : lzma_chunk(z, control);
        if (rc)
            return rc;
    }
}

/* ---- the x86 filter: absolute call and jump targets back to relative ones ---- */

static bool sign_byte(u8 b)
{
    return b == 0x00 || b == 0xff;
}

/*
 * Undo the conversion of the operand at @p of an instruction that ends at offset @next. @back: how
 * many bytes before it stands an opcode byte that was passed over, 0 for none; the encoder then
 * chose among values by the byte which that opcode would have taken for its sign.
 */
static void convert_operand(u8 *p, u32 next, u32 back)
{
    u32 v;

    memcpy(&v, p, 4);
    for (;;) {
        v -= next;
        if (back == 0 || !sign_byte(v >> (24 - 8 * back)))
            break;
        v ^= (1u << (32 - 8 * back)) - 1;
    }
    v &= 0x01ffffff;
    if (v & 0x01000000)
        v |= 0xfe000000;
    memcpy(p, &v, 4);
}

/* May the opcode byte at @p be a call or jump? @passed: opcode bytes passed over, bit 0 nearest. */
static bool convertible(const u8 *p, u32 passed, u32 *back)
{
    static const s8 distance_of[8] = {0, 1, 2, -1, 3, -1, -1, -1}; /* -1: more than one */
    s8 d = distance_of[passed];

    if (d < 0 || !sign_byte(p[4]) || (d > 0 && sign_byte(p[4 - d])))
        return false;
    *back = d;
    return true;
}

static void x86_filter(u8 *p, size_t n)
{
    u32 passed = 0, back;

    for (size_t i = 0; i + 4 < n; i++) {
        bool opcode = (p[i] & 0xfe) == 0xe8;

        if (opcode && convertible(&p[i], passed, &back)) {
            convert_operand(&p[i + 1], (u32)i + 5, back);
            i += 4;
            passed = 0;
        } else {
            passed = (passed << 1 | opcode) & 7;
        }
    }
}

/* ---- the container ---- */

#define CHECK_CRC32 1
#define FILTER_X86   4
#define FILTER_LZMA2 0x21

static u32 word(const u8 *p)
{
    u32 v;

    memcpy(&v, p, 4);
    return v;
}

/* A number of 7 bits a byte, low ones first. */
static bool multibyte(const u8 **p, const u8 *end, u64 *v)
{
    *v = 0;
    for (unsigned int shift = 0; shift < 63 && *p < end; shift += 7) {
        u8 b = *(*p)++;

        *v |= (u64)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return true;
    }
    return false;
}

/* Filters of a block header at @p: sets *@x86. LZMA2 must be the last. */
static int read_filters(const u8 *p, const u8 *end, u8 flags, bool *x86)
{
    unsigned int count = (flags & 3) + 1;
    u64 id, size;

    *x86 = false;
    for (unsigned int i = 0; i < count; i++) {
        if (!multibyte(&p, end, &id) || !multibyte(&p, end, &size) || size > (u64)(end - p))
            return -EILSEQ;
        if (i == count - 1)
            return id == FILTER_LZMA2 ? 0 : -EOPNOTSUPP;
        if (id != FILTER_X86 || size != 0 || *x86)
            return -EOPNOTSUPP;
        *x86 = true;
        p += size;
    }
    return -EILSEQ;
}

static int block_header(struct lzma *z, bool *x86)
{
    const u8 *h = z->in, *p = h + 2, *end;
    size_t size = (h[0] + 1) * 4UL;
    u64 ignored;

    if (size > in_left(z))
        return -EILSEQ;
    end = h + size - 4;
    if (crc32(h, size - 4) != word(end) || (h[1] & 0x3c))
        return -EILSEQ;
    if ((h[1] & 0x40) && !multibyte(&p, end, &ignored))
        return -EILSEQ;
    if ((h[1] & 0x80) && !multibyte(&p, end, &ignored))
        return -EILSEQ;
    z->in = h + size;
    return read_filters(p, end, h[1], x86);
}

static const u8 check_sizes[16] = {0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64};

/* Checks other than CRC-32 are passed over. */
static int block(struct lzma *z, unsigned int check)
{
    const u8 *start;
    size_t from = z->pos;
    bool x86;
    int rc = block_header(z, &x86);

    if (rc)
        return rc;
    start = z->in;
    z->dict_start = z->pos;
    rc = lzma2(z);
    if (rc)
        return rc;
    if (x86)
        x86_filter(z->out + from, z->pos - from);
    z->in += -(size_t)(z->in - start) & 3;
    if (z->in > z->in_end || in_left(z) < check_sizes[check])
        return -EILSEQ;
    if (check == CHECK_CRC32 && crc32(z->out + from, z->pos - from) != word(z->in))
        return -EILSEQ;
    z->in += check_sizes[check];
    return 0;
}

int unpack_xz(const u8 *in, size_t in_size, u8 *out, size_t out_size, size_t *produced)
{
    static struct lzma z; /* 30 KiB: too much for a stack, and one at a time */
    unsigned int check;

    if (in_size < 12 || crc32(in + 6, 2) != word(in + 8) || in[6] || (in[7] & 0xf0))
        return -EILSEQ;
    check = in[7];
    z = (struct lzma){.in = in + 12, .in_end = in + in_size, .out = out, .limit = out_size};
    while (in_left(&z) && *z.in != 0) { /* 0 is the index: no block has so small a header */
        int rc = block(&z, check);

        if (rc)
            return rc;
    }
    *produced = z.pos;
    return in_left(&z) ? 0 : -EILSEQ;
}
