/* SPDX-License-Identifier: MIT */
/* What is checked before a domain is built. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/cpu_list.h"
#include "config/xalloc.h"
#include "domain/lookup.h"
#include "domain/nodes.h"
#include "xm/create.h"
#include "xm/disk_use.h"

/* What the hypervisor needs for a domain besides the guest's own memory, in KiB. */
#define OVERHEAD_KIB 4096u

/* Domain0 should keep this much of what Linux calls available, in KiB. */
#define DOM0_RESERVE_KIB (64u * 1024)

/* ---- files ---- */

static int check_file(struct xm *xm, const char *what, const char *path)
{
    struct stat st;

    if (stat(path, &st) || access(path, R_OK))
        return xm_error(xm, "correct the path in the configuration", "%s %s: %m", what, path);
    if (!S_ISREG(st.st_mode))
        return xm_error(xm, "name the file itself", "%s %s is not a regular file", what, path);
    return XM_OK;
}

/* ---- names ---- */

static int check_identity(struct xm *xm, const struct domain_config *config)
{
    struct xen_domctl_getdomaininfo *all;
    domid_t other;
    char *name;
    int count = xm_domains(xm, &all);

    if (count < 0)
        return XM_FAILED;
    free(all);
    if ((unsigned int)count >= XEN_FIRST_RESERVED_DOMID)
        return xm_error(xm, "destroy a domain first", "all %d domain ids are in use", count);
    if (!domain_by_name(xm->xen, xm->xs, config->name, &other))
        return xm_error(xm, "choose another: name=...",
                        "a domain named \"%s\" runs already, with id %u", config->name, other);
    if (domain_by_uuid(xm->xen, config->uuid, &other))
        return XM_OK;
    name = xm_name_of(xm, other);
    xm_error(xm, "give the new one another uuid=, or leave it out",
             "domain %u (%s) has the same UUID", other, name);
    free(name);
    return XM_FAILED;
}

/* ---- processors ---- */

static int check_cpu_lists(struct xm *xm, char **lists, unsigned int count, unsigned int cpus)
{
    struct xen_cpumap map;

    for (unsigned int i = 0; i < count; i++)
        if (cpu_list_parse(lists[i], cpus, NULL, &map))
            return xm_error(xm, "for example \"0-3,^1\"",
                            "\"%s\" names no CPU of this machine's %u",
                            lists[i], cpus);
    return XM_OK;
}

/* ---- memory ---- */

/* What Domain0 could give up, in KiB. */
static unsigned long dom0_spare_kib(void)
{
    unsigned long available = 0;
    char line[128];
    FILE *from = fopen("/proc/meminfo", "re");

    while (from && fgets(line, sizeof(line), from))
        if (sscanf(line, "MemAvailable: %lu", &available) == 1)
            break;
    if (from)
        fclose(from);
    return available > DOM0_RESERVE_KIB ? available - DOM0_RESERVE_KIB : 0;
}

static int check_memory(struct xm *xm, const struct domain_config *config,
                        const struct xen_sysctl_physinfo *host)
{
    uint64_t needed = config->memory_kib + OVERHEAD_KIB;
    uint64_t free_pages = host->free_pages - host->outstanding_pages;
    uint64_t free_kib = free_pages * (XEN_PAGE_SIZE / 1024), missing;
    struct xen_domctl_getdomaininfo dom0;
    unsigned long spare;
    char remedy[160];

    if (needed <= free_kib)
        return XM_OK;
    spare = dom0_spare_kib();
    missing = (needed - free_kib + 1023) / 1024;
    if (spare / 1024 >= missing && !xen_domain_info(xm->xen, 0, &dom0))
        snprintf(remedy, sizeof(remedy), "Domain0 could give %lu MiB: xm mem-set 0 %llu",
                 spare / 1024,
                 (unsigned long long)(dom0.tot_pages * (XEN_PAGE_SIZE / 1024) / 1024 - missing));
    else
        snprintf(remedy, sizeof(remedy),
                 "Domain0 could give only %lu MiB: shrink or stop other domains, or lower memory=",
                 spare / 1024);
    return xm_error(xm, remedy, "not enough memory: %llu MiB needed, %llu free, %llu missing",
                    (unsigned long long)needed / 1024, (unsigned long long)free_kib / 1024,
                    (unsigned long long)missing);
}

/* ---- devices ---- */

static int check_driver(struct xm *xm, const char *kind, const char *module)
{
    char path[64], remedy[64];

    snprintf(path, sizeof(path), "/sys/bus/xen-backend/drivers/%s", kind);
    if (!access(path, F_OK))
        return XM_OK;
    snprintf(remedy, sizeof(remedy), "modprobe %s", module);
    return xm_error(xm, remedy, "Domain0's driver for %s devices is not loaded", kind);
}

