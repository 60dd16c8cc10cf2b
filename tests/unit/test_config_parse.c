/* SPDX-License-Identifier: MIT */
/* The syntax of configuration files: what is accepted, and where an error is said to be. */
/* SOURCES: tools/config/parse.c tools/config/python_hint.c tools/config/complaint.c tools/config/xalloc.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/parse.h"

static struct cfg parsed;
static struct complaint said;

static int parse(const char *text)
{
    cfg_free(&parsed);
    complaint_clear(&said);
    return cfg_parse(&parsed, "f", text, strlen(text), &said);
}

static int clean_up(void **state)
{
    (void)state;
    cfg_free(&parsed);
    complaint_clear(&said);
    return 0;
}

static void expect_error(const char *text, const char *cause, const char *remedy)
{
    assert_int_equal(parse(text), -EINVAL);
    if (!strstr(said.cause, cause))
        fail_msg("\"%s\": cause is \"%s\", not \"%s\"", text, said.cause, cause);
    if (!strstr(said.remedy, remedy))
        fail_msg("\"%s\": remedy is \"%s\", not \"%s\"", text, said.remedy, remedy);
}

static const char *text_of(const char *key)
{
    const struct cfg_value *value = cfg_find(&parsed, key);

    assert_non_null(value);
    return value->text;
}

static void test_strings_and_numbers(void **state)
{
    (void)state;
    assert_int_equal(parse("# a guest\nname = 'g1'\nextra=\"a 'b' \\\"c\\\"\\n\\x41\\101\"\n"
                           "memory=0x100; vcpus = 010\ncap='25'\n"), 0);
    assert_string_equal(text_of("name"), "g1");
    assert_string_equal(text_of("extra"), "a 'b' \"c\"\nAA");
    assert_int_equal(cfg_find(&parsed, "memory")->number, 256);
    assert_int_equal(cfg_find(&parsed, "vcpus")->number, 8);
    assert_string_equal(text_of("cap"), "25");
    assert_null(cfg_find(&parsed, "missing"));
}

static void test_lists(void **state)
{
    const struct cfg_value *disks;

    (void)state;
    assert_int_equal(parse("disk = [\n  'a,raw', # first\n  \"b\",\n]\n"
                           "nested=[[1,2],[]]\nempty=[]"),
                     0);
    disks = cfg_find(&parsed, "disk");
    assert_int_equal(disks->kind, CFG_LIST);
    assert_int_equal(disks->count, 2);
    assert_string_equal(disks->items[1].text, "b");
    assert_int_equal(disks->items[1].place.line, 3);
    assert_int_equal(disks->items[1].place.column, 3);
    assert_int_equal(cfg_find(&parsed, "nested")->items[0].count, 2);
    assert_int_equal(cfg_find(&parsed, "empty")->count, 0);
}

static void test_later_entries_replace_or_append(void **state)
{
    (void)state;
    assert_int_equal(parse("a='1'\na='2'\nb='x'\nb+='y'\nl=['p']\nl+=['q','r']"), 0);
    assert_string_equal(text_of("a"), "2");
    assert_string_equal(text_of("b"), "xy");
    assert_int_equal(cfg_find(&parsed, "l")->count, 3);
    assert_string_equal(cfg_find(&parsed, "l")->items[2].text, "r");
    expect_error("a='1'\na+=['x']", "f:2:4: += can add", "replace");
}

static void test_errors_have_places(void **state)
{
    (void)state;
    expect_error("memory = 1x6\n", "f:1:10: \"1x6\" is not a number", "quotes");
    expect_error("a = 1\n  b 2\n", "f:2:5: '=' expected, but found \"2\"", "NAME = VALUE");
    expect_error("name = foo\n", "f:1:8: a string, a number or '[' expected", "quotes");
    expect_error("name = 'foo\nb=1", "f:1:8: string without an end", "close it");
    expect_error("d = [ 'a' 'b' ]", "f:1:11: ',' or ']' expected", "commas");
    expect_error("d = [ 'a',", "f:1:11: a string, a number or '['", "");
    expect_error("a = 1 b = 2", "f:1:7: the end of the line expected", "one setting");
    expect_error("= 3", "f:1:1: the name of a setting expected", "NAME = VALUE");
    expect_error("a=[[[[[[[[[[1]]]]]]]]]]", "nested", "flatten");
    expect_error("a = 99999999999999999999", "is not a number", "");
}

static void test_python_gets_a_hint(void **state)
{
    (void)state;
    expect_error("import os\n", "f:1:1: this line is a Python statement", "no longer run");
    expect_error("name = 'vm%d' % vmid\n", "f:1:15: the end of the line expected", "% formatting");
    expect_error("x = 'a' + 'b'\n", "f:1:9:", "not computed");
    expect_error("dhcp = True\n", "f:1:8:", "1 and 0");
    expect_error("cpus = range(4)\n", "f:1:8:", "expressions of Python");
    expect_error("n = '''x'''\n", "f:1:5:", "triple quotes");
    expect_error("disk = ( 'a', )\n", "f:1:8:", "list in [ ]");
    /* Settings whose names begin like Python's words are settings. */
    assert_int_equal(parse("import = 1\nfrom_x = 2\n"), 0);
}

