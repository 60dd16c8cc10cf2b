/* SPDX-License-Identifier: MIT */
/* Starts the domains that /etc/xen/auto lists. */
#include "xend/xend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/xalloc.h"

#define AUTO_DIR "/etc/xen/auto"

/* In /run, so that it is forgotten at the next boot but not when xend is started again. */
#define DONE_MARK "/run/xen/xend.autostarted"

static struct dirent **files;
static int count, next;

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
    if (next >= count)
        return;
    path = xasprintf(AUTO_DIR "/%s", files[next++]->d_name);
    note("starting %s", path);
    child_start_xm((const char *const[]){ "create", "-q", path, NULL }, start_next, NULL);
    free(path);
}

void autostart(struct xend *xend)
{
    int fd = open(DONE_MARK, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

    if (fd < 0)
        return;
    close(fd);
    count = scandir(AUTO_DIR, &files, is_visible, alphasort);
    if (count > 0)
        start_next(xend, 0, NULL);
}