static int check_disks(struct xm *xm, const struct domain_config *config)
{
    for (unsigned int i = 0; i < config->disk_count; i++) {
        char cause[DISK_CAUSE], remedy[DISK_REMEDY];

        if (config->disks[i].script)
            continue;           /* the script knows what its target means */
        if (disk_check(xm->xs, &config->disks[i], cause, remedy))
            return xm_error(xm, remedy[0] ? remedy : NULL, "%s", cause);
    }
    return config->disk_count ? check_driver(xm, "vbd", "xen-blkback") : XM_OK;
}

static bool is_bridge(const char *name)
{
    char path[300];

    snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", name);
    return !access(path, F_OK);
}

/* Names of all bridges in one text; *first is one of them. */
static char *list_bridges(char first[IF_NAMESIZE])
{
    char *text = xstrdup("");
    struct dirent *entry;
    DIR *dir = opendir("/sys/class/net");

    first[0] = '\0';
    while (dir && (entry = readdir(dir))) {
        char *longer;

        if (entry->d_name[0] == '.' || !is_bridge(entry->d_name))
            continue;
        longer = xasprintf("%s%s%s", text, *text ? ", " : "", entry->d_name);
        free(text);
        text = longer;
        snprintf(first, IF_NAMESIZE, "%.15s", entry->d_name);
    }
    if (dir)
        closedir(dir);
    return text;
}

/* The bridge of a card that names none: xenbr0, br0, or the only one there is. */
static int choose_bridge(struct xm *xm, struct vif_config *vif)
{
    static const char *const usual[] = { "xenbr0", "br0" };
    char first[IF_NAMESIZE], *all;

    for (size_t i = 0; !vif->bridge && i < sizeof(usual) / sizeof(usual[0]); i++)
        if (is_bridge(usual[i]))
            vif->bridge = xstrdup(usual[i]);
    if (vif->bridge)
        return XM_OK;
    all = list_bridges(first);
    if (*all && !strchr(all, ','))
        vif->bridge = xstrdup(first);
    else
        xm_error(xm, *all ? "name one: vif=['bridge=...']"
                          : "make one: ip link add xenbr0 type bridge",
                 "a network card names no bridge, and there %s", *all ? "are several" : "is none");
    free(all);
    return vif->bridge ? XM_OK : XM_FAILED;
}

static int check_bridge(struct xm *xm, struct vif_config *vif)
{
    char first[IF_NAMESIZE], remedy[192], *all;

    if (!vif->bridge)
        return choose_bridge(xm, vif);
    if (is_bridge(vif->bridge))
        return XM_OK;
    if (if_nametoindex(vif->bridge))
        return xm_error(xm, "name the bridge that it is part of", "%s is not a bridge",
                        vif->bridge);
    all = list_bridges(first);
    snprintf(remedy, sizeof(remedy), "%s%s",
             *all ? "there are: " : "make it: ip link add NAME type "
             "bridge; ip link set NAME up", all);
    free(all);
    return xm_error(xm, remedy, "there is no bridge %s", vif->bridge);
}

int check_vifs(struct xm *xm, struct domain_config *config)
{
    for (unsigned int i = 0; i < config->vif_count; i++) {
        struct vif_config *vif = &config->vifs[i];
        int status;

        if (vif->backend)
            return xm_error(xm, "leave backend= out",
                            "a network card served by another domain (%s) "
                            "is not supported", vif->backend);
        for (unsigned int j = 0; j < i; j++)
            if (config->vifs[j].devid == vif->devid)
                return xm_error(xm, "give each card its own devid=", "two cards are number %d",
                                vif->devid);
        if (vif->vifname && if_nametoindex(vif->vifname))
            return xm_error(xm, "choose another vifname=", "interface %s exists already",
                            vif->vifname);
        status = vif->script ? XM_OK : check_bridge(xm, vif);
        if (status)
            return status;
    }
    return config->vif_count ? check_driver(xm, "vif", "xen-netback") : XM_OK;
}

/* ---- all of it ---- */

int preflight(struct xm *xm, struct domain_config *config)
{
    struct xen_sysctl_physinfo host;
    int status;

    status = check_file(xm, "kernel", config->kernel);
    if (!status && config->ramdisk)
        status = check_file(xm, "ramdisk", config->ramdisk);
    if (!status)
        status = check_identity(xm, config);
    if (!status)
        status = check_disks(xm, config);
    if (!status)
        status = check_vifs(xm, config);
    if (!status)
        status = xm_machine(xm, &host);
    if (status)
        return status;
    status = check_cpu_lists(xm, config->cpus, config->cpus_count, host.nr_cpus);
    if (!status)
        status = check_cpu_lists(xm, config->cpus_soft, config->cpus_soft_count, host.nr_cpus);
    return status ? status : check_memory(xm, config, &host);
}
