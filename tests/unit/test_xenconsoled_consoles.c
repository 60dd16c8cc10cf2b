/* SPDX-License-Identifier: MIT */
/* A guest's console from its first byte until after its death: terminal, log, memory, socket. */
/* SOURCES: tools/xenconsoled/consoles.c tools/xenconsoled/clients.c tools/xenconsoled/loop.c tools/xenconsoled/rings.c tools/xenconsoled/history.c tools/xenconsoled/logfile.c tools/daemon/background.c tools/daemon/log.c */
/* CFLAGS: $(DOMAIN0) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "xenconsoled/clients.h"
#include "daemon/clock.h"
#include "xenconsoled/consoles.h"
#include "xenconsoled/links.h"
#include "xenconsoled/loop.h"
#include "xenconsoled/ratelimit.h"

/* ---- the pretended hypervisor: one page and port for each domain ---- */

static struct xencons_interface page[64];
static int bound, mapped, unmasked;

int links_bind(uint16_t domid, uint32_t remote_port)
{
    if (remote_port == 666)
        return -EINVAL;
    bound++;
    return 100 + domid;
}

void links_unbind(int port)
{
    (void)port;
    bound--;
}

int links_map(uint16_t domid, void **at)
{
    if (domid == 66)
        return -EINVAL;
    *at = &page[domid];
    mapped++;
    return 0;
}

void links_unmap(void *at)
{
    (void)at;
    mapped--;
}

void links_unmask(int port)
{
    (void)port;
    unmasked++;
}

void links_notify(int port)
{
    (void)port;
}

/* ---- helpers ---- */

static char dir[64], socket_dir[64];

static int begin(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/consoled-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    console_log_dir = dir;
    console_log_limit = 1 << 20;
    memset(page, 0, sizeof(page));
    return 0;
}

static int end(void **state)
{
    char command[128];

    (void)state;
    for (struct console *c = consoles; c; c = c->next) {
        if (c->live)
            console_end(c);
        c->end_by = 0;
    }
    consoles_tick();
    assert_int_equal(bound, 0);
    assert_int_equal(mapped, 0);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

static struct console *open_guest(uint16_t domid, const char *name)
{
    struct console_place place = { .domid = domid, .name = name, .port = 1 };

    assert_int_equal(console_open(&place), 0);
    return console_by_domid(domid);
}

/* The guest puts text out, as much as its ring takes at a time, and is served. */
static void say(struct console *c, const char *text, size_t len)
{
    struct xencons_interface *p = &page[c->domid];

    while (len) {
        while (len && p->out_prod - p->out_cons < sizeof(p->out)) {
            p->out[MASK_XENCONS_IDX(p->out_prod++, p->out)] = *text++;
            len--;
        }
        console_serve(c);
    }
}

static void turn(void)
{
    for (int i = 0; i < 20; i++) {
        consoles_tick();
        clients_reap();
        loop_run_once(0);
    }
}

/* The kernel moves bytes between the two ends of a terminal in its own time: wait for that. */
#define turn_until(condition)                                                                      \
    do {                                                                                           \
        for (int tries = 0; tries < 3000 && !(condition); tries++) {                               \
            turn();                                                                                \
            usleep(1000);                                                                          \
        }                                                                                          \
        assert_true(condition);                                                                    \
    } while (0)

/* At least `wanted` bytes, and what comes with them. */
static size_t read_some(int fd, char *buf, size_t size, size_t wanted)
{
    size_t used = 0;

    for (int tries = 0; tries < 3000; tries++) {
        ssize_t got;

        turn();
        got = read(fd, buf + used, size - 1 - used);
        used += got > 0 ? got : 0;
        if (got <= 0 && used >= wanted)
            break;
        if (got <= 0)
            usleep(1000);
    }
    buf[used] = '\0';
    return used;
}

static int dial(const char *line)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/consoled", socket_dir);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(write(fd, line, strlen(line)), strlen(line));
    turn();
    return fd;
}

/* ---- tests ---- */

static void output_reaches_terminal_and_log(void **state)
{
    struct console *c = open_guest(1, "g1");
    int tty = open(console_tty(c), O_RDWR | O_NOCTTY | O_NONBLOCK);
    char buf[256], path[128];
    FILE *log;

    (void)state;
    say(c, "hello\r\n", 7);
    assert_int_equal(read_some(tty, buf, sizeof(buf), 7), 7);
    assert_string_equal(buf, "hello\r\n");
    snprintf(path, sizeof(path), "%s/guest-g1.log", dir);
    log = fopen(path, "r");
    assert_non_null(fgets(buf, sizeof(buf), log));
    assert_string_equal(buf, "hello\r\n");
    fclose(log);
    close(tty);
}

