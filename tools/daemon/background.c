/* SPDX-License-Identifier: MIT */
/* What a daemon does at its start: one instance, the background, a pid file, word to systemd. */
#include "daemon/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/log.h"

void fatal(const char *what, int err)
{
    log_line("%s: %s", what, strerror(-err));
    exit(1);
}

void take_lock(const char *dir, const char *name)
{
    char path[256];
    int fd;

    mkdir(dir, 0755);
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        fatal(path, -errno);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        log_line("%s is locked: this daemon runs already", path);
        exit(1);
    }
}

int listen_at(const char *dir, const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    size_t room = sizeof(address.sun_path);
    mode_t mask = umask(0177);

    if (snprintf(address.sun_path, room, "%s/%s", dir, name) >= (int)room)
        fatal(dir, -ENAMETOOLONG);
    unlink(address.sun_path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 64))
        fatal(address.sun_path, -errno);
    umask(mask);
    return fd;
}

int background_begin(void)
{
    int ready[2];
    char byte;
    pid_t child;

    if (pipe2(ready, O_CLOEXEC))
        fatal("pipe", -errno);
    child = fork();
    if (child < 0)
        fatal("fork", -errno);
    if (child > 0) {
        close(ready[1]);
        _exit(read(ready[0], &byte, 1) == 1 ? 0 : 1);
    }
    close(ready[0]);
    setsid();
    return ready[1];
}

static void write_pid_file(const char *path)
{
    FILE *f = fopen(path, "we");

    if (!f)
        fatal(path, -errno);
    fprintf(f, "%d\n", getpid());
    fclose(f);
}

static void tell_systemd(void)
{
    static const char text[] = "READY=1";
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd;

    if (!path || strlen(path) >= sizeof(address.sun_path))
        return;
    strcpy(address.sun_path, path);
    if (path[0] == '@') /* an abstract name */
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    sendto(fd, text, strlen(text), 0, (struct sockaddr *)&address,
           offsetof(struct sockaddr_un, sun_path) + strlen(path));
    close(fd);
}

/* Domain0 short of memory should lose something that guests do not depend on. */
static void avoid_oom(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (write(fd, "-900", 4) != 4)
        errno = 0; /* only root may; we can do without */
    close(fd);
}

void daemon_ready(int handle, const char *pid_file)
{
    int null;

    if (pid_file)
        write_pid_file(pid_file);
    avoid_oom();
    tell_systemd();
    if (handle < 0)
        return;
    null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    if (null > 2)
        close(null);
    log_to_syslog();
    if (write(handle, "", 1) != 1)
        log_line("whoever started us did not wait");
    close(handle);
}
