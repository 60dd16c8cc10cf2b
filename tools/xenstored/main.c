/* SPDX-License-Identifier: MIT */
/* The store daemon: options, start, event loop. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/background.h"
#include "daemon/log.h"
#include "connections.h"
#include "domains.h"
#include "hypervisor.h"
#include "journal.h"
#include "quota.h"
#include "requests.h"
#include "store.h"

#define LOOK_MS 5000            /* so late, at most, is an old transaction noticed */
#define EVENTS_PER_TURN 64

static struct {
    bool foreground, no_journal, no_domains;
    const char *pid_file, *run_dir, *journal_dir;
} options = {
    .run_dir = "/run/xenstored",
    .journal_dir = "/var/lib/xenstored",
};

static int epoll = -1, signals = -1;
static int listeners[2] = { -1, -1 };   /* socket, socket_ro */
static bool stopping;

static const char usage[] =
    "Usage: xenstored [OPTION]...\n"
    "The store through which domains, their drivers and the tools find each other.\n"
    "\n"
    "  -N, --foreground        stay in the foreground, log to standard error\n"
    "  -P, --pid-file FILE     write the process id there\n"
    "      --journal-dir DIR   where to keep the journal (default /var/lib/xenstored)\n"
    "      --no-journal        keep none: a restart then loses the store\n"
    "      --run-dir DIR       where to put the sockets (default /run/xenstored)\n"
    "      --quota NAME=N      set a limit on unprivileged domains; see xenstored(8)\n"
    "      --no-domains        sockets only, no hypervisor needed; for tests\n"
    "  -v, --verbose           trace every request\n"
    "  -h, --help              this text\n";

static void set_quota(char *text)
{
    char *value = strchr(text, '='), *end;
    long limit;

    if (value)
        *value++ = '\0';
    limit = value ? strtol(value, &end, 10) : -1;
    if (!value || *value == '\0' || *end || quota_set(text, limit)) {
        fprintf(stderr, "xenstored: --quota: want NAME=N, with a name listed in xenstored(8)\n");
        exit(2);
    }
}

enum { OPT_QUOTA = 256, OPT_JOURNAL_DIR, OPT_NO_JOURNAL, OPT_RUN_DIR, OPT_NO_DOMAINS };

static void parse_options(int argc, char **argv)
{
    static const struct option longs[] = {
        { "foreground", no_argument, NULL, 'N' },
        { "no-fork", no_argument, NULL, 'N' },
        { "pid-file", required_argument, NULL, 'P' },
        { "journal-dir", required_argument, NULL, OPT_JOURNAL_DIR },
        { "no-journal", no_argument, NULL, OPT_NO_JOURNAL },
        { "run-dir", required_argument, NULL, OPT_RUN_DIR },
        { "quota", required_argument, NULL, OPT_QUOTA },
        { "no-domains", no_argument, NULL, OPT_NO_DOMAINS },
        { "verbose", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    int c;

    if (getenv("XENSTORED_RUNDIR"))
        options.run_dir = getenv("XENSTORED_RUNDIR");
    while ((c = getopt_long(argc, argv, "NP:vh", longs, NULL)) != -1) {
        switch (c) {
        case 'N': options.foreground = true; break;
        case 'P': options.pid_file = optarg; break;
        case 'v': log_requests = true; break;
        case 'h': fputs(usage, stdout); exit(0);
        case OPT_QUOTA: set_quota(optarg); break;
        case OPT_JOURNAL_DIR: options.journal_dir = optarg; break;
        case OPT_NO_JOURNAL: options.no_journal = true; break;
        case OPT_RUN_DIR: options.run_dir = optarg; break;
        case OPT_NO_DOMAINS: options.no_domains = true; break;
        default: fputs("Try 'xenstored --help'.\n", stderr); exit(2);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "xenstored: unexpected argument '%s'\n", argv[optind]);
        exit(2);
    }
}

/* ---- start ---- */

static void watch_fd(int fd, void *tag)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = tag };

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
        fatal("epoll", -errno);
}

static void make_first_nodes(void)
{
    struct op make = { .kind = OP_MKDIR, .path = "/tool/xenstored" };

    store_change(&make);
}