static void typing_reaches_the_guest(void **state)
{
    struct console *c = open_guest(1, "g1");
    int tty = open(console_tty(c), O_RDWR | O_NOCTTY | O_NONBLOCK);
    char many[3000];

    (void)state;
    assert_int_equal(write(tty, "ls\r", 3), 3);
    turn_until(page[1].in_prod == 3);
    assert_memory_equal(page[1].in, "ls\r", 3);
    memset(many, 'x', sizeof(many));
    assert_int_equal(write(tty, many, sizeof(many)), sizeof(many));
    turn_until(page[1].in_prod == sizeof(page[1].in));  /* full: the rest waits */
    page[1].in_cons = page[1].in_prod;
    console_serve(c);
    turn_until(page[1].in_prod == 2 * sizeof(page[1].in));
    close(tty);
}

/* Nobody reads: the terminal's backlog is bounded, and the newest is kept. */
static void a_late_reader_gets_the_end(void **state)
{
    struct console *c = open_guest(1, "g1");
    char line[64], *all = malloc(1 << 20);
    size_t len;
    int tty;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        snprintf(line, sizeof(line), "line %08d\n", i);
        say(c, line, strlen(line));
    }
    tty = open(console_tty(c), O_RDWR | O_NOCTTY | O_NONBLOCK);
    len = read_some(tty, all, 1 << 20, HISTORY_SIZE + 4000);
    usleep(10000);
    len += read_some(tty, all + len, (1 << 20) - len, 0);
    /* The kernel holds some of the oldest too. */
    assert_in_range(len, HISTORY_SIZE - 100, HISTORY_SIZE + (80 << 10));
    assert_string_equal(all + len - 14, "line 00019999\n");
    free(all);
    close(tty);
}

static void the_last_words_are_remembered(void **state)
{
    struct console *c = open_guest(1, "g1");
    char buf[256];
    int fd;

    (void)state;
    say(c, "panic: all is lost\n", 19);
    memcpy(page[1].out + 19, "bye\n", 4);       /* still in the ring when it dies */
    page[1].out_prod += 4;
    console_end(c);
    assert_int_equal(bound, 0);
    fd = dial("log g1\n");
    read_some(fd, buf, sizeof(buf), 5);
    assert_string_equal(buf, "OK\npanic: all is lost\nbye\n");
    close(fd);
    fd = dial("log nobody\n");
    read_some(fd, buf, sizeof(buf), 5);
    assert_memory_equal(buf, "ERR ", 4);
    close(fd);
    c->end_by = 0;
    consoles_tick();
    c = open_guest(2, "g1");                    /* the next of that name takes its place */
    say(c, "again", 5);
    fd = dial("log g1\n");
    read_some(fd, buf, sizeof(buf), 5);
    assert_string_equal(buf, "OK\nagain");
    close(fd);
}

static void only_so_many_dead_are_remembered(void **state)
{
    char name[32];
    int count = 0;

    (void)state;
    for (int i = 1; i < 60; i++) {
        snprintf(name, sizeof(name), "guest%d", i);
        console_end(open_guest(i, name));
        consoles->end_by = 0;
        consoles_tick();
    }
    for (struct console *c = consoles; c; c = c->next)
        count++;
    assert_in_range(count, REMEMBERED - 1, REMEMBERED);
    assert_non_null(console_by_name("guest59"));
    assert_null(console_by_name("guest1"));
}

static void attaching_by_the_socket(void **state)
{
    struct console *c = open_guest(3, "g3");
    char buf[256];
    int fd;

    (void)state;
    say(c, "boot\n", 5);
    fd = dial("attach 3\nls\r");
    read_some(fd, buf, sizeof(buf), 5);
    assert_string_equal(buf, "OK\nboot\n");
    turn_until(page[3].in_prod == 3);
    assert_memory_equal(page[3].in, "ls\r", 3);
    say(c, "file\n", 5);
    read_some(fd, buf, sizeof(buf), 5);
    assert_string_equal(buf, "file\n");
    console_end(c);
    turn();
    assert_int_equal(read(fd, buf, sizeof(buf)), 0);
    close(fd);
    for (size_t i = 0; i < 4; i++) {
        static const char *const bad[] = { "attach x\n", "attach 9\n", "sing\n", "log\n" };

        fd = dial(bad[i]);
        read_some(fd, buf, sizeof(buf), 5);
        assert_memory_equal(buf, "ERR ", 4);
        close(fd);
    }
}

static void the_list_names_all(void **state)
{
    char buf[512];
    int fd;

    (void)state;
    say(open_guest(1, "alpha"), "abc", 3);
    console_end(console_by_domid(1));
    open_guest(2, "beta");
    fd = dial("list\n");
    read_some(fd, buf, sizeof(buf), 5);
    assert_non_null(strstr(buf, "1 alpha dead 3\n"));
    assert_non_null(strstr(buf, "2 beta live 0\n"));
    close(fd);
}

/* Who was served is left alone for a while, his port masked; it is unmasked when he has stopped. */
static void an_eager_guest_is_held_back(void **state)
{
    struct console *c = open_guest(1, "g1");
    int wait;

    (void)state;
    unmasked = 0;
    for (int i = 0; i < 3; i++) {
        say(c, "again and ", 10);
        assert_true(c->held_back);
        assert_int_equal(unmasked, 0);
        wait = consoles_tick();
        assert_in_range(wait, 1, RATE_MAX_MS);
    }
    usleep((RATE_MAX_MS + 20) * 1000);
    assert_int_equal(consoles_tick(), -1);
    assert_false(c->held_back);
    assert_int_equal(unmasked, 1);
}

