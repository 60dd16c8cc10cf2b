/* SPDX-License-Identifier: MIT */
/* Text from a format, as much of ISO C as Xen's messages use: d u x c s p and %%, flags - 0 #, a
 * width, lengths l and ll; and %pS: an address as function+offset. */
#include <xen/printk.h>
#include <xen/string.h>

struct out {
    char *buf;
    size_t size, len; /* len counts what would have been written */
};

/* A va_list in a struct: a pointer to it can be passed down. */
typedef struct {
    __builtin_va_list list;
} va_list_box;

struct spec {
    bool left, zero, prefixed, is_long;
    unsigned int width;
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->size)
        o->buf[o->len] = c;
    o->len++;
}

static void put_text(struct out *o, const char *s, size_t n)
{
    while (n--)
        put(o, *s++);
}

/* @prefix and @s in a field of the width that is asked for. */
static void put_field(struct out *o, const struct spec *sp, const char *prefix, const char *s,
                      size_t n)
{
    size_t length = strlen(prefix) + n, fill = sp->width > length ? sp->width - length : 0;

    for (size_t i = 0; !sp->left && !sp->zero && i < fill; i++)
        put(o, ' ');
    put_text(o, prefix, strlen(prefix));
    for (size_t i = 0; !sp->left && sp->zero && i < fill; i++)
        put(o, '0');
    put_text(o, s, n);
    for (size_t i = 0; sp->left && i < fill; i++)
        put(o, ' ');
}

static void put_number(struct out *o, const struct spec *sp, const char *prefix, u64 v, u64 base)
{
    char digits[20], *end = digits + sizeof(digits), *p = end;

    do {
        *--p = "0123456789abcdef"[v % base];
    } while (v /= base);
    put_field(o, sp, prefix, p, end - p);
}

static void put_hex(struct out *o, const struct spec *sp, u64 v)
{
    put_number(o, sp, sp->prefixed && v ? "0x" : "", v, 16);
}

static void put_symbol(struct out *o, unsigned long addr)
{
    struct spec plain = {.prefixed = true};
    unsigned long offset;
    const char *name = symbol_lookup(addr, &offset);

    if (name) {
        put_text(o, name, strlen(name));
        put(o, '+');
    }
    put_hex(o, &plain, offset); /* the address, when it has no name */
}

static const char *read_spec(const char *f, struct spec *sp)
{
    for (;; f++) {
        if (*f == '-')
            sp->left = true;
        else if (*f == '0')
            sp->zero = true;
        else if (*f == '#')
            sp->prefixed = true;
        else
            break;
    }
    sp->width = strtoull(f, &f, 10);
    for (; *f == 'l'; f++)
        sp->is_long = true;
    return f;
}

/* The conversion at @f; returns its last character. */
static const char *convert(struct out *o, const struct spec *sp, const char *f, va_list_box *ap)
{
    const char *s;
    char c;
    s64 v;

    switch (*f) {
    case 'd':
        v = sp->is_long ? __builtin_va_arg(ap->list, long) : __builtin_va_arg(ap->list, int);
        put_number(o, sp, v < 0 ? "-" : "", v < 0 ? -(u64)v : (u64)v, 10);
        break;
    case 'u':
    case 'x':
        v = sp->is_long ? __builtin_va_arg(ap->list, s64)
                        : (s64)__builtin_va_arg(ap->list, unsigned int);
        if (*f == 'x')
            put_hex(o, sp, v);
        else
            put_number(o, sp, "", v, 10);
        break;
    case 'p':
        v = __builtin_va_arg(ap->list, s64);
        if (f[1] == 'S') {
            put_symbol(o, v);
            return f + 1;
        }
        put_hex(o, &(struct spec){.zero = true, .width = 16}, v);
        break;
    case 's':
        s = __builtin_va_arg(ap->list, const char *);
        s = s ? s : "(null)";
        put_field(o, sp, "", s, strlen(s));
        break;
    case 'c':
        c = __builtin_va_arg(ap->list, int);
        put_field(o, sp, "", &c, 1);
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
        struct spec sp = {.width = 0};

        if (*f == '%')
            f = convert(&o, &sp, read_spec(f + 1, &sp), &ap);
        else
            put(&o, *f);
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
