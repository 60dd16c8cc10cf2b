/* SPDX-License-Identifier: MIT */
/* Reads libvirt's XML of a domain. */
#include "xml/domain_xml.h"

#include <ctype.h>
#include <errno.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#include "config/xalloc.h"
#include "xml/xml_parts.h"
#include "xml/xml_settings.h"

struct xml_reading {
    const char *file, *text;
    struct domain_config *config;
    struct complaint *c;
};

/* ---- places ---- */

/*
 * The parser knows the line on which a start tag ends; the column is where its name stands on it.
 */
static struct place place_of(const struct xml_reading *r, const xmlNode *node)
{
    struct place place = { r->file, (unsigned int)xmlGetLineNo((xmlNodePtr)node), 1 };
    const char *line = r->text;
    char tag[64];
    size_t n, length;

    for (unsigned int i = 1; i < place.line && line; i++) {
        line = strchr(line, '\n');
        if (line)
            line++;
    }
    if (!line || !node->name)
        return place;
    n = (size_t)snprintf(tag, sizeof(tag), "<%s", (const char *)node->name);
    length = strcspn(line, "\n");
    for (size_t i = 0; n < sizeof(tag) && i + n <= length; i++)
        if (!memcmp(line + i, tag, n)) {
            place.column = (unsigned int)i + 1;
            break;
        }
    return place;
}

static int wrong(struct xml_reading *r, const xmlNode *node, const char *remedy,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

static int wrong(struct xml_reading *r, const xmlNode *node, const char *remedy,
                 const char *format, ...)
{
    struct place place = place_of(r, node);
    va_list args;
    char *text;
    int err;

    va_start(args, format);
    text = xvasprintf(format, args);
    va_end(args);
    err = complain(r->c, &place, remedy, "%s", text);
    free(text);
    return err;
}

/* ---- pieces of the tree ---- */

/* Text of an element without the blanks around it, malloc()ed; NULL: no such element, or empty. */
static char *text_of(const xmlNode *node)
{
    xmlChar *content = node ? xmlNodeGetContent(node) : NULL;
    const char *start = (const char *)content;
    char *text = NULL;
    size_t n;

    if (!content)
        return NULL;
    while (isspace((unsigned char)*start))
        start++;
    n = strlen(start);
    while (n && isspace((unsigned char)start[n - 1]))
        n--;
    if (n)
        text = xstrndup(start, n);
    xmlFree(content);
    return text;
}

/* A number in `text` (freed here; NULL: *number stays). */
static int read_number(struct xml_reading *r, const xmlNode *node, char *text, long long min,
                       long long max, long long *number)
{
    char *end;
    long long value;
    int err = 0;

    if (!text)
        return 0;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno || *end || end == text || value < min || value > max)
        err = wrong(r, node, NULL, "\"%s\" is not a number from %lld to %lld", text, min, max);
    else
        *number = value;
    free(text);
    return err;
}

/* ---- identity and boot ---- */

static int read_name(struct xml_reading *r, const xmlNode *node)
{
    char *name = text_of(node);

    if (!name || strlen(name) > DOMAIN_NAME_MAX || strchr(name, '/')) {
        int err = wrong(r, node, "1 to 64 characters without '/'",
                        "\"%s\" cannot be a domain's name", name ? name : "");
        free(name);
        return err;
    }
    free(r->config->name);
    r->config->name = name;
    return 0;
}

static int read_uuid(struct xml_reading *r, const xmlNode *node)
{
    char *text = text_of(node);
    int err = 0;

    if (!text || uuid_parse(text, r->config->uuid))
        err = wrong(r, node, "32 hex digits: 8-4-4-4-12, or leave it out", "\"%s\" is not a UUID",
                    text ? text : "");
    else
        r->config->has_uuid = true;
    free(text);
    return err;
}

static int read_description(struct xml_reading *r, const xmlNode *node)
{
    free(r->config->description);
    r->config->description = text_of(node);
    return 0;
}

