/* SPDX-License-Identifier: MIT */
/* What the process that reads guests' files can still do: nothing but compute and report. */
/* SOURCES: tools/builder/sandbox.c tools/daemon/call_filter.c */
/* CFLAGS: $(DOMAIN0) -fno-sanitize=all */
/* The sanitizer's own system calls would be refused by the filter: this test goes without. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "builder/sandbox.h"

struct report {
    long number;
    char text[8000];
};

static struct report report;

static int run(void (*body)(int in, int out, void *report))
{
    int in = open("/proc/self/cmdline", O_RDONLY), out = memfd_create("out", 0), err;

    memset(&report, 0, sizeof(report));
    err = sandbox_run(body, in, out, &report, sizeof(report));
    close(in);
    close(out);
    return err;
}

static void answer(int in, int out, void *arg)
{
    struct report *r = arg;

    r->number = syscall(SYS_write, out, "x", 1) == 1 && syscall(SYS_read, in, r->text, 4) > 0;
    r->text[7999] = 'z';
}

static void the_report_comes_back_whole(void **state)
{
    (void)state;
    assert_int_equal(run(answer), 0);
    assert_int_equal(report.number, 1);
    assert_int_equal(report.text[7999], 'z');
}

static void open_a_file(int in, int out, void *arg)
{
    (void)in, (void)out;
    ((struct report *)arg)->number = syscall(SYS_openat, AT_FDCWD, "/etc/hostname", O_RDONLY);
}

static void make_a_socket(int in, int out, void *arg)
{
    (void)in, (void)out;
    ((struct report *)arg)->number = syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
}

static void start_a_process(int in, int out, void *arg)
{
    (void)in, (void)out;
    ((struct report *)arg)->number = syscall(SYS_fork);
}

static void run_a_program(int in, int out, void *arg)
{
    static char *const argv[] = { NULL };

    (void)in, (void)out;
    ((struct report *)arg)->number = syscall(SYS_execve, "/bin/true", argv, argv);
}

static void signal_its_parent(int in, int out, void *arg)
{
    (void)in, (void)out;
    ((struct report *)arg)->number = syscall(SYS_kill, 1, 0);
}

static void crash(int in, int out, void *arg)
{
    (void)in, (void)out, (void)arg;
    *(volatile int *)8 = 1;
}

static void forbidden_calls_end_it(void **state)
{
    (void)state;
    assert_int_equal(run(open_a_file), -EIO);
    assert_int_equal(run(make_a_socket), -EIO);
    assert_int_equal(run(start_a_process), -EIO);
    assert_int_equal(run(run_a_program), -EIO);
    assert_int_equal(run(signal_its_parent), -EIO);
}

static void a_crash_is_reported(void **state)
{
    (void)state;
    assert_int_equal(run(crash), -EIO);
}

/* Descriptors that are open beyond the three it has. */
static void count_descriptors(int in, int out, void *arg)
{
    struct report *r = arg;
    struct stat st;
    int fd;

    (void)in, (void)out;
    for (fd = 3; fd < 1024; fd++)
        r->number += syscall(SYS_newfstatat, fd, "", &st, 0x1000 /* AT_EMPTY_PATH */) == 0;
}

static void it_inherits_no_descriptors(void **state)
{
    int extra = open("/", O_RDONLY | O_DIRECTORY);

    (void)state;
    assert_true(extra >= 0);
    assert_int_equal(run(count_descriptors), 0);
    assert_int_equal(report.number, 0);
    close(extra);
}

static void take_memory(int in, int out, void *arg)
{
    (void)in, (void)out;
    /* In pieces small enough that only their sum can be refused. */
    while (syscall(SYS_mmap, NULL, 64ul << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) > 0
           && ((struct report *)arg)->number < 1000)
        ((struct report *)arg)->number++;
}

static void its_memory_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(run(take_memory), 0);
    assert_in_range(report.number, 0, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_report_comes_back_whole),
        cmocka_unit_test(forbidden_calls_end_it),
        cmocka_unit_test(a_crash_is_reported),
        cmocka_unit_test(it_inherits_no_descriptors),
        cmocka_unit_test(its_memory_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
