/* SPDX-License-Identifier: MIT */
/* xm console: this terminal becomes a domain's. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "xm/create.h"

#define ESCAPE        0x1d      /* Ctrl-] */
#define TTY_SECONDS   5         /* for xenconsoled to name the terminal */

/* The pseudo terminal that xenconsoled opened for the domain; malloc()ed. NULL: none came. */
static char *wait_for_tty(struct xm *xm, domid_t domid)
{
    char path[64], *tty = NULL;
    struct xs_event *event;

    snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
    if (xs_watch(xm->xs, path, "tty"))
        return NULL;
    for (int tries = 0; tries < TTY_SECONDS * 4; tries++) {
        if (!xs_read(xm->xs, XS_NO_TX, path, &tty, NULL) && *tty)
            break;
        free(tty);
        tty = NULL;
        if (!xs_wait_event(xm->xs, 250, &event))
            free(event);
    }
    xs_unwatch(xm->xs, path, "tty");
    return tty;
}

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
    char *path = wait_for_tty(xm, domid);
    bool terminal;
    int tty, err;

    if (!path)
        return xm_error(xm, "see that xenconsoled runs", "domain %u has no console terminal",
                        domid);
    tty = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty < 0) {
        xm_error(xm, NULL, "%s: %m", path);
        free(path);
        return XM_FAILED;
    }
    free(path);
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
    if (!err)
        copy_both_ways(tty);
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    close(tty);
    if (err)
        return xm_error(xm, NULL, "domain %u cannot be unpaused: %s", domid, strerror(-err));
    return XM_OK;
}

int cmd_console(struct xm *xm, int argc, char **argv)
{
    domid_t domid;
    int opt, status;

    while ((opt = getopt(argc, argv, "n:t:e:")) >= 0) {
        if (opt == '?')
            return xm_bad_option(xm);
        if (opt == 'n' && strcmp(optarg, "0"))
            return xm_error(xm, NULL, "a PV domain has console 0 only");
    }
    status = xm_expect_args(xm, argc, 1);
    if (!status)
        status = xm_domain(xm, argv[optind], &domid);
    if (!status && !domid)
        status = xm_error(xm, NULL, "Domain0 has no console of this kind");
    return status ? status : console_attach(xm, domid, false);
}
