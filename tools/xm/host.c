/* SPDX-License-Identifier: MIT */
/* xm info, dmesg, debug-keys, cpupool-list: the machine and its hypervisor. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "xm/list.h"

#define LOG_BYTES (1u << 20)

/* ---- info ---- */

/* One line of `info`: with `only` set just the value of that key; with `json` into it. */
struct info_printer {
    const char *only;
    json_t *json;
    bool found;
};

static void line(struct info_printer *p, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void line(struct info_printer *p, const char *key, const char *format, ...)
{
    char value[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    if (p->json) {
        char *end;
        long long number = strtoll(value, &end, 10);

        json_object_set_new(p->json, key, *value && !*end ? json_integer(number)
                                                          : json_string(value));
    } else if (!p->only) {
        printf("%-23s: %s\n", key, value);
    } else if (!strcmp(p->only, key)) {
        puts(value);
        p->found = true;
    }
}

static void print_kernel(struct info_printer *p)
{
    struct utsname name;

    uname(&name);
    line(p, "host", "%s", name.nodename);
    line(p, "release", "%s", name.release);
    line(p, "version", "%s", name.version);
    line(p, "machine", "%s", name.machine);
}

static void print_capabilities(struct info_printer *p, uint32_t bits)
{
    static const struct { uint32_t bit; const char *name; } names[] = {
        { XEN_SYSCTL_PHYSCAP_pv, "pv" },       { XEN_SYSCTL_PHYSCAP_hvm, "hvm" },
        { XEN_SYSCTL_PHYSCAP_hap, "hap" },     { XEN_SYSCTL_PHYSCAP_shadow, "shadow" },
        { XEN_SYSCTL_PHYSCAP_gnttab_v1, "gnttab-v1" },
        { XEN_SYSCTL_PHYSCAP_gnttab_v2, "gnttab-v2" },
    };
    char text[128] = "";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (bits & names[i].bit) {
            if (text[0])
                strcat(text, " ");
            strcat(text, names[i].name);
        }
    line(p, "virt_caps", "%s", text);
}

static void print_machine(struct info_printer *p, const struct xen_sysctl_physinfo *host)
{
    const uint64_t mib = (1u << 20) / XEN_PAGE_SIZE;
    char caps[128];
    int n = 0;

    line(p, "nr_cpus", "%u", host->nr_cpus);
    line(p, "max_cpu_id", "%u", host->max_cpu_id);
    line(p, "nr_nodes", "%u", host->nr_nodes);
    line(p, "cores_per_socket", "%u", host->cores_per_socket);
    line(p, "threads_per_core", "%u", host->threads_per_core);
    line(p, "cpu_mhz", "%u.%03u", host->cpu_khz / 1000, host->cpu_khz % 1000);
    for (int i = 0; i < 8; i++)
        n += snprintf(caps + n, sizeof(caps) - (size_t)n, "%s%08x", i ? ":" : "", host->hw_cap[i]);
    line(p, "hw_caps", "%s", caps);
    print_capabilities(p, host->capabilities);
    line(p, "total_memory", "%llu", (unsigned long long)(host->total_pages / mib));
    line(p, "free_memory", "%llu",
         (unsigned long long)((host->free_pages - host->outstanding_pages) / mib));
    line(p, "sharing_freed_memory", "0");
    line(p, "sharing_used_memory", "0");
    line(p, "outstanding_claims", "%llu", (unsigned long long)(host->outstanding_pages / mib));
    line(p, "free_cpus", "0");
}

static void print_hypervisor(struct info_printer *p, const struct xen_version *version,
                             uint32_t sched)
{
    line(p, "xen_major", "%u", version->major);
    line(p, "xen_minor", "%u", version->minor);
    line(p, "xen_extra", "%s", version->extra);
    line(p, "xen_version", "%u.%u%s", version->major, version->minor, version->extra);
    line(p, "xen_caps", "%s", version->caps);
    line(p, "xen_scheduler", "%s", sched_name(sched));
    line(p, "xen_pagesize", "%u", version->page_size);
    line(p, "platform_params", "virt_start=0x%lx", version->virt_start);
    line(p, "xen_changeset", "%s", version->changeset);
    line(p, "xen_commandline", "%s", version->cmdline);
    line(p, "cc_compiler", "%s", version->compiler);
    line(p, "cc_compile_by", "%s", version->compiled_by);
    line(p, "cc_compile_domain", "%s", version->compile_domain);
    line(p, "cc_compile_date", "%s", version->compile_date);
}

int cmd_info(struct xm *xm, int argc, char **argv)
{
    static const struct option long_options[] = {
        { "json", no_argument, NULL, 'j' }, { "numa", no_argument, NULL, 'n' }, { 0 },
    };
    struct info_printer p = { 0 };
    struct xen_sysctl_physinfo host;
    struct xen_version version;
    char build_id[128];
    uint32_t sched = 0;
    int opt, status, err;

    while ((opt = getopt_long(argc, argv, "jnc", long_options, NULL)) >= 0) {
        if (opt == '?')
            return xm_bad_option(xm);
        if (opt == 'j')
            p.json = json_object();
    }
    p.only = optind < argc ? argv[optind] : NULL;
    status = xm_need_xen(xm);
    if (status)
        return status;
    err = xen_host_version(xm->xen, &version);
    if (!err)
        err = xen_host_physinfo(xm->xen, &host);
    if (err)
        return xm_error(xm, NULL, "the hypervisor does not describe itself: %s", strerror(-err));
    xen_host_sched_id(xm->xen, &sched);
    print_kernel(&p);
    print_machine(&p, &host);
    print_hypervisor(&p, &version, sched);
    if (xen_host_build_id(xm->xen, build_id, sizeof(build_id)))
        build_id[0] = '\0';
    line(&p, "build_id", "%s", build_id);
    line(&p, "xend_config_format", "4");
    if (p.json)
        return json_finish(xm, p.json);
    if (p.only && !p.found && xm->face == FACE_XM)
        return xm_error(xm, "xm info lists them", "there is no \"%s\"", p.only);
    return XM_OK;
}

/* ---- the log and its keys ---- */

int cmd_dmesg(struct xm *xm, int argc, char **argv)
{
    static const struct option long_options[] = { { "clear", no_argument, NULL, 'c' }, { 0 } };
    bool clear = false;
    uint32_t index = 0;
    int opt, status, n;
    char *text;

    while ((opt = getopt_long(argc, argv, "c", long_options, NULL)) >= 0) {
        if (opt != 'c')
            return xm_bad_option(xm);
        clear = true;
    }
    status = xm_expect_args(xm, argc, 0, 0);
    if (!status)
        status = xm_need_xen(xm);
    if (status)
        return status;
    text = malloc(LOG_BYTES);
    n = text ? xen_host_console_read(xm->xen, text, LOG_BYTES, clear, 0, &index) : -ENOMEM;
    if (n > 0)
        fwrite(text, 1, (size_t)n, stdout);
    free(text);
    return n < 0 ? xm_error(xm, NULL, "the hypervisor's log cannot be read: %s", strerror(-n))
                 : XM_OK;
}

int cmd_debug_keys(struct xm *xm, int argc, char **argv)
{
    int status, err;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 1, 1);
    if (!status)
        status = xm_need_xen(xm);
    if (status)
        return status;
    err = xen_host_debug_keys(xm->xen, argv[optind]);
    return err ? xm_error(xm, NULL, "the keys cannot be pressed: %s", strerror(-err)) : XM_OK;
}

/* There is one pool, with everything in it. */
int cmd_cpupool_list(struct xm *xm, int argc, char **argv)
{
    static const struct option long_options[] = { { "cpus", no_argument, NULL, 'c' }, { 0 } };
    struct xen_domctl_getdomaininfo *infos;
    struct xen_sysctl_physinfo host;
    uint32_t sched = 0;
    int opt, status, count;
    bool cpus = false;

    while ((opt = getopt_long(argc, argv, "c", long_options, NULL)) >= 0) {
        if (opt != 'c')
            return xm_bad_option(xm);
        cpus = true;
    }
    status = xm_need_xen(xm);
    if (status)
        return status;
    status = xm_machine(xm, &host);
    if (status)
        return status;
    count = xm_domains(xm, &infos);
    if (count < 0)
        return XM_FAILED;
    free(infos);
    xen_host_sched_id(xm->xen, &sched);
    if (cpus) {
        printf("%-19sCPU list\n%-19s0", "Name", "Pool-0");
        for (unsigned int i = 1; i < host.nr_cpus; i++)
            printf(",%u", i);
        putchar('\n');
        return XM_OK;
    }
    printf("%-19sCPUs   Sched     Active   Domain count\n", "Name");
    printf("%-19s%3u %9s       %c          %d\n", "Pool-0", host.nr_cpus, sched_name(sched), 'y',
           count);
    return XM_OK;
}
