/* SPDX-License-Identifier: MIT */
/* Small allocations; larger ones than a page are whole frames. Zeroed. NULL when there is none. */
#ifndef XEN_HEAP_H
#define XEN_HEAP_H

#include <xen/types.h>

void *heap_alloc(size_t size);
void heap_free(void *p);

#define heap_new(type)          ((type *)heap_alloc(sizeof(type)))
#define heap_new_array(type, n) ((type *)heap_alloc(sizeof(type) * (size_t)(n)))

#endif
