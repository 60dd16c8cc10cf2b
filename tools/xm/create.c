/* SPDX-License-Identifier: MIT */
/* xm create: from a file to a running domain. */
#include "xm/create.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config/cpu_list.h"
#include "config/definition.h"
#include "config/xalloc.h"
#include "domain/claim.h"
#include "domain/teardown.h"
#include "domain/xend_link.h"

/* How long xend and the drivers may take to connect all devices. */
#define CONNECT_SECONDS 40

/* ---- the configuration ---- */

/* Where xm has always looked: as given, then in /etc/xen. malloc()ed. */
char *find_config(const char *name)
{
    char *path;

    if (strchr(name, '/') || !access(name, F_OK))
        return xstrdup(name);
    path = xasprintf("/etc/xen/%s", name);
    if (!access(path, F_OK))
        return path;
    free(path);
    return xstrdup(name);
}

static int unreadable(const struct xm *xm, const char *path, int err)
{
    if (xm->face == FACE_XL)
        fprintf(stderr, "Failed to read config file: %s: %s\n", path, strerror(-err));
    else
        xm_error(xm, "name a configuration file, here or in /etc/xen", "%s: %s", path,
                 strerror(-err));
    return XM_BUILD;
}

int xm_read_config(struct xm *xm, const char *path, char **settings, int setting_count, bool strict,
                   struct domain_config *config)
{
    struct complaint c = { 0 };
    int err = definition_read(path, settings, setting_count, strict, config, &c);

    if (err && err != -EINVAL) {
        complaint_clear(&c);
        return unreadable(xm, path, err);
    }
    complaint_print(&c, xm->program, stderr);
    return err ? XM_FAILED : XM_OK;
}

/* Keep the settings where xend finds them for a restart. */
static int save_config(struct xm *xm, const struct domain_config *config)
{
    char uuid[37], path[96];
    int err;

    uuid_format(config->uuid, uuid);
    snprintf(path, sizeof(path), SAVED_CONFIG_DIR "/%s.cfg", uuid);
    mkdir("/var/lib/xen", 0755);
    mkdir(SAVED_CONFIG_DIR, 0700);
    err = definition_save(config, path);
    return err ? xm_error(xm, NULL, "%s: %s", path, strerror(-err)) : XM_OK;
}

static void forget_config(const struct domain_config *config)
{
    char uuid[37], path[96];

    uuid_format(config->uuid, uuid);
    snprintf(path, sizeof(path), SAVED_CONFIG_DIR "/%s.cfg", uuid);
    unlink(path);
}

