/* SPDX-License-Identifier: MIT */
/* Writes a domain as libvirt's XML: into the document it was read from, or a new one. */
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/xalloc.h"
#include "xml/domain_xml.h"
#include "xml/xml_parts.h"
#include "xml/xml_settings.h"

#define NAME(text) ((const xmlChar *)(text))

/* ---- pieces of the tree ---- */

/* The child of that name; made when there is none. */
static xmlNode *have_child(xmlNode *node, const char *name)
{
    xmlNode *child = xml_child(node, name);

    return child ? child : xmlNewChild(node, NULL, NAME(name), NULL);
}

static void drop(xmlNode *node)
{
    xmlUnlinkNode(node);
    xmlFreeNode(node);
}

static void drop_children(xmlNode *node, const char *name)
{
    xmlNode *child;

    while ((child = xml_child(node, name)))
        drop(child);
}

/* What is not to be there goes: else a setting that was taken back would be read again. */
static void set_flag(xmlNode *node, const char *name, bool wanted)
{
    if (wanted)
        have_child(node, name);
    else
        drop_children(node, name);
}

static void set_text(xmlNode *node, const char *name, const char *text)
{
    xmlNode *child;

    if (!text || !*text) {
        drop_children(node, name);
        return;
    }
    child = have_child(node, name);
    xmlNodeSetContent(child, NAME(""));
    xmlNodeAddContent(child, NAME(text));       /* escapes what must be */
}

/* NULL: it is not there. */
static void set_attribute(xmlNode *node, const char *name, const char *value)
{
    if (value)
        xmlSetProp(node, NAME(name), NAME(value));
    else
        xmlUnsetNsProp(node, NULL, NAME(name));
}

static void set_number(xmlNode *node, const char *name, unsigned long long number)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", number);
    set_text(node, name, text);
}

/* <NAME ATTRIBUTE='VALUE'/>, where there is a value; where not, what else it says stays. */
static void set_child_attribute(xmlNode *node, const char *name, const char *attribute,
                                const char *value)
{
    xmlNode *child;

    if (value && *value) {
        set_attribute(have_child(node, name), attribute, value);
        return;
    }
    while ((child = xml_child(node, name))) {
        set_attribute(child, attribute, NULL);
        if (child->properties || child->children)
            return;
        drop(child);
    }
}

static void set_kib(xmlNode *node, const char *name, uint64_t kib)
{
    set_number(node, name, kib);
    set_attribute(have_child(node, name), "unit", "KiB");
}

/* ---- what XML can hold ---- */

/* UTF-8, each character in its shortest form, and none that XML has no way to write. */
static bool fits_xml(const char *text)
{
    const xmlChar *at = NAME(text);

    if (!xmlCheckUTF8(at))
        return false;
    while (*at) {
        int length = 4, character = xmlGetUTF8Char(at, &length);
        xmlChar shortest[8];

        if (!IS_CHAR(character) || xmlCopyChar(0, shortest, character) != length)
            return false;
        at += length;
    }
    return true;
}

static int check_texts(const struct domain_config *config, const char *key, char *const *texts,
                       unsigned int count, struct complaint *c)
{
    for (unsigned int i = 0; i < count; i++)
        if (texts[i] && !fits_xml(texts[i]))
            return complain(c, &config->place, "write it in UTF-8, without control characters",
                            "XML cannot hold %s: it has bytes that are not UTF-8, or control "
                            "characters", key);
    return 0;
}

static int check_disk(const struct domain_config *config, const struct disk_config *disk,
                      struct complaint *c)
{
    char *const texts[] = { disk->target, disk->script, disk->backend };

    return check_texts(config, "disk", texts, sizeof(texts) / sizeof(texts[0]), c);
}

static int check_vif(const struct domain_config *config, const struct vif_config *vif,
                     struct complaint *c)
{
    char *const texts[] = { vif->bridge, vif->ip, vif->script, vif->vifname, vif->backend };

