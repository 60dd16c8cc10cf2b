/* SPDX-License-Identifier: MIT */
/* Who may do what with a node; permissions as text. */
#ifndef XENSTORED_PERMISSIONS_H
#define XENSTORED_PERMISSIONS_H

#include "tree.h"

#define NO_TARGET 0xffff

/* On whose behalf something is done. A domain with a target also has all the target's rights. */
struct caller {
    uint16_t domid;
    uint16_t target;
};

/* The set of ACCESS_* bits that `who` has on the node. Domain0 and the owner have all. */
unsigned perms_access(const struct node *n, const struct caller *who);

/* "n0", "r5", "b3"...; -EINVAL if malformed. The text form has at most PERM_TEXT bytes with NUL. */
#define PERM_TEXT 8
int perm_parse(const char *text, struct perm *perm);
void perm_format(const struct perm *perm, char text[PERM_TEXT]);

#endif