static int read_os(struct xml_reading *r, const xmlNode *node)
{
    struct domain_config *config = r->config;
    char *type = text_of(xml_child(node, "type"));
    int err = 0;

    if (type && strcmp(type, "linux") && strcmp(type, "xen"))
        err = wrong(r, xml_child(node, "type"), "this hypervisor runs paravirtual guests: "
                    "<type>linux</type>", "guest type \"%s\" is not supported", type);
    free(type);
    free(config->kernel);
    free(config->ramdisk);
    free(config->cmdline);
    config->kernel = text_of(xml_child(node, "kernel"));
    config->ramdisk = text_of(xml_child(node, "initrd"));
    config->cmdline = text_of(xml_child(node, "cmdline"));
    return err;
}

static int read_bootloader(struct xml_reading *r, const xmlNode *node)
{
    char *text = text_of(node);
    int err = text ? wrong(r, node, "copy the guest's kernel out and name it with <kernel> and "
                           "<initrd>", "<bootloader> is not supported") : 0;

    free(text);
    return err;
}

/* ---- memory and processors ---- */

/* In KiB; libvirt rounds up to whole MiB, and so do we. */
static int read_amount(struct xml_reading *r, const xmlNode *node, uint64_t *kib)
{
    static const struct { const char *name; uint64_t bytes; } units[] = {
        { "b", 1 }, { "bytes", 1 }, { "KB", 1000 }, { "k", 1024 }, { "KiB", 1024 },
        { "MB", 1000000 }, { "M", 1 << 20 }, { "MiB", 1 << 20 }, { "GB", 1000000000 },
        { "G", 1 << 30 }, { "GiB", 1 << 30 }, { "TB", 1000000000000 }, { "T", 1ull << 40 },
        { "TiB", 1ull << 40 },
    };
    char *unit = xml_attribute(node, "unit");
    uint64_t bytes = unit ? 0 : 1024;
    long long number = 0;
    int err;

    for (size_t i = 0; unit && i < sizeof(units) / sizeof(units[0]); i++)
        if (!strcmp(unit, units[i].name))
            bytes = units[i].bytes;
    if (!bytes)
        err = wrong(r, node, "for example KiB, MiB or GiB", "\"%s\" is not a unit of memory", unit);
    else
        err = read_number(r, node, text_of(node), 1, (long long)(XML_MAX_MEMORY / bytes), &number);
    free(unit);
    if (!err)
        *kib = (uint64_t)(((unsigned __int128)number * bytes + (1 << 20) - 1) >> 20) * 1024;
    return err;
}

static int read_memory(struct xml_reading *r, const xmlNode *node)
{
    return read_amount(r, node, &r->config->max_memory_kib);
}

static int read_current_memory(struct xml_reading *r, const xmlNode *node)
{
    return read_amount(r, node, &r->config->memory_kib);
}

/* There are to be `count` lists of CPUs; `rest` for each that is new. */
static void have_cpus(struct domain_config *config, unsigned int count, const char *rest)
{
    while (config->cpus_count < count) {
        config->cpus = xrealloc(config->cpus, config->cpus_count + 1, sizeof(*config->cpus));
        config->cpus[config->cpus_count++] = xstrdup(rest);
    }
}

/* The attribute cpuset, malloc()ed; NULL: there is none. */
static int read_cpuset(struct xml_reading *r, const xmlNode *node, char **list)
{
    int err = 0;

    *list = xml_attribute(node, "cpuset");
    if (*list && !cpus_are_plain(*list)) {
        err = wrong(r, node, "for example 0-3,^1", "\"%s\" is not a list of CPUs", *list);
        free(*list);
        *list = NULL;
    }
    return err;
}

