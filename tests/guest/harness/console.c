/* SPDX-License-Identifier: MIT */
/* Output: the hypervisor's console for Domain0, the console ring for other domains. */
#include "harness.h"
#include <public/io/console.h>

void *memset(void *to, int value, size_t size)
{
    for (char *p = to; size--; p++)
        *p = value;
    return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
    const char *f = from;

    for (char *p = to; size--; p++)
        *p = *f++;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *p = a, *q = b;

    for (; size--; p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

bool starts_with(const char *s, const char *prefix)
{
    while (*prefix)
        if (*s++ != *prefix++)
            return false;
    return true;
}

static void ring_write(const char *text, size_t size)
{
    struct xencons_interface *ring = va_of_mfn(start_info->console.domU.mfn);
    struct evtchn_send send = { .port = start_info->console.domU.evtchn };

    while (size) {
        while (ring->out_prod - *(volatile uint32_t *)&ring->out_cons == sizeof(ring->out))
            HYPERCALL(sched_op, SCHEDOP_yield, NULL);
        ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = *text++;
        __sync_synchronize();
        ring->out_prod++;
        size--;
    }
    HYPERCALL(event_channel_op, EVTCHNOP_send, &send);
}

static void write(const char *text, size_t size)
{
    if (in_domain0)
        HYPERCALL(console_io, CONSOLEIO_write, size, text);
    else
        ring_write(text, size);
}

/* A line being put together; what does not fit is lost. */
struct line {
    char text[512];
    size_t used;
};

static void put(struct line *line, char c)
{
    if (line->used < sizeof(line->text))
        line->text[line->used++] = c;
}

static void put_number(struct line *line, uint64_t value, unsigned int base, int width, char pad)
{
    char digits[24];
    int n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n < width && n < (int)sizeof(digits))
        digits[n++] = pad;
    while (n)
        put(line, digits[--n]);
}

static void put_string(struct line *line, const char *s, int width)
{
    for (s = s ? s : "(null)"; *s; s++, width--)
        put(line, *s);
    for (; width > 0; width--)
        put(line, ' ');
}

/* One conversion, after its %: flags 0 and #, width, l, and d i u x c s p. */
static const char *convert(struct line *line, const char *f, va_list *args)
{
    bool zero = false, prefix = false, is_long = false;
    int width = 0;
    int64_t value;

    for (; *f == '0' || *f == '#' || *f == '-'; f++)
        *(*f == '0' ? &zero : &prefix) = *f != '-';
    for (; *f >= '0' && *f <= '9'; f++)
        width = width * 10 + *f - '0';
    for (; *f == 'l' || *f == 'z'; f++)
        is_long = true;
    switch (*f) {
    case 's': put_string(line, va_arg(*args, const char *), width); return f;
    case 'c': put(line, va_arg(*args, int)); return f;
    case '%': put(line, '%'); return f;
    case 'p': is_long = prefix = true; break;
    }
    value = is_long ? va_arg(*args, int64_t) : va_arg(*args, int);
    if (*f == 'd' || *f == 'i') {
        if (value < 0)
            put(line, '-');
        put_number(line, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, width, ' ');
        return f;
    }
    if (!is_long)
        value = (uint32_t)value;
    if (prefix && *f != 'u')
        put_string(line, "0x", 0);
    put_number(line, value, *f == 'u' ? 10 : 16, width, zero ? '0' : ' ');
    return f;
}

static void format_line(struct line *line, const char *format, va_list *args)
{
    for (; *format; format++) {
        if (*format == '%')
            format = convert(line, format + 1, args);
        else
            put(line, *format);
    }
}

void printf(const char *format, ...)
{
    struct line line = { .used = 0 };
    va_list args;

    va_start(args, format);
    format_line(&line, format, &args);
    va_end(args);
    write(line.text, line.used);
}

/* main.c: "TEST: verdict name: why" in one piece, so that nothing gets in between. */
void report_line(const char *verdict, const char *name, const char *format, va_list *args)
{
    struct line line = { .used = 0 };

    put_string(&line, "TEST: ", 0);
    put_string(&line, verdict, 0);
    put(&line, ' ');
    put_string(&line, name, 0);
    if (format) {
        put_string(&line, ": ", 0);
        format_line(&line, format, args);
    }
    line.used = line.used < sizeof(line.text) ? line.used : sizeof(line.text) - 1;
    put(&line, '\n');
    write(line.text, line.used);
}