    return check_texts(config, "vif", texts, sizeof(texts) / sizeof(texts[0]), c);
}

int domain_xml_check(const struct domain_config *config, struct complaint *c)
{
    const struct { const char *key; char *const *texts; unsigned int count; } parts[] = {
        { "name", &config->name, 1 },
        { "description", &config->description, 1 },
        { "kernel", &config->kernel, 1 },
        { "ramdisk", &config->ramdisk, 1 },
        { "cmdline", &config->cmdline, 1 },
        { "cpus", config->cpus, config->cpus_count },
        { "cpus_soft", config->cpus_soft, config->cpus_soft_count },
    };
    int err = 0;

    for (size_t i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++)
        err = check_texts(config, parts[i].key, parts[i].texts, parts[i].count, c);
    for (unsigned int i = 0; !err && i < config->disk_count; i++)
        err = check_disk(config, &config->disks[i], c);
    for (unsigned int i = 0; !err && i < config->vif_count; i++)
        err = check_vif(config, &config->vifs[i], c);
    return err;
}

/* ---- the parts ---- */

static bool is_cpuset(const char *list)
{
    return *list && cpus_are_plain(list);
}

/* Where each vCPU has a list of its own. */
static void write_pins(xmlNode *tune, const struct domain_config *config)
{
    drop_children(tune, "vcpupin");
    for (unsigned int i = 0; config->cpus_count > 1 && i < config->cpus_count; i++) {
        xmlNode *pin;
        char number[16];

        if (!is_cpuset(config->cpus[i]))
            continue;
        pin = xmlNewChild(tune, NULL, NAME("vcpupin"), NULL);
        snprintf(number, sizeof(number), "%u", i);
        set_attribute(pin, "vcpu", number);
        set_attribute(pin, "cpuset", config->cpus[i]);
    }
}

static void write_processors(xmlNode *root, const struct domain_config *config)
{
    xmlNode *vcpu, *tune;
    char number[16];

    set_number(root, "vcpu", config->max_vcpus);
    vcpu = have_child(root, "vcpu");
    snprintf(number, sizeof(number), "%u", config->vcpus);
    set_attribute(vcpu, "current", config->vcpus != config->max_vcpus ? number : NULL);
    set_attribute(vcpu, "cpuset", config->cpus_count == 1 && is_cpuset(config->cpus[0]) ?
                                  config->cpus[0] : NULL);
    if (config->cpu_weight < 0 && config->cap <= 0 && config->cpus_count < 2 &&
        !xml_child(root, "cputune"))
        return;
    tune = have_child(root, "cputune");
    drop_children(tune, "shares");
    drop_children(tune, "global_period");
    drop_children(tune, "global_quota");
    if (config->cpu_weight >= 0)
        set_number(tune, "shares", (unsigned long)config->cpu_weight);
    if (config->cap > 0) {
        set_number(tune, "global_period", 100000);
        set_number(tune, "global_quota", (unsigned long)config->cap * 1000);
    }
    write_pins(tune, config);
}

static void write_os(xmlNode *root, const struct domain_config *config)
{
    xmlNode *os = have_child(root, "os"), *type;

    set_text(os, "type", "linux");
    type = have_child(os, "type");
    set_attribute(type, "arch", "x86_64");
    set_attribute(type, "machine", "xenpv");
    set_text(os, "kernel", config->kernel);
    set_text(os, "initrd", config->ramdisk);
    set_text(os, "cmdline", config->cmdline);
}

/* Without an offset of ours. Kinds that we do not know are read as UTC. */
static bool is_clock(xmlNode *clock, bool localtime)
{
    if (localtime)
        return xml_attribute_is(clock, "offset", "localtime");
    return xml_attribute_is(clock, "offset", "utc") ||
           xml_attribute_is(clock, "offset", "timezone") ||
           xml_attribute_is(clock, "offset", "absolute");
}

