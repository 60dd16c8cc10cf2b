/* SPDX-License-Identifier: MIT */
/* Which command a word means, and that every row of the table is complete. */
/* SOURCES: tools/xm/commands.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "xm/xm.h"

/* The functions of the rows are not looked at here. */
#define COMMAND(name) int cmd_##name(struct xm *xm, int argc, char **argv) \
    { (void)xm; (void)argc; (void)argv; return 0; }
#define XM_COMMANDS_H
#include "xm/command_list.h"

static const char *found(const char *word)
{
    bool ambiguous;
    const struct command *command = command_find(word, &ambiguous);

    return command ? command->name : ambiguous ? "several" : "none";
}

static void test_names_and_beginnings(void **state)
{
    (void)state;
    assert_string_equal(found("list"), "list");
    assert_string_equal(found("lis"), "list");
    assert_string_equal(found("cre"), "create");
    assert_string_equal(found("shut"), "shutdown");
    assert_string_equal(found("unp"), "unpause");
    assert_string_equal(found("vcpu-"), "several");
    assert_string_equal(found("sched-credit"), "sched-credit");
    assert_string_equal(found("sched-bvt"), "sched-bvt");
    assert_string_equal(found("nonsense"), "none");
    assert_string_equal(found("listx"), "none");
}

/* Names that scripts and fingers have used: `xl debug R` reboots a machine in Ganeti. */
static void test_old_habits(void **state)
{
    (void)state;
    assert_string_equal(found("debug"), "debug-keys");
    assert_string_equal(found("balloon"), "mem-set");
    assert_string_equal(found("maxmem"), "mem-max");
    assert_string_equal(found("set-vcpus"), "vcpu-set");
    assert_string_equal(found("vif-list"), "network-list");
    assert_string_equal(found("vbd-list"), "block-list");
    assert_string_equal(found("bvt"), "sched-bvt");
}

static void test_rows_are_complete_and_unique(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < command_count; i++) {
        assert_non_null(commands[i].run);
        assert_non_null(commands[i].usage);
        assert_true(strlen(commands[i].help) > 10);
        assert_true(strlen(commands[i].name) < 20);     /* the column of `help` */
        for (unsigned int j = 0; j < i; j++)
            assert_string_not_equal(commands[i].name, commands[j].name);
    }
}

static void test_help_of_a_command(void **state)
{
    struct xm xm = { .program = "xm" };
    bool ambiguous;
    char *text = NULL;
    size_t n;
    FILE *to = open_memstream(&text, &n);

    (void)state;
    command_help(&xm, command_find("pause", &ambiguous), to);
    fclose(to);
    assert_string_equal(text, "Usage: xm pause <Domain>\n\nPause execution of a domain.\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_beginnings),
        cmocka_unit_test(test_old_habits),
        cmocka_unit_test(test_rows_are_complete_and_unique),
        cmocka_unit_test(test_help_of_a_command),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
