/* SPDX-License-Identifier: MIT */
/* The last part of what a guest has put out, for readers that come late or are slow. */
#include "history.h"

#include <string.h>

void history_add(struct history *h, const void *data, size_t len)
{
    const char *from = data;

    while (len) {
        size_t at = h->end % HISTORY_SIZE, part = HISTORY_SIZE - at;

        if (part > len)
            part = len;
        memcpy(h->bytes + at, from, part);
        h->end += part;
        from += part;
        len -= part;
    }
}

size_t history_from(const struct history *h, uint64_t *position, const char **bytes)
{
    size_t at, part;

    if (h->end - *position > HISTORY_SIZE)
        *position = h->end - HISTORY_SIZE;
    at = *position % HISTORY_SIZE;
    part = h->end - *position;
    if (part > HISTORY_SIZE - at)
        part = HISTORY_SIZE - at;
    *bytes = h->bytes + at;
    return part;
}
