/* SPDX-License-Identifier: MIT */
/* Values of the store as text and back. */
/* SOURCES: tools/xenstore/escape.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "xenstore/escape.h"

static void escapes_to(const char *value, size_t len, const char *text)
{
    char *escaped = escape_value(value, len);

    assert_string_equal(escaped, text);
    free(escaped);
}

static void unescapes_to(const char *text, const char *value, size_t len)
{
    char copy[64];

    strcpy(copy, text);
    assert_int_equal(unescape_value(copy), len);
    assert_memory_equal(copy, value, len);
}

/* As Debian's xenstore-read prints them. */
static void values_are_escaped(void **state)
{
    (void)state;
    escapes_to("plain \"text\"~", 13, "plain \"text\"~");
    escapes_to("\t\n\r\\", 4, "\\t\\n\\r\\\\");
    escapes_to("\0\1\7\10\33\177\200\377", 8, "\\000\\001\\007\\x08\\x1b\\x7f\\x80\\xff");
    escapes_to("", 0, "");
}

static void escapes_are_read(void **state)
{
    (void)state;
    unescapes_to("a\\tb\\\\c", "a\tb\\c", 5);
    unescapes_to("\\x41\\x4", "A\4", 2);
    unescapes_to("\\101\\0\\18", "A\0\1" "8", 4);
    unescapes_to("bad\\x", "badx", 4);
    unescapes_to("bad\\q\\", "badq\\", 5);
    unescapes_to("\\xzz", "xzz", 3);
    unescapes_to("", "", 0);
}

static void every_value_survives(void **state)
{
    char value[40], *text;
    size_t round, len, i;

    (void)state;
    srandom(2);
    for (round = 0; round < 5000; round++) {
        len = (size_t)random() % sizeof(value);
        for (i = 0; i < len; i++)
            value[i] = (char)random();
        text = escape_value(value, len);
        assert_non_null(text);
        assert_int_equal(unescape_value(text), len);
        assert_memory_equal(text, value, len);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_escaped),
        cmocka_unit_test(escapes_are_read),
        cmocka_unit_test(every_value_survives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
