/* SPDX-License-Identifier: MIT */
/* Loading a kernel: from the cache, or unpacked and described by a child without privileges. */
#include "builder/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/kernel_cache.h"
#include "builder/payload.h"
#include "builder/sandbox.h"

/* What the child sends. */
struct report {
    int err;
    struct build_error error;
    struct image image;
};

static int write_at(int fd, const uint8_t *data, size_t len, uint64_t offset)
{
    ssize_t n;

    for (; len; data += n, len -= (size_t)n, offset += (uint64_t)n) {
        n = pwrite(fd, data, len, (off_t)offset);
        if (n <= 0)
            return n ? -errno : -EIO;
    }
    return 0;
}

/* The child's work: file in, ELF image out, description into the report. */
static void read_kernel(int in, int out, void *arg)
{
    struct report *report = arg;
    uint64_t offset = 0, size = 0;
    const uint8_t *elf;
    unsigned int i;

    report->err = payload_unpack(in, out, IMAGE_HEADER_BYTES, &offset, &size, &report->error);
    if (report->err)
        return;
    elf = mmap(NULL, size, PROT_READ, MAP_SHARED, out, (off_t)offset);
    if (elf == MAP_FAILED) {
        report->err = -errno;
        return;
    }
    report->err = image_from_elf(elf, size, &report->image, &report->error);
    for (i = 0; i < report->image.nr_segments && !report->err; i++)
        report->image.segments[i].file_offset += offset;
}

static bool file_sound(int fd, const struct image *image)
{
    struct stat st;

    return !fstat(fd, &st) && st.st_size > 0 && image_sound(image, (uint64_t)st.st_size);
}

static bool load_cached(const char *dir, const char *name, struct loaded_image *loaded)
{
    int fd = cache_open(dir, name);

    if (fd < 0)
        return false;
    if (pread(fd, &loaded->image, sizeof(loaded->image), 0) != sizeof(loaded->image) ||
        !file_sound(fd, &loaded->image)) {
        close(fd);
        return false;
    }
    loaded->fd = fd;
    loaded->from_cache = true;
    return true;
}

static int load_fresh(int kernel, const char *dir, struct loaded_image *loaded,
                      struct build_error *error)
{
    struct report report = { .err = -EIO };
    int out = cache_new_file(dir), err;

    if (out < 0)
        return build_refuse(error, out, "free space in Domain0",
                            "no room for the unpacked kernel: %s", strerror(-out));
    err = sandbox_run(read_kernel, kernel, out, &report, sizeof(report));
    if (err)
        err = build_refuse(error, err, "do not trust this file; if it is yours, install it again",
                           "reading the kernel %s",
                           err == -EIO ? "crashed its reader" : strerror(-err));
    else if (report.err < 0) {
        report.error.cause[sizeof(report.error.cause) - 1] = '\0';
        report.error.remedy[sizeof(report.error.remedy) - 1] = '\0';
        err = report.err;
        *error = report.error;
    } else if (report.err || !file_sound(out, &report.image))
        err = build_refuse(error, -EINVAL, "do not trust this file",
                           "the kernel's reader sent nonsense");
    else if ((err = write_at(out, (const uint8_t *)&report.image, sizeof(report.image), 0)))
        build_refuse(error, err, "free space in Domain0", "no room for its description: %s",
                     strerror(-err));
    if (err) {
        close(out);
        return err;
    }
    loaded->image = report.image;
    loaded->fd = out;
    return 0;
}

static int open_kernel(const char *path, struct build_error *error)
{
    /* Not to wait for a writer where the path is a pipe. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
    struct stat st;

    if (fd < 0) {
        err = -errno;
        return build_refuse(error, err, "check the path after kernel=", "kernel %s: %s", path,
                            strerror(errno));
    }
    if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
        return fd;
    close(fd);
    return build_refuse(error, -EINVAL, "check the path after kernel=",
                        "kernel %s: not a file, or empty", path);
}

/* Put the path, or the end of a long one, before what the reader said: it was given none. */
static void name_kernel(const char *path, struct build_error *error)
{
    const size_t most = sizeof(error->cause) / 2;
    char cause[sizeof(error->cause)];

    if (strlen(path) > most)
        path += strlen(path) - most;
    strcpy(cause, error->cause);
    snprintf(error->cause, sizeof(error->cause), "%s: %.*s", path,
             (int)(sizeof(cause) - strlen(path) - 3), cause);
}

int image_load(const char *path, const char *cache_dir, struct loaded_image *loaded,
               struct build_error *error)
{
    char name[CACHE_NAME_BYTES];
    int kernel = open_kernel(path, error), err = 0;
    bool cache;

    memset(loaded, 0, sizeof(*loaded));
    loaded->fd = -1;
    if (kernel < 0)
        return kernel;
    cache = !cache_name(cache_dir, kernel, name);
    if (!cache || !load_cached(cache_dir, name, loaded)) {
        err = load_fresh(kernel, cache ? cache_dir : "", loaded, error);
        if (err == -ENOSPC && cache) {      /* memory will do */
            cache = false;
            err = load_fresh(kernel, "", loaded, error);
        }
        if (err)
            name_kernel(path, error);
        else if (cache)
            cache_publish(cache_dir, loaded->fd, name);
    }
    close(kernel);
    return err;
}

void image_close(struct loaded_image *loaded)
{
    if (loaded->fd >= 0)
        close(loaded->fd);
    loaded->fd = -1;
}