/* ---- being interrupted ---- */

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* While a domain is half built, Ctrl-C means: undo, then end. */
static void catch_interrupts(bool on)
{
    struct sigaction action = { .sa_handler = on ? note_interrupt : SIG_DFL };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* ---- how long it takes ---- */

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* With --timing, say how long the step that ends here took. */
static void step_done(const struct xm *xm, const char *step)
{
    static double last;
    double now = seconds_now();

    if (xm->timing && step)
        fprintf(stderr, "%8.3f s  %s\n", now - last, step);
    last = now;
}

/* ---- building ---- */

/* The creation under way: its claim, and the connection by which xend hears of our death. */
static struct {
    bool claimed;
    uint8_t uuid[16];
    int link;                   /* -1: xend does not run */
} creation = { .link = -1 };

static int tell_xend(struct xm *xm, const struct domain_config *config)
{
    char message[XEND_MESSAGE], reason[XEND_MESSAGE], uuid[37];
    int err;

    creation.link = xend_connect();
    if (creation.link < 0) {
        if (config->disk_count + config->vif_count == 0)
            return XM_OK;
        return xm_error(xm, "start it: xend", "xend does not run, and disks and network cards "
                        "need it");
    }
    uuid_format(config->uuid, uuid);
    snprintf(message, sizeof(message), "create %s %s", uuid, config->name);
    err = xend_ask(creation.link, message, reason, sizeof(reason));
    if (!err)
        return XM_OK;
    if (err == -EPERM)
        return xm_error(xm, NULL, "%s", reason);
    return xm_error(xm, "see /var/log/xen/xend.log", "xend does not answer: %s", strerror(-err));
}

/* Say what is coming, so that it is cleared away if we are killed. */
static int announce(struct xm *xm, const struct domain_config *config)
{
    int status = tell_xend(xm, config), err = status ? 0 : claim_make(config->uuid, config->name);

    if (err)
        status = xm_error(xm, NULL, err == -EEXIST ? "a domain of this UUID is being created"
                                                   : CLAIM_DIR ": %s", strerror(-err));
    creation.claimed = !status;
    memcpy(creation.uuid, config->uuid, sizeof(creation.uuid));
    if (status)
        xm_create_end();
    return status;
}

void xm_create_end(void)
{
    if (creation.claimed)
        claim_drop(creation.uuid);
    if (creation.link >= 0)
        close(creation.link);
    creation.claimed = false;
    creation.link = -1;
}

struct build_request build_request_of(const struct domain_config *config)
{
    struct build_request request = {
        .kernel = config->kernel,
        .ramdisk = config->ramdisk,
        .cmdline = config->cmdline,
        .memory_kib = config->memory_kib,
        .max_memory_kib = config->max_memory_kib,
        .max_vcpus = config->max_vcpus,
        .max_event_channels = config->max_event_channels > 0 ? (uint32_t)config->max_event_channels
                                                             : 0,
        .max_grant_frames = (int32_t)config->max_grant_frames,
        .max_maptrack_frames = (int32_t)config->max_maptrack_frames,
        .tsc_mode = (uint32_t)config->tsc_mode,
    };

    memcpy(request.uuid, config->uuid, sizeof(request.uuid));
    return request;
}

int xm_build_error(struct xm *xm, const struct build_error *error, int err)
{
    xm_error(xm, error->remedy[0] ? error->remedy : NULL, "%s",
             error->cause[0] ? error->cause : strerror(-err));
    return XM_BUILD;
}

static int build(struct xm *xm, const struct domain_config *config, struct build_result *built)
{
    struct build_request request = build_request_of(config);
    int err = build_domain(xm->xen, &request, built);

    return err ? xm_build_error(xm, &built->error, err) : XM_OK;
}

static int pin_vcpus(struct xm *xm, const struct domain_config *config, domid_t domid,
                     unsigned int cpus)
{
    for (unsigned int v = 0; v < config->max_vcpus; v++) {
        struct xen_cpumap hard, soft;
        unsigned int h = config->cpus_count == 1 ? 0 : v, s = config->cpus_soft_count == 1 ? 0 : v;
        bool has_hard = h < config->cpus_count, has_soft = s < config->cpus_soft_count;
        int err;

        if (has_hard)
            cpu_list_parse(config->cpus[h], cpus, NULL, &hard);
        if (has_soft)
            cpu_list_parse(config->cpus_soft[s], cpus, NULL, &soft);
        if (!has_hard && !has_soft)
            continue;
        err = xen_vcpu_set_affinity(xm->xen, domid, v, has_hard ? &hard : NULL,
                                    has_soft ? &soft : NULL);
        if (err)
            return xm_error(xm, "leave cpus= out", "vCPU %u cannot be pinned: %s", v,
                            strerror(-err));
    }
    return XM_OK;
}

static int set_share(struct xm *xm, const struct domain_config *config, domid_t domid)
{
    struct xen_sched_share share;
    int err;

    if (config->cpu_weight < 0 && config->cap < 0)
        return XM_OK;
    err = xen_sched_get_share(xm->xen, domid, &share);
    if (!err) {
        if (config->cpu_weight >= 0)
            share.weight = (uint16_t)config->cpu_weight;
        if (config->cap >= 0)
            share.cap = (uint16_t)config->cap;
        err = xen_sched_set_share(xm->xen, domid, &share);
    }
    if (err)
        return xm_error(xm, "leave cpu_weight= and cap= out",
                        "the scheduler takes no weight or cap: %s",
                        strerror(-err));
    return XM_OK;
}

static int set_parameters(struct xm *xm, const struct domain_config *config, domid_t domid)
{
    struct xen_sysctl_physinfo host;
    int status = xm_machine(xm, &host);
    long offset = config->rtc_timeoffset;

    if (status)
        return status;
    status = pin_vcpus(xm, config, domid, host.nr_cpus);
    if (!status)
        status = set_share(xm, config, domid);
    if (config->localtime) {
        time_t now = time(NULL);
        struct tm local;

        localtime_r(&now, &local);
        offset += local.tm_gmtoff;
    }
    if (!status && offset)
        xen_domain_set_time_offset(xm->xen, domid, offset);
    return status;
}

/* ---- devices ---- */

struct waiting {
    struct xm *xm;
    unsigned int open;          /* not connected yet */
    bool failed;
    char example[64];           /* one of them */
};

static void look_at_device(struct xs *xs, unsigned int domid, const char *kind, const char *devid,
                           void *arg)
{
    struct waiting *waiting = arg;
    char *status = NULL, *error = NULL;
    uint64_t online;

    if (!xs_readf_u64(xs, XS_NO_TX, &online, "/local/domain/0/backend/%s/%u/%s/online", kind, domid,
                      devid) && !online)
        return;                 /* it is on its way out */
    xs_readf(xs, XS_NO_TX, &status, "/local/domain/0/backend/%s/%u/%s/hotplug-status", kind, domid,
             devid);
    if (!status || !*status) {
        waiting->open++;
        snprintf(waiting->example, sizeof(waiting->example), "%s %s", kind, devid);
    } else if (strcmp(status, "connected") && !waiting->failed) {
        xs_readf(xs, XS_NO_TX, &error, "/local/domain/0/backend/%s/%u/%s/hotplug-error", kind,
                 domid, devid);
        xm_error(waiting->xm, NULL, "%s %s: %s", kind, devid, error ? error : status);
        waiting->failed = true;
    }
    free(status);
    free(error);
}

int wait_for_devices(struct xm *xm, domid_t domid)
{
    const char *const kinds[] = { "vbd", "vif" };
    time_t deadline = time(NULL) + CONNECT_SECONDS;
    struct waiting waiting;
    struct xs_event *event;
    bool lost = false;
    char path[64];

    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", kinds[i], domid);
        xs_watch(xm->xs, path, "devices");
    }
    for (;;) {
        waiting = (struct waiting){ .xm = xm };
        device_each(xm->xs, domid, look_at_device, &waiting);
        if (!waiting.open || waiting.failed || interrupted || time(NULL) >= deadline)
            break;
        if (!xs_wait_event(xm->xs, 1000, &event))
            free(event);
    }
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", kinds[i], domid);
        lost |= xs_unwatch(xm->xs, path, "devices") == -EPIPE;
    }
    if (lost) {
        int status = xm_store_again(xm);

        return status ? status : wait_for_devices(xm, domid);
    }
    if (waiting.open && !waiting.failed && !interrupted)
        return xm_error(xm, "see /var/log/xen/xend.log and dmesg",
                        "%u of the devices (%s) did not connect within %u seconds", waiting.open,
                        waiting.example, CONNECT_SECONDS);
    return waiting.failed || interrupted ? XM_FAILED : XM_OK;
}

