/* SPDX-License-Identifier: MIT */
/* Reads and writes disk specifications. */
#include "config/disk_spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/xalloc.h"

/* ---- virtual device names ---- */

#define XVD_MAJOR 202u
#define EXTENDED  (1u << 28)

/* Letters a, b, ... z, aa, ab: 0, 1, ... Moves *name past them; -1: none. */
static int letters_to_disk(const char **name)
{
    int disk = 0;

    if (!islower((unsigned char)**name))
        return -1;
    for (; islower((unsigned char)**name) && disk < 1 << 20; (*name)++)
        disk = disk * 26 + (**name - 'a') + 1;
    return disk - 1;
}

static int number_in(const char **text, uint32_t max, uint32_t *number)
{
    char *end;
    unsigned long n;

    if (!isdigit((unsigned char)**text))
        return -EINVAL;
    n = strtoul(*text, &end, 10);
    if (n > max)
        return -EINVAL;
    *text = end;
    *number = (uint32_t)n;
    return 0;
}

static int xvd_number(uint32_t disk, uint32_t part, uint32_t *devid)
{
    if (disk >= 1u << 20 || part > 255)
        return -EINVAL;
    *devid = disk < 16 && part < 16 ? XVD_MAJOR << 8 | disk << 4 | part
                                    : EXTENDED | disk << 8 | part;
    return 0;
}

static int ide_number(uint32_t disk, uint32_t part, uint32_t *devid)
{
    if (disk > 3 || part > 63)
        return -EINVAL;
    *devid = (disk < 2 ? 3u : 22u) << 8 | (disk & 1) << 6 | part;
    return 0;
}

static int scsi_number(uint32_t disk, uint32_t part, uint32_t *devid)
{
    if (disk > 15 || part > 15)
        return -EINVAL;
    *devid = 8u << 8 | disk << 4 | part;
    return 0;
}

static int lettered(const char *name, int (*number)(uint32_t, uint32_t, uint32_t *),
                    uint32_t *devid)
{
    int disk = letters_to_disk(&name);
    uint32_t part = 0;

    if (disk < 0 || (*name && (number_in(&name, 255, &part) || !part || *name)))
        return -EINVAL;
    return number((uint32_t)disk, part, devid);
}

int vdev_parse(const char *name, uint32_t *devid)
{
    uint32_t disk, part = 0;
    const char *at = name;
    char *end;

    if (strlen(name) >= VDEV_MAX)
        return -EINVAL;
    if (!strncmp(name, "xvd", 3))
        return lettered(name + 3, xvd_number, devid);
    if (!strncmp(name, "hd", 2))
        return lettered(name + 2, ide_number, devid);
    if (!strncmp(name, "sd", 2))
        return lettered(name + 2, scsi_number, devid);
    if (*at == 'd' && at++ && !number_in(&at, (1u << 20) - 1, &disk)) {
        if (*at == 'p' && at++ && number_in(&at, 255, &part))
            return -EINVAL;
        return *at ? -EINVAL : xvd_number(disk, part, devid);
    }
    if (!isdigit((unsigned char)*name))
        return -EINVAL;
    errno = 0;
    *devid = (uint32_t)strtoul(name, &end, 0);
    return *end || errno ? -EINVAL : 0;
}

void vdev_name(uint32_t devid, char name[VDEV_MAX])
{
    uint32_t disk, part;
    char letters[8];
    int n = sizeof(letters);

    name[0] = '\0';
    if (devid & EXTENDED)
        disk = devid >> 8 & 0xfffff, part = devid & 0xff;
    else if (devid >> 8 == XVD_MAJOR)
        disk = devid >> 4 & 15, part = devid & 15;
    else
        return;
    letters[--n] = '\0';
    for (uint32_t rest = disk + 1; rest; rest = (rest - 1) / 26)
        letters[--n] = (char)('a' + (rest - 1) % 26);
    if (part)
        snprintf(name, VDEV_MAX, "xvd%s%u", letters + n, part);
    else
        snprintf(name, VDEV_MAX, "xvd%s", letters + n);
}

/* ---- the parts of a specification ---- */

struct disk_reader {
    struct disk_config *disk;
    const struct place *place;
    struct complaint *c;
    unsigned int position;      /* of the next value without a key */
    bool classic;               /* xm's form: no format between target and vdev */
    bool in_dev;                /* a target without a directory is a device */
    bool has_format;
};

enum { POS_TARGET, POS_FORMAT, POS_VDEV, POS_ACCESS, POS_BACKEND };

static int set_format(struct disk_reader *r, const char *value)
{
    r->has_format = true;
    if (!*value || !strcmp(value, "raw") || !strcmp(value, "aio"))
        return 0;
    return complain(r->c, r->place, "convert the image: qemu-img convert -O raw OLD NEW",
                    "disk format \"%s\" is not supported, only raw", value);
}

