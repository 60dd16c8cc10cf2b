/* SPDX-License-Identifier: MIT */
/* The syntax of xm/xl configuration files: text in, keys with values and their places out. */
#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/complaint.h"

/*
 *   file  = { [entry] (newline | ';') }       '#' starts a comment up to the end of the line
 *   entry = ident ('=' | '+=') value
 *   value = "..." | '...' | number | '[' [value {',' value} [',']] ']'
 *
 * A number is decimal, 0octal or 0xhex. Strings know the escapes of C and end on their line.
 * Lists may go over lines and nest. A later entry replaces an earlier one of the same key; += adds
 * to it: strings are joined, lists too.
 */
enum cfg_kind { CFG_STRING, CFG_NUMBER, CFG_LIST };

struct cfg_value {
    enum cfg_kind kind;
    struct place place;
    char *text;                 /* of a string, or of a number as written */
    long long number;
    struct cfg_value *items;    /* of a list */
    unsigned int count;
};

struct cfg_entry {
    char *key;
    struct place place;
    struct cfg_value value;
};

struct cfg {
    struct cfg_entry *entries;
    unsigned int count;
    char **files;               /* names that places point to */
    unsigned int file_count;
};

#define CFG_MAX_BYTES (1u << 20)
#define CFG_MAX_DEPTH 8u
#define CFG_MAX_ITEMS 1000u     /* in one list; likewise settings in one file */

/*
 * Add the entries of `text` to *cfg (zeroed before first use). -EINVAL with *c filled; whatever the
 * text, it takes a fraction of a second.
 */
int cfg_parse(struct cfg *cfg, const char *file, const char *text, size_t len,
              struct complaint *c);

/* A whole file, malloc()ed and bounded. 0, or -errno with *c filled. */
int cfg_load(const char *path, char **text, size_t *len, struct complaint *c);

/* The same as cfg_parse() from a file. */
int cfg_parse_file(struct cfg *cfg, const char *path, struct complaint *c);

/*
 * An argument KEY=VALUE of the command line. Here, as with xm, a value that is neither quoted, a
 * number nor a list is a string as it stands.
 */
int cfg_parse_argument(struct cfg *cfg, const char *argument, struct complaint *c);

void cfg_free(struct cfg *cfg);

/* NULL: the key does not occur. */
const struct cfg_value *cfg_find(const struct cfg *cfg, const char *key);

#endif
