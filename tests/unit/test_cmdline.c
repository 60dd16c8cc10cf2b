/* SPDX-License-Identifier: MIT */
/* Boot options: words, quotes, values and units, and that nothing misspelt passes in silence. */
/* SOURCES: xen/common/cmdline.c xen/common/string.c */
/* CFLAGS: $(HYPERVISOR) -fno-builtin -include tests/unit/own_string.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <xen/cmdline.h>
#include <xen/errno.h>
#include <xen/printk.h>
#include <xen/string.h>

static char said[4096];  /* all that printk() was given */
static char seen[8][64]; /* values that option "take" got */
static unsigned int nr_seen;

void printk(const char *fmt, ...)
{
    size_t n = strlen(said);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(said + n, sizeof(said) - n, fmt, ap);
    va_end(ap);
}

static int take(const char *value)
{
    strlcpy(seen[nr_seen++ % 8], value, sizeof(seen[0]));
    return 0;
}

static int refuse(const char *value)
{
    (void)value;
    return -EINVAL;
}

const struct boot_option boot_options_start[] = {
    {"take", take},
    {"refuse", refuse},
};
__asm__(".globl boot_options_end\n.set boot_options_end, boot_options_start + 32");

static int reset(void **state)
{
    (void)state;
    nr_seen = 0;
    said[0] = '\0';
    return 0;
}

static void words_and_values(void **state)
{
    (void)state;
    cmdline_parse("  take=1 take\ttake=a=b   take= ");
    assert_int_equal(nr_seen, 4);
    assert_string_equal(seen[0], "1");
    assert_string_equal(seen[1], "");
    assert_string_equal(seen[2], "a=b");
    assert_string_equal(seen[3], "");
    assert_string_equal(said, "");
}

static void quotes(void **state)
{
    (void)state;
    cmdline_parse("take=\"two words\" \"take=x y\" take=\"open to the end");
    assert_int_equal(nr_seen, 3);
    assert_string_equal(seen[0], "two words");
    assert_string_equal(seen[1], "x y");
    assert_string_equal(seen[2], "open to the end");
}

static void unknown_options_are_named(void **state)
{
    (void)state;
    cmdline_parse("tak=1 refuse=nonsense taken");
    assert_int_equal(nr_seen, 0);
    assert_non_null(__builtin_strstr(said, "tak is unknown"));
    assert_non_null(__builtin_strstr(said, "taken is unknown"));
    assert_non_null(__builtin_strstr(said, "refuse=nonsense"));
}

static void words_of_grub_scripts_are_silent(void **state)
{
    (void)state;
    cmdline_parse("placeholder no-real-mode edd=off take=1");
    assert_int_equal(nr_seen, 1);
    assert_string_equal(said, "");
}

static void long_lines_are_cut(void **state)
{
    char line[3000];

    (void)state;
    memset(line, 'x', sizeof(line));
    memcpy(line, "take=1 take=", 12);
    line[sizeof(line) - 1] = '\0';
    cmdline_parse(line);
    assert_int_equal(nr_seen, 2);
    assert_int_equal(strlen(saved_cmdline), sizeof(saved_cmdline) - 1);
}

static void sizes(void **state)
{
    static const struct {
        const char *text, *rest;
        u64 value;
    } cases[] = {
        {"512M", "", 512UL << 20},
        {"1g,max:2G", ",max:2G", 1UL << 30},
        {"4096", "", 4096UL << 10},
        {"4096K", "", 4096UL << 10},
        {"100b", "", 100},
        {"2T", "", 2UL << 40},
        {"0x10m", "", 16UL << 20},
        {"", "", 0},
        {"-1M", "-1M", 0},
        {"20000000000000000000G", "", UINT64_MAX},
        {"18446744073709551615k", "", UINT64_MAX},
    };

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *end;

        assert_int_equal(parse_size(cases[i].text, &end), cases[i].value);
        assert_string_equal(end, cases[i].rest);
    }
}

static void numbers_and_booleans(void **state)
{
    unsigned int n = 7;

    (void)state;
    assert_int_equal(parse_uint("42", &n), 0);
    assert_int_equal(n, 42);
    assert_int_equal(parse_uint("0x2a", &n), 0);
    assert_int_equal(n, 42);
    assert_int_equal(parse_uint("4294967296", &n), -EINVAL);
    assert_int_equal(parse_uint("", &n), -EINVAL);
    assert_int_equal(parse_uint("4x", &n), -EINVAL);
    assert_int_equal(n, 42);
    assert_int_equal(parse_bool(""), 1);
    assert_int_equal(parse_bool("yes"), 1);
    assert_int_equal(parse_bool("off"), 0);
    assert_int_equal(parse_bool("maybe"), -EINVAL);
}

static void string_functions(void **state)
{
    char b[16] = "abcdefgh";

    (void)state;
    memmove(b + 2, b, 6);
    assert_string_equal(b, "ababcdef");
    memmove(b, b + 2, 7);
    assert_string_equal(b, "abcdef");
    assert_int_equal(strlcpy(b, "longer than that it is", 8), 22);
    assert_string_equal(b, "longer ");
    assert_true(strncmp("abc", "abd", 2) == 0 && strncmp("abc", "abd", 3) < 0);
    assert_true(strcmp("a", "\xff") < 0 && memcmp("\xff", "a", 1) > 0);
    assert_null(strchr("abc", 'd'));
    assert_string_equal(strchr("abc", 0), "");
    assert_int_equal(strtoull("ffz", NULL, 16), 255);
    assert_int_equal(strtoull("010", NULL, 0), 8);
    assert_int_equal(strtoull("0x", NULL, 0), 0);
}

/* Every small size and offset: nothing outside is touched. */
static void copies_of_all_sizes(void **state)
{
    unsigned char from[250], to[250];

    (void)state;
    for (unsigned int i = 0; i < sizeof(from); i++)
        from[i] = i + 1;
    for (unsigned int at = 0; at < 9; at++)
        for (unsigned int n = 0; n < 200; n++) {
            memset(to, 0xaa, sizeof(to));
            memcpy(to + at, from + 3, n);
            for (unsigned int i = 0; i < sizeof(to); i++)
                assert_int_equal(to[i], i >= at && i < at + n ? 3 + i - at + 1 : 0xaa);
            memset(to + at, 0x155, n);
            for (unsigned int i = 0; i < sizeof(to); i++)
                assert_int_equal(to[i], i >= at && i < at + n ? 0x55 : 0xaa);
            memcpy(to, from, sizeof(to));
            memmove(to + at, to + 4, n);
            for (unsigned int i = 0; i < sizeof(to); i++)
                assert_int_equal(to[i], i >= at && i < at + n ? 4 + i - at + 1 : i + 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(words_and_values, reset),
        cmocka_unit_test_setup(quotes, reset),
        cmocka_unit_test_setup(unknown_options_are_named, reset),
        cmocka_unit_test_setup(words_of_grub_scripts_are_silent, reset),
        cmocka_unit_test_setup(long_lines_are_cut, reset),
        cmocka_unit_test(sizes),
        cmocka_unit_test(numbers_and_booleans),
        cmocka_unit_test(string_functions),
        cmocka_unit_test(copies_of_all_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
