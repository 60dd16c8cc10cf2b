/* SPDX-License-Identifier: MIT */
/* xm destroy, shutdown, reboot, pause, unpause, sysrq, trigger: what becomes of a domain. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "domain/lookup.h"
#include "domain/teardown.h"
#include "domain/xend_link.h"
#include "xm/create.h"

/* How long backends may take to let go of a domain. */
#define FINISH_SECONDS 10

/* ---- pause, unpause ---- */

static int simple(struct xm *xm, int argc, char **argv, int (*op)(struct xen *, domid_t),
                  const char *failed)
{
    domid_t domid;
    int status, err;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 1, 1);
    if (!status)
        status = xm_domain(xm, argv[optind], &domid);
    if (status)
        return status;
    if (!domid)
        return xm_error(xm, NULL, "Domain0 cannot be paused: nobody could unpause it");
    err = op(xm->xen, domid);
    return err ? xm_error(xm, NULL, "domain %u %s: %s", domid, failed, strerror(-err)) : XM_OK;
}

int cmd_pause(struct xm *xm, int argc, char **argv)
{
    return simple(xm, argc, argv, xen_domain_pause, "cannot be paused");
}

int cmd_unpause(struct xm *xm, int argc, char **argv)
{
    return simple(xm, argc, argv, xen_domain_unpause, "cannot be unpaused");
}

/* ---- destroy ---- */

