/* SPDX-License-Identifier: MIT */
/*
 * Marks: an instruction that does nothing anywhere, and that the counting plugin (count.c) knows.
 * It may be executed at any privilege level, natively and under any hypervisor, and traps in none.
 *
 * The instruction is the eight-byte no-op nopl D(%rax,%rax,1), whose displacement D carries the
 * mark's number: MARK_BASE to MARK_BASE + MARKS - 1. No compiler emits one with such a D.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define MARK_OPCODE 0x0f, 0x1f, 0x84, 0x00
#define MARK_BASE 0x6d61726b
#define MARKS 1024

#endif
