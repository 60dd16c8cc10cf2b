/* SPDX-License-Identifier: MIT */
/* The store's client against a server that plays a script: replies, events, errors, cut lines. */
/* SOURCES: tools/libxen/xs.c tools/libxen/xs_message.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "libxen/xs.h"

/*
 * One line of a script. type and text (of len bytes): the request that must come; XS_INVALID: none,
 * go on. Then a message of type reply with this payload is sent; XS_INVALID: hang up.
 */
struct step {
    uint32_t type, tx;
    const char *text;
    size_t len;
    uint32_t reply;
    const char *payload;
    size_t payload_len;
};

#define BYTES(text) text, sizeof(text) - 1
#define EVENT(text) { XS_INVALID, 0, NULL, 0, XS_WATCH_EVENT, BYTES(text) }

static char socket_path[64];
static int listener;
static pid_t server;
static struct xs *xs;

static bool exactly(int fd, void *data, size_t len, bool writing)
{
    ssize_t n;

    for (; len; data = (char *)data + n, len -= (size_t)n) {
        n = writing ? write(fd, data, len) : read(fd, data, len);
        if (n <= 0)
            return false;
    }
    return true;
}

/* In the server's process: exit status 0 if the client said what the script says. */
static void play(const struct step *script, size_t steps)
{
    int fd = accept(listener, NULL, NULL);
    struct xsd_sockmsg head = { 0 };
    static char body[8192];
    size_t i;

    for (i = 0; i < steps; i++) {
        if (script[i].type != XS_INVALID) {
            if (!exactly(fd, &head, sizeof(head), false) || head.len > sizeof(body) ||
                !exactly(fd, body, head.len, false))
                _exit(2);
            if (head.type != script[i].type || head.tx_id != script[i].tx ||
                head.len != script[i].len || memcmp(body, script[i].text, script[i].len))
                _exit(3);
        }
        if (script[i].reply == XS_INVALID)
            _exit(0);
        head.type = script[i].reply;
        head.len = (uint32_t)script[i].payload_len;
        if (!exactly(fd, &head, sizeof(head), true) ||
            !exactly(fd, (void *)script[i].payload, script[i].payload_len, true))
            _exit(4);
    }
    /* The client closes first. */
    _exit(read(fd, body, 1) == 0 ? 0 : 5);
}

static void serve(const struct step *script, size_t steps)
{
    server = fork();
    assert_true(server >= 0);
    if (!server)
        play(script, steps);
    assert_int_equal(xs_open_socket(&xs, socket_path), 0);
}
#define SERVE(script) serve(script, sizeof(script) / sizeof((script)[0]))

