/* SPDX-License-Identifier: MIT */
/* What a daemon does at its start: one instance, the background, a pid file, word to systemd. */
#ifndef DAEMON_BACKGROUND_H
#define DAEMON_BACKGROUND_H

/* Log the cause and exit with status 1. `err` is a negative errno. */
void fatal(const char *what, int err) __attribute__((noreturn));

/* Make `dir` and lock the file `name` in it for the life of the process and its child, or exit. */
void take_lock(const char *dir, const char *name);

/*
 * Listen on a local stream socket DIR/NAME that only root can use, non-blocking. Exits on error.
 * A file of that name is what a dead daemon left behind: take the lock first.
 */
int listen_at(const char *dir, const char *name);

/*
 * Go to the background; the original process stays until the daemon is ready, so that whoever
 * started it can connect at once, and exits with 1 if it never gets there. Returns a handle for
 * daemon_ready().
 */
int background_begin(void);

/* The daemon serves from now on: pid file (NULL: none), systemd, and the waiting parent; the kernel
 * is asked to take memory from others first.
 * handle: from background_begin(), or -1 in the foreground. */
void daemon_ready(int handle, const char *pid_file);

#endif
