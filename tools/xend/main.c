/* SPDX-License-Identifier: MIT */
/* xend: the daemon that connects devices and obeys what domains' definitions say. */
#include "xend/xend.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/background.h"
#include "daemon/log.h"

#define LOG_FILE "/var/log/xen/xend.log"

static char **own_argv;

/* ---- log ---- */

void note(const char *format, ...)
{
    char text[1024], when[32];
    time_t now = time(NULL);
    struct tm local;
    va_list args;

    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", localtime_r(&now, &local));
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "%s xend: %s\n", when, text);
}

/* ---- event loop ---- */

int source_add(struct xend *xend, struct source *source)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };

    return epoll_ctl(xend->epoll, EPOLL_CTL_ADD, source->fd, &event) ? -errno : 0;
}

void source_remove(struct xend *xend, struct source *source)
{
    epoll_ctl(xend->epoll, EPOLL_CTL_DEL, source->fd, NULL);
}

/* The store is gone and with it every watch: begin again, by the same way as after being killed. */
static void start_over(void)
{
    note("the connection to the store is lost; starting over");
    children_wait();
    execv("/proc/self/exe", own_argv);
    note("cannot start over: %s", strerror(errno));
    exit(1);
}

/* A new record alone makes ten events: domains are looked at once for all that have come. */
static void take_events(struct xend *xend)
{
    struct xs_event *event;
    bool scan;
    int err;

    do {
        scan = false;
        while (!(err = xs_next_event(xend->xs, &event))) {
            if (!strcmp(event->token, "backend"))
                hotplug_event(xend, event->path);
            else
                scan = true;
            free(event);
        }
        if (scan)
            lifecycle_scan(xend);
    } while (scan);
    if (err == -EPIPE)
        start_over();
}

static void signal_ready(struct xend *xend, struct source *source)
{
    struct signalfd_siginfo info;

    while (read(source->fd, &info, sizeof(info)) == sizeof(info))
        if (info.ssi_signo == SIGCHLD)
            children_reap(xend);
        else
            xend->stop = true;
}

static void run(struct xend *xend)
{
    while (!xend->stop) {
        struct epoll_event events[16];
        int n;

        take_events(xend);
        n = epoll_wait(xend->epoll, events, 16, xend->at_work ? 1000 : -1);
        for (int i = 0; i < n; i++) {
            struct source *source = events[i].data.ptr;

            source->ready(xend, source);
        }
        if (!n)
            lifecycle_scan(xend);
    }
}

/* ---- start ---- */

static int watch_signals(struct xend *xend)
{
    static struct source source = { .ready = signal_ready };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    source.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return source.fd < 0 ? -errno : source_add(xend, &source);
}

/* From here on the log is a file: the terminal that started us is not ours any more. */
static void log_to_file(void)
{
    int fd;

    mkdir("/var/log/xen", 0755);
    fd = open(LOG_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    dup2(fd, STDERR_FILENO);
    dup2(fd, STDOUT_FILENO);
    close(fd);
}

static int failed(const char *what, int err)
{
    note("%s: %s", what, strerror(-err));
    return 1;
}

static int start(struct xend *xend)
{
    int err;

    xend->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (xend->epoll < 0)
        return failed("epoll", -errno);
    if ((err = creators_open(xend)))
        return failed("the socket for xm", err);
    if ((err = watch_signals(xend)))
        return failed("signals", err);
    if ((err = xen_open(&xend->xen)))
        return failed("no hypervisor here (modprobe xen-privcmd?)", err);
    if ((err = link_open(xend)))
        return failed("netlink", err);
    if ((err = store_meet(xend)))
        return failed("the store cannot be used; start xenstored", err);
    creators_adopt(xend);
    lifecycle_sweep(xend);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "foreground", no_argument, NULL, 'N' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    struct xend xend = { 0 };
    bool foreground = false;
    int opt, handle = -1;

    while ((opt = getopt_long(argc, argv, "Nh", options, NULL)) >= 0) {
        if (opt != 'N') {
            fprintf(opt == 'h' ? stdout : stderr, "usage: xend [-N|--foreground]\n");
            return opt == 'h' ? 0 : 2;
        }
        foreground = true;
    }
    /* Started over, it is in the background already, and its log is open. */
    own_argv = (char *[]){ argv[0], "-N", NULL };
    log_name("xend");
    if (!foreground)
        handle = background_begin();
    take_lock("/run/xen", "xend.lock");
    if (start(&xend))
        return 1;
    daemon_ready(handle, NULL);
    if (!foreground)
        log_to_file();
    note("ready");
    autostart(&xend);
    run(&xend);
    note("ends; domains go on");
    return 0;
}
