/* SPDX-License-Identifier: MIT */
/* A child process that may compute, and nothing else: for reading files that guests control. */
#include "builder/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/call_filter.h"

#define MEMORY_LIMIT (2ul << 30)
#define CPU_SECONDS  120
#define WALL_MS      (300 * 1000)
#define NOBODY       65534

/* Descriptors of the child; everything else is closed. */
enum { FD_IN = 0, FD_OUT = 1, FD_REPORT = 2, FD_END = 3 };

/* Calls of allocators, decompressors, and reading and writing what is open. */
static const unsigned int allowed[] = {
    SYS_read, SYS_write, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_fstat, SYS_newfstatat,
    SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_getrandom,
    SYS_rt_sigreturn, SYS_exit, SYS_exit_group,
};

#ifndef __SANITIZE_ADDRESS__
static int limit(int what, rlim_t value)
{
    struct rlimit l = { value, value };

    return setrlimit(what, &l) ? -errno : 0;
}

static int filter_calls(void)
{
    return call_filter(allowed, sizeof(allowed) / sizeof(allowed[0]), true);
}
#else
/* The sanitizer's shadow memory and its own calls do not fit into any limit. */
static int limit(int what, rlim_t value)
{
    (void)what, (void)value;
    return 0;
}

static int filter_calls(void)
{
    (void)allowed;
    return 0;
}
#endif

/* Whoever is not root has no privileges to give up, and may not change them either. */
static int drop_privileges(void)
{
    if (geteuid())
        return 0;
    if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
        setresuid(NOBODY, NOBODY, NOBODY))
        return -errno;
    return 0;
}

/* Put the three descriptors at 0, 1 and 2 and close the rest. */
static int keep_descriptors(int in, int out, int report)
{
    int high_in = fcntl(in, F_DUPFD, FD_END), high_out = fcntl(out, F_DUPFD, FD_END);
    int high_report = fcntl(report, F_DUPFD, FD_END);

    if (high_in < 0 || high_out < 0 || high_report < 0 || dup2(high_in, FD_IN) < 0 ||
        dup2(high_out, FD_OUT) < 0 || dup2(high_report, FD_REPORT) < 0)
        return -errno;
    return syscall(SYS_close_range, FD_END, ~0u, 0) ? -errno : 0;
}

static int confine(int in, int out, int report)
{
    int err = keep_descriptors(in, out, report);

    if (!err)
        err = drop_privileges();
    if (!err)
        err = limit(RLIMIT_AS, MEMORY_LIMIT);
    if (!err)
        err = limit(RLIMIT_CPU, CPU_SECONDS);
    if (!err)
        err = limit(RLIMIT_FSIZE, MEMORY_LIMIT);
    if (!err)
        err = limit(RLIMIT_CORE, 0);
    return err ? err : filter_calls();
}

static void child(void (*body)(int in, int out, void *report), int in, int out, int pipe_end,
                  void *report, size_t size)
{
    const char *from = report;
    ssize_t n;

    if (confine(in, out, pipe_end))
        _exit(2);
    body(FD_IN, FD_OUT, report);
    for (; size; from += n, size -= (size_t)n) {
        n = write(FD_REPORT, from, size);
        if (n <= 0)
            _exit(3);
    }
    _exit(0);
}

/* Collect exactly `size` bytes. Fewer: the child died on the way. */
static int collect(int fd, char *to, size_t size)
{
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    ssize_t n;
    int ready;

    while (size) {
        ready = poll(&wait, 1, WALL_MS);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return ready ? -errno : -ETIMEDOUT;
        n = read(fd, to, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -EIO;
        to += n;
        size -= (size_t)n;
    }
    return 0;
}

int sandbox_run(void (*body)(int in, int out, void *report), int in, int out, void *report,
                size_t size)
{
    int ends[2], err, status;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    pid = fork();
    if (pid < 0) {
        err = -errno;
        close(ends[0]);
        close(ends[1]);
        return err;
    }
    if (!pid)
        child(body, in, out, ends[1], report, size);
    close(ends[1]);
    err = collect(ends[0], report, size);
    close(ends[0]);
    /* A child that was taken over may have sent its report and still be there. */
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return err;
}
