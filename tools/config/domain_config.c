/* SPDX-License-Identifier: MIT */
/* Interprets the settings of a domain, and writes them back. */
#include "config/domain_config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "config/domain_keys.h"
#include "config/xalloc.h"

#define DEFAULT_MEMORY_KIB (128u * 1024)

/* ---- small forms ---- */

static const char *const action_names[ACTION_COUNT] = {
    "destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart",
};

const char *action_name(enum domain_action action)
{
    return action_names[action];
}

int action_parse(const char *text, enum domain_action *action)
{
    for (unsigned int i = 0; i < ACTION_COUNT; i++)
        if (!strcmp(text, action_names[i])) {
            *action = i;
            return 0;
        }
    return -EINVAL;
}

void uuid_format(const uint8_t uuid[16], char text[37])
{
    char *at = text;

    for (unsigned int i = 0; i < 16; i++)
        at += sprintf(at, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
}

int uuid_parse(const char *text, uint8_t uuid[16])
{
    unsigned int n = 0;

    for (; n < 32; text++) {
        int ch = (unsigned char)*text, digit;

        if (ch == '-')
            continue;
        if (!isxdigit(ch))
            return -EINVAL;
        digit = isdigit(ch) ? ch - '0' : tolower(ch) - 'a' + 10;
        uuid[n / 2] = (uint8_t)(n % 2 ? uuid[n / 2] | digit : digit << 4);
        n++;
    }
    return *text ? -EINVAL : 0;
}

/* ---- the nearest known key ---- */

/* Insertions, deletions and replacements that make one word the other, up to `limit`. */
static unsigned int differences(const char *a, const char *b, unsigned int limit)
{
    size_t la = strlen(a), lb = strlen(b);
    unsigned int row[64], left, above;

    if (la >= 64 || lb >= 64)
        return limit + 1;
    for (size_t j = 0; j <= lb; j++)
        row[j] = (unsigned int)j;
    for (size_t i = 1; i <= la; i++) {
        left = row[0];
        row[0] = (unsigned int)i;
        for (size_t j = 1; j <= lb; j++) {
            above = row[j];
            row[j] = left + (a[i - 1] != b[j - 1]);
            if (above + 1 < row[j])
                row[j] = above + 1;
            if (row[j - 1] + 1 < row[j])
                row[j] = row[j - 1] + 1;
            left = above;
        }
    }
    return row[lb];
}

const char *nearest_key(const char *word)
{
    unsigned int best = strlen(word) < 4 ? 2 : 3;
    const char *found = NULL;

    for (unsigned int i = 0; i < domain_key_count; i++) {
        unsigned int n = differences(word, domain_keys[i].name, best);

        if (n < best) {
            best = n;
            found = domain_keys[i].name;
        }
    }
    return found;
}

/* ---- reading ---- */

static const struct domain_key *find_key(const char *name)
{
    for (unsigned int i = 0; i < domain_key_count; i++)
        if (!strcmp(domain_keys[i].name, name))
            return &domain_keys[i];
    return NULL;
}

static int unknown_key(const struct cfg_entry *entry, bool strict, struct complaint *c)
{
    const char *near = nearest_key(entry->key);
    char text[128];

    if (near)
        snprintf(text, sizeof(text), "did you mean \"%s\"?", near);
    else
        snprintf(text, sizeof(text), "xm.cfg(5) lists the known ones");
    if (strict)
        return complain(c, &entry->place, text, "unknown setting \"%s\"", entry->key);
    warn(c, &entry->place, "unknown setting \"%s\" ignored; %s", entry->key, text);
    return 0;
}

/* xm's network helpers, in the order of the kernel's own ip= option. */
static char *network_options(const struct reading *r)
{
    const char *dhcp = r->dhcp && strcmp(r->dhcp, "off") && strcmp(r->dhcp, "0") ? r->dhcp : NULL;
#define OR_EMPTY(text) ((text) ? (text) : "")

    if (!r->ip && !dhcp)
        return xstrdup("");
    return xasprintf(" ip=%s:%s:%s:%s:%s:%s:%s", OR_EMPTY(r->ip), OR_EMPTY(r->nfs_server),
                     OR_EMPTY(r->gateway), OR_EMPTY(r->netmask), OR_EMPTY(r->hostname),
                     OR_EMPTY(r->interface), dhcp ? "dhcp" : "off");
#undef OR_EMPTY
}

static char *join_cmdline(const struct reading *r)
{
    char *network, *nfs, *text;

    if (r->cmdline) {
        if (r->root || r->extra)
            warn(r->c, &r->config->place, "root= and extra= ignored: cmdline= is all of it");
        return xstrdup(r->cmdline);
    }
    network = network_options(r);
    nfs = r->nfs_root ? xasprintf(" nfsroot=%s%s%s", r->nfs_server ? r->nfs_server : "",
                                  r->nfs_server ? ":" : "", r->nfs_root)
                      : xstrdup("");
    text = xasprintf("%s%s%s%s%s%s", r->root ? " root=" : "", r->root ? r->root : "", network, nfs,
                     r->extra ? " " : "", r->extra ? r->extra : "");
    free(network);
    free(nfs);
    memmove(text, text + (*text == ' '), strlen(text) + (*text != ' '));
    return text;
}

/* CPU lists of vCPUs that there are not. */
static void drop_surplus(char **lists, unsigned int *count, unsigned int vcpus)
{
    while (*count > vcpus)
        free(lists[--*count]);
}

int domain_config_check(struct domain_config *config, struct complaint *c)
{
    if (!config->name)
        return complain(c, &config->place, "add a line: name = \"...\"", "the domain has no name");
    if (config->ramdisk && !*config->ramdisk) {
        free(config->ramdisk);  /* ramdisk="" says that there is none */
        config->ramdisk = NULL;
    }
    if (!config->kernel || !*config->kernel)
        return complain(c, &config->place, "add a line: kernel = \"/boot/vmlinuz\"",
                        "the domain has no kernel");
    if (!config->memory_kib)
        config->memory_kib = config->max_memory_kib ? config->max_memory_kib : DEFAULT_MEMORY_KIB;
    if (!config->max_memory_kib)
        config->max_memory_kib = config->memory_kib;
    if (config->max_memory_kib < config->memory_kib)
        return complain(c, &config->place, "raise maxmem= or lower memory=",
                        "memory is %llu MiB, but maxmem only %llu",
                        (unsigned long long)config->memory_kib / 1024,
                        (unsigned long long)config->max_memory_kib / 1024);
    if (!config->max_vcpus)
        config->max_vcpus = config->vcpus;
    if (config->vcpus > config->max_vcpus)
        return complain(c, &config->place, "raise maxvcpus= or lower vcpus=",
                        "vcpus is %u, but maxvcpus only %u", config->vcpus, config->max_vcpus);
    drop_surplus(config->cpus, &config->cpus_count, config->max_vcpus);
    drop_surplus(config->cpus_soft, &config->cpus_soft_count, config->max_vcpus);
    return 0;
}

void domain_config_defaults(struct domain_config *config)
{
    memset(config, 0, sizeof(*config));
    config->vcpus = 1;
    config->cpu_weight = config->cap = -1;
    config->on_poweroff = config->on_crash = config->on_watchdog = ACTION_DESTROY;
    config->on_reboot = ACTION_RESTART;
    config->max_grant_frames = config->max_maptrack_frames = config->max_event_channels = -1;
}

int domain_config_read(const struct cfg *cfg, bool strict, struct domain_config *config,
                       struct complaint *c)
{
    struct reading r = { .config = config, .c = c };
    int err = 0;

    domain_config_defaults(config);
    config->place.file = cfg->file_count ? cfg->files[0] : NULL;
    for (unsigned int i = 0; !err && i < cfg->count; i++) {
        const struct cfg_entry *entry = &cfg->entries[i];
        const struct domain_key *key = find_key(entry->key);

        err = key ? key->read(&r, key, &entry->value) : unknown_key(entry, strict, c);
    }
    if (!err) {
        config->cmdline = join_cmdline(&r);
        err = domain_config_check(config, c);
    }
    if (err)
        domain_config_free(config);
    return err;
}

/* Those for which libvirt's XML has no word. */
static bool is_more(const char *key)
{
    static const char *const more[] = { "cpus", "cpus_soft", "on_watchdog", "max_maptrack_frames",
                                        "tsc_mode", "localtime" };

    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
        if (!strcmp(key, more[i]))
            return true;
    return false;
}

int domain_config_read_more(const struct cfg *cfg, struct domain_config *config,
                            struct complaint *c)
{
    struct reading r = { .config = config, .c = c };
    int err = 0;

    for (unsigned int i = 0; !err && i < cfg->count; i++) {
        const struct cfg_entry *entry = &cfg->entries[i];
        const struct domain_key *key = is_more(entry->key) ? find_key(entry->key) : NULL;

        err = key ? key->read(&r, key, &entry->value)
                  : complain(c, &entry->place, "say it by an element of the domain",
                             "\"%s\" is not a setting for metadata", entry->key);
    }
    return err;
}

static void free_texts(char **texts, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

void domain_config_free(struct domain_config *config)
{
    for (unsigned int i = 0; i < config->disk_count; i++)
        disk_free(&config->disks[i]);
    for (unsigned int i = 0; i < config->vif_count; i++)
        vif_free(&config->vifs[i]);
    free_texts(config->cpus, config->cpus_count);
    free_texts(config->cpus_soft, config->cpus_soft_count);
    free(config->disks);
    free(config->vifs);
    free(config->name);
    free(config->description);
    free(config->kernel);
    free(config->ramdisk);
    free(config->cmdline);
    free(config->xml);
    memset(config, 0, sizeof(*config));
}

int domain_config_complete(struct domain_config *config)
{
    int next = 0, err;

    if (!config->has_uuid) {
        if (getrandom(config->uuid, sizeof(config->uuid), 0) != sizeof(config->uuid))
            return -EIO;
        config->uuid[6] = (config->uuid[6] & 0x0f) | 0x40;     /* version 4, RFC 4122 */
        config->uuid[8] = (config->uuid[8] & 0x3f) | 0x80;
        config->has_uuid = true;
    }
    for (unsigned int i = 0; i < config->vif_count; i++) {
        struct vif_config *vif = &config->vifs[i];

        if (vif->devid < 0)
            vif->devid = next;
        next = vif->devid + 1;
        err = vif->has_mac ? 0 : mac_random(vif->mac);
        if (err)
            return err;
        vif->has_mac = true;
    }
    return 0;
}

/* ---- writing ---- */

static void write_string(FILE *to, const char *text)
{
    fputc('"', to);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(to, "\\%c", *text);
        else if ((unsigned char)*text < ' ')
            fprintf(to, "\\%03o", *text);
        else
            fputc(*text, to);
    }
    fputc('"', to);
}

static void write_text(FILE *to, const char *key, const char *text)
{
    if (!text || !*text)
        return;
    fprintf(to, "%s = ", key);
    write_string(to, text);
    fputc('\n', to);
}

static void write_texts(FILE *to, const char *key, char *const *texts, unsigned int count)
{
    if (!count)
        return;
    fprintf(to, "%s = [", key);
    for (unsigned int i = 0; i < count; i++) {
        fputs(i ? ",\n    " : " ", to);
        write_string(to, texts[i]);
    }
    fputs(" ]\n", to);
}

static void write_given(FILE *to, const char *key, long number, long not_given)
{
    if (number != not_given)
        fprintf(to, "%s = %ld\n", key, number);
}

static void write_devices(const struct domain_config *config, FILE *to)
{
    unsigned int most = config->disk_count + config->vif_count;
    char **texts = xcalloc(most, sizeof(*texts));

    for (unsigned int i = 0; i < config->disk_count; i++)
        texts[i] = disk_format(&config->disks[i]);
    write_texts(to, "disk", texts, config->disk_count);
    for (unsigned int i = 0; i < config->vif_count; i++)
        texts[config->disk_count + i] = vif_format(&config->vifs[i]);
    write_texts(to, "vif", texts + config->disk_count, config->vif_count);
    free_texts(texts, most);
}

/* One list for all vCPUs is written as a plain string: in [ ] it would be for the first alone. */
static void write_cpus(FILE *to, const char *key, char *const *lists, unsigned int count)
{
    if (count == 1)
        write_text(to, key, lists[0]);
    else
        write_texts(to, key, lists, count);
}

bool cpus_are_plain(const char *list)
{
    return !list[strspn(list, "0123456789-,^")];
}

void domain_config_write_more(const struct domain_config *config, FILE *to)
{
    bool plain = true;

    for (unsigned int i = 0; i < config->cpus_count; i++)
        plain = plain && (cpus_are_plain(config->cpus[i]) || !strcmp(config->cpus[i], "all"));
    if (!plain)
        write_cpus(to, "cpus", config->cpus, config->cpus_count);
    write_cpus(to, "cpus_soft", config->cpus_soft, config->cpus_soft_count);
    if (config->on_watchdog != ACTION_DESTROY)
        write_text(to, "on_watchdog", action_name(config->on_watchdog));
    write_given(to, "max_maptrack_frames", config->max_maptrack_frames, -1);
    write_given(to, "tsc_mode", config->tsc_mode, 0);
    /* <clock> says one of the two. */
    if (config->rtc_timeoffset)
        write_given(to, "localtime", config->localtime, 0);
}

void domain_config_write(const struct domain_config *config, FILE *to)
{
    char uuid[37];

    write_text(to, "name", config->name);
    if (config->has_uuid) {
        uuid_format(config->uuid, uuid);
        write_text(to, "uuid", uuid);
    }
    write_text(to, "description", config->description);
    write_text(to, "kernel", config->kernel);
    write_text(to, "ramdisk", config->ramdisk);
    write_text(to, "cmdline", config->cmdline);
    fprintf(to, "memory = %llu\n", (unsigned long long)config->memory_kib / 1024);
    if (config->max_memory_kib != config->memory_kib)
        fprintf(to, "maxmem = %llu\n", (unsigned long long)config->max_memory_kib / 1024);
    fprintf(to, "vcpus = %u\n", config->vcpus);
    if (config->max_vcpus != config->vcpus)
        fprintf(to, "maxvcpus = %u\n", config->max_vcpus);
    write_cpus(to, "cpus", config->cpus, config->cpus_count);
    write_cpus(to, "cpus_soft", config->cpus_soft, config->cpus_soft_count);
    write_given(to, "cpu_weight", config->cpu_weight, -1);
    write_given(to, "cap", config->cap, -1);
    write_text(to, "on_poweroff", action_name(config->on_poweroff));
    write_text(to, "on_reboot", action_name(config->on_reboot));
    write_text(to, "on_crash", action_name(config->on_crash));
    write_text(to, "on_watchdog", action_name(config->on_watchdog));
    write_devices(config, to);
    write_given(to, "max_grant_frames", config->max_grant_frames, -1);
    write_given(to, "max_maptrack_frames", config->max_maptrack_frames, -1);
    write_given(to, "max_event_channels", config->max_event_channels, -1);
    write_given(to, "tsc_mode", config->tsc_mode, 0);
    write_given(to, "rtc_timeoffset", config->rtc_timeoffset, 0);
    write_given(to, "localtime", config->localtime, 0);
}
