/* SPDX-License-Identifier: MIT */
/* The journal: a store killed at any moment goes on where it stopped; its guests do not notice. */
#include "xenstored_world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static int make_dir(void **state)
{
    strcpy(dir, "/tmp/xenstored-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    return world_begin(state);
}

static int drop_dir(void **state)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
    return world_end(state);
}

static char *dump;
static size_t dump_len;

static bool print_node(struct node *n, const char *path, void *data)
{
    fprintf(data, "%s = %.*s (", path, (int)n->value_len, node_value(n));
    for (unsigned i = 0; i < n->perm_count; i++)
        fprintf(data, " %u:%u", n->perms[i].domid, n->perms[i].access);
    fprintf(data, " )\n");
    return true;
}

/* The whole tree as text, for free(). */
static char *picture(void)
{
    FILE *out = open_memstream(&dump, &dump_len);
    char path[PATH_BUFFER] = "/";

    tree_walk(store_root(), path, print_node, out);
    fclose(out);
    return dump;
}

/* Forget everything in memory as an end of the process would; the rings' pages stay. */
static void lose_memory(void)
{
    journal_close();
    domains_clear();
    connections_reap();
    store_clear();
    store_init();
}

static bool come_back(void)
{
    bool restored;

    assert_int_equal(journal_open(dir, &restored), 0);
    return restored;
}

static void random_changes(unsigned count)
{
    while (count--) {
        uint16_t domid = any(3);
        char path[64], value[32];

        snprintf(path, sizeof(path), "/r/%u/%u", any(4), any(5));
        snprintf(value, sizeof(value), "%u", any(1000));
        switch (any(5)) {
        case 0: guest_rm(domid, 0, path); break;
        case 1: guest_mkdir(domid, 0, path); break;
        case 2: guest_perms(domid, 0, path, domid ? "b1 r2" : "b0 r1 w2"); break;
        default: guest_write(domid, 0, path, value); break;
        }
    }
}

static void the_tree_comes_back(void **state)
{
    char *before, *after;

    (void)state;
    assert_false(come_back());
    world_guest(1);
    world_guest(2);
    guest_mkdir(0, 0, "/r");
    guest_perms(0, 0, "/r", "b0");
    for (int round = 0; round < 20; round++) {
        random_changes(200);
        before = picture();
        lose_memory();
        assert_true(come_back());
        after = picture();
        assert_string_equal(before, after);
        assert_int_equal(store_audit(), 0);
        free(before);
        free(after);
        assert_non_null(domain_introduced(1));
    }
    journal_close();
}

static void watches_and_transactions_come_back(void **state)
{
    uint32_t tx;
    int err;

    (void)state;
    come_back();
    world_guest(1);
    guest_mkdir(0, 0, "/d");
    guest_perms(0, 0, "/d", "n1");
    guest_watch(1, "/d", "tok");
    guest_watch(1, "/gone", "tok");
    guest_unwatch(1, "/gone", "tok");
    while (guest_event(1))
        ;
    tx = guest_begin(1);
    guest_write(1, tx, "/d/x", "never");
    lose_memory();
    assert_true(come_back());
    assert_int_equal(quota_used(1, RES_WATCHES), 1);
    assert_int_equal(guest_write(1, tx, "/d/y", ""), 0);        /* still a transaction... */
    assert_int_equal(guest_end(1, tx, true), EAGAIN);           /* ...that has to be repeated */
    assert_null(guest_read(0, 0, "/d/x", &err));
    assert_null(guest_event(1));
    guest_write(0, 0, "/d/z", "");
    assert_string_equal(guest_event(1), "/d/z tok");
    journal_close();
}

