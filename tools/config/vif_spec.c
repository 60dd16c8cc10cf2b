/* SPDX-License-Identifier: MIT */
/* Reads and writes specifications of network cards. */
#include "config/vif_spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "config/xalloc.h"

#define DEFAULT_RATE_US 50000u
#define MAX_RATE_US     UINT32_MAX
#define IFNAME_MAX      15u

int mac_parse(const char *text, uint8_t mac[6])
{
    for (int i = 0; i < 6; i++) {
        int n = 0;

        if (sscanf(text, "%2hhx%n", &mac[i], &n) != 1 || !isxdigit((unsigned char)*text))
            return -EINVAL;
        text += n;
        if (i < 5 && *text != ':' && *text != '-')
            return -EINVAL;
        text += i < 5;
    }
    return *text || mac[0] & 1 ? -EINVAL : 0;
}

void mac_format(const uint8_t mac[6], char text[18])
{
    snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
             mac[5]);
}

int mac_random(uint8_t mac[6])
{
    mac[0] = 0x00, mac[1] = 0x16, mac[2] = 0x3e;
    if (getrandom(mac + 3, 3, 0) != 3)
        return -EIO;
    mac[3] &= 0x7f;
    return 0;
}

/* "@20ms" or nothing; a number alone is of seconds. */
static int interval_parse(const char *text, uint32_t *us)
{
    unsigned long number;
    char *end;

    *us = DEFAULT_RATE_US;
    if (!*text)
        return 0;
    if (*text++ != '@' || !isdigit((unsigned char)*text))
        return -EINVAL;
    number = strtoul(text, &end, 10);
    if ((!*end || !strcmp(end, "s")) && number <= MAX_RATE_US / 1000000)
        number *= 1000000;
    else if (!strcmp(end, "ms") && number <= MAX_RATE_US / 1000)
        number *= 1000;
    else if ((*end && strcmp(end, "us")) || number > MAX_RATE_US)
        return -EINVAL;
    *us = (uint32_t)number;
    return number ? 0 : -EINVAL;
}

int rate_parse(const char *text, uint64_t *bytes, uint32_t *us)
{
    unsigned __int128 per_second, per_interval;
    char *end;

    if (!isdigit((unsigned char)*text))
        return -EINVAL;
    errno = 0;
    per_second = strtoull(text, &end, 10);
    if (errno)
        return -EINVAL;
    if (*end && strchr("GMK", *end)) {
        per_second *= *end == 'G' ? 1000000000 : *end == 'M' ? 1000000 : 1000;
        end++;
    }
    if (*end != 'b' && *end != 'B')
        return -EINVAL;
    if (*end++ == 'b')
        per_second /= 8;
    if (strncmp(end, "/s", 2) || interval_parse(end + 2, us))
        return -EINVAL;
    per_interval = per_second * *us / 1000000;
    *bytes = (uint64_t)per_interval;
    return per_interval && per_interval <= UINT32_MAX ? 0 : -EINVAL;
}

/* ---- the keys ---- */

struct vif_reader {
    struct vif_config *vif;
    const struct place *place;
    struct complaint *c;
};

static int set_text(char **field, const char *value)
{
    free(*field);
    *field = *value ? xstrdup(value) : NULL;
    return 0;
}

static int set_mac(struct vif_reader *r, const char *value)
{
    if (mac_parse(value, r->vif->mac))
        return complain(r->c, r->place,
                        "six pairs of hex digits, the first pair even: 00:16:3e:01:02:03",
                        "\"%s\" is not the address of a network card", value);
    r->vif->has_mac = true;
    return 0;
}

/* Names of interfaces go into the kernel's fixed field. */
static int set_ifname(struct vif_reader *r, char **field, const char *value)
{
    if (strlen(value) > IFNAME_MAX || strpbrk(value, "/: \t"))
        return complain(r->c, r->place, "at most 15 characters, without '/', ':' and blanks",
                        "\"%s\" cannot be the name of a network interface", value);
    return set_text(field, value);
}

static int set_bridge(struct vif_reader *r, const char *value)
{
    return set_ifname(r, &r->vif->bridge, value);
}

static int set_vifname(struct vif_reader *r, const char *value)
{
    return set_ifname(r, &r->vif->vifname, value);
}

static int set_gatewaydev(struct vif_reader *r, const char *value)
{
    return set_ifname(r, &r->vif->gatewaydev, value);
}

static int set_ip(struct vif_reader *r, const char *value)
{
    return set_text(&r->vif->ip, value);
}

static int set_script(struct vif_reader *r, const char *value)
{
    return set_text(&r->vif->script, value);
}

static int set_backend(struct vif_reader *r, const char *value)
{
    bool here = !strcmp(value, "0") || !strcmp(value, "Domain-0");

    return set_text(&r->vif->backend, here ? "" : value);
}

