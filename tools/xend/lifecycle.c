/* SPDX-License-Identifier: MIT */
/* The life of domains: what follows when one stops, and clearing away what ended. */
#include "xend/xend.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xen/sched.h>

#include "config/domain_config.h"
#include "config/xalloc.h"
#include "daemon/clock.h"
#include "domain/claim.h"
#include "domain/lookup.h"
#include "domain/teardown.h"

/* Backends that do not stop within this time are removed all the same. */
#define FINISH_SECONDS 10

/* A domain that crashes sooner than this after its start would only do so again. */
#define TOO_SOON_SECONDS 10

/* None is started again sooner than this after its start: building it is work for Domain0. */
#define PACE_SECONDS 5

#define DUMP_DIR "/var/lib/xen/dump"

/*
 * States of a domain of ours, all to be read from hypervisor and store:
 *   runs                  no shutdown flag
 *   stopped               shutdown flag, no node `action`: decide, write `action`
 *   dumping               action coredump-*: xm dump-core runs; then destroy or restart
 *   kept                  action preserve
 *   ending                no longer known to the hypervisor, or dying: devices close
 *   over                  no backend left: start it again if action is restart; forget the record
 */
struct record {
    unsigned int domid;
    char *name, *config, *action;
};

/* Domains whose devices are closing, and since when. */
struct ending {
    struct ending *next;
    unsigned int domid;
    uint64_t since;             /* of clock_ms() */
    bool forced;
};

static struct ending *endings;

/* Domains whose memory is being dumped. */
static unsigned int dumping[8], dumping_count;

static char *read_record(struct xend *xend, unsigned int domid, const char *name)
{
    char *value;

    return xs_readf(xend->xs, XS_NO_TX, &value, RECORDS "/%u/%s", domid, name) ? NULL : value;
}

static int set_action(struct xend *xend, struct record *r, enum domain_action action)
{
    int err = xs_writef(xend->xs, XS_NO_TX, action_name(action), RECORDS "/%u/action", r->domid);

    free(r->action);
    r->action = xstrdup(action_name(action));
    return err;
}

static bool action_is(const struct record *r, enum domain_action action)
{
    return r->action && !strcmp(r->action, action_name(action));
}

/* It was started less than so many seconds ago. False where the clock has been set back since. */
static bool is_younger(struct xend *xend, unsigned int domid, unsigned int seconds)
{
    uint64_t started, now = (uint64_t)time(NULL);

    return !xs_readf_u64(xend->xs, XS_NO_TX, &started, RECORDS "/%u/started", domid) &&
           now >= started && now < started + seconds;
}

/* ---- saved settings: named by the UUID, which a domain that is started again keeps ---- */

static bool uuid_of_config(const char *config, uint8_t uuid[16])
{
    const char *name = strrchr(config, '/');
    char text[37];

    snprintf(text, sizeof(text), "%s", name ? name + 1 : config);
    return !uuid_parse(text, uuid);
}

/*
 * A domain of this UUID is there, or is being created, or a record names its settings: also that
 * of one which is kept under another UUID while the next is started.
 */
static bool is_needed(struct xend *xend, const uint8_t uuid[16])
{
    uint8_t recorded[16];
    char **domains, *config;
    unsigned int count;
    bool found = false;
    domid_t domid;
    int err;

    if (claim_exists(uuid) || !domain_by_uuid(xend->xen, uuid, &domid))
        return true;
    err = xs_directory(xend->xs, XS_NO_TX, RECORDS, &domains, &count);
    if (err)
        return err != -ENOENT;  /* who cannot be asked has not said no */
    for (unsigned int i = 0; !found && i < count; i++) {
        config = read_record(xend, (unsigned int)atoi(domains[i]), "config");
        found = config && uuid_of_config(config, recorded) && !memcmp(recorded, uuid, 16);
        free(config);
    }
    free(domains);
    return found;
}

/* After the record that named them: they go, unless somebody else needs them. */
static void drop_settings(struct xend *xend, const char *config)
{
    uint8_t uuid[16];

    if (!uuid_of_config(config, uuid) || !is_needed(xend, uuid))
        unlink(config);
}

/* ---- started again ---- */