static void half_a_request_and_unsent_replies_come_back(void **state)
{
    struct xsd_sockmsg hdr = { .type = XS_WRITE, .req_id = 9, .len = 3004 };
    char value[3000];
    struct answer a;
    int err;

    (void)state;
    come_back();
    memset(value, 'v', sizeof(value));
    guest_put(0, &hdr, sizeof(hdr));
    guest_put(0, "/b", 3);
    guest_put(0, value, 1700);
    world_settle();
    lose_memory();
    assert_true(come_back());
    guest_put(0, value, sizeof(value) - 1700 + 1);
    world_settle();
    assert_true(guest_get(0, &a));
    assert_int_equal(a.hdr.req_id, 9);
    assert_string_equal(a.payload, "OK");
    assert_int_equal(strlen(guest_read(0, 0, "/b", &err)), 3001);

    hdr = (struct xsd_sockmsg){ .type = XS_READ, .req_id = 10, .len = 3 };
    guest_put(0, &hdr, sizeof(hdr));
    guest_put(0, "/b", 3);
    world_settle();                     /* the reply is larger than the ring */
    lose_memory();
    assert_true(come_back());
    assert_true(guest_get(0, &a));
    assert_int_equal(a.hdr.req_id, 10);
    assert_int_equal(a.hdr.len, 3001);
    assert_int_equal(a.payload[3000], 'v');
    journal_close();
}

/* Killed after the journal was written and before the ring showed it: done once, answered once. */
static void the_moment_between_journal_and_ring(void **state)
{
    struct xsd_sockmsg hdr = { .type = XS_TRANSACTION_START, .req_id = 77, .len = 1 };
    uint32_t cons, prod;
    struct answer a;

    (void)state;
    come_back();
    cons = world_page[0]->req_cons;
    prod = world_page[0]->rsp_prod;
    guest_put(0, &hdr, sizeof(hdr));
    guest_put(0, "", 1);
    world_settle();
    world_page[0]->req_cons = cons;
    world_page[0]->rsp_prod = prod;
    lose_memory();
    assert_true(come_back());
    world_settle();
    assert_true(guest_get(0, &a));
    assert_int_equal(a.hdr.req_id, 77);
    assert_false(guest_get(0, &a));
    assert_int_equal(quota_used(0, RES_TRANSACTIONS), 1);
    journal_close();
}

static void who_died_meanwhile_is_cleaned_up(void **state)
{
    int err;

    (void)state;
    come_back();
    world_guest(1);
    guest_mkdir(0, 0, "/d");
    guest_perms(0, 0, "/d", "n1");
    guest_watch(0, "@releaseDomain", "t");
    while (guest_event(0))
        ;
    lose_memory();
    world_state[1] = DOMAIN_GONE;
    assert_true(come_back());
    domains_check();
    world_settle();
    assert_string_equal(guest_event(0), "@releaseDomain t");
    assert_null(guest_read(0, 0, "/d", &err));
    assert_int_equal(err, ENOENT);
    journal_close();
}

/* Rights of a domain end with it, also where it ends while nobody looks. */
static void rights_of_the_dead_do_not_come_back(void **state)
{
    int err;

    (void)state;
    come_back();
    world_guest(1);
    world_guest(2);
    world_state[4] = DOMAIN_ALIVE;      /* known by its number alone */
    guest_write(0, 0, "/s", "secret");
    guest_perms(0, 0, "/s", "n0 r4");
    guest_call(0, XS_SET_TARGET, 0, "2\0001", 4);
    assert_int_equal(domain_introduced(2)->target, 1);
    world_kill(1);
    world_guest(1);
    world_settle();
    lose_memory();
    world_state[4] = DOMAIN_GONE;
    assert_true(come_back());
    domains_check();
    world_settle();
    assert_int_equal(domain_introduced(2)->target, NO_TARGET);
    world_guest(4);
    assert_null(guest_read(4, 0, "/s", &err));
    assert_int_equal(err, EACCES);
    journal_close();
}

static void watches_come_back_beyond_the_limit(void **state)
{
    long limit = quota.used[RES_WATCHES];
    char token[24];

    (void)state;
    come_back();
    world_guest(1);
    quota.used[RES_WATCHES] = 2 * limit;
    for (long i = 0; i < 2 * limit; i++) {
        snprintf(token, sizeof(token), "%ld", i);
        assert_int_equal(guest_watch(1, "data", token), 0);
        while (guest_event(1))
            ;
    }
    quota.used[RES_WATCHES] = limit;
    lose_memory();
    assert_true(come_back());
    assert_int_equal(quota_used(1, RES_WATCHES), 2 * limit);
    journal_close();
}

