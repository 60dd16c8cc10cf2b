/* SPDX-License-Identifier: MIT */
/* Formatting: agrees with the C library on what both know, for 200,000 random conversions. */
/* SOURCES: xen/common/vsnprintf.c xen/common/string.c */
/* CFLAGS: $(HYPERVISOR) -fno-builtin -Wno-format -Wno-format-security -include tests/unit/own_string.h -Dsnprintf=xen_snprintf -Dvsnprintf=xen_vsnprintf */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <xen/printk.h>
#include <xen/string.h>

int libc_snprintf(char *buf, size_t size, const char *fmt, ...) __asm__("snprintf");

const char *symbol_lookup(unsigned long addr, unsigned long *offset)
{
    *offset = addr & 0xff;
    return addr >> 8 == 0x1234 ? "schedule" : NULL;
}

#define CHECK(expect, ...)                                            \
    do {                                                              \
        char out[128];                                                \
        assert_int_equal(snprintf(out, sizeof(out), __VA_ARGS__), strlen(expect)); \
        assert_string_equal(out, expect);                             \
    } while (0)

static void conversions(void **state)
{
    (void)state;
    CHECK("plain", "plain");
    CHECK("-5 5 ff 0xff 100%", "%d %u %x %#x 100%%", -5, 5u, 255, 255);
    CHECK("00ff|ff  |  ff|0x00ff", "%04x|%-4x|%4x|%#06x", 255, 255, 255, 255);
    CHECK("ffffffff ffffffffffffffff", "%x %lx", -1, -1L);
    CHECK("-9223372036854775808", "%ld", INT64_MIN);
    CHECK("a|  b|c  |def", "%c|%3s|%-3s|%2s", 'a', "b", "c", "def");
    CHECK("(null)", "%s", (char *)NULL);
    CHECK("0000000000001234", "%p", (void *)0x1234);
    CHECK("schedule+0x10 0x99", "%pS %pS", (void *)0x123410, (void *)0x99);
}

static void room(void **state)
{
    char out[8];

    (void)state;
    memset(out, 'z', sizeof(out));
    assert_int_equal(snprintf(out, 4, "%d", 123456), 6);
    assert_string_equal(out, "123");
    assert_int_equal(out[4], 'z');
    assert_int_equal(snprintf(out, 0, "%d", 1), 1);
    assert_int_equal(out[0], '1');
    assert_int_equal(snprintf(out, sizeof(out), "abc%"), 3);
    assert_int_equal(snprintf(out, sizeof(out), "abc%l"), 3);
}

static uint64_t seed = 88172645463325252ull;

static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* A random conversion of one integer, such as "%-012lx". */
static void random_format(char *f)
{
    static const char flags[] = "-0#", kinds[] = "dux";
    static const char *const lengths[] = {"", "l", "ll"};
    char kind = kinds[draw() % 3];

    *f++ = '%';
    for (unsigned int i = 0; i < 3; i++)
        if (draw() % 4 == 0 && !(flags[i] == '#' && kind != 'x'))
            *f++ = flags[i];
    if (draw() % 2)
        f += libc_snprintf(f, 8, "%u", (unsigned int)(draw() % 24));
    libc_snprintf(f, 8, "%s%c", lengths[draw() % 3], kind);
}

static void agrees_with_the_c_library(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 200000; i++) {
        uint64_t value = draw() >> draw() % 64;
        char format[40], ours[128], theirs[128];

        if (draw() % 16 == 0)
            value = 0;
        random_format(format);
        assert_int_equal(snprintf(ours, sizeof(ours), format, value),
                         libc_snprintf(theirs, sizeof(theirs), format, value));
        if (strcmp(ours, theirs))
            fail_msg("%s of %#llx: '%s', the C library says '%s'", format,
                     (unsigned long long)value, ours, theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversions),
        cmocka_unit_test(room),
        cmocka_unit_test(agrees_with_the_c_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