static void write_clock(xmlNode *root, const struct domain_config *config)
{
    xmlNode *clock = have_child(root, "clock");
    char number[24];

    if (!config->rtc_timeoffset && is_clock(clock, config->localtime))
        return;
    set_attribute(clock, "timezone", NULL);
    set_attribute(clock, "start", NULL);
    if (config->rtc_timeoffset) {
        snprintf(number, sizeof(number), "%ld", config->rtc_timeoffset);
        set_attribute(clock, "offset", "variable");
        set_attribute(clock, "adjustment", number);
    } else {
        set_attribute(clock, "offset", config->localtime ? "localtime" : "utc");
        set_attribute(clock, "adjustment", NULL);
        set_attribute(clock, "basis", NULL);
    }
}

/* A target that is not there just now is what its name says. */
static bool is_block_device(const char *path)
{
    struct stat st;

    return stat(path, &st) ? !strncmp(path, "/dev/", 5) : S_ISBLK(st.st_mode);
}

static void write_disk(xmlNode *node, const struct disk_config *disk)
{
    bool block = is_block_device(disk->target);
    xmlNode *target;

    set_attribute(node, "type", block ? "block" : "file");
    set_attribute(node, "device", disk->cdrom ? "cdrom" : "disk");
    set_child_attribute(node, "driver", "name", "phy");
    set_child_attribute(node, "driver", "type", "raw");
    set_child_attribute(node, "driver", "discard", disk->no_discard ? "ignore" : NULL);
    set_child_attribute(node, "source", block ? "dev" : "file", disk->target);
    set_child_attribute(node, "source", block ? "file" : "dev", NULL);
    target = have_child(node, "target");
    set_attribute(target, "dev", disk->vdev);
    set_attribute(target, "bus", "xen");
    set_child_attribute(node, "script", "path", disk->script);
    set_child_attribute(node, "backenddomain", "name", disk->backend);
    set_flag(node, "readonly", disk->readonly);
    set_flag(node, "shareable", disk->shared);
}

/* In whole KiB a second, from 1 to what can be read back. */
static unsigned long long rate_of(const struct vif_config *vif)
{
    unsigned long long rate = (vif->rate_bytes * 1000000 / vif->rate_us + 512) / 1024;

    return rate < 1 ? 1 : rate > XML_MAX_RATE ? XML_MAX_RATE : rate;
}

/* One element for each address, unless they are there already, with all that we do not know. */
static void write_addresses(xmlNode *node, const char *ip)
{
    char *old = xml_addresses(node), *copy = xstrdup(ip ? ip : ""), *rest = copy, *word;
    bool same = !strcmp(old ? old : "", copy);

    if (!same)
        drop_children(node, "ip");
    while (!same && (word = strsep(&rest, " ")))
        if (*word)
            set_attribute(xmlNewChild(node, NULL, NAME("ip"), NULL), "address", word);
    free(old);
    free(copy);
}

/* A kind of network that we do not know stays, as long as no other bridge takes its place. */
static void write_source(xmlNode *node, const char *bridge)
{
    bool ours = xml_attribute_is(node, "type", "bridge") || !xmlHasProp(node, NAME("type"));

    if (!ours && bridge && xml_attribute_is(xml_child(node, "source"), "bridge", bridge))
        return;
    if (!ours && bridge)
        drop_children(node, "source");
    if (ours || bridge)
        set_attribute(node, "type", bridge ? "bridge" : "ethernet");
    set_child_attribute(node, "source", "bridge", bridge);
}

static void write_interface(xmlNode *node, const struct vif_config *vif)
{
    char mac[18], number[24];

    write_source(node, vif->bridge);
    mac_format(vif->mac, mac);
    set_child_attribute(node, "mac", "address", mac);
    write_addresses(node, vif->ip);
    set_child_attribute(node, "script", "path", vif->script);
    set_child_attribute(node, "backenddomain", "name", vif->backend);
    set_child_attribute(node, "target", "dev", vif->vifname);
    if (vif->rate_bytes) {
        snprintf(number, sizeof(number), "%llu", rate_of(vif));
        set_child_attribute(have_child(node, "bandwidth"), "outbound", "average", number);
    } else if (xml_child(node, "bandwidth")) {
        drop_children(xml_child(node, "bandwidth"), "outbound");
    }
    snprintf(number, sizeof(number), "%u", vif->mtu);
    set_child_attribute(node, "mtu", "size", vif->mtu ? number : NULL);
}

