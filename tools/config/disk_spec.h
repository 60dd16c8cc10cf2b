/* SPDX-License-Identifier: MIT */
/* One virtual disk: what a specification says, in either of its two forms. */
#ifndef CONFIG_DISK_SPEC_H
#define CONFIG_DISK_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "config/complaint.h"

/* Room for a virtual device's name: "xvdaaa" with a partition and the longest we take. */
#define VDEV_MAX 16

struct disk_config {
    char *target;               /* file or block device in the backend domain */
    char vdev[VDEV_MAX];        /* as written: "xvda", "sda1", ... */
    uint32_t devid;             /* the same as the number in the store */
    bool readonly;
    bool shared;                /* "w!": writers elsewhere are none of our business */
    bool cdrom;
    bool direct_io;             /* go past Domain0's page cache */
    bool no_discard;
    char *script;               /* hotplug program to run instead of our own way; NULL: none */
    char *backend;              /* name or id of the domain that serves it; NULL: Domain0 */
    struct place place;
};

/*
 * Read `text`, found at *place, into *disk (overwritten). Two forms:
 *   TARGET[,FORMAT[,VDEV[,ACCESS]]][,KEY=VALUE...]     as xl has it, `target=` last
 *   [phy:|file:|tap:aio:]TARGET,VDEV[:cdrom],ACCESS[,BACKEND]   as xm had it
 * Words without a key are for what has none yet. Other prefixes: Xen's xl-disk-configuration(5),
 * "Deprecated parameters, prefixes and syntaxes".
 * Returns 0, or -EINVAL with *c filled.
 */
int disk_parse(const char *text, const struct place *place, struct disk_config *disk,
               struct complaint *c);
void disk_free(struct disk_config *disk);

/* Write it so that disk_parse() reads the same back. malloc()ed. */
char *disk_format(const struct disk_config *disk);

/*
 * A virtual device's number: xvdX, hdX, sdX with partitions, dNpM, or the number itself. Returns 0
 * or -EINVAL. Source of fact: docs/man/xen-vbd-interface.7 in Debian's xen-utils-common.
 */
int vdev_parse(const char *name, uint32_t *devid);

/* Name of a device number as Linux guests show it; "" for one it has no name for. */
void vdev_name(uint32_t devid, char name[VDEV_MAX]);

#endif
