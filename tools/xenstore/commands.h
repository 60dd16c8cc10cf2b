/* SPDX-License-Identifier: MIT */
/* The commands: each gets its options parsed and returns the exit status. */
#ifndef XENSTORE_COMMANDS_H
#define XENSTORE_COMMANDS_H

#include <stdbool.h>
#include "libxen/xs.h"

struct options {
    bool prefix;                /* -p: name before the value; permissions for ls */
    bool raw;                   /* -R */
    bool tidy;                  /* -t: remove parents that become empty */
    bool full;                  /* -f: full paths */
    bool children, parents;     /* -r, -u */
    long count;                 /* -n: events to wait for; negative: without end */
};

/* args[0..count) are the words after the options. Messages start with program_name. */
typedef int command_fn(struct xs *xs, const struct options *options, char **args, int count);

extern const char *program_name;

command_fn command_read, command_write, command_rm, command_mkdir, command_list, command_exists,
    command_chmod, command_watch, command_control, command_ls;

/* Print "NAME: message" to stderr; returns 1, the status of a failed command. */
int complain(const char *message, ...) __attribute__((format(printf, 1, 2)));

#endif
