/* SPDX-License-Identifier: MIT */
/* Watches: who hears of what, how deep, how often, and what a guest that does not listen costs. */
#include "xenstored_world.h"

#include <errno.h>

/* The next event is this one. */
#define expect_event(domid, text)                                                                  \
    do {                                                                                           \
        const char *got = guest_event(domid);                                                      \
        assert_non_null(got);                                                                      \
        assert_string_equal(got, text);                                                            \
    } while (0)

#define expect_silence(domid) assert_null(guest_event(domid))

static void the_first_event_comes_at_once(void **state)
{
    (void)state;
    assert_int_equal(guest_watch(0, "/not/there", "t"), 0);
    expect_event(0, "/not/there t");
    expect_silence(0);
    assert_int_equal(guest_watch(0, "/not/there", "t"), EEXIST);
    assert_int_equal(guest_watch(0, "/not/there", "u"), 0);
    expect_event(0, "/not/there u");
    assert_int_equal(guest_unwatch(0, "/not/there", "x"), ENOENT);
    assert_int_equal(guest_unwatch(0, "/not/there", "t"), 0);
    guest_write(0, 0, "/not/there", "");
    expect_event(0, "/not/there u");
    expect_silence(0);
}

static void changes_at_and_below_are_heard(void **state)
{
    (void)state;
    guest_write(0, 0, "/a/b", "");
    guest_watch(0, "/a", "t");
    guest_watch(0, "/", "root");
    expect_event(0, "/a t");
    expect_event(0, "/ root");
    guest_write(0, 0, "/a/b", "1");
    expect_event(0, "/a/b root");
    expect_event(0, "/a/b t");
    guest_write(0, 0, "/ab", "1");
    expect_event(0, "/ab root");
    guest_mkdir(0, 0, "/a/b");
    guest_perms(0, 0, "/a", "n0");
    expect_event(0, "/a root");
    expect_event(0, "/a t");
    guest_rm(0, 0, "/a/nothing");
    expect_silence(0);
}

/* Those above hear of the top of what went, those below of their own node. */
static void removal_is_heard_below(void **state)
{
    (void)state;
    guest_write(0, 0, "/a/b/c", "");
    guest_watch(0, "/a/b/c", "c");
    guest_watch(0, "/a/b/x", "x");
    guest_watch(0, "/a", "a");
    while (guest_event(0))
        ;
    guest_rm(0, 0, "/a/b");
    expect_event(0, "/a/b a");
    expect_event(0, "/a/b/c c");
    expect_silence(0);
}

static void depth_limits_what_is_heard(void **state)
{
    struct answer *a;

    (void)state;
    a = guest_call(0, XS_WATCH, 0, "/a\0zero\0" "0", 10);
    assert_string_equal(a->payload, "OK");
    guest_call(0, XS_WATCH, 0, "/a\0one\0" "1", 9);
    while (guest_event(0))
        ;
    guest_write(0, 0, "/a", "");
    expect_event(0, "/a one");
    expect_event(0, "/a zero");
    guest_write(0, 0, "/a/b", "");
    expect_event(0, "/a/b one");
    guest_write(0, 0, "/a/b/c", "");
    expect_silence(0);
}

static void relative_watches_get_relative_events(void **state)
{
    (void)state;
    world_guest(4);
    guest_mkdir(0, 0, "/local/domain/4/d");
    guest_perms(0, 0, "/local/domain/4/d", "n4");
    guest_watch(4, "d", "t");
    expect_event(4, "d t");
    guest_write(0, 0, "/local/domain/4/d/x", "");
    expect_event(4, "d/x t");
    guest_watch(4, "/local/domain/4/d", "abs");
    expect_event(4, "/local/domain/4/d abs");
    guest_write(4, 0, "d", "");
    expect_event(4, "/local/domain/4/d abs");
    expect_event(4, "d t");
}

/* An event tells that something exists: only those hear it who may read it. */
static void events_are_checked_when_sent(void **state)
{
    (void)state;
    world_guest(1);
    guest_mkdir(0, 0, "/s");
    guest_watch(1, "/s", "t");
    expect_event(1, "/s t");
    guest_write(0, 0, "/s/x", "1");
    expect_silence(1);
    guest_perms(0, 0, "/s/x", "n0 r1");
    expect_event(1, "/s/x t");
    guest_write(0, 0, "/s/x", "2");
    expect_event(1, "/s/x t");
    guest_perms(0, 0, "/s/x", "n0");        /* it may know that it was shut out */
    expect_event(1, "/s/x t");
    guest_write(0, 0, "/s/x", "3");
    expect_silence(1);
    guest_perms(0, 0, "/s", "n0 r1");       /* reading the parent is enough */
    expect_event(1, "/s t");
    guest_rm(0, 0, "/s/x");
    expect_event(1, "/s/x t");
}

static void domains_coming_and_going(void **state)
{
    (void)state;
    world_guest(1);
    guest_watch(0, "@introduceDomain", "in");
    guest_watch(0, "@releaseDomain", "out");
    guest_watch(1, "@releaseDomain", "spy");
    expect_event(0, "@introduceDomain in");
    expect_event(0, "@releaseDomain out");
    expect_event(1, "@releaseDomain spy");
    world_guest(2);
    world_settle();
    expect_event(0, "@introduceDomain in");
    world_state[2] = DOMAIN_SHUT_DOWN;
    domains_check();
    domains_check();
    world_settle();
    expect_event(0, "@releaseDomain out");
    expect_silence(0);
    guest_simple(0, XS_RESUME, 0, "2");
    domains_check();
    world_settle();
    expect_event(0, "@releaseDomain out");
    world_kill(2);
    world_settle();
    expect_event(0, "@releaseDomain out");
    expect_silence(1);
    guest_perms(0, 0, "@releaseDomain", "n0 r1");
    world_guest(3);
    assert_int_equal(guest_simple(0, XS_RELEASE, 0, "3"), 0);
    expect_event(1, "@releaseDomain spy");
}