/* <vcpu cpuset=> is for all vCPUs that no <vcpupin> names; one list alone is for all. */
static int read_pins(struct xml_reading *r, const xmlNode *tune)
{
    struct domain_config *config = r->config;
    char *rest = xml_attribute(xml_child(tune->parent, "vcpu"), "cpuset");
    int err = 0;

    for (xmlNode *at = tune->children; !err && at; at = at->next) {
        long long vcpu = 0;
        char *list;

        if (!xml_is(at, "vcpupin"))
            continue;
        err = read_cpuset(r, at, &list);
        if (!err)
            err = read_number(r, at, xml_attribute(at, "vcpu"), 0, 31, &vcpu);
        if (!list)
            continue;
        have_cpus(config, vcpu ? (unsigned int)vcpu + 1 : 2, rest ? rest : "all");
        free(config->cpus[vcpu]);
        config->cpus[vcpu] = list;
    }
    free(rest);
    return err;
}

static int read_vcpu(struct xml_reading *r, const xmlNode *node)
{
    long long number = 1, current;
    char *cpuset;
    int err = read_cpuset(r, node, &cpuset);

    if (!err)
        err = read_number(r, node, text_of(node), 1, 32, &number);
    current = number;
    if (!err)
        err = read_number(r, node, xml_attribute(node, "current"), 1, number, &current);
    r->config->max_vcpus = (unsigned int)number;
    r->config->vcpus = (unsigned int)current;
    if (cpuset)
        have_cpus(r->config, 1, cpuset);
    free(cpuset);
    return err;
}

static int read_cputune(struct xml_reading *r, const xmlNode *node)
{
    long long shares = -1, period = 0, quota = 0;
    int err;

    err = read_number(r, node, text_of(xml_child(node, "shares")), 1, 65535, &shares);
    if (!err)
        err = read_number(r, node, text_of(xml_child(node, "global_period")), 1000, 1000000,
                          &period);
    if (!err)
        err = read_number(r, node, text_of(xml_child(node, "global_quota")), -1,
                          period ? period * 65535 / 100 : INT32_MAX, &quota);
    if (!err)
        err = read_pins(r, node);
    if (shares > 0)
        r->config->cpu_weight = (long)shares;
    if (period > 0 && quota > 0)
        r->config->cap = (long)(quota * 100 / period);
    return err;
}

/* ---- life cycle, clock ---- */

static int read_event(struct xml_reading *r, const xmlNode *node)
{
    struct domain_config *config = r->config;
    enum domain_action *action = xml_is(node, "on_poweroff") ? &config->on_poweroff
                                 : xml_is(node, "on_reboot") ? &config->on_reboot
                                 : &config->on_crash;
    char *text = text_of(node);
    int err = 0;

    if (!text || action_parse(text, action))
        err = wrong(r, node, "use destroy, restart, rename-restart, preserve, coredump-destroy or "
                    "coredump-restart", "\"%s\" is not an action", text ? text : "");
    free(text);
    return err;
}

static int read_clock(struct xml_reading *r, const xmlNode *node)
{
    long long adjustment = 0;
    int err = 0;

    r->config->localtime = xml_attribute_is(node, "offset", "localtime");
    if (xml_attribute_is(node, "offset", "variable"))
        err = read_number(r, node, xml_attribute(node, "adjustment"), -INT32_MAX, INT32_MAX,
                          &adjustment);
    r->config->rtc_timeoffset = (long)adjustment;
    return err;
}

/* ---- devices ---- */

/* With arguments KEY=VALUE it is part of a specification, where a comma begins the next key. */
static int no_comma(struct xml_reading *r, const xmlNode *node, const char *text)
{
    if (!text || !strchr(text, ','))
        return 0;
    return wrong(r, node, "use one without a comma", "\"%s\": a comma would end it", text);
}

