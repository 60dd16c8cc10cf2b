/* SPDX-License-Identifier: MIT */
/* The last part of what a guest has put out, for readers that come late or are slow. */
#ifndef XENCONSOLED_HISTORY_H
#define XENCONSOLED_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define HISTORY_SIZE (128u << 10)

/* Positions count all bytes since the guest's start; only the last HISTORY_SIZE are kept. */
struct history {
    uint64_t end;
    char bytes[HISTORY_SIZE];
};

void history_add(struct history *h, const void *data, size_t len);

/*
 * The bytes from *position on, as many as lie side by side; *position is moved to the oldest
 * kept byte if it is older. 0: the reader has everything.
 */
size_t history_from(const struct history *h, uint64_t *position, const char **bytes);

#endif
