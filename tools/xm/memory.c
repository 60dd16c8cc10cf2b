/* SPDX-License-Identifier: MIT */
/* xm mem-set, mem-max: how much memory a domain has, and may have. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "xm/xm.h"

/*
 * A guest may own this much more than its target: what the toolstack and drivers add. As xl has it.
 */
#define SLACK_KIB 1024u

/* As libxl: with less, Linux ends its own processes. */
#define DOMAIN0_MIN_KIB (128u * 1024)

/* "512" is MiB; b, k, m, g, t (and "MB") say otherwise. 0 or -EINVAL. */
int memory_parse(const char *text, uint64_t *kib)
{
    static const struct { char unit; unsigned int shift; } units[] = {
        { 'b', 0 }, { 'k', 10 }, { 'm', 20 }, { 'g', 30 }, { 't', 40 },
    };
    unsigned int shift = 20;
    uint64_t number;
    char *end;

    if (!isdigit((unsigned char)*text))
        return -EINVAL;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno)
        return -EINVAL;
    if (*end) {
        size_t i;

        for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
            if (tolower((unsigned char)*end) == units[i].unit)
                break;
        if (i == sizeof(units) / sizeof(units[0]))
            return -EINVAL;
        shift = units[i].shift;
        end++;
        if (shift && tolower((unsigned char)*end) == 'b')
            end++;
        if (*end)
            return -EINVAL;
    }
    if (number > UINT64_MAX >> shift)
        return -EINVAL;
    *kib = (number << shift) >> 10;
    return *kib ? 0 : -EINVAL;
}

static int read_arguments(struct xm *xm, int argc, char **argv,
                          struct xen_domctl_getdomaininfo *info, uint64_t *kib)
{
    int status;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 2, 2);
    if (!status && memory_parse(argv[optind + 1], kib))
        status = xm_usage(xm, "\"%s\" is not an amount of memory: 512, 512m, 1g", argv[optind + 1]);
    return status ? status : xm_domain_info(xm, argv[optind], info);
}

/* An increase must be there to be had. 0 or an exit status. */
static int check_free(struct xm *xm, const struct xen_domctl_getdomaininfo *info, uint64_t kib)
{
    uint64_t has = info->tot_pages * (XEN_PAGE_SIZE / 1024), free_kib;
    struct xen_sysctl_physinfo host;

    if (kib <= has || xen_host_physinfo(xm->xen, &host))
        return XM_OK;
    free_kib = (host.free_pages - host.outstanding_pages) * (XEN_PAGE_SIZE / 1024);
    if (kib - has <= free_kib)
        return XM_OK;
    return xm_error(xm, "xm mem-set another domain to less first",
                    "%llu MiB more are asked for, but only %llu are free",
                    (unsigned long long)(kib - has) / 1024, (unsigned long long)free_kib / 1024);
}

int cmd_mem_set(struct xm *xm, int argc, char **argv)
{
    struct xen_domctl_getdomaininfo info;
    uint64_t kib, most;
    char text[24], *vm;
    int status = read_arguments(xm, argc, argv, &info, &kib), err;

    if (status)
        return status;
    if (!info.domain && kib < DOMAIN0_MIN_KIB)
        return xm_error(xm, "a number alone is MiB: xm mem-set 0 512",
                        "Domain0 cannot work with %llu MiB, it needs %u",
                        (unsigned long long)kib / 1024, DOMAIN0_MIN_KIB / 1024);
    if (!xs_readf_u64(xm->xs, XS_NO_TX, &most, "/local/domain/%u/memory/static-max", info.domain) &&
        kib > most)
        return xm_error(xm, "the guest was started with that maximum: maxmem= of its configuration",
                        "%llu MiB are more than the domain's maximum of %llu",
                        (unsigned long long)kib / 1024, (unsigned long long)most / 1024);
    status = check_free(xm, &info, kib);
    if (status)
        return status;
    err = xen_domain_set_max_mem(xm->xen, info.domain, kib + SLACK_KIB);
    if (err)
        return xm_error(xm, NULL, "the limit of domain %u cannot be set: %s", info.domain,
                        strerror(-err));
    snprintf(text, sizeof(text), "%llu", (unsigned long long)kib);
    err = xs_writef(xm->xs, XS_NO_TX, text, "/local/domain/%u/memory/target", info.domain);
    if (err)
        return xm_error(xm, NULL, "the guest cannot be told: %s", strerror(-err));
    if (!xs_readf(xm->xs, XS_NO_TX, &vm, "/local/domain/%u/vm", info.domain)) {
        snprintf(text, sizeof(text), "%llu", (unsigned long long)kib / 1024);
        xs_writef(xm->xs, XS_NO_TX, text, "%s/memory", vm);
        free(vm);
    }
    return XM_OK;
}

int cmd_mem_max(struct xm *xm, int argc, char **argv)
{
    struct xen_domctl_getdomaininfo info;
    uint64_t kib, target;
    char text[24];
    int status = read_arguments(xm, argc, argv, &info, &kib), err;

    if (status)
        return status;
    if (!xs_readf_u64(xm->xs, XS_NO_TX, &target, "/local/domain/%u/memory/target", info.domain) &&
        kib < target)
        return xm_error(xm, "xm mem-set it to less first",
                        "%llu MiB are less than the domain's target of %llu",
                        (unsigned long long)kib / 1024, (unsigned long long)target / 1024);
    err = xen_domain_set_max_mem(xm->xen, info.domain, kib + SLACK_KIB);
    if (!err) {
        snprintf(text, sizeof(text), "%llu", (unsigned long long)kib);
        err = xs_writef(xm->xs, XS_NO_TX, text, "/local/domain/%u/memory/static-max", info.domain);
    }
    return err ? xm_error(xm, NULL, "the limit of domain %u cannot be set: %s", info.domain,
                          strerror(-err)) : XM_OK;
}