/* What xm wrote before a target; several may follow each other. */
static const struct {
    const char *word;
    enum { PLAIN, DEVICE, FORMAT, SCRIPT } means;
} prefixes[] = {
    { "file:", PLAIN },    { "tap:", PLAIN },    { "tap2:", PLAIN },  { "tapdisk:", PLAIN },
    { "aio:", PLAIN },     { "raw:", PLAIN },    { "ioemu:", PLAIN }, { "phy:", DEVICE },
    { "qcow:", FORMAT },   { "qcow2:", FORMAT }, { "vhd:", FORMAT },  { "qed:", FORMAT },
    { "iscsi:", SCRIPT },  { "drbd:", SCRIPT },  { "nbd:", SCRIPT },  { "enbd:", SCRIPT },
};

/* Take the prefix at *value, if there is one: 1; -EINVAL. */
static int take_prefix(struct disk_reader *r, const char **value)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        const char *word = prefixes[i].word;
        size_t n = strlen(word);
        char name[16];

        if (strncmp(*value, word, n))
            continue;
        snprintf(name, sizeof(name), "%.*s", (int)n - 1, word);
        *value += n;
        r->classic = true;
        if (prefixes[i].means == FORMAT)
            return set_format(r, name);
        if (prefixes[i].means == SCRIPT) {
            free(r->disk->script);
            r->disk->script = xasprintf("block-%s", name);
        }
        r->in_dev = prefixes[i].means == DEVICE;
        return 1;
    }
    return 0;
}

static int set_target(struct disk_reader *r, const char *value)
{
    int took;

    while ((took = take_prefix(r, &value)) > 0)
        ;
    if (took < 0)
        return took;
    free(r->disk->target);
    /* xm took a device without its directory. */
    r->disk->target = r->in_dev && *value && *value != '/' ? xasprintf("/dev/%s", value)
                                                           : xstrdup(value);
    return 0;
}

static int set_vdev(struct disk_reader *r, const char *value)
{
    const char *colon = strchr(value, ':');
    size_t n = colon ? (size_t)(colon - value) : strlen(value);

    if (colon && !strcmp(colon, ":cdrom"))
        r->disk->cdrom = true;
    else if (colon && strcmp(colon, ":disk"))
        return complain(r->c, r->place, "only :cdrom and :disk may follow",
                        "\"%s\" is not a virtual device", value);
    snprintf(r->disk->vdev, sizeof(r->disk->vdev), "%.*s", (int)n, value);
    if (n >= VDEV_MAX || vdev_parse(r->disk->vdev, &r->disk->devid))
        return complain(r->c, r->place, "use xvda, xvdb, ... (xvda1 for a partition)",
                        "\"%s\" is not a virtual device", value);
    return 0;
}

static int set_access(struct disk_reader *r, const char *value)
{
    static const struct {
        const char *text;
        bool readonly, shared;
    } modes[] = { { "r", true, false },   { "ro", true, false }, { "w", false, false },
                  { "rw", false, false }, { "r!", true, true },  { "!", false, true },
                  { "w!", false, true },  { "rw!", false, true } };

    if (!*value)
        return 0;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (!strcmp(value, modes[i].text)) {
            r->disk->readonly = modes[i].readonly;
            r->disk->shared = modes[i].shared;
            return 0;
        }
    return complain(r->c, r->place, "use r, w, or w! (shared by several writers)",
                    "\"%s\" is not a disk's access mode", value);
}

static int set_backend(struct disk_reader *r, const char *value)
{
    free(r->disk->backend);
    r->disk->backend = *value && strcmp(value, "0") && strcmp(value, "Domain-0") ? xstrdup(value)
                                                                                 : NULL;
    return 0;
}

static int set_devtype(struct disk_reader *r, const char *value)
{
    r->disk->cdrom = !strcmp(value, "cdrom");
    if (r->disk->cdrom || !strcmp(value, "disk"))
        return 0;
    return complain(r->c, r->place, "use disk or cdrom", "\"%s\" is not a type of disk", value);
}

static int set_backendtype(struct disk_reader *r, const char *value)
{
    if (!strcmp(value, "phy"))
        return 0;
    return complain(r->c, r->place,
                    "leave backendtype out: Domain0's block driver serves every disk",
                    "disk backend type \"%s\" is not supported", value);
}

static int set_specification(struct disk_reader *r, const char *value)
{
    if (!strcmp(value, "xen"))
        return 0;
    return complain(r->c, r->place, "leave specification out",
                    "disks are served by Xen's protocol, not by \"%s\"", value);
}

static int set_script(struct disk_reader *r, const char *value)
{
    free(r->disk->script);
    r->disk->script = *value ? xstrdup(value) : NULL;
    return 0;
}