/* ---- devices that the document has already stay as they are, with all that we do not know ---- */

/* CHILD/@ATTRIBUTE of the first CHILD below node, which is the one that is read, is `value`. */
static bool has_value(xmlNode *node, const char *child, const char *attribute, const char *value)
{
    char *text = xml_attribute(xml_child(node, child), attribute);
    bool same = text && !strcasecmp(text, value);

    free(text);
    return same;
}

static bool disk_is_configured(xmlNode *node, const struct domain_config *config)
{
    for (unsigned int i = 0; i < config->disk_count; i++)
        if (has_value(node, "target", "dev", config->disks[i].vdev))
            return true;
    return false;
}

static bool interface_is_configured(xmlNode *node, const struct domain_config *config)
{
    char mac[18];

    for (unsigned int i = 0; i < config->vif_count; i++) {
        mac_format(config->vifs[i].mac, mac);
        if (has_value(node, "mac", "address", mac))
            return true;
    }
    return false;
}

/* The first card whose address no interface has; NULL: there is none. */
static const struct vif_config *new_card(xmlNode *devices, const struct domain_config *config)
{
    for (unsigned int i = 0; i < config->vif_count; i++) {
        bool found = false;
        char mac[18];

        mac_format(config->vifs[i].mac, mac);
        for (xmlNode *at = devices->children; at && !found; at = at->next)
            found = xml_is(at, "interface") && has_value(at, "mac", "address", mac);
        if (!found)
            return &config->vifs[i];
    }
    return NULL;
}

/* An interface that named no address has got one since: it is the next card that is new. */
static void name_interfaces(xmlNode *devices, const struct domain_config *config)
{
    for (xmlNode *at = devices->children; at; at = at->next) {
        const struct vif_config *vif;
        char mac[18];

        if (!xml_is(at, "interface") || xmlHasNsProp(have_child(at, "mac"), NAME("address"), NULL))
            continue;
        vif = new_card(devices, config);
        if (!vif)
            return;
        mac_format(vif->mac, mac);
        set_child_attribute(at, "mac", "address", mac);
    }
}

static void remove_stale(xmlNode *devices, const struct domain_config *config)
{
    xmlNode *next;

    for (xmlNode *at = devices->children; at; at = next) {
        next = at->next;
        if ((xml_is(at, "disk") && !disk_is_configured(at, config)) ||
            (xml_is(at, "interface") && !interface_is_configured(at, config)))
            drop(at);
    }
}

static xmlNode *have_disk(xmlNode *devices, const char *vdev)
{
    for (xmlNode *at = devices->children; at; at = at->next)
        if (xml_is(at, "disk") && has_value(at, "target", "dev", vdev))
            return at;
    return xmlNewChild(devices, NULL, NAME("disk"), NULL);
}

/* Cards are numbered in the order of their elements. */
static void put_behind(xmlNode *before, xmlNode *node)
{
    xmlNode *at = before->next;

    while (at && at != node)
        at = at->next;
    if (!at)
        xmlAddNextSibling(before, node);
}

/* Where several cards have one address, the first element of it is the first one's, and so on. */
static xmlNode *have_interface(xmlNode *devices, const struct vif_config *vifs, unsigned int card)
{
    unsigned int others = 0;
    char mac[18];

    for (unsigned int i = 0; i < card; i++)
        others += !memcmp(vifs[i].mac, vifs[card].mac, sizeof(vifs[i].mac));
    mac_format(vifs[card].mac, mac);
    for (xmlNode *at = devices->children; at; at = at->next)
        if (xml_is(at, "interface") && has_value(at, "mac", "address", mac) && !others--)
            return at;
    return xmlNewChild(devices, NULL, NAME("interface"), NULL);
}

