/* SPDX-License-Identifier: MIT */
/* A claim tells whether its maker still lives, even where another process has got his number. */
/* SOURCES: tools/domain/claim.c tools/config/domain_config.c tools/config/domain_keys.c tools/config/disk_spec.c tools/config/vif_spec.c tools/config/parse.c tools/config/python_hint.c tools/config/complaint.c tools/config/xalloc.c */
/* CFLAGS: $(DOMAIN0) -DCLAIM_DIR=\"/tmp/xend-claims-test\" */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain/claim.h"

static const uint8_t uuid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static struct claim seen;
static unsigned int count;

static int clean(void **state)
{
    (void)state;
    return system("rm -rf " CLAIM_DIR);
}

static void see(const struct claim *claim, void *arg)
{
    (void)arg;
    seen = *claim;
    count++;
}

static void look(unsigned int expected)
{
    count = 0;
    claims_each(see, NULL);
    assert_int_equal(count, expected);
}

/* A process that makes a claim and then waits to be killed. */
static pid_t maker(void)
{
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (!pid) {
        byte = claim_make(uuid, "a name with (brackets) 7") ? 'n' : 'y';
        if (write(ready[1], &byte, 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void the_makers_life_is_told(void **state)
{
    struct pollfd wait = { .events = POLLIN };
    pid_t pid = maker();

    (void)state;
    look(1);
    assert_memory_equal(seen.uuid, uuid, 16);
    assert_string_equal(seen.name, "a name with (brackets) 7");
    assert_true(seen.holder >= 0);
    wait.fd = seen.holder;
    assert_int_equal(poll(&wait, 1, 0), 0);
    assert_int_equal(claim_make(uuid, "another"), -EEXIST);
    end(pid);
    assert_int_equal(poll(&wait, 1, 5000), 1);
    close(seen.holder);
    look(1);
    assert_int_equal(seen.holder, -1);
}

static void the_dead_are_replaced(void **state)
{
    (void)state;
    end(maker());
    assert_true(claim_exists(uuid));
    assert_int_equal(claim_make(uuid, "another"), 0);
    look(1);
    assert_string_equal(seen.name, "another");
    assert_true(seen.holder >= 0);
    close(seen.holder);
    assert_true(claim_drop(uuid));
    assert_false(claim_drop(uuid));
    assert_false(claim_exists(uuid));
    look(0);
}

/* A number that was given out again, and text that is none of ours. */
static void others_are_not_the_maker(void **state)
{
    char link[128], text[64];

    (void)state;
    assert_int_equal(claim_make(uuid, "x"), 0);
    claim_drop(uuid);
    snprintf(text, sizeof(text), "%d 1 x", getpid());
    snprintf(link, sizeof(link), CLAIM_DIR "/01020304-0506-0708-090a-0b0c0d0e0f10");
    assert_int_equal(symlink(text, link), 0);
    look(1);
    assert_int_equal(seen.holder, -1);
    unlink(link);
    assert_int_equal(symlink("nonsense", link), 0);
    look(1);
    assert_int_equal(seen.holder, -1);
    assert_string_equal(seen.name, "");
    assert_int_equal(symlink("1 1 x", CLAIM_DIR "/no-uuid"), 0);
    look(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_makers_life_is_told, clean, clean),
        cmocka_unit_test_setup_teardown(the_dead_are_replaced, clean, clean),
        cmocka_unit_test_setup_teardown(others_are_not_the_maker, clean, clean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
