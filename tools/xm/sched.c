/* SPDX-License-Identifier: MIT */
/* xm sched-credit, sched-credit2, sched-bvt: shares of processor time. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "xm/list.h"

struct sched_options {
    const char *domain;
    long weight, cap;           /* -1: not given */
    long tslice, ratelimit;     /* ditto */
    bool parameters;            /* -s: those of the scheduler, not of a domain */
};

static int read_options(struct xm *xm, int argc, char **argv, struct sched_options *options)
{
    static const struct option long_options[] = {
        { "domain", required_argument, NULL, 'd' },     { "weight", required_argument, NULL, 'w' },
        { "cap", required_argument, NULL, 'c' },        { "schedparam", no_argument, NULL, 's' },
        { "tslice_ms", required_argument, NULL, 't' },  { "ratelimit_us", required_argument, NULL,
                                                          'r' },
        { "cpupool", required_argument, NULL, 'p' },    { "migration_delay_us", required_argument,
                                                          NULL, 'm' },
        { 0 },
    };
    int opt, status = XM_OK;

    *options = (struct sched_options){ .weight = -1, .cap = -1, .tslice = -1, .ratelimit = -1 };
    while (!status && (opt = getopt_long(argc, argv, "d:w:c:st:r:p:m:", long_options, NULL)) >= 0)
        switch (opt) {
        case 'd':
            options->domain = optarg;
            break;
        case 'w':
            status = xm_number(xm, optarg, 1, 65535, "weight", &options->weight);
            break;
        case 'c':
            status = xm_number(xm, optarg, 0, 65535, "cap", &options->cap);
            break;
        case 't':
            status = xm_number(xm, optarg, 1, 1000, "time slice", &options->tslice);
            break;
        case 'r':
            status = xm_number(xm, optarg, 0, 500000, "rate limit", &options->ratelimit);
            break;
        case 's':
            options->parameters = true;
            break;
        case 'p': case 'm':
            break;              /* there is one pool, and vCPUs move at once */
        default:
            return xm_bad_option(xm);
        }
    if (!status && optind < argc && !options->domain)
        options->domain = argv[optind++];       /* xm's way */
    if (!status)
        status = xm_expect_args(xm, argc, 0, 0);
    if (!status && !options->domain && (options->weight >= 0 || options->cap >= 0))
        status = xm_usage(xm, "weight and cap are a domain's: -d");
    if (!status && !options->parameters && (options->tslice >= 0 || options->ratelimit >= 0))
        status = xm_error(xm, NULL, "these are the scheduler's own parameters: -s to set them");
    if (!status && options->parameters && options->domain)
        status = xm_error(xm, NULL, "-s is about the scheduler, -d about a domain: one of them");
    return status;
}

/* ---- the scheduler's own parameters ---- */

static int scheduler_parameters(struct xm *xm, uint32_t sched, const struct sched_options *options)
{
    uint32_t tslice = 0, ratelimit = 0;
    int err = xen_host_sched_params(xm->xen, &tslice, &ratelimit);

    if (!err && (options->tslice >= 0 || options->ratelimit >= 0)) {
        if (options->tslice >= 0)
            tslice = (uint32_t)options->tslice;
        if (options->ratelimit >= 0)
            ratelimit = (uint32_t)options->ratelimit;
        err = xen_host_set_sched_params(xm->xen, tslice, ratelimit);
        return err ? xm_error(xm, NULL, "the parameters are refused: %s", strerror(-err)) : XM_OK;
    }
    if (err)
        return XM_OK;           /* a scheduler without such parameters */
    if (sched == XEN_SCHEDULER_CREDIT)
        printf("Cpupool Pool-0: tslice=%ums ratelimit=%uus migration-delay=0us\n", tslice,
               ratelimit);
    else
        printf("Cpupool Pool-0: ratelimit=%uus\n", ratelimit);
    return XM_OK;
}

/* ---- domains ---- */

static void print_share(struct xm *xm, domid_t domid)
{
    struct xen_sched_share share;
    char *name;

    if (xen_sched_get_share(xm->xen, domid, &share))
        return;
    name = xm_name_of(xm, domid);
    printf("%-33s %4u %6u %4u\n", name, domid, share.weight, share.cap);
    free(name);
}

static void print_share_header(void)
{
    printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
}

static int print_all(struct xm *xm, uint32_t sched, const struct sched_options *options)
{
    struct xen_domctl_getdomaininfo *infos;
    int count = xm_domains(xm, &infos);

    if (count < 0)
        return XM_FAILED;
    scheduler_parameters(xm, sched, options);
    print_share_header();
    for (int i = 0; i < count; i++)
        print_share(xm, infos[i].domain);
    free(infos);
    return XM_OK;
}

static int one_domain(struct xm *xm, const struct sched_options *options)
{
    struct xen_sched_share share;
    domid_t domid;
    int status = xm_domain(xm, options->domain, &domid), err;

    if (status)
        return status;
    err = xen_sched_get_share(xm->xen, domid, &share);
    if (!err && options->weight < 0 && options->cap < 0) {
        print_share_header();
        print_share(xm, domid);
        return XM_OK;
    }
    if (options->weight >= 0)
        share.weight = (uint16_t)options->weight;
    if (options->cap >= 0)
        share.cap = (uint16_t)options->cap;
    if (!err)
        err = xen_sched_set_share(xm->xen, domid, &share);
    return err ? xm_error(xm, NULL, "the share of domain %u is refused: %s", domid, strerror(-err))
               : XM_OK;
}

