/* SPDX-License-Identifier: MIT */
/* The console daemon's parts: the guest's ring with any nonsense in it, memory, log, rate. */
/* SOURCES: tools/xenconsoled/rings.c tools/xenconsoled/history.c tools/xenconsoled/logfile.c tools/daemon/log.c */
/* CFLAGS: $(DOMAIN0) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xenconsoled/history.h"
#include "xenconsoled/logfile.h"
#include "xenconsoled/ratelimit.h"
#include "xenconsoled/rings.h"

static struct xencons_interface page;

static void say(const char *text)
{
    while (*text)
        page.out[MASK_XENCONS_IDX(page.out_prod++, page.out)] = *text++;
}

static void output_is_taken_only_when_done(void **state)
{
    char buf[100];
    uint32_t next;

    (void)state;
    memset(&page, 0, sizeof(page));
    page.out_cons = page.out_prod = UINT32_MAX - 2;     /* the indices wrap on the way */
    say("hello");
    assert_int_equal(ring_output(&page, buf, sizeof(buf), &next), 5);
    assert_memory_equal(buf, "hello", 5);
    assert_int_equal(page.out_cons, UINT32_MAX - 2);
    assert_int_equal(ring_output(&page, buf, 2, &next), 2);
    ring_done(&page, next);
    assert_int_equal(ring_output(&page, buf, sizeof(buf), &next), 3);
    assert_memory_equal(buf, "llo", 3);
    ring_done(&page, next);
    assert_int_equal(ring_output(&page, buf, sizeof(buf), &next), 0);
}

static void output_with_nonsensical_index(void **state)
{
    char buf[sizeof(page.out)];
    uint32_t next;

    (void)state;
    memset(&page, 0, sizeof(page));
    page.out_prod = sizeof(page.out);
    assert_int_equal(ring_output(&page, buf, sizeof(buf), &next), sizeof(page.out));
    page.out_prod++;
    assert_int_equal(ring_output(&page, buf, sizeof(buf), &next), -EPROTO);
    page.out_prod = 0x80000000;
    assert_int_equal(ring_output(&page, buf, sizeof(buf), &next), -EPROTO);
}

static void input_fills_and_stops(void **state)
{
    (void)state;
    memset(&page, 0, sizeof(page));
    page.in_cons = page.in_prod = UINT32_MAX - 1;
    assert_int_equal(ring_input_room(&page), sizeof(page.in));
    ring_input(&page, "typed", 5);
    assert_int_equal(page.in_prod, 3);
    assert_int_equal(page.in[MASK_XENCONS_IDX(UINT32_MAX - 1, page.in)], 't');
    assert_int_equal(page.in[MASK_XENCONS_IDX(2u, page.in)], 'd');
    assert_int_equal(ring_input_room(&page), sizeof(page.in) - 5);
    page.in_cons = page.in_prod - sizeof(page.in);
    assert_int_equal(ring_input_room(&page), 0);
    page.in_cons = page.in_prod + 7;
    assert_int_equal(ring_input_room(&page), 0);
}

static void memory_keeps_the_end(void **state)
{
    struct history *h = calloc(1, sizeof(*h));
    uint64_t position = 0, expected;
    const char *bytes;
    char chunk[777];
    size_t len;

    (void)state;
    for (uint64_t n = 0; n < 1000; n++) {
        for (size_t i = 0; i < sizeof(chunk); i++)
            chunk[i] = (n * sizeof(chunk) + i) % 251;
        history_add(h, chunk, sizeof(chunk));
    }
    assert_int_equal(h->end, 777000);
    expected = h->end - HISTORY_SIZE;
    while ((len = history_from(h, &position, &bytes)) > 0) {
        assert_int_equal(position, expected);
        for (size_t i = 0; i < len; i++)
            assert_int_equal((uint8_t)bytes[i], (position + i) % 251);
        position += len;
        expected += len;
    }
    assert_int_equal(position, h->end);
    free(h);
}

static void logs_are_bounded(void **state)
{
    char dir[] = "/tmp/consoled-test-XXXXXX", path[64], tail[32], command[64], both[707];
    struct logfile log;
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(dir));
    logfile_open(&log, dir, "../../g1", 1000);          /* no way out of the directory */
    for (int i = 0; i < 1000; i++)
        logfile_write(&log, "0123456789", 10);
    logfile_write(&log, "the end", 7);
    assert_int_equal(logfile_tail(&log, tail, 7), 7);
    assert_memory_equal(tail, "the end", 7);
    assert_int_equal(logfile_tail(&log, both, sizeof(both)), sizeof(both));
    assert_memory_equal(both + sizeof(both) - 17, "0123456789the end", 17);
    assert_memory_equal(both, "0123456789", 10);
    snprintf(path, sizeof(path), "%s/guest-_.._g1.log", dir);
    assert_string_equal(log.path, path);
    assert_int_equal(stat(path, &st), 0);
    assert_in_range(st.st_size, 7, 1000);
    strcat(path, ".1");
    assert_int_equal(stat(path, &st), 0);
    assert_in_range(st.st_size, 990, 1000);
    logfile_close(&log);
    logfile_open(&log, "/nonexistent", "g", 1000);
    logfile_write(&log, "x", 1);
    logfile_close(&log);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

static void a_guest_in_debt_is_left_alone(void **state)
{
    struct ratelimit rate = { 0 };
    uint64_t now = 1000000;

    (void)state;
    assert_int_equal(rate_pause_ms(&rate, RATE_BURST_US, now, 1), RATE_MIN_MS);
    assert_int_equal(rate_pause_ms(&rate, 500, now, 1), RATE_SHARE / 2);
    /* What is paid meanwhile is as much as the next service costs: so it stays. */
    for (int i = 0; i < 100; i++) {
        now += RATE_SHARE / 2;
        assert_int_equal(rate_pause_ms(&rate, 500, now, 1), RATE_SHARE / 2);
    }
    /* Two that are held back wait twice as long, each. */
    now += RATE_SHARE;
    assert_int_equal(rate_pause_ms(&rate, 500, now, 2), RATE_SHARE);
    assert_int_equal(rate_pause_ms(&rate, 60ull * 1000 * 1000, now, 1), RATE_MAX_MS);
    /* Time pays for everything. */
    assert_int_equal(rate_pause_ms(&rate, 500, now + 60ull * 1000 * RATE_SHARE * 2, 1),
                     RATE_MIN_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_is_taken_only_when_done),
        cmocka_unit_test(output_with_nonsensical_index),
        cmocka_unit_test(input_fills_and_stops),
        cmocka_unit_test(memory_keeps_the_end),
        cmocka_unit_test(logs_are_bounded),
        cmocka_unit_test(a_guest_in_debt_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