static off_t journal_size(void)
{
    struct stat st;
    char path[128];

    snprintf(path, sizeof(path), "%s/journal", dir);
    return stat(path, &st) ? -1 : st.st_size;
}

static void copy_journal(const char *from, const char *to)
{
    char command[256];

    snprintf(command, sizeof(command), "cp %s/%s %s/%s", dir, from, dir, to);
    assert_int_equal(system(command), 0);
}

static void copy_at_notice(void)
{
    copy_journal("journal", "then");
}

/* The journal says that a ring starts anew before the guest can see that it did. */
static void killed_as_a_ring_starts_anew(void **state)
{
    (void)state;
    come_back();
    world_guest(1);
    assert_int_equal(guest_write(0, 0, "/x", "1"), 0);
    world_page[1]->req_cons = world_page[1]->req_prod = 40;     /* it has talked before */
    world_page[1]->rsp_cons = world_page[1]->rsp_prod = 60;
    domain_introduced(1)->conn->ring.req_cons = 40;
    domain_introduced(1)->conn->ring.rsp_prod = 60;
    journal_domain(domain_introduced(1));
    journal_flush();
    for (int page_written = 0; page_written < 2; page_written++) {
        world_page[1]->connection = XENSTORE_RECONNECT;
        world_notified = copy_at_notice;
        world_settle();
        world_notified = NULL;
        assert_int_equal(world_page[1]->connection, XENSTORE_CONNECTED);
        journal_close();
        copy_journal("then", "journal");
        if (!page_written) {
            world_page[1]->req_cons = world_page[1]->req_prod = 40;
            world_page[1]->rsp_cons = world_page[1]->rsp_prod = 60;
            world_page[1]->connection = XENSTORE_RECONNECT;
        }
        lose_memory();
        assert_true(come_back());
        world_settle();
        assert_false(domain_introduced(1)->conn->frozen);
        assert_int_equal(world_page[1]->connection, XENSTORE_CONNECTED);
        assert_int_equal(world_page[1]->error, XENSTORE_ERROR_NONE);
        assert_int_equal(guest_watch(1, "data", page_written ? "u" : "t"), 0);
    }
    journal_close();
}

/* A start that has no room to write the journal anew goes on behind what is whole of the old. */
static void a_start_without_room_loses_nothing(void **state)
{
    struct op first = { .kind = OP_MKDIR, .path = "/first" };
    struct op second = { .kind = OP_MKDIR, .path = "/second" };
    char path[128], obstacle[160];

    (void)state;
    snprintf(path, sizeof(path), "%s/journal", dir);
    snprintf(obstacle, sizeof(obstacle), "%s.new", path);
    come_back();
    store_change(&first);
    journal_flush();
    lose_memory();
    assert_int_equal(truncate(path, journal_size() - 3), 0);
    assert_int_equal(mkdir(obstacle, 0700), 0);
    assert_true(come_back());
    store_change(&second);
    journal_flush();
    lose_memory();
    assert_true(come_back());
    assert_non_null(tree_find(store_root(), "/second"));
    lose_memory();
    assert_int_equal(unlink(path), 0);
    assert_false(come_back());
    store_change(&second);
    journal_flush();
    lose_memory();
    assert_int_equal(access(path, F_OK), -1);   /* better none than one that cannot be read */
    assert_int_equal(rmdir(obstacle), 0);
    assert_false(come_back());
    journal_close();
    domain_introduce_own();
}