bool xend_runs(void)
{
    int fd = xend_connect();

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* What xend does when a domain has ended. True once no backend is left. */
static bool clear_away(struct xm *xm, domid_t domid, bool force)
{
    char *config;

    domain_teardown(NULL, xm->xs, domid);
    if (domain_finish(xm->xs, domid, force))
        return false;
    if (!xs_readf(xm->xs, XS_NO_TX, &config, RECORDS "/%u/config", domid)) {
        unlink(config);
        free(config);
    }
    return !domain_forget(xm->xs, domid);
}

int wait_until_gone(struct xm *xm, domid_t domid, bool xend_is_at_it)
{
    time_t deadline = time(NULL) + FINISH_SECONDS;
    const char *watched = xend_is_at_it ? RECORDS : "/local/domain/0/backend";
    int err;

    xs_watch(xm->xs, watched, "finish");
    while (time(NULL) < deadline) {
        if (xend_is_at_it ? !domain_has_record(xm->xs, domid) : clear_away(xm, domid, false))
            return XM_OK;
        err = xm_wait(xm, watched, 500);
        if (err == -EPIPE)
            return XM_FAILED;
        if (err)
            xend_is_at_it = xend_is_at_it && xend_runs();
    }
    if (!xend_is_at_it) {
        clear_away(xm, domid, true);
        return XM_OK;
    }
    return xm_error(xm, "see dmesg and /var/log/xen/xend.log",
                    "domain %u is gone, but its devices are still in use after %d seconds", domid,
                    FINISH_SECONDS);
}

/* xs_transaction() body: where xend is about to start a domain again, it is not to. */
static int call_off(struct xs *xs, xs_tx tx, void *arg)
{
    const unsigned int *domid = arg;
    char *action;
    int err = xs_readf(xs, tx, &action, RECORDS "/%u/action", *domid);

    if (err)
        return err;
    if (!strcmp(action, action_name(ACTION_RESTART)))
        err = xs_writef(xs, tx, action_name(ACTION_DESTROY), RECORDS "/%u/action", *domid);
    free(action);
    return err;
}

/* The domain id in xend's record of that name. */
static bool find_record(struct xs *xs, const char *name, unsigned int *domid)
{
    unsigned int count;
    bool found = false;
    char **records, *other;

    if (xs_directory(xs, XS_NO_TX, RECORDS, &records, &count))
        return false;
    for (unsigned int i = 0; i < count && !found; i++) {
        if (xs_readf(xs, XS_NO_TX, &other, RECORDS "/%s/name", records[i]))
            continue;
        *domid = (unsigned int)atoi(records[i]);
        found = !strcmp(name, other);
        free(other);
    }
    free(records);
    return found;
}

/* Does xend's record of a domain say that this is to be done with it? */
static bool action_is(struct xs *xs, unsigned int domid, enum domain_action wanted)
{
    char *action;
    bool is;

    if (xs_readf(xs, XS_NO_TX, &action, RECORDS "/%u/action", domid))
        return false;
    is = !strcmp(action, action_name(wanted));
    free(action);
    return is;
}

/*
 * Between two lives of a domain no domain has its name, but xend has a record of it. Returns true
 * once that is gone and there is no next life; false where there never was one, or the next life
 * has begun, which can then be found by name.
 */
static bool ended_between_lives(struct xm *xm, const char *name)
{
    time_t deadline = time(NULL) + FINISH_SECONDS;
    unsigned int record;
    domid_t domid;

    if (!find_record(xm->xs, name, &record) ||
        (!action_is(xm->xs, record, ACTION_RESTART) &&
         !action_is(xm->xs, record, ACTION_RENAME_RESTART)))
        return false;
    xs_watch(xm->xs, RECORDS, "records");
    while (time(NULL) < deadline && domain_by_text(xm->xen, xm->xs, name, &domid) == -ESRCH) {
        if (!find_record(xm->xs, name, &record))
            return true;
        xs_transaction(xm->xs, call_off, &record);
        xm_wait(xm, RECORDS, 500);
    }
    return false;
}

int cmd_destroy(struct xm *xm, int argc, char **argv)
{
    bool force = false;
    unsigned int record;
    domid_t domid;
    bool xends;
    int opt, status, err;

    while ((opt = getopt(argc, argv, "f")) >= 0) {
        if (opt != 'f')
            return xm_bad_option(xm);
        force = true;
    }
    status = xm_expect_args(xm, argc, 1, 1);
    if (!status)
        status = xm_need_both(xm);
    if (status)
        return status;
    err = domain_by_text(xm->xen, xm->xs, argv[optind], &domid);
    if (err == -ESRCH && ended_between_lives(xm, argv[optind]))
        return XM_OK;
    if (err)
        status = xm_domain(xm, argv[optind], &domid);   /* the next life, or words for the error */
    if (status)
        return status;
    if (!domid && (xm->face == FACE_XM || !force)) {
        fprintf(stderr, "Not destroying domain 0; use -f to force.\n"
                "This can only be done when using a disaggregated hardware domain and "
                "toolstack.\n\n");
        return XM_FAILED;
    }
    /* Nobody is to start it again. */
    record = domid;
    if (action_is(xm->xs, domid, ACTION_RESTART))
        xs_transaction(xm->xs, call_off, &record);
    xends = domain_has_record(xm->xs, domid) && xend_runs();
    err = domain_stop(xm->xen, xm->xs, domid);
    return err ? xm_error(xm, NULL, "domain %u cannot be destroyed: %s", domid, strerror(-err))
               : wait_until_gone(xm, domid, xends);
}

/* ---- shutdown, reboot ---- */

struct shutdown_request {
    unsigned int domid;
    const char *word;
};

/* Write only to a domain that has the node: a guest that is being removed must not come back. */
static int write_shutdown(struct xs *xs, xs_tx tx, void *arg)
{
    const struct shutdown_request *request = arg;
    char *old;
    int err = xs_readf(xs, tx, &old, "/local/domain/%u/control/shutdown", request->domid);

    if (err)
        return err;
    free(old);
    return xs_writef(xs, tx, request->word, "/local/domain/%u/control/shutdown", request->domid);
}

static int ask_guest(struct xm *xm, domid_t domid, const char *word, const char *gerund)
{
    struct shutdown_request request = { domid, word };
    int err = xs_transaction(xm->xs, write_shutdown, &request);

    if (err)
        return xm_error(xm, "xm destroy ends it by force", "domain %u has no control node: %s",
                        domid,
                        strerror(-err));
    fprintf(stderr, "%s domain %u\n", gerund, domid);
    return XM_OK;
}

/*
 * xend still clears a domain away: its record is there, and not because the domain is to be kept.
 */
static bool being_cleared(struct xm *xm, domid_t domid)
{
    return domain_has_record(xm->xs, domid) && !action_is(xm->xs, domid, ACTION_PRESERVE);
}

static void wait_until_cleared(struct xm *xm, domid_t domid)
{
    time_t deadline = time(NULL) + FINISH_SECONDS;

    if (!xend_runs())
        return;
    xs_watch(xm->xs, RECORDS, "cleared");
    while (being_cleared(xm, domid) && time(NULL) < deadline)
        if (xm_wait(xm, RECORDS, 500) == -EPIPE)
            return;
    xs_unwatch(xm->xs, RECORDS, "cleared");
}

/*
 * Wait until none of the domains is there any more, or runs: one with on_poweroff=preserve stays.
 * Returns an exit status.
 */
static int wait_for_end(struct xm *xm, domid_t *domids, unsigned int count)
{
    unsigned int left = count;

    fprintf(stderr, "Waiting for %u domains\n", count);
    xs_watch(xm->xs, "@releaseDomain", "end");
    while (left) {
        left = 0;
        for (unsigned int i = 0; i < count; i++) {
            struct xen_domctl_getdomaininfo info;
            int err = xen_domain_info(xm->xen, domids[i], &info);

            if (!domids[i])
                continue;
            if (!err && !(info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying))) {
                left++;
                continue;
            }
            if (!err && info.flags & XEN_DOMINF_shutdown)
                fprintf(stderr, "Domain %u has been shut down, reason code %u\n", domids[i],
                        xen_shutdown_reason(&info));
            else
                fprintf(stderr, "Domain %u has been destroyed.\n", domids[i]);
            wait_until_cleared(xm, domids[i]);
            domids[i] = 0;
        }
        if (left && xm_wait(xm, "@releaseDomain", 1000) == -EPIPE)
            return XM_FAILED;
    }
    return XM_OK;
}

