/* SPDX-License-Identifier: MIT */
/*
 * What a program may count on from its processor: registers of every kind that survive system
 * calls, preemption and signals, bases of FS and GS, a debugger's single step and breakpoints, a
 * clock that never runs backwards. One line for each check; exit status 1 if one failed.
 *
 * Usage: cpu [SECONDS]     how long the clock is watched (default 5)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/io.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static bool failed;

static void report(const char *what, bool good)
{
    printf("%s %s\n", good ? "ok" : "not ok", what);
    fflush(stdout);
    failed |= !good;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* ---- vector and x87 registers ---- */

/* Fill all vector and x87 registers from @seed, let others run for a moment, and look again. */
__attribute__((target("avx"))) static bool vectors_survive(uint64_t seed, bool avx)
{
    uint64_t in[8][4], out[8][4];
    double x87 = seed + 0.5, back;
    uint32_t mxcsr = 0x1f80 | (seed & 3) << 13, mxcsr_back;

    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 4; j++)
            in[i][j] = seed * 0x9e3779b97f4a7c15ull + i * 4 + j;
#define EACH(op) op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7)
#define LOAD(n) "vmovdqu 32*" #n "(%0), %%ymm" #n "; vmovdqu 32*" #n "(%0), %%ymm1" #n ";"
#define STORE(n) "vmovdqu %%ymm" #n ", 32*" #n "(%1);"
#define SLOAD(n) "movdqu 32*" #n "(%0), %%xmm" #n ";"
#define SSTORE(n) "movdqu %%xmm" #n ", 32*" #n "(%1);"
#define SPIN "fldl %2; ldmxcsr %4; mov $24, %%eax; syscall;"                                       \
             "mov $200000, %%eax; 1: dec %%eax; jnz 1b; stmxcsr %5; fstpl %3;"
    memcpy(out, in, sizeof(out));
    if (avx)
        asm volatile(LOAD(0) LOAD(1) LOAD(2) LOAD(3) LOAD(4) LOAD(5) SPIN EACH(STORE)
                     : : "r"(in), "r"(out), "m"(x87), "m"(back), "m"(mxcsr), "m"(mxcsr_back)
                     : "rax", "rcx", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
                       "xmm5", "xmm6", "xmm7", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                       "xmm15");
    else
        asm volatile(EACH(SLOAD) SPIN EACH(SSTORE)
                     : : "r"(in), "r"(out), "m"(x87), "m"(back), "m"(mxcsr), "m"(mxcsr_back)
                     : "rax", "rcx", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
                       "xmm5", "xmm6", "xmm7");
    return memcmp(in, out, (avx ? 6 : 8) * sizeof(in[0])) == 0 && back == x87 &&
           mxcsr_back == mxcsr;
}

/* Six processes with values of their own, more than there are processors. */
static void vectors(bool avx)
{
    pid_t child[6];
    bool good = true;

    for (int i = 0; i < 6; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            for (int n = 0; n < 150; n++)
                if (!vectors_survive(i * 1000 + n, avx))
                    _exit(1);
            _exit(0);
        }
    }
    for (int i = 0; i < 6; i++) {
        int status;

        good &= waitpid(child[i], &status, 0) == child[i] && status == 0;
    }
    report(avx ? "AVX, x87 and MXCSR of processes" : "SSE, x87 and MXCSR of processes", good);
}

/* ---- FS and GS bases, RDTSCP ---- */

#define HWCAP2_FSGSBASE 2

static void bases(void)
{
    bool good = true;

    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE)) {
        printf("skip FSGSBASE: the kernel does not offer it\n");
        return;
    }
    for (uint64_t n = 0; n < 2000; n++) {
        uint64_t gs = n << 40 | 0x1230000, got;

        gs = (int64_t)(gs << 17) >> 17 & 0x7fffffffffff;
        asm volatile("wrgsbase %1; mov $24, %%eax; syscall; rdgsbase %0"
                     : "=r"(got) : "r"(gs) : "rax", "rcx", "r11", "memory");
        good &= got == gs;
    }
    report("GS base by WRGSBASE", good);
}

