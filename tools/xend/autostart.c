/* SPDX-License-Identifier: MIT */
/* Starts the domains that /etc/xen/auto lists. */
#include "xend/xend.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/xalloc.h"

#ifndef AUTO_DIR                /* tests put it elsewhere, and the mark */
#define AUTO_DIR "/etc/xen/auto"
#endif

/*
 * How far it has come: the name of the last file begun, or "." at the end. In /run, so that it is
 * forgotten at the next boot but not when xend is started again.
 */
#ifndef MARK
#define MARK "/run/xen/xend.autostarted"
#endif

static struct dirent **files;
static int count, next;

static void write_mark(const char *name)
{
    FILE *to = fopen(MARK, "we");

    if (to) {
        fputs(name, to);
        fclose(to);
    }
}

/* Empty where there is none. */
static void read_mark(char name[256])
{
    FILE *from = fopen(MARK, "re");

    name[0] = '\0';
    if (from) {
        name[fread(name, 1, 255, from)] = '\0';
        fclose(from);
    }
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void start_next(struct xend *xend, int status, void *arg)
{
    char *path;

    (void)xend;
    (void)arg;
    if (status)
        note("%s: not started, see above", files[next - 1]->d_name);
    write_mark(next < count ? files[next]->d_name : ".");
    if (next >= count)
        return;
    path = xasprintf(AUTO_DIR "/%s", files[next++]->d_name);
    note("starting %s", path);
    child_start_xm((const char *const[]){ "create", "-q", path, NULL }, start_next, NULL);
    free(path);
}

void autostart(struct xend *xend)
{
    char last[256];

    read_mark(last);
    if (!strcmp(last, "."))
        return;
    count = scandir(AUTO_DIR, &files, is_visible, alphasort);
    /* The one that was begun goes on without us. */
    while (*last && next < count && strcoll(files[next]->d_name, last) <= 0)
        next++;
    start_next(xend, 0, NULL);
}
