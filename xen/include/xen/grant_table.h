/* SPDX-License-Identifier: MIT */
/* Grant tables, version 1: frames shared between domains by consent. */
#ifndef XEN_GRANT_TABLE_H
#define XEN_GRANT_TABLE_H

#include <xen/types.h>

struct domain;

int grant_domain_init(struct domain *d); /* 0 or -ENOMEM; limits in d->max_*_frames */
/* Death: undo every mapping it holds; mappings of its frames by others stay till unmapped. 0. */
int grant_domain_release_mappings(struct domain *d);
void grant_domain_free(struct domain *d);

/* Machine frame of page @index of @d's table, which grows to have it. 0 or -errno. */
int grant_table_frame(struct domain *d, unsigned int index, mfn_t *out);

/* Auditor: @fn for every frame reference that mappings of @d's grants hold. */
void grant_for_each_ref(struct domain *d, void (*fn)(mfn_t m, bool writable));

long do_grant_table_op(unsigned int cmd, unsigned long arg, unsigned int count);

#endif