static void served(void)
{
    int status;

    xs_close(xs);
    assert_int_equal(waitpid(server, &status, 0), server);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int set_up(void **state)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    (void)state;
    snprintf(socket_path, sizeof(socket_path), "/tmp/xs_test.%d", getpid());
    unlink(socket_path);
    strcpy(addr.sun_path, socket_path);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    return bind(listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(listener, 5);
}

static int tear_down(void **state)
{
    (void)state;
    close(listener);
    return unlink(socket_path);
}

/* ---- nodes ---- */

static void values_are_read_and_written(void **state)
{
    static const struct step script[] = {
        { XS_READ, 0, BYTES("/a\0"), XS_READ, BYTES("x\0y") },
        { XS_READ, 7, BYTES("/a/5\0"), XS_READ, BYTES("") },
        { XS_WRITE, 0, BYTES("/a\0one"), XS_WRITE, BYTES("OK\0") },
        { XS_WRITE, 0, BYTES("/b/3\0two"), XS_WRITE, BYTES("OK\0") },
        { XS_MKDIR, 0, BYTES("/c\0"), XS_MKDIR, BYTES("OK\0") },
        { XS_RM, 0, BYTES("/c\0"), XS_RM, BYTES("OK\0") },
        { XS_READ, 0, BYTES("/n\0"), XS_READ, BYTES("123456789012") },
        { XS_READ, 0, BYTES("/n\0"), XS_READ, BYTES("12x") },
        { XS_READ, 0, BYTES("/n\0"), XS_READ, BYTES("-1") },
    };
    uint64_t number;
    char *value;
    size_t len;

    (void)state;
    SERVE(script);
    assert_int_equal(xs_read(xs, XS_NO_TX, "/a", &value, &len), 0);
    assert_int_equal(len, 3);
    assert_memory_equal(value, "x\0y", 4);
    free(value);
    assert_int_equal(xs_readf(xs, 7, &value, "/a/%d", 5), 0);
    assert_string_equal(value, "");
    free(value);
    assert_int_equal(xs_write(xs, XS_NO_TX, "/a", "one", 3), 0);
    assert_int_equal(xs_writef(xs, XS_NO_TX, "two", "/b/%u", 3), 0);
    assert_int_equal(xs_mkdir(xs, XS_NO_TX, "/c"), 0);
    assert_int_equal(xs_rm(xs, XS_NO_TX, "/c"), 0);
    assert_int_equal(xs_readf_u64(xs, XS_NO_TX, &number, "/n"), 0);
    assert_int_equal(number, 123456789012ull);
    assert_int_equal(xs_readf_u64(xs, XS_NO_TX, &number, "/n"), -EINVAL);
    assert_int_equal(xs_readf_u64(xs, XS_NO_TX, &number, "/n"), -EINVAL);
    served();
}

static void the_stores_errors_come_as_errno(void **state)
{
    static const struct step script[] = {
        { XS_READ, 0, BYTES("/a\0"), XS_ERROR, BYTES("ENOENT\0") },
        { XS_RM, 0, BYTES("/a\0"), XS_ERROR, BYTES("EACCES\0") },
        { XS_RM, 0, BYTES("/a\0"), XS_ERROR, BYTES("ENOSPC") },
        { XS_RM, 0, BYTES("/a\0"), XS_ERROR, BYTES("EWHATEVER\0") },
    };
    char *value;

    (void)state;
    SERVE(script);
    assert_int_equal(xs_read(xs, XS_NO_TX, "/a", &value, NULL), -ENOENT);
    assert_int_equal(xs_rm(xs, XS_NO_TX, "/a"), -EACCES);
    assert_int_equal(xs_rm(xs, XS_NO_TX, "/a"), -ENOSPC);
    assert_int_equal(xs_rm(xs, XS_NO_TX, "/a"), -EIO);
    served();
}

static void too_long_requests_are_not_sent(void **state)
{
    static const struct step script[] = {
        { XS_RM, 0, BYTES("/a\0"), XS_RM, BYTES("OK\0") },
    };
    static char value[XENSTORE_PAYLOAD_MAX];

    (void)state;
    SERVE(script);
    assert_int_equal(xs_write(xs, XS_NO_TX, "/a", value, sizeof(value)), -E2BIG);
    assert_int_equal(xs_rmf(xs, XS_NO_TX, "/%0*d", XENSTORE_ABS_PATH_MAX, 0), -ENAMETOOLONG);
    assert_int_equal(xs_rm(xs, XS_NO_TX, "/a"), 0);
    served();
}

static void check_names(const char *const *wanted, unsigned int n)
{
    unsigned int count, i;
    char **names;

    assert_int_equal(xs_directory(xs, XS_NO_TX, "/d", &names, &count), 0);
    assert_int_equal(count, n);
    for (i = 0; i < n; i++)
        assert_string_equal(names[i], wanted[i]);
    assert_null(names[n]);
    free(names);
}

static void directories_are_listed(void **state)
{
    static const struct step script[] = {
        { XS_DIRECTORY, 0, BYTES("/d\0"), XS_DIRECTORY, BYTES("a\0bc\0") },
        { XS_DIRECTORY, 0, BYTES("/d\0"), XS_DIRECTORY, BYTES("") },
    };

    (void)state;
    SERVE(script);
    check_names((const char *const[]){ "a", "bc" }, 2);
    check_names(NULL, 0);
    served();
}

static void long_directories_come_in_parts(void **state)
{
    static const struct step script[] = {
        { XS_DIRECTORY, 0, BYTES("/d\0"), XS_ERROR, BYTES("E2BIG\0") },
        { XS_DIRECTORY_PART, 0, BYTES("/d\0000\0"), XS_DIRECTORY_PART, BYTES("17\0a\0bc\0") },
        { XS_DIRECTORY_PART, 0, BYTES("/d\0005\0"), XS_DIRECTORY_PART, BYTES("17\0d\0\0") },
    };

    (void)state;
    SERVE(script);
    check_names((const char *const[]){ "a", "bc", "d" }, 3);
    served();
}

static void a_changed_directory_is_listed_again(void **state)
{
    static const struct step script[] = {
        { XS_DIRECTORY, 0, BYTES("/d\0"), XS_ERROR, BYTES("E2BIG\0") },
        { XS_DIRECTORY_PART, 0, BYTES("/d\0000\0"), XS_DIRECTORY_PART, BYTES("17\0a\0") },
        { XS_DIRECTORY_PART, 0, BYTES("/d\0002\0"), XS_DIRECTORY_PART, BYTES("18\0x\0\0") },
        { XS_DIRECTORY_PART, 0, BYTES("/d\0000\0"), XS_DIRECTORY_PART, BYTES("18\0b\0x\0\0") },
    };

    (void)state;
    SERVE(script);
    check_names((const char *const[]){ "b", "x" }, 2);
    served();
}

/* ---- events ---- */

static void events_ahead_of_a_reply_are_kept_in_order(void **state)
{
    static const struct step script[] = {
        { XS_WATCH, 0, BYTES("/w\0token\0"), XS_WATCH, BYTES("OK\0") },
        EVENT("/w\0token\0"),
        EVENT("/w/x\0token\0"),
        { XS_READ, 0, BYTES("/a\0"), XS_READ, BYTES("1") },
        EVENT("@releaseDomain\0other\0"),
    };
    struct xs_event *event;
    struct pollfd ready;
    char *value;

    (void)state;
    SERVE(script);
    assert_int_equal(xs_watch(xs, "/w", "token"), 0);
    assert_int_equal(xs_read(xs, XS_NO_TX, "/a", &value, NULL), 0);
    free(value);
    assert_true(xs_event_queued(xs));
    assert_int_equal(xs_next_event(xs, &event), 0);
    assert_string_equal(event->path, "/w");
    assert_string_equal(event->token, "token");
    free(event);
    assert_int_equal(xs_next_event(xs, &event), 0);
    assert_string_equal(event->path, "/w/x");
    free(event);
    /* It may have come in one piece with the reply. */
    ready = (struct pollfd){ .fd = xs_fd(xs), .events = POLLIN };
    assert_true(xs_event_queued(xs) || poll(&ready, 1, 5000) == 1);
    assert_int_equal(xs_next_event(xs, &event), 0);
    assert_string_equal(event->path, "@releaseDomain");
    assert_string_equal(event->token, "other");
    free(event);
    assert_int_equal(xs_next_event(xs, &event), -EAGAIN);
    assert_int_equal(xs_wait_event(xs, 10, &event), -ETIMEDOUT);
    served();
}

static void events_not_asked_for_are_freed_on_close(void **state)
{
    static const struct step script[] = {
        EVENT("/w\0a\0"),
        EVENT("/w\0b\0"),
        { XS_RM, 0, BYTES("/a\0"), XS_RM, BYTES("OK\0") },
    };

    (void)state;
    SERVE(script);
    assert_int_equal(xs_rm(xs, XS_NO_TX, "/a"), 0);
    served();
}

/* ---- broken servers ---- */

static void a_lost_connection_is_an_error_for_ever(void **state)
{
    static const struct step script[] = {
        { XS_READ, 0, BYTES("/a\0"), XS_INVALID, NULL, 0 },
    };
    struct xs_event *event;
    char *value;

    (void)state;
    SERVE(script);
    assert_int_equal(xs_read(xs, XS_NO_TX, "/a", &value, NULL), -EPIPE);
    assert_int_equal(xs_write(xs, XS_NO_TX, "/a", "1", 1), -EPIPE);
    assert_int_equal(xs_wait_event(xs, 100, &event), -EPIPE);
    served();
}

static void nonsense_breaks_the_connection(void **state)
{
    static const struct step script[][1] = {
        { { XS_READ, 0, BYTES("/a\0"), XS_WRITE, BYTES("OK\0") } },
        { { XS_READ, 0, BYTES("/a\0"), XS_WATCH_EVENT, BYTES("no token") } },
    };
    char *value;
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        SERVE(script[i]);
        assert_int_equal(xs_read(xs, XS_NO_TX, "/a", &value, NULL), -EPIPE);
        assert_int_equal(xs_read(xs, XS_NO_TX, "/a", &value, NULL), -EPIPE);
        served();
    }
}

