/* SPDX-License-Identifier: MIT */
/* What the reader and the writer of a domain's document share. */
#ifndef XML_XML_PARTS_H
#define XML_XML_PARTS_H

#include <libxml/tree.h>

/* Addresses of all <ip> of an <interface>, by blanks, malloc()ed; NULL: there are none. */
char *xml_addresses(const xmlNode *interface);

#endif