static void connect_domains(void)
{
    int err = options.no_domains ? 0 : hypervisor_open();

    if (err)
        fatal("no hypervisor to serve (are /dev/xen/evtchn and /dev/xen/privcmd there?)", err);
}

static void start_store(void)
{
    bool restored = false;
    int err;

    store_init();
    err = options.no_journal ? 0 : journal_open(options.journal_dir, &restored);
    if (err)
        log_line("%s: %s; going on without a journal", options.journal_dir, strerror(-err));
    make_first_nodes();
    if (options.no_domains)
        return;
    if (!domain_introduced(0)) {
        err = domain_introduce_own();
        if (err)
            fatal("/proc/xen/xsd_kva (is xenfs mounted?)", err);
    }
    if (restored) {
        log_line("restored from the journal");
        domains_check();
    }
    for (struct domain *d = domains; d; d = d->next) {
        if (d->local_port >= 0)
            hypervisor_notify(d->local_port);
    }
}

static void start_sockets(void)
{
    sigset_t mask;

    epoll = epoll_create1(EPOLL_CLOEXEC);
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (epoll < 0 || signals < 0)
        fatal("epoll", -errno);
    listeners[0] = listen_at(options.run_dir, "socket");
    listeners[1] = listen_at(options.run_dir, "socket_ro");
    watch_fd(listeners[0], &listeners[0]);
    watch_fd(listeners[1], &listeners[1]);
    watch_fd(signals, &signals);
    if (!options.no_domains)
        watch_fd(hypervisor_event_fd(), &epoll);
}

/* ---- the loop ---- */

static void accept_client(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct connection *conn;

    if (fd < 0)
        return;
    conn = connection_new_socket(fd, listener == listeners[1]);
    conn->interest = EPOLLIN;
    watch_fd(fd, conn);
}

/* Some of them: domains may send them faster than we look, and others wait. */
static void take_events(void)
{
    int port;

    for (int i = 0; i < EVENTS_PER_TURN; i++) {
        port = hypervisor_next_event();
        if (port < 0 && port != -EFBIG)
            return;
        if (port == -EFBIG)
            domains_wake(-1);
        if (port == -EFBIG || port == hypervisor_death_port())
            domains_check();
        else
            domains_wake(port);
    }
}

static void dispatch(const struct epoll_event *event)
{
    void *tag = event->data.ptr;

    if (tag == &listeners[0] || tag == &listeners[1]) {
        accept_client(*(int *)tag);
    } else if (tag == &epoll) {
        take_events();
    } else if (tag == &signals) {
        stopping = true;
    } else {
        struct connection *conn = tag;

        conn->ready = true;
        if (event->events & EPOLLERR)
            conn->gone = true;
    }
}

/* Sleep on a socket only for what we can use: a slow client must not keep us spinning. */
static void update_interest(struct connection *conn)
{
    uint32_t wanted = (connection_may_read(conn) ? EPOLLIN : 0) | (conn->out ? EPOLLOUT : 0);
    struct epoll_event event = { .events = wanted, .data.ptr = conn };

    if (conn->fd >= 0 && !conn->gone && conn->interest != wanted) {
        conn->interest = wanted;
        epoll_ctl(epoll, EPOLL_CTL_MOD, conn->fd, &event);
    }
}

static void run(void)
{
    struct epoll_event events[64];
    bool more = true;

    while (!stopping) {
        int due = connections_end_penalties();
        int timeout = more ? 0 : due >= 0 && due < LOOK_MS ? due : LOOK_MS;
        int count = epoll_wait(epoll, events, 64, timeout);

        for (int i = 0; i < count; i++)
            dispatch(&events[i]);
        more = connections_serve();
        for (struct connection *conn = connections; conn; conn = conn->next)
            update_interest(conn);
    }
}

int main(int argc, char **argv)
{
    int ready = -1;

    log_name("xenstored");
    parse_options(argc, argv);
    take_lock(options.run_dir, "lock");
    if (!options.foreground)
        ready = background_begin();
    connect_domains();
    start_sockets();
    start_store();
    daemon_ready(ready, options.pid_file);
    run();
    journal_flush();
    if (options.pid_file)
        unlink(options.pid_file);
    return 0;
}
