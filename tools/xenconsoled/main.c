/* SPDX-License-Identifier: MIT */
/* The console daemon: options, start, event loop. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/background.h"
#include "daemon/log.h"
#include "clients.h"
#include "confine.h"
#include "consoles.h"
#include "discover.h"
#include "links.h"
#include "loop.h"

#define LOG_DIR "/var/log/xen/console"
#define RUN_DIR "/run/xen"

static struct {
    bool foreground;
    const char *pid_file;
} options;

static bool stopping;
static struct loop_source events = { .fd = -1 }, signals = { .fd = -1 };

static const char usage[] =
    "Usage: xenconsoled [OPTION]...\n"
    "Serve the guests' consoles: terminals, logs, and a memory that outlives the guest.\n"
    "\n"
    "  -N, --foreground       stay in the foreground, log to standard error\n"
    "  -P, --pid-file FILE    write the process id there\n"
    "      --log none|guest   whether to keep log files (default guest)\n"
    "      --log-dir DIR      where (default " LOG_DIR ")\n"
    "      --log-size KIB     size at which a log is rotated (default 1024)\n"
    "  -h, --help             this text\n";

enum { OPT_LOG = 256, OPT_LOG_DIR, OPT_LOG_SIZE };

static void bad_option(const char *what)
{
    fprintf(stderr, "xenconsoled: %s; try 'xenconsoled --help'\n", what);
    exit(2);
}

static void parse_options(int argc, char **argv)
{
    static const struct option longs[] = {
        { "foreground", no_argument, NULL, 'N' },
        { "interactive", no_argument, NULL, 'N' },
        { "pid-file", required_argument, NULL, 'P' },
        { "log", required_argument, NULL, OPT_LOG },
        { "log-dir", required_argument, NULL, OPT_LOG_DIR },
        { "log-size", required_argument, NULL, OPT_LOG_SIZE },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    bool logs = true;
    char *end;
    int c;

    console_log_dir = LOG_DIR;
    while ((c = getopt_long(argc, argv, "NiP:h", longs, NULL)) != -1) {
        switch (c) {
        case 'N':
        case 'i': options.foreground = true; break;
        case 'P': options.pid_file = optarg; break;
        case 'h': fputs(usage, stdout); exit(0);
        case OPT_LOG: logs = strcmp(optarg, "none") != 0 && strcmp(optarg, "hv") != 0; break;
        case OPT_LOG_DIR: console_log_dir = optarg; break;
        case OPT_LOG_SIZE:
            console_log_limit = strtoull(optarg, &end, 10) << 10;
            if (*end || console_log_limit < 4096)
                bad_option("--log-size: want a number of KiB, at least 4");
            break;
        default: bad_option("option not understood");
        }
    }
    if (optind < argc)
        bad_option("arguments are not understood");
    if (!logs)
        console_log_dir = NULL;
}

/* ---- what happens ---- */

static void take_events(void *owner)
{
    int port;

    (void)owner;
    while ((port = links_next_event()) >= 0 || port == -EFBIG) {
        struct console *c = port >= 0 ? console_by_port(port) : NULL;

        if (c)
            console_serve(c);
        for (c = consoles; c && port == -EFBIG; c = c->next) {
            if (c->live)
                console_serve(c);
        }
    }
}

static void take_signal(void *owner)
{
    struct signalfd_siginfo info;

    (void)owner;
    if (read(signals.fd, &info, sizeof(info)) != sizeof(info))
        return;
    if (info.ssi_signo == SIGHUP)
        consoles_reopen_logs();
    else
        stopping = true;
}

static void start_signals(void)
{
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGHUP);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signals.fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    signals.ready = take_signal;
    if (signals.fd < 0)
        fatal("signalfd", -errno);
    loop_want(&signals, LOOP_IN);
}

static void start(void)
{
    int err = links_open();

    if (err)
        fatal("no hypervisor to serve (are /dev/xen/evtchn and /dev/xen/gntdev there?)", err);
    if (console_log_dir) {
        mkdir("/var/log/xen", 0755);
        mkdir(console_log_dir, 0750);
    }
    loop_init();
    start_signals();
    events.fd = links_event_fd();
    events.ready = take_events;
    loop_want(&events, LOOP_IN);
    clients_listen(RUN_DIR);
    err = discover_connect();
    if (err)
        log_line("no store yet (%s); looking for it", strerror(-err));
}

static int earlier(int a, int b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

int main(int argc, char **argv)
{
    int ready = -1, err;

    log_name("xenconsoled");
    parse_options(argc, argv);
    take_lock(RUN_DIR, "consoled.lock");
    if (!options.foreground)
        ready = background_begin();
    start();
    daemon_ready(ready, options.pid_file);
    err = confine(console_log_dir, options.pid_file);
    if (err)
        fatal("privileges cannot be given up", err);
    while (!stopping) {
        int next = earlier(consoles_tick(), discover_work());

        clients_reap();
        loop_run_once(next);
    }
    if (options.pid_file)
        unlink(options.pid_file);
    return 0;
}
