/* SPDX-License-Identifier: MIT */
/* Whether a disk may be given to a guest. */
#ifndef XM_DISK_USE_H
#define XM_DISK_USE_H

#include "config/disk_spec.h"
#include "libxen/xs.h"

#define DISK_CAUSE  640
#define DISK_REMEDY 192

/*
 * The target exists, can be read (and written, where the disk is), and nobody else uses it in a way
 * that would destroy a file system: one writer, or readers only, unless the disk is marked shared.
 * Others are: domains that have it as a disk, mounts and loop devices of Domain0. 0, or -errno with
 * a cause and a remedy (maybe empty).
 */
int disk_check(struct xs *xs, const struct disk_config *disk, char cause[DISK_CAUSE],
               char remedy[DISK_REMEDY]);

#endif
