/* SPDX-License-Identifier: MIT */
/* The settings we know, one row each. Private to tools/config. */
#ifndef CONFIG_DOMAIN_KEYS_H
#define CONFIG_DOMAIN_KEYS_H

#include <stddef.h>

#include "config/domain_config.h"

struct reading {
    struct domain_config *config;
    struct complaint *c;
    /* Pieces of the command line, joined at the end. */
    const char *cmdline, *root, *extra, *ip, *gateway, *netmask, *hostname, *interface, *dhcp,
               *nfs_server, *nfs_root;
};

struct domain_key {
    const char *name;
    int (*read)(struct reading *r, const struct domain_key *key, const struct cfg_value *value);
    size_t offset;              /* of the field that a general reader fills */
    const char *remark;         /* for keys that are accepted or refused as a whole */
};

extern const struct domain_key domain_keys[];
extern const unsigned int domain_key_count;

#endif
