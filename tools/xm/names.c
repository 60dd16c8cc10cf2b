/* SPDX-License-Identifier: MIT */
/* xm domid, domname, rename, uptime: names and ages. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/domain_config.h"
#include "config/xalloc.h"
#include "domain/lookup.h"
#include "domain/nodes.h"
#include "xm/xm.h"

int cmd_domid(struct xm *xm, int argc, char **argv)
{
    domid_t domid;
    int status;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 1, 1);
    if (!status)
        status = xm_need_both(xm);
    if (status)
        return status;
    if (domain_by_name(xm->xen, xm->xs, argv[optind], &domid)) {
        fprintf(stderr, "Can't get domid of domain name '%s', maybe this domain does not exist.\n",
                argv[optind]);
        return XM_FAILED;
    }
    printf("%u\n", domid);
    return XM_OK;
}

int cmd_domname(struct xm *xm, int argc, char **argv)
{
    struct xen_domctl_getdomaininfo info;
    long domid;
    char *name;
    int status;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 1, 1);
    if (!status)
        status = xm_number(xm, argv[optind], 0, XEN_FIRST_RESERVED_DOMID - 1, "domain id", &domid);
    if (!status)
        status = xm_need_both(xm);
    if (status)
        return status;
    if (xen_domain_info(xm->xen, (domid_t)domid, &info) ||
        domain_name(xm->xs, (unsigned int)domid, &name)) {
        fprintf(stderr,
                "Can't get domain name of domain id '%s', maybe this domain does not exist.\n",
                argv[optind]);
        return XM_FAILED;
    }
    puts(name);
    free(name);
    return XM_OK;
}

/* ---- rename ---- */

struct renaming {
    unsigned int domid;
    const char *name;
};

/* Every node that has the name; the record only where there is one. */
static int write_name(struct xs *xs, xs_tx tx, void *arg)
{
    const struct renaming *renaming = arg;
    char *vm, *old;
    int err = xs_readf(xs, tx, &vm, "/local/domain/%u/vm", renaming->domid);

    if (!err) {
        err = xs_writef(xs, tx, renaming->name, "%s/name", vm);
        free(vm);
    } else if (err == -ENOENT) {
        err = 0;
    }
    if (!err)
        err = xs_writef(xs, tx, renaming->name, "/local/domain/%u/name", renaming->domid);
    if (!err && !xs_readf(xs, tx, &old, RECORDS "/%u/name", renaming->domid)) {
        free(old);
        err = xs_writef(xs, tx, renaming->name, RECORDS "/%u/name", renaming->domid);
    }
    return err;
}

int cmd_rename(struct xm *xm, int argc, char **argv)
{
    struct renaming renaming;
    domid_t domid, other;
    int status, err;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 2, 2);
    if (!status)
        status = xm_domain(xm, argv[optind], &domid);
    if (status)
        return status;
    renaming = (struct renaming){ domid, argv[optind + 1] };
    if (!*renaming.name || strchr(renaming.name, '/') ||
        strlen(renaming.name) > DOMAIN_NAME_MAX)
        return xm_error(xm, "1 to 64 characters without '/'", "\"%s\" cannot be a domain's name",
                        renaming.name);
    if (!domain_by_name(xm->xen, xm->xs, renaming.name, &other) && other != domid)
        return xm_error(xm, "choose another", "a domain named \"%s\" runs already, with id %u",
                        renaming.name, other);
    err = xs_transaction(xm->xs, write_name, &renaming);
    return err ? xm_error(xm, NULL, "the name cannot be written: %s", strerror(-err)) : XM_OK;
}

/* ---- uptime ---- */

/* When the domain was started, in seconds since the epoch; 0: nobody knows. */
static time_t start_time(struct xm *xm, const struct xen_domctl_getdomaininfo *info)
{
    char uuid[37], *text;
    double seconds = 0, up = 0;
    FILE *from;

    if (!info->domain) {
        from = fopen("/proc/uptime", "re");
        if (from && fscanf(from, "%lf", &up) != 1)
            up = 0;
        if (from)
            fclose(from);
        return time(NULL) - (time_t)up;
    }
    uuid_format(info->handle, uuid);
    if (!xs_readf(xm->xs, XS_NO_TX, &text, "/vm/%s/start_time", uuid)) {
        seconds = strtod(text, NULL);
        free(text);
    }
    return (time_t)seconds;
}

/* "98 days,  2:27:44"; the short form leaves out the seconds. */
static void format_uptime(time_t up, bool brief, char *text, size_t size)
{
    unsigned int days = (unsigned int)(up / 86400), hours = up / 3600 % 24, minutes = up / 60 % 60,
                 seconds = up % 60;
    char day_text[32] = "";

    if (days)
        snprintf(day_text, sizeof(day_text), "%u day%s, ", days, days > 1 ? "s" : "");
    if (brief)
        snprintf(text, size, "%s%2u:%02u", day_text, hours, minutes);
    else
        snprintf(text, size, "%s%2u:%02u:%02u", day_text, hours, minutes, seconds);
}

static void print_uptime(struct xm *xm, const struct xen_domctl_getdomaininfo *info, bool brief)
{
    char *name = xm_name_of(xm, info->domain), text[64], clock[16];
    time_t started = start_time(xm, info), now = time(NULL);
    struct tm local;

    format_uptime(started && started <= now ? now - started : 0, brief, text, sizeof(text));
    if (brief) {
        strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &local));
        printf(" %s up %s, %s (%u)\n", clock, text, name, info->domain);
    } else {
        printf("%-33s %4d %s\n", name, info->domain, text);
    }
    free(name);
}

int cmd_uptime(struct xm *xm, int argc, char **argv)
{
    struct xen_domctl_getdomaininfo *infos, one;
    bool brief = false;
    int opt, status = xm_need_both(xm), count;

    while ((opt = getopt(argc, argv, "s")) >= 0) {
        if (opt != 's')
            return xm_bad_option(xm);
        brief = true;
    }
    if (status)
        return status;
    if (!brief)
        printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
    if (optind == argc) {
        count = xm_domains(xm, &infos);
        if (count < 0)
            return XM_FAILED;
        for (int i = 0; i < count; i++)
            print_uptime(xm, &infos[i], brief);
        free(infos);
        return XM_OK;
    }
    for (int i = optind; i < argc; i++) {
        status = xm_domain_info(xm, argv[i], &one);
        if (status)
            return status;
        print_uptime(xm, &one, brief);
    }
    return XM_OK;
}
