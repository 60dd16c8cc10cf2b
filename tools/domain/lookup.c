/* SPDX-License-Identifier: MIT */
/* Finds domains by name, number or UUID. */
#include "domain/lookup.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int domain_name(struct xs *xs, unsigned int domid, char **name)
{
    return xs_readf(xs, XS_NO_TX, name, "/local/domain/%u/name", domid);
}

int domain_by_name(struct xen *xen, struct xs *xs, const char *name, domid_t *domid)
{
    struct xen_domctl_getdomaininfo *infos;
    int count = xen_domain_list_all(xen, &infos), err = -ESRCH;

    if (count < 0)
        return count;
    for (int i = 0; err == -ESRCH && i < count; i++) {
        char *other;
        int unread = domain_name(xs, infos[i].domain, &other);

        if (unread) {
            err = unread == -ENOENT ? err : unread;
            continue;
        }
        if (!strcmp(name, other)) {
            *domid = infos[i].domain;
            err = 0;
        }
        free(other);
    }
    free(infos);
    return err;
}

int domain_by_text(struct xen *xen, struct xs *xs, const char *text, domid_t *domid)
{
    struct xen_domctl_getdomaininfo info;
    unsigned long number;
    char *end;

    number = strtoul(text, &end, 10);
    if (isdigit((unsigned char)*text) && !*end) {
        if (number >= XEN_FIRST_RESERVED_DOMID || xen_domain_info(xen, (domid_t)number, &info))
            return -ESRCH;
        *domid = (domid_t)number;
        return 0;
    }
    return domain_by_name(xen, xs, text, domid);
}

int domain_by_uuid(struct xen *xen, const uint8_t uuid[16], domid_t *domid)
{
    struct xen_domctl_getdomaininfo *infos;
    int count = xen_domain_list_all(xen, &infos), err = -ESRCH;

    if (count < 0)
        return count;
    for (int i = 0; err && i < count; i++)
        if (!(infos[i].flags & XEN_DOMINF_dying) && !memcmp(infos[i].handle, uuid, 16)) {
            *domid = infos[i].domain;
            err = 0;
        }
    free(infos);
    return err;
}