static void no_store_is_said_at_once(void **state)
{
    (void)state;
    assert_int_equal(xs_open_socket(&xs, "/nonexistent/socket"), -ENOENT);
    setenv("XENSTORED_PATH", "/nonexistent/socket", 1);
    assert_int_equal(xs_open(&xs), -ENOENT);
    unsetenv("XENSTORED_PATH");
}

/* ---- permissions ---- */

static void permissions_are_converted(void **state)
{
    static const struct step script[] = {
        { XS_GET_PERMS, 0, BYTES("/a\0"), XS_GET_PERMS, BYTES("n0\0r5\0b12\0") },
        { XS_SET_PERMS, 0, BYTES("/a\0w3\0n4\0"), XS_SET_PERMS, BYTES("OK\0") },
        { XS_GET_PERMS, 0, BYTES("/a\0"), XS_GET_PERMS, BYTES("n0\0zz\0") },
    };
    const struct xs_perm set[] = { { 3, XS_PERM_WRITE }, { 4, XS_PERM_NONE } };
    struct xs_perm *perms, one;
    unsigned int count;

    (void)state;
    SERVE(script);
    assert_int_equal(xs_get_perms(xs, XS_NO_TX, "/a", &perms, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(perms[1].domid, 5);
    assert_int_equal(perms[1].access, XS_PERM_READ);
    assert_int_equal(perms[2].domid, 12);
    assert_int_equal(perms[2].access, XS_PERM_READ | XS_PERM_WRITE);
    free(perms);
    assert_int_equal(xs_set_perms(xs, XS_NO_TX, "/a", set, 2), 0);
    assert_int_equal(xs_get_perms(xs, XS_NO_TX, "/a", &perms, &count), -EIO);
    served();
    assert_int_equal(xs_perm_parse("r", &one), -EINVAL);
    assert_int_equal(xs_perm_parse("x1", &one), -EINVAL);
    assert_int_equal(xs_perm_parse("r1x", &one), -EINVAL);
    assert_int_equal(xs_perm_parse("r-1", &one), -EINVAL);
    assert_int_equal(xs_perm_parse("r65536", &one), -EINVAL);
    assert_int_equal(xs_perm_parse("", &one), -EINVAL);
}

/* ---- transactions ---- */

static int write_twice(struct xs *store, xs_tx tx, void *arg)
{
    ++*(int *)arg;
    return xs_write(store, tx, "/t", "1", 1);
}

static int give_up(struct xs *store, xs_tx tx, void *arg)
{
    (void)store, (void)tx, (void)arg;
    return -ENODEV;
}

static int write_ahead(struct xs *store, xs_tx tx, void *arg)
{
    const struct xs_perm perm = { 3, XS_PERM_READ };
    char *value;
    int err;

    (void)arg;
    xs_send_ahead(store);
    assert_int_equal(xs_write(store, tx, "/t", "1", 1), 0);
    assert_int_equal(xs_set_perms(store, tx, "/t", &perm, 1), 0);
    err = xs_read(store, tx, "/t", &value, NULL);
    if (err)
        return err;
    free(value);
    for (int i = 0; !err && i < 2; i++)
        err = xs_rm(store, tx, "/u");
    assert_int_equal(err, 0);
    return 0;
}

#define AHEAD(tx)                                                                               \
    { XS_WRITE, tx, BYTES("/t\0001"), XS_WRITE, BYTES("OK\0") },                                 \
    { XS_SET_PERMS, tx, BYTES("/t\0r3\0"), XS_SET_PERMS, BYTES("OK\0") },                        \
    EVENT("/w\0between\0"),                                                                     \
    { XS_READ, tx, BYTES("/t\0"), XS_READ, BYTES("1") },                                        \
    { XS_RM, tx, BYTES("/u\0"), XS_RM, BYTES("OK\0") }

static void what_is_sent_ahead_is_refused_later(void **state)
{
    static const struct step script[] = {
        { XS_TRANSACTION_START, 0, BYTES("\0"), XS_TRANSACTION_START, BYTES("8\0") },
        AHEAD(8),
        { XS_RM, 8, BYTES("/u\0"), XS_RM, BYTES("OK\0") },
        EVENT("/w\0behind\0"),
        { XS_TRANSACTION_END, 8, BYTES("T\0"), XS_TRANSACTION_END, BYTES("OK\0") },
        { XS_TRANSACTION_START, 0, BYTES("\0"), XS_TRANSACTION_START, BYTES("9\0") },
        AHEAD(9),
        { XS_RM, 9, BYTES("/u\0"), XS_ERROR, BYTES("EACCES\0") },
        { XS_TRANSACTION_END, 9, BYTES("F\0"), XS_TRANSACTION_END, BYTES("OK\0") },
        { XS_WRITE, 0, BYTES("/v\0002"), XS_ERROR, BYTES("ENOSPC\0") },
    };
    static const char *const tokens[] = { "between", "behind", "between" };
    struct xs_event *event;

    (void)state;
    SERVE(script);
    assert_int_equal(xs_transaction(xs, write_ahead, NULL), 0);
    assert_int_equal(xs_transaction(xs, write_ahead, NULL), -EACCES);
    assert_int_equal(xs_write(xs, XS_NO_TX, "/v", "2", 1), -ENOSPC);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(xs_next_event(xs, &event), 0);
        assert_string_equal(event->token, tokens[i]);
        free(event);
    }
    served();
}

static int write_many(struct xs *store, xs_tx tx, void *arg)
{
    const unsigned int *count = arg;

    xs_send_ahead(store);
    for (unsigned int i = 0; i < *count; i++)
        assert_int_equal(xs_write(store, tx, "/t", "1", 1), 0);
    return 0;
}

/* More than are sent ahead at a time. */
static void many_are_sent_ahead(void **state)
{
    enum { MANY = 1000 };
    static struct step script[MANY + 2] = {
        { XS_TRANSACTION_START, 0, BYTES("\0"), XS_TRANSACTION_START, BYTES("8\0") },
        [MANY + 1] = { XS_TRANSACTION_END, 8, BYTES("T\0"), XS_TRANSACTION_END, BYTES("OK\0") },
    };
    unsigned int count = MANY;

    (void)state;
    for (unsigned int i = 1; i <= MANY; i++)
        script[i] = (struct step){ XS_WRITE, 8, BYTES("/t\0001"), XS_WRITE, BYTES("OK\0") };
    SERVE(script);
    assert_int_equal(xs_transaction(xs, write_many, &count), 0);
    served();
}

static void conflicts_are_tried_again(void **state)
{
    static const struct step script[] = {
        { XS_TRANSACTION_START, 0, BYTES("\0"), XS_TRANSACTION_START, BYTES("8\0") },
        { XS_WRITE, 8, BYTES("/t\0001"), XS_WRITE, BYTES("OK\0") },
        { XS_TRANSACTION_END, 8, BYTES("T\0"), XS_ERROR, BYTES("EAGAIN\0") },
        { XS_TRANSACTION_START, 0, BYTES("\0"), XS_TRANSACTION_START, BYTES("9\0") },
        { XS_WRITE, 9, BYTES("/t\0001"), XS_WRITE, BYTES("OK\0") },
        { XS_TRANSACTION_END, 9, BYTES("T\0"), XS_TRANSACTION_END, BYTES("OK\0") },
        { XS_TRANSACTION_START, 0, BYTES("\0"), XS_TRANSACTION_START, BYTES("10\0") },
        { XS_TRANSACTION_END, 10, BYTES("F\0"), XS_TRANSACTION_END, BYTES("OK\0") },
    };
    int runs = 0;

    (void)state;
    SERVE(script);
    assert_int_equal(xs_transaction(xs, write_twice, &runs), 0);
    assert_int_equal(runs, 2);
    assert_int_equal(xs_transaction(xs, give_up, NULL), -ENODEV);
    served();
}

/* ---- domains ---- */

static void domain_requests_are_strings_of_numbers(void **state)
{
    static const struct step script[] = {
        { XS_INTRODUCE, 0, BYTES("5\000123456\0002\0"), XS_INTRODUCE, BYTES("OK\0") },
        { XS_IS_DOMAIN_INTRODUCED, 0, BYTES("5\0"), XS_IS_DOMAIN_INTRODUCED, BYTES("T\0") },
        { XS_IS_DOMAIN_INTRODUCED, 0, BYTES("6\0"), XS_IS_DOMAIN_INTRODUCED, BYTES("F\0") },
        { XS_GET_DOMAIN_PATH, 0, BYTES("5\0"), XS_GET_DOMAIN_PATH, BYTES("/local/domain/5\0") },
        { XS_RELEASE, 0, BYTES("5\0"), XS_RELEASE, BYTES("OK\0") },
        { XS_CONTROL, 0, BYTES("log\0on\0"), XS_CONTROL, BYTES("OK\0") },
    };
    const char *const words[] = { "log", "on" };
    bool known;
    char *text;

    (void)state;
    SERVE(script);
    assert_int_equal(xs_introduce(xs, 5, 123456, 2), 0);
    assert_int_equal(xs_is_introduced(xs, 5, &known), 0);
    assert_true(known);
    assert_int_equal(xs_is_introduced(xs, 6, &known), 0);
    assert_false(known);
    assert_int_equal(xs_domain_path(xs, 5, &text), 0);
    assert_string_equal(text, "/local/domain/5");
    free(text);
    assert_int_equal(xs_release(xs, 5), 0);
    assert_int_equal(xs_control(xs, words, 2, &text), 0);
    assert_string_equal(text, "OK");
    free(text);
    served();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_and_written),
        cmocka_unit_test(the_stores_errors_come_as_errno),
        cmocka_unit_test(too_long_requests_are_not_sent),
        cmocka_unit_test(directories_are_listed),
        cmocka_unit_test(long_directories_come_in_parts),
        cmocka_unit_test(a_changed_directory_is_listed_again),
        cmocka_unit_test(events_ahead_of_a_reply_are_kept_in_order),
        cmocka_unit_test(events_not_asked_for_are_freed_on_close),
        cmocka_unit_test(a_lost_connection_is_an_error_for_ever),
        cmocka_unit_test(nonsense_breaks_the_connection),
        cmocka_unit_test(no_store_is_said_at_once),
        cmocka_unit_test(permissions_are_converted),
        cmocka_unit_test(conflicts_are_tried_again),
        cmocka_unit_test(what_is_sent_ahead_is_refused_later),
        cmocka_unit_test(many_are_sent_ahead),
        cmocka_unit_test(domain_requests_are_strings_of_numbers),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
