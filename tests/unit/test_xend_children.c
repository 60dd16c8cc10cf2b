/* SPDX-License-Identifier: MIT */
/* Programs that xend runs: when they end, what ends them; and what /etc/xen/auto has started. */
/* SOURCES: tools/xend/children.c tools/xend/autostart.c tools/config/xalloc.c */
/* CFLAGS: $(DOMAIN0) -DAUTO_DIR='"/tmp/xend-auto-test"' -DMARK='"/tmp/xend-auto-test.mark"' */
/* LIBS: -Wl,--wrap=child_start_xm */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xend/xend.h"

void note(const char *format, ...)
{
    (void)format;
}

/* ---- programs ---- */

static int status_of_last;
static bool ended;

static void done(struct xend *xend, int status, void *arg)
{
    (void)xend;
    (void)arg;
    status_of_last = status;
    ended = true;
}

static void start(const char *command, unsigned int seconds)
{
    char *argv[] = { "/bin/sh", "-c", (char *)command, NULL };

    ended = false;
    assert_int_equal(child_start(argv, NULL, seconds, done, NULL), 0);
}

static void wait_for_end(void)
{
    for (int i = 0; i < 1000 && !ended; i++) {
        usleep(10000);
        children_reap(NULL);
    }
    assert_true(ended);
}

/* What a shell has written to a pipe. */
static pid_t read_pid(int fd)
{
    char text[16] = "";

    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    return (pid_t)atoi(text);
}

static void expect_gone(pid_t pid)
{
    char path[32], state = 'Z';
    FILE *stat;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    for (int i = 0; i < 500; i++) {
        stat = fopen(path, "re");
        if (!stat)
            return;
        if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
            state = 'Z';
        fclose(stat);
        if (state == 'Z')
            return;
        usleep(10000);
    }
    fail_msg("process %d is still there", pid);
}

static void a_status_comes_back(void **state)
{
    (void)state;
    start("exit 3", 0);
    wait_for_end();
    assert_int_equal(status_of_last, 3);
    start("exit 0", 40);
    wait_for_end();
    assert_int_equal(status_of_last, 0);
}

static void what_takes_too_long_is_ended(void **state)
{
    char command[64];
    int ends[2];
    pid_t inner;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    snprintf(command, sizeof(command), "sleep 1000 & echo $! >&%d; wait", ends[1]);
    start(command, 1);
    inner = read_pid(ends[0]);
    wait_for_end();
    assert_int_equal(status_of_last, -1);
    expect_gone(inner);
    close(ends[0]);
    close(ends[1]);
}

/* Before xend starts itself over. */
static void what_is_bound_is_waited_for(void **state)
{
    int ends[2];
    char command[64];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    snprintf(command, sizeof(command), "sleep 0.2; echo 7 >&%d", ends[1]);
    start(command, 40);
    close(ends[1]);
    children_wait();
    assert_int_equal(read_pid(ends[0]), 7);
    close(ends[0]);
}

/* When xend is killed. */
static void what_is_bound_ends_with_us(void **state)
{
    char command[64];
    int ends[2];
    pid_t us, shell;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    snprintf(command, sizeof(command), "echo $$ >&%d; exec sleep 1000", ends[1]);
    us = fork();
    if (!us) {
        start(command, 40);
        pause();
        _exit(0);
    }
    shell = read_pid(ends[0]);
    kill(us, SIGKILL);
    waitpid(us, NULL, 0);
    expect_gone(shell);
    close(ends[0]);
    close(ends[1]);
}

/* ---- domains that are started at boot ---- */

static char begun[8][64];
static unsigned int begun_count;
static void (*begun_done)(struct xend *xend, int status, void *arg);

int __wrap_child_start_xm(const char *const args[],
                          void (*finish)(struct xend *xend, int status, void *arg), void *arg);

int __wrap_child_start_xm(const char *const args[],
                          void (*finish)(struct xend *xend, int status, void *arg), void *arg)
{
    (void)arg;
    snprintf(begun[begun_count++], sizeof(begun[0]), "%s", strrchr(args[2], '/') + 1);
    begun_done = finish;
    return 0;
}

static int make_auto(void **state)
{
    (void)state;
    return system("rm -rf " AUTO_DIR " " MARK "; mkdir " AUTO_DIR
                  " && touch " AUTO_DIR "/b " AUTO_DIR "/a " AUTO_DIR "/c " AUTO_DIR "/.hidden");
}

static int remove_auto(void **state)
{
    (void)state;
    return system("rm -rf " AUTO_DIR " " MARK);
}

/* What is begun goes on without xend; the next one begins with what follows. */
static void the_next_xend_goes_on(void **state)
{
    (void)state;
    for (int life = 0; life < 4; life++) {
        pid_t xend = fork();
        int status;

        if (!xend) {
            autostart(NULL);            /* and is killed */
            _exit(begun_count ? begun[0][0] : 0);
        }
        waitpid(xend, &status, 0);
        assert_int_equal(WEXITSTATUS(status), life < 3 ? "abc"[life] : 0);
    }
}

static void once_after_booting(void **state)
{
    (void)state;
    autostart(NULL);
    for (unsigned int i = 1; i < 4; i++) {
        assert_int_equal(begun_count, i);
        begun_done(NULL, 0, NULL);
    }
    assert_int_equal(begun_count, 3);
    assert_string_equal(begun[2], "c");
    assert_int_equal(system("touch " AUTO_DIR "/d"), 0);
    autostart(NULL);
    assert_int_equal(begun_count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_comes_back),
        cmocka_unit_test(what_takes_too_long_is_ended),
        cmocka_unit_test(what_is_bound_is_waited_for),
        cmocka_unit_test(what_is_bound_ends_with_us),
        cmocka_unit_test_setup_teardown(the_next_xend_goes_on, make_auto, remove_auto),
        cmocka_unit_test_setup_teardown(once_after_booting, make_auto, remove_auto),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