/* ---- the whole ---- */

static int connect_domain(struct xm *xm, const struct domain_config *config,
                          const struct build_result *built)
{
    struct domain_facts facts = {
        .domid = built->domid,
        .store_port = built->store_port,
        .console_port = built->console_port,
        .store_mfn = built->store_mfn,
        .console_mfn = built->console_mfn,
    };
    int err = domain_nodes_write(xm->xs, config, &facts);

    if (err)
        return xm_error(xm, NULL, "the domain's nodes cannot be written: %s", strerror(-err));
    err = xs_introduce(xm->xs, built->domid, built->store_mfn, built->store_port);
    if (err)
        return xm_error(xm, "see xenstored's log", "xenstored does not take the domain: %s",
                        strerror(-err));
    step_done(xm, "store");
    err = config->disk_count + config->vif_count ? wait_for_devices(xm, built->domid) : XM_OK;
    step_done(xm, "devices");
    return err;
}

static int set_going(struct xm *xm, domid_t domid)
{
    int err = xen_domain_unpause(xm->xen, domid);

    return err ? xm_error(xm, NULL, "domain %u cannot be unpaused: %s", domid, strerror(-err))
               : XM_OK;
}

/* Take a half-made domain down. */
static void undo_domain(struct xm *xm, domid_t domid)
{
    domain_teardown(xm->xen, xm->xs, domid);
    wait_until_gone(xm, domid, xend_runs());
}

