/* SPDX-License-Identifier: MIT */
/* Reads and writes <settings> in the metadata of libvirt's XML. */
#include "xml/xml_settings.h"

#include <stdlib.h>
#include <string.h>

#include "config/xalloc.h"
#include "xml/xml_parts.h"

#define SPACE  "urn:xenolith:settings"
#define PREFIX "xenolith"
#define NAME(text) ((const xmlChar *)(text))

static bool is_settings(const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE && node->ns && xmlStrEqual(node->ns->href, NAME(SPACE)) &&
           xmlStrEqual(node->name, NAME("settings"));
}

/* The <settings> below <metadata>, if there are both. */
static xmlNode *find_settings(const xmlNode *metadata)
{
    xmlNode *at = metadata ? metadata->children : NULL;

    while (at && !is_settings(at))
        at = at->next;
    return at;
}

int xml_settings_read(const char *file, const xmlNode *root, struct domain_config *config,
                      struct complaint *c)
{
    xmlNode *node = find_settings(xml_child(root, "metadata"));
    xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
    struct cfg cfg = { 0 };
    size_t above, length;
    char *padded;
    int err;

    if (!text)
        return 0;
    /* Empty lines above it, so that complaints name the document's. */
    above = (size_t)xmlGetLineNo(node) - 1;
    length = strlen((const char *)text);
    padded = xcalloc(above + length + 1, 1);
    memset(padded, '\n', above);
    memcpy(padded + above, text, length);
    err = cfg_parse(&cfg, file, padded, above + length, c);
    if (!err)
        err = domain_config_read_more(&cfg, config, c);
    cfg_free(&cfg);
    free(padded);
    xmlFree(text);
    return err;
}

static char *settings_text(const struct domain_config *config)
{
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);

    if (!to)
        return xstrdup("");
    domain_config_write_more(config, to);
    fclose(to);
    return text;
}

void xml_settings_write(xmlNode *root, const struct domain_config *config)
{
    xmlNode *metadata = xml_child(root, "metadata"), *node;
    char *text = settings_text(config);

    while ((node = find_settings(metadata))) {
        xmlUnlinkNode(node);
        xmlFreeNode(node);
    }
    if (*text) {
        if (!metadata)
            metadata = xmlNewChild(root, NULL, NAME("metadata"), NULL);
        node = xmlNewChild(metadata, NULL, NAME("settings"), NULL);
        xmlSetNs(node, xmlNewNs(node, NAME(SPACE), NAME(PREFIX)));
        xmlNodeAddContent(node, NAME("\n"));
        xmlNodeAddContent(node, NAME(text));
    }
    free(text);
}
