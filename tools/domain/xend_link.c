/* SPDX-License-Identifier: MIT */
/* xm's end of the socket to xend. */
#include "domain/xend_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int xend_connect(void)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = XEND_SOCKET };
    int fd, err;

    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

int xend_ask(int fd, const char *message, char *reason, size_t size)
{
    char answer[XEND_MESSAGE + 1];
    ssize_t n;

    if (send(fd, message, strlen(message), MSG_NOSIGNAL) < 0)
        return -errno;
    do
        n = recv(fd, answer, sizeof(answer) - 1, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return n ? -errno : -EPIPE;
    answer[n] = '\0';
    if (!strcmp(answer, "ok"))
        return 0;
    snprintf(reason, size, "%s", strncmp(answer, "no ", 3) ? answer : answer + 3);
    return -EPERM;
}
