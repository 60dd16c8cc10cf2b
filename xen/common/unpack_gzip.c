/* SPDX-License-Identifier: MIT */
/* gzip: one member, DEFLATE. Facts: RFC 1951 and RFC 1952. The output buffer is the window. */
#include <xen/crc32.h>
#include <xen/decompress.h>
#include <xen/errno.h>
#include <xen/string.h>

#define MAX_BITS 15

/* A canonical code: how many codes of each length, and the symbols in order of their codes. */
struct code {
    u16 count[MAX_BITS + 1];
    u16 symbol[288];
};

struct inflate {
    const u8 *in, *end;
    u8 *out;
    size_t pos, limit;
    u32 bits;          /* not yet used, lowest first */
    unsigned int have; /* how many */
    bool overrun;
    struct code lengths, distances;
};

static u32 take(struct inflate *s, unsigned int n)
{
    u32 v;

    while (s->have < n) {
        if (s->in == s->end) {
            s->overrun = true;
            return 0;
        }
        s->bits |= (u32)*s->in++ << s->have;
        s->have += 8;
    }
    v = s->bits & ((1u << n) - 1);
    s->bits >>= n;
    s->have -= n;
    return v;
}

/* Build @c from the code length of each of @n symbols. -EILSEQ when they over-subscribe it. */
static int code_build(struct code *c, const u8 *length, unsigned int n)
{
    u16 offset[MAX_BITS + 1];
    int left = 1;

    memset(c->count, 0, sizeof(c->count));
    for (unsigned int i = 0; i < n; i++)
        c->count[length[i]]++;
    for (unsigned int l = 1; l <= MAX_BITS; l++) {
        left = left * 2 - c->count[l];
        if (left < 0)
            return -EILSEQ;
    }
    offset[1] = 0;
    for (unsigned int l = 1; l < MAX_BITS; l++)
        offset[l + 1] = offset[l] + c->count[l];
    for (unsigned int i = 0; i < n; i++)
        if (length[i])
            c->symbol[offset[length[i]]++] = i;
    return 0;
}

/* Codes of one length are consecutive numbers, so one comparison a bit finds the symbol. */
static int code_read(struct inflate *s, const struct code *c)
{
    int value = 0, first = 0, index = 0;

    for (unsigned int l = 1; l <= MAX_BITS; l++) {
        value |= take(s, 1);
        if (s->overrun)
            return -EILSEQ;
        if (value - c->count[l] < first)
            return c->symbol[index + (value - first)];
        index += c->count[l];
        first = (first + c->count[l]) << 1;
        value <<= 1;
    }
    return -EILSEQ;
}

static int copy_back(struct inflate *s, size_t distance, size_t n)
{
    if (distance > s->pos)
        return -EILSEQ;
    if (n > s->limit - s->pos)
        return -ENOBUFS;
    for (; n; n--, s->pos++)
        s->out[s->pos] = s->out[s->pos - distance];
    return 0;
}

static int coded_block(struct inflate *s)
{
    static const u16 length_base[] = {3,  4,  5,  6,  7,  8,  9,  10,  11,  13,  15,  17,  19,  23,
                                      27, 31, 35, 43, 51, 59, 67, 83,  99,  115, 131, 163, 195, 227,
                                      258};
    static const u8 length_extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                      2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

    for (;;) {
        int symbol = code_read(s, &s->lengths), rc;
        size_t n, distance;

        if (symbol < 0)
            return symbol;
        if (symbol == 256)
            return 0;
        if (symbol < 256) {
            if (s->pos == s->limit)
                return -ENOBUFS;
            s->out[s->pos++] = symbol;
            continue;
        }
        symbol -= 257;
        if (symbol >= (int)ARRAY_SIZE(length_base))
            return -EILSEQ;
        n = length_base[symbol] + take(s, length_extra[symbol]);
        symbol = code_read(s, &s->distances);
        if (symbol < 0 || symbol > 29)
            return -EILSEQ;
        distance = symbol + 1;
        if (symbol >= 4) {
            unsigned int extra = (symbol >> 1) - 1;

            distance = ((2 + (symbol & 1)) << extra) + 1 + take(s, extra);
        }
        rc = s->overrun ? -EILSEQ : copy_back(s, distance, n);
        if (rc)
            return rc;
    }
}

