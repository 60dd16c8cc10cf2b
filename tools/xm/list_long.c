/* SPDX-License-Identifier: MIT */
/* Long forms of a domain: JSON as xl has it, symbolic expressions as xm had them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/definition.h"
#include "config/xalloc.h"
#include "domain/nodes.h"
#include "xm/create.h"
#include "xm/list.h"
#include "xml/domain_xml.h"

const char *sched_name(uint32_t id)
{
    switch (id) {
    case XEN_SCHEDULER_CREDIT:
        return "credit";
    case XEN_SCHEDULER_CREDIT2:
        return "credit2";
    case XEN_SCHEDULER_ARINC653:
        return "arinc653";
    case XEN_SCHEDULER_RTDS:
        return "rtds";
    case XEN_SCHEDULER_NULL:
        return "null";
    default:
        return "unknown";
    }
}

/* ---- JSON ---- */

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(object, key, json_string(text));
}

static json_t *disk_json(const struct disk_config *disk, bool running)
{
    json_t *json = json_pack("{s:s, s:s, s:s}", "pdev_path", disk->target, "vdev", disk->vdev,
                             "format", "raw");

    set_text(json, "script", disk->script);
    if (disk->cdrom)
        json_object_set_new(json, "is_cdrom", json_integer(1));
    if (!disk->readonly)
        json_object_set_new(json, "readwrite", json_integer(1));
    if (running)
        json_object_set_new(json, "colo_restore_enable", json_string("False"));
    return json;
}

static json_t *nic_json(const struct vif_config *vif, bool running)
{
    json_t *json = json_object();
    char mac[18];

    mac_format(vif->mac, mac);
    json_object_set_new(json, "devid", json_integer(vif->devid));
    set_text(json, "mac", mac);
    set_text(json, "ip", vif->ip);
    set_text(json, "bridge", vif->bridge);
    set_text(json, "ifname", vif->vifname);
    set_text(json, "script", vif->script);
    if (running)
        json_object_set_new(json, "nictype", json_string("vif"));
    if (vif->rate_bytes) {
        json_object_set_new(json, "rate_bytes_per_interval",
                            json_integer((json_int_t)vif->rate_bytes));
        json_object_set_new(json, "rate_interval_usecs", json_integer(vif->rate_us));
    }
    return json;
}

static json_t *create_info_json(const struct domain_config *config, bool running)
{
    json_t *json = json_pack("{s:s, s:s}", "type", "pv", "name", config->name);
    char uuid[37];

    if (running)                /* xl shows what was asked for: any id */
        json_object_set_new(json, "domid", json_integer(4294967295));
    uuid_format(config->uuid, uuid);
    set_text(json, "uuid", uuid);
    json_object_set_new(json, "run_hotplug_scripts", json_string("True"));
    return json;
}

static json_t *build_info_json(const struct domain_config *config, const char *sched,
                               const struct xen_sched_share *share)
{
    json_t *json = json_object(), *avail = json_array(), *params = json_object();

    if (sched || config->max_vcpus > 1) {
        json_object_set_new(json, "max_vcpus", json_integer(config->max_vcpus));
        for (unsigned int i = 0; i < config->vcpus; i++)
            json_array_append_new(avail, json_integer(i));
        json_object_set(json, "avail_vcpus", avail);
    }
    json_decref(avail);
    json_object_set_new(json, "max_memkb", json_integer((json_int_t)config->max_memory_kib));
    json_object_set_new(json, "target_memkb", json_integer((json_int_t)config->memory_kib));
    if (sched) {
        json_object_set_new(json, "video_memkb", json_integer(0));
        set_text(params, "sched", sched);
        json_object_set_new(params, "weight", json_integer(share->weight));
        json_object_set_new(params, "cap", json_integer(share->cap));
    } else {
        if (config->cpu_weight >= 0)
            json_object_set_new(params, "weight", json_integer(config->cpu_weight));
        if (config->cap >= 0)
            json_object_set_new(params, "cap", json_integer(config->cap));
    }
    json_object_set_new(json, "sched_params", params);
    json_object_set_new(json, "claim_mode", json_string("True"));
    set_text(json, "kernel", config->kernel);
    set_text(json, "cmdline", config->cmdline);
    set_text(json, "ramdisk", config->ramdisk);
    json_object_set_new(json, "type.pv", json_object());
    json_object_set_new(json, "arch_arm", json_object());
    json_object_set_new(json, "arch_x86",
                        sched ? json_pack("{s:s}", "msr_relaxed", "False") : json_object());
    return json;
}

static void set_action(json_t *json, const char *key, enum domain_action action,
                       enum domain_action unsaid)
{
    if (action != unsaid)
        json_object_set_new(json, key, json_string(action_name(action)));
}

