/* SPDX-License-Identifier: MIT */
/* A log file of bounded size: when full it becomes FILE.1, and a new one begins. */
#include "logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"

static void open_file(struct logfile *log)
{
    struct stat st;

    log->fd = open(log->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log->fd < 0) {
        log_line("%s: %s; this console is not logged", log->path, strerror(errno));
        return;
    }
    log->size = fstat(log->fd, &st) == 0 ? st.st_size : 0;
}

void logfile_open(struct logfile *log, const char *dir, const char *name, uint64_t limit)
{
    *log = (struct logfile){ .fd = -1, .limit = limit };
    while (*name == '.')
        name++;
    if (asprintf(&log->path, "%s/guest-%s.log", dir, name) < 0) {
        log->path = NULL;
        return;
    }
    for (char *c = log->path + strlen(dir) + 1; *c; c++) {
        if (*c == '/')
            *c = '_';
    }
    open_file(log);
}

void logfile_reopen(struct logfile *log)
{
    if (!log->path)
        return;
    if (log->fd >= 0)
        close(log->fd);
    open_file(log);
}

static void old_path(const struct logfile *log, char path[4096])
{
    snprintf(path, 4096, "%s.1", log->path);
}

static void rotate(struct logfile *log)
{
    char old[4096];

    old_path(log, old);
    if (rename(log->path, old)) {
        log_line("%s: cannot rename to %s: %s; emptied instead", log->path, old, strerror(errno));
        if (ftruncate(log->fd, 0) == 0)
            log->size = 0;
        return;
    }
    logfile_reopen(log);
}

void logfile_write(struct logfile *log, const void *data, size_t len)
{
    const char *at = data;

    if (log->fd >= 0 && log->size + len > log->limit)
        rotate(log);
    while (log->fd >= 0 && len) {
        ssize_t written = write(log->fd, at, len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* disk full: the memory still has it */
        log->size += written;
        at += written;
        len -= written;
    }
}

static size_t tail_of(int fd, char *buf, size_t len)
{
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = size > (off_t)len ? size - (off_t)len : 0;
    ssize_t got = size > 0 ? pread(fd, buf, size - from, from) : 0;

    return got > 0 ? got : 0;
}

/* The end of the current file, and before it, where there is room, that of the last. */
size_t logfile_tail(const struct logfile *log, char *buf, size_t len)
{
    size_t used = tail_of(log->fd, buf, len), before;
    char path[4096];
    int old;

    if (used == len || !log->path)
        return used;
    old_path(log, path);
    old = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    before = tail_of(old, buf, len - used);
    if (old >= 0)
        close(old);
    return before + tail_of(log->fd, buf + before, used);
}

void logfile_close(struct logfile *log)
{
    if (log->fd >= 0)
        close(log->fd);
    free(log->path);
    *log = (struct logfile){ .fd = -1 };
}