/* As xl, a scheduler that is not the active one has nothing to show. */
static int sched_credit(struct xm *xm, int argc, char **argv, uint32_t face)
{
    struct sched_options options;
    uint32_t sched = 0;
    int status = read_options(xm, argc, argv, &options);

    if (!status)
        status = xm_need_both(xm);
    if (status)
        return status;
    xen_host_sched_id(xm->xen, &sched);
    if (options.parameters)
        return scheduler_parameters(xm, sched, &options);
    if (options.domain)
        return one_domain(xm, &options);
    return xm->face == FACE_XL && sched != face ? XM_OK : print_all(xm, sched, &options);
}

int cmd_sched_credit(struct xm *xm, int argc, char **argv)
{
    return sched_credit(xm, argc, argv, XEN_SCHEDULER_CREDIT);
}

int cmd_sched_credit2(struct xm *xm, int argc, char **argv)
{
    return sched_credit(xm, argc, argv, XEN_SCHEDULER_CREDIT2);
}

/* ---- borrowed virtual time ---- */

static int no_bvt(const struct xm *xm, int err)
{
    if (err == -EOPNOTSUPP || err == -EINVAL || err == -ENOSYS)
        return xm_error(xm, "use sched-credit or sched-credit2",
                        "this hypervisor does not schedule by borrowed virtual time");
    return xm_error(xm, NULL, "the scheduler refuses: %s", strerror(-err));
}

static int print_bvt(struct xm *xm, domid_t domid)
{
    struct xen_sched_bvt bvt;
    int err = xen_sched_get_bvt(xm->xen, domid, &bvt);
    char *name;

    if (err)
        return no_bvt(xm, err);
    name = xm_name_of(xm, domid);
    printf("%-33s %4u %8u %8u %12" PRId64 " %12" PRId64 " %12" PRId64 "\n", name, domid, bvt.mcuadv,
           bvt.warpback, bvt.warpvalue, bvt.warpl, bvt.warpu);
    free(name);
    return XM_OK;
}

static int print_all_bvt(struct xm *xm)
{
    struct xen_domctl_getdomaininfo *infos;
    int count = xm_domains(xm, &infos), status = XM_OK;

    if (count < 0)
        return XM_FAILED;
    for (int i = 0; !status && i < count; i++)
        status = print_bvt(xm, infos[i].domain);
    free(infos);
    return status;
}

/* DOM MCUADV WARPBACK WARPVALUE WARPL WARPU, as in Xen 3.0. */
static int set_bvt(struct xm *xm, char **args)
{
    static const char *const names[] = { "mcuadv", "warpback", "warpvalue", "warpl", "warpu" };
    static const long most[] = { INT32_MAX, 1, INT64_MAX, INT64_MAX, INT64_MAX };
    long values[5];
    struct xen_sched_bvt bvt;
    domid_t domid;
    int status = XM_OK, err;

    for (int i = 0; !status && i < 5; i++)
        status = xm_number(xm, args[i + 1], i == 0, most[i], names[i], &values[i]);
    if (!status)
        status = xm_domain(xm, args[0], &domid);
    if (status)
        return status;
    bvt = (struct xen_sched_bvt){ (uint32_t)values[0], (uint32_t)values[1], values[2], values[3],
                                  values[4] };
    err = xen_sched_set_bvt(xm->xen, domid, &bvt);
    return err ? no_bvt(xm, err) : XM_OK;
}

int cmd_sched_bvt(struct xm *xm, int argc, char **argv)
{
    domid_t domid;
    int args, status;

    if (getopt(argc, argv, "+") >= 0)
        return xm_bad_option(xm);
    args = argc - optind;
    if (args == 6)
        return set_bvt(xm, argv + optind);
    if (args > 1)
        return xm_usage(xm, "a domain and all five parameters, or a domain alone");
    status = args ? xm_domain(xm, argv[optind], &domid) : xm_need_both(xm);
    if (status)
        return status;
    printf("%-33s %4s %8s %8s %12s %12s %12s\n", "Name", "ID", "McuAdv", "WarpBack", "WarpValue",
           "WarpL", "WarpU");
    return args ? print_bvt(xm, domid) : print_all_bvt(xm);
}

int cmd_sched_bvt_ctxallow(struct xm *xm, int argc, char **argv)
{
    uint32_t us;
    long wanted;
    int status, err;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 0, 1);
    if (!status && optind < argc)
        status = xm_number(xm, argv[optind], 1, 1000000, "allowance", &wanted);
    if (!status)
        status = xm_need_xen(xm);
    if (status)
        return status;
    err = optind < argc ? xen_sched_set_allowance(xm->xen, (uint32_t)wanted)
                        : xen_sched_get_allowance(xm->xen, &us);
    if (err)
        return no_bvt(xm, err);
    if (optind == argc)
        printf("%u\n", us);
    return XM_OK;
}