/* Everything once from the history of a journal, and once from the snapshot that replaced it. */
static void domains_come_back_with_all_they_had(void **state)
{
    struct xsd_sockmsg hdr = { .type = XS_READ, .req_id = 5, .len = 5 };
    char big[4000];
    uint32_t tx;
    struct answer a;

    (void)state;
    come_back();
    for (uint16_t d = 1; d <= 3; d++)
        world_guest(d);
    world_state[4] = DOMAIN_ALIVE;
    guest_mkdir(0, 0, "/d");
    guest_perms(0, 0, "/d", "b0 r4");           /* 4 is known now, but not introduced */
    guest_call(0, XS_SET_TARGET, 0, "2\0" "1", 4);
    assert_int_equal(guest_simple(0, XS_RELEASE, 0, "3"), 0);
    tx = guest_begin(1);
    assert_int_equal(guest_end(1, guest_begin(1), true), 0);
    guest_watch(1, "/d", "t");
    assert_non_null(guest_event(1));
    memset(big, 'b', sizeof(big));
    big[sizeof(big) - 1] = '\0';
    guest_write(0, 0, "/big", big);
    guest_perms(0, 0, "/big", "r0");
    guest_put(1, &hdr, sizeof(hdr));
    guest_put(1, "/big", 5);
    world_settle();
    for (int round = 0; round < 3; round++) {
        lose_memory();
        assert_true(come_back());
        assert_int_equal(domain_introduced(2)->target, 1);
        assert_null(domain_introduced(3));
        assert_null(domain_introduced(4));
        assert_int_equal(quota_used(1, RES_TRANSACTIONS), 1);
        assert_int_equal(quota_used(1, RES_WATCHES), 1);
    }
    guest_write(0, 0, "/d", "1");
    assert_true(guest_get(1, &a));
    assert_int_equal(a.hdr.len, sizeof(big) - 1);
    assert_string_equal(guest_event(1), "/d t");
    assert_int_equal(guest_end(1, tx, true), EAGAIN);
    world_state[4] = DOMAIN_GONE;
    domains_check();
    assert_string_equal(guest_call(0, XS_GET_PERMS, 0, "/d", 3)->payload, "b0");
    assert_int_equal(guest_call(0, XS_GET_PERMS, 0, "/d", 3)->hdr.len, 3);
    journal_close();
}

/* It claims to have been sent what never was: it alone is ignored. */
static void a_guest_that_forges_its_index(void **state)
{
    (void)state;
    come_back();
    world_guest(1);
    guest_watch(1, "/d", "t");
    lose_memory();
    world_page[1]->rsp_prod += 500;
    assert_true(come_back());
    assert_true(domain_introduced(1)->conn->frozen);
    assert_int_equal(guest_mkdir(0, 0, "/fine"), 0);
    journal_close();
}

/* The disk is full: the store goes on, and leaves no half-written file to be believed later. */
static void a_full_disk_ends_the_journal_only(void **state)
{
    struct rlimit limit, none = { 100000, RLIM_INFINITY };
    char value[2000], path[128];
    int err;

    (void)state;
    memset(value, 'v', sizeof(value));
    value[sizeof(value) - 1] = '\0';
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    none.rlim_max = limit.rlim_max;
    come_back();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(guest_write(0, 0, "/x", value), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_string_equal(guest_read(0, 0, "/x", &err), value);
    snprintf(path, sizeof(path), "%s/journal", dir);
    assert_int_equal(access(path, F_OK), -1);
    journal_close();
}

static void a_torn_or_foreign_file_is_survived(void **state)
{
    struct op first = { .kind = OP_MKDIR, .path = "/first" };
    struct op second = { .kind = OP_MKDIR, .path = "/second" };
    char path[128];
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "%s/journal", dir);
    come_back();
    store_change(&first);
    journal_flush();
    store_change(&second);
    journal_flush();
    lose_memory();
    assert_int_equal(truncate(path, journal_size() - 3), 0);
    assert_true(come_back());
    assert_non_null(tree_find(store_root(), "/first"));
    assert_null(tree_find(store_root(), "/second"));
    lose_memory();
    fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "another boot", 12, 8), 12);
    close(fd);
    assert_false(come_back());
    assert_null(tree_find(store_root(), "/first"));
    lose_memory();
    for (int i = 0; i < 300; i++) {
        come_back();
        lose_memory();
        fd = open(path, O_WRONLY);
        for (int n = 0; n < 4; n++) {
            char byte = any(256);

            assert_int_equal(pwrite(fd, &byte, 1, any(journal_size())), 1);
        }
        close(fd);
    }
    come_back();
    journal_close();
    lose_memory();
    domain_introduce_own();
}