static void write_interfaces(xmlNode *devices, const struct domain_config *config)
{
    xmlNode *before = NULL;

    for (unsigned int i = 0; i < config->vif_count; i++) {
        xmlNode *node = have_interface(devices, config->vifs, i);

        write_interface(node, &config->vifs[i]);
        if (before)
            put_behind(before, node);
        before = node;
    }
}

static void write_limits(xmlNode *devices, const struct domain_config *config)
{
    xmlNode *controller = NULL;
    char number[24];

    for (xmlNode *at = devices->children; at && !controller; at = at->next)
        if (xml_is(at, "controller") && xml_attribute_is(at, "type", "xenbus"))
            controller = at;
    if (!controller && config->max_grant_frames < 0 && config->max_event_channels < 0)
        return;
    if (!controller)
        controller = xmlNewChild(devices, NULL, NAME("controller"), NULL);
    set_attribute(controller, "type", "xenbus");
    snprintf(number, sizeof(number), "%ld", config->max_grant_frames);
    set_attribute(controller, "maxGrantFrames", config->max_grant_frames < 0 ? NULL : number);
    snprintf(number, sizeof(number), "%ld", config->max_event_channels);
    set_attribute(controller, "maxEventChannels", config->max_event_channels < 0 ? NULL : number);
}

static void write_devices(xmlNode *root, const struct domain_config *config)
{
    xmlNode *devices = have_child(root, "devices"), *console;

    name_interfaces(devices, config);
    remove_stale(devices, config);
    for (unsigned int i = 0; i < config->disk_count; i++)
        write_disk(have_disk(devices, config->disks[i].vdev), &config->disks[i]);
    write_interfaces(devices, config);
    write_limits(devices, config);
    if (xml_child(devices, "console"))
        return;
    console = have_child(devices, "console");
    set_attribute(console, "type", "pty");
    set_child_attribute(console, "target", "type", "xen");
    set_child_attribute(console, "target", "port", "0");
}

/* ---- the document ---- */

static xmlDoc *base_document(const struct domain_config *config)
{
    xmlDoc *doc = NULL;

    if (config->xml)
        doc = xmlReadMemory(config->xml, (int)strlen(config->xml), NULL, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                            XML_PARSE_NOBLANKS);
    if (!doc) {
        doc = xmlNewDoc(NAME("1.0"));
        xmlDocSetRootElement(doc, xmlNewNode(NULL, NAME("domain")));
    }
    return doc;
}

char *domain_xml_write(const struct domain_config *config, int domid)
{
    xmlDoc *doc = base_document(config);
    xmlNode *root = xmlDocGetRootElement(doc);
    xmlBuffer *buffer = xmlBufferCreate();
    char text[40];
    char *result;

    set_attribute(root, "type", "xen");
    snprintf(text, sizeof(text), "%d", domid);
    xmlUnsetNsProp(root, NULL, NAME("id"));
    set_attribute(root, "id", domid >= 0 ? text : NULL);
    set_text(root, "name", config->name);
    uuid_format(config->uuid, text);
    set_text(root, "uuid", config->has_uuid ? text : NULL);
    set_text(root, "description", config->description);
    set_kib(root, "memory", config->max_memory_kib);
    set_kib(root, "currentMemory", config->memory_kib);
    write_processors(root, config);
    write_os(root, config);
    write_clock(root, config);
    set_text(root, "on_poweroff", action_name(config->on_poweroff));
    set_text(root, "on_reboot", action_name(config->on_reboot));
    set_text(root, "on_crash", action_name(config->on_crash));
    write_devices(root, config);
    xml_settings_write(root, config);
    xmlNodeDump(buffer, doc, root, 0, 1);
    result = xasprintf("%s\n", (const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    xmlFreeDoc(doc);
    return result;
}
