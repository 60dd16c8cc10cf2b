/* SPDX-License-Identifier: MIT */
/* Every request of the store's wire protocol: good and bad forms, permissions, quotas. */
#include "xenstored_world.h"

#include <errno.h>

#include "xenstored/requests.h"

static const char *value_of(uint16_t domid, const char *path)
{
    int err;
    const char *value = guest_read(domid, 0, path, &err);

    return value ? value : "(none)";
}

static int error_reading(uint16_t domid, const char *path)
{
    int err;

    guest_read(domid, 0, path, &err);
    return err;
}

/* What Domain0's tools make for a guest: a home it may read, with one place it owns. */
static void furnish(uint16_t domid)
{
    char path[64], perms[32];

    world_guest(domid);
    snprintf(path, sizeof(path), "/local/domain/%u", domid);
    snprintf(perms, sizeof(perms), "n0 r%u", domid);
    assert_int_equal(guest_mkdir(0, 0, path), 0);
    assert_int_equal(guest_perms(0, 0, path, perms), 0);
    strcat(path, "/data");
    snprintf(perms, sizeof(perms), "n%u", domid);
    assert_int_equal(guest_mkdir(0, 0, path), 0);
    assert_int_equal(guest_perms(0, 0, path, perms), 0);
}

static void write_makes_missing_parents(void **state)
{
    int err;

    (void)state;
    assert_int_equal(guest_write(0, 0, "/a/b/c", "hello"), 0);
    assert_string_equal(value_of(0, "/a/b/c"), "hello");
    assert_string_equal(value_of(0, "/a/b"), "");
    assert_string_equal(guest_list(0, 0, "/a", &err), "b");
    assert_string_equal(guest_list(0, 0, "/", &err), "a");
    assert_int_equal(guest_write(0, 0, "/a/b/c", ""), 0);
    assert_string_equal(value_of(0, "/a/b/c"), "");
    assert_string_equal(value_of(0, "/"), "");
}

static void values_are_bytes(void **state)
{
    struct answer *a;

    (void)state;
    guest_call(0, XS_WRITE, 0, "/v\0x\0y\n", 7);
    a = guest_call(0, XS_READ, 0, "/v", 3);
    assert_int_equal(a->hdr.len, 4);
    assert_memory_equal(a->payload, "x\0y\n", 4);
}

static void mkdir_leaves_what_exists(void **state)
{
    (void)state;
    assert_int_equal(guest_write(0, 0, "/a", "kept"), 0);
    assert_int_equal(guest_mkdir(0, 0, "/a"), 0);
    assert_string_equal(value_of(0, "/a"), "kept");
}

static void rm_takes_the_whole_subtree(void **state)
{
    int err;

    (void)state;
    guest_write(0, 0, "/a/b/c", "1");
    guest_write(0, 0, "/a/d", "2");
    assert_int_equal(guest_rm(0, 0, "/a/b"), 0);
    assert_int_equal(error_reading(0, "/a/b/c"), ENOENT);
    assert_string_equal(guest_list(0, 0, "/a", &err), "d");
    assert_int_equal(guest_rm(0, 0, "/a/b"), 0);        /* gone already, the parent is there */
    assert_int_equal(guest_rm(0, 0, "/x/y"), ENOENT);   /* no parent either */
    assert_int_equal(guest_rm(0, 0, "/"), EINVAL);
}

static void bad_names_are_refused(void **state)
{
    static const char *const bad[] = {
        "", "/a/", "//", "/a//b", "/a b", "/a\tb", "/a:b", "@introduceDomain", "@x", "/ä", "a//b",
    };
    char longer[XENSTORE_ABS_PATH_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(error_reading(0, bad[i]), EINVAL);
        assert_int_equal(guest_write(0, 0, bad[i], "x"), EINVAL);
    }
    memset(longer, 'a', sizeof(longer));
    longer[0] = '/';
    longer[XENSTORE_ABS_PATH_MAX] = '\0';
    assert_int_equal(guest_mkdir(0, 0, longer), EINVAL);
    longer[XENSTORE_ABS_PATH_MAX - 1] = '\0';
    assert_int_equal(guest_mkdir(0, 0, longer), 0);
}

