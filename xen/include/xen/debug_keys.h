/* SPDX-License-Identifier: MIT */
/* Keys typed on Xen's console (Ctrl-A three times), or sent by `xl debug-keys`. */
#ifndef XEN_DEBUG_KEYS_H
#define XEN_DEBUG_KEYS_H

#include <xen/types.h>

struct debug_key {
    char key;
    const char *what;
    void (*fn)(void); /* in SOFTIRQ_DEBUG_KEY, no lock held */
};

/* Aligned by hand: left alone, the compiler spreads them and the section is no array. */
#define DEBUG_KEY(k, text, f)                                                                      \
    static const struct debug_key debug_key_##f __attribute__((used)) __section(".debug_keys")     \
        __aligned(8) = {.key = k, .what = text, .fn = f}

void debug_keys_init(void);
void debug_key_press(char key); /* any context */

#endif