/*
 * The record of the old domain stays until xm is done, so that an xend killed meanwhile leaves its
 * successor the task. That one may find the first xm still at it, or done: then its own is refused.
 * The domain that the first xm made may even be over before that, and on its way back by a third.
 */
struct restart {
    struct restart *next;
    unsigned int domid;         /* the old one */
    bool keep;                  /* it stays, under another name */
    uint8_t uuid[16];
    char *name, *config;
};

static struct restart *restarts;

static bool is_restarting(unsigned int domid)
{
    struct restart *r = restarts;

    while (r && r->domid != domid)
        r = r->next;
    return r;
}

static char *kept_name(const char *name, unsigned int domid)
{
    return xasprintf("%s-%u", name, domid);
}

/* The end of rename-restart: the old one's record says from now on what it is. */
static void record_kept(struct xend *xend, unsigned int domid, const char *name)
{
    char *kept = kept_name(name, domid);

    xs_writef(xend->xs, XS_NO_TX, action_name(ACTION_PRESERVE), RECORDS "/%u/action", domid);
    xs_writef(xend->xs, XS_NO_TX, kept, RECORDS "/%u/name", domid);
    xs_rmf(xend->xs, XS_NO_TX, RECORDS "/%u/config", domid);
    free(kept);
}

static void restart_end(struct xend *xend, struct restart *restart)
{
    struct restart **at = &restarts;

    while (*at != restart)
        at = &(*at)->next;
    *at = restart->next;
    if (restart->keep)
        record_kept(xend, restart->domid, restart->name);
    else
        domain_forget(xend->xs, restart->domid);
    drop_settings(xend, restart->config);
    free(restart->name);
    free(restart->config);
    free(restart);
}

static void restart_done(struct xend *xend, int status, void *arg)
{
    struct restart *restart = arg;
    domid_t domid;

    if (!status || claim_exists(restart->uuid) ||
        !domain_by_uuid(xend->xen, restart->uuid, &domid))
        note("%s: started again", restart->name);
    else
        note("%s: not started again, see above", restart->name);
    restart_end(xend, restart);
}

/* Before start_again(): it is too early for that, and the next look will come to it. */
static bool is_too_early(struct xend *xend, unsigned int domid)
{
    bool early = is_younger(xend, domid, PACE_SECONDS);

    xend->at_work += early;
    return early;
}

static void start_again(struct xend *xend, const struct record *r, const char *name, bool keep)
{
    struct restart *restart = xcalloc(1, sizeof(*restart));
    int err;

    restart->domid = r->domid;
    restart->keep = keep;
    restart->name = xstrdup(name);
    restart->config = xstrdup(r->config);
    restart->next = restarts;
    restarts = restart;
    err = uuid_of_config(r->config, restart->uuid) ?
          child_start_xm((const char *const[]){ "create", "-q", r->config, NULL }, restart_done,
                         restart) : -EINVAL;
    if (err) {
        note("%s: xm cannot be run: %s", name, strerror(-err));
        restart_end(xend, restart);
    }
}

/* ---- over ---- */

static void end_is_over(struct xend *xend, const struct record *r)
{
    bool again = action_is(r, ACTION_RESTART) && r->config;

    if (again && is_too_early(xend, r->domid))
        return;
    for (struct ending **at = &endings; *at; at = &(*at)->next)
        if ((*at)->domid == r->domid) {
            struct ending *ending = *at;

            *at = ending->next;
            free(ending);
            break;
        }
    note("domain %u (%s) is gone", r->domid, r->name ? r->name : "?");
    if (again) {
        start_again(xend, r, r->name ? r->name : "?", false);
        return;
    }
    domain_forget(xend->xs, r->domid);
    if (r->config)
        drop_settings(xend, r->config);
}

/* ---- ending ---- */

static struct ending *ending_of(unsigned int domid)
{
    struct ending *e = endings;

    while (e && e->domid != domid)
        e = e->next;
    return e;
}

static void go_on_ending(struct xend *xend, const struct record *r)
{
    struct ending *e = ending_of(r->domid);
    unsigned int left;
    bool late;

    if (!e) {
        e = xcalloc(1, sizeof(*e));
        e->domid = r->domid;
        e->since = clock_ms();
        e->next = endings;
        endings = e;
    }
    /* Each time: what xm had sent when it was killed may have come, or a driver have given up. */
    domain_teardown(NULL, xend->xs, r->domid);
    late = clock_ms() - e->since > FINISH_SECONDS * 1000;
    if (late && !e->forced) {
        note("domain %u: its devices do not stop; removing them by force", r->domid);
        e->forced = true;
    }
    left = hotplug_finish(xend, r->domid, late);
    if (left)
        xend->at_work++;
    else
        end_is_over(xend, r);
}

