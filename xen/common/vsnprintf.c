/* SPDX-License-Identifier: MIT */
/*
 * Text from a format: the integer, string and pointer conversions of ISO C, without floating
 * point, plus %pS: an address as function+offset.
 */
#include <xen/printk.h>
#include <xen/string.h>
#include <xen/symbols.h>

struct out {
    char *buf;
    size_t size, len; /* len counts what would have been written */
};

/* A va_list in a struct: a pointer to it can be passed down. */
typedef struct {
    __builtin_va_list list;
} va_list_box;

struct spec {
    bool left, zero, plus, space, alt, upper;
    int width, precision; /* precision -1 = none given */
    unsigned int bytes;   /* size of the integer */
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->size)
        o->buf[o->len] = c;
    o->len++;
}

static void pad(struct out *o, int n, char c)
{
    for (; n > 0; n--)
        put(o, c);
}

static void put_text(struct out *o, const struct spec *sp, const char *s, size_t n)
{
    int fill = sp->width - (int)MIN(n, (size_t)INT_MAX);

    if (!sp->left)
        pad(o, fill, ' ');
    for (size_t i = 0; i < n; i++)
        put(o, s[i]);
    if (sp->left)
        pad(o, fill, ' ');
}

static void put_number(struct out *o, const struct spec *sp, u64 v, bool negative,
                       unsigned int base)
{
    const char *digits = sp->upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char tmp[24], prefix[3];
    int n = 0, np = 0, zeros, fill;

    if (sp->alt && base == 16 && v) {
        prefix[np++] = '0';
        prefix[np++] = sp->upper ? 'X' : 'x';
    } else if (negative || sp->plus || sp->space) {
        prefix[np++] = negative ? '-' : sp->plus ? '+' : ' ';
    }
    for (u64 rest = v; rest; rest /= base)
        tmp[n++] = digits[rest % base];
    if (n == 0 && sp->precision != 0)
        tmp[n++] = '0';
    zeros = MAX(sp->precision - n, 0);
    if (sp->zero && !sp->left && sp->precision < 0)
        zeros = MAX(sp->width - np - n, 0);
    fill = sp->width - np - zeros - n;
    if (!sp->left)
        pad(o, fill, ' ');
    for (int i = 0; i < np; i++)
        put(o, prefix[i]);
    pad(o, zeros, '0');
    while (n > 0)
        put(o, tmp[--n]);
    if (sp->left)
        pad(o, fill, ' ');
}

static const char *read_flags(const char *f, struct spec *sp)
{
    for (;; f++) {
        switch (*f) {
        case '-':
            sp->left = true;
            break;
        case '0':
            sp->zero = true;
            break;
        case '+':
            sp->plus = true;
            break;
        case ' ':
            sp->space = true;
            break;
        case '#':
            sp->alt = true;
            break;
        default:
            return f;
        }
    }
}

static const char *read_length(const char *f, struct spec *sp)
{
    sp->bytes = sizeof(int);
    for (;; f++) {
        if (*f == 'l' || *f == 'z' || *f == 't' || *f == 'j')
            sp->bytes = sizeof(long);
        else if (*f == 'h')
            sp->bytes = sp->bytes == sizeof(short) ? sizeof(char) : sizeof(short);
        else
            return f;
    }
}

static void put_symbol(struct out *o, unsigned long addr)
{
    struct spec plain = {.precision = -1}, hex = {.precision = -1, .alt = true};
    unsigned long offset;
    const char *name = symbol_lookup(addr, &offset);

    if (!name) {
        put_number(o, &hex, addr, false, 16);
        return;
    }
    put_text(o, &plain, name, strlen(name));
    put(o, '+');
    put_number(o, &hex, offset, false, 16);
}

/* A width or precision: a number (none = 0), or '*' for an argument. */
static const char *read_width(const char *f, int *width, va_list_box *ap)
{
    u64 n;

    if (*f == '*') {
        *width = __builtin_va_arg(ap->list, int);
        return f + 1;
    }
    n = strtoull(f, &f, 10);
    *width = MIN(n, 4096UL);
    return f;
}

static u64 next_integer(const struct spec *sp, bool is_signed, va_list_box *ap)
{
    unsigned int unused = 64 - 8 * sp->bytes;
    u64 v = sp->bytes == 8 ? __builtin_va_arg(ap->list, u64)
                           : __builtin_va_arg(ap->list, unsigned int);

    return is_signed ? (u64)((s64)(v << unused) >> unused) : v << unused >> unused;
}

/* The conversion at @f; returns its last character. */
static const char *convert(struct out *o, struct spec *sp, const char *f, va_list_box *ap)
{
    const char *s;
    char c;
    u64 v;

    switch (*f) {
    case 'd':
    case 'i':
        v = next_integer(sp, true, ap);
        put_number(o, sp, (s64)v < 0 ? -v : v, (s64)v < 0, 10);
        break;
    case 'u':
        put_number(o, sp, next_integer(sp, false, ap), false, 10);
        break;
    case 'X':
        sp->upper = true;
        /* fall through */
    case 'x':
        put_number(o, sp, next_integer(sp, false, ap), false, 16);
        break;
    case 'p':
        v = __builtin_va_arg(ap->list, unsigned long);
        if (f[1] == 'S') {
            put_symbol(o, v);
            return f + 1;
        }
        sp->precision = 16;
        put_number(o, sp, v, false, 16);
        break;
    case 's':
        s = __builtin_va_arg(ap->list, const char *);
        s = s ? s : "(null)";
        put_text(o, sp, s, strnlen(s, sp->precision < 0 ? SIZE_MAX : (size_t)sp->precision));
        break;
    case 'c':
        c = __builtin_va_arg(ap->list, int);
        put_text(o, sp, &c, 1);
        break;
    case '\0':
        return f - 1; /* the format ends inside a conversion */
    default:
        put(o, *f);
    }
    return f;
}

int vsnprintf(char *buf, size_t size, const char *f, __builtin_va_list args)
{
    struct out o = {.buf = buf, .size = size};
    va_list_box ap;

    __builtin_va_copy(ap.list, args);
    for (; *f; f++) {
        struct spec sp = {.precision = -1};

        if (*f != '%') {
            put(&o, *f);
            continue;
        }
        f = read_width(read_flags(f + 1, &sp), &sp.width, &ap);
        if (*f == '.')
            f = read_width(f + 1, &sp.precision, &ap);
        f = convert(&o, &sp, read_length(f, &sp), &ap);
    }
    __builtin_va_end(ap.list);
    if (size)
        buf[MIN(o.len, size - 1)] = '\0';
    return o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    __builtin_va_list ap;
    int n;

    __builtin_va_start(ap, fmt);
    n = vsnprintf(buf, size, fmt, ap);
    __builtin_va_end(ap);
    return n;
}