static void rdtscp(void)
{
    uint64_t last = 0;
    bool good = true;
    uint32_t aux;

    for (int i = 0; i < 100000; i++) {
        uint64_t t = __builtin_ia32_rdtscp(&aux);

        good &= t >= last;
        last = t;
    }
    report("RDTSCP", good);
}

/* ---- signals ---- */

static volatile int handled;

static void clobber(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    double x = number;

    (void)info;
    asm volatile("pxor %%xmm0, %%xmm0; pxor %%xmm7, %%xmm7; fninit; fldl %0" : : "m"(x)
                 : "xmm0", "xmm7");
    handled++;
    u->uc_mcontext.gregs[REG_R12] = 4711; /* a handler may change what is restored */
}

static void signals(void)
{
    struct sigaction action = {.sa_sigaction = clobber, .sa_flags = SA_SIGINFO};
    uint64_t in = 0x1122334455667788, out = 0, r12 = 0;
    double x87 = 2.5, back = 0;
    bool good = true;

    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < 500; i++) {
        asm volatile("movq %3, %%xmm7; fldl %5; mov $39, %%eax; syscall; mov %%eax, %%edi;"
                     "mov $10, %%esi; mov $62, %%eax; xor %%r12d, %%r12d; syscall; movq %%xmm7, %0;"
                     "fstpl %2; mov %%r12, %1"
                     : "=&r"(out), "=&r"(r12), "=m"(back) : "r"(in), "m"(*&in), "m"(x87)
                     : "rax", "rcx", "r11", "rdi", "rsi", "r12", "xmm7", "memory", "cc");
        good &= out == in && back == x87 && r12 == 4711;
    }
    report("registers around a signal's handler", good && handled == 500);
}

/* ---- a debugger ---- */

extern char step_here[], step_end[];
static volatile long watched;

static void debuggee(void)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    asm volatile(".globl step_here, step_end; step_here: nop; nop; mov $39, %%eax; syscall; nop;"
                 "step_end: nop" : : : "rax", "rcx", "r11", "memory");
    watched = 7;
    _exit(23);
}

static uint64_t rip_of(pid_t child)
{
    struct user_regs_struct regs;

    ptrace(PTRACE_GETREGS, child, NULL, &regs);
    return regs.rip;
}

static bool set_debug_register(pid_t child, int n, uint64_t value)
{
    return ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[n]), value) == 0;
}

static bool stops_with_trap(pid_t child, int request)
{
    int status;

    ptrace(request, child, NULL, NULL);
    return waitpid(child, &status, 0) == child && WIFSTOPPED(status) &&
           WSTOPSIG(status) == SIGTRAP;
}

static void debugger(void)
{
    static const int lengths[] = {1, 1, 5, 2, 1};
    uint64_t at = (uint64_t)step_here;
    pid_t child = fork();
    bool good;
    int status;

    if (child == 0)
        debuggee();
    waitpid(child, &status, 0);
    good = set_debug_register(child, 0, at) && set_debug_register(child, 7, 1) &&
           stops_with_trap(child, PTRACE_CONT) && rip_of(child) == at;
    report("hardware breakpoint", good);

    good = set_debug_register(child, 7, 0);
    for (int i = 0; i < 5; i++) {
        at += lengths[i];
        good &= stops_with_trap(child, PTRACE_SINGLESTEP) && rip_of(child) == at;
    }
    report("single steps, over a system call too", good && at == (uint64_t)step_end);

    good = set_debug_register(child, 1, (uint64_t)&watched) &&
           set_debug_register(child, 7, 4 | 0xd << 20) && stops_with_trap(child, PTRACE_CONT) &&
           ptrace(PTRACE_PEEKDATA, child, &watched, NULL) == 7;
    report("watchpoint on a variable", good);

    set_debug_register(child, 7, 0);
    ptrace(PTRACE_CONT, child, NULL, NULL);
    report("the debugged program ends by itself",
           waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 23);
}

