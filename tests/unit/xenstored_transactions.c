/* SPDX-License-Identifier: MIT */
/* Transactions: what they see, when they conflict; random ones against a serial reference store. */
#include "xenstored_world.h"

#include <errno.h>

#include "daemon/clock.h"
#include "xenstored/transactions.h"

static const char *value(uint16_t domid, uint32_t tx, const char *path)
{
    int err;
    const char *v = guest_read(domid, tx, path, &err);

    return v ? v : err == ENOENT ? "(none)" : "(error)";
}

static void changes_are_private_until_the_end(void **state)
{
    uint32_t tx = guest_begin(0);
    int err;

    (void)state;
    assert_int_equal(guest_write(0, tx, "/a/b", "1"), 0);
    assert_string_equal(value(0, tx, "/a/b"), "1");
    assert_string_equal(value(0, 0, "/a/b"), "(none)");
    assert_string_equal(guest_list(0, tx, "/a", &err), "b");
    assert_int_equal(guest_end(0, tx, true), 0);
    assert_string_equal(value(0, 0, "/a/b"), "1");
    assert_int_equal(guest_end(0, tx, true), ENOENT);
}

static void an_aborted_one_leaves_nothing(void **state)
{
    uint32_t tx = guest_begin(0);

    (void)state;
    guest_write(0, tx, "/a", "1");
    assert_int_equal(guest_end(0, tx, false), 0);
    assert_string_equal(value(0, 0, "/a"), "(none)");
}

static void what_is_seen_does_not_move(void **state)
{
    uint32_t tx;

    (void)state;
    guest_write(0, 0, "/a", "old");
    guest_write(0, 0, "/b", "old");
    tx = guest_begin(0);
    assert_string_equal(value(0, tx, "/a"), "old");
    guest_write(0, 0, "/b", "new");
    assert_string_equal(value(0, tx, "/b"), "old");
    guest_write(0, tx, "/c", "x");
    assert_int_equal(guest_end(0, tx, true), EAGAIN);
    assert_string_equal(value(0, 0, "/c"), "(none)");
}

static void only_what_was_touched_conflicts(void **state)
{
    uint32_t tx, other;

    (void)state;
    guest_write(0, 0, "/a", "");
    guest_write(0, 0, "/dir/one", "");
    tx = guest_begin(0);
    other = guest_begin(0);
    assert_string_equal(value(0, tx, "/a"), "");
    guest_write(0, tx, "/dir/two", "2");            /* siblings do not disturb each other */
    guest_write(0, other, "/dir/three", "3");
    guest_write(0, 0, "/dir/four", "4");
    guest_write(0, 0, "/elsewhere", "x");
    assert_int_equal(guest_end(0, other, true), 0);
    assert_int_equal(guest_end(0, tx, true), 0);
    assert_string_equal(value(0, 0, "/dir/two"), "2");
    assert_string_equal(value(0, 0, "/dir/three"), "3");
}

