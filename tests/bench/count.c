/* SPDX-License-Identifier: MIT */
/*
 * A QEMU plugin that counts executed instructions, by where they lie: user, kernel, hypervisor; and
 * writes to CR3. At each mark (mark.h) that a program executes it writes a line
 *
 *     NUMBER USER KERNEL HYPERVISOR CR3
 *
 * to the file given with `-plugin count.so,out=FILE`; all are totals since power-on. The difference
 * of two lines is what happened between two marks.
 *
 * With `profile=FILE,at=NUMBER` it also writes, when mark NUMBER+1 is met, how often each piece of
 * the hypervisor's code ran since mark NUMBER, lines `ADDRESS INSTRUCTIONS`: `run --profile`.
 *
 * What a count means: a repeated string instruction counts once for each repetition, as QEMU runs
 * it. An instruction that faults counts as executed.
 *
 * For QEMU 7.2 of Debian 12: version 1 of the interface.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mark.h"
#include "plugin.h"

enum { ADD_U64 = 0 };           /* the one operation that can be put in line */

const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *counter,
                                              uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op,
                                                void *counter, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
    void (*executed)(unsigned int cpu, void *data), int flags, void *data);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static uint64_t count[PLACES], cr3_writes;
static FILE *out;

/* One translated block of the hypervisor: QEMU may translate the same code more than once. */
struct block {
    struct block *next;
    uint64_t address, instructions;
};

static struct block *blocks;
static const char *profile;
static uintptr_t profile_at;

static void profile_restart(void)
{
    for (struct block *b = blocks; b; b = b->next)
        b->instructions = 0;
}

static void profile_write(void)
{
    FILE *file = fopen(profile, "w");

    if (!file) {
        perror(profile);
        return;
    }
    for (struct block *b = blocks; b; b = b->next)
        if (b->instructions)
            fprintf(file, "%" PRIx64 " %" PRIu64 "\n", b->address, b->instructions);
    fclose(file);
}

static void at_mark(unsigned int cpu, void *data)
{
    uintptr_t number = (uintptr_t)data;

    (void)cpu;
    fprintf(out, "%" PRIuPTR " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", number,
            count[USER], count[KERNEL], count[HYPERVISOR], cr3_writes);
    fflush(out);
    if (profile && number == profile_at)
        profile_restart();
    if (profile && number == profile_at + 1)
        profile_write();
}

static bool is_cr3_write(const uint8_t *code, size_t size)
{
    return size == 3 && code[0] == 0x0f && code[1] == 0x22 && (code[2] & 0x38) == 3 << 3;
}

static bool is_mark(const uint8_t *code, size_t size, uint32_t *number)
{
    static const uint8_t opcode[] = { MARK_OPCODE };
    uint32_t displacement;

    if (size != sizeof(opcode) + sizeof(displacement) || memcmp(code, opcode, sizeof(opcode)))
        return false;
    memcpy(&displacement, code + sizeof(opcode), sizeof(displacement));
    *number = displacement - MARK_BASE;
    return *number < MARKS;
}

static void profile_block(struct qemu_plugin_tb *tb)
{
    struct block *b = malloc(sizeof(*b));

    if (!b)
        return;
    *b = (struct block){ blocks, qemu_plugin_tb_vaddr(tb), 0 };
    blocks = b;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &b->instructions,
                                             qemu_plugin_tb_n_insns(tb));
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    size_t length = qemu_plugin_tb_n_insns(tb);
    enum place place = place_of(qemu_plugin_tb_vaddr(tb));

    (void)id;
    for (size_t i = 0; i < length; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        const uint8_t *code = qemu_plugin_insn_data(insn);
        size_t size = qemu_plugin_insn_size(insn);
        uint32_t number;

        qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD_U64, &count[place], 1);
        if (is_cr3_write(code, size))
            qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD_U64, &cr3_writes, 1);
        else if (is_mark(code, size, &number))
            qemu_plugin_register_vcpu_insn_exec_cb(insn, at_mark, NO_REGISTERS,
                                                   (void *)(uintptr_t)number);
    }
    if (profile && place == HYPERVISOR)
        profile_block(tb);
}

__attribute__((visibility("default")))
int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "out=", 4) && !out)
            out = fopen(argv[i] + 4, "w");
        else if (!strncmp(argv[i], "profile=", 8))
            profile = strdup(argv[i] + 8);
        else if (!strncmp(argv[i], "at=", 3))
            profile_at = strtoul(argv[i] + 3, NULL, 0);
        else
            fprintf(stderr, "count: what is %s?\n", argv[i]);
    }
    if (!out) {
        fprintf(stderr, "count: cannot write, or was not told, out=FILE\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
