/* SPDX-License-Identifier: MIT */
/* Unpacked kernels kept on disk, found by what the packed file contains. */
#include "builder/kernel_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".kernel"

/* ---- SipHash-2-4 with a result of 128 bits (Aumasson and Bernstein, 2012) ---- */

struct sip {
    uint64_t v[4];
    uint64_t bytes;
};

static uint64_t rotate(uint64_t x, unsigned int by)
{
    return x << by | x >> (64 - by);
}

static void sip_rounds(struct sip *s, unsigned int rounds)
{
    uint64_t a = s->v[0], b = s->v[1], c = s->v[2], d = s->v[3];

    while (rounds--) {
        a += b; b = rotate(b, 13) ^ a; a = rotate(a, 32);
        c += d; d = rotate(d, 16) ^ c;
        a += d; d = rotate(d, 21) ^ a;
        c += b; b = rotate(b, 17) ^ c; c = rotate(c, 32);
    }
    s->v[0] = a; s->v[1] = b; s->v[2] = c; s->v[3] = d;
}

static void sip_start(struct sip *s, const uint64_t key[2])
{
    s->v[0] = key[0] ^ 0x736f6d6570736575ull;
    s->v[1] = key[1] ^ 0x646f72616e646f6dull ^ 0xee;
    s->v[2] = key[0] ^ 0x6c7967656e657261ull;
    s->v[3] = key[1] ^ 0x7465646279746573ull;
    s->bytes = 0;
}

static void sip_word(struct sip *s, uint64_t word)
{
    s->v[3] ^= word;
    sip_rounds(s, 2);
    s->v[0] ^= word;
}

/* All but the last piece must be multiples of 8 bytes. */
static void sip_add(struct sip *s, const uint8_t *data, size_t len)
{
    uint64_t word;

    s->bytes += len;
    for (; len >= 8; data += 8, len -= 8) {
        memcpy(&word, data, 8);
        sip_word(s, word);
    }
    if (len) {
        word = 0;
        memcpy(&word, data, len);
        sip_word(s, word | s->bytes << 56);
    }
}

static void sip_end(struct sip *s, uint64_t hash[2])
{
    if (s->bytes % 8 == 0)
        sip_word(s, s->bytes << 56);
    s->v[2] ^= 0xee;
    sip_rounds(s, 4);
    hash[0] = s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
    s->v[1] ^= 0xdd;
    sip_rounds(s, 4);
    hash[1] = s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

/* ---- names ---- */

static int make_directory(const char *dir)
{
    char path[256], *slash;

    if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

static int cache_path(char path[320], const char *dir, const char *name)
{
    return snprintf(path, 320, "%s/%s", dir, name) < 320 ? 0 : -ENAMETOOLONG;
}

/* The directory's secret; made on first use, by whoever comes first. */
static int read_key(const char *dir, uint64_t key[2])
{
    char path[320];
    int fd, err = cache_path(path, dir, "key");
    ssize_t n;

    if (err)
        return err;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        n = getrandom(key, 16, 0) == 16 ? write(fd, key, 16) : -1;
        close(fd);
        if (n != 16)
            unlink(path);
        return n == 16 ? 0 : -EIO;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    n = read(fd, key, 16);
    close(fd);
    if (n == 16)
        return 0;
    unlink(path);               /* cut short by a crash: a new one next time */
    return -EIO;
}

int cache_name(const char *dir, int fd, char name[CACHE_NAME_BYTES])
{
    enum { PIECE = 256 << 10 };
    uint64_t key[2], hash[2];
    struct sip sip;
    off_t at = 0;
    uint8_t *buf;
    ssize_t n;
    int err;

    if (!*dir)
        return -ENOENT;
    err = make_directory(dir);
    if (!err)
        err = read_key(dir, key);
    if (err)
        return err;
    buf = malloc(PIECE);
    if (!buf)
        return -ENOMEM;
    sip_start(&sip, key);
    while ((n = pread(fd, buf, PIECE, at)) > 0) {
        sip_add(&sip, buf, (size_t)n);
        at += n;
        if (n % 8)
            break;              /* only the end of the file is uneven */
    }
    if (n < 0)
        err = -errno;
    sip_end(&sip, hash);
    free(buf);
    snprintf(name, CACHE_NAME_BYTES, "%016llx%016llx" SUFFIX, (unsigned long long)hash[0],
             (unsigned long long)hash[1]);
    return err;
}

/* ---- entries ---- */

int cache_open(const char *dir, const char *name)
{
    char path[320];
    int fd, err = cache_path(path, dir, name);

    if (err)
        return err;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    futimens(fd, NULL);
    return fd;
}

int cache_new_file(const char *dir)
{
    int fd = *dir ? open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;

    if (fd < 0)
        fd = memfd_create("kernel", MFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Remove entries until what is left keeps the limits. One pass a removal: there are few. */
static void evict(const char *dir)
{
    char oldest[256], path[320];
    unsigned long total, entries;
    struct dirent *entry;
    struct timespec least;
    struct stat st;
    DIR *list;

    do {
        list = opendir(dir);
        if (!list)
            return;
        total = entries = 0;
        while ((entry = readdir(list))) {
            if (!strstr(entry->d_name, SUFFIX) ||
                fstatat(dirfd(list), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
                continue;
            if (!entries || st.st_mtim.tv_sec < least.tv_sec ||
                (st.st_mtim.tv_sec == least.tv_sec && st.st_mtim.tv_nsec < least.tv_nsec)) {
                least = st.st_mtim;
                snprintf(oldest, sizeof(oldest), "%s", entry->d_name);
            }
            entries++;
            total += (unsigned long)st.st_blocks * 512;
        }
        closedir(list);
        if (entries <= CACHE_MAX_ENTRIES && total <= CACHE_MAX_BYTES)
            return;
    } while (!cache_path(path, dir, oldest) && !unlink(path));
}

void cache_publish(const char *dir, int fd, const char *name)
{
    char path[320];

    if (!*dir || cache_path(path, dir, name))
        return;
    /* A name for half of a file would be found after a power cut. */
    if (fdatasync(fd))
        return;
    /* What has the name now was not good enough, or this file would not have been made. */
    unlink(path);
    /* Refused for a file in memory, which has no place here. */
    if (linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH))
        return;
    evict(dir);
}
