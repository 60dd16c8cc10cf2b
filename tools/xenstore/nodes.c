/* SPDX-License-Identifier: MIT */
/* Commands on single nodes: read, write, rm, mkdir, list, exists, chmod, watch, control. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "escape.h"

int command_read(struct xs *xs, const struct options *options, char **args, int count)
{
    char *value, *text;
    size_t len;
    int i;

    for (i = 0; i < count; i++) {
        if (xs_read(xs, XS_NO_TX, args[i], &value, &len))
            return complain("couldn't read path %s", args[i]);
        if (options->prefix)
            printf("%s: ", args[i]);
        if (options->raw) {
            fwrite(value, 1, len, stdout);
        } else {
            text = escape_value(value, len);
            printf("%s\n", text ? text : "");
            free(text);
        }
        free(value);
    }
    return 0;
}

/* What a transaction's body needs to know, and the path it stopped at. */
struct words {
    const struct options *options;
    char **args;
    int count;
    const char *failed;
};

static int write_all(struct xs *xs, xs_tx tx, void *arg)
{
    struct words *w = arg;
    int i, err;

    for (i = 0; i + 1 < w->count; i += 2) {
        char *value = strdup(w->args[i + 1]);

        if (!value)
            return -ENOMEM;
        err = xs_write(xs, tx, w->args[i], value,
                       w->options->raw ? strlen(value) : unescape_value(value));
        free(value);
        if (err) {
            w->failed = w->args[i];
            return err;
        }
    }
    return 0;
}

int command_write(struct xs *xs, const struct options *options, char **args, int count)
{
    struct words w = { options, args, count, NULL };
    int err = xs_transaction(xs, write_all, &w);

    if (err && w.failed)
        return complain("could not write path %s: %s", w.failed, strerror(-err));
    return err ? complain("could not write: %s", strerror(-err)) : 0;
}

/* Remove parents as long as they have neither children nor a value. */
static void remove_empty_parents(struct xs *xs, xs_tx tx, const char *path)
{
    char *parent = strdup(path), *slash, **names, *value;
    unsigned int children;
    size_t len;

    while (parent && (slash = strrchr(parent, '/')) && slash != parent) {
        *slash = '\0';
        if (xs_directory(xs, tx, parent, &names, &children))
            break;
        free(names);
        if (children || xs_read(xs, tx, parent, &value, &len))
            break;
        free(value);
        if (len || xs_rm(xs, tx, parent))
            break;
    }
    free(parent);
}

static int remove_all(struct xs *xs, xs_tx tx, void *arg)
{
    struct words *w = arg;
    int i, err;

    for (i = 0; i < w->count; i++) {
        err = xs_rm(xs, tx, w->args[i]);
        if (err) {
            w->failed = w->args[i];
            return err;
        }
        if (w->options->tidy)
            remove_empty_parents(xs, tx, w->args[i]);
    }
    return 0;
}

int command_rm(struct xs *xs, const struct options *options, char **args, int count)
{
    struct words w = { options, args, count, "?" };

    return xs_transaction(xs, remove_all, &w) ?
           complain("could not remove path %s", w.failed) : 0;
}

int command_mkdir(struct xs *xs, const struct options *options, char **args, int count)
{
    int i, err;

    (void)options;
    for (i = 0; i < count; i++) {
        err = xs_mkdir(xs, XS_NO_TX, args[i]);
        if (err)
            return complain("could not make path %s: %s", args[i], strerror(-err));
    }
    return 0;
}

int command_list(struct xs *xs, const struct options *options, char **args, int count)
{
    unsigned int n, k;
    char **names;
    int i;

    for (i = 0; i < count; i++) {
        if (xs_directory(xs, XS_NO_TX, args[i], &names, &n))
            return complain("could not list path %s", args[i]);
        for (k = 0; k < n; k++) {
            if (options->prefix)
                printf("%s/", args[i]);
            puts(names[k]);
        }
        free(names);
    }
    return 0;
}

