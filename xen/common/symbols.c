/* SPDX-License-Identifier: MIT */
/* Names of our own functions: searches the table that symbols.sh makes while linking. */
#include <xen/printk.h>

struct symbol {
    u32 offset; /* from image_start; ascending */
    u32 name;   /* in symbol_names */
};

extern const u32 symbol_count;
extern const struct symbol symbol_table[];
extern const char symbol_names[];
extern const char image_start[], image_text_end[];

const char *symbol_get(u32 i, unsigned long *addr)
{
    if (i >= symbol_count)
        return NULL;
    *addr = (unsigned long)image_start + symbol_table[i].offset;
    return symbol_names + symbol_table[i].name;
}

const char *symbol_lookup(unsigned long addr, unsigned long *offset)
{
    unsigned long at = addr - (unsigned long)image_start;
    u32 low = 0, high = symbol_count;

    *offset = addr;
    if (at >= (unsigned long)(image_text_end - image_start) || !high || at < symbol_table[0].offset)
        return NULL;
    while (high - low > 1) { /* table[low] <= at < table[high] */
        u32 middle = (low + high) / 2;

        if (symbol_table[middle].offset <= at)
            low = middle;
        else
            high = middle;
    }
    *offset = at - symbol_table[low].offset;
    return symbol_names + symbol_table[low].name;
}
