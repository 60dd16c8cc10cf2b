/* SPDX-License-Identifier: MIT */
/* The tree of a document, as its readers and writers look at it. */
#ifndef XML_XML_PARTS_H
#define XML_XML_PARTS_H

#include <libxml/tree.h>
#include <stdbool.h>

/* An element of that name. One of another namespace is never ours, nor is an attribute. */
bool xml_is(const xmlNode *node, const char *name);

/* The first child of that name; NULL: there is none, or no node. */
xmlNode *xml_child(const xmlNode *node, const char *name);

/* Value of an attribute, malloc()ed; NULL: there is none, or it is empty, or no node. */
char *xml_attribute(const xmlNode *node, const char *name);
bool xml_attribute_is(const xmlNode *node, const char *name, const char *value);

/* Addresses of all <ip> of an <interface>, by blanks, malloc()ed; NULL: there are none. */
char *xml_addresses(const xmlNode *interface);

#endif