static const struct {
    const char *key;
    int (*set)(struct disk_reader *r, const char *value);
} disk_keys[] = {
    { "target", set_target },           { "format", set_format },   { "vdev", set_vdev },
    { "access", set_access },           { "devtype", set_devtype }, { "backend", set_backend },
    { "backendtype", set_backendtype }, { "script", set_script },
    { "specification", set_specification },
};

/* Words that stand alone wherever they are. */
static bool set_flag(struct disk_config *disk, const char *word)
{
    if (!strcmp(word, "cdrom"))
        disk->cdrom = true;
    else if (!strcmp(word, "direct-io-safe"))
        disk->direct_io = true;
    else if (!strcmp(word, "no-discard"))
        disk->no_discard = true;
    else if (strcmp(word, "discard"))
        return false;
    return true;
}

static int set_positional(struct disk_reader *r, const char *value)
{
    uint32_t devid;

    /* What has its value by a key is passed over. */
    if (r->position == POS_FORMAT && !r->has_format && !vdev_parse(value, &devid))
        r->classic = true;
    if (r->position == POS_FORMAT && (r->classic || r->has_format))
        r->position = POS_VDEV;
    if (r->position == POS_VDEV && r->disk->vdev[0])
        r->position = POS_ACCESS;
    if (r->position == POS_BACKEND && !r->classic)
        r->position++;
    switch (r->position++) {
    case POS_TARGET:
        return set_target(r, value);
    case POS_FORMAT:
        return set_format(r, value);
    case POS_VDEV:
        return set_vdev(r, value);
    case POS_ACCESS:
        return set_access(r, value);
    case POS_BACKEND:
        return set_backend(r, value);
    default:
        return complain(r->c, r->place, NULL, "unexpected \"%s\" in a disk", value);
    }
}

static int read_part(struct disk_reader *r, const char *part)
{
    const char *equals = strchr(part, '=');
    size_t n = equals ? (size_t)(equals - part) : 0;

    if (set_flag(r->disk, part))
        return 0;
    for (size_t i = 0; equals && i < sizeof(disk_keys) / sizeof(disk_keys[0]); i++)
        if (n == strlen(disk_keys[i].key) && !memcmp(part, disk_keys[i].key, n))
            return disk_keys[i].set(r, equals + 1);
    if (equals && !memchr(part, '/', n))
        return complain(r->c, r->place, "see xm.cfg(5) for the keys of a disk",
                        "unknown disk key \"%.*s\"", (int)n, part);
    return set_positional(r, part);
}

static char *trimmed(const char *start, size_t n)
{
    while (n && isspace((unsigned char)*start))
        start++, n--;
    while (n && isspace((unsigned char)start[n - 1]))
        n--;
    return xstrndup(start, n);
}

int disk_parse(const char *text, const struct place *place, struct disk_config *disk,
               struct complaint *c)
{
    struct disk_reader r = { .disk = disk, .place = place, .c = c };
    int err = 0;

    memset(disk, 0, sizeof(*disk));
    disk->place = *place;
    for (const char *at = text; !err && at; ) {
        const char *comma = strchr(at, ',');
        char *part = trimmed(at, comma ? (size_t)(comma - at) : strlen(at));

        if (!strncmp(part, "target=", 7))       /* takes the rest, commas too */
            comma = NULL, free(part), part = trimmed(at, strlen(at));
        err = read_part(&r, part);
        free(part);
        at = comma ? comma + 1 : NULL;
    }
    if (!err && (!disk->target || !*disk->target))
        err = complain(c, place, "name a file or block device first: \"/path,raw,xvda,w\"",
                       "disk \"%s\" has no target", text);
    if (!err && !disk->vdev[0])
        err = complain(c, place, "name one: \"/path,raw,xvda,w\"",
                       "disk \"%s\" has no virtual device", text);
    if (disk->cdrom)
        disk->readonly = true;
    if (err)
        disk_free(disk);
    return err;
}

void disk_free(struct disk_config *disk)
{
    free(disk->target);
    free(disk->script);
    free(disk->backend);
    memset(disk, 0, sizeof(*disk));
}

char *disk_format(const struct disk_config *disk)
{
    return xasprintf("vdev=%s,access=%s%s%s%s%s%s%s%s%s,target=%s", disk->vdev,
                     disk->readonly ? "r" : "w", disk->shared ? "!" : "",
                     disk->cdrom ? ",cdrom" : "", disk->direct_io ? ",direct-io-safe" : "",
                     disk->no_discard ? ",no-discard" : "",
                     disk->script ? ",script=" : "", disk->script ? disk->script : "",
                     disk->backend ? ",backend=" : "", disk->backend ? disk->backend : "",
                     disk->target);
}
