/* SPDX-License-Identifier: MIT */
/* xm vcpu-list, vcpu-pin, vcpu-set: virtual processors. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "config/cpu_list.h"
#include "xm/list.h"

/* ---- vcpu-list ---- */

static void format_affinity(struct xm *xm, domid_t domid, unsigned int vcpu, unsigned int cpus,
                            char hard[256], char soft[256])
{
    struct xen_cpumap hard_map, soft_map;

    strcpy(hard, "?");
    strcpy(soft, "?");
    if (xen_vcpu_get_affinity(xm->xen, domid, vcpu, &hard_map, &soft_map))
        return;
    cpu_list_format(&hard_map, cpus, hard, 256);
    cpu_list_format(&soft_map, cpus, soft, 256);
}

static void print_vcpu(struct xm *xm, const char *name, domid_t domid, unsigned int vcpu,
                       unsigned int cpus, json_t *json)
{
    struct xen_domctl_getvcpuinfo info;
    char hard[256], soft[256], state[4] = "---";
    double seconds;

    if (xen_vcpu_info(xm->xen, domid, vcpu, &info))
        return;
    format_affinity(xm, domid, vcpu, cpus, hard, soft);
    if (!info.online)
        strcpy(state, "--p");
    else if (info.running)
        state[0] = 'r';
    else if (info.blocked)
        state[1] = 'b';
    seconds = (double)info.cpu_time / 1e9;
    if (json) {
        json_array_append_new(json,
            json_pack("{s:s, s:i, s:i, s:b, s:i, s:s, s:f, s:s, s:s}", "name", name, "domid",
                      (int)domid, "vcpu", (int)vcpu, "online", info.online != 0, "cpu",
                      (int)info.cpu, "state", state, "cpu_seconds", seconds, "hard", hard, "soft",
                      soft));
        return;
    }
    printf("%-32s %5d %5d", name, domid, vcpu);
    if (info.online)
        printf(" %4u   %s", info.cpu, state);
    else
        printf(" %4s   %s", "-", state);
    printf("  %8.1f  %s / %s\n", seconds, hard, soft);
}

static void print_vcpus(struct xm *xm, const struct xen_domctl_getdomaininfo *info,
                        unsigned int cpus, json_t *json)
{
    char *name = xm_name_of(xm, info->domain);

    for (unsigned int v = 0; v <= info->max_vcpu_id; v++)
        print_vcpu(xm, name, info->domain, v, cpus, json);
    free(name);
}

static int list_all(struct xm *xm, unsigned int cpus, json_t *json)
{
    struct xen_domctl_getdomaininfo *infos;
    int count = xm_domains(xm, &infos);

    if (count < 0)
        return XM_FAILED;
    for (int i = 0; i < count; i++)
        print_vcpus(xm, &infos[i], cpus, json);
    free(infos);
    return XM_OK;
}

static int number_of_cpus(struct xm *xm, unsigned int *cpus)
{
    struct xen_sysctl_physinfo host;
    int status = xm_need_both(xm);

    if (!status)
        status = xm_machine(xm, &host);
    *cpus = status ? 0 : host.nr_cpus;
    return status;
}

int cmd_vcpu_list(struct xm *xm, int argc, char **argv)
{
    static const struct option long_options[] = { { "json", no_argument, NULL, 'j' }, { 0 } };
    struct xen_domctl_getdomaininfo info;
    unsigned int cpus;
    json_t *json = NULL;
    int opt, status;

    while ((opt = getopt_long(argc, argv, "j", long_options, NULL)) >= 0) {
        if (opt == '?')
            return xm_bad_option(xm);
        json = json_array();
    }
    status = number_of_cpus(xm, &cpus);
    if (status)
        return status;
    if (!json)
        printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU", "State", "Time(s)",
               "Affinity (Hard / Soft)");
    if (optind == argc)
        status = list_all(xm, cpus, json);
    for (int i = optind; !status && i < argc; i++) {
        status = xm_domain_info(xm, argv[i], &info);
        if (!status)
            print_vcpus(xm, &info, cpus, json);
    }
    return json ? json_finish(xm, json) : status;
}

/* ---- vcpu-pin ---- */

/* "-" leaves it as it is: *given false. */
static int read_map(struct xm *xm, const char *text, unsigned int cpus, struct xen_cpumap *map,
                    bool *given)
{
    *given = strcmp(text, "-");
    if (!*given || !cpu_list_parse(text, cpus, NULL, map))
        return XM_OK;
    return xm_error(xm, "for example \"0-3,^1\", all, or - for no change",
                    "\"%s\" names no CPU of this machine's %u", text, cpus);
}

int cmd_vcpu_pin(struct xm *xm, int argc, char **argv)
{
    struct xen_domctl_getdomaininfo info;
    struct xen_cpumap hard, soft;
    bool has_hard = false, has_soft = false;
    unsigned int cpus, last;
    long vcpu = 0;
    int opt, status;

    while ((opt = getopt(argc, argv, "f")) >= 0)
        if (opt == '?')
            return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 3, 4);
    if (!status)
        status = number_of_cpus(xm, &cpus);
    if (!status)
        status = xm_domain_info(xm, argv[optind], &info);
    if (!status && strcmp(argv[optind + 1], "all"))
        status = xm_number(xm, argv[optind + 1], 0, info.max_vcpu_id, "vCPU", &vcpu);
    if (!status)
        status = read_map(xm, argv[optind + 2], cpus, &hard, &has_hard);
    if (!status && argc - optind == 4)
        status = read_map(xm, argv[optind + 3], cpus, &soft, &has_soft);
    if (status)
        return status;
    last = strcmp(argv[optind + 1], "all") ? (unsigned int)vcpu : info.max_vcpu_id;
    for (unsigned int v = (unsigned int)vcpu; v <= last; v++) {
        int err = xen_vcpu_set_affinity(xm->xen, info.domain, v, has_hard ? &hard : NULL,
                                        has_soft ? &soft : NULL);

        if (err)
            return xm_error(xm, NULL, "vCPU %u cannot be pinned: %s", v, strerror(-err));
    }
    return XM_OK;
}

/* ---- vcpu-set ---- */

int cmd_vcpu_set(struct xm *xm, int argc, char **argv)
{
    struct xen_domctl_getdomaininfo info;
    long count;
    int opt, status;

    while ((opt = getopt(argc, argv, "i")) >= 0)
        if (opt == '?')
            return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 2, 2);
    if (!status)
        status = xm_domain_info(xm, argv[optind], &info);
    if (!status)
        status = xm_number(xm, argv[optind + 1], 1, info.max_vcpu_id + 1, "number of vCPUs",
                           &count);
    for (unsigned int v = 0; !status && v <= info.max_vcpu_id; v++) {
        int err = xs_writef(xm->xs, XS_NO_TX, v < count ? "online" : "offline",
                            "/local/domain/%u/cpu/%u/availability", info.domain, v);

        if (err)
            status = xm_error(xm, NULL, "the guest cannot be told: %s", strerror(-err));
    }
    return status;
}
