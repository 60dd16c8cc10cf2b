/* SPDX-License-Identifier: MIT */
/*
 * Times the basic operations of a Linux process. Prints `bench: NAME NANOSECONDS` lines, each the
 * median of several batches. Static, so that it runs in any initial RAM disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 7
#define BATCH_NS 60000000ull
#define PAGE 4096
#define PAGES 256

struct operation {
    const char *name;
    /* Do the operation `count` times; setup and cleanup included in no measurement. */
    void (*run)(unsigned long count);
};

static const char *program;
static char file_name[] = "/tmp/bench-ops-file";

static void must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void null_call(unsigned long count)
{
    while (count--)
        syscall(SYS_getppid);
}

static void wait_for(pid_t child)
{
    int status;

    must(child > 0, "fork");
    must(waitpid(child, &status, 0) == child && status == 0, "child");
}

static void fork_exit(unsigned long count)
{
    while (count--) {
        pid_t child = fork();

        if (child == 0)
            _exit(0);
        wait_for(child);
    }
}

static void fork_exec(unsigned long count)
{
    while (count--) {
        pid_t child = fork();

        if (child == 0) {
            execl(program, program, "exit", (char *)NULL);
            _exit(1);
        }
        wait_for(child);
    }
}

/* One fault per page of fresh memory; mapping and unmapping are shared by PAGES faults. */
static void touch(unsigned long count, int fd)
{
    while (count >= PAGES) {
        volatile char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
                                fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE, fd, 0);

        must(p != MAP_FAILED, "mmap");
        for (int i = 0; i < PAGES; i++)
            p[i * PAGE] = 1;
        munmap((void *)p, PAGES * PAGE);
        count -= PAGES;
    }
}

static void anonymous_fault(unsigned long count)
{
    touch(count, -1);
}

static void file_fault(unsigned long count)
{
    int fd = open(file_name, O_RDWR);

    must(fd >= 0, file_name);
    touch(count, fd);
    close(fd);
}

static void map_unmap(unsigned long count)
{
    while (count--) {
        volatile char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        must(p != MAP_FAILED, "mmap");
        p[0] = 1;
        munmap((void *)p, 16 * PAGE);
    }
}

static void on_signal(int number)
{
    (void)number;
}

static void signal_self(unsigned long count)
{
    pid_t self = getpid();

    signal(SIGUSR1, on_signal);
    while (count--)
        kill(self, SIGUSR1);
}

/* A byte to another process and back: two context switches. */
static void pipe_round_trip(unsigned long count)
{
    int there[2], back[2];
    char byte = 0;
    pid_t child;

    must(pipe(there) == 0 && pipe(back) == 0, "pipe");
    child = fork();
    if (child == 0) {
        close(there[1]);
        while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
            ;
        _exit(0);
    }
    close(there[0]);
    while (count--)
        must(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1, "pipe");
    close(there[1]);
    wait_for(child);
    close(back[0]);
    close(back[1]);
}

static const struct operation operations[] = {
    { "null call", null_call },
    { "signal to self", signal_self },
    { "anonymous page fault", anonymous_fault },
    { "file page fault (copied)", file_fault },
    { "mmap, touch, munmap", map_unmap },
    { "pipe round trip", pipe_round_trip },
    { "fork + exit", fork_exit },
    { "fork + exec", fork_exec },
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(const struct operation *op)
{
    double batch[BATCHES];
    unsigned long count = PAGES;

    for (;;) {
        uint64_t began = now_ns();

        op->run(count);
        if (now_ns() - began >= BATCH_NS)
            break;
        count *= 2;
    }
    for (int i = 0; i < BATCHES; i++) {
        uint64_t began = now_ns();

        op->run(count);
        batch[i] = (double)(now_ns() - began) / count;
    }
    qsort(batch, BATCHES, sizeof(batch[0]), compare);
    printf("bench: %s %.0f\n", op->name, batch[BATCHES / 2]);
    fflush(stdout);
}

static void make_file(void)
{
    static const char page[PAGE];
    int fd = open(file_name, O_RDWR | O_CREAT | O_TRUNC, 0600);

    must(fd >= 0, file_name);
    for (int i = 0; i < PAGES; i++)
        must(write(fd, page, PAGE) == PAGE, file_name);
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return 0;
    program = argv[0];
    make_file();
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        measure(&operations[i]);
    unlink(file_name);
    return 0;
}