struct stop_options {
    bool wait, all, force;
};

static int read_stop_options(struct xm *xm, int argc, char **argv, struct stop_options *options)
{
    static const struct option long_options[] = {
        { "wait", no_argument, NULL, 'w' }, { "all", no_argument, NULL, 'a' },
        { "force", no_argument, NULL, 'F' }, { 0 },
    };
    int opt;

    while ((opt = getopt_long(argc, argv, "waFHR", long_options, NULL)) >= 0) {
        if (opt == '?')
            return xm_bad_option(xm);
        options->wait |= opt == 'w';
        options->all |= opt == 'a';
    }
    if (options->all ? optind < argc : argc - optind != 1)
        return xm_usage(xm, options->all ? "-a leaves no domain to name" : "one domain, or -a");
    return XM_OK;
}

static int stop_all(struct xm *xm, const char *word, const char *gerund, bool wait)
{
    struct xen_domctl_getdomaininfo *infos;
    domid_t *domids;
    unsigned int n = 0;
    int status = xm_need_both(xm), count;

    if (status)
        return status;
    count = xm_domains(xm, &infos);
    if (count < 0)
        return XM_FAILED;
    domids = calloc((size_t)count + 1, sizeof(*domids));
    for (int i = 0; domids && i < count; i++) {
        if (!infos[i].domain || infos[i].flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying))
            continue;
        if (ask_guest(xm, infos[i].domain, word, gerund))
            status = XM_FAILED;
        else
            domids[n++] = infos[i].domain;
    }
    if (wait && n && wait_for_end(xm, domids, n))
        status = XM_FAILED;
    free(domids);
    free(infos);
    return status;
}

static int stop(struct xm *xm, int argc, char **argv, const char *word, const char *gerund)
{
    struct stop_options options = { 0 };
    domid_t domid;
    int status = read_stop_options(xm, argc, argv, &options);

    if (status)
        return status;
    if (options.all)
        return stop_all(xm, word, gerund, options.wait);
    status = xm_domain(xm, argv[optind], &domid);
    if (!status && !domid)
        status = xm_error(xm, "use Domain0's own shutdown or reboot",
                          "Domain0 is not stopped from here");
    if (!status)
        status = ask_guest(xm, domid, word, gerund);
    return status || !options.wait ? status : wait_for_end(xm, &domid, 1);
}

int cmd_shutdown(struct xm *xm, int argc, char **argv)
{
    return stop(xm, argc, argv, "poweroff", "Shutting down");
}

int cmd_reboot(struct xm *xm, int argc, char **argv)
{
    return stop(xm, argc, argv, "reboot", "Rebooting");
}

/* ---- keys and buttons ---- */

int cmd_sysrq(struct xm *xm, int argc, char **argv)
{
    domid_t domid;
    int status, err;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 2, 2);
    if (!status && strlen(argv[optind + 1]) != 1)
        status = xm_usage(xm, "the key is one letter");
    if (!status)
        status = xm_domain(xm, argv[optind], &domid);
    if (status)
        return status;
    err = xs_writef(xm->xs, XS_NO_TX, argv[optind + 1], "/local/domain/%u/control/sysrq", domid);
    return err ? xm_error(xm, NULL, "the key cannot be sent: %s", strerror(-err)) : XM_OK;
}

int cmd_trigger(struct xm *xm, int argc, char **argv)
{
    static const char *const names[] = { "nmi", "reset", "init", "power", "sleep", "s3resume" };
    long vcpu = 0;
    domid_t domid;
    int status, err;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 2, 3);
    if (!status && argc - optind == 3)
        status = xm_number(xm, argv[optind + 2], 0, 31, "vCPU", &vcpu);
    if (!status)
        status = xm_domain(xm, argv[optind], &domid);
    if (status)
        return status;
    if (!strcmp(argv[optind + 1], "power"))
        return ask_guest(xm, domid, "poweroff", "Shutting down");
    for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(argv[optind + 1], names[i]))
            continue;
        err = xen_domain_trigger(xm->xen, domid, i, (unsigned int)vcpu);
        return err ? xm_error(xm, NULL, "domain %u takes no %s: %s", domid, names[i],
                              strerror(-err)) : XM_OK;
    }
    return xm_usage(xm, "\"%s\" is no trigger: nmi, reset, init, power, sleep or s3resume",
                    argv[optind + 1]);
}