json_t *config_json(const struct domain_config *config, const char *sched,
                    const struct xen_sched_share *share)
{
    json_t *json = json_object(), *disks = json_array(), *nics = json_array();

    json_object_set_new(json, "c_info", create_info_json(config, sched));
    json_object_set_new(json, "b_info", build_info_json(config, sched, share));
    for (unsigned int i = 0; i < config->disk_count; i++)
        json_array_append_new(disks, disk_json(&config->disks[i], sched));
    for (unsigned int i = 0; i < config->vif_count; i++)
        json_array_append_new(nics, nic_json(&config->vifs[i], sched));
    if (config->disk_count)
        json_object_set(json, "disks", disks);
    if (config->vif_count)
        json_object_set(json, "nics", nics);
    json_decref(disks);
    json_decref(nics);
    set_action(json, "on_poweroff", config->on_poweroff, ACTION_DESTROY);
    set_action(json, "on_reboot", config->on_reboot, ACTION_DESTROY);
    set_action(json, "on_watchdog", config->on_watchdog, ACTION_DESTROY);
    set_action(json, "on_crash", config->on_crash, ACTION_DESTROY);
    json_object_set_new(json, "on_soft_reset", json_string("soft_reset"));
    return json;
}

void json_print(const json_t *json, FILE *to)
{
    char *text = json_dumps(json, JSON_INDENT(4) | JSON_PRESERVE_ORDER), *line = text;
    bool quoted = false;

    for (char *at = text; *at; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (*at == '\\')
            fputc(*at++, to);       /* whatever follows ends nothing */
        if (*at == '\n')
            line = at + 1;
        fputc(*at, to);
        if (!quoted && *at == '{' && at[1] == '}')
            fprintf(to, "\n\n%*s", (int)strspn(line, " "), "");
    }
    fputc('\n', to);
    free(text);
}

