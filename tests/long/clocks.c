/* SPDX-License-Identifier: MIT */
/*
 * Is time one on all CPUs, and does it pass as fast as the machine's?
 *
 * A thread on each CPU reads the clock and hands the latest time on; what is read after that must
 * not be earlier. Before, the clock is compared with the ACPI timer, which counts PM_HZ a second by
 * itself, its port being where the firmware's FADT says.
 *
 * Usage: clocks CPUS SECONDS
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>
#include <time.h>

#define PM_HZ       3579545
#define PM_MASK     0xffffff
#define FADT_PM_TMR 76
#define TRIES       200

static atomic_long latest, backwards, readings;
static atomic_bool over;

static long clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *compare(void *cpu)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET((long)cpu, &one);
    sched_setaffinity(0, sizeof(one), &one);
    while (!over) {
        long seen = latest, now = clock_ns();

        backwards += now < seen;
        readings++;
        while (now > seen && !atomic_compare_exchange_weak(&latest, &seen, now))
            ;
    }
    return NULL;
}

static unsigned short pm_port(void)
{
    FILE *f = fopen("/sys/firmware/acpi/tables/FACP", "r");
    uint32_t port = 0;

    if (!f || fseek(f, FADT_PM_TMR, SEEK_SET) || fread(&port, 4, 1, f) != 1)
        return 0;
    fclose(f);
    return port;
}

/* Both clocks at one moment: the closest of some tries. */
static void read_both(unsigned short port, long *ns, uint32_t *ticks)
{
    long best = 1L << 62;

    for (int i = 0; i < TRIES; i++) {
        long before = clock_ns();
        uint32_t t = inl(port) & PM_MASK;
        long took = clock_ns() - before;

        if (took < best) {
            best = took;
            *ns = before + took / 2;
            *ticks = t;
        }
    }
}

/* How much faster than the ACPI timer the clock is, in ppm. The clock tells how many of its rounds
 * of five seconds the timer has made; the timer, where in its round it is. */
static double drift(unsigned short port, int seconds)
{
    uint32_t first, last;
    long start, end;
    double passed, due;

    read_both(port, &start, &first);
    nanosleep(&(struct timespec){.tv_sec = seconds}, NULL);
    read_both(port, &end, &last);
    passed = end - start;
    due = (last - first) & PM_MASK;
    while (due * 1e9 / PM_HZ < passed - 0.5e9 * (PM_MASK + 1) / PM_HZ)
        due += PM_MASK + 1;
    return (passed / (due * 1e9 / PM_HZ) - 1) * 1e6;
}

int main(int argc, char **argv)
{
    long cpus = argc == 3 ? atol(argv[1]) : 0;
    unsigned short port = pm_port();
    pthread_t threads[64];
    double ppm;

    if (cpus < 1 || cpus > 64 || !port || iopl(3)) {
        fprintf(stderr, "usage: clocks CPUS SECONDS, as root on a machine with an ACPI timer\n");
        return 2;
    }
    ppm = drift(port, atoi(argv[2]));
    for (long i = 0; i < cpus; i++)
        pthread_create(&threads[i], NULL, compare, (void *)i);
    nanosleep(&(struct timespec){.tv_sec = atoi(argv[2])}, NULL);
    over = true;
    for (long i = 0; i < cpus; i++)
        pthread_join(threads[i], NULL);
    printf("%ld readings on %ld CPUs, %ld of them backwards; %.1f ppm from the ACPI timer\n",
           readings, cpus, backwards, ppm);
    return backwards != 0 || ppm > 100 || ppm < -100;
}
