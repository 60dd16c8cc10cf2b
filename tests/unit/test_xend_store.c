/* SPDX-License-Identifier: MIT */
/* xend meets the store, however often that goes away meanwhile. */
/* SOURCES: tools/xend/store.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>

#include "xend/xend.h"

/* ---- a store that answers so many requests, and then dies; the last one lives ---- */

static int answers[8], lives, requests;
static unsigned int opened, closed, watches, waited;
static int refusal;

int xs_open(struct xs **xs)
{
    (void)xs;
    requests = 0;
    watches = 0;
    opened++;
    return 0;
}

void xs_close(struct xs *xs)
{
    (void)xs;
    closed++;
}

int xs_fd(const struct xs *xs)
{
    (void)xs;
    return 3;
}

static int answer(void)
{
    if (refusal)
        return refusal;
    if ((int)opened <= lives && requests++ >= answers[opened - 1])
        return -EPIPE;
    return 0;
}

int domain0_nodes(struct xs *xs)
{
    (void)xs;
    return answer();
}

int xs_watch(struct xs *xs, const char *path, const char *token)
{
    (void)xs;
    (void)path;
    (void)token;
    watches++;
    return answer();
}

int source_add(struct xend *xend, struct source *source)
{
    (void)xend;
    waited += source->fd == 3;
    return 0;
}

void note(const char *format, ...)
{
    (void)format;
}

static int start(void **state)
{
    (void)state;
    lives = refusal = 0;
    opened = closed = waited = 0;
    return 0;
}

/* ---- tests ---- */

static void it_is_met_at_once(void **state)
{
    struct xend xend = { 0 };

    (void)state;
    assert_int_equal(store_meet(&xend), 0);
    assert_int_equal(opened, 1);
    assert_int_equal(closed, 0);
    assert_int_equal(watches, 5);
}

static void it_may_go_away_at_any_request(void **state)
{
    struct xend xend = { 0 };

    (void)state;
    for (lives = 0; lives < 6; lives++)
        answers[lives] = lives;
    assert_int_equal(store_meet(&xend), 0);
    assert_int_equal(opened, 7);
    assert_int_equal(closed, 6);
    assert_int_equal(waited, 7);
    assert_int_equal(watches, 5);
}

static void a_refusal_ends_it(void **state)
{
    struct xend xend = { 0 };

    (void)state;
    refusal = -EACCES;
    assert_int_equal(store_meet(&xend), -EACCES);
    assert_int_equal(opened, 1);
    assert_int_equal(closed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_is_met_at_once, start),
        cmocka_unit_test_setup(it_may_go_away_at_any_request, start),
        cmocka_unit_test_setup(a_refusal_ends_it, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