/* Leaves the domain paused unless `unpause`. Undoes everything on failure. */
static int create(struct xm *xm, struct domain_config *config, bool unpause, domid_t *domid)
{
    struct build_result built = { 0 };
    int status;

    step_done(xm, NULL);
    status = preflight(xm, config);
    if (!status)
        status = announce(xm, config);
    if (status)
        return status;
    step_done(xm, "checks");
    catch_interrupts(true);
    status = build(xm, config, &built);
    if (status)
        goto out;
    step_done(xm, built.kernel_from_cache ? "build, kernel from the cache" : "build");
    status = save_config(xm, config);
    if (status)
        goto destroy;
    status = set_parameters(xm, config, built.domid);
    if (!status)
        status = connect_domain(xm, config, &built);
    if (!status && unpause)
        status = set_going(xm, built.domid);
    if (interrupted)
        status = xm_error(xm, NULL, "interrupted: nothing is created");
    if (status)
        goto forget;
    catch_interrupts(false);
    *domid = built.domid;
    return XM_OK;

forget:
    forget_config(config);
destroy:
    undo_domain(xm, built.domid);
out:
    xm_create_end();
    catch_interrupts(false);
    return status == XM_FAILED ? XM_BUILD : status;
}

/* ---- the command ---- */

struct create_options {
    bool paused, console, dry_run, explain, quiet, strict;
    const char *file;
};

static int read_options(struct xm *xm, int argc, char **argv, struct create_options *options)
{
    static const struct option long_options[] = {
        { "defconfig", required_argument, NULL, 'f' }, { "dryrun", no_argument, NULL, 'n' },
        { "dry-run", no_argument, NULL, 'n' },         { "quiet", no_argument, NULL, 'q' },
        { "paused", no_argument, NULL, 'p' },          { "console", no_argument, NULL, 'c' },
        { "strict", no_argument, NULL, 'S' },          { "timing", no_argument, NULL, 'T' },
        { "explain", no_argument, NULL, 'E' },         { 0 },
    };
    int opt;

    options->dry_run = xm->dry_run;
    while ((opt = getopt_long(argc, argv, "cpnqf:deFV", long_options, NULL)) >= 0)
        switch (opt) {
        case 'c':
            options->console = true;
            break;
        case 'p':
            options->paused = true;
            break;
        case 'n':
            options->dry_run = true;
            break;
        case 'q':
            options->quiet = true;
            break;
        case 'S':
            options->strict = true;
            break;
        case 'E':
            options->explain = true;
            break;
        case 'T':
            xm->timing = true;
            break;
        case 'f':
            options->file = optarg;
            break;
        case 'd': case 'e': case 'F': case 'V':
            break;              /* nothing of ours stays in the foreground, and there is no VNC */
        default:
            return xm_bad_option(xm);
        }
    /* The first word that sets nothing; what stands before it moves up. */
    for (int i = optind; i < argc && !options->file; i++)
        if (!strchr(argv[i], '=')) {
            options->file = argv[i];
            memmove(argv + optind + 1, argv + optind, (size_t)(i - optind) * sizeof(*argv));
            optind++;
        }
    if (!options->file && xm->face == FACE_XM)
        options->file = getenv("XM_CONFIG_FILE");
    return options->file ? XM_OK : xm_usage(xm, "no configuration file is named");
}

int xm_start(struct xm *xm, struct domain_config *config, bool paused, bool console, bool quiet)
{
    domid_t domid;
    int status = xm_need_both(xm);

    if (!status)
        status = create(xm, config, !paused && !console, &domid);
    if (status)
        return status;
    if (!quiet && xm->face == FACE_XM)
        printf("Started domain %s (id=%u)\n", config->name, domid);
    fflush(stdout);
    status = console ? console_attach(xm, domid, !paused) : XM_OK;
    xm_create_end();
    return status;
}

int cmd_create(struct xm *xm, int argc, char **argv)
{
    struct create_options options = { 0 };
    struct domain_config config;
    int status = read_options(xm, argc, argv, &options);
    char *path;

    if (status)
        return status;
    path = find_config(options.file);
    if (!options.quiet && (xm->face == FACE_XM || !access(path, R_OK)))
        fprintf(stderr, xm->face == FACE_XL ? "Parsing config from %s\n"
                                            : "Using config file \"%s\".\n", path);
    status = xm_read_config(xm, path, argv + optind, argc - optind, options.strict, &config);
    free(path);
    if (status)
        return status;
    if (options.explain)
        status = explain(xm, &config);
    else if (options.dry_run)
        print_config(xm, &config, stdout);
    else
        status = xm_start(xm, &config, options.paused, options.console, options.quiet);
    domain_config_free(&config);
    return status;
}
