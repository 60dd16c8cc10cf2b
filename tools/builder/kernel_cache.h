/* SPDX-License-Identifier: MIT */
/* Unpacked kernels kept on disk, found by what the packed file contains. */
#ifndef BUILDER_KERNEL_CACHE_H
#define BUILDER_KERNEL_CACHE_H

#define CACHE_NAME_BYTES    48
#define CACHE_MAX_ENTRIES   8
#define CACHE_MAX_BYTES     (512ul << 20)

/*
 * Name of the entry for the file's content: a keyed hash, so that nobody outside can make two files
 * meet. Reads fd from its start. Creates the directory and the key. -errno when there can be no
 * cache, which callers take as "none".
 */
int cache_name(const char *dir, int fd, char name[CACHE_NAME_BYTES]);

/* Open an entry for reading and mark it as used now. -ENOENT: not there. */
int cache_open(const char *dir, const char *name);

/* A nameless file for a new entry, in `dir` if it can be there, else in memory. */
int cache_new_file(const char *dir);

/* Give a file made by cache_new_file() its name, after what lies in it is complete; then remove the
 * least recently used entries beyond the limits. Failing is harmless. */
void cache_publish(const char *dir, int fd, const char *name);

#endif
