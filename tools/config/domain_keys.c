/* SPDX-License-Identifier: MIT */
/* Readers of single settings, and the table that names them. */
#include "config/domain_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/xalloc.h"

#define READER(function) static int function(struct reading *r, const struct domain_key *key, \
                                             const struct cfg_value *value)

#define FIELD(r, key, type) ((type *)((char *)(r)->config + (key)->offset))

/* ---- general readers ---- */

static int wrong_kind(struct reading *r, const struct domain_key *key,
                      const struct cfg_value *value, const char *kind)
{
    return complain(r->c, &value->place, NULL, "%s must be %s", key->name, kind);
}

/* A string, or a number as it was written. */
READER(read_text)
{
    if (value->kind == CFG_LIST)
        return wrong_kind(r, key, value, "a string");
    free(*FIELD(r, key, char *));
    *FIELD(r, key, char *) = xstrdup(value->text);
    return 0;
}

/* A number, also in quotes. */
static int to_number(struct reading *r, const struct domain_key *key,
                     const struct cfg_value *value, long long *number)
{
    char *end;

    if (value->kind == CFG_NUMBER) {
        *number = value->number;
        return 0;
    }
    if (value->kind == CFG_STRING && value->text[0]) {
        errno = 0;
        *number = strtoll(value->text, &end, 0);
        if (!*end && !errno)
            return 0;
    }
    return wrong_kind(r, key, value, "a number");
}

static int in_range(struct reading *r, const struct domain_key *key,
                    const struct cfg_value *value, long long min, long long max,
                    long long *number)
{
    int err = to_number(r, key, value, number);

    if (!err && (*number < min || *number > max))
        err = complain(r->c, &value->place, NULL, "%s is %lld, but must be from %lld to %lld",
                       key->name, *number, min, max);
    return err;
}

static int read_long(struct reading *r, const struct domain_key *key,
                     const struct cfg_value *value, long long min, long long max)
{
    long long number;
    int err = in_range(r, key, value, min, max, &number);

    if (!err)
        *FIELD(r, key, long) = (long)number;
    return err;
}

READER(read_count)
{
    return read_long(r, key, value, 0, INT32_MAX);
}

READER(read_seconds)
{
    return read_long(r, key, value, -INT32_MAX, INT32_MAX);
}

READER(read_vcpus)
{
    long long number;
    int err = in_range(r, key, value, 1, 32, &number);

    if (!err)
        *FIELD(r, key, unsigned int) = (unsigned int)number;
    return err;
}

READER(read_mebibytes)
{
    long long number;
    int err = in_range(r, key, value, 1, 1ll << 34, &number);

    if (!err)
        *FIELD(r, key, uint64_t) = (uint64_t)number * 1024;
    return err;
}

READER(read_weight)
{
    return read_long(r, key, value, 1, 65535);
}

READER(read_cap)
{
    return read_long(r, key, value, 0, 65535);
}

