/* SPDX-License-Identifier: MIT */
/*
 * zstd: frames without dictionary. Facts: RFC 8878; section numbers below are its. The output
 * buffer is the window. The optional checksum (XXH64) is passed over.
 */
#include <xen/decompress.h>
#include <xen/errno.h>
#include <xen/string.h>

#define FSE_LOG_MAX     9
#define HUFFMAN_LOG_MAX 11
#define BLOCK_MAX       (128u << 10)

struct fse_table {
    unsigned int log; /* 0 with one entry: RLE mode */
    bool valid;
    struct {
        u8 symbol, bits;
        u16 base;
    } entry[1 << FSE_LOG_MAX];
};

struct huffman_table {
    unsigned int log; /* 0 = none yet */
    struct {
        u8 symbol, bits;
    } entry[1 << HUFFMAN_LOG_MAX];
};

struct zstd {
    const u8 *in, *end;
    u8 *out;
    size_t pos, limit, frame_start;
    struct huffman_table huffman;
    struct fse_table lengths, offsets, matches, weights;
    u64 repeat[3];
    u8 literals[BLOCK_MAX];
    size_t literal_count;
};

/* ---- bits, read from the end of a stream towards its beginning (4.1) ---- */

struct backward {
    const u8 *p;
    size_t size;
    long left; /* bits not yet read; negative: read past the beginning, as zeros */
};

static int backward_open(struct backward *b, const u8 *p, size_t size)
{
    if (size == 0 || p[size - 1] == 0)
        return -EILSEQ;
    *b = (struct backward){p, size, (long)size * 8 - 8 + (31 - __builtin_clz(p[size - 1]))};
    return 0;
}

static u64 backward_bits(struct backward *b, unsigned int n)
{
    size_t first;
    u64 v = 0;

    b->left -= n;
    if (n == 0)
        return 0;
    if (b->left < 0) {
        long have = b->left + (long)n;

        if (have <= 0)
            return 0;
        memcpy(&v, b->p, MIN(b->size, sizeof(v)));
        return (v & (BIT(have) - 1)) << (n - have);
    }
    first = b->left >> 3;
    memcpy(&v, b->p + first, MIN(b->size - first, sizeof(v)));
    return v >> (b->left & 7) & (BIT(n) - 1);
}

/* ---- finite state entropy (4.1) ---- */

/* The states of @t from the probabilities of @n symbols; -1 = "less than one". */
static void fse_build(struct fse_table *t, const s16 *probability, unsigned int n, unsigned int log)
{
    unsigned int size = 1u << log, high = size, step = (size >> 1) + (size >> 3) + 3, at = 0;
    u16 next[256];

    t->log = log;
    t->valid = true;
    for (unsigned int s = 0; s < n; s++) {
        next[s] = probability[s] < 0 ? 1 : probability[s];
        if (probability[s] < 0)
            t->entry[--high].symbol = s;
    }
    for (unsigned int s = 0; s < n; s++)
        for (int i = 0; i < probability[s]; i++) {
            t->entry[at].symbol = s;
            do
                at = (at + step) & (size - 1);
            while (at >= high);
        }
    for (unsigned int i = 0; i < size; i++) {
        unsigned int x = next[t->entry[i].symbol]++;

        t->entry[i].bits = log - (31 - __builtin_clz(x));
        t->entry[i].base = (x << t->entry[i].bits) - size;
    }
}

static void fse_single(struct fse_table *t, u8 symbol)
{
    t->log = 0;
    t->valid = true;
    t->entry[0].symbol = symbol;
    t->entry[0].bits = 0;
    t->entry[0].base = 0;
}

static u32 forward_bits(const u8 *p, size_t size, size_t bit, unsigned int n)
{
    u32 v = 0;

    if (bit / 8 < size)
        memcpy(&v, p + bit / 8, MIN(size - bit / 8, sizeof(v)));
    return v >> (bit % 8) & ((1u << n) - 1);
}

