/* SPDX-License-Identifier: MIT */
/* One domain's definition: what the settings of a configuration file mean. */
#ifndef CONFIG_DOMAIN_CONFIG_H
#define CONFIG_DOMAIN_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "config/disk_spec.h"
#include "config/parse.h"
#include "config/vif_spec.h"

/* What becomes of a domain that stopped. The order is that of action_names[]. */
enum domain_action {
    ACTION_DESTROY,
    ACTION_RESTART,
    ACTION_RENAME_RESTART,
    ACTION_PRESERVE,
    ACTION_COREDUMP_DESTROY,
    ACTION_COREDUMP_RESTART,
    ACTION_COUNT
};

#define DOMAIN_NAME_MAX 64u

struct domain_config {
    char *name;
    uint8_t uuid[16];
    bool has_uuid;
    char *description;
    char *kernel, *ramdisk;     /* paths; ramdisk may be NULL */
    char *cmdline;              /* put together from cmdline=, or root=, extra= and xm's helpers */
    uint64_t memory_kib, max_memory_kib;
    unsigned int vcpus, max_vcpus;
    char **cpus;                /* hard affinity: one list for all vCPUs, or one for each */
    unsigned int cpus_count;
    char **cpus_soft;
    unsigned int cpus_soft_count;
    long cpu_weight, cap;       /* -1: not given */
    enum domain_action on_poweroff, on_reboot, on_crash, on_watchdog;
    struct disk_config *disks;
    unsigned int disk_count;
    struct vif_config *vifs;
    unsigned int vif_count;
    long max_grant_frames, max_maptrack_frames, max_event_channels;     /* -1: not given */
    long tsc_mode, rtc_timeoffset, localtime;
    char *xml;                  /* the document it was read from, unknown parts too; or NULL */
    struct place place;         /* of the file as a whole */
};

/* What a definition says that says nothing. */
void domain_config_defaults(struct domain_config *config);

/*
 * The last step of reading: what must be there, and what settings say about each other. Fills in
 * what follows from others. 0 or -EINVAL with *c filled.
 */
int domain_config_check(struct domain_config *config, struct complaint *c);

/*
 * Interpret parsed settings. Unknown keys are warned of, with the nearest known one; a wrong value
 * is an error at its place. `strict` makes unknown keys errors. 0, or -EINVAL with *c filled;
 * *config is overwritten and need not be freed on failure.
 */
int domain_config_read(const struct cfg *cfg, bool strict, struct domain_config *config,
                       struct complaint *c);
void domain_config_free(struct domain_config *config);

/* Write as a configuration file that reads back the same, uuid and addresses of cards included. */
void domain_config_write(const struct domain_config *config, FILE *to);

/*
 * The settings for which libvirt's XML has no word: the same for these alone, written where they
 * differ from the default. Any other is refused: -EINVAL with *c filled.
 */
void domain_config_write_more(const struct domain_config *config, FILE *to);
int domain_config_read_more(const struct cfg *cfg, struct domain_config *config,
                            struct complaint *c);

/* Whether a list of CPUs consists of numbers and ranges, as all software understands it. */
bool cpus_are_plain(const char *list);

const char *action_name(enum domain_action action);

/* -EINVAL: no such action. */
int action_parse(const char *text, enum domain_action *action);

/* "11111111-2222-...": 36 characters and a NUL; back (dashes may be missing): 0 or -EINVAL. */
void uuid_format(const uint8_t uuid[16], char text[37]);
int uuid_parse(const char *text, uint8_t uuid[16]);

/* Complete what every new domain needs and the file left out: uuid, addresses, device numbers. */
int domain_config_complete(struct domain_config *config);

/* The known key with the fewest differences to `word`, or NULL when none is near. */
const char *nearest_key(const char *word);

#endif