static int set_rate(struct vif_reader *r, const char *value)
{
    if (!rate_parse(value, &r->vif->rate_bytes, &r->vif->rate_us))
        return 0;
    return complain(r->c, r->place, "for example 10Mb/s, 250KB/s or 1GB/s@20ms",
                    "\"%s\" is not a rate", value);
}

static int set_number(struct vif_reader *r, const char *value, long max, long *number)
{
    char *end;

    *number = strtol(value, &end, 10);
    if (isdigit((unsigned char)*value) && !*end && *number <= max)
        return 0;
    return complain(r->c, r->place, NULL, "\"%s\" is not a number up to %ld", value, max);
}

static int set_mtu(struct vif_reader *r, const char *value)
{
    long number = 0;
    int err = set_number(r, value, 65535, &number);

    r->vif->mtu = (uint32_t)number;
    return err;
}

static int set_devid(struct vif_reader *r, const char *value)
{
    long number = -1;
    int err = set_number(r, value, 65535, &number);

    r->vif->devid = (int)number;
    return err;
}

static int set_type(struct vif_reader *r, const char *value)
{
    if (!strcmp(value, "vif") || !strcmp(value, "netfront"))
        return 0;
    return complain(r->c, r->place, "leave type= out: a PV guest has virtual cards (vif) only",
                    "network card type \"%s\" is not supported", value);
}

/* Says nothing to a PV guest. */
static int ignore(struct vif_reader *r, const char *value)
{
    (void)r;
    (void)value;
    return 0;
}

static const struct {
    const char *key;
    int (*set)(struct vif_reader *r, const char *value);
} vif_keys[] = {
    { "mac", set_mac },         { "bridge", set_bridge },   { "ip", set_ip },
    { "script", set_script },   { "vifname", set_vifname }, { "backend", set_backend },
    { "rate", set_rate },       { "mtu", set_mtu },         { "gatewaydev", set_gatewaydev },
    { "type", set_type },       { "devid", set_devid },     { "model", ignore },
    { "accel", ignore },        { "trusted", ignore },      { "netdev", set_gatewaydev },
};

static int read_part(struct vif_reader *r, char *part)
{
    char *equals = strchr(part, '=');

    if (!*part)
        return 0;
    if (!equals)
        return complain(r->c, r->place, "a network card is KEY=VALUE,KEY=VALUE...",
                        "\"%s\" is not KEY=VALUE", part);
    *equals = '\0';
    for (size_t i = 0; i < sizeof(vif_keys) / sizeof(vif_keys[0]); i++)
        if (!strcmp(part, vif_keys[i].key))
            return vif_keys[i].set(r, equals + 1);
    return complain(r->c, r->place, "see xm.cfg(5) for the keys of a network card",
                    "unknown network card key \"%s\"", part);
}

int vif_parse(const char *text, const struct place *place, struct vif_config *vif,
              struct complaint *c)
{
    struct vif_reader r = { vif, place, c };
    char *copy = xstrdup(text), *rest = copy, *part;
    int err = 0;

    memset(vif, 0, sizeof(*vif));
    vif->devid = -1;
    vif->place = *place;
    while (!err && (part = strsep(&rest, ","))) {
        while (isspace((unsigned char)*part))
            part++;
        for (char *end = part + strlen(part); end > part && isspace((unsigned char)end[-1]); )
            *--end = '\0';
        err = read_part(&r, part);
    }
    free(copy);
    if (err)
        vif_free(vif);
    return err;
}

void vif_free(struct vif_config *vif)
{
    free(vif->bridge);
    free(vif->ip);
    free(vif->script);
    free(vif->vifname);
    free(vif->backend);
    free(vif->gatewaydev);
    memset(vif, 0, sizeof(*vif));
}

/* ",KEY=VALUE" added to *text, freeing the old one. */
static void add(char **text, const char *key, const char *value)
{
    char *longer;

    if (!value)
        return;
    longer = xasprintf("%s%s%s=%s", *text, **text ? "," : "", key, value);
    free(*text);
    *text = longer;
}

char *vif_format(const struct vif_config *vif)
{
    char *text = xstrdup(""), number[64];

    if (vif->has_mac) {
        mac_format(vif->mac, number);
        add(&text, "mac", number);
    }
    add(&text, "bridge", vif->bridge);
    add(&text, "ip", vif->ip);
    add(&text, "script", vif->script);
    add(&text, "vifname", vif->vifname);
    add(&text, "backend", vif->backend);
    add(&text, "gatewaydev", vif->gatewaydev);
    if (vif->rate_bytes) {
        snprintf(number, sizeof(number), "%lluB/s@%uus",
                 (unsigned long long)((vif->rate_bytes * 1000000 + vif->rate_us - 1) /
                                      vif->rate_us), vif->rate_us);
        add(&text, "rate", number);
    }
    if (vif->mtu) {
        snprintf(number, sizeof(number), "%u", vif->mtu);
        add(&text, "mtu", number);
    }
    if (vif->devid >= 0) {
        snprintf(number, sizeof(number), "%d", vif->devid);
        add(&text, "devid", number);
    }
    return text;
}