/* Read a distribution at s->in (4.1.1) and build @t from it. */
static int fse_read(struct zstd *s, struct fse_table *t, unsigned int log_max, unsigned int symbols)
{
    size_t size = s->end - s->in, bit = 4;
    unsigned int log = forward_bits(s->in, size, 0, 4) + 5, n = 0;
    int remaining;
    s16 probability[256];

    if (log > log_max)
        return -EILSEQ;
    remaining = 1 << log;
    while (remaining > 0 && n < symbols) {
        unsigned int bits = 32 - __builtin_clz(remaining + 1);
        u32 low_mask = (1u << (bits - 1)) - 1, v = forward_bits(s->in, size, bit, bits);
        u32 threshold = (1u << bits) - 1 - (remaining + 1);

        if ((v & low_mask) < threshold) { /* small values take a bit less */
            v &= low_mask;
            bit += bits - 1;
        } else {
            if (v > low_mask)
                v -= threshold;
            bit += bits;
        }
        probability[n] = (s16)v - 1;
        remaining -= probability[n] < 0 ? 1 : probability[n];
        if (probability[n++] == 0) {
            u32 zeros;

            do { /* runs of further symbols with probability 0 */
                zeros = forward_bits(s->in, size, bit, 2);
                bit += 2;
                for (u32 i = 0; i < zeros && n < symbols; i++)
                    probability[n++] = 0;
            } while (zeros == 3 && n < symbols);
        }
    }
    if (remaining != 0 || DIV_UP(bit, 8) > size)
        return -EILSEQ;
    s->in += DIV_UP(bit, 8);
    fse_build(t, probability, n, log);
    return 0;
}

static u8 fse_next(const struct fse_table *t, struct backward *b, u32 *state)
{
    u8 symbol = t->entry[*state].symbol;

    *state = t->entry[*state].base + backward_bits(b, t->entry[*state].bits);
    return symbol;
}

/* ---- Huffman (4.2) ---- */

/* Weights of all symbols but the last, which takes what is left of the whole. */
static int huffman_build(struct huffman_table *h, u8 *weight, unsigned int n)
{
    u32 sum = 0, left, at = 0;

    for (unsigned int i = 0; i < n; i++) {
        if (weight[i] > HUFFMAN_LOG_MAX)
            return -EILSEQ;
        sum += weight[i] ? 1u << (weight[i] - 1) : 0;
    }
    if (sum == 0)
        return -EILSEQ;
    h->log = 32 - __builtin_clz(sum);
    if (h->log > HUFFMAN_LOG_MAX) {
        h->log = 0;
        return -EILSEQ;
    }
    left = (1u << h->log) - sum;
    if (left & (left - 1))
        return -EILSEQ;
    weight[n++] = 32 - __builtin_clz(left);
    for (unsigned int w = 1; w <= h->log; w++)
        for (unsigned int i = 0; i < n; i++)
            if (weight[i] == w)
                for (u32 k = 0; k < 1u << (w - 1); k++, at++) {
                    h->entry[at].symbol = i;
                    h->entry[at].bits = h->log + 1 - w;
                }
    return 0;
}

/* Weights coded by two FSE states in turn, until the bits are used up. */
static int fse_weights(struct zstd *s, size_t size, u8 *weight, unsigned int *n)
{
    const u8 *whole_end = s->end;
    struct backward b;
    u32 state[2];
    int rc;

    s->end = s->in + size;
    rc = fse_read(s, &s->weights, 6, 13);
    if (!rc)
        rc = backward_open(&b, s->in, s->end - s->in);
    s->in = s->end;
    s->end = whole_end;
    if (rc)
        return rc;
    state[0] = backward_bits(&b, s->weights.log);
    state[1] = backward_bits(&b, s->weights.log);
    for (*n = 0; *n < 254;) {
        u32 turn = *n & 1;

        weight[(*n)++] = fse_next(&s->weights, &b, &state[turn]);
        if (b.left < 0) {
            weight[(*n)++] = s->weights.entry[state[!turn]].symbol;
            return 0;
        }
    }
    return -EILSEQ;
}

static int huffman_read(struct zstd *s)
{
    u8 weight[256], header;
    unsigned int n;
    int rc;

    if (s->in == s->end)
        return -EILSEQ;
    header = *s->in++;
    if (header < 128) {
        if (header > s->end - s->in)
            return -EILSEQ;
        rc = fse_weights(s, header, weight, &n);
        if (rc)
            return rc;
    } else {
        n = header - 127;
        if ((n + 1) / 2 > (size_t)(s->end - s->in))
            return -EILSEQ;
        for (unsigned int i = 0; i < n; i++)
            weight[i] = i & 1 ? s->in[i / 2] & 15 : s->in[i / 2] >> 4;
        s->in += (n + 1) / 2;
    }
    return n < 256 ? huffman_build(&s->huffman, weight, n) : -EILSEQ;
}

