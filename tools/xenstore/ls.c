/* SPDX-License-Identifier: MIT */
/* A subtree with its values and permissions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "escape.h"

#define PERM_COLUMN 60          /* where Xen's xenstore-ls puts permissions */

/* Dots guide the eye from the end of the value at `column` to the permissions. */
static void print_perms(struct xs *xs, const char *path, int column, bool full)
{
    struct xs_perm *perms;
    unsigned int n, i;
    char text[16];

    if (xs_get_perms(xs, XS_NO_TX, path, &perms, &n))
        return;
    putchar(' ');
    for (column++; column < PERM_COLUMN && !full; column++)
        putchar(column % 2 ? '.' : ' ');
    fputs("  (", stdout);
    for (i = 0; i < n; i++) {
        xs_perm_format(&perms[i], text);
        printf("%s%s", i ? "," : "", text);
    }
    putchar(')');
    free(perms);
}

/* A node without children of its own, at `depth`. Silent if it was removed meanwhile. */
static void print_node(struct xs *xs, const struct options *options, const char *path,
                       const char *name, int depth)
{
    char *value, *text;
    size_t len;
    int column;

    if (xs_read(xs, XS_NO_TX, path, &value, &len))
        return;
    text = escape_value(value, len);
    if (options->full)
        column = printf("%s = \"%s\"", path, text ? text : "");
    else
        column = printf("%*s%s = \"%s\"", depth, "", name, text ? text : "");
    free(text);
    free(value);
    if (options->prefix)
        print_perms(xs, path, column, options->full);
    putchar('\n');
}

static int print_children(struct xs *xs, const struct options *options, const char *path,
                          int depth)
{
    unsigned int n = 0, i;
    char **names, *child;
    int err = xs_directory(xs, XS_NO_TX, path, &names, &n);

    if (err)
        return err;
    for (i = 0; i < n; i++) {
        if (asprintf(&child, "%s/%s", strcmp(path, "/") ? path : "", names[i]) < 0)
            continue;
        print_node(xs, options, child, names[i], depth);
        print_children(xs, options, child, depth + 1);
        free(child);
    }
    free(names);
    return 0;
}

int command_ls(struct xs *xs, const struct options *options, char **args, int count)
{
    static char root[] = "/";
    char *only_root[] = { root };
    int i, err;

    if (!count) {
        args = only_root;
        count = 1;
    }
    for (i = 0; i < count; i++) {
        err = print_children(xs, options, args[i], 0);
        if (err)
            return complain("xs_directory (%s): %s", args[i], strerror(-err));
    }
    return 0;
}
