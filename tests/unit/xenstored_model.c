/* SPDX-License-Identifier: MIT */
/* Random requests of several domains, each answer compared with a tiny reference store. */
#include "xenstored_world.h"

#include <errno.h>

/*
 * The reference store is a flat array of nodes found by comparing whole paths; a parent is found
 * by cutting the path. It has nothing of the real one's structure, only its rules.
 */
#define MAX_NODES 4000
#define DOMAINS 4                       /* 0 to 3; 3 dies and comes back now and then */

struct ref_node {
    char path[64];
    char value[16];
    unsigned perm_count;
    struct perm perms[4];
};

static struct ref_node ref[MAX_NODES];
static unsigned ref_count;

static struct ref_node *ref_find(const char *path)
{
    for (unsigned i = 0; i < ref_count; i++) {
        if (strcmp(ref[i].path, path) == 0)
            return &ref[i];
    }
    return NULL;
}

static void cut(char *path)
{
    char *slash = strrchr(path, '/');

    slash[slash == path] = '\0';
}

static struct ref_node *ref_nearest(const char *path)
{
    char at[64];
    struct ref_node *n;

    strcpy(at, path);
    while (!(n = ref_find(at)))
        cut(at);
    return n;
}

static unsigned ref_access(const struct ref_node *n, unsigned domid)
{
    if (domid == 0 || n->perms[0].domid == domid)
        return ACCESS_ALL;
    for (unsigned i = 1; i < n->perm_count; i++) {
        if (n->perms[i].domid == domid)
            return n->perms[i].access;
    }
    return n->perms[0].access;
}

/* 0, EACCES, or ENOENT, as any request answers that needs `need` on the path. */
static int ref_look(const char *path, unsigned domid, unsigned need)
{
    struct ref_node *n = ref_nearest(path);

    if ((ref_access(n, domid) & need) != need)
        return EACCES;
    return strcmp(n->path, path) ? ENOENT : 0;
}

static unsigned ref_owned(unsigned domid)
{
    unsigned count = 0;

    for (unsigned i = 0; i < ref_count; i++)
        count += ref[i].perms[0].domid == domid;
    return count;
}

static unsigned missing(const char *path)
{
    char at[64];
    unsigned count = 0;

    for (strcpy(at, path); !ref_find(at); cut(at))
        count++;
    return count;
}

static int ref_make(const char *path, unsigned domid, const char *value, bool mkdir)
{
    int err = ref_look(path, domid, ACCESS_WRITE);

    if (err && err != ENOENT)
        return err;
    if (err == 0) {
        if (!mkdir)
            strcpy(ref_find(path)->value, value);
        return 0;
    }
    if (domid && ref_owned(domid) + missing(path) > (unsigned)quota.used[RES_NODES])
        return ENOSPC;
    while (!ref_find(path)) {
        struct ref_node *above = ref_nearest(path), *n = &ref[ref_count];
        size_t len = strlen(above->path);

        len += 1 + (len > 1);
        len = len - (len == 2) + strcspn(path + len - (len == 2), "/");
        *n = *above;
        snprintf(n->path, len + 1, "%s", path);
        n->value[0] = '\0';
        if (domid)
            n->perms[0].domid = domid;
        assert_true(++ref_count < MAX_NODES);
    }
    strcpy(ref_find(path)->value, mkdir ? "" : value);
    return 0;
}

static bool below(const char *path, const char *top)
{
    size_t len = strlen(top);

    return strncmp(path, top, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static void ref_drop(const char *top)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < ref_count; i++) {
        if (!below(ref[i].path, top))
            ref[kept++] = ref[i];
    }
    ref_count = kept;
}

static int ref_rm(const char *path, unsigned domid)
{
    char parent[64];
    int err = ref_look(path, domid, ACCESS_WRITE);

    strcpy(parent, path);
    cut(parent);
    if (err == ENOENT)
        return ref_find(parent) ? 0 : ENOENT;
    if (err == 0)
        ref_drop(path);
    return err;
}

static int ref_set_perms(const char *path, unsigned domid, const struct perm *perms, unsigned count)
{
    int err = ref_look(path, domid, ACCESS_WRITE | ACCESS_OWNER);
    struct ref_node *n = ref_find(path);

    if (err)
        return err;
    if (domid && perms[0].domid != n->perms[0].domid)
        return EPERM;
    n->perm_count = count;
    memcpy(n->perms, perms, count * sizeof(*perms));
    return 0;
}

