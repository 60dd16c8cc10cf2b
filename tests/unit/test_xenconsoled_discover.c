/* SPDX-License-Identifier: MIT */
/* Which guests have a console, as the store tells it: what is watched, what is heard. */
/* SOURCES: tools/xenconsoled/discover.c tools/xenconsoled/loop.c tools/daemon/background.c tools/daemon/log.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libxen/xs.h"
#include "xenconsoled/consoles.h"
#include "xenconsoled/discover.h"
#include "xenconsoled/loop.h"

/* ---- a store with guest 1 ---- */

static char watches[8][64];
static unsigned int watch_count;
static char guest_name[32];             /* empty: it has none */
static bool away;                       /* for names */
static const char *next_event;          /* the path, for the token "1" */

int xs_open(struct xs **xs)
{
    static int anything;

    *xs = (struct xs *)&anything;
    return 0;
}

void xs_close(struct xs *xs)
{
    (void)xs;
}

int xs_fd(const struct xs *xs)
{
    (void)xs;
    return 0;
}

int xs_watch(struct xs *xs, const char *path, const char *token)
{
    (void)xs;
    (void)token;
    assert_true(watch_count < 8);
    snprintf(watches[watch_count++], sizeof(watches[0]), "%s", path);
    return 0;
}

int xs_unwatch(struct xs *xs, const char *path, const char *token)
{
    (void)xs;
    (void)token;
    for (unsigned int i = 0; i < watch_count; i++)
        if (!strcmp(watches[i], path)) {
            memmove(watches[i], watches[--watch_count], sizeof(watches[0]));
            return 0;
        }
    return -ENOENT;
}

int xs_next_event(struct xs *xs, struct xs_event **event)
{
    (void)xs;
    if (!next_event)
        return -EAGAIN;
    *event = malloc(sizeof(**event));
    **event = (struct xs_event){ next_event, strchr(next_event, '@') ? "domains" : "1" };
    next_event = NULL;
    return 0;
}

int xs_readf(struct xs *xs, xs_tx tx, char **value, const char *format, ...)
{
    (void)xs;
    (void)tx;
    if (away)
        return -EPIPE;
    *value = strstr(format, "/name") && *guest_name ? strdup(guest_name) : NULL;
    return *value ? 0 : -ENOENT;
}

int xs_readf_u64(struct xs *xs, xs_tx tx, uint64_t *value, const char *format, ...)
{
    (void)xs;
    (void)tx;
    *value = 2;
    return strstr(format, "/port") ? 0 : -ENOENT;
}

int xs_writef(struct xs *xs, xs_tx tx, const char *value, const char *format, ...)
{
    (void)xs;
    (void)tx;
    (void)value;
    (void)format;
    return 0;
}

static bool present = true;

int xs_directory(struct xs *xs, xs_tx tx, const char *path, char ***names, unsigned int *count)
{
    (void)xs;
    (void)tx;
    (void)path;
    *names = malloc(sizeof(**names));
    (*names)[0] = "1";
    *count = 1;
    return 0;
}

int xs_is_introduced(struct xs *xs, unsigned int domid, bool *introduced)
{
    (void)xs;
    (void)domid;
    *introduced = present;
    return 0;
}

/* ---- consoles ---- */

struct console *consoles;
static struct console guest;
static char opened_as[32];

struct console *console_by_domid(uint16_t domid)
{
    return domid == 1 && guest.live ? &guest : NULL;
}

const char *console_tty(const struct console *c)
{
    (void)c;
    return "/dev/pts/1";
}

int console_open(const struct console_place *place)
{
    assert_int_equal(place->domid, 1);
    assert_int_equal(place->port, 2);
    snprintf(opened_as, sizeof(opened_as), "%s", place->name);
    guest.live = true;
    guest.domid = 1;
    guest.name = opened_as;
    consoles = &guest;
    return 0;
}

void console_end(struct console *c)
{
    c->live = false;
}

/* ---- tests ---- */

static bool covered(const char *path)
{
    for (unsigned int i = 0; i < watch_count; i++) {
        size_t n = strlen(watches[i]);

        if (!strncmp(watches[i], path, n) && (!path[n] || path[n] == '/'))
            return true;
    }
    return false;
}

static void happens(const char *path)
{
    assert_true(covered(path));
    next_event = path;
    discover_work();
}

static void a_guest_is_heard_of(void **state)
{
    (void)state;
    strcpy(guest_name, "one");
    loop_init();
    assert_int_equal(discover_connect(), 0);
    happens("/local/domain/1/console/port");
    assert_string_equal(opened_as, "one");
    strcpy(guest_name, "other");
    happens("/local/domain/1/name");
    assert_string_equal(opened_as, "other");
}

/* Nobody was renamed because the store went away in between, or forgets a guest that ends. */
static void a_name_that_cannot_be_read_is_no_other(void **state)
{
    (void)state;
    strcpy(opened_as, "not opened");
    guest.name = "other";
    away = true;
    happens("/local/domain/1/name");
    away = false;
    assert_string_equal(opened_as, "not opened");
    guest_name[0] = '\0';
    happens("/local/domain/1/name");
    assert_string_equal(opened_as, "other");
    guest.live = false;                 /* one that is new, and has no name yet */
    happens("/local/domain/1/console/port");
    assert_string_equal(opened_as, "domain-1");
}

/* Each would cost us questions to the store, as fast as the guest can write. */
static void what_the_guest_writes_is_not_heard(void **state)
{
    static const char *const its_own[] = { "console/backend-id", "console/backend-id/x", "data/x",
                                           "device/vbd/51712/state", "control/shutdown" };

    (void)state;
    for (size_t i = 0; i < sizeof(its_own) / sizeof(its_own[0]); i++) {
        char path[64];

        snprintf(path, sizeof(path), "/local/domain/1/%s", its_own[i]);
        assert_false(covered(path));
    }
}

static void nothing_of_the_dead_is_watched(void **state)
{
    (void)state;
    present = false;
    next_event = "@releaseDomain";
    discover_work();
    assert_false(guest.live);
    assert_int_equal(watch_count, 2);   /* who comes, who goes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_is_heard_of),
        cmocka_unit_test(a_name_that_cannot_be_read_is_no_other),
        cmocka_unit_test(what_the_guest_writes_is_not_heard),
        cmocka_unit_test(nothing_of_the_dead_is_watched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
