/* SPDX-License-Identifier: MIT */
/* Boot options: one row each, beside the code that obeys it. */
#ifndef XEN_CMDLINE_H
#define XEN_CMDLINE_H

#include <xen/types.h>

struct boot_option {
    const char *name; /* "dom0_mem" */
    /* Gets what stands after '=' ("" when nothing does). 0, or -EINVAL: named in a warning. */
    int (*parse)(const char *value);
};

/* BOOT_OPTION("maxcpus", parse_maxcpus); anywhere at file level. */
#define BOOT_OPTION(n, fn)                                                                         \
    static const struct boot_option option_##fn __attribute__((used)) __section(".boot_options")   \
        __aligned(8) = {.name = n, .parse = fn}

void cmdline_parse(const char *line);
extern char saved_cmdline[1024];

/* "512M", "1g", "4096K"; a plain number counts in KiB, as in Xen. */
u64 parse_size(const char *s, const char **end);
int parse_uint(const char *s, unsigned int *out);
int parse_bool(const char *s); /* 1, 0, or -EINVAL */

#endif