static void introducing_again_starts_the_ring_anew(void **state)
{
    (void)state;
    world_guest(1);
    guest_watch(1, "/a", "t");
    assert_true(guest_begin(1) != 0);
    guest_call(0, XS_INTRODUCE, 0, "1\0" "1\0" "2", 6);
    assert_int_equal(world_page[1]->rsp_prod, 0);
    assert_int_equal(quota_used(1, RES_WATCHES), 0);
    assert_int_equal(quota_used(1, RES_TRANSACTIONS), 0);
    assert_int_equal(guest_watch(1, "/a", "t"), 0);
}

static void a_guest_may_ask_for_a_new_ring(void **state)
{
    (void)state;
    world_guest(1);
    guest_watch(1, "/a", "t");
    guest_put(1, "half a request", 10);
    world_settle();
    world_page[1]->connection = XENSTORE_RECONNECT;
    world_settle();
    assert_int_equal(world_page[1]->connection, XENSTORE_CONNECTED);
    assert_int_equal(world_page[1]->req_cons, 0);
    assert_int_equal(quota_used(1, RES_WATCHES), 0);
    assert_int_equal(guest_watch(1, "/a", "t"), 0);
}

static void reset_watches_drops_transactions_too(void **state)
{
    uint32_t tx;

    (void)state;
    world_guest(1);
    guest_watch(1, "/a", "t");
    guest_watch(1, "/b", "t");
    tx = guest_begin(1);
    assert_int_equal(guest_simple(1, XS_RESET_WATCHES, 0, ""), 0);
    assert_int_equal(quota_used(1, RES_WATCHES), 0);
    assert_int_equal(guest_end(1, tx, true), ENOENT);
    assert_int_equal(guest_watch(1, "/a", "t"), 0);
}

static void watches_are_limited(void **state)
{
    char token[16];
    int made = 0;

    (void)state;
    world_guest(1);
    for (int err = 0; !err && made < 1000; made += !err) {
        snprintf(token, sizeof(token), "%d", made);
        err = guest_watch(1, "/x", token);
        if (err)
            assert_int_equal(err, E2BIG);
    }
    assert_int_equal(made, 128);
}

/* A guest that never reads its ring: equal events merge, others end at its limit. */
static void a_deaf_guest_is_bounded(void **state)
{
    long before;
    char path[64];

    (void)state;
    world_guest(1);
    guest_mkdir(0, 0, "/d");
    guest_perms(0, 0, "/d", "n0 r1");
    guest_watch(1, "/d", "t");
    expect_event(1, "/d t");
    for (int i = 0; i < 200; i++)
        guest_write(0, 0, "/d", "same");
    before = quota_used(1, RES_BYTES);
    for (int i = 0; i < 10000; i++)
        guest_write(0, 0, "/d", "same");
    assert_int_equal(quota_used(1, RES_BYTES), before);
    for (int i = 0; i < 3000; i++) {
        snprintf(path, sizeof(path), "/d/n%d", i);
        guest_write(0, 0, path, "");
    }
    assert_true(domain_introduced(1)->conn->events <= (unsigned)quota.events);
    assert_true(quota_used(1, RES_BYTES) < quota.used[RES_BYTES]);
}

/* Path and token may each be legal and yet not fit into one event. */
static void an_event_too_big_is_dropped(void **state)
{
    char token[3000], path[2000];

    (void)state;
    memset(token, 't', sizeof(token));
    token[sizeof(token) - 1] = '\0';
    memset(path, 'p', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(guest_watch(0, "/", token), 0);
    assert_non_null(guest_event(0));
    assert_int_equal(guest_write(0, 0, path, ""), 0);
    expect_silence(0);
    assert_int_equal(guest_write(0, 0, "/a", ""), 0);
    assert_non_null(guest_event(0));
}

/* Its permissions lie in a node, which must not go with its owner. */
static void specials_outlive_their_owner(void **state)
{
    (void)state;
    world_guest(1);
    world_guest(2);
    guest_watch(0, "@releaseDomain", "t");
    while (guest_event(0))
        ;
    assert_int_equal(guest_perms(0, 0, "@releaseDomain", "r1"), 0);
    for (uint16_t domid = 1; domid <= 2; domid++) {
        world_kill(domid);
        world_settle();
        assert_string_equal(guest_event(0), "@releaseDomain t");
    }
    assert_int_equal(quota_used(1, RES_NODES), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int xenstored_watches(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_first_event_comes_at_once),
        CASE(changes_at_and_below_are_heard),
        CASE(removal_is_heard_below),
        CASE(depth_limits_what_is_heard),
        CASE(relative_watches_get_relative_events),
        CASE(events_are_checked_when_sent),
        CASE(domains_coming_and_going),
        CASE(introducing_again_starts_the_ring_anew),
        CASE(a_guest_may_ask_for_a_new_ring),
        CASE(reset_watches_drops_transactions_too),
        CASE(watches_are_limited),
        CASE(a_deaf_guest_is_bounded),
        CASE(an_event_too_big_is_dropped),
        CASE(specials_outlive_their_owner),
    };

    return cmocka_run_group_tests_name("watches", tests, NULL, NULL);
}
