/* SPDX-License-Identifier: MIT */
/* What lies on a block device. */
#include "blockdev/blockdev.h"

#include <blkid/blkid.h>
#include <stdio.h>

static bool probe(blkid_probe device, char content[BLOCK_CONTENT])
{
    const char *type;

    blkid_probe_enable_superblocks(device, true);
    blkid_probe_set_superblocks_flags(device, BLKID_SUBLKS_TYPE);
    blkid_probe_enable_partitions(device, true);
    if (blkid_do_safeprobe(device))
        return false;
    if (!blkid_probe_lookup_value(device, "TYPE", &type, NULL))
        snprintf(content, BLOCK_CONTENT, "%s", type);
    else if (!blkid_probe_lookup_value(device, "PTTYPE", &type, NULL))
        snprintf(content, BLOCK_CONTENT, "a table of partitions");
    else
        return false;
    return true;
}

bool block_content(const char *path, char content[BLOCK_CONTENT])
{
    blkid_probe device = blkid_new_probe_from_filename(path);
    bool known = device && probe(device, content);

    blkid_free_probe(device);
    return known;
}