int command_exists(struct xs *xs, const struct options *options, char **args, int count)
{
    char *value;
    int i;

    (void)options;
    for (i = 0; i < count; i++) {
        if (xs_read(xs, XS_NO_TX, args[i], &value, NULL))
            return 1;
        free(value);
    }
    return 0;
}

/* ---- chmod ---- */

struct chmod_job {
    const struct options *options;
    const char *path;
    struct xs_perm *perms;
    unsigned int count;
    char *failed;
};

static int chmod_one(struct xs *xs, xs_tx tx, struct chmod_job *job, const char *path)
{
    int err = xs_set_perms(xs, tx, path, job->perms, job->count);

    if (err && !job->failed)
        job->failed = strdup(path);
    return err;
}

static int chmod_children(struct xs *xs, xs_tx tx, struct chmod_job *job, const char *path)
{
    unsigned int n = 0, i;
    char **names = NULL, *child;
    int err = xs_directory(xs, tx, path, &names, &n);

    for (i = 0; i < n && !err; i++) {
        if (asprintf(&child, "%s/%s", path, names[i]) < 0)
            err = -ENOMEM;
        if (!err)
            err = chmod_one(xs, tx, job, child);
        if (!err)
            err = chmod_children(xs, tx, job, child);
        if (err != -ENOMEM)
            free(child);
    }
    free(names);
    return err;
}

static int chmod_parents(struct xs *xs, xs_tx tx, struct chmod_job *job, const char *path)
{
    char *parent = strdup(path), *slash;
    int err = parent ? 0 : -ENOMEM;

    while (!err && (slash = strrchr(parent, '/')) && slash != parent) {
        *slash = '\0';
        err = chmod_one(xs, tx, job, parent);
    }
    free(parent);
    return err;
}

static int chmod_all(struct xs *xs, xs_tx tx, void *arg)
{
    struct chmod_job *job = arg;
    int err = chmod_one(xs, tx, job, job->path);

    if (!err && job->options->children)
        err = chmod_children(xs, tx, job, job->path);
    if (!err && job->options->parents)
        err = chmod_parents(xs, tx, job, job->path);
    return err;
}

int command_chmod(struct xs *xs, const struct options *options, char **args, int count)
{
    struct chmod_job job = { .options = options, .path = args[0], .count = (unsigned)count - 1 };
    int i, err = 0;

    job.perms = calloc((size_t)count, sizeof(*job.perms));
    if (!job.perms)
        return complain("out of memory");
    for (i = 1; i < count && !err; i++)
        if (xs_perm_parse(args[i], &job.perms[i - 1]))
            err = complain("Invalid permission specification: '%.1s'", args[i]);
    if (!err)
        err = xs_transaction(xs, chmod_all, &job);
    if (err < 0)
        err = complain("Error occurred setting permissions on '%s': %s",
                       job.failed ? job.failed : job.path, strerror(-err));
    free(job.failed);
    free(job.perms);
    return err;
}

/* ---- watch, control ---- */

int command_watch(struct xs *xs, const struct options *options, char **args, int count)
{
    struct xs_event *event;
    long left = options->count;
    int i, err;

    for (i = 0; i < count; i++) {
        err = xs_watch(xs, args[i], args[i]);
        if (err)
            return complain("could not watch path %s: %s", args[i], strerror(-err));
    }
    while (left) {
        err = xs_wait_event(xs, -1, &event);
        if (err == -EINTR)
            continue;
        if (err)
            return complain("the store is gone: %s", strerror(-err));
        puts(event->path);
        fflush(stdout);
        free(event);
        if (left > 0)
            left--;
    }
    return 0;
}

int command_control(struct xs *xs, const struct options *options, char **args, int count)
{
    char *answer;
    int err = xs_control(xs, (const char *const *)args, (unsigned int)count, &answer);

    (void)options;
    if (err)
        return complain("%s: %s", args[0], strerror(-err));
    puts(answer);
    free(answer);
    return 0;
}