static void malformed_payloads_are_refused(void **state)
{
    static const struct { uint32_t type; const char *bytes; size_t len; } bad[] = {
        { XS_READ, "", 0 }, { XS_READ, "/a", 2 }, { XS_READ, "/a\0b", 4 }, { XS_READ, "/a\0", 4 },
        { XS_WRITE, "/a", 2 }, { XS_WRITE, "", 0 }, { XS_MKDIR, "/a", 2 }, { XS_RM, "/a", 2 },
        { XS_DIRECTORY, "/", 1 }, { XS_DIRECTORY_PART, "/", 2 }, { XS_DIRECTORY_PART, "/\0x", 4 },
        { XS_GET_PERMS, "/", 1 }, { XS_SET_PERMS, "/", 2 }, { XS_SET_PERMS, "/\0x0", 5 },
        { XS_SET_PERMS, "/\0n", 4 }, { XS_SET_PERMS, "/\0n99999", 9 },
        { XS_WATCH, "/a", 3 }, { XS_WATCH, "/a\0t", 4 }, { XS_WATCH, "/a\0t\0x", 7 },
        { XS_WATCH, "/a\0t\0" "1\0" "2", 9 }, { XS_UNWATCH, "/a", 3 },
        { XS_TRANSACTION_END, "X", 2 }, { XS_TRANSACTION_END, "", 0 },
        { XS_INTRODUCE, "1\0" "2", 4 }, { XS_INTRODUCE, "x\0" "1\0" "1", 6 },
        { XS_INTRODUCE, "0\0" "1\0" "1", 6 }, { XS_RELEASE, "x", 2 }, { XS_RELEASE, "0", 2 },
        { XS_IS_DOMAIN_INTRODUCED, "-1", 3 }, { XS_RESUME, "", 1 }, { XS_SET_TARGET, "1", 2 },
        { XS_GET_DOMAIN_PATH, "70000", 6 }, { XS_CONTROL, "nonsense", 9 }, { XS_CONTROL, "", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct answer *a = guest_call(0, bad[i].type, 0, bad[i].bytes, bad[i].len);

        if (a->hdr.type != XS_ERROR || strcmp(a->payload, "EINVAL"))
            fail_msg("case %zu (type %u) was not refused", i, bad[i].type);
    }
}

static void unknown_requests_and_transactions(void **state)
{
    (void)state;
    assert_int_equal(guest_simple(0, XS_TYPE_COUNT, 0, "x"), ENOSYS);
    assert_int_equal(guest_simple(0, XS_WATCH_EVENT, 0, "x"), ENOSYS);
    assert_int_equal(guest_simple(0, XS_ERROR, 0, "x"), ENOSYS);
    assert_int_equal(guest_simple(0, 0xffffffff, 0, "x"), ENOSYS);
    assert_int_equal(guest_simple(0, XS_READ, 77, "/"), ENOENT);
    assert_int_equal(guest_end(0, 0, true), ENOENT);
}

static void relative_names_start_at_home(void **state)
{
    int err;

    (void)state;
    furnish(3);
    assert_int_equal(guest_write(3, 0, "data/x", "1"), 0);
    assert_string_equal(value_of(0, "/local/domain/3/data/x"), "1");
    assert_int_equal(guest_write(0, 0, "name", "Domain-0"), 0);
    assert_string_equal(value_of(0, "/local/domain/0/name"), "Domain-0");
    assert_string_equal(guest_list(3, 0, "data", &err), "x");
    assert_string_equal(guest_call(3, XS_GET_DOMAIN_PATH, 0, "3", 2)->payload, "/local/domain/3");
}

static void permissions_are_obeyed(void **state)
{
    (void)state;
    furnish(1);
    furnish(2);
    assert_int_equal(guest_write(0, 0, "/secret", "s"), 0);
    assert_int_equal(error_reading(1, "/secret"), EACCES);
    assert_int_equal(error_reading(1, "/missing"), EACCES);     /* not even that it is missing */
    assert_int_equal(error_reading(1, "missing"), ENOENT);      /* may read its home */
    assert_int_equal(guest_write(1, 0, "name", "x"), EACCES);
    assert_int_equal(guest_mkdir(1, 0, "/tool/x"), EACCES);
    assert_int_equal(guest_rm(1, 0, "/local/domain/1/data/x"), 0);
    assert_int_equal(guest_rm(1, 0, "/local/domain/1"), EACCES);
    assert_int_equal(guest_write(1, 0, "data/x", "1"), 0);
    assert_int_equal(error_reading(2, "/local/domain/1/data/x"), EACCES);
    assert_int_equal(guest_perms(1, 0, "data/x", "n1 r2"), 0);
    assert_string_equal(value_of(2, "/local/domain/1/data/x"), "1");
    assert_int_equal(guest_write(2, 0, "/local/domain/1/data/x", "2"), EACCES);
    assert_int_equal(guest_perms(2, 0, "/local/domain/1/data/x", "n2"), EACCES);
    assert_int_equal(guest_perms(1, 0, "data/x", "b1"), 0);
    assert_int_equal(guest_write(2, 0, "/local/domain/1/data/x", "2"), 0);
    assert_int_equal(guest_perms(1, 0, "data/x", "n2"), EPERM); /* the owner stays */
    assert_int_equal(guest_perms(0, 0, "/local/domain/1/data/x", "w1"), 0);
    assert_int_equal(error_reading(2, "/local/domain/1/data/x"), EACCES);
    assert_int_equal(guest_write(2, 0, "/local/domain/1/data/x", "3"), 0);
}

static void new_nodes_inherit(void **state)
{
    (void)state;
    furnish(1);
    furnish(2);
    assert_int_equal(guest_perms(0, 0, "/local/domain/1/data", "n1 r2"), 0);
    assert_int_equal(guest_write(1, 0, "data/a/b", "x"), 0);
    assert_string_equal(value_of(2, "/local/domain/1/data/a/b"), "x");
    guest_call(0, XS_GET_PERMS, 0, "/local/domain/1/data/a", 23);
    assert_int_equal(guest_write(0, 0, "/local/domain/1/data/zero", "x"), 0);
    assert_string_equal(guest_call(0, XS_GET_PERMS, 0, "/local/domain/1/data/zero", 26)->payload,
                        "n1");
    assert_int_equal(guest_perms(0, 0, "/local/domain/1/data", "b0"), 0);
    assert_int_equal(guest_write(2, 0, "/local/domain/1/data/mine", "x"), 0);
    assert_string_equal(guest_call(0, XS_GET_PERMS, 0, "/local/domain/1/data/mine", 26)->payload,
                        "b2");
}

static void only_domain0_manages_domains(void **state)
{
    static const uint32_t types[] = { XS_INTRODUCE, XS_RELEASE, XS_RESUME, XS_SET_TARGET,
                                      XS_CONTROL };

    (void)state;
    furnish(1);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        assert_int_equal(guest_simple(1, types[i], 0, "1"), EACCES);
    assert_string_equal(guest_call(1, XS_IS_DOMAIN_INTRODUCED, 0, "1", 2)->payload, "T");
    assert_string_equal(guest_call(1, XS_IS_DOMAIN_INTRODUCED, 0, "2", 2)->payload, "F");
    assert_string_equal(guest_call(1, XS_IS_DOMAIN_INTRODUCED, 0, "0", 2)->payload, "T");
    assert_int_equal(guest_simple(0, XS_RELEASE, 0, "2"), ENOENT);
    assert_int_equal(guest_simple(0, XS_RESUME, 0, "2"), ENOENT);
    assert_int_equal(guest_simple(0, XS_RESUME, 0, "1"), 0);
}

static void a_target_shares_its_rights(void **state)
{
    (void)state;
    furnish(1);
    furnish(2);
    assert_int_equal(guest_write(1, 0, "data/x", "1"), 0);
    assert_int_equal(error_reading(2, "/local/domain/1/data/x"), EACCES);
    guest_call(0, XS_SET_TARGET, 0, "2\0" "1", 4);
    assert_string_equal(value_of(2, "/local/domain/1/data/x"), "1");
    world_kill(1);
    assert_int_equal(error_reading(2, "/local/domain/1/data/x"), EACCES);
}

static void introducing_what_cannot_be(void **state)
{
    struct answer *a;

    (void)state;
    a = guest_call(0, XS_INTRODUCE, 0, "5\0" "1\0" "1", 6);     /* no such domain */
    assert_int_equal(a->hdr.type, XS_ERROR);
    world_state[5] = DOMAIN_ALIVE;
    a = guest_call(0, XS_INTRODUCE, 0, "5\0" "666\0" "1", 8);   /* unmappable */
    assert_string_equal(a->payload, "EINVAL");
    a = guest_call(0, XS_INTRODUCE, 0, "5\0" "1\0" "666", 8);   /* unbindable */
    assert_string_equal(a->payload, "EINVAL");
    assert_string_equal(guest_call(0, XS_IS_DOMAIN_INTRODUCED, 0, "5", 2)->payload, "F");
    a = guest_call(0, XS_INTRODUCE, 0, "5\0" "1\0" "1", 6);
    assert_string_equal(a->payload, "OK");
}

/* Nothing of a dead domain may be found by whoever gets its number next. */
static void death_leaves_no_rights(void **state)
{
    (void)state;
    furnish(1);
    furnish(2);
    assert_int_equal(guest_write(0, 0, "/shared", "s"), 0);
    assert_int_equal(guest_perms(0, 0, "/shared", "n0 r1 b2"), 0);
    assert_int_equal(guest_write(1, 0, "data/x", "mine"), 0);
    assert_string_equal(value_of(1, "/shared"), "s");
    world_kill(1);
    assert_string_equal(guest_call(0, XS_GET_PERMS, 0, "/shared", 8)->payload, "n0");
    assert_int_equal(error_reading(0, "/local/domain/1/data"), ENOENT);
    assert_string_equal(value_of(0, "/local/domain/1"), "");
    assert_int_equal(quota_used(1, RES_NODES), 0);
    assert_int_equal(guest_perms(0, 0, "/shared", "n0 r1"), 0);         /* too late: dropped */
    assert_string_equal(guest_call(0, XS_GET_PERMS, 0, "/shared", 8)->payload, "n0");
    assert_int_equal(guest_perms(0, 0, "/shared", "n1"), ENOENT);
    world_guest(1);
    assert_int_equal(error_reading(1, "/shared"), EACCES);
}

static void limits_hold_for_guests_only(void **state)
{
    char big[4000], path[64];
    int err = 0;
    unsigned made = 0;

    (void)state;
    furnish(1);
    memset(big, 'v', sizeof(big));
    big[2049] = '\0';
    assert_int_equal(guest_write(1, 0, "data/big", big), ENOSPC);
    big[2048] = '\0';
    assert_int_equal(guest_write(1, 0, "data/big", big), 0);
    assert_int_equal(guest_perms(1, 0, "data/big", "n1 r0 r1 r1 r1 r1"), ENOSPC);
    for (; !err && made < 2000; made += !err) {
        snprintf(path, sizeof(path), "data/n%u", made);
        err = guest_write(1, 0, path, "");
    }
    assert_int_equal(err, ENOSPC);
    assert_int_equal(quota_used(1, RES_NODES), quota.used[RES_NODES]);
    assert_int_equal(guest_write(1, 0, "data/a/b/c", ""), ENOSPC);
    assert_int_equal(error_reading(1, "data/a"), ENOENT);       /* nothing half-made */
    assert_int_equal(guest_rm(1, 0, "data/n0"), 0);
    assert_int_equal(guest_write(1, 0, "data/n0", ""), 0);
    assert_int_equal(guest_write(0, 0, "/local/domain/0/still", "fine"), 0);
}

static void memory_is_one_account(void **state)
{
    char big[2049], path[64];
    unsigned made = 0;

    (void)state;
    furnish(1);
    memset(big, 'v', sizeof(big));
    big[2048] = '\0';
    quota.used[RES_BYTES] = 100000;
    for (snprintf(path, sizeof(path), "data/n0"); made < 1000; made++) {
        snprintf(path, sizeof(path), "data/n%u", made);
        if (guest_write(1, 0, path, big))
            break;
    }
    assert_in_range(made, 40, 50);
    assert_in_range(quota_used(1, RES_BYTES), 90000, 100000);
    quota.used[RES_BYTES] = 2560 * 1024;
}

static void long_directories_come_in_parts(void **state)
{
    char path[64], part[32], seen[20000] = "";
    size_t offset = 0;
    int err, count = 0;

    (void)state;
    for (int i = 0; i < 600; i++) {
        snprintf(path, sizeof(path), "/many/child-%04d", i);
        assert_int_equal(guest_mkdir(0, 0, path), 0);
    }
    guest_list(0, 0, "/many", &err);
    assert_int_equal(err, E2BIG);
    for (;;) {
        size_t len = snprintf(part, sizeof(part), "/many%c%zu", '\0', offset) + 1;
        struct answer *a = guest_call(0, XS_DIRECTORY_PART, 0, part, len);
        char *name = a->payload + strlen(a->payload) + 1, *end = a->payload + a->hdr.len;

        assert_int_equal(a->hdr.type, XS_DIRECTORY_PART);
        while (name < end && *name) {
            count++;
            offset += strlen(name) + 1;
            assert_null(strstr(seen, name));
            strcat(seen, name);
            name += strlen(name) + 1;
        }
        if (name < end)
            break;
    }
    assert_int_equal(count, 600);
}

static void special_names_have_permissions_only(void **state)
{
    int err;

    (void)state;
    furnish(1);
    assert_string_equal(guest_call(0, XS_GET_PERMS, 0, "@releaseDomain", 15)->payload, "n0");
    assert_int_equal(guest_perms(1, 0, "@releaseDomain", "r1"), EACCES);
    assert_int_equal(guest_perms(0, 0, "@releaseDomain", "n0 r1"), 0);
    assert_int_equal(guest_perms(0, 0, "@noSuch", "n0"), EINVAL);
    assert_string_equal(guest_list(0, 0, "/", &err), "local");
}

static void control_answers(void **state)
{
    (void)state;
    assert_string_equal(guest_call(0, XS_CONTROL, 0, "check", 6)->payload, "OK");
    assert_non_null(strstr(guest_call(0, XS_CONTROL, 0, "help", 5)->payload, "quota"));
    assert_non_null(strstr(guest_call(0, XS_CONTROL, 0, "quota", 6)->payload, "limit nodes 1000"));
    assert_string_equal(guest_call(0, XS_CONTROL, 0, "quota\0watches\0" "9", 16)->payload, "OK");
    assert_int_equal(quota.used[RES_WATCHES], 9);
    assert_string_equal(guest_call(0, XS_CONTROL, 0, "quota\0bogus\0" "9", 14)->payload, "EINVAL");
    quota.used[RES_WATCHES] = 128;
    assert_string_equal(guest_call(0, XS_CONTROL, 0, "print\0hello", 12)->payload, "OK");
    assert_string_equal(guest_call(0, XS_CONTROL, 0, "log\0on", 7)->payload, "OK");
    assert_true(log_requests);
    assert_string_equal(guest_call(0, XS_CONTROL, 0, "log\0off", 8)->payload, "OK");
    assert_false(log_requests);
    assert_string_equal(guest_call(0, XS_CONTROL, 0, "journal", 8)->payload, "OK");
    assert_string_equal(guest_call(0, XS_CONTROL, 0, "log\0maybe", 10)->payload, "EINVAL");
    assert_string_equal(guest_call(0, XS_CONTROL, 0, "print", 6)->payload, "EINVAL");
    assert_string_equal(guest_call(0, XS_CONTROL, 0, "quota\0x", 8)->payload, "EINVAL");
}

static void deep_paths_are_domain0s(void **state)
{
    char path[400] = "data";

    (void)state;
    furnish(1);
    for (int i = 0; i < 60; i++)
        strcat(path, "/d");
    assert_int_equal(guest_write(1, 0, path, ""), 0);
    strcat(path, "/d");
    assert_int_equal(guest_write(1, 0, path, ""), ENOSPC);
    assert_int_equal(guest_write(0, 0, path, ""), 0);
}

/* The root belongs to somebody who dies: it stays, and is Domain0's again. */
static void the_root_outlives_its_owner(void **state)
{
    (void)state;
    world_guest(1);
    assert_int_equal(guest_perms(0, 0, "/", "b1"), 0);
    assert_int_equal(guest_write(0, 0, "/x", "1"), 0);
    world_kill(1);
    assert_string_equal(guest_call(0, XS_GET_PERMS, 0, "/", 2)->payload, "n0");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int xenstored_requests(void)
{
    const struct CMUnitTest tests[] = {
        CASE(write_makes_missing_parents),
        CASE(values_are_bytes),
        CASE(mkdir_leaves_what_exists),
        CASE(rm_takes_the_whole_subtree),
        CASE(bad_names_are_refused),
        CASE(malformed_payloads_are_refused),
        CASE(unknown_requests_and_transactions),
        CASE(relative_names_start_at_home),
        CASE(permissions_are_obeyed),
        CASE(new_nodes_inherit),
        CASE(only_domain0_manages_domains),
        CASE(a_target_shares_its_rights),
        CASE(introducing_what_cannot_be),
        CASE(death_leaves_no_rights),
        CASE(limits_hold_for_guests_only),
        CASE(memory_is_one_account),
        CASE(long_directories_come_in_parts),
        CASE(special_names_have_permissions_only),
        CASE(control_answers),
        CASE(deep_paths_are_domain0s),
        CASE(the_root_outlives_its_owner),
    };

    return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
