/* SPDX-License-Identifier: MIT */
/* Definitions of domains in libvirt's XML. */
#ifndef XML_DOMAIN_XML_H
#define XML_DOMAIN_XML_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/domain_config.h"

#define XML_MAX_BYTES (1u << 20)
#define XML_MAX_ELEMENTS 1000u  /* in <domain>, and in <devices> */
#define XML_MAX_ATTRIBUTES 1000 /* of one element */

/* Bytes of a domain's memory; so much can be written and read again in any unit. */
#define XML_MAX_MEMORY (1ull << 54)

/*
 * libvirt's outbound average is in KiB/s; the driver wants bytes, of 32 bits, per interval. This is
 * the interval it is read with, and the highest average that fits.
 */
#define XML_RATE_US  50000u
#define XML_MAX_RATE (UINT32_MAX * (1000000ull / XML_RATE_US) / 1024)

/* Whether a file's text is XML: its first character that is no blank is '<'. */
static inline bool text_is_xml(const char *text, size_t len)
{
    while (len && isspace((unsigned char)*text))
        text++, len--;
    return len && *text == '<';
}

/*
 * Read libvirt's <domain type='xen'> for a paravirtual guest. Elements that we do not know are kept
 * in config->xml for domain_xml_write() and warned of, once each. Never opens anything else: no
 * network, no external entities, no document type; size and depth are bounded. 0, or -EINVAL with
 * *c filled.
 */
int domain_xml_read(const char *file, const char *text, size_t len, struct domain_config *config,
                    struct complaint *c);

/*
 * Whether XML can hold all its texts: those of settings may be any bytes. To be asked before
 * domain_xml_write(), unless the configuration is as domain_xml_read() left it. 0, or -EINVAL with
 * *c filled.
 */
int domain_xml_check(const struct domain_config *config, struct complaint *c);

/*
 * Write it, with an id where the domain runs (domid < 0: it does not). malloc()ed, or NULL: no
 * memory.
 */
char *domain_xml_write(const struct domain_config *config, int domid);

#endif
