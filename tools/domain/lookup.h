/* SPDX-License-Identifier: MIT */
/* Names, numbers and UUIDs of running domains. */
#ifndef DOMAIN_LOOKUP_H
#define DOMAIN_LOOKUP_H

#include "libxen/domain.h"
#include "libxen/xs.h"

/* Name of a domain, malloc()ed; -ENOENT: it has none in the store. */
int domain_name(struct xs *xs, unsigned int domid, char **name);

/* The domain of that name. -ESRCH: none; another error: the store cannot be asked. */
int domain_by_name(struct xen *xen, struct xs *xs, const char *name, domid_t *domid);

/* The domain that `text` means: its number if it is one, else its name. -ESRCH: none such runs. */
int domain_by_text(struct xen *xen, struct xs *xs, const char *text, domid_t *domid);

/* The domain with that handle, unless it is dying. -ESRCH: none. */
int domain_by_uuid(struct xen *xen, const uint8_t uuid[16], domid_t *domid);

#endif
