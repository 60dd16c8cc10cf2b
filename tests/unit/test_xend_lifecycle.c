/* SPDX-License-Identifier: MIT */
/* A domain that is started again keeps its settings for as long as anybody needs them. */
/* SOURCES: tools/xend/lifecycle.c tools/config/domain_config.c tools/config/domain_keys.c tools/config/disk_spec.c tools/config/vif_spec.c tools/config/parse.c tools/config/python_hint.c tools/config/complaint.c tools/config/xalloc.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xen/sched.h>

#include "config/domain_config.h"
#include "config/xalloc.h"
#include "domain/claim.h"
#include "domain/lookup.h"
#include "domain/teardown.h"
#include "xend/xend.h"

#define UUID   "11111111-2222-3333-4444-555555555555"
#define DIR    "/tmp/xend-lifecycle-test"
#define CONFIG DIR "/" UUID ".cfg"

/* ---- domains, by number: what the hypervisor says of them ---- */

static struct {
    bool exists;
    uint32_t flags;
} domains[8];

int xen_domain_info(struct xen *xen, domid_t domid, struct xen_domctl_getdomaininfo *info)
{
    (void)xen;
    *info = (struct xen_domctl_getdomaininfo){ .flags = domains[domid].flags };
    return domains[domid].exists ? 0 : -ESRCH;
}

int domain_by_uuid(struct xen *xen, const uint8_t uuid[16], domid_t *domid)
{
    (void)xen;
    (void)uuid;
    for (*domid = 1; *domid < 8; ++*domid)
        if (domains[*domid].exists)
            return 0;
    return -ESRCH;
}

int domain_teardown(struct xen *xen, struct xs *xs, unsigned int domid)
{
    (void)xs;
    if (xen)
        domains[domid].exists = false;
    return 0;
}

void device_errors_sweep(struct xs *xs)
{
    (void)xs;
}

int xen_domain_set_handle(struct xen *xen, domid_t domid, const xen_domain_handle_t uuid)
{
    (void)xen;
    (void)domid;
    (void)uuid;
    return 0;
}

static bool claimed;

bool claim_exists(const uint8_t uuid[16])
{
    (void)uuid;
    return claimed;
}

/* ---- devices: there are none ---- */

int device_close(struct xs *xs, unsigned int domid, const char *kind, const char *devid)
{
    (void)xs;
    (void)domid;
    (void)kind;
    (void)devid;
    return 0;
}

unsigned int device_each(struct xs *xs, unsigned int domid,
                         void (*visit)(struct xs *, unsigned int, const char *, const char *,
                                       void *),
                         void *arg)
{
    (void)xs;
    (void)domid;
    (void)visit;
    (void)arg;
    return 0;
}

unsigned int hotplug_finish(struct xend *xend, unsigned int domid, bool force)
{
    (void)xend;
    (void)domid;
    (void)force;
    return 0;
}

/* ---- records ---- */

/* The store goes away at this request from now; 0: it stays, or is away. */
static unsigned int requests_left;
static bool away;

static bool store_is_away(void)
{
    if (requests_left && !--requests_left)
        away = true;
    return away;
}

/* When all domains were started, by the clock of the wall; 0: nobody has written it. */
static uint64_t started_at;

static struct {
    bool exists;
    char action[16];
} records[8];

static bool is_record(const char *path, unsigned int *domid, const char **name)
{
    int used = 0;

    if (sscanf(path, RECORDS "/%u/%n", domid, &used) != 1 || *domid >= 8 || !used)
        return false;
    *name = path + used;
    return records[*domid].exists;
}

int xs_readf(struct xs *xs, xs_tx tx, char **value, const char *format, ...)
{
    const char *name, *found;
    unsigned int domid;
    va_list args;
    char *path;

    (void)xs;
    (void)tx;
    if (store_is_away())
        return -EPIPE;
    va_start(args, format);
    path = xvasprintf(format, args);
    va_end(args);
    found = !is_record(path, &domid, &name) ? NULL :
            !strcmp(name, "uuid") ? UUID : !strcmp(name, "config") ? CONFIG :
            !strcmp(name, "name") ? "g" : !strncmp(name, "on_", 3) ? "restart" :
            !strcmp(name, "action") && records[domid].action[0] ? records[domid].action : NULL;
    if (found)
        *value = xstrdup(found);
    free(path);
    return found ? 0 : -ENOENT;
}

