/* SPDX-License-Identifier: MIT */
/*
 * A QEMU plugin that finds how long a CPU stays in the hypervisor without a look at what is
 * waiting for it: instructions executed from its entry, or from the last STI (preempt_point(),
 * the idle loop), to the next STI or the return to a guest. Boot does not count: it begins when
 * the first guest kernel runs.
 *
 * At QEMU's end it writes lines `INSTRUCTIONS FROM MIDDLE`, longest first, to the file of
 * `-plugin bound.so,out=FILE`: addresses of the blocks of code where such a stretch began, and
 * where it met the bound (0: it did not). A repeated string instruction counts once for each
 * repetition that QEMU makes.
 *
 * For QEMU 9.0 or newer: version 2 of the interface.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../bench/plugin.h"

size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t size);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
    void (*executed)(unsigned int cpu, void *data), int flags, void *data);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*ended)(plugin_id id, void *data),
    void *data);

__attribute__((visibility("default"))) int qemu_plugin_version = 2;

#define STI 0xfb

#define BOUND 50000

struct block {
    enum place place;
    bool looks;                 /* it has an STI */
    uint64_t address, instructions;
};

static struct cpu {
    uint64_t run, from, middle;
} cpus[64];

#define KEPT 64
static struct stretch {
    uint64_t run, from, middle;
} longest[KEPT];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool guests_run;
static const char *out;

static int longer_first(const void *a, const void *b)
{
    const struct stretch *x = a, *y = b;

    return (x->run < y->run) - (x->run > y->run);
}

/* Keep the longest of each beginning and middle. */
static void keep(struct stretch s)
{
    struct stretch *place = &longest[KEPT - 1];

    pthread_mutex_lock(&lock);
    for (unsigned int i = 0; i < KEPT; i++)
        if (longest[i].from == s.from && longest[i].middle == s.middle)
            place = &longest[i];
    if (place->run < s.run) {
        *place = s;
        qsort(longest, KEPT, sizeof(longest[0]), longer_first);
    }
    pthread_mutex_unlock(&lock);
}

static void stretch_ends(struct cpu *c)
{
    if (c->run > longest[KEPT - 1].run)
        keep((struct stretch){ c->run, c->from, c->middle });
    c->run = c->middle = 0;
}

static void executed(unsigned int cpu, void *data)
{
    const struct block *b = data;
    struct cpu *c = &cpus[cpu % 64];

    if (b->place != HYPERVISOR) {
        guests_run |= b->place == KERNEL;
        if (c->run)
            stretch_ends(c);
        return;
    }
    if (!guests_run)
        return;
    if (!c->run)
        c->from = b->address;
    c->run += b->instructions;
    if (c->run > BOUND && !c->middle)
        c->middle = b->address;
    if (b->looks)
        stretch_ends(c);
}

static bool has_sti(struct qemu_plugin_tb *tb)
{
    uint8_t code;

    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
        if (qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i), &code, 1) == 1 && code == STI)
            return true;
    return false;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    struct block *b = malloc(sizeof(*b));

    (void)id;
    if (!b)
        abort();
    *b = (struct block){ place_of(qemu_plugin_tb_vaddr(tb)), has_sti(tb), qemu_plugin_tb_vaddr(tb),
                         qemu_plugin_tb_n_insns(tb) };
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, NO_REGISTERS, b);
}

static void ended(plugin_id id, void *data)
{
    FILE *file = fopen(out, "w");

    (void)id, (void)data;
    if (!file) {
        perror(out);
        return;
    }
    for (unsigned int i = 0; i < KEPT && longest[i].run; i++)
        fprintf(file, "%" PRIu64 " %" PRIx64 " %" PRIx64 "\n", longest[i].run, longest[i].from,
                longest[i].middle);
    fclose(file);
}

__attribute__((visibility("default")))
int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++)
        if (!strncmp(argv[i], "out=", 4))
            out = strdup(argv[i] + 4);
    if (!out) {
        fprintf(stderr, "bound: where to? Say out=FILE\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