int json_finish(const struct xm *xm, json_t *json)
{
    int err = json_dumpf(json, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

    putchar('\n');
    json_decref(json);
    return err ? xm_error(xm, NULL, "cannot write the output: %m") : XM_OK;
}

/* ---- what a running domain was made from ---- */

/* A domain that others made: as much as hypervisor and store tell. */
static void describe_foreign(struct xm *xm, const struct xen_domctl_getdomaininfo *info,
                             struct domain_config *config)
{
    char uuid[37];

    memset(config, 0, sizeof(*config));
    config->name = xm_name_of(xm, info->domain);
    memcpy(config->uuid, info->handle, sizeof(config->uuid));
    config->has_uuid = true;
    config->memory_kib = info->tot_pages * (XEN_PAGE_SIZE / 1024);
    config->max_memory_kib = info->max_pages * (XEN_PAGE_SIZE / 1024);
    config->vcpus = info->nr_online_vcpus;
    config->max_vcpus = info->max_vcpu_id + 1;
    config->on_reboot = ACTION_RESTART;
    config->cpu_weight = config->cap = -1;
    uuid_format(info->handle, uuid);
    xs_readf(xm->xs, XS_NO_TX, &config->kernel, "/vm/%s/image/kernel", uuid);
    xs_readf(xm->xs, XS_NO_TX, &config->ramdisk, "/vm/%s/image/ramdisk", uuid);
    xs_readf(xm->xs, XS_NO_TX, &config->cmdline, "/vm/%s/image/cmdline", uuid);
}

int running_config(struct xm *xm, const struct xen_domctl_getdomaininfo *info,
                   struct domain_config *config)
{
    struct complaint c = { 0 };
    uint64_t target;
    char *path;
    int err = xs_readf(xm->xs, XS_NO_TX, &path, RECORDS "/%u/config", info->domain);

    if (!err) {
        err = definition_read(path, NULL, 0, false, config, &c);
        complaint_clear(&c);
        free(path);
    }
    if (err)
        describe_foreign(xm, info, config);
    free(config->name);         /* it may have been renamed since */
    config->name = xm_name_of(xm, info->domain);
    if (!xs_readf_u64(xm->xs, XS_NO_TX, &target, "/local/domain/%u/memory/target", info->domain))
        config->memory_kib = target;
    return 0;
}

/* ---- symbolic expressions ---- */

/* xm's number for a state: 0 halted, 1 paused, 2 running, 3 suspended, 4 shut down, 5 crashed. */
static int sxp_status(const struct xen_domctl_getdomaininfo *info)
{
    if (info->flags & XEN_DOMINF_shutdown)
        return xen_shutdown_reason(info) == 3 ? 5 : xen_shutdown_reason(info) == 2 ? 3 : 4;
    return info->flags & XEN_DOMINF_paused ? 1 : 2;
}

static void sxp_text(const char *key, const char *text)
{
    if (!text || !*text)
        return;
    if (!strpbrk(text, " \t\n()'\"\\")) {
        printf("(%s %s)", key, text);
        return;
    }
    printf("(%s '", key);
    for (; *text; text++)
        printf(*text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
    printf("')");
}

static void sxp_devices(const struct domain_config *config)
{
    char mac[18];

    for (unsigned int i = 0; i < config->vif_count; i++) {
        const struct vif_config *vif = &config->vifs[i];

        mac_format(vif->mac, mac);
        printf("\n    (device\n        (vif (mac %s)", mac);
        sxp_text("bridge", vif->bridge);
        sxp_text("ip", vif->ip);
        sxp_text("script", vif->script);
        printf(")\n    )");
    }
    for (unsigned int i = 0; i < config->disk_count; i++) {
        const struct disk_config *disk = &config->disks[i];

        printf("\n    (device\n        (vbd ");
        sxp_text("uname", disk->target);
        printf("(dev %s:%s)(mode %s))\n    )", disk->vdev, disk->cdrom ? "cdrom" : "disk",
               disk->readonly ? "r" : "w");
    }
}

static void print_sxp(struct xm *xm, const struct xen_domctl_getdomaininfo *info,
                      const struct domain_config *config)
{
    char uuid[37], letters[7], *started = NULL;

    uuid_format(info->handle, uuid);
    state_letters(FACE_XM, info, letters);
    printf("(domain\n    (domid %u)\n    ", info->domain);
    sxp_text("name", config->name);
    printf("\n    (uuid %s)\n    (vcpus %u)\n    (online_vcpus %u)\n    (memory %llu)\n"
           "    (maxmem %llu)", uuid, config->max_vcpus, info->nr_online_vcpus,
           (unsigned long long)config->memory_kib / 1024,
           (unsigned long long)config->max_memory_kib / 1024);
    printf("\n    (on_poweroff %s)\n    (on_reboot %s)\n    (on_crash %s)",
           action_name(config->on_poweroff), action_name(config->on_reboot),
           action_name(config->on_crash));
    if (config->kernel) {
        printf("\n    (image\n        (linux ");
        sxp_text("kernel", config->kernel);
        sxp_text("ramdisk", config->ramdisk);
        sxp_text("args", config->cmdline);
        printf(")\n    )");
    }
    printf("\n    (status %d)\n    (state %s)\n    (cpu_time %f)", sxp_status(info), letters,
           (double)info->cpu_time / 1e9);
    if (!xs_readf(xm->xs, XS_NO_TX, &started, "/vm/%s/start_time", uuid))
        printf("\n    (start_time %s)", started);
    free(started);
    sxp_devices(config);
    printf("\n)\n");
}

/* ---- all of it ---- */

static json_t *running_json(struct xm *xm, const struct xen_domctl_getdomaininfo *info,
                            const struct domain_config *config)
{
    struct xen_sched_share share = { 256, 0 };
    uint32_t sched = 0;

    xen_host_sched_id(xm->xen, &sched);
    xen_sched_get_share(xm->xen, info->domain, &share);
    return json_pack("{s:i, s:o}", "domid", (int)info->domain, "config",
                     config_json(config, sched_name(sched), &share));
}

int list_xml(struct xm *xm, const struct xen_domctl_getdomaininfo *infos, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        struct domain_config config;
        char *text;

        running_config(xm, &infos[i], &config);
        text = domain_xml_write(&config, infos[i].domain);
        fputs(text, stdout);
        free(text);
        domain_config_free(&config);
    }
    return XM_OK;
}

int list_long(struct xm *xm, const struct xen_domctl_getdomaininfo *infos, unsigned int count)
{
    json_t *all = json_array();

    for (unsigned int i = 0; i < count; i++) {
        struct domain_config config;

        running_config(xm, &infos[i], &config);
        if (xm->face == FACE_XL)
            json_array_append_new(all, running_json(xm, &infos[i], &config));
        else
            print_sxp(xm, &infos[i], &config);
        domain_config_free(&config);
    }
    if (xm->face == FACE_XL) {
        json_print(all, stdout);
        putchar('\n');
    }
    json_decref(all);
    return XM_OK;
}

void print_config(const struct xm *xm, const struct domain_config *config, FILE *to)
{
    json_t *json;

    if (xm->face == FACE_XM) {
        domain_config_write(config, to);
        return;
    }
    json = config_json(config, NULL, NULL);
    json_print(json, to);
    json_decref(json);
}