static int read_disk_parts(struct xml_reading *r, const xmlNode *node, struct disk_config *disk)
{
    const xmlNode *driver = xml_child(node, "driver"), *source = xml_child(node, "source");
    char *vdev = xml_attribute(xml_child(node, "target"), "dev");
    char *format = xml_attribute(driver, "type");
    int err = 0;

    disk->target = xml_attribute(source, xml_attribute_is(node, "type", "block") ? "dev" : "file");
    disk->cdrom = xml_attribute_is(node, "device", "cdrom");
    disk->readonly = disk->cdrom || xml_child(node, "readonly");
    disk->shared = xml_child(node, "shareable");
    disk->no_discard = xml_attribute_is(driver, "discard", "ignore");
    disk->script = xml_attribute(xml_child(node, "script"), "path");
    disk->backend = xml_attribute(xml_child(node, "backenddomain"), "name");
    if (format && strcmp(format, "raw"))
        err = wrong(r, driver, "convert the image: qemu-img convert -O raw OLD NEW",
                    "disk format \"%s\" is not supported, only raw", format);
    else if (!disk->target)
        err = wrong(r, node, "<source file='...'/>, or dev= for type='block'",
                    "the disk has no source");
    else if (!vdev || strlen(vdev) >= VDEV_MAX || vdev_parse(vdev, &disk->devid))
        err = wrong(r, node, "<target dev='xvda' bus='xen'/>", "\"%s\" is not a virtual device",
                    vdev ? vdev : "");
    else
        strcpy(disk->vdev, vdev);
    if (!err)
        err = no_comma(r, node, disk->script);
    if (!err)
        err = no_comma(r, node, disk->backend);
    free(vdev);
    free(format);
    return err;
}

static int read_disk(struct xml_reading *r, const xmlNode *node)
{
    struct domain_config *config = r->config;
    struct disk_config disk = { .place = place_of(r, node) };
    int err = read_disk_parts(r, node, &disk);

    for (unsigned int i = 0; !err && i < config->disk_count; i++)
        if (config->disks[i].devid == disk.devid)
            err = wrong(r, node, "give each disk a device of its own", "two disks are to be %s",
                        disk.vdev);
    if (err) {
        disk_free(&disk);
        return err;
    }
    config->disks = xrealloc(config->disks, config->disk_count + 1, sizeof(*config->disks));
    config->disks[config->disk_count++] = disk;
    return 0;
}

static int no_commas(struct xml_reading *r, const xmlNode *node, const struct vif_config *vif)
{
    const char *const texts[] = { vif->bridge, vif->script, vif->vifname, vif->ip, vif->backend };
    int err = 0;

    for (size_t i = 0; !err && i < sizeof(texts) / sizeof(texts[0]); i++)
        err = no_comma(r, node, texts[i]);
    return err;
}

static int read_interface_parts(struct xml_reading *r, const xmlNode *node, struct vif_config *vif)
{
    const xmlNode *outbound = xml_child(xml_child(node, "bandwidth"), "outbound");
    char *mac = xml_attribute(xml_child(node, "mac"), "address");
    long long average = 0, mtu = 0;
    int err = 0;

    vif->devid = -1;
    vif->bridge = xml_attribute(xml_child(node, "source"), "bridge");
    vif->script = xml_attribute(xml_child(node, "script"), "path");
    vif->vifname = xml_attribute(xml_child(node, "target"), "dev");
    vif->ip = xml_addresses(node);
    vif->backend = xml_attribute(xml_child(node, "backenddomain"), "name");
    if (mac && mac_parse(mac, vif->mac))
        err = wrong(r, node, "six pairs of hex digits, the first pair even",
                    "\"%s\" is not the address of a network card", mac);
    vif->has_mac = mac;
    free(mac);
    if (!err)
        err = no_commas(r, node, vif);
    if (!err)
        err = read_number(r, node, xml_attribute(outbound, "average"), 1, XML_MAX_RATE, &average);
    if (!err)
        err = read_number(r, node, xml_attribute(xml_child(node, "mtu"), "size"), 68, 65535, &mtu);
    vif->mtu = (uint32_t)mtu;
    if (average) {
        vif->rate_us = XML_RATE_US;
        vif->rate_bytes = (uint64_t)average * 1024 * XML_RATE_US / 1000000;
    }
    return err;
}

