/* SPDX-License-Identifier: MIT */
/* Looks for other users of a disk. */
#include "xm/disk_use.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "blockdev/blockdev.h"
#include "config/xalloc.h"

#define SHARE_REMEDY "stop the other user, or mark the disk shared (access %s!)"

/* The same file or device, whatever its name. */
static bool same_file(const struct stat *a, const struct stat *b)
{
    if (S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode))
        return a->st_rdev == b->st_rdev;
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* ---- other domains ---- */

/* The disk of domain/device in the store is `st`, and the two do not go together. */
static bool conflicts(struct xs *xs, const char *domain, const char *device,
                      const struct disk_config *disk, const struct stat *st)
{
    char *params = NULL, *mode = NULL;
    struct stat other;
    bool result;

    xs_readf(xs, XS_NO_TX, &params, "/local/domain/0/backend/vbd/%s/%s/params", domain, device);
    xs_readf(xs, XS_NO_TX, &mode, "/local/domain/0/backend/vbd/%s/%s/mode", domain, device);
    result = params && !stat(params, &other) && same_file(st, &other) &&
             (!disk->readonly || (mode && strchr(mode, 'w')));
    free(params);
    free(mode);
    return result;
}

static bool used_by_device_of(struct xs *xs, const char *domain, const struct disk_config *disk,
                              const struct stat *st)
{
    unsigned int count;
    bool found = false;
    char **devices;

    if (xs_directoryf(xs, XS_NO_TX, &devices, &count, "/local/domain/0/backend/vbd/%s", domain))
        return false;
    for (unsigned int i = 0; !found && i < count; i++)
        found = conflicts(xs, domain, devices[i], disk, st);
    free(devices);
    return found;
}

static int check_domains(struct xs *xs, const struct disk_config *disk, const struct stat *st,
                         char cause[DISK_CAUSE])
{
    unsigned int count;
    char **domains, *name;
    int err = 0;

    if (xs_directory(xs, XS_NO_TX, "/local/domain/0/backend/vbd", &domains, &count))
        return 0;
    for (unsigned int i = 0; !err && i < count; i++) {
        if (!used_by_device_of(xs, domains[i], disk, st))
            continue;
        if (xs_readf(xs, XS_NO_TX, &name, "/local/domain/%s/name", domains[i]))
            name = xstrdup("being removed");
        snprintf(cause, DISK_CAUSE, "disk %s is in use by domain %s (%s)", disk->target, domains[i],
                 name);
        free(name);
        err = -EBUSY;
    }
    free(domains);
    return err;
}

/* ---- Domain0 ---- */

/* Where a device is mounted, or, with `writing`, where it is written to; "": nowhere. */
static void mount_point(dev_t dev, bool writing, char point[PATH_MAX])
{
    unsigned int major_no, minor_no;
    FILE *from = fopen("/proc/self/mountinfo", "re");
    char line[2 * PATH_MAX], how[3];

    point[0] = '\0';
    while (from && fgets(line, sizeof(line), from)) {
        if (sscanf(line, "%*d %*d %u:%u %*s %4095s %2s", &major_no, &minor_no, point, how) == 4 &&
            makedev(major_no, minor_no) == dev && (!writing || !strcmp(how, "rw")))
            break;
        point[0] = '\0';
    }
    if (from)
        fclose(from);
}

static int check_block_device(const struct disk_config *disk, const struct stat *st,
                              char cause[DISK_CAUSE])
{
    char point[PATH_MAX], content[BLOCK_CONTENT];
    int fd = open(disk->target, O_RDONLY | O_EXCL | O_CLOEXEC);

    if (fd >= 0) {
        close(fd);
        return 0;
    }
    if (errno != EBUSY)
        return 0;
    mount_point(st->st_rdev, disk->readonly, point);
    if (!point[0] && disk->readonly)
        return 0;
    if (point[0])
        snprintf(cause, DISK_CAUSE, "disk %s is mounted in Domain0 on %.200s", disk->target, point);
    else if (block_content(disk->target, content))
        snprintf(cause, DISK_CAUSE, "disk %s is in use in Domain0; what it holds: %s", disk->target,
                 content);
    else
        snprintf(cause, DISK_CAUSE, "disk %s is in use in Domain0", disk->target);
    return -EBUSY;
}

