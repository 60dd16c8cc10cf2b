/* SPDX-License-Identifier: MIT */
/* Loading a kernel: unpacked, unless it is in the cache or needs no unpacking, and described by a
 * child without privileges. */
#include "builder/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/kernel_cache.h"
#include "builder/payload.h"
#include "builder/sandbox.h"

#define PIECE_BYTES (1u << 20)

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

static int unreadable(struct build_error *error, int err)
{
    return build_refuse(error, err, "check the path after kernel=", "the kernel cannot be read: %s",
                        strerror(-err));
}

static void describe(int fd, uint64_t offset, uint64_t size, struct report *report)
{
    const uint8_t *elf = size ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)offset) : NULL;
    unsigned int i;

    if (elf == MAP_FAILED) {
        report->err = unreadable(&report->error, -errno);
        return;
    }
    report->err = image_from_elf(elf, size, &report->image, &report->error);
    for (i = 0; i < report->image.nr_segments && !report->err; i++)
        report->image.segments[i].file_offset += offset;
}

/* The child's work for a packed kernel: file in, ELF image out, description into the report. */
static void read_packed(int in, int out, void *arg)
{
    struct report *report = arg;
    uint64_t offset = 0, size = 0;

    report->err = payload_unpack(in, out, IMAGE_HEADER_BYTES, &offset, &size, &report->error);
    if (!report->err)
        describe(out, offset, size, report);
}

/* The child's work for a file that is an ELF image. */
static void read_elf(int in, int out, void *arg)
{
    struct report *report = arg;
    struct stat st;

    (void)out;
    if (fstat(in, &st))
        report->err = unreadable(&report->error, -errno);
    else
        describe(in, 0, (uint64_t)st.st_size, report);
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

/* What a child says of a kernel, whose image then lies in `out`. */
static int ask_child(void (*reader)(int in, int out, void *report), int kernel, int out,
                     struct image *image, struct build_error *error)
{
    struct report report = { .err = -EIO };
    int err = sandbox_run(reader, kernel, out, &report, sizeof(report));

    if (err)
        return build_refuse(error, err, "do not trust this file; if it is yours, install it again",
                            "reading the kernel %s",
                            err == -EIO ? "crashed its reader" : strerror(-err));
    if (report.err < 0) {
        report.error.cause[sizeof(report.error.cause) - 1] = '\0';
        report.error.remedy[sizeof(report.error.remedy) - 1] = '\0';
        *error = report.error;
        return report.err;
    }
    if (report.err || !file_sound(out, &report.image))
        return build_refuse(error, -EINVAL, "do not trust this file",
                            "the kernel's reader sent nonsense");
    *image = report.image;
    return 0;
}

static int load_packed(int kernel, const char *dir, struct loaded_image *loaded,
                       struct build_error *error)
{
    int out, err = payload_load(error);

    if (err)
        return err;
    out = cache_new_file(dir);
    if (out < 0)
        return build_refuse(error, out, "free space in Domain0",
                            "no room for the unpacked kernel: %s", strerror(-out));
    err = ask_child(read_packed, kernel, out, &loaded->image, error);
    if (!err) {
        err = write_at(out, (const uint8_t *)&loaded->image, sizeof(loaded->image), 0);
        if (err)
            build_refuse(error, err, "free space in Domain0", "no room for its description: %s",
                         strerror(-err));
    }
    if (err)
        close(out);
    else
        loaded->fd = out;
    return err;
}

static bool is_elf(int fd)
{
    char magic[4];

    return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && !memcmp(magic, "\177ELF", 4);
}

/* Nothing to unpack, so nothing to keep: the file is the image. */
static int load_elf(int kernel, struct loaded_image *loaded, struct build_error *error)
{
    int err = ask_child(read_elf, kernel, kernel, &loaded->image, error);

    if (err)
        return err;
    loaded->fd = fcntl(kernel, F_DUPFD_CLOEXEC, 0);
    return loaded->fd < 0 ? unreadable(error, -errno) : 0;
}

/* A copy of the file that nobody else can write to. -errno. */
static int own_copy(int kernel, const char *dir)
{
    int copy = cache_new_file(dir), err;
    off_t at = 0;
    ssize_t n;

    if (copy < 0)
        return copy;
    while ((n = sendfile(copy, kernel, &at, PIECE_BYTES)) > 0)
        ;
    if (!n)
        return copy;
    err = -errno;
    close(copy);
    return err;
}

/*
 * What is unpacked must be what the entry is named after: whoever may write to this file, between
 * two looks at it, could else put a kernel of his into the cache under the name of another.
 * -ENOSPC: there is no room to keep it. Else as load_packed().
 */
static int load_and_keep(int kernel, const char *dir, struct loaded_image *loaded,
                         struct build_error *error)
{
    char name[CACHE_NAME_BYTES];
    int copy = own_copy(kernel, dir), err = -ENOSPC;

    if (copy < 0)
        return err;
    if (!cache_name(dir, copy, name))
        err = load_packed(copy, dir, loaded, error);
    close(copy);
    if (!err)
        cache_publish(dir, loaded->fd, name);
    return err;
}

static int load_from_cache(int kernel, const char *dir, struct loaded_image *loaded,
                           struct build_error *error)
{
    char name[CACHE_NAME_BYTES];
    int err = -ENOSPC;

    if (!cache_name(dir, kernel, name)) {
        if (load_cached(dir, name, loaded))
            return 0;
        err = load_and_keep(kernel, dir, loaded, error);
    }
    return err == -ENOSPC ? load_packed(kernel, "", loaded, error) : err;   /* memory will do */
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
    int kernel = open_kernel(path, error), err;

    memset(loaded, 0, sizeof(*loaded));
    loaded->fd = -1;
    if (kernel < 0)
        return kernel;
    loaded->packed = !is_elf(kernel);
    err = loaded->packed ? load_from_cache(kernel, cache_dir, loaded, error)
                         : load_elf(kernel, loaded, error);
    if (err)
        name_kernel(path, error);
    close(kernel);
    return err;
}

void image_close(struct loaded_image *loaded)
{
    if (loaded->fd >= 0)
        close(loaded->fd);
    loaded->fd = -1;
}