static int huffman_stream(const struct huffman_table *h, const u8 *p, size_t size, u8 *to, size_t n)
{
    struct backward b;

    if (backward_open(&b, p, size))
        return -EILSEQ;
    while (n--) {
        u32 index = backward_bits(&b, h->log);

        *to++ = h->entry[index].symbol;
        b.left += h->log - h->entry[index].bits; /* give back what the code did not need */
    }
    return b.left == 0 ? 0 : -EILSEQ;
}

/* ---- literals (3.1.1.3.1) ---- */

static int coded_literals(struct zstd *s, size_t n, size_t packed, bool four, bool new_table)
{
    const u8 *end = s->in + packed, *p;
    size_t quarter = (n + 3) / 4, done = 0;
    int rc = 0;

    if (new_table) {
        const u8 *whole_end = s->end;

        s->end = end;
        rc = huffman_read(s);
        s->end = whole_end;
    }
    if (rc || s->huffman.log == 0)
        return -EILSEQ;
    p = s->in;
    s->in = end;
    if (!four)
        return huffman_stream(&s->huffman, p, end - p, s->literals, n);
    if (end - p < 6 || quarter * 3 > n)
        return -EILSEQ;
    for (unsigned int i = 0; i < 4 && !rc; i++) {
        const u8 *start = p + 6 + done;
        size_t size = i < 3 ? (size_t)(p[2 * i] | p[2 * i + 1] << 8) : (size_t)(end - start);

        if (size > (size_t)(end - start))
            return -EILSEQ;
        rc = huffman_stream(&s->huffman, start, size, s->literals + i * quarter,
                            i < 3 ? quarter : n - 3 * quarter);
        done += size;
    }
    return rc;
}

static int read_literals(struct zstd *s)
{
    u64 header = 0;
    unsigned int type, format, bytes, size_bits;
    size_t n, packed;

    memcpy(&header, s->in, MIN((size_t)(s->end - s->in), sizeof(header)));
    type = header & 3;
    format = header >> 2 & 3;
    if (type < 2) { /* as they are, or one byte repeated */
        bytes = format == 1 ? 2 : format == 3 ? 3 : 1;
        n = (header & (BIT(8 * bytes) - 1)) >> (bytes == 1 ? 3 : 4);
        packed = type == 0 ? n : 1;
    } else {
        size_bits = format < 2 ? 10 : format == 2 ? 14 : 18;
        bytes = (4 + 2 * size_bits + 7) / 8;
        n = header >> 4 & (BIT(size_bits) - 1);
        packed = header >> (4 + size_bits) & (BIT(size_bits) - 1);
    }
    if (n > BLOCK_MAX || bytes > s->end - s->in || packed > (size_t)(s->end - s->in) - bytes)
        return -EILSEQ;
    s->in += bytes;
    s->literal_count = n;
    if (type >= 2)
        return coded_literals(s, n, packed, format != 0, type == 2);
    if (type == 0)
        memcpy(s->literals, s->in, n);
    else
        memset(s->literals, *s->in, n);
    s->in += packed;
    return 0;
}

/* ---- sequences (3.1.1.3.2) ---- */

static const s16 length_default[] = {4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2,  2,  2,  1,  1, 1, 2, 2,
                                     2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1};
static const s16 match_default[] = {1, 4, 3, 2, 2, 2, 2, 2, 2,  1,  1,  1,  1,  1,  1,  1,  1, 1,
                                    1, 1, 1, 1, 1, 1, 1, 1, 1,  1,  1,  1,  1,  1,  1,  1,  1, 1,
                                    1, 1, 1, 1, 1, 1, 1, 1, 1,  1,  -1, -1, -1, -1, -1, -1, -1};
static const s16 offset_default[] = {1, 1, 1, 1, 1, 1, 2, 2, 2, 1,  1,  1,  1,  1, 1,
                                     1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1};