int xs_readf_u64(struct xs *xs, xs_tx tx, uint64_t *value, const char *format, ...)
{
    (void)xs;
    (void)tx;
    (void)format;
    if (store_is_away())
        return -EPIPE;
    *value = started_at;
    return started_at ? 0 : -ENOENT;
}

int xs_writef(struct xs *xs, xs_tx tx, const char *value, const char *format, ...)
{
    const char *name;
    unsigned int domid;
    va_list args;
    char *path;

    (void)xs;
    (void)tx;
    if (store_is_away())
        return -EPIPE;
    va_start(args, format);
    path = xvasprintf(format, args);
    va_end(args);
    if (is_record(path, &domid, &name) && !strcmp(name, "action"))
        snprintf(records[domid].action, sizeof(records[domid].action), "%s", value);
    free(path);
    return 0;
}

int xs_rmf(struct xs *xs, xs_tx tx, const char *format, ...)
{
    (void)xs;
    (void)tx;
    (void)format;
    return store_is_away() ? -EPIPE : 0;
}

int xs_directory(struct xs *xs, xs_tx tx, const char *path, char ***names, unsigned int *count)
{
    static char texts[8][4];

    (void)xs;
    (void)tx;
    assert_string_equal(path, RECORDS);
    if (store_is_away())
        return -EPIPE;
    *names = xcalloc(8, sizeof(**names));
    *count = 0;
    for (int i = 1; i < 8; i++)
        if (records[i].exists) {
            snprintf(texts[i], sizeof(texts[i]), "%d", i);
            (*names)[(*count)++] = texts[i];
        }
    return 0;
}

int domain_forget(struct xs *xs, unsigned int domid)
{
    (void)xs;
    if (store_is_away())
        return -EPIPE;
    records[domid].exists = false;
    return 0;
}

/* ---- the xm that xend runs ---- */

static struct {
    void (*done)(struct xend *xend, int status, void *arg);
    void *arg;
} running[4];
static unsigned int started;

int child_start_xm(const char *const args[], void (*done)(struct xend *xend, int status, void *arg),
                   void *arg)
{
    assert_string_equal(args[0], "create");
    assert_string_equal(args[2], CONFIG);
    assert_true(started < 4);
    running[started].done = done;
    running[started++].arg = arg;
    return 0;
}

void note(const char *format, ...)
{
    (void)format;
}

/* ---- the tests ---- */

static struct xend xend = { .xen = (struct xen *)&xend };   /* never looked into */

static int begin(void **state)
{
    FILE *config;

    (void)state;
    memset(domains, 0, sizeof(domains));
    memset(records, 0, sizeof(records));
    claimed = away = false;
    started = 0;
    requests_left = 0;
    started_at = 0;
    mkdir(DIR, 0700);
    config = fopen(CONFIG, "we");
    return config ? fclose(config) : -1;
}

static int end(void **state)
{
    (void)state;
    unlink(CONFIG);
    return rmdir(DIR);
}

static bool kept(void)
{
    return !access(CONFIG, F_OK);
}

/* A domain of ours appears, and ends as it is to be started again. */
static void comes(unsigned int domid)
{
    domains[domid].exists = records[domid].exists = true;
    domains[domid].flags = 0;
    records[domid].action[0] = '\0';
}

static void powers_off(unsigned int domid)
{
    domains[domid].flags = XEN_DOMINF_shutdown | SHUTDOWN_poweroff << XEN_DOMINF_shutdownshift;
    lifecycle_scan(&xend);
}

static void test_started_again(void **state)
{
    (void)state;
    comes(1);
    lifecycle_scan(&xend);
    assert_int_equal(started, 0);
    powers_off(1);
    assert_int_equal(started, 1);
    assert_true(records[1].exists && kept());
    comes(2);
    running[0].done(&xend, 0, running[0].arg);
    assert_true(!records[1].exists && records[2].exists && kept());
}

static void test_not_started_again(void **state)
{
    (void)state;
    comes(1);
    powers_off(1);
    running[0].done(&xend, 1, running[0].arg);
    assert_true(!records[1].exists && !kept());
}

/* Destroyed by hand: nothing more is to come. */
static void test_destroyed(void **state)
{
    (void)state;
    comes(1);
    domains[1].exists = false;
    lifecycle_scan(&xend);
    assert_int_equal(started, 0);
    assert_true(!records[1].exists && !kept());
}