/* A new daemon finds a ring that an old one has read from: it goes on with the log's end. */
static void a_restart_recalls_the_log(void **state)
{
    struct console *c = open_guest(1, "g1");
    char buf[256];
    int fd;

    (void)state;
    say(c, "before ", 7);
    console_end(c);
    c->end_by = 0;
    consoles_tick();
    memcpy(page[1].out + 7, "meanwhile ", 10);
    page[1].out_prod += 10;
    c = open_guest(1, "g1");
    say(c, "after", 5);
    fd = dial("log g1\n");
    read_some(fd, buf, sizeof(buf), 5);
    assert_string_equal(buf, "OK\nbefore meanwhile after");
    close(fd);
}

static void what_cannot_be_opened_leaves_nothing(void **state)
{
    struct console_place place = { .domid = 66, .name = "g1", .port = 1 };

    (void)state;
    assert_int_equal(console_open(&place), -EINVAL);
    place.domid = 1;
    place.port = 666;
    assert_int_equal(console_open(&place), -EINVAL);
    assert_int_equal(mapped, 0);
    assert_null(console_by_domid(1));
}

static void nonsense_in_the_ring_is_skipped(void **state)
{
    struct console *c = open_guest(1, "g1");

    (void)state;
    page[1].out_prod = page[1].out_cons + sizeof(page[1].out) + 5;
    console_serve(c);
    assert_int_equal(page[1].out_cons, page[1].out_prod);
    assert_int_equal(c->history.end, 0);
    say(c, "fine", 4);
    assert_int_equal(c->history.end, 4);
}

/* More than the ring takes, at a guest that reads it without an answer. */
static void typing_waits_for_the_guest(void **state)
{
    struct console *c = open_guest(1, "g1");
    int fd = dial("attach 1\n");
    char many[3000];

    (void)state;
    memset(many, 'x', sizeof(many));
    assert_int_equal(write(fd, many, sizeof(many)), sizeof(many));
    for (uint32_t typed = sizeof(page[1].in); typed < sizeof(many); typed += sizeof(page[1].in)) {
        turn_until(page[1].in_prod == typed);
        page[1].in_cons = page[1].in_prod;
        console_serve(c);
    }
    turn_until(page[1].in_prod == sizeof(many));
    close(fd);
}

static void a_client_that_left_costs_nothing(void **state)
{
    int fd, turns = 0;
    char many[3000];
    uint64_t began;

    (void)state;
    open_guest(1, "g1");
    fd = dial("attach 1\n");
    memset(many, 'x', sizeof(many));
    assert_int_equal(write(fd, many, sizeof(many)), sizeof(many));
    turn_until(page[1].in_prod == sizeof(page[1].in));
    turn();
    close(fd);
    for (began = clock_ms(); clock_ms() < began + 300; turns++) {
        consoles_tick();
        clients_reap();
        loop_run_once(100);
    }
    assert_in_range(turns, 0, 20);
}

static void events_without_output_are_held_back(void **state)
{
    struct console *c = open_guest(1, "g1");

    (void)state;
    assert_false(c->held_back);
    for (int i = 0; i < 10000000 && !c->held_back; i++)
        console_serve(c);
    assert_true(c->held_back);
    assert_true(c->next_look > clock_ms());
}

static void a_renamed_guest_is_found(void **state)
{
    struct console_place place = { .domid = 1, .name = "new", .port = 1 };
    struct console *c = open_guest(1, "old");
    char path[128];

    (void)state;
    say(c, "before", 6);
    assert_int_equal(console_open(&place), 0);
    assert_null(console_by_name("old"));
    assert_ptr_equal(console_by_name("new"), c);
    assert_int_equal(c->history.end, 6);
    snprintf(path, sizeof(path), "%s/guest-new.log", console_log_dir);
    assert_string_equal(c->log.path, path);
}

static int listen_once(void **state)
{
    (void)state;
    strcpy(socket_dir, "/tmp/consoled-socket-XXXXXX");
    assert_non_null(mkdtemp(socket_dir));
    loop_init();
    clients_listen(socket_dir);
    return 0;
}

static int clean_up(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", socket_dir);
    return system(command);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(output_reaches_terminal_and_log),
        CASE(typing_reaches_the_guest),
        CASE(a_late_reader_gets_the_end),
        CASE(the_last_words_are_remembered),
        CASE(only_so_many_dead_are_remembered),
        CASE(attaching_by_the_socket),
        CASE(the_list_names_all),
        CASE(an_eager_guest_is_held_back),
        CASE(a_restart_recalls_the_log),
        CASE(what_cannot_be_opened_leaves_nothing),
        CASE(nonsense_in_the_ring_is_skipped),
        CASE(typing_waits_for_the_guest),
        CASE(a_client_that_left_costs_nothing),
        CASE(events_without_output_are_held_back),
        CASE(a_renamed_guest_is_found),
    };

    return cmocka_run_group_tests(tests, listen_once, clean_up);
}
