/* SPDX-License-Identifier: MIT */
/* Settings for which libvirt's XML has no word, kept in a document's metadata. */
#ifndef XML_XML_SETTINGS_H
#define XML_XML_SETTINGS_H

#include <libxml/tree.h>

#include "config/domain_config.h"

/*
 * libvirt keeps whatever an element of another namespace below <metadata> holds:
 *
 *   <metadata>
 *     <xenolith:settings xmlns:xenolith='urn:xenolith:settings'>
 *       cpus_soft = "0-1"
 *     </xenolith:settings>
 *   </metadata>
 *
 * Its text has the syntax of configuration files. Reading takes those settings alone that
 * domain_config_read_more() knows; 0, or -EINVAL with *c filled. No such element: 0.
 */
int xml_settings_read(const char *file, const xmlNode *root, struct domain_config *config,
                      struct complaint *c);

/* Puts them there, in place of what is there; no element where there is nothing to say. */
void xml_settings_write(xmlNode *root, const struct domain_config *config);

#endif