static void conflicts_are_found(void **state)
{
    static const struct { const char *what; uint32_t look; const char *at; } cases[] = {
        { "value read, then written", XS_READ, "/n" },
        { "children listed, then one added", XS_DIRECTORY, "/d" },
        { "absence seen, then created", XS_READ, "/d/new" },
        { "permissions read, then changed", XS_GET_PERMS, "/n" },
        { "place of a missing chain, then half of it made", XS_READ, "/d/new/deeper/still" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t tx;

        guest_rm(0, 0, "/d/new");
        guest_write(0, 0, "/n", "1");
        guest_mkdir(0, 0, "/d");
        tx = guest_begin(0);
        guest_call(0, cases[i].look, tx, cases[i].at, strlen(cases[i].at) + 1);
        guest_write(0, tx, "/mine", "x");
        guest_write(0, 0, "/d/new", "2");
        guest_perms(0, 0, "/n", "n0");
        guest_write(0, 0, "/n", "2");
        if (guest_end(0, tx, true) != EAGAIN)
            fail_msg("not noticed: %s", cases[i].what);
    }
}

static void a_listing_ignores_changed_values_below(void **state)
{
    uint32_t tx;
    int err;

    (void)state;
    guest_write(0, 0, "/d/x", "1");
    tx = guest_begin(0);
    assert_string_equal(guest_list(0, tx, "/d", &err), "x");
    guest_write(0, tx, "/mine", "");
    guest_write(0, 0, "/d/x", "2");
    assert_int_equal(guest_end(0, tx, true), 0);
}

static void removal_and_creation_within_one(void **state)
{
    uint32_t tx;
    int err;

    (void)state;
    guest_write(0, 0, "/d/x/y", "1");
    tx = guest_begin(0);
    assert_int_equal(guest_rm(0, tx, "/d"), 0);
    assert_string_equal(value(0, tx, "/d/x/y"), "(none)");
    assert_int_equal(guest_write(0, tx, "/d/z", "2"), 0);
    assert_string_equal(guest_list(0, tx, "/d", &err), "z");
    guest_write(0, 0, "/unrelated", "");
    assert_int_equal(guest_end(0, tx, true), 0);
    assert_string_equal(guest_list(0, 0, "/d", &err), "z");
}

static void events_come_at_the_end(void **state)
{
    uint32_t tx;

    (void)state;
    guest_watch(0, "/w", "t");
    assert_string_equal(guest_event(0), "/w t");
    tx = guest_begin(0);
    guest_write(0, tx, "/w/1", "");
    guest_write(0, tx, "/w/2", "");
    guest_rm(0, tx, "/w/1");
    assert_null(guest_event(0));
    assert_int_equal(guest_end(0, tx, true), 0);
    assert_string_equal(guest_event(0), "/w/1 t");
    assert_string_equal(guest_event(0), "/w/2 t");
    tx = guest_begin(0);
    guest_write(0, tx, "/w/3", "");
    guest_end(0, tx, false);
    assert_null(guest_event(0));
}

static void they_are_limited(void **state)
{
    uint32_t tx[20], big;
    char path[64];
    int err = 0, made = 0;

    (void)state;
    world_guest(1);
    guest_mkdir(0, 0, "/g");
    guest_perms(0, 0, "/g", "n1");
    assert_int_equal(guest_simple(1, XS_TRANSACTION_START, guest_begin(1), ""), EBUSY);
    for (int i = 1; i < 10; i++)
        assert_true((tx[i] = guest_begin(1)) != 0);
    assert_int_equal(guest_begin(1), 0);
    for (int i = 1; i < 10; i++)
        assert_int_equal(guest_end(1, tx[i], true), 0);
    big = guest_begin(1);
    for (; !err && made < 5000; made += !err) {
        snprintf(path, sizeof(path), "/g/n%d", made);
        err = guest_write(1, big, path, "");
    }
    assert_int_equal(err, ENOSPC);
    assert_true(made < 1000);
    assert_int_equal(guest_end(1, big, true), 0);       /* what was accepted holds */
    snprintf(path, sizeof(path), "/g/n%d", made - 1);
    assert_string_equal(value(1, 0, path), "");
    snprintf(path, sizeof(path), "/g/n%d", made);
    assert_string_equal(value(1, 0, path), "(none)");
}

/* A quota that is used up in the meantime fails the whole transaction. */
static void all_or_nothing_at_the_quota(void **state)
{
    uint32_t tx;
    char path[64];

    (void)state;
    world_guest(1);
    guest_mkdir(0, 0, "/g");
    guest_perms(0, 0, "/g", "n1");
    quota.used[RES_NODES] = 20;
    tx = guest_begin(1);
    for (int i = 0; i < 15; i++) {
        snprintf(path, sizeof(path), "/g/a%d", i);
        assert_int_equal(guest_write(1, tx, path, ""), 0);
    }
    for (int i = 0; i < 10; i++) {
        snprintf(path, sizeof(path), "/g/b%d", i);
        assert_int_equal(guest_write(1, 0, path, ""), 0);
    }
    assert_int_equal(guest_end(1, tx, true), ENOSPC);
    assert_string_equal(value(1, 0, "/g/a0"), "(none)");
    assert_int_equal(quota_used(1, RES_NODES), 11);
    quota.used[RES_NODES] = 1000;
}

/* Who keeps making others fail is made to wait, so that they get through. */
/* Guest 1 makes a transaction of Domain0 fail, and is paused for that. */
static void spoil(void)
{
    uint32_t tx;

    world_guest(1);
    guest_mkdir(0, 0, "/g");
    guest_perms(0, 0, "/g", "n1");
    tx = guest_begin(0);
    value(0, tx, "/g");
    guest_write(0, tx, "/x", "");
    guest_write(1, 0, "/g", "spoiled");
    assert_int_equal(guest_end(0, tx, true), EAGAIN);
    assert_true(domain_introduced(1)->conn->paused_until != 0);
}

static void the_spoiler_waits(void **state)
{
    (void)state;
    spoil();
    assert_true(connections_end_penalties() > 0);
    assert_int_equal(domain_introduced(0)->conn->paused_until, 0);
    domain_introduced(1)->conn->paused_until = 1;
    connections_end_penalties();
    assert_int_equal(guest_write(1, 0, "/g", "again"), 0);
}

/* Whoever may not read a node cannot have its writer wait, nor learn that it was written. */
static void who_is_shut_out_spoils_nothing(void **state)
{
    uint32_t tx;

    (void)state;
    world_guest(1);
    world_guest(2);
    guest_mkdir(0, 0, "/g");
    guest_perms(0, 0, "/g", "n1");
    tx = guest_begin(2);
    assert_string_equal(value(2, tx, "/g"), "(error)");
    assert_string_equal(value(2, tx, "/g/x"), "(error)");
    assert_int_equal(guest_write(1, 0, "/g", "1"), 0);
    assert_int_equal(guest_write(1, 0, "/g/x", "1"), 0);
    assert_int_equal(guest_end(2, tx, true), 0);
    assert_int_equal(domain_introduced(1)->conn->paused_until, 0);
}

/* A new ring does not end the pause. */
static void the_spoiler_cannot_start_anew(void **state)
{
    (void)state;
    spoil();
    world_page[1]->connection = XENSTORE_RECONNECT;
    domain_introduced(1)->conn->ready = true;
    world_settle();
    assert_int_equal(world_page[1]->connection, XENSTORE_RECONNECT);
    assert_true(domain_introduced(1)->conn->paused_until != 0);
    domain_introduced(1)->conn->paused_until = 1;
    connections_end_penalties();
    world_settle();
    assert_int_equal(world_page[1]->connection, XENSTORE_CONNECTED);
}

/* Permissions were checked when they came: at the commit, their domain may be another. */
static void one_that_names_a_dead_domain_is_doomed(void **state)
{
    uint32_t tx;

    (void)state;
    world_guest(1);
    guest_write(0, 0, "/secret", "s");
    guest_mkdir(0, 0, "/device");
    tx = guest_begin(0);
    assert_int_equal(guest_perms(0, tx, "/secret", "n0 r1"), 0);
    assert_int_equal(guest_perms(0, tx, "/device", "n1"), 0);
    world_kill(1);
    assert_int_equal(guest_end(0, tx, true), EAGAIN);
    world_guest(1);
    assert_string_equal(value(1, 0, "/secret"), "(error)");
    assert_int_equal(quota_used(1, RES_NODES), 0);
}

/* It would keep an old tree in memory for as long as the guest likes. */
static void an_old_one_is_doomed(void **state)
{
    uint32_t tx, own;

    (void)state;
    world_guest(1);
    guest_mkdir(0, 0, "/g");
    guest_perms(0, 0, "/g", "n1");
    tx = guest_begin(1);
    own = guest_begin(0);
    guest_write(1, tx, "/g/x", "1");
    guest_write(0, own, "/y", "1");
    transactions_expire(clock_ms() + 29000);
    assert_string_equal(value(1, tx, "/g/x"), "1");
    transactions_expire(clock_ms() + 31000);
    transactions_expire(clock_ms() + 31000);
    assert_string_equal(value(1, tx, "/g/x"), "(none)");
    assert_int_equal(guest_write(1, tx, "/g/z", "1"), 0);
    assert_int_equal(guest_rm(1, tx, "/g"), 0);
    assert_int_equal(guest_end(1, tx, true), EAGAIN);
    assert_int_equal(guest_end(0, own, true), 0);
    assert_string_equal(value(1, 0, "/g"), "");
}

/* Looking costs memory, and is limited like changing. */
size_t __sanitizer_get_current_allocated_bytes(void);

/* Versions of nodes that nobody but its transactions keeps. */
static void the_past_is_bounded(void **state)
{
    enum { NODES = 500, ROUNDS = 40 };
    size_t before = __sanitizer_get_current_allocated_bytes();
    uint32_t first = 0, tx = 0;
    char path[32], big[2001];

    (void)state;
    world_guest(1);
    guest_mkdir(0, 0, "/g");
    guest_perms(0, 0, "/g", "n1");
    for (int round = 0; round < ROUNDS; round++) {
        if (round % 5 == 0 && round / 5 < 8)
            tx = guest_begin(1);
        assert_int_not_equal(tx, 0);
        first = first ? first : tx;
        memset(big, 'a' + round % 26, sizeof(big) - 1);
        big[sizeof(big) - 1] = '\0';
        for (int i = 0; i < NODES; i++) {
            snprintf(path, sizeof(path), "/g/%d", i);
            assert_int_equal(guest_write(1, 0, path, big), 0);
        }
        assert_true(__sanitizer_get_current_allocated_bytes() - before < 24 << 20);
    }
    assert_int_equal(guest_end(1, first, true), EAGAIN);
    assert_int_equal(guest_end(1, guest_begin(1), true), 0);
}

static void looks_are_limited(void **state)
{
    uint32_t tx;
    char path[64];
    int err = 0, looks = 0;

    (void)state;
    world_guest(1);
    guest_mkdir(0, 0, "/g");
    guest_perms(0, 0, "/g", "n1");
    tx = guest_begin(1);
    for (; looks < 3000 && err != ENOSPC; looks++) {
        snprintf(path, sizeof(path), "/g/n%d", looks);
        guest_read(1, tx, path, &err);
    }
    assert_in_range(looks, 1000, 1030);
    assert_int_equal(guest_simple(1, XS_DIRECTORY, tx, "/g"), ENOSPC);
    assert_int_equal(guest_write(1, tx, "/g/n5000", ""), ENOSPC);
    assert_int_equal(guest_end(1, tx, false), 0);
}

/*
 * Random transactions of three domains, interleaved. The reference is a list of paths with one
 * value each. Every transaction notes what it read; at each successful commit all it had read
 * must be true in the reference at that moment, and then its writes are applied there. So the
 * committed ones are equal to running one after the other in order of commit.
 */
#define PATHS 12
#define OPEN 3

struct reference {
    int value[PATHS];                   /* -1: absent */
};

struct running {
    uint32_t tx;
    int read[PATHS];                    /* -2: not read */
    int wrote[PATHS];                   /* -2: not written */
};

static void path_of(int i, char *path)
{
    sprintf(path, i % 3 ? "/m/%c/%d" : "/m/%c", 'a' + i / 3, i % 3);
}

static int read_number(uint32_t tx, int i)
{
    char path[32];
    const char *v;
    int err;

    path_of(i, path);
    v = guest_read(0, tx, path, &err);
    if (!v)
        assert_int_equal(err, ENOENT);
    return v ? (*v ? atoi(v) : 0) : -1;
}

static void do_random_step(struct running *r)
{
    int i = any(PATHS), parent = i - i % 3;
    char path[32], text[16];

    path_of(i, path);
    if (any(3)) {
        int seen = read_number(r->tx, i);

        if (r->wrote[i] != -2)
            assert_int_equal(seen, r->wrote[i]);
        else if (r->read[i] == -2)
            r->read[i] = seen;
        else
            assert_int_equal(seen, r->read[i]);
    } else if (any(4)) {
        snprintf(text, sizeof(text), "%u", 1 + any(1000));
        assert_int_equal(guest_write(0, r->tx, path, text), 0);
        r->wrote[i] = atoi(text);
        if (i != parent && r->wrote[parent] == -1)
            r->wrote[parent] = 0;
        else if (i != parent && r->wrote[parent] == -2 && r->read[parent] == -1)
            r->wrote[parent] = 0;
        else if (i != parent && r->wrote[parent] == -2)
            r->read[parent] = read_number(r->tx, parent); /* made along, or was there */
    } else {
        /* Only leaves: what a subtree held is then known. */
        if (i == parent)
            return;
        if (guest_rm(0, r->tx, path) == 0)
            r->wrote[i] = -1;
    }
}

static void random_ones_are_serial(void **state)
{
    struct reference ref;
    struct running run[OPEN] = { 0 };
    int commits = 0, conflicts = 0;

    (void)state;
    guest_mkdir(0, 0, "/m");
    for (int i = 0; i < PATHS; i++) {
        char path[32];

        path_of(i, path);
        guest_write(0, 0, path, "0");
        ref.value[i] = 0;
    }
    for (int step = 0; step < 20000; step++) {
        struct running *r = &run[any(OPEN)];

        if (!r->tx) {
            r->tx = guest_begin(0);
            assert_true(r->tx != 0);
            for (int i = 0; i < PATHS; i++)
                r->read[i] = r->wrote[i] = -2;
        } else if (any(6)) {
            do_random_step(r);
        } else {
            int err = guest_end(0, r->tx, true);

            r->tx = 0;
            conflicts += err == EAGAIN;
            if (err) {
                assert_int_equal(err, EAGAIN);
                continue;
            }
            commits++;
            for (int i = 0; i < PATHS; i++) {
                if (r->read[i] != -2)
                    assert_int_equal(r->read[i], ref.value[i]);
                if (r->wrote[i] != -2)
                    ref.value[i] = r->wrote[i];
            }
            for (int i = 0; i < PATHS; i++)
                assert_int_equal(read_number(0, i), ref.value[i]);
        }
    }
    assert_true(commits > 500);
    assert_true(conflicts > 100);
    for (int i = 0; i < OPEN; i++) {
        if (run[i].tx)
            guest_end(0, run[i].tx, false);
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int xenstored_transactions(void)
{
    const struct CMUnitTest tests[] = {
        CASE(changes_are_private_until_the_end),
        CASE(an_aborted_one_leaves_nothing),
        CASE(what_is_seen_does_not_move),
        CASE(only_what_was_touched_conflicts),
        CASE(conflicts_are_found),
        CASE(a_listing_ignores_changed_values_below),
        CASE(removal_and_creation_within_one),
        CASE(events_come_at_the_end),
        CASE(they_are_limited),
        CASE(all_or_nothing_at_the_quota),
        CASE(the_spoiler_waits),
        CASE(who_is_shut_out_spoils_nothing),
        CASE(the_spoiler_cannot_start_anew),
        CASE(one_that_names_a_dead_domain_is_doomed),
        CASE(an_old_one_is_doomed),
        CASE(the_past_is_bounded),
        CASE(looks_are_limited),
        CASE(random_ones_are_serial),
    };

    return cmocka_run_group_tests_name("transactions", tests, NULL, NULL);
}