static int read_interface(struct xml_reading *r, const xmlNode *node)
{
    struct domain_config *config = r->config;
    struct vif_config vif = { .place = place_of(r, node) };
    int err = read_interface_parts(r, node, &vif);

    if (err) {
        vif_free(&vif);
        return err;
    }
    config->vifs = xrealloc(config->vifs, config->vif_count + 1, sizeof(*config->vifs));
    config->vifs[config->vif_count++] = vif;
    return 0;
}

static int read_controller(struct xml_reading *r, const xmlNode *node)
{
    long long frames = -1, ports = -1;
    int err;

    if (!xml_attribute_is(node, "type", "xenbus"))
        return 0;
    err = read_number(r, node, xml_attribute(node, "maxGrantFrames"), 0, INT32_MAX, &frames);
    if (!err)
        err = read_number(r, node, xml_attribute(node, "maxEventChannels"), 0, INT32_MAX, &ports);
    r->config->max_grant_frames = (long)frames;
    r->config->max_event_channels = (long)ports;
    return err;
}

/* ---- the tables of elements ---- */

struct element {
    const char *name;
    int (*read)(struct xml_reading *r, const xmlNode *node);    /* NULL: says nothing to us */
    bool many;                  /* there may be several */
};

static const struct element device_elements[] = {
    { "disk", read_disk, true },
    { "interface", read_interface, true },
    { "controller", read_controller, true },
    { "console", NULL, true },
    { "memballoon", NULL, false },
    { "emulator", NULL, false },
    { NULL, NULL, false },
};

static int read_elements(struct xml_reading *r, const xmlNode *parent,
                         const struct element *elements);

static int read_devices(struct xml_reading *r, const xmlNode *node)
{
    return read_elements(r, node, device_elements);
}

static const struct element domain_elements[] = {
    { "name", read_name, false },
    { "uuid", read_uuid, false },
    { "title", NULL, false },
    { "description", read_description, false },
    { "memory", read_memory, false },
    { "currentMemory", read_current_memory, false },
    { "vcpu", read_vcpu, false },
    { "cputune", read_cputune, false },
    { "os", read_os, false },
    { "bootloader", read_bootloader, false },
    { "bootloader_args", NULL, false },
    { "on_poweroff", read_event, false },
    { "on_reboot", read_event, false },
    { "on_crash", read_event, false },
    { "clock", read_clock, false },
    { "devices", read_devices, false },
    { "features", NULL, false },
    { "metadata", NULL, false },
    { NULL, NULL, false },
};

/* Whether a brother before it has the same name. */
static bool is_repeated(const xmlNode *node)
{
    for (const xmlNode *before = node->prev; before; before = before->prev)
        if (xml_is(before, (const char *)node->name))
            return true;
    return false;
}

/* Warn of an element that nobody knows; brothers of the same name once. */
static void unknown_element(struct xml_reading *r, const xmlNode *node)
{
    struct place place;

    if (is_repeated(node))
        return;
    place = place_of(r, node);
    warn(r->c, &place, "<%s> is kept, but has no effect here", (const char *)node->name);
}

static int read_elements(struct xml_reading *r, const xmlNode *parent,
                         const struct element *elements)
{
    unsigned int count = 0;
    int err = 0;

    for (xmlNode *at = parent->children; !err && at; at = at->next) {
        const struct element *element = elements;

        if (at->type != XML_ELEMENT_NODE)
            continue;
        if (++count > XML_MAX_ELEMENTS)
            return wrong(r, parent, NULL, "<%s> has more than %u elements",
                         (const char *)parent->name, XML_MAX_ELEMENTS);
        while (element->name && !xml_is(at, element->name))
            element++;
        if (!element->name)
            unknown_element(r, at);
        else if (!element->many && is_repeated(at))
            err = wrong(r, at, "leave one", "a second <%s>", element->name);
        else if (element->read)
            err = element->read(r, at);
    }
    return err;
}

/* ---- the document ---- */

