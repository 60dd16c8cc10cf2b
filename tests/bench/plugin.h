/* SPDX-License-Identifier: MIT */
/*
 * What our QEMU plugins share. Debian's QEMU comes without its plugin header; declared here are the
 * functions that are the same in versions 1 and 2 of the interface. Source of the facts: QEMU's
 * documentation, "TCG plugins".
 */
#ifndef BENCH_PLUGIN_H
#define BENCH_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
typedef uint64_t plugin_id;

enum { NO_REGISTERS = 0 };      /* the callback neither reads nor writes the CPU's registers */

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
    void (*translated)(plugin_id id, struct qemu_plugin_tb *tb));

enum place { USER, KERNEL, HYPERVISOR, PLACES };

/* Xen's part of the address space in the PV interface: L4 slots 256 to 271. */
static inline enum place place_of(uint64_t address)
{
    if (address < 0xffff800000000000ull)
        return USER;
    return address <= 0xffff87ffffffffffull ? HYPERVISOR : KERNEL;
}

#endif