/* By its name in xl.cfg(5), or its number. */
READER(read_tsc_mode)
{
    static const char *const names[] = { "default", "always_emulate", "native",
                                         "native_paravirt" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (value->kind == CFG_STRING && !strcmp(value->text, names[i])) {
            *FIELD(r, key, long) = (long)i;
            return 0;
        }
    return read_long(r, key, value, 0, 3);
}

READER(read_action)
{
    if (value->kind == CFG_STRING && !action_parse(value->text, FIELD(r, key, enum domain_action)))
        return 0;
    return complain(r->c, &value->place, "use destroy, restart, rename-restart, preserve, "
                    "coredump-destroy or coredump-restart",
                    "%s: \"%s\" is not an action", key->name,
                    value->text ? value->text : "a list");
}

/* Accepted, as the remark says without effect here. */
READER(read_ignored)
{
    if (key->remark)
        warn(r->c, &value->place, "%s has no effect: %s", key->name, key->remark);
    return 0;
}

/* Refused: leaving it out silently would give another guest than the file asks for. */
READER(read_refused)
{
    if ((value->kind == CFG_LIST && !value->count) || (value->text && !*value->text))
        return 0;
    if (value->kind == CFG_NUMBER && !value->number)
        return 0;
    return complain(r->c, &value->place, key->remark, "%s is not supported", key->name);
}

/* ---- identity ---- */

READER(read_name)
{
    int err = read_text(r, key, value);

    if (err)
        return err;
    if (!*value->text || strlen(value->text) > DOMAIN_NAME_MAX || strchr(value->text, '/'))
        return complain(r->c, &value->place, "1 to 64 characters without '/'",
                        "\"%s\" cannot be a domain's name", value->text);
    return 0;
}

READER(read_uuid)
{
    (void)key;
    if (value->kind != CFG_STRING || uuid_parse(value->text, r->config->uuid))
        return complain(r->c, &value->place, "32 hex digits: 8-4-4-4-12, or leave it out",
                        "\"%s\" is not a UUID", value->text ? value->text : "a list");
    r->config->has_uuid = true;
    return 0;
}

READER(read_type)
{
    static const char *const known[] = { "pv", "linux", "generic", "netbsd" };

    for (size_t i = 0; value->text && i < sizeof(known) / sizeof(known[0]); i++)
        if (!strcmp(value->text, known[i]))
            return 0;
    return complain(r->c, &value->place, "this hypervisor runs paravirtual guests: type=\"pv\"",
                    "%s \"%s\" is not supported", key->name, value->text ? value->text : "list");
}

/* ---- processors ---- */

static void free_list(char **list, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

static int read_cpu_lists(struct reading *r, const struct domain_key *key,
                          const struct cfg_value *value, char ***list, unsigned int *count)
{
    const struct cfg_value *items = value->kind == CFG_LIST ? value->items : value;
    unsigned int n = value->kind == CFG_LIST ? value->count : 1;

    free_list(*list, *count);
    *list = xcalloc(n + 1, sizeof(**list));
    *count = 0;
    for (unsigned int i = 0; i < n; i++) {
        if (items[i].kind == CFG_LIST)
            return wrong_kind(r, key, value, "a CPU list such as \"0-3,^1\", or a list of them");
        (*list)[(*count)++] = xstrdup(items[i].text);
    }
    /* In [ ], it is for the first vCPU only; else for all. */
    if (value->kind == CFG_LIST && n == 1)
        (*list)[(*count)++] = xstrdup("all");
    return 0;
}

READER(read_cpus)
{
    return read_cpu_lists(r, key, value, &r->config->cpus, &r->config->cpus_count);
}

READER(read_cpus_soft)
{
    return read_cpu_lists(r, key, value, &r->config->cpus_soft, &r->config->cpus_soft_count);
}

/* ---- devices ---- */

static int text_items(struct reading *r, const struct domain_key *key,
                      const struct cfg_value *value)
{
    if (value->kind != CFG_LIST)
        return wrong_kind(r, key, value, "a list: [ \"...\", \"...\" ]");
    for (unsigned int i = 0; i < value->count; i++)
        if (value->items[i].kind != CFG_STRING)
            return complain(r->c, &value->items[i].place, NULL, "each item of %s is a string",
                            key->name);
    return 0;
}

READER(read_disks)
{
    struct domain_config *config = r->config;
    int err = text_items(r, key, value);

    config->disks = xcalloc(value->count, sizeof(*config->disks));
    for (unsigned int i = 0; !err && i < value->count; i++) {
        const struct cfg_value *item = &value->items[i];
        struct disk_config *disk = &config->disks[i];

        err = disk_parse(item->text, &item->place, disk, r->c);
        if (err)
            break;
        config->disk_count++;
        for (unsigned int j = 0; j < i; j++)
            if (config->disks[j].devid == disk->devid)
                return complain(r->c, &item->place, "give each disk a device of its own",
                                "two disks are to be %s", disk->vdev);
    }
    return err;
}

READER(read_vifs)
{
    struct domain_config *config = r->config;
    int err = text_items(r, key, value);

    config->vifs = xcalloc(value->count, sizeof(*config->vifs));
    for (unsigned int i = 0; !err && i < value->count; i++) {
        const struct cfg_value *item = &value->items[i];

        err = vif_parse(item->text, &item->place, &config->vifs[i], r->c);
        if (!err)
            config->vif_count++;
    }
    return err;
}

/* ---- the command line's pieces ---- */

READER(read_piece)
{
    if (value->kind == CFG_LIST)
        return wrong_kind(r, key, value, "a string");
    *(const char **)((char *)r + key->offset) = value->text;
    return 0;
}

/* ---- the table ---- */

#define CONFIG(field) offsetof(struct domain_config, field), NULL
#define PIECE(field)  offsetof(struct reading, field), NULL
#define REMARK(text)  0, text
#define SILENT        0, NULL

const struct domain_key domain_keys[] = {
    { "name", read_name, CONFIG(name) },
    { "uuid", read_uuid, SILENT },
    { "type", read_type, SILENT },
    { "builder", read_type, SILENT },
    { "description", read_text, CONFIG(description) },

    { "kernel", read_text, CONFIG(kernel) },
    { "ramdisk", read_text, CONFIG(ramdisk) },
    { "cmdline", read_piece, PIECE(cmdline) },
    { "root", read_piece, PIECE(root) },
    { "extra", read_piece, PIECE(extra) },
    { "ip", read_piece, PIECE(ip) },
    { "gateway", read_piece, PIECE(gateway) },
    { "netmask", read_piece, PIECE(netmask) },
    { "hostname", read_piece, PIECE(hostname) },
    { "interface", read_piece, PIECE(interface) },
    { "dhcp", read_piece, PIECE(dhcp) },
    { "nfs_server", read_piece, PIECE(nfs_server) },
    { "nfs_root", read_piece, PIECE(nfs_root) },
    { "bootloader", read_refused, REMARK("copy the guest's kernel out and name it with kernel= and "
                                         "ramdisk=") },
    { "bootloader_args", read_ignored, REMARK("there is no boot loader") },
    { "bootargs", read_ignored, REMARK("there is no boot loader") },

    { "memory", read_mebibytes, CONFIG(memory_kib) },
    { "maxmem", read_mebibytes, CONFIG(max_memory_kib) },
    { "vcpus", read_vcpus, CONFIG(vcpus) },
    { "maxvcpus", read_vcpus, CONFIG(max_vcpus) },
    { "vcpu_avail", read_ignored, REMARK("vcpus= says how many are online at start") },
    { "cpus", read_cpus, SILENT },
    { "cpu", read_cpus, SILENT },
    { "cpus_soft", read_cpus_soft, SILENT },
    { "cpu_weight", read_weight, CONFIG(cpu_weight) },
    { "cap", read_cap, CONFIG(cap) },
    { "cpu_cap", read_cap, CONFIG(cap) },
    { "pool", read_ignored, SILENT },

    { "on_poweroff", read_action, CONFIG(on_poweroff) },
    { "on_shutdown", read_action, CONFIG(on_poweroff) },
    { "on_reboot", read_action, CONFIG(on_reboot) },
    { "on_crash", read_action, CONFIG(on_crash) },
    { "on_watchdog", read_action, CONFIG(on_watchdog) },
    { "on_soft_reset", read_ignored, SILENT },
    { "on_xend_start", read_ignored,
      REMARK("link the file into /etc/xen/auto to start it at boot") },
    { "on_xend_stop", read_ignored, REMARK("domains outlive xend") },
    { "restart", read_ignored, REMARK("use on_poweroff, on_reboot and on_crash") },

    { "disk", read_disks, SILENT },
    { "vif", read_vifs, SILENT },
    { "vfb", read_ignored, REMARK("there is no virtual framebuffer; the console is text") },
    { "nics", read_ignored, REMARK("one card for each item of vif=") },
    { "channel", read_refused, REMARK("leave it out") },
    { "pci", read_refused, REMARK("devices are not passed through: leave it out") },
    { "irqs", read_refused, REMARK("devices are not passed through: leave it out") },
    { "ioports", read_refused, REMARK("devices are not passed through: leave it out") },
    { "iomem", read_refused, REMARK("devices are not passed through: leave it out") },
    { "vtpm", read_refused, REMARK("leave it out") },

    { "max_grant_frames", read_count, CONFIG(max_grant_frames) },
    { "max_maptrack_frames", read_count, CONFIG(max_maptrack_frames) },
    { "max_event_channels", read_count, CONFIG(max_event_channels) },
    { "event_channels", read_count, CONFIG(max_event_channels) },
    { "tsc_mode", read_tsc_mode, CONFIG(tsc_mode) },
    { "rtc_timeoffset", read_seconds, CONFIG(rtc_timeoffset) },
    { "localtime", read_count, CONFIG(localtime) },
    { "claim_mode", read_ignored, SILENT },
    { "nomigrate", read_ignored, SILENT },
    { "cpuid", read_ignored, REMARK("guests see the processor's features as the hypervisor "
                                    "filters them") },
    { "e820_host", read_ignored, REMARK("it serves devices passed through only") },
    { "seclabel", read_ignored, SILENT },
    { "init_seclabel", read_ignored, SILENT },
    { "driver_domain", read_ignored, SILENT },
    { "vnc", read_ignored, SILENT },
    { "sdl", read_ignored, SILENT },
    { "vncpasswd", read_ignored, SILENT },
    { "vnclisten", read_ignored, SILENT },
};

const unsigned int domain_key_count = sizeof(domain_keys) / sizeof(domain_keys[0]);