static int read_domain(struct xml_reading *r, const xmlDoc *doc)
{
    xmlNode *root = xmlDocGetRootElement(doc);
    struct domain_config *config = r->config;
    char *rest;
    int err;

    if (!root || !xml_is(root, "domain"))
        return complain(r->c, &config->place, "<domain type='xen'>", "this is no domain");
    if (!xml_attribute_is(root, "type", "xen"))
        return wrong(r, root, "<domain type='xen'>", "this is a domain for another hypervisor");
    err = read_elements(r, root, domain_elements);
    if (!err)
        err = xml_settings_read(r->file, root, config, r->c);
    if (err)
        return err;
    rest = xml_attribute(xml_child(root, "vcpu"), "cpuset");
    if (rest && config->cpus_count > 1)
        have_cpus(config, config->max_vcpus, rest);
    free(rest);
    if (!config->cmdline)
        config->cmdline = xstrdup("");
    err = domain_config_check(config, r->c);
    /* Settings in metadata have escapes for any byte. */
    return err ? err : domain_xml_check(config, r->c);
}

/* Putting attributes into the tree takes the square of their number. */
static void start_element(void *context, const xmlChar *name, const xmlChar *prefix,
                          const xmlChar *uri, int space_count, const xmlChar **spaces,
                          int count, int defaulted, const xmlChar **attributes)
{
    xmlParserCtxt *parser = context;
    struct xml_reading *r = parser->_private;
    struct place place = { r->file, (unsigned int)xmlSAX2GetLineNumber(context),
                           (unsigned int)xmlSAX2GetColumnNumber(context) };

    if (count <= XML_MAX_ATTRIBUTES) {
        xmlSAX2StartElementNs(context, name, prefix, uri, space_count, spaces, count, defaulted,
                              attributes);
        return;
    }
    complain(r->c, &place, NULL, "<%s> has more than %d attributes", (const char *)name,
             XML_MAX_ATTRIBUTES);
    parser->wellFormed = 0;     /* what was read so far is no document */
    xmlStopParser(parser);
}

static xmlDoc *parse(struct xml_reading *r, const char *text, size_t len)
{
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    struct place place = { r->file, 0, 0 };
    xmlParserCtxt *context = xmlNewParserCtxt();
    xmlDoc *doc = NULL;

    if (!context || len > XML_MAX_BYTES) {
        complain(r->c, &place, NULL, "the document is larger than %u bytes", XML_MAX_BYTES);
        goto out;
    }
    context->_private = r;
    context->sax->startElementNs = start_element;
    doc = xmlCtxtReadMemory(context, text, (int)len, NULL, NULL, options);
    if (!doc) {
        const xmlError *error = xmlCtxtGetLastError(context);
        size_t n = error && error->message ? strcspn(error->message, "\n") : 0;

        place.line = error ? (unsigned int)error->line : 0;
        place.column = error ? (unsigned int)error->int2 : 0;
        complain(r->c, &place, NULL, "%.*s", n ? (int)n : 18,
                 n ? error->message : "not well-formed XML");
        goto out;
    }
    if (doc->intSubset || doc->extSubset) {
        complain(r->c, &place, "remove the <!DOCTYPE ...>",
                 "document types and entities are not read");
        xmlFreeDoc(doc);
        doc = NULL;
    }
out:
    xmlFreeParserCtxt(context);
    return doc;
}

int domain_xml_read(const char *file, const char *text, size_t len, struct domain_config *config,
                    struct complaint *c)
{
    struct xml_reading r = { file, NULL, config, c };
    char *copy;
    xmlDoc *doc;
    int err;

    domain_config_defaults(config);
    config->place.file = file;
    doc = parse(&r, text, len);
    if (!doc)
        return -EINVAL;
    copy = xstrndup(text, len);
    r.text = copy;
    err = read_domain(&r, doc);
    config->xml = copy;
    if (err)
        domain_config_free(config);
    xmlFreeDoc(doc);
    return err;
}
