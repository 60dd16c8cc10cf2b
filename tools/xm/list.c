/* SPDX-License-Identifier: MIT */
/* xm list, vm-list: what runs. */
#include "xm/list.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <xen/sched.h>

#include "config/xalloc.h"

/* ---- one line ---- */

void state_letters(enum face face, const struct xen_domctl_getdomaininfo *info, char letters[7])
{
    static const char reasons[] = "-rscwS";
    unsigned int reason = xen_shutdown_reason(info);
    bool shut = info->flags & XEN_DOMINF_shutdown;

    letters[0] = info->flags & XEN_DOMINF_running ? 'r' : '-';
    letters[1] = info->flags & XEN_DOMINF_blocked ? 'b' : '-';
    letters[2] = info->flags & XEN_DOMINF_paused ? 'p' : '-';
    letters[3] = shut ? 's' : '-';
    letters[4] = '-';
    if (shut && face == FACE_XL)
        letters[4] = reason < sizeof(reasons) - 1 ? reasons[reason] : '?';
    else if (shut && reason == SHUTDOWN_crash)
        letters[4] = 'c';
    letters[5] = info->flags & XEN_DOMINF_dying ? 'd' : '-';
    letters[6] = '\0';
}

void list_header(enum face face, FILE *to)
{
    if (face == FACE_XL)
        fputs("Name                                        ID   Mem VCPUs\tState\tTime(s)", to);
    else
        fprintf(to, "%-40s %5s %5s %5s %10s %9s", "Name", "ID", "Mem", "VCPUs", "State", "Time(s)");
}

void list_line(enum face face, const struct xen_domctl_getdomaininfo *info, const char *name,
               FILE *to)
{
    unsigned long mib = (info->tot_pages + info->outstanding_pages) * (XEN_PAGE_SIZE / 1024) / 1024;
    double seconds = (double)info->cpu_time / 1e9;
    char letters[7];

    state_letters(face, info, letters);
    if (face == FACE_XL)
        fprintf(to, "%-40s %5u %5lu %5u     %s  %8.1f", name, info->domain, mib,
                info->nr_online_vcpus, letters, seconds);
    else
        fprintf(to, "%-40s %5u %5lu %5u %10s %9.1f", name, info->domain, mib,
                info->nr_online_vcpus, letters, seconds);
}

/* ---- the table ---- */

struct list_options {
    bool json, xml, longer, verbose, context, cpupool, numa;
    const char *state;          /* NULL: any */
};

static void print_extra(const struct list_options *options,
                        const struct xen_domctl_getdomaininfo *info)
{
    char uuid[37];

    if (options->verbose) {
        uuid_format(info->handle, uuid);
        printf(" %s", uuid);
        if (info->flags & XEN_DOMINF_shutdown)
            printf(" %8x", xen_shutdown_reason(info));
        else
            printf(" %8s", "-");
    }
    if (options->context || options->verbose)
        printf(" %16s", "-");
    if (options->cpupool)
        printf("%16s", "Pool-0");
    if (options->numa)
        printf(" all");
}

static void print_table(struct xm *xm, const struct list_options *options,
                        const struct xen_domctl_getdomaininfo *infos, unsigned int count)
{
    list_header(xm->face, stdout);
    if (options->verbose)
        printf("   UUID                            Reason-Code\tSecurity Label");
    if (options->context && !options->verbose)
        printf("   Security Label");
    if (options->cpupool)
        printf("         Cpupool");
    if (options->numa)
        printf(" NODE Affinity");
    putchar('\n');
    for (unsigned int i = 0; i < count; i++) {
        char *name = xm_name_of(xm, infos[i].domain);

        list_line(xm->face, &infos[i], name, stdout);
        print_extra(options, &infos[i]);
        putchar('\n');
        free(name);
    }
}

static int print_json(struct xm *xm, const struct xen_domctl_getdomaininfo *infos,
                      unsigned int count)
{
    json_t *all = json_array();

    for (unsigned int i = 0; i < count; i++) {
        const struct xen_domctl_getdomaininfo *info = &infos[i];
        char *name = xm_name_of(xm, info->domain), letters[7], uuid[37];
        json_t *one;

        state_letters(FACE_XL, info, letters);
        uuid_format(info->handle, uuid);
        one = json_pack("{s:s, s:i, s:s, s:I, s:I, s:i, s:s, s:f}", "name", name, "domid",
                        (int)info->domain, "uuid", uuid, "memory_kib",
                        (json_int_t)(info->tot_pages * (XEN_PAGE_SIZE / 1024)), "max_memory_kib",
                        (json_int_t)(info->max_pages * (XEN_PAGE_SIZE / 1024)), "vcpus",
                        (int)info->nr_online_vcpus, "state", letters, "cpu_seconds",
                        (double)info->cpu_time / 1e9);
        if (info->flags & XEN_DOMINF_shutdown)
            json_object_set_new(one, "shutdown_reason", json_integer(xen_shutdown_reason(info)));
        json_array_append_new(all, one);
        free(name);
    }
    return json_finish(xm, all);
}