static int stored_block(struct inflate *s)
{
    size_t n;

    s->bits = 0; /* the rest of the byte is padding; whole bytes were never read ahead */
    s->have = 0;
    if (s->end - s->in < 4)
        return -EILSEQ;
    n = s->in[0] | s->in[1] << 8;
    if ((n ^ 0xffff) != (size_t)(s->in[2] | s->in[3] << 8))
        return -EILSEQ;
    s->in += 4;
    if (n > (size_t)(s->end - s->in))
        return -EILSEQ;
    if (n > s->limit - s->pos)
        return -ENOBUFS;
    memcpy(s->out + s->pos, s->in, n);
    s->in += n;
    s->pos += n;
    return 0;
}

static int fixed_block(struct inflate *s)
{
    u8 length[288];

    for (unsigned int i = 0; i < 288; i++)
        length[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    code_build(&s->lengths, length, 288);
    memset(length, 5, 30);
    code_build(&s->distances, length, 30);
    return coded_block(s);
}

/* The code lengths of both codes, themselves coded, with runs. */
static int read_lengths(struct inflate *s, u8 *length, unsigned int n)
{
    unsigned int i = 0;

    while (i < n) {
        int symbol = code_read(s, &s->lengths);
        unsigned int run;
        u8 value = 0;

        if (symbol < 0)
            return symbol;
        if (symbol < 16) {
            length[i++] = symbol;
            continue;
        }
        if (symbol == 16) {
            if (i == 0)
                return -EILSEQ;
            value = length[i - 1];
        }
        run = symbol == 16 ? 3 + take(s, 2) : symbol == 17 ? 3 + take(s, 3) : 11 + take(s, 7);
        if (run > n - i)
            return -EILSEQ;
        memset(length + i, value, run);
        i += run;
    }
    return 0;
}

static int dynamic_block(struct inflate *s)
{
    static const u8 order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    unsigned int literals = take(s, 5) + 257, distances = take(s, 5) + 1, n = take(s, 4) + 4;
    u8 length[288 + 32] = {0};
    int rc;

    if (literals > 286 || distances > 30)
        return -EILSEQ;
    for (unsigned int i = 0; i < n; i++)
        length[order[i]] = take(s, 3);
    rc = code_build(&s->lengths, length, 19);
    if (!rc)
        rc = read_lengths(s, length, literals + distances);
    if (!rc && length[256] == 0)
        rc = -EILSEQ;
    if (!rc)
        rc = code_build(&s->lengths, length, literals);
    if (!rc)
        rc = code_build(&s->distances, length + literals, distances);
    return rc ? rc : coded_block(s);
}

static int inflate(struct inflate *s)
{
    bool last;

    do {
        int rc;

        last = take(s, 1);
        switch (take(s, 2)) {
        case 0:
            rc = stored_block(s);
            break;
        case 1:
            rc = fixed_block(s);
            break;
        case 2:
            rc = dynamic_block(s);
            break;
        default:
            rc = -EILSEQ;
        }
        if (s->overrun)
            rc = -EILSEQ;
        if (rc)
            return rc;
    } while (!last);
    return 0;
}

/* ---- the container ---- */

#define FLAG_CRC     2
#define FLAG_EXTRA   4
#define FLAG_NAME    8
#define FLAG_COMMENT 16

static bool skip_string(const u8 **p, const u8 *end)
{
    while (*p < end)
        if (*(*p)++ == 0)
            return true;
    return false;
}

/* First byte after the header, or NULL. */
static const u8 *skip_header(const u8 *p, const u8 *end)
{
    u8 flags;

    if (end - p < 10 || p[2] != 8)
        return NULL;
    flags = p[3];
    p += 10;
    if (flags & FLAG_EXTRA) {
        if (end - p < 2 || end - p - 2 < (p[0] | p[1] << 8))
            return NULL;
        p += 2 + (p[0] | p[1] << 8);
    }
    if ((flags & FLAG_NAME) && !skip_string(&p, end))
        return NULL;
    if ((flags & FLAG_COMMENT) && !skip_string(&p, end))
        return NULL;
    if (flags & FLAG_CRC)
        p += 2;
    return p <= end ? p : NULL;
}

int unpack_gzip(const u8 *in, size_t in_size, u8 *out, size_t out_size, size_t *produced)
{
    const u8 *end = in + in_size, *start = skip_header(in, end);
    static struct inflate s; /* one at a time, and not small */
    u32 crc;
    int rc;

    if (!start)
        return -EILSEQ;
    s = (struct inflate){.in = start, .end = end, .out = out, .limit = out_size};
    rc = inflate(&s);
    if (rc)
        return rc;
    if (end - s.in < 4)
        return -EILSEQ;
    memcpy(&crc, s.in, 4);
    *produced = s.pos;
    return crc == crc32(out, s.pos) ? 0 : -EILSEQ;
}