/* What a loop device serves, read from /sys; false: it is free. */
static bool loop_backing(const char *loop, struct stat *st, bool *readonly)
{
    char path[PATH_MAX], target[PATH_MAX] = "", ro = '0';
    FILE *from;

    snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", loop);
    from = fopen(path, "re");
    if (!from)
        return false;
    if (!fgets(target, sizeof(target), from))
        target[0] = '\0';
    fclose(from);
    target[strcspn(target, "\n")] = '\0';
    snprintf(path, sizeof(path), "/sys/block/%s/ro", loop);
    from = fopen(path, "re");
    if (from) {
        ro = (char)fgetc(from);
        fclose(from);
    }
    *readonly = ro == '1';
    return !stat(target, st);
}

/* A loop device of the file that no domain has: Domain0 itself uses it. */
static int check_loops(const struct disk_config *disk, const struct stat *st,
                       char cause[DISK_CAUSE])
{
    struct dirent *entry;
    DIR *dir = opendir("/sys/block");
    int err = 0;

    while (!err && dir && (entry = readdir(dir))) {
        char path[300], point[PATH_MAX] = "";
        struct stat other, node;
        bool readonly;

        if (strncmp(entry->d_name, "loop", 4) || !loop_backing(entry->d_name, &other, &readonly) ||
            !same_file(st, &other) || (readonly && disk->readonly))
            continue;
        snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
        if (!stat(path, &node))
            mount_point(node.st_rdev, false, point);
        snprintf(cause, DISK_CAUSE, "disk %s is in use in Domain0 as /dev/%s%s%.100s",
                 disk->target, entry->d_name, point[0] ? ", mounted on " : "", point);
        err = -EBUSY;
    }
    if (dir)
        closedir(dir);
    return err;
}

/* ---- all of it ---- */

int disk_check(struct xs *xs, const struct disk_config *disk, char cause[DISK_CAUSE],
               char remedy[DISK_REMEDY])
{
    struct stat st;
    int err;

    remedy[0] = '\0';
    if (disk->backend) {
        snprintf(cause, DISK_CAUSE, "a disk served by another domain (%s) is not supported",
                 disk->backend);
        snprintf(remedy, DISK_REMEDY, "leave backend= out");
        return -EOPNOTSUPP;
    }
    if (stat(disk->target, &st) || access(disk->target, disk->readonly ? R_OK : R_OK | W_OK)) {
        err = -errno;
        snprintf(cause, DISK_CAUSE, "disk %s: %s", disk->target, strerror(-err));
        snprintf(remedy, DISK_REMEDY, "correct the path in the configuration");
        return err;
    }
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        snprintf(cause, DISK_CAUSE, "disk %s is neither a file nor a block device", disk->target);
        return -EINVAL;
    }
    if (S_ISREG(st.st_mode) && st.st_size < 512) {
        snprintf(cause, DISK_CAUSE, "disk %s is empty", disk->target);
        snprintf(remedy, DISK_REMEDY, "make it as large as the disk shall be: truncate -s 4G FILE");
        return -EINVAL;
    }
    if (disk->shared)
        return 0;
    snprintf(remedy, DISK_REMEDY, SHARE_REMEDY, disk->readonly ? "r" : "w");
    err = check_domains(xs, disk, &st, cause);
    if (err || S_ISBLK(st.st_mode))
        return err ? err : check_block_device(disk, &st, cause);
    /* The loop device of a domain just gone frees itself a moment after the domain's last node. */
    for (int tries = 0; (err = check_loops(disk, &st, cause)) && tries < 20; tries++)
        usleep(50000);
    return err;
}