static void test_arguments(void **state)
{
    (void)state;
    clean_up(NULL);
    assert_int_equal(cfg_parse_argument(&parsed, "memory=256", &said), 0);
    assert_int_equal(cfg_find(&parsed, "memory")->number, 256);
    assert_int_equal(cfg_parse_argument(&parsed, "name=plain", &said), 0);
    assert_string_equal(text_of("name"), "plain");
    assert_int_equal(cfg_parse_argument(&parsed, "name=\"quoted\"", &said), 0);
    assert_string_equal(text_of("name"), "quoted");
    assert_int_equal(cfg_parse_argument(&parsed, "ip=10.0.0.1", &said), 0);
    assert_string_equal(text_of("ip"), "10.0.0.1");
    assert_int_equal(cfg_parse_argument(&parsed, "disk=['a','b']", &said), 0);
    assert_int_equal(cfg_find(&parsed, "disk")->count, 2);
    assert_int_equal(cfg_parse_argument(&parsed, "disk=['a'", &said), -EINVAL);
    complaint_clear(&said);
    assert_int_equal(cfg_parse_argument(&parsed, "nonsense", &said), -EINVAL);
    assert_non_null(strstr(said.cause, "\"nonsense\" is not a setting"));
}

/* Every prefix and every single-byte change of a rich file is refused or accepted, never worse. */
static void test_damaged_input(void **state)
{
    static const char text[] = "name='g'\n"
                               "l = [ 'a\\x41', [1, 0x2], \"q\", ]\nl += ['z'] # end\nb=-5;";
    char copy[sizeof(text)];

    (void)state;
    for (size_t n = 0; n < sizeof(text); n++) {
        cfg_free(&parsed);
        complaint_clear(&said);
        cfg_parse(&parsed, "f", text, n, &said);
    }
    for (size_t n = 0; n + 1 < sizeof(text); n++)
        for (int byte = 0; byte < 256; byte++) {
            memcpy(copy, text, sizeof(text));
            copy[n] = (char)byte;
            cfg_free(&parsed);
            complaint_clear(&said);
            if (cfg_parse(&parsed, "f", copy, sizeof(text) - 1, &said))
                assert_int_equal(strncmp(said.cause, "f:", 2), 0);
        }
}

/* A megabyte of whatever kind is refused at once, not after minutes of comparing. */
static void test_length_is_bounded(void **state)
{
    static const struct { const char *piece, *cause; } texts[] = {
        { "a%u=1\n", "f:1001:1: more than 1000 settings" },
        { "a=[]\n", "f:1001:1: more than 1000 settings" },
        { "a+='x'\n", "f:1001:1: more than 1000 settings" },
        { "a+=[1,2,3,4,5,6,7,8,9]\n", "f:112:4: a list of more than 1000 items" },
        { "a=[%u,'',", "" },
    };
    char *text, list[3100] = "a=[";
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        FILE *to = open_memstream(&text, &length);

        for (unsigned int n = 0; ftell(to) < 1000000; n++)
            fprintf(to, texts[i].piece, n);
        fclose(to);
        expect_error(text, texts[i].cause, "");
        free(text);
    }
    for (unsigned int n = 0; n < 1001; n++)
        strcat(list, "1,");
    expect_error(list, "f:1:2004: a list of more than 1000 items", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_strings_and_numbers, clean_up),
        cmocka_unit_test_teardown(test_lists, clean_up),
        cmocka_unit_test_teardown(test_later_entries_replace_or_append, clean_up),
        cmocka_unit_test_teardown(test_errors_have_places, clean_up),
        cmocka_unit_test_teardown(test_python_gets_a_hint, clean_up),
        cmocka_unit_test_teardown(test_arguments, clean_up),
        cmocka_unit_test_teardown(test_damaged_input, clean_up),
        cmocka_unit_test_teardown(test_length_is_bounded, clean_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
