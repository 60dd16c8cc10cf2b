/* SPDX-License-Identifier: MIT */
/* A name that nobody has is one thing, a store that cannot be asked another. */
/* SOURCES: tools/domain/lookup.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "domain/lookup.h"

/* ---- domains 0 and 5; what the store says of their names ---- */

static struct {
    int err;
    const char *name;
} store[2];

int xen_domain_list_all(struct xen *xen, struct xen_domctl_getdomaininfo **infos)
{
    (void)xen;
    *infos = calloc(2, sizeof(**infos));
    (*infos)[1].domain = 5;
    return 2;
}

int xen_domain_info(struct xen *xen, domid_t domid, struct xen_domctl_getdomaininfo *info)
{
    (void)xen;
    (void)info;
    return domid == 0 || domid == 5 ? 0 : -ESRCH;
}

int xs_readf(struct xs *xs, xs_tx tx, char **value, const char *format, ...)
{
    va_list args;
    unsigned int domid;

    (void)xs;
    (void)tx;
    va_start(args, format);
    domid = va_arg(args, unsigned int);
    va_end(args);
    if (!store[domid == 5].err)
        *value = strdup(store[domid == 5].name);
    return store[domid == 5].err;
}

static int look_up(const char *text)
{
    domid_t domid = 99;
    int err = domain_by_text(NULL, NULL, text, &domid);

    return err ? err : domid;
}

static void test_found(void **state)
{
    (void)state;
    store[0].name = "Domain-0";
    store[0].err = store[1].err = 0;
    store[1].name = "alpha";
    assert_int_equal(look_up("alpha"), 5);
    assert_int_equal(look_up("5"), 5);
    assert_int_equal(look_up("6"), -ESRCH);
    assert_int_equal(look_up("beta"), -ESRCH);
}

static void test_nameless(void **state)
{
    (void)state;
    store[0].err = -ENOENT;
    store[1].err = 0;
    store[1].name = "alpha";
    assert_int_equal(look_up("alpha"), 5);
    assert_int_equal(look_up("beta"), -ESRCH);
}

static void test_store_away(void **state)
{
    (void)state;
    store[0].err = store[1].err = -EPIPE;
    assert_int_equal(look_up("alpha"), -EPIPE);
    assert_int_equal(look_up("5"), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_nameless),
        cmocka_unit_test(test_store_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