/* ---- which domains ---- */

/* Whether a domain is in the state that `list --state=` names. */
static bool in_state(const struct xen_domctl_getdomaininfo *info, const char *state)
{
    bool shut = info->flags & XEN_DOMINF_shutdown;
    unsigned int reason = xen_shutdown_reason(info);

    if (!state || !strcmp(state, "all"))
        return true;
    if (!strcmp(state, "running"))
        return !shut && !(info->flags & XEN_DOMINF_paused);
    if (!strcmp(state, "paused"))
        return !shut && info->flags & XEN_DOMINF_paused;
    if (!strcmp(state, "crashed"))
        return shut && reason == SHUTDOWN_crash;
    if (!strcmp(state, "suspended"))
        return shut && reason == SHUTDOWN_suspend;
    return !strcmp(state, "shutdown") && shut;
}

/* The domains that were named, or all: *infos for free(). 0 or an exit status. */
static int select_domains(struct xm *xm, int argc, char **argv,
                          struct xen_domctl_getdomaininfo **infos, unsigned int *count)
{
    int n, status;

    *count = 0;
    if (argc == 0) {
        n = xm_domains(xm, infos);
        if (n < 0)
            return XM_FAILED;
        *count = (unsigned int)n;
        return XM_OK;
    }
    *infos = xcalloc((size_t)argc, sizeof(**infos));
    for (int i = 0; i < argc; i++) {
        status = xm_domain_info(xm, argv[i], &(*infos)[i]);
        if (status) {
            free(*infos);
            return status;
        }
        ++*count;
    }
    return XM_OK;
}

static int read_options(struct xm *xm, int argc, char **argv, struct list_options *options)
{
    static const struct option long_options[] = {
        { "long", no_argument, NULL, 'l' },    { "verbose", no_argument, NULL, 'v' },
        { "context", no_argument, NULL, 'Z' }, { "label", no_argument, NULL, 'Z' },
        { "cpupool", no_argument, NULL, 'c' }, { "numa", no_argument, NULL, 'n' },
        { "json", no_argument, NULL, 'j' },    { "xml", no_argument, NULL, 'x' },
        { "state", required_argument, NULL, 's' },
        { "pool", required_argument, NULL, 'p' }, { 0 },
    };
    int opt;

    while ((opt = getopt_long(argc, argv, "lvZcnj", long_options, NULL)) >= 0)
        switch (opt) {
        case 'l':
            options->longer = true;
            break;
        case 'v':
            options->verbose = true;
            break;
        case 'Z':
            options->context = true;
            break;
        case 'c':
            options->cpupool = true;
            break;
        case 'n':
            options->numa = true;
            break;
        case 'j':
            options->json = true;
            break;
        case 'x':
            options->xml = true;
            break;
        case 's':
            options->state = optarg;
            break;
        case 'p':
            break;              /* there is one pool */
        default:
            return xm_bad_option(xm);
        }
    if (xm->face == FACE_XL && argc - optind > 1)
        return xm_usage(xm, "one domain at most");
    return XM_OK;
}

int cmd_list(struct xm *xm, int argc, char **argv)
{
    struct xen_domctl_getdomaininfo *infos;
    struct list_options options = { 0 };
    unsigned int count, kept = 0;
    int status = read_options(xm, argc, argv, &options);

    if (!status)
        status = xm_need_both(xm);
    if (!status)
        status = select_domains(xm, argc - optind, argv + optind, &infos, &count);
    if (status)
        return status;
    for (unsigned int i = 0; i < count; i++)
        if (in_state(&infos[i], options.state))
            infos[kept++] = infos[i];
    if (options.json)
        status = print_json(xm, infos, kept);
    else if (options.xml)
        status = list_xml(xm, infos, kept);
    else if (options.longer)
        status = list_long(xm, infos, kept);
    else
        print_table(xm, &options, infos, kept);
    free(infos);
    return status;
}

int cmd_vm_list(struct xm *xm, int argc, char **argv)
{
    struct xen_domctl_getdomaininfo *infos;
    unsigned int count;
    int status = xm_need_both(xm);

    (void)argc;
    (void)argv;
    if (!status)
        status = select_domains(xm, 0, NULL, &infos, &count);
    if (status)
        return status;
    printf("UUID                                  ID    name\n");
    for (unsigned int i = 0; i < count; i++) {
        char *name = xm_name_of(xm, infos[i].domain), uuid[37];

        uuid_format(infos[i].handle, uuid);
        printf("%s  %d    %-30s\n", uuid, infos[i].domain, name);
        free(name);
    }
    free(infos);
    return XM_OK;
}
