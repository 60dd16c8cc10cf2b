/* SPDX-License-Identifier: MIT */
/* Give up what the daemon does not need once it has its devices open. */
#ifndef XENCONSOLED_CONFINE_H
#define XENCONSOLED_CONFINE_H

/*
 * Keep: the descriptors that are open, files below log_dir (NULL: none), terminals, local sockets,
 * and the removal of pid_file (or NULL). Give up all capabilities, all other files, the network,
 * other processes, other programs. A kernel without Landlock keeps the files within reach: that is
 * logged. 0 or -errno.
 */
int confine(const char *log_dir, const char *pid_file);

#endif