/*
 * xend was killed while its xm made domain 2 in place of 1. The next xend has 1 started again once
 * more, which is refused as 2 is there; but 2 is over before xend hears that, and on its way back.
 */
static void test_refused_after_the_other_ended(void **state)
{
    (void)state;
    records[1].exists = true;
    strcpy(records[1].action, "restart");
    lifecycle_scan(&xend);
    assert_int_equal(started, 1);
    comes(2);
    powers_off(2);
    assert_int_equal(started, 2);
    running[0].done(&xend, 1, running[0].arg);
    assert_true(!records[1].exists && records[2].exists && kept());
    comes(3);
    running[1].done(&xend, 0, running[1].arg);
    assert_true(!records[2].exists && records[3].exists && kept());
}

/* Somebody else is just creating a domain of this UUID. */
static void test_claimed_by_another(void **state)
{
    (void)state;
    comes(1);
    domains[1].exists = false;
    claimed = true;
    lifecycle_scan(&xend);
    assert_true(!records[1].exists && kept());
}

/* The next xend, which starts over with a store that is there. */
static void store_returns(void)
{
    requests_left = 0;
    away = false;
    lifecycle_scan(&xend);
}

static void expect_started_again(void **state)
{
    assert_int_equal(started, 1);
    assert_true(records[1].exists && kept());
    comes(2);
    running[0].done(&xend, 0, running[0].arg);
    begin(state);
}

/* Whatever cannot be read is not taken for what is not there. */
static void test_store_goes_away(void **state)
{
    for (unsigned int at = 1; at < 14; at++) {
        comes(1);
        requests_left = at;
        powers_off(1);
        store_returns();
        expect_started_again(state);
        records[1].exists = true;
        strcpy(records[1].action, "restart");
        requests_left = at;
        lifecycle_scan(&xend);
        store_returns();
        expect_started_again(state);
    }
}

/* xm fails because the store went away, and xend hears of that first. */
static void test_store_goes_away_under_xm(void **state)
{
    (void)state;
    comes(1);
    powers_off(1);
    away = true;
    running[0].done(&xend, 1, running[0].arg);
    assert_true(records[1].exists && kept());
}

/* One that is over at once is not built again at once. */
static void test_pace(void **state)
{
    (void)state;
    started_at = (uint64_t)time(NULL);
    comes(1);
    powers_off(1);
    assert_int_equal(started, 0);
    assert_true(xend.at_work && records[1].exists && kept());
    started_at -= 6;
    lifecycle_scan(&xend);
    assert_int_equal(started, 1);
    running[0].done(&xend, 0, running[0].arg);
}

static void test_pace_beside_the_old_one(void **state)
{
    (void)state;
    started_at = (uint64_t)time(NULL);
    comes(1);
    strcpy(records[1].action, "rename-restart");
    powers_off(1);
    assert_int_equal(started, 0);
    assert_true(xend.at_work);
    started_at -= 6;
    lifecycle_scan(&xend);
    assert_int_equal(started, 1);
    running[0].done(&xend, 0, running[0].arg);
}

/* The clock was set back after the start: it has run for nobody knows how long. */
static void test_clock_set_back(void **state)
{
    (void)state;
    started_at = (uint64_t)time(NULL) + 3600;
    comes(1);
    domains[1].flags = XEN_DOMINF_shutdown | SHUTDOWN_crash << XEN_DOMINF_shutdownshift;
    lifecycle_scan(&xend);
    assert_int_equal(started, 1);
    running[0].done(&xend, 0, running[0].arg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_started_again, begin, end),
        cmocka_unit_test_setup_teardown(test_not_started_again, begin, end),
        cmocka_unit_test_setup_teardown(test_destroyed, begin, end),
        cmocka_unit_test_setup_teardown(test_refused_after_the_other_ended, begin, end),
        cmocka_unit_test_setup_teardown(test_claimed_by_another, begin, end),
        cmocka_unit_test_setup_teardown(test_store_goes_away, begin, end),
        cmocka_unit_test_setup_teardown(test_store_goes_away_under_xm, begin, end),
        cmocka_unit_test_setup_teardown(test_pace, begin, end),
        cmocka_unit_test_setup_teardown(test_pace_beside_the_old_one, begin, end),
        cmocka_unit_test_setup_teardown(test_clock_set_back, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