/* ---- the clock ---- */

static uint64_t latest; /* highest reading of any thread */
static uint64_t backwards;
static double watch_until;

static uint64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void *watch_clock(void *cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((long)cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
    while (seconds() < watch_until) {
        uint64_t seen = __atomic_load_n(&latest, __ATOMIC_SEQ_CST), t = clock_ns();

        if (t < seen)
            __atomic_fetch_add(&backwards, 1, __ATOMIC_SEQ_CST);
        while (t > seen && !__atomic_compare_exchange_n(&latest, &seen, t, false, __ATOMIC_SEQ_CST,
                                                        __ATOMIC_SEQ_CST))
            ;
    }
    return NULL;
}

static void one_clock_for_all(double duration)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    pthread_t threads[64];
    char what[80];

    watch_until = seconds() + duration;
    for (long i = 0; i < cpus && i < 64; i++)
        pthread_create(&threads[i], NULL, watch_clock, (void *)i);
    for (long i = 0; i < cpus && i < 64; i++)
        pthread_join(threads[i], NULL);
    snprintf(what, sizeof(what), "clock never backwards across %ld CPUs", cpus);
    report(what, backwards == 0);
}

/* The port of ACPI's 24-bit timer of 3,579,545 Hz, from the fixed description table; 0: none. */
static unsigned int pm_timer_port(void)
{
    uint32_t port = 0;
    int fd = open("/sys/firmware/acpi/tables/FACP", O_RDONLY);

    if (fd >= 0 && pread(fd, &port, sizeof(port), 76) != sizeof(port))
        port = 0;
    close(fd);
    return iopl(3) == 0 ? port : 0;
}

/* Both clocks at one time, as nearly as twenty tries give it: @*ns and the timer's ticks. */
static uint32_t both_clocks(unsigned int port, uint64_t *ns)
{
    uint64_t best = ~0ull;
    uint32_t ticks = 0;

    for (int i = 0; i < 20; i++) {
        uint64_t before = clock_ns();
        uint32_t t = inl(port) & 0xffffff;
        uint64_t after = clock_ns();

        if (after - before < best) {
            best = after - before;
            *ns = before + best / 2;
            ticks = t;
        }
    }
    return ticks;
}

/* Compare with a clock that Xen has no hand in. Needs I/O ports: Domain0, or a bare machine. */
static void clock_rate(double duration)
{
    unsigned int port = pm_timer_port();
    uint64_t began, now_ns = 0, sum = 0;
    uint32_t last, ticks;
    double error;

    if (!port) {
        printf("skip the clock's rate: no ACPI timer here\n");
        return;
    }
    last = both_clocks(port, &began);
    do {
        usleep(500000);
        ticks = both_clocks(port, &now_ns);
        sum += (ticks - last) & 0xffffff;
        last = ticks;
    } while (now_ns - began < duration * 1e9);
    if (sum == 0) {
        printf("skip the clock's rate: the hypervisor keeps the ACPI timer to itself\n");
        return;
    }
    error = ((now_ns - began) / 1e9 * 3579545 / sum - 1) * 1e6;
    printf("# the clock's rate is off by %.1f ppm over %.0f s\n", error, (now_ns - began) / 1e9);
    report("clock within 100 ppm of the ACPI timer", error > -100 && error < 100);
}

int main(int argc, char **argv)
{
    double duration = argc > 1 ? atof(argv[1]) : 5;

    vectors(false);
    if (__builtin_cpu_supports("avx2"))
        vectors(true);
    bases();
    rdtscp();
    signals();
    debugger();
    one_clock_for_all(duration);
    clock_rate(duration);
    return failed;
}
