/* SPDX-License-Identifier: MIT */
/* Who may do what with a node; permissions as text. */
#include "permissions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "quota.h"

static bool speaks_for(const struct caller *who, uint16_t domid)
{
    return who->domid == domid || (who->target != NO_TARGET && who->target == domid);
}

unsigned perms_access(const struct node *n, const struct caller *who)
{
    if (quota_exempt(who->domid) || speaks_for(who, node_owner(n)))
        return ACCESS_ALL;
    for (unsigned i = 1; i < n->perm_count; i++) {
        if (speaks_for(who, n->perms[i].domid))
            return n->perms[i].access;
    }
    return n->perms[0].access;
}

/* Position in the string is the set of bits: none, read, write, both. */
static const char letters[] = "nrwb";

int perm_parse(const char *text, struct perm *perm)
{
    const char *letter = *text ? strchr(letters, *text) : NULL;
    unsigned domid = 0;
    size_t digits = 0;

    if (!letter)
        return -EINVAL;
    for (text++; *text >= '0' && *text <= '9' && digits < 5; text++, digits++)
        domid = domid * 10 + (*text - '0');
    if (*text || !digits || domid >= 0x7ff0)
        return -EINVAL;
    *perm = (struct perm){ .domid = domid, .access = letter - letters };
    return 0;
}

void perm_format(const struct perm *perm, char text[PERM_TEXT])
{
    snprintf(text, PERM_TEXT, "%c%u", letters[perm->access & 3], perm->domid);
}
