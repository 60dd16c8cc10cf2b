/* SPDX-License-Identifier: MIT */
/* Files as block devices. */
#include "xend/xend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Another process may take the free device that the kernel just named. */
#define TRIES 32

static int configure(int loop, int file, bool readonly, bool direct_io, const char *name)
{
    struct loop_config config = {
        .fd = (uint32_t)file,
        .info.lo_flags = LO_FLAGS_AUTOCLEAR | (readonly ? LO_FLAGS_READ_ONLY : 0) |
                         (direct_io ? LO_FLAGS_DIRECT_IO : 0),
    };

    snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", name);
    return ioctl(loop, LOOP_CONFIGURE, &config) ? -errno : 0;
}

static int attach_free(int control, int file, const char *name, bool readonly, bool direct_io,
                       char path[32])
{
    int err = -EBUSY;

    for (int tries = 0; tries < TRIES && err == -EBUSY; tries++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE), loop;

        if (number < 0)
            return -errno;
        snprintf(path, 32, "/dev/loop%d", number);
        loop = open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
        if (loop < 0)
            return -errno;
        err = configure(loop, file, readonly, direct_io, name);
        if (!err)
            return loop;
        close(loop);
    }
    return err;
}

int loop_attach(const char *name, bool readonly, bool direct_io, char path[32])
{
    int control, file, loop, err;

    file = open(name, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (file < 0)
        return -errno;
    control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) {
        err = -errno;
        close(file);
        return err;
    }
    loop = attach_free(control, file, name, readonly, direct_io, path);
    close(control);
    close(file);
    return loop;
}

static bool is_file(const struct loop_info64 *info, const char *file)
{
    struct stat st;

    return !stat(file, &st) && info->lo_device == st.st_dev && info->lo_inode == st.st_ino;
}

int loop_hold(const char *path, const char *file)
{
    struct loop_info64 info;
    int fd = open(path, O_RDONLY | O_CLOEXEC), err;

    if (fd < 0)
        return -errno;
    err = ioctl(fd, LOOP_GET_STATUS64, &info) ? -errno : is_file(&info, file) ? 0 : -ENXIO;
    if (!err)
        return fd;
    close(fd);
    return err;
}
