/* SPDX-License-Identifier: MIT */
/* A log file of bounded size: when full it becomes FILE.1, and a new one begins. */
#ifndef XENCONSOLED_LOGFILE_H
#define XENCONSOLED_LOGFILE_H

#include <stddef.h>
#include <stdint.h>

struct logfile {
    char *path;
    int fd;             /* -1: cannot be written, tried again at the next reopening */
    uint64_t size, limit;
};

/*
 * Open DIR/guest-NAME.log for appending. A name that is no file name loses its slashes and leading
 * dots. Never fails: without a file (the cause is logged) writing has no effect.
 */
void logfile_open(struct logfile *log, const char *dir, const char *name, uint64_t limit);

/* Append. In the page cache on return: what is logged survives the end of this process. */
void logfile_write(struct logfile *log, const void *data, size_t len);

/* Open the path again, after logrotate has moved the file. */
void logfile_reopen(struct logfile *log);

/* The last bytes written, at most `len`, from the file that was put aside too. Returns how many. */
size_t logfile_tail(const struct logfile *log, char *buf, size_t len);

void logfile_close(struct logfile *log);

#endif
