/* SPDX-License-Identifier: MIT */
/*
 * The basic operations of a Linux process, each between two marks (mark.h) for the counting plugin,
 * and timed. Static, so that it runs in any initial RAM disk.
 *
 * Usage: bench-ops REGION        run all, as regions REGION, REGION + 1, ...
 *        bench-ops mark NUMBER   execute one mark
 *        bench-ops region REGION NAME PROGRAM [ARGUMENT...]
 *                                run a program as a region; its output is thrown away
 *
 * Region R lies between marks 2R and 2R + 1. For each it prints `bench: R COUNT NS NAME`: how often
 * the operation was done between the marks, and the median of several batches in ns for one.
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
#include "mark.h"

#define BATCHES 5
#define PAGE 4096
#define PAGES 256

/* One function of 16 bytes for each mark: the number is part of the instruction. */
#define MARK_FUNCTION_SIZE 16
extern char mark_functions[];
#define TEXT(...) #__VA_ARGS__
#define TEXT_OF(...) TEXT(__VA_ARGS__)
asm(".text\n"
    ".balign 16\n"
    "mark_functions:\n"
    ".set number, " TEXT_OF(MARK_BASE) "\n"
    ".rept " TEXT_OF(MARKS) "\n"
    ".byte " TEXT_OF(MARK_OPCODE) "\n"
    ".long number\n"
    "ret\n"
    ".balign 16\n"
    ".set number, number + 1\n"
    ".endr");

struct operation {
    const char *name;
    unsigned long count;        /* in a batch: enough to be timed, few enough to be counted */
    void (*run)(unsigned long count);
};

static void mark(unsigned long number)
{
    void (*function)(void) = (void (*)(void))(mark_functions + number * MARK_FUNCTION_SIZE);

    function();
}

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

/* A byte into a pipe and out again, in one process. */
static void pipe_write_read(unsigned long count)
{
    int ends[2];
    char byte = 0;

    must(pipe(ends) == 0, "pipe");
    while (count--)
        must(write(ends[1], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1, "pipe");
    close(ends[0]);
    close(ends[1]);
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
    { "null call", 8192, null_call },
    { "signal to self", 1024, signal_self },
    { "anonymous page fault", 8 * PAGES, anonymous_fault },
    { "file page fault (copied)", 8 * PAGES, file_fault },
    { "mmap, touch, munmap", 256, map_unmap },
    { "pipe write and read", 1024, pipe_write_read },
    { "two context switches by pipes", 512, pipe_round_trip },
    { "fork + exit", 48, fork_exit },
    { "fork + exec", 24, fork_exec },
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print_region(unsigned long region, unsigned long count, double ns, const char *name)
{
    printf("bench: %lu %lu %.0f %s\n", region, count, ns, name);
    fflush(stdout);
}

static void measure(unsigned long region, const struct operation *op)
{
    double batch[BATCHES];

    op->run(op->count);
    mark(2 * region);
    for (int i = 0; i < BATCHES; i++) {
        uint64_t began = now_ns();

        op->run(op->count);
        batch[i] = (double)(now_ns() - began) / op->count;
    }
    mark(2 * region + 1);
    qsort(batch, BATCHES, sizeof(batch[0]), compare);
    print_region(region, BATCHES * op->count, batch[BATCHES / 2], op->name);
}

/* The status is the program's. */
static int measure_program(unsigned long region, const char *name, char **command)
{
    uint64_t began = now_ns();
    int status;
    pid_t child;

    mark(2 * region);
    child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);

        must(nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0, "/dev/null");
        execvp(command[0], command);
        must(0, command[0]);
    }
    must(child > 0 && waitpid(child, &status, 0) == child, "fork");
    mark(2 * region + 1);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    print_region(region, 1, now_ns() - began, name);
    return 0;
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

static void measure_all(unsigned long region)
{
    make_file();
    for (size_t i = 0; i < OPERATIONS; i++)
        measure(region + i, &operations[i]);
    unlink(file_name);
}

/* A number below `limit`, or the program ends. */
static unsigned long number_below(const char *text, unsigned long limit)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (*text == '\0' || *end != '\0' || number >= limit) {
        fprintf(stderr, "bench-ops: %s is not a number below %lu\n", text, limit);
        exit(2);
    }
    return number;
}

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc == 2 && !strcmp(argv[1], "exit"))
        return 0;
    if (argc == 3 && !strcmp(argv[1], "mark")) {
        mark(number_below(argv[2], MARKS));
        return 0;
    }
    if (argc >= 5 && !strcmp(argv[1], "region"))
        return measure_program(number_below(argv[2], MARKS / 2), argv[3], argv + 4);
    if (argc == 2) {
        measure_all(number_below(argv[1], MARKS / 2 - OPERATIONS));
        return 0;
    }
    fprintf(stderr, "Usage: bench-ops REGION\n"
                    "       bench-ops mark NUMBER\n"
                    "       bench-ops region REGION NAME PROGRAM [ARGUMENT...]\n");
    return 2;
}
