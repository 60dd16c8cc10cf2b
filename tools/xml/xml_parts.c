/* SPDX-License-Identifier: MIT */
/* The tree of a document, as its readers and writers look at it. */
#include "xml/xml_parts.h"

#include <stdlib.h>
#include <string.h>

#include "config/xalloc.h"

bool xml_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !(node->ns && node->ns->prefix) &&
           !strcmp((const char *)node->name, name);
}

xmlNode *xml_child(const xmlNode *node, const char *name)
{
    for (xmlNode *at = node ? node->children : NULL; at; at = at->next)
        if (xml_is(at, name))
            return at;
    return NULL;
}

char *xml_attribute(const xmlNode *node, const char *name)
{
    xmlChar *value = node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
    char *text = value && *value ? xstrdup((const char *)value) : NULL;

    xmlFree(value);
    return text;
}

bool xml_attribute_is(const xmlNode *node, const char *name, const char *value)
{
    char *text = xml_attribute(node, name);
    bool same = text && !strcmp(text, value);

    free(text);
    return same;
}

char *xml_addresses(const xmlNode *node)
{
    char *all = NULL;

    for (const xmlNode *at = node->children; at; at = at->next) {
        char *one = xml_is(at, "ip") ? xml_attribute(at, "address") : NULL, *before = all;

        if (!one)
            continue;
        all = before ? xasprintf("%s %s", before, one) : xstrdup(one);
        free(before);
        free(one);
    }
    return all;
}
