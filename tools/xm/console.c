/* SPDX-License-Identifier: MIT */
/* xm console: this terminal becomes a domain's. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "xm/create.h"

#define ESCAPE        0x1d      /* Ctrl-] */
#define TTY_SECONDS   5         /* for xenconsoled to notice a new domain */

#define CONSOLED_SOCKET "/run/xen/consoled"
#define ANSWER_MAX      128

/* ---- the terminal that xenconsoled names in the store ---- */

/* The pseudo terminal that xenconsoled opened for the domain; malloc()ed. NULL: none came. */
static char *wait_for_tty(struct xm *xm, domid_t domid)
{
    char path[64], *tty = NULL;

    snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
    if (xs_watch(xm->xs, path, "tty"))
        return NULL;
    for (int tries = 0; tries < TTY_SECONDS * 4; tries++) {
        if (!xs_read(xm->xs, XS_NO_TX, path, &tty, NULL) && *tty)
            break;
        free(tty);
        tty = NULL;
        if (xm_wait(xm, path, 250) == -EPIPE)
            return NULL;
    }
    xs_unwatch(xm->xs, path, "tty");
    return tty;
}

/* ---- xenconsoled's socket, which also remembers ---- */

/* Send one line, take "OK" or "ERR cause" byte by byte: what follows is the guest's. */
static int ask_consoled(int fd, const char *request, char answer[ANSWER_MAX])
{
    size_t n = 0;
    char ch;

    if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
        return -errno;
    while (n + 1 < ANSWER_MAX && read(fd, &ch, 1) == 1 && ch != '\n')
        answer[n++] = ch;
    answer[n] = '\0';
    return strcmp(answer, "OK") ? -EAGAIN : 0;
}

/* A connection on which `request` was granted, or -errno: -EAGAIN with xenconsoled's words. */
static int open_consoled(const char *request, char answer[ANSWER_MAX])
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = CONSOLED_SOCKET };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

    answer[0] = '\0';
    if (fd < 0)
        return -errno;
    err = connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno
                                                              : ask_consoled(fd, request, answer);
    if (!err)
        return fd;
    close(fd);
    return err;
}

/*
 * The console of a domain: from our xenconsoled with all it remembers, else (Debian's) its
 * terminal. Returns a descriptor or -1 with a message printed. A new domain may not be known yet.
 */
static int open_console(struct xm *xm, domid_t domid)
{
    char request[32], answer[ANSWER_MAX], *path;
    int fd = -EAGAIN;

    snprintf(request, sizeof(request), "attach %u\n", domid);
    for (int tries = 0; fd == -EAGAIN && tries < TTY_SECONDS * 10; tries++) {
        if (tries)
            usleep(100000);
        fd = open_consoled(request, answer);
    }
    if (fd >= 0)
        return fd;
    path = wait_for_tty(xm, domid);
    if (!path) {
        xm_error(xm, "see that xenconsoled runs", "domain %u has no console terminal", domid);
        return -1;
    }
    fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        xm_error(xm, NULL, "%s: %m", path);
    free(path);
    return fd;
}

/* ---- copying ---- */

static int write_all(int fd, const char *at, size_t n)
{
    while (n) {
        ssize_t done = write(fd, at, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

/* Move what there is from one to the other. 1: go on; 0: the source ended; -errno. */
static int move(int from, int to)
{
    char buffer[4096];
    ssize_t n = read(from, buffer, sizeof(buffer));

    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? 1 : 0;       /* a closed pty gives EIO */
    if (!n)
        return 0;
    return write_all(to, buffer, (size_t)n) ? 0 : 1;
}

/* What was typed; the escape ends it. */
static int move_typed(int tty)
{
    char buffer[512], *escape;
    ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));

    if (n <= 0)
        return n < 0 && errno == EINTR ? 1 : 0;
    escape = memchr(buffer, ESCAPE, (size_t)n);
    if (write_all(tty, buffer, escape ? (size_t)(escape - buffer) : (size_t)n))
        return 0;
    return !escape;
}

static void copy_both_ways(int tty)
{
    struct pollfd fds[2] = { { .fd = tty, .events = POLLIN },
                             { .fd = STDIN_FILENO, .events = POLLIN } };

    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;
        if (fds[0].revents && move(tty, STDOUT_FILENO) <= 0)
            return;
        if (fds[1].revents && move_typed(tty) <= 0) {
            if (isatty(STDIN_FILENO))
                return;
            fds[1].fd = -1;     /* a script's input ended: go on showing */
        }
    }
}

int console_attach(struct xm *xm, domid_t domid, bool unpause)
{
    struct termios saved, raw;
    bool terminal;
    int tty = open_console(xm, domid), err;

    if (tty < 0) {
        xm_create_end();        /* it stays, for another try */
        return XM_FAILED;
    }
    if (!tcgetattr(tty, &raw)) {
        cfmakeraw(&raw);        /* the guest's own terminal code echoes and edits */
        tcsetattr(tty, TCSANOW, &raw);
    }
    terminal = !tcgetattr(STDIN_FILENO, &saved);
    if (terminal) {
        raw = saved;
        cfmakeraw(&raw);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    err = unpause ? xen_domain_unpause(xm->xen, domid) : 0;
    xm_create_end();
    if (!err)
        copy_both_ways(tty);
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    close(tty);
    if (err)
        return xm_error(xm, NULL, "domain %u cannot be unpaused: %s", domid, strerror(-err));
    return XM_OK;
}

/* What a guest has said as far as xenconsoled remembers, also after its end. */
static int print_log(struct xm *xm, const char *name)
{
    char request[128], answer[ANSWER_MAX];
    int fd;

    snprintf(request, sizeof(request), "log %.100s\n", name);
    fd = open_consoled(request, answer);
    if (fd == -EAGAIN)
        return xm_error(xm, "older output is in /var/log/xen/console", "%s: %s", name,
                        strncmp(answer, "ERR ", 4) ? answer : answer + 4);
    if (fd < 0)
        return xm_error(xm, "older output is in /var/log/xen/console",
                        "xenconsoled does not answer: %s", strerror(-fd));
    while (move(fd, STDOUT_FILENO) > 0)
        ;
    close(fd);
    return XM_OK;
}

int cmd_console(struct xm *xm, int argc, char **argv)
{
    static const struct option long_options[] = { { "log", no_argument, NULL, 'l' },
                                                  { "last", no_argument, NULL, 'l' },
                                                  { "num", required_argument, NULL, 'n' },
                                                  { "type", required_argument, NULL, 't' },
                                                  { 0 } };
    bool log = false;
    domid_t domid;
    int opt, status;

    while ((opt = getopt_long(argc, argv, "n:t:e:", long_options, NULL)) >= 0) {
        if (opt == '?')
            return xm_bad_option(xm);
        if (opt == 'n' && strcmp(optarg, "0"))
            return xm_error(xm, NULL, "a PV domain has console 0 only");
        log |= opt == 'l';
    }
    status = xm_expect_args(xm, argc, 1, 1);
    if (!status && log)
        return print_log(xm, argv[optind]);
    if (!status)
        status = xm_domain(xm, argv[optind], &domid);
    if (!status && !domid)
        status = xm_error(xm, NULL, "Domain0 has no console of this kind");
    return status ? status : console_attach(xm, domid, false);
}