static void end_domain(struct xend *xend, const struct record *r)
{
    int err = domain_teardown(xend->xen, xend->xs, r->domid);

    if (err)
        note("domain %u cannot be destroyed: %s", r->domid, strerror(-err));
    else
        go_on_ending(xend, r);
}

/* ---- stopped ---- */

static enum domain_action on(struct xend *xend, unsigned int domid, const char *event)
{
    enum domain_action action = ACTION_DESTROY;
    char *text = read_record(xend, domid, event);

    if (text && action_parse(text, &action))
        action = ACTION_DESTROY;
    free(text);
    return action;
}

static enum domain_action decide(struct xend *xend, const struct record *r, unsigned int reason)
{
    enum domain_action action;

    switch (reason) {
    case SHUTDOWN_poweroff:
        return on(xend, r->domid, "on_poweroff");
    case SHUTDOWN_reboot:
        return on(xend, r->domid, "on_reboot");
    case SHUTDOWN_watchdog:
        return on(xend, r->domid, "on_watchdog");
    default:
        action = on(xend, r->domid, "on_crash");
    }
    if (!is_younger(xend, r->domid, TOO_SOON_SECONDS))
        return action;
    if (action == ACTION_RESTART || action == ACTION_COREDUMP_RESTART ||
        action == ACTION_RENAME_RESTART) {
        note("domain %u (%s) crashed within %d seconds of its start: not started again", r->domid,
             r->name, TOO_SOON_SECONDS);
        action = action == ACTION_COREDUMP_RESTART ? ACTION_COREDUMP_DESTROY : ACTION_DESTROY;
    }
    return action;
}

struct dump {
    unsigned int domid;
};

static void dump_done(struct xend *xend, int status, void *arg)
{
    struct dump *dump = arg;
    struct record r = { .domid = dump->domid, .action = read_record(xend, dump->domid, "action") };

    if (status)
        note("domain %u: its memory was not dumped", dump->domid);
    for (unsigned int i = 0; i < dumping_count; i++)
        if (dumping[i] == dump->domid)
            dumping[i] = dumping[--dumping_count];
    free(dump);
    if (r.action)
        set_action(xend, &r, action_is(&r, ACTION_COREDUMP_RESTART) ? ACTION_RESTART
                                                                    : ACTION_DESTROY);
    free(r.action);
    lifecycle_scan(xend);
}

static void start_dump(struct xend *xend, const struct record *r)
{
    struct dump *dump;
    char domid[16], when[32], *file;
    time_t now = time(NULL);
    struct tm local;

    for (unsigned int i = 0; i < dumping_count; i++)
        if (dumping[i] == r->domid)
            return;
    if (dumping_count == sizeof(dumping) / sizeof(dumping[0]))
        return;                 /* its turn comes when another dump is done */
    mkdir(DUMP_DIR, 0700);
    strftime(when, sizeof(when), "%Y-%m%d-%H%M.%S", localtime_r(&now, &local));
    file = xasprintf(DUMP_DIR "/%s-%s.%u.core", when, r->name, r->domid);
    snprintf(domid, sizeof(domid), "%u", r->domid);
    dump = xcalloc(1, sizeof(*dump));
    dump->domid = r->domid;
    note("domain %u: dumping its memory to %s", r->domid, file);
    dumping[dumping_count++] = r->domid;
    if (child_start_xm((const char *const[]){ "dump-core", domid, file, NULL }, dump_done, dump))
        dump_done(xend, -1, dump);
    free(file);
}

/*
 * Keep the old one under another name and UUID, without devices. Its name is written last, so that
 * it tells whether this is done.
 */
