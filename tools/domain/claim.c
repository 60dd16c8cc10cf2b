/* SPDX-License-Identifier: MIT */
/* Marks of domains that are being created: what outlives both xm and xend when they are killed. */
#include "domain/claim.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_BYTES (sizeof(CLAIM_DIR) + 40)
#define TEXT_BYTES (DOMAIN_NAME_MAX + 64)

static void path_of(const uint8_t uuid[16], char path[PATH_BYTES])
{
    char text[37];

    uuid_format(uuid, text);
    snprintf(path, PATH_BYTES, CLAIM_DIR "/%s", text);
}

/* When a process began, in the kernel's ticks: with the pid, a name that no other process gets. */
static unsigned long long start_of(pid_t pid)
{
    unsigned long long start = 0;
    char path[32], line[1024], *at;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    f = fopen(path, "re");
    if (!f)
        return 0;
    /* Field 22; the second, the program's name, may hold anything but ends at the last ')'. */
    at = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
    if (at)
        sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d"
               " %*d %llu", &start);
    fclose(f);
    return start;
}

/* The process `pid` that began at `start`, or -1. */
static int hold(pid_t pid, unsigned long long start)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd >= 0 && start_of(pid) == start)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/*
 * A claim is a symbolic link, because that comes into being with its content in one step. It points
 * nowhere: its text is the maker's pid and start, and the domain's name.
 */
static bool read_claim(const char *path, struct claim *claim)
{
    unsigned long long start;
    char text[TEXT_BYTES];
    ssize_t n = readlink(path, text, sizeof(text) - 1);
    int pid, used;

    if (n < 0)
        return false;
    text[n] = '\0';
    claim->holder = -1;
    claim->name[0] = '\0';
    if (sscanf(text, "%d %llu %n", &pid, &start, &used) == 2) {
        snprintf(claim->name, sizeof(claim->name), "%s", text + used);
        claim->holder = hold(pid, start);
    }
    return true;
}

int claim_make(const uint8_t uuid[16], const char *name)
{
    char path[PATH_BYTES], text[TEXT_BYTES];
    struct claim other;

    path_of(uuid, path);
    snprintf(text, sizeof(text), "%d %llu %s", getpid(), start_of(getpid()), name);
    if (!symlink(text, path))
        return 0;
    if (errno == ENOENT) {
        mkdir("/run/xen", 0755);
        mkdir(CLAIM_DIR, 0700);
        return symlink(text, path) ? -errno : 0;
    }
    if (errno != EEXIST || !read_claim(path, &other))
        return -errno;
    if (other.holder >= 0) {
        close(other.holder);
        return -EEXIST;
    }
    unlink(path);
    return symlink(text, path) ? -errno : 0;
}

bool claim_drop(const uint8_t uuid[16])
{
    char path[PATH_BYTES];

    path_of(uuid, path);
    return unlink(path) == 0;
}

bool claim_exists(const uint8_t uuid[16])
{
    char path[PATH_BYTES];
    struct stat st;

    path_of(uuid, path);
    return lstat(path, &st) == 0;
}

void claims_each(void (*visit)(const struct claim *claim, void *arg), void *arg)
{
    DIR *dir = opendir(CLAIM_DIR);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        char path[PATH_BYTES];
        struct claim claim;

        if (uuid_parse(entry->d_name, claim.uuid))
            continue;
        path_of(claim.uuid, path);
        if (read_claim(path, &claim))
            visit(&claim, arg);
    }
    if (dir)
        closedir(dir);
}