static void history_is_dropped(void **state)
{
    char value[2000];

    (void)state;
    come_back();
    memset(value, 'v', sizeof(value));
    value[sizeof(value) - 1] = '\0';
    for (int i = 0; i < 10000; i++) {
        struct op op = { .kind = OP_WRITE, .path = "/x", .value = value, .value_len = 1999 };

        store_change(&op);
        journal_flush();
    }
    assert_in_range(journal_size(), 1000, 6 << 20);
    journal_close();
}

/* ---- kill -9 ---- */

static pid_t daemon_pid;

/* The daemon is another process that knows the pages and the journal, nothing else. */
static void start_daemon(void)
{
    daemon_pid = fork();
    if (daemon_pid)
        return;
    lose_memory();
    come_back();
    if (!domain_introduced(0))
        domain_introduce_own();
    for (;;) {
        world_settle();
        sched_yield();
    }
}

static void kill_daemon(void)
{
    kill(daemon_pid, SIGKILL);
    waitpid(daemon_pid, NULL, 0);
}

static unsigned until_kill, kills;

/* While the guest waits: now and then the daemon is killed and started again. */
static void wait_and_kill(void)
{
    sched_yield();
    if (--until_kill > 0)
        return;
    until_kill = 1 + any(400);
    kill_daemon();
    kills++;
    start_daemon();
}

/*
 * A guest writes and reads one request at a time while the daemon is killed at arbitrary moments:
 * every reply must come, once, and be right; every event of its watch must come.
 */
static void killed_at_random_moments(void **state)
{
    char path[32], value[3000], expected[8][3000] = { "" };
    int err;

    (void)state;
    domains_clear();
    connections_reap();
    start_daemon();
    world_wait = wait_and_kill;
    until_kill = 500;
    assert_int_equal(guest_mkdir(0, 0, "/k"), 0);
    assert_int_equal(guest_watch(0, "/k", "t"), 0);
    while (guest_event(0))
        ;
    for (int i = 0; kills < 30 && i < 100000; i++) {
        int slot = any(8);
        const char *got;

        snprintf(path, sizeof(path), "/k/%d", slot);
        if (any(2)) {
            int len = any(10) ? 10 : 2900;

            memset(value, 'a' + any(26), len);
            snprintf(value + len, sizeof(value) - len, "%d", i);
            assert_int_equal(guest_write(0, 0, path, value), 0);
            strcpy(expected[slot], value);
            for (int tries = 0; tries < 10000000 && !(got = guest_event(0)); tries++)
                wait_and_kill();
            assert_non_null(got);
            assert_memory_equal(got, path, strlen(path));
            assert_null(guest_event(0));
        } else if (expected[slot][0]) {
            got = guest_read(0, 0, path, &err);
            assert_non_null(got);
            assert_string_equal(got, expected[slot]);
        }
    }
    kill_daemon();
    assert_true(kills >= 30);
    world_wait = world_settle;
    memset(world_page[0], 0, 4096);
    domain_introduce_own();
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int xenstored_journal(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_tree_comes_back),
        CASE(watches_and_transactions_come_back),
        CASE(half_a_request_and_unsent_replies_come_back),
        CASE(the_moment_between_journal_and_ring),
        CASE(domains_come_back_with_all_they_had),
        CASE(a_guest_that_forges_its_index),
        CASE(a_full_disk_ends_the_journal_only),
        CASE(who_died_meanwhile_is_cleaned_up),
        CASE(rights_of_the_dead_do_not_come_back),
        CASE(watches_come_back_beyond_the_limit),
        CASE(killed_as_a_ring_starts_anew),
        CASE(a_start_without_room_loses_nothing),
        CASE(a_torn_or_foreign_file_is_survived),
        CASE(history_is_dropped),
        CASE(killed_at_random_moments),
    };

    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