static void ref_death(unsigned domid)
{
    for (unsigned i = 0; i < ref_count;) {
        if (ref[i].perms[0].domid == domid) {
            char top[64];

            strcpy(top, ref[i].path);
            ref_drop(top);
            i = 0;
        } else {
            i++;
        }
    }
    for (unsigned i = 0; i < ref_count; i++) {
        struct ref_node *n = &ref[i];
        unsigned kept = 0;

        for (unsigned p = 0; p < n->perm_count; p++) {
            if (n->perms[p].domid != domid)
                n->perms[kept++] = n->perms[p];
        }
        n->perm_count = kept;
    }
}

/* ---- comparing ---- */

static bool compare_node(struct node *n, const char *path, void *data)
{
    struct ref_node *r = ref_find(path);

    if (store_is_hidden(n))
        return true;
    assert_non_null(r);
    assert_int_equal(n->value_len, strlen(r->value));
    assert_memory_equal(node_value(n), r->value, n->value_len);
    assert_int_equal(n->perm_count, r->perm_count);
    for (unsigned i = 0; i < n->perm_count; i++) {
        assert_int_equal(n->perms[i].domid, r->perms[i].domid);
        assert_int_equal(n->perms[i].access, r->perms[i].access);
    }
    ++*(unsigned *)data;
    return true;
}

static void compare_all(void)
{
    char path[PATH_BUFFER] = "/";
    unsigned seen = 0;

    tree_walk(store_root(), path, compare_node, &seen);
    assert_int_equal(seen, ref_count);
    assert_int_equal(store_audit(), 0);
    for (unsigned d = 1; d < DOMAINS; d++)
        assert_int_equal(quota_used(d, RES_NODES), ref_owned(d));
}

static void random_path(char *path)
{
    unsigned depth = any(5);

    strcpy(path, "/");
    for (unsigned i = 0; i < depth; i++)
        sprintf(path + strlen(path), "%s%c", i ? "/" : "", 'a' + any(3 + (i > 0)));
}

static unsigned random_perms(struct perm *perms, char *text)
{
    unsigned count = 1 + any(3);

    *text = '\0';
    for (unsigned i = 0; i < count; i++) {
        perms[i] = (struct perm){ .domid = any(3), .access = any(4) };
        sprintf(text + strlen(text), "%s%c%u", i ? " " : "", "nrwb"[perms[i].access],
                perms[i].domid);
    }
    return count;
}

static void random_request(void)
{
    unsigned domid = any(DOMAINS), count;
    char path[64], value[16], text[64];
    struct perm perms[4];
    const char *got;
    int err;

    random_path(path);
    switch (any(10)) {
    case 0:
    case 1:
    case 2:
        snprintf(value, sizeof(value), "%u", any(100000));
        assert_int_equal(guest_write(domid, 0, path, value), ref_make(path, domid, value, false));
        break;
    case 3:
        assert_int_equal(guest_mkdir(domid, 0, path), ref_make(path, domid, "", true));
        break;
    case 4:
        if (path[1])
            assert_int_equal(guest_rm(domid, 0, path), ref_rm(path, domid));
        break;
    case 5:
        count = random_perms(perms, text);
        if (path[1])
            assert_int_equal(guest_perms(domid, 0, path, text),
                             ref_set_perms(path, domid, perms, count));
        break;
    default:
        got = guest_read(domid, 0, path, &err);
        assert_int_equal(err, ref_look(path, domid, ACCESS_READ));
        if (got)
            assert_string_equal(got, ref_find(path)->value);
    }
}

static void random_requests_agree(void **state)
{
    (void)state;
    quota.used[RES_NODES] = 40;         /* low, so that it is met */
    ref_count = 1;
    ref[0] = (struct ref_node){ .path = "/", .perm_count = 1, .perms = { { 0, ACCESS_NONE } } };
    for (unsigned d = 1; d < DOMAINS; d++)
        world_guest(d);
    assert_int_equal(guest_perms(0, 0, "/", "b0"), 0);
    ref[0].perms[0].access = ACCESS_READ | ACCESS_WRITE;
    for (unsigned i = 0; i < 30000; i++) {
        random_request();
        if (any(200) == 0) {
            world_kill(3);
            ref_death(3);
            world_guest(3);
        }
        if (any(100) == 0)
            compare_all();
    }
    compare_all();
    quota.used[RES_NODES] = 1000;
}

int xenstored_model(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_requests_agree, world_begin, world_end),
    };

    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
