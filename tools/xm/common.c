/* SPDX-License-Identifier: MIT */
/* Connections, arguments and error texts of all commands. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/xalloc.h"
#include "domain/lookup.h"
#include "xm/xm.h"

/* ---- connections ---- */

#define STORE_SECONDS 5

int xm_need_xen(struct xm *xm)
{
    int err = xm->xen ? 0 : xen_open(&xm->xen);

    if (!err)
        return XM_OK;
    if (err == -EACCES || err == -EPERM)
        return xm_error(xm, "run it as root", "not allowed to talk to the hypervisor");
    return xm_error(xm, "boot with the hypervisor, and modprobe xen-privcmd",
                    "no hypervisor here: %s", strerror(-err));
}

/* What xs_open() says when nobody listens. */
static bool no_store(int err)
{
    return err == -ENOENT || err == -ECONNREFUSED;
}

/* A xenstored that is just starting, perhaps once more, is waited for. */
int xm_need_store(struct xm *xm)
{
    int err = xm->xs ? 0 : xs_open(&xm->xs);

    for (int tries = 0; no_store(err) && tries < STORE_SECONDS * 10; tries++) {
        usleep(100000);
        err = xs_open(&xm->xs);
    }
    if (!err)
        return XM_OK;
    if (no_store(err))
        return xm_error(xm, "systemctl start xenstored", "xenstored does not run");
    return xm_error(xm, "run it as root", "the store cannot be reached: %s", strerror(-err));
}

int xm_store_again(struct xm *xm)
{
    struct xs *lost = xm->xs;
    int status;

    xm->xs = NULL;
    status = xm_need_store(xm);
    if (status)
        xm->xs = lost;
    else
        xs_close(lost);
    return status;
}

int xm_wait(struct xm *xm, const char *path, int ms)
{
    struct xs_event *event;
    int err = xs_wait_event(xm->xs, ms, &event);

    if (!err)
        free(event);
    /* More than once where the one that was killed still took the new connection. */
    while (err == -EPIPE && !xm_store_again(xm))
        err = xs_watch(xm->xs, path, "again");
    return err;
}

int xm_need_both(struct xm *xm)
{
    int status = xm_need_xen(xm);

    return status ? status : xm_need_store(xm);
}

/* ---- what the hypervisor says ---- */

int xm_domains(struct xm *xm, struct xen_domctl_getdomaininfo **infos)
{
    int count = xen_domain_list_all(xm->xen, infos);

    if (count >= 0)
        return count;
    xm_error(xm, NULL, "the domains cannot be listed: %s", strerror(-count));
    return -1;
}

int xm_machine(struct xm *xm, struct xen_sysctl_physinfo *host)
{
    int err = xen_host_physinfo(xm->xen, host);

    return err ? xm_error(xm, NULL, "the hypervisor does not describe the machine: %s",
                          strerror(-err)) : XM_OK;
}

/* ---- words ---- */

int xm_error(const struct xm *xm, const char *remedy, const char *format, ...)
{
    int saved = errno;
    va_list args;

    fflush(stdout);
    fprintf(stderr, "%s: ", xm->program);
    va_start(args, format);
    errno = saved;              /* for %m */
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    if (remedy)
        fprintf(stderr, "    %s\n", remedy);
    return XM_FAILED;
}

int xm_usage(const struct xm *xm, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s %s: ", xm->program, xm->command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n    usage: %s %s %s\n", xm->program, xm->command->name,
            xm->command->usage);
    return xm->face == FACE_XL ? XM_FAILED : XM_USAGE;
}

int xm_bad_option(const struct xm *xm)
{
    if (optopt && xm->face == FACE_XL) {
        fprintf(stderr, "option `%c' not supported.\n", optopt);
        return XM_USAGE;
    }
    if (optopt)
        xm_usage(xm, "option -%c is not known, or lacks its argument", optopt);
    else
        xm_usage(xm, "an option is not known, or lacks its argument");
    return XM_USAGE;
}

static int no_such_domain(const struct xm *xm, const char *text)
{
    if (xm->face == FACE_XL) {
        fprintf(stderr, "%s is an invalid domain identifier (rc=-6)\n", text);
        return XM_FAILED;
    }
    xm_error(xm, "xm list shows those that do", "domain \"%s\" does not exist", text);
    return 3;
}

/* ---- arguments ---- */

int xm_domain_info(struct xm *xm, const char *text, struct xen_domctl_getdomaininfo *info)
{
    domid_t domid;
    int status = xm_need_both(xm), err;

    if (status)
        return status;
    err = domain_by_text(xm->xen, xm->xs, text, &domid);
    if (!err)
        err = xen_domain_info(xm->xen, domid, info);
    if (err == -ESRCH)
        return no_such_domain(xm, text);
    if (err)
        return xm_error(xm, NULL, "domain \"%s\" cannot be looked up: %s", text, strerror(-err));
    return XM_OK;
}

int xm_domain(struct xm *xm, const char *text, domid_t *domid)
{
    struct xen_domctl_getdomaininfo info;
    int status = xm_domain_info(xm, text, &info);

    if (!status)
        *domid = info.domain;
    return status;
}

int xm_expect_args(const struct xm *xm, int argc, int least, int most)
{
    int given = argc - optind;

    if (given >= least && given <= most)
        return XM_OK;
    if (given > most)
        return xm_usage(xm, "too many arguments");
    if (xm->face == FACE_XM)
        return xm_usage(xm, least - given > 1 ? "arguments are missing" : "an argument is missing");
    fprintf(stderr, "'xl %s' requires at least %d argument%s.\n\n", xm->command->name, least,
            least > 1 ? "s" : "");
    command_help(xm, xm->command, stdout);
    return XM_USAGE;
}

int xm_number(const struct xm *xm, const char *text, long min, long max, const char *what,
              long *number)
{
    char *end;

    errno = 0;
    *number = strtol(text, &end, 10);
    if (*text && !*end && !errno && *number >= min && *number <= max)
        return XM_OK;
    return xm_usage(xm, "%s \"%s\" is not a number from %ld to %ld", what, text, min, max);
}

char *xm_name_of(struct xm *xm, unsigned int domid)
{
    char *name;

    return domain_name(xm->xs, domid, &name) ? xstrdup("(null)") : name;
}