static const u32 length_base[] = {0,  1,  2,  3,  4,  5,  6,   7,   8,   9,    10,   11,
                                  12, 13, 14, 15, 16, 18, 20,  22,  24,  28,   32,   40,
                                  48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768,
                                  65536};
static const u8 length_bits[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  0,  0,  0, 1, 1,
                                 1, 1, 2, 2, 3, 3, 4, 6, 7, 8,  9,  10, 11, 12, 13, 14, 15, 16};
static const u32 match_base[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  12,  13,  14,   15,   16,
                                 17, 18, 19, 20, 21, 22, 23, 24, 25,  26,  27,  28,   29,   30,
                                 31, 32, 33, 34, 35, 37, 39, 41, 43,  47,  51,  59,   67,   83,
                                 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539};
static const u8 match_bits[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  0,  0,  0, 0,
                                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  1,  1,  1, 1,
                                2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static int read_table(struct zstd *s, struct fse_table *t, unsigned int mode, unsigned int log_max,
                      unsigned int symbols, const s16 *standard, unsigned int standard_n,
                      unsigned int standard_log)
{
    switch (mode) {
    case 0:
        fse_build(t, standard, standard_n, standard_log);
        return 0;
    case 1:
        if (s->in == s->end || *s->in >= symbols)
            return -EILSEQ;
        fse_single(t, *s->in++);
        return 0;
    case 2:
        return fse_read(s, t, log_max, symbols);
    default:
        return t->valid ? 0 : -EILSEQ;
    }
}

static int sequence_count(struct zstd *s, u32 *count)
{
    const u8 *p = s->in;
    size_t left = s->end - p;

    if (left < 1)
        return -EILSEQ;
    if (p[0] < 128) {
        *count = p[0];
        s->in += 1;
    } else if (p[0] < 255 && left >= 2) {
        *count = (p[0] - 128) << 8 | p[1];
        s->in += 2;
    } else if (left >= 3) {
        *count = (p[1] | p[2] << 8) + 0x7f00;
        s->in += 3;
    } else {
        return -EILSEQ;
    }
    return 0;
}

/* The offset that @value names, and the three last ones brought up to date (3.1.1.5). */
static u64 resolve_offset(struct zstd *s, u64 value, u32 literals)
{
    u64 *r = s->repeat, offset;
    unsigned int which;

    if (value > 3) {
        offset = value - 3;
        which = 2;
    } else {
        which = value - 1 + (literals == 0);
        offset = which < 3 ? r[which] : r[0] - 1;
        if (which == 0)
            return offset;
        which = MIN(which, 2u);
    }
    if (which == 2)
        r[2] = r[1];
    r[1] = r[0];
    r[0] = offset;
    return offset;
}

static int emit_literals(struct zstd *s, size_t *used, size_t n)
{
    if (n > s->literal_count - *used)
        return -EILSEQ;
    if (n > s->limit - s->pos)
        return -ENOBUFS;
    memcpy(s->out + s->pos, s->literals + *used, n);
    *used += n;
    s->pos += n;
    return 0;
}

static int emit_match(struct zstd *s, u64 offset, size_t n)
{
    if (offset == 0 || offset > s->pos - s->frame_start)
        return -EILSEQ;
    if (n > s->limit - s->pos)
        return -ENOBUFS;
    for (; n; n--, s->pos++)
        s->out[s->pos] = s->out[s->pos - offset];
    return 0;
}

static int run_sequences(struct zstd *s, struct backward *b, u32 count, size_t *used)
{
    u32 l = backward_bits(b, s->lengths.log), o = backward_bits(b, s->offsets.log),
        m = backward_bits(b, s->matches.log);

    while (count--) {
        u8 l_code = s->lengths.entry[l].symbol, o_code = s->offsets.entry[o].symbol,
           m_code = s->matches.entry[m].symbol;
        u64 offset = BIT(o_code) + backward_bits(b, o_code);
        u32 match = match_base[m_code] + backward_bits(b, match_bits[m_code]);
        u32 literals = length_base[l_code] + backward_bits(b, length_bits[l_code]);
        int rc;

        if (count) {
            fse_next(&s->lengths, b, &l);
            fse_next(&s->matches, b, &m);
            fse_next(&s->offsets, b, &o);
        }
        if (b->left < 0)
            return -EILSEQ;
        offset = resolve_offset(s, offset, literals);
        rc = emit_literals(s, used, literals);
        if (!rc)
            rc = emit_match(s, offset, match);
        if (rc)
            return rc;
    }
    return b->left == 0 ? 0 : -EILSEQ;
}

static int coded_block(struct zstd *s)
{
    struct backward b;
    size_t used = 0;
    u32 count;
    u8 modes;
    int rc = read_literals(s);

    if (!rc)
        rc = sequence_count(s, &count);
    if (rc)
        return rc;
    if (count) {
        if (s->in == s->end)
            return -EILSEQ;
        modes = *s->in++;
        rc = read_table(s, &s->lengths, modes >> 6, 9, 36, length_default, 36, 6);
        if (!rc)
            rc = read_table(s, &s->offsets, modes >> 4 & 3, 8, 32, offset_default, 29, 5);
        if (!rc)
            rc = read_table(s, &s->matches, modes >> 2 & 3, 9, 53, match_default, 53, 6);
        if (!rc)
            rc = backward_open(&b, s->in, s->end - s->in);
        if (!rc)
            rc = run_sequences(s, &b, count, &used);
        if (rc)
            return rc;
    }
    s->in = s->end;
    return emit_literals(s, &used, s->literal_count - used);
}

/* ---- blocks and frames (3.1.1) ---- */

static int block(struct zstd *s, bool *last)
{
    const u8 *whole_end = s->end;
    u32 header = 0, size;
    int rc = 0;

    if (s->end - s->in < 3)
        return -EILSEQ;
    memcpy(&header, s->in, 3);
    s->in += 3;
    *last = header & 1;
    size = header >> 3;
    switch (header >> 1 & 3) {
    case 0:
        if (size > s->end - s->in)
            return -EILSEQ;
        if (size > s->limit - s->pos)
            return -ENOBUFS;
        memcpy(s->out + s->pos, s->in, size);
        s->in += size;
        s->pos += size;
        return 0;
    case 1:
        if (s->in == s->end)
            return -EILSEQ;
        if (size > s->limit - s->pos)
            return -ENOBUFS;
        memset(s->out + s->pos, *s->in++, size);
        s->pos += size;
        return 0;
    case 2:
        if (size > s->end - s->in)
            return -EILSEQ;
        s->end = s->in + size;
        rc = coded_block(s);
        s->end = whole_end;
        return rc;
    }
    return -EILSEQ;
}

static int frame(struct zstd *s)
{
    static const u8 id_bytes[4] = {0, 1, 2, 4}, size_bytes[4] = {0, 2, 4, 8};
    bool single, checksum, last;
    size_t header;
    u8 flags;

    if (s->end - s->in < 6)
        return -EILSEQ;
    flags = s->in[4];
    single = flags & 0x20;
    checksum = flags & 4;
    if ((flags & 8) || (flags & 3))
        return -EOPNOTSUPP; /* reserved, or with a dictionary that we have not */
    header = 5 + !single + id_bytes[flags & 3] + size_bytes[flags >> 6] +
             (single && flags >> 6 == 0);
    if (header > (size_t)(s->end - s->in))
        return -EILSEQ;
    s->in += header;
    s->frame_start = s->pos;
    s->huffman.log = 0;
    s->lengths.valid = s->offsets.valid = s->matches.valid = false;
    s->repeat[0] = 1;
    s->repeat[1] = 4;
    s->repeat[2] = 8;
    do {
        int rc = block(s, &last);

        if (rc)
            return rc;
    } while (!last);
    if (checksum) {
        if (s->end - s->in < 4)
            return -EILSEQ;
        s->in += 4;
    }
    return 0;
}

int unpack_zstd(const u8 *in, size_t in_size, u8 *out, size_t out_size, size_t *produced)
{
    static struct zstd s; /* large, and one at a time */
    int rc;

    s.in = in;
    s.end = in + in_size;
    s.out = out;
    s.pos = 0;
    s.limit = out_size;
    do
        rc = frame(&s);
    while (!rc && s.end - s.in >= 4 && !memcmp(s.in, "\x28\xb5\x2f\xfd", 4));
    *produced = s.pos;
    return rc;
}
