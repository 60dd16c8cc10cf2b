/* SPDX-License-Identifier: MIT */
/* One virtual network card: what a specification says. */
#ifndef CONFIG_VIF_SPEC_H
#define CONFIG_VIF_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "config/complaint.h"

struct vif_config {
    uint8_t mac[6];
    bool has_mac;
    char *bridge;               /* NULL: the default one */
    char *ip;                   /* addresses the guest may use, as written; NULL: any */
    char *script;               /* hotplug program to run instead of our own way; NULL: none */
    char *vifname;              /* name of the interface in Domain0; NULL: vifDOMID.INDEX */
    char *backend;              /* name or id of the domain that serves it; NULL: Domain0 */
    char *gatewaydev;           /* for routing scripts */
    uint64_t rate_bytes;        /* transmit limit: bytes per interval; 0: none */
    uint32_t rate_us;           /* length of the interval */
    uint32_t mtu;               /* 0: the bridge's */
    int devid;                  /* -1: next free */
    struct place place;
};

/* Read "KEY=VALUE,..." found at *place into *vif. 0, or -EINVAL with *c filled. */
int vif_parse(const char *text, const struct place *place, struct vif_config *vif,
              struct complaint *c);
void vif_free(struct vif_config *vif);

/* Write it so that vif_parse() reads the same back. malloc()ed. */
char *vif_format(const struct vif_config *vif);

/* "00:16:3e:..." and back. -EINVAL: not a station's address. */
int mac_parse(const char *text, uint8_t mac[6]);
void mac_format(const uint8_t mac[6], char text[18]);

/* A random address out of the range set aside for Xen's guests. 0 or -errno. */
int mac_random(uint8_t mac[6]);

/* "10Mb/s", "250KB/s@20ms". 0 or -EINVAL. */
int rate_parse(const char *text, uint64_t *bytes, uint32_t *us);

#endif
