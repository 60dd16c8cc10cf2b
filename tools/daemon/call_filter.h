/* SPDX-License-Identifier: MIT */
/* Take system calls away from this process, for good. */
#ifndef DAEMON_CALL_FILTER_H
#define DAEMON_CALL_FILTER_H

#include <stdbool.h>

#define CALL_FILTER_MAX 100

/*
 * From now on this process and its children may make the listed calls only (numbers SYS_*, at most
 * CALL_FILTER_MAX); socket() makes local sockets at most. Any other call fails with EPERM or, with
 * `kill`, ends the process. 0 or -errno. Needs no privileges, and takes away the way to gain some.
 */
int call_filter(const unsigned int *allowed, unsigned int count, bool kill);

#endif
