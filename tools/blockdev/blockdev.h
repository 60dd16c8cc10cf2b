/* SPDX-License-Identifier: MIT */
/* What lies on a block device. A module of xm: see xm/modules.c. */
#ifndef BLOCKDEV_BLOCKDEV_H
#define BLOCKDEV_BLOCKDEV_H

#include <stdbool.h>

#define BLOCK_CONTENT 64

/*
 * libblkid's word for what the device holds ("swap", "LVM2_member", "linux_raid_member", "ext4"...;
 * "a table of partitions"). False: nothing that it knows, or it cannot be read.
 */
bool block_content(const char *path, char content[BLOCK_CONTENT]);

#endif
