/* SPDX-License-Identifier: MIT */
/* The page tables a new domain starts on. */
#ifndef BUILDER_PAGE_TABLES_H
#define BUILDER_PAGE_TABLES_H

#include "builder/builder.h"

#define PT_ENTRIES 512

/*
 * How many tables map [start, end) and, beside it, [p2m_start, p2m_end) (empty if equal); the
 * second count leaves out tables that the first range needs anyway.
 */
void page_tables_count(uint64_t start, uint64_t end, uint64_t p2m_start, uint64_t p2m_end,
                       uint64_t *main_tables, uint64_t *p2m_tables);

/*
 * Write the tables for a layout: layout->page_tables.frames tables to main_tables (the L4 first)
 * and layout->p2m_tables.frames to p2m_tables, zeroed by the caller, as they are to lie in those
 * regions. p2m[pfn] is the mfn. Everything is mapped writable but the tables themselves: a
 * table that its owner can write is refused by the hypervisor.
 */
void page_tables_write(const struct build_layout *layout, const xen_pfn_t *p2m,
                       uint64_t *main_tables, uint64_t *p2m_tables);

#endif