static void rename_old(struct xend *xend, struct record *r, const char *name)
{
    char vm[64], uuid[37], *now = NULL;
    struct domain_config fresh = { 0 };
    bool done = !xs_readf(xend->xs, XS_NO_TX, &now, "/local/domain/%u/name", r->domid) &&
                !strcmp(now, name);

    free(now);
    if (done)
        return;
    domain_config_complete(&fresh);
    uuid_format(fresh.uuid, uuid);
    snprintf(vm, sizeof(vm), "/vm/%s", uuid);
    xen_domain_set_handle(xend->xen, (domid_t)r->domid, fresh.uuid);
    xs_writef(xend->xs, XS_NO_TX, name, "%s/name", vm);
    xs_writef(xend->xs, XS_NO_TX, uuid, "%s/uuid", vm);
    xs_writef(xend->xs, XS_NO_TX, vm, "/local/domain/%u/vm", r->domid);
    xs_writef(xend->xs, XS_NO_TX, uuid, RECORDS "/%u/uuid", r->domid);
    xs_writef(xend->xs, XS_NO_TX, name, "/local/domain/%u/name", r->domid);
    note("domain %u is kept as %s", r->domid, name);
}

static void rename_and_restart(struct xend *xend, struct record *r)
{
    char *name;

    if (r->config && is_too_early(xend, r->domid))
        return;
    name = kept_name(r->name, r->domid);
    rename_old(xend, r, name);
    if (r->config)
        start_again(xend, r, r->name, true);
    else
        record_kept(xend, r->domid, r->name);
    free(name);
}

static void close_one(struct xs *xs, unsigned int domid, const char *kind, const char *devid,
                      void *arg)
{
    (void)arg;
    device_close(xs, domid, kind, devid);
}

static void stopped(struct xend *xend, struct record *r, unsigned int reason)
{
    static const char *const names[] = { "powered off", "rebooted", "suspended", "crashed",
                                         "was stopped by its watchdog", "asked for a soft reset" };
    enum domain_action action;

    if (reason == SHUTDOWN_suspend)
        return;                 /* whoever asked for it goes on with it */
    if (!r->action) {
        action = decide(xend, r, reason);
        if (set_action(xend, r, action))
            return;             /* the store is away: what it told us need not be so */
        note("domain %u (%s) %s: %s", r->domid, r->name,
             reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "stopped",
             action_name(action));
    }
    if (action_is(r, ACTION_PRESERVE))
        return;
    if (action_is(r, ACTION_COREDUMP_DESTROY) || action_is(r, ACTION_COREDUMP_RESTART)) {
        start_dump(xend, r);
    } else if (action_is(r, ACTION_RENAME_RESTART)) {
        device_each(xend->xs, r->domid, close_one, NULL);
        if (hotplug_finish(xend, r->domid, false))
            xend->at_work++;
        else
            rename_and_restart(xend, r);
    } else {
        end_domain(xend, r);
    }
}

/* ---- all of them ---- */

/* Of a domain that runs nothing need be known; that it does, the hypervisor says. */
static void look(struct xend *xend, unsigned int domid)
{
    struct record r = { .domid = domid };
    struct xen_domctl_getdomaininfo info;
    int err = xen_domain_info(xend->xen, (domid_t)domid, &info);

    if (is_restarting(domid))
        return;
    if (err && err != -ESRCH)
        note("domain %u cannot be looked at: %s", domid, strerror(-err));
    else if (err || info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown)) {
        r.name = read_record(xend, domid, "name");
        r.config = read_record(xend, domid, "config");
        r.action = read_record(xend, domid, "action");
        if (err || info.flags & XEN_DOMINF_dying)
            go_on_ending(xend, &r);
        else
            stopped(xend, &r, xen_shutdown_reason(&info));
        free(r.name);
        free(r.config);
        free(r.action);
    }
}

void lifecycle_scan(struct xend *xend)
{
    unsigned int count;
    char **domains;

    xend->at_work = 0;
    device_errors_sweep(xend->xs);
    if (xs_directory(xend->xs, XS_NO_TX, RECORDS, &domains, &count))
        return;
    for (unsigned int i = 0; i < count; i++)
        look(xend, (unsigned int)atoi(domains[i]));
    free(domains);
}

void lifecycle_sweep(struct xend *xend)
{
    DIR *dir = opendir(SAVED_CONFIG_DIR);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        char path[320];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), SAVED_CONFIG_DIR "/%s", entry->d_name);
        drop_settings(xend, path);
    }
    if (dir)
        closedir(dir);
}
