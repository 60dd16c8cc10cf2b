/* SPDX-License-Identifier: MIT */
/* libvirt's XML of a domain: read, written back with all we do not know, and what is refused. */
/* SOURCES: tools/xml/domain_xml.c tools/xml/domain_xml_write.c tools/xml/xml_parts.c tools/xml/xml_settings.c tools/config/parse.c tools/config/python_hint.c tools/config/complaint.c tools/config/xalloc.c tools/config/domain_config.c tools/config/domain_keys.c tools/config/disk_spec.c tools/config/vif_spec.c */
/* CFLAGS: $(DOMAIN0) */
/* LIBS: -lxml2 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <libxml/relaxng.h>
#include <stdlib.h>
#include <string.h>

#include "xml/domain_xml.h"

static struct complaint said;
static struct domain_config config;

static int read_text(const char *text)
{
    domain_config_free(&config);
    complaint_clear(&said);
    return domain_xml_read("g.xml", text, strlen(text), &config, &said);
}

static int clean_up(void **state)
{
    (void)state;
    domain_config_free(&config);
    complaint_clear(&said);
    return 0;
}

static const char full[] =
    "<domain type='xen' id='3' xmlns:x='urn:x'>\n"
    "  <name>g1</name>\n"
    "  <uuid>11111111-2222-3333-4444-555555555555</uuid>\n"
    "  <metadata><x:note>keep me</x:note></metadata>\n"
    "  <memory unit='MiB'>256</memory>\n"
    "  <currentMemory unit='KiB'>163000</currentMemory>\n"
    "  <vcpu current='2' cpuset='0-1'>4</vcpu>\n"
    "  <cputune><shares>512</shares><vcpupin vcpu='2' cpuset='3'/>\n"
    "    <global_period>100000</global_period><global_quota>50000</global_quota></cputune>\n"
    "  <os><type arch='x86_64' machine='xenpv'>linux</type><kernel>/k</kernel><initrd>/r</initrd>\n"
    "    <cmdline>a &amp; b</cmdline></os>\n"
    "  <clock offset='variable' adjustment='3600'/>\n"
    "  <on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot>\n"
    "  <on_crash>preserve</on_crash>\n"
    "  <blkiotune><weight>500</weight></blkiotune>\n"
    "  <devices>\n"
    "    <disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/>\n"
    "      <source file='/a.img'/><target dev='xvda' bus='xen'/><shareable/></disk>\n"
    "    <disk type='block' device='cdrom'><source dev='/dev/sr0'/><target dev='xvdb'/></disk>\n"
    "    <interface type='bridge'><mac address='00:16:3e:00:00:07'/><source bridge='xenbr0'/>\n"
    "      <bandwidth><outbound average='1000'/></bandwidth>\n"
    "      <filterref filter='clean-traffic'/></interface>\n"
    "    <controller type='xenbus' maxGrantFrames='64' maxEventChannels='511'/>\n"
    "    <hostdev mode='subsystem'/>\n"
    "  </devices>\n"
    "</domain>\n";

static void test_reads_what_libvirt_writes(void **state)
{
    (void)state;
    assert_int_equal(read_text(full), 0);
    assert_string_equal(config.name, "g1");
    assert_int_equal(config.max_memory_kib, 256 * 1024);
    assert_int_equal(config.memory_kib, 160 * 1024);            /* up to whole MiB */
    assert_int_equal(config.vcpus, 2);
    assert_int_equal(config.max_vcpus, 4);
    assert_int_equal(config.cpu_weight, 512);
    assert_int_equal(config.cap, 50);
    assert_int_equal(config.cpus_count, 4);
    assert_string_equal(config.cpus[0], "0-1");
    assert_string_equal(config.cpus[1], "0-1");
    assert_string_equal(config.cpus[2], "3");
    assert_string_equal(config.cmdline, "a & b");
    assert_int_equal(config.rtc_timeoffset, 3600);
    assert_int_equal(config.on_crash, ACTION_PRESERVE);
    assert_int_equal(config.disk_count, 2);
    assert_true(config.disks[0].shared);
    assert_true(config.disks[1].cdrom && config.disks[1].readonly);
    assert_string_equal(config.disks[1].target, "/dev/sr0");
    assert_int_equal(config.vif_count, 1);
    assert_int_equal(config.vifs[0].rate_bytes, 1000 * 1024 / 20);
    assert_int_equal(config.max_grant_frames, 64);
    assert_int_equal(config.max_event_channels, 511);
    assert_int_equal(said.warning_count, 2);
    assert_non_null(strstr(said.warnings[0], "g.xml:15:3: <blkiotune> is kept"));
    assert_non_null(strstr(said.warnings[1], "<hostdev> is kept"));
}

static void test_unknown_elements_survive(void **state)
{
    static const char *const kept[] = { "<x:note>keep me</x:note>", "<weight>500</weight>",
                                        "cache=\"none\"", "filter=\"clean-traffic\"", "<hostdev" };
    char *text;

    (void)state;
    assert_int_equal(read_text(full), 0);
    text = domain_xml_write(&config, -1);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (!strstr(text, kept[i]))
            fail_msg("%s was lost", kept[i]);
    assert_null(strstr(text, " id="));
    free(text);
    text = domain_xml_write(&config, 7);
    assert_non_null(strstr(text, " id=\"7\""));
    free(text);
}

/* A device taken out, and one put in, change the document; the others stay. */
static void test_devices_follow_the_settings(void **state)
{
    char *text;

    (void)state;
    assert_int_equal(read_text(full), 0);
    config.disks[1].cdrom = config.disks[1].readonly = false;
    strcpy(config.disks[1].vdev, "xvdc");
    text = domain_xml_write(&config, -1);
    assert_null(strstr(text, "\"xvdb\""));
    assert_non_null(strstr(text, "\"xvdc\""));
    assert_non_null(strstr(text, "cache=\"none\""));
    free(text);
}

static void test_written_xml_reads_back(void **state)
{
    static const char settings[] = "name='g<2>'\nkernel='/k'\nmemory=64\nvcpus=2\ncap=20\n"
                                   "disk=['/a,raw,xvda,r']\nvif=['bridge=b']\nextra='x < y'\n"
                                   "max_grant_frames=32";
    struct domain_config first;
    struct cfg cfg = { 0 };
    char *text, *again;

    (void)state;
    assert_int_equal(cfg_parse(&cfg, "f", settings, sizeof(settings) - 1, &said), 0);
    assert_int_equal(domain_config_read(&cfg, true, &first, &said), 0);
    assert_int_equal(domain_config_complete(&first), 0);
    text = domain_xml_write(&first, -1);
    assert_int_equal(read_text(text), 0);
    assert_int_equal(said.warning_count, 0);
    assert_string_equal(config.name, "g<2>");
    assert_string_equal(config.cmdline, "x < y");
    assert_int_equal(config.cap, 20);
    assert_int_equal(config.max_grant_frames, 32);
    again = domain_xml_write(&config, -1);
    assert_string_equal(text, again);
    free(text);
    free(again);
    domain_config_free(&first);
    cfg_free(&cfg);
}

/* What an interface says besides stays with it, when its address is chosen for it. */
static void test_interface_without_address(void **state)
{
    static const char text[] =
        "<domain type='xen'><name>g</name><os><kernel>/k</kernel></os><devices>"
        "<interface type='bridge'><source bridge='a'/><filterref filter='f1'/></interface>"
        "<interface type='bridge'><mac address='00:16:3e:00:00:07'/><source bridge='b'/>"
        "<filterref filter='f2'/></interface>"
        "<interface type='bridge'><source bridge=''/><filterref filter='f3'/></interface>"
        "</devices></domain>";
    char *written;

    (void)state;
    assert_int_equal(read_text(text), 0);
    assert_null(config.vifs[2].bridge);
    assert_int_equal(domain_config_complete(&config), 0);
    written = domain_xml_write(&config, -1);
    assert_int_equal(read_text(written), 0);
    assert_int_equal(config.vif_count, 3);
    assert_string_equal(config.vifs[0].bridge, "a");
    assert_string_equal(config.vifs[1].bridge, "b");
    assert_true(config.vifs[0].has_mac && config.vifs[2].has_mac);
    assert_true(strstr(written, "f1") < strstr(written, "f2"));
    assert_true(strstr(written, "f2") < strstr(written, "f3"));
    free(written);
}

/* What another namespace says is kept, and is not mistaken for what libvirt's words mean. */
/* What XML has no word for is kept in metadata, in the form of a configuration file. */
static void test_settings_in_metadata(void **state)
{
    static const char text[] =
        "<domain type='xen'><name>g</name><vcpu>2</vcpu><os><kernel>/k</kernel></os>\n"
        "<clock offset='variable' adjustment='60'/>\n"
        "<metadata xmlns:s='urn:xenolith:settings'><n:a xmlns:n='urn:n'>keep me</n:a><s:settings>\n"
        "cpus_soft = [ \"0\", \"1\" ]; on_watchdog = 'restart'\n"
        "cpus = 'node:0'\nlocaltime = 1; tsc_mode = 2; max_maptrack_frames = 9\n"
        "</s:settings></metadata></domain>";
    char *first, *second;

    (void)state;
    assert_int_equal(read_text(text), 0);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(config.cpus_soft_count, 2);
        assert_string_equal(config.cpus_soft[1], "1");
        assert_int_equal(config.cpus_count, 1);
        assert_string_equal(config.cpus[0], "node:0");
        assert_int_equal(config.on_watchdog, ACTION_RESTART);
        assert_int_equal(config.max_maptrack_frames, 9);
        assert_int_equal(config.tsc_mode, 2);
        assert_int_equal(config.rtc_timeoffset, 60);
        assert_int_equal(config.localtime, 1);
        first = domain_xml_write(&config, -1);
        assert_non_null(strstr(first, "keep me"));
        assert_int_equal(read_text(first), 0);
        second = domain_xml_write(&config, -1);
        assert_string_equal(first, second);
        free(first);
        free(second);
    }
    free(config.cpus_soft[0]);
    free(config.cpus_soft[1]);
    config.cpus_soft_count = 0;
    config.on_watchdog = ACTION_DESTROY;
    config.max_maptrack_frames = -1;
    config.tsc_mode = config.localtime = 0;
    strcpy(config.cpus[0], "0");
    first = domain_xml_write(&config, -1);
    assert_null(strstr(first, ":settings>"));
    assert_non_null(strstr(first, "keep me"));
    free(first);
}

static void test_other_namespaces(void **state)
{
    static const char text[] =
        "<domain type='xen' xmlns:x='urn:x'><name>g</name><x:name>other</x:name>"
        "<os><kernel>/k</kernel></os><memory x:unit='TiB' unit='MiB'>64</memory></domain>";
    char *written;

    (void)state;
    assert_int_equal(read_text(text), 0);
    assert_string_equal(config.name, "g");
    assert_int_equal(config.max_memory_kib, 64 * 1024);
    written = domain_xml_write(&config, -1);
    assert_non_null(strstr(written, "<x:name>other</x:name>"));
    assert_non_null(strstr(written, "x:unit=\"TiB\""));
    free(written);
}

/* ---- libvirt's own schema is the referee ---- */

#define SCHEMA "/usr/share/libvirt/schemas/domain.rng"

static xmlRelaxNG *schema;

static void collect(void *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void collect(void *text, const char *format, ...)
{
    size_t n = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf((char *)text + n, 500 - n, format, args);
    va_end(args);
}

static void expect_valid(const char *text)
{
    xmlRelaxNGValidCtxt *validator = xmlRelaxNGNewValidCtxt(schema);
    xmlDoc *doc = xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET);
    char errors[500] = "";

    xmlRelaxNGSetValidErrors(validator, collect, collect, errors);
    if (!doc || xmlRelaxNGValidateDoc(validator, doc))
        fail_msg("%s\n%s", errors, text);
    xmlFreeDoc(doc);
    xmlRelaxNGFreeValidCtxt(validator);
}

static int load_schema(void **state)
{
    xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt(SCHEMA);

    (void)state;
    schema = xmlRelaxNGParse(parser);
    xmlRelaxNGFreeParserCtxt(parser);
    return schema ? 0 : -1;
}

static int free_schema(void **state)
{
    xmlRelaxNGFree(schema);
    return clean_up(state);
}

static void expect_settings_valid(const char *settings)
{
    struct cfg cfg = { 0 };
    char *text;

    domain_config_free(&config);
    assert_int_equal(cfg_parse(&cfg, "f", settings, strlen(settings), &said), 0);
    assert_int_equal(domain_config_read(&cfg, true, &config, &said), 0);
    assert_int_equal(domain_config_complete(&config), 0);
    cfg_free(&cfg);
    for (int domid = -1; domid < 4; domid += 4) {
        text = domain_xml_write(&config, domid);
        expect_valid(text);
        free(text);
    }
}

static void test_settings_become_valid_documents(void **state)
{
    (void)state;
    expect_settings_valid("name='g'\nkernel='/k'");
    expect_settings_valid(
        "name='g'\nkernel='/k'\nramdisk='/r'\ndescription='d'\nmemory=64\nmaxmem=100\n"
        "vcpus=2\nmaxvcpus=4\ncpus=['0-3,^1','2','all','0']\ncpu_weight=512\ncap=250\n"
        "on_poweroff='preserve'\non_reboot='rename-restart'\non_crash='coredump-restart'\n"
        "rtc_timeoffset=3600\nmax_grant_frames=64\nmax_event_channels=511\n"
        "disk=['/a,raw,xvda1,w','vdev=xvdb,access=w!,target=/b','vdev=xvdc,cdrom,target=/c']\n"
        "vif=['mac=00:16:3e:00:00:01,bridge=b,ip=10.0.0.2,rate=10Mb/s,mtu=1400,vifname=tap0',"
        "'bridge=b,script=/s,backend=net','']");
    expect_settings_valid("name='g'\nkernel='/k'\nvcpus=2\ncpus=['node:0','all']\n"
                          "cpus_soft=['0','1']\non_watchdog='preserve'\n"
                          "max_maptrack_frames=9\ntsc_mode=2\nlocaltime=1\nrtc_timeoffset=-60");
    expect_settings_valid("name='g'\nkernel='/k'\nlocaltime=1\ncpus='all'\n"
                          "on_crash='coredump-destroy'");
}

/* Every element that xm reads, in one document. */
static const char every_element[] =
    "<domain type='xen' id='3'><name>g</name>"
    "<uuid>11111111-2222-3333-4444-555555555555</uuid><title>t</title>"
    "<description>d</description><metadata><x:note xmlns:x='urn:x'>n</x:note></metadata>"
    "<memory unit='GiB'>1</memory><currentMemory unit='MiB'>512</currentMemory>"
    "<vcpu placement='static' cpuset='0-1' current='1'>2</vcpu>"
    "<cputune><shares>512</shares><global_period>100000</global_period>"
    "<global_quota>50000</global_quota><vcpupin vcpu='1' cpuset='0'/></cputune>"
    "<os><type arch='x86_64' machine='xenpv'>%s</type><kernel>/k</kernel><initrd>/r</initrd>"
    "<cmdline>c</cmdline></os><features><xen><e820_host state='on'/></xen></features>"
    "<clock offset='variable' adjustment='60'/><on_poweroff>destroy</on_poweroff>"
    "<on_reboot>restart</on_reboot><on_crash>preserve</on_crash><devices>"
    "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/>"
    "<backenddomain name='d'/><target dev='xvda' bus='xen'/><readonly/><shareable/></disk>"
    "<controller type='xenbus' maxGrantFrames='64' maxEventChannels='2047'/>"
    "<interface type='bridge'><mac address='00:16:3e:00:00:07'/><source bridge='b'/>"
    "<ip address='10.0.0.2' family='ipv4'/><script path='/s'/><backenddomain name='d'/>"
    "<target dev='v'/><filterref filter='clean-traffic'><parameter name='IP' value='10.0.0.2'/>"
    "</filterref><bandwidth><outbound average='1000'/></bandwidth></interface>"
    "<console type='pty'><log file='/l' append='on'/><target type='xen' port='0'/></console>"
    "<memballoon model='xen'/></devices></domain>";

/* Valid before and after. */
static void test_documents_stay_valid(void **state)
{
    static const char *const types[] = { "linux", "xen" };

    (void)state;
    for (int i = 0; i < 2; i++) {
        char document[sizeof(every_element) + 8], *written;

        snprintf(document, sizeof(document), every_element, types[i]);
        expect_valid(document);
        assert_int_equal(read_text(document), 0);
        written = domain_xml_write(&config, -1);
        expect_valid(written);
        assert_non_null(strstr(written, "clean-traffic"));
        free(written);
    }
}

/* Read the document, have it changed, and read again what is written; valid both times. */
static char *changed(const char *document, void (*change)(void))
{
    char *written;

    expect_valid(document);
    assert_int_equal(read_text(document), 0);
    if (change)
        change();
    written = domain_xml_write(&config, -1);
    expect_valid(written);
    assert_int_equal(read_text(written), 0);
    return written;
}

static void take_back(void)
{
    struct disk_config *disk = &config.disks[0];
    struct vif_config *vif = &config.vifs[0];

    config.vcpus = config.max_vcpus;
    config.cpu_weight = config.cap = -1;
    for (unsigned int i = 0; i < config.cpus_count; i++)
        free(config.cpus[i]);
    config.cpus_count = 0;
    free(config.ramdisk);
    config.ramdisk = NULL;
    config.cmdline[0] = '\0';
    config.rtc_timeoffset = 0;
    config.max_grant_frames = config.max_event_channels = -1;
    disk->readonly = disk->shared = false;
    free(disk->backend);
    disk->backend = NULL;
    free(vif->bridge);
    free(vif->ip);
    free(vif->script);
    vif->bridge = vif->ip = vif->script = NULL;
    vif->rate_bytes = 0;
}

/* xend starts a domain again from what was written: what was taken back must stay so. */
static void test_what_is_taken_back_is_gone(void **state)
{
    char document[sizeof(every_element) + 8], *written;

    (void)state;
    snprintf(document, sizeof(document), every_element, "linux");
    written = changed(document, take_back);
    assert_int_equal(config.vcpus, 2);
    assert_int_equal(config.cpu_weight, -1);
    assert_true(config.cap <= 0);
    assert_int_equal(config.cpus_count, 0);
    assert_null(config.ramdisk);
    assert_true(!config.cmdline || !*config.cmdline);
    assert_int_equal(config.rtc_timeoffset, 0);
    assert_int_equal(config.max_grant_frames, -1);
    assert_int_equal(config.max_event_channels, -1);
    assert_false(config.disks[0].readonly || config.disks[0].shared);
    assert_null(config.disks[0].backend);
    assert_null(config.vifs[0].bridge);
    assert_null(config.vifs[0].ip);
    assert_null(config.vifs[0].script);
    assert_int_equal(config.vifs[0].rate_bytes, 0);
    assert_non_null(strstr(written, "clean-traffic"));
    free(written);
}

static void give_least(void)
{
    config.max_grant_frames = config.max_event_channels = 0;
    while (config.cpus_count > 1)
        free(config.cpus[--config.cpus_count]);
    config.cpus[0][0] = '\0';
}

/* The least that a setting may say can be read again, as libvirt would have it. */
static void test_least_values(void **state)
{
    char document[sizeof(every_element) + 8];

    (void)state;
    snprintf(document, sizeof(document), every_element, "linux");
    free(changed(document, give_least));
    assert_int_equal(config.max_grant_frames, 0);
    assert_int_equal(config.max_event_channels, 0);
    assert_int_equal(config.cpus_count, 0);
}

static void give_addresses(void)
{
    free(config.vifs[0].ip);
    config.vifs[0].ip = strdup("10.0.0.3 10.0.0.4");
    config.disks[0].no_discard = true;
}

static void test_addresses_and_discard(void **state)
{
    char document[sizeof(every_element) + 8], *written, *again;

    (void)state;
    snprintf(document, sizeof(document), every_element, "linux");
    written = changed(document, give_addresses);
    assert_string_equal(config.vifs[0].ip, "10.0.0.3 10.0.0.4");
    assert_true(config.disks[0].no_discard);
    again = changed(written, NULL);
    assert_string_equal(again, written);
    free(written);
    free(again);
}

/*
 * Of elements that are there more than once the first is read, and it tells devices apart; where
 * they say nothing, none is left after the first time.
 */
static void test_writing_again_changes_nothing(void **state)
{
    char *first, *second;

    (void)state;
    assert_int_equal(read_text(
        "<domain type='xen'><name>g</name><os><kernel>/k</kernel></os><devices>"
        "<interface type='ethernet'><mac address='00:16:3e:00:00:07'/><target dev=''/>"
        "<target dev=''/><target dev=''/><ip/><ip/></interface>"
        "<disk type='file'><source file='/a'/><target dev='xvda'/><target dev='xvdb'/></disk>"
        "<disk type='file'><source file='/b'/><target dev='xvdb'/></disk></devices></domain>"), 0);
    first = domain_xml_write(&config, -1);
    assert_int_equal(read_text(first), 0);
    second = domain_xml_write(&config, -1);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

#define WITH(element, devices) \
    "<domain type='xen'><name>g</name><memory>65536</memory><os><type>linux</type>" \
    "<kernel>/k</kernel></os>" element "<devices>" devices "</devices></domain>"

/* What means more to libvirt than to us. */
static void test_other_kinds_stay(void **state)
{
    static const char *const kept[] = { "offset=\"timezone\"", "timezone=\"Europe/Paris\"",
                                        "type=\"network\"", "network=\"default\"",
                                        "type=\"file\"", "/var/log/g" };
    char *written = changed(WITH("<clock offset='timezone' timezone='Europe/Paris'/>",
        "<interface type='network'><mac address='00:16:3e:00:00:07'/><source network='default'/>"
        "</interface><console type='file'><source path='/var/log/g'/>"
        "<target type='xen' port='0'/></console>"), NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (!strstr(written, kept[i]))
            fail_msg("%s was lost", kept[i]);
    free(written);
    written = changed(WITH("<clock offset='utc' adjustment='reset'/>", ""), NULL);
    assert_non_null(strstr(written, "adjustment=\"reset\""));
    free(written);
    written = changed(WITH("", "<interface type='network'><mac address='00:16:3e:00:00:07'/>"
                           "<source network='default' bridge='virbr0'/></interface>"), NULL);
    assert_non_null(strstr(written, "network=\"default\""));
    free(written);
}

static void exchange_cards(void)
{
    struct vif_config first = config.vifs[0];

    config.vifs[0] = config.vifs[1];
    config.vifs[1] = first;
}

/* The guest knows its cards by their numbers. */
static void test_cards_keep_their_order(void **state)
{
    char *written = changed(WITH("",
        "<interface type='bridge'><mac address='00:16:3e:00:00:07'/><source bridge='a'/>"
        "<filterref filter='f1'/></interface><memballoon model='xen'/>"
        "<interface type='bridge'><mac address='00:16:3e:00:00:08'/><source bridge='b'/>"
        "<filterref filter='f2'/></interface>"), exchange_cards);

    (void)state;
    assert_string_equal(config.vifs[0].bridge, "b");
    assert_string_equal(config.vifs[1].bridge, "a");
    assert_true(strstr(written, "f2") < strstr(written, "f1"));
    free(written);
    free(changed(WITH("",
        "<interface type='bridge'><mac address='00:16:3e:00:00:07'/><source bridge='a'/>"
        "</interface><interface type='bridge'><mac address='00:16:3e:00:00:08'/>"
        "<source bridge='b'/></interface><interface type='bridge'>"
        "<mac address='00:16:3e:00:00:07'/><source bridge='c'/></interface>"), NULL));
    assert_int_equal(config.vif_count, 3);
    assert_string_equal(config.vifs[0].bridge, "a");
    assert_string_equal(config.vifs[1].bridge, "b");
    assert_string_equal(config.vifs[2].bridge, "c");
}

static void give_bridge(void)
{
    config.vifs[0].bridge = strdup("xenbr0");
}

/* Of a network that a bridge takes the place of, nothing is left that a bridge cannot have. */
static void test_bridge_instead(void **state)
{
    static const char *const sources[] = { "'network'><source network='n' portgroup='p'/>",
                                           "'direct'><source dev='eth0' mode='vepa'/>" };
    char text[600], *written;

    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        snprintf(text, sizeof(text), WITH("", "<interface type=%s"
                 "<mac address='00:16:3e:00:00:07'/></interface>"), sources[i]);
        written = changed(text, give_bridge);
        assert_non_null(strstr(written, "<interface type=\"bridge\">"));
        assert_string_equal(config.vifs[0].bridge, "xenbr0");
        free(written);
    }
}

/* One list is for all vCPUs, a <vcpupin> only for its own; without any, every CPU may be used. */
static void test_pins(void **state)
{
    static const char head[] = "<domain type='xen'><name>g</name><os><kernel>/k</kernel></os>";
    char text[300];

    (void)state;
    snprintf(text, sizeof(text), "%s<vcpu>2</vcpu><cputune><vcpupin vcpu='0' cpuset='3'/></cputune>"
             "</domain>", head);
    assert_int_equal(read_text(text), 0);
    assert_int_equal(config.cpus_count, 2);
    assert_string_equal(config.cpus[0], "3");
    assert_string_equal(config.cpus[1], "all");
    snprintf(text, sizeof(text), "%s<vcpu>1</vcpu><cputune><vcpupin vcpu='0' cpuset='3'/></cputune>"
             "</domain>", head);
    assert_int_equal(read_text(text), 0);
    assert_int_equal(config.cpus_count, 1);
    assert_string_equal(config.cpus[0], "3");
    snprintf(text, sizeof(text), "%s<vcpu cpuset='1'>2</vcpu></domain>", head);
    assert_int_equal(read_text(text), 0);
    assert_int_equal(config.cpus_count, 1);
    assert_string_equal(config.cpus[0], "1");
    snprintf(text, sizeof(text), "%s<cputune><vcpupin vcpu='1' cpuset='3'/></cputune>"
             "<vcpu cpuset='0'>3</vcpu></domain>", head);
    assert_int_equal(read_text(text), 0);
    assert_int_equal(config.cpus_count, 3);
    assert_string_equal(config.cpus[0], "0");
    assert_string_equal(config.cpus[1], "3");
    assert_string_equal(config.cpus[2], "0");
}

static void expect_error(const char *text, const char *cause)
{
    assert_int_equal(read_text(text), -EINVAL);
    if (!strstr(said.cause, cause))
        fail_msg("\"%s\", not \"%s\"", said.cause, cause);
}

static void test_wrong_documents(void **state)
{
    (void)state;
    expect_error("<domain type='xen'>\n<name>g</nam>\n</domain>", "g.xml:2:");
    expect_error("<domain type='kvm'/>", "g.xml:1:1: this is a domain for another hypervisor");
    expect_error("<network/>", "this is no domain");
    expect_error("<domain type='xen'><os><kernel>/k</kernel></os></domain>", "has no name");
    expect_error("<domain type='xen'>\n  <name>g</name>\n  <vcpu>many</vcpu></domain>",
                 "g.xml:3:3: \"many\" is not a number");
    expect_error("<domain type='xen'>\n<name>g</name>\n<vcpu cpuset='few'>1</vcpu></domain>",
                 "g.xml:3:1: \"few\" is not a list of CPUs");
    expect_error("<domain type='xen'><name>g</name>\n<vcpu>1</vcpu>\n<vcpu>2</vcpu></domain>",
                 "g.xml:3:1: a second <vcpu>");
    expect_error("<domain type='xen'>\n<name>g</name>\n<memory unit='stones'>1</memory></domain>",
                 "g.xml:3:1: \"stones\" is not a unit");
    expect_error("<domain type='xen'>\n<name>g</name>\n"
                 "<memory unit='MiB'>17179869185</memory></domain>",
                 "g.xml:3:1: \"17179869185\" is not a number from 1 to 17179869184");
    expect_error("<domain type='xen'><name>g</name><os><type>hvm</type></os></domain>",
                 "guest type \"hvm\" is not supported");
    expect_error("<domain type='xen'><name>g</name><devices><disk type='file'><source file='/a'/>"
                 "<target dev='zzz'/></disk></devices></domain>",
                 "\"zzz\" is not a virtual device");
    expect_error("", "g.xml");
}

/* The tool puts them into specifications, where each would be two keys. */
static void test_commas(void **state)
{
    static const char *const cards[] = {
        "<script path='/a,vifname=x'/>", "<source bridge='b,script=/s'/>",
        "<target dev='v,script=/s'/>", "<ip address='10.0.0.1'/><ip address='10.0.0.2,script=/s'/>",
        "<backenddomain name='d,script=/s'/>",
    };
    char text[400];

    (void)state;
    for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        snprintf(text, sizeof(text), WITH("", "\n<interface type='bridge'>%s</interface>"),
                 cards[i]);
        expect_error(text, "g.xml:2:1: \"");
        assert_non_null(strstr(said.cause, "a comma would end it"));
    }
    expect_error(WITH("", "<disk type='file'><source file='/a'/><target dev='xvda'/>"
                      "<script path='/s,backend=d'/></disk>"), "\"/s,backend=d\": a comma");
    expect_error(WITH("", "<disk type='file'><source file='/a'/><target dev='xvda'/>"
                      "<backenddomain name='d,target=/b'/></disk>"), "\"d,target=/b\": a comma");
    assert_int_equal(read_text(WITH("", "<disk type='file'><source file='/a,b'/>"
                                    "<target dev='xvda'/></disk>")), 0);
}

/* Files are root's input but others' work: no document type, hence no entities of any kind. */
#define IN_METADATA(text) "<domain type='xen'><name>g</name><os><kernel>/k</kernel></os>\n" \
    "<metadata><s:settings xmlns:s='urn:xenolith:settings'>\n" text "</s:settings></metadata>" \
    "</domain>"

static void test_wrong_settings_in_metadata(void **state)
{
    (void)state;
    expect_error(IN_METADATA("memory = 5"), "g.xml:3:1: \"memory\" is not a setting for metadata");
    expect_error(IN_METADATA("\n tsc_mode = 'x'"), "g.xml:4:13: tsc_mode must be a number");
    expect_error(IN_METADATA("cpus_soft = ["), "g.xml:3:14:");
    expect_error(IN_METADATA("cpus_soft = ['\\xff', '0']"), "g.xml: XML cannot hold cpus_soft");
    expect_error(IN_METADATA("cpus_soft"), "g.xml:3:10: '=' expected");
}

/* Settings may be any bytes; of characters that XML cannot hold, it would be malformed. */
static void test_texts_that_fit(void **state)
{
    static const struct { const char *settings, *key; } cases[] = {
        { "description='\xc3\xa9\t\\n'", NULL },
        { "description='\xf4\x8f\xbf\xbf'", NULL },
        { "description='\\001'", "hold description:" },
        { "extra='a\xff'", "hold cmdline:" },
        { "extra='\xed\xa0\x80'", "hold cmdline:" },             /* half of a pair */
        { "extra='\xef\xbf\xbf'", "hold cmdline:" },             /* no character */
        { "extra='\xc1\xa1'", "hold cmdline:" },                 /* 'a', in two bytes */
        { "extra='\xc3'", "hold cmdline:" },
        { "ramdisk='/\x80'", "hold ramdisk:" },
        { "cpus_soft=['\xff', '0']", "hold cpus_soft:" },
        { "disk=['/\xff,raw,xvda,w']", "hold disk:" },
        { "vif=['script=/\\033']", "hold vif:" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cfg cfg = { 0 };
        char text[200];

        complaint_clear(&said);
        domain_config_free(&config);
        snprintf(text, sizeof(text), "name='g'\nkernel='/k'\n%s", cases[i].settings);
        assert_int_equal(cfg_parse(&cfg, "f", text, strlen(text), &said), 0);
        assert_int_equal(domain_config_read(&cfg, true, &config, &said), 0);
        assert_int_equal(domain_xml_check(&config, &said), cases[i].key ? -EINVAL : 0);
        if (cases[i].key)
            assert_non_null(strstr(said.cause, cases[i].key));
        cfg_free(&cfg);
    }
}

/* XML's rates are whole KiB a second: the nearest that can be read back. */
static void test_rates_at_the_ends(void **state)
{
    static const struct { uint64_t bytes; uint32_t us; const char *average; } rates[] = {
        { 1, 1000000, "\"1\"" }, { 625000000, 50000, "\"12207031\"" },
        { UINT32_MAX, 1, "\"83886079\"" },
    };
    char *text;

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        assert_int_equal(read_text(full), 0);
        config.vifs[0].rate_bytes = rates[i].bytes;
        config.vifs[0].rate_us = rates[i].us;
        text = domain_xml_write(&config, -1);
        assert_non_null(strstr(text, rates[i].average));
        assert_int_equal(read_text(text), 0);
        free(text);
    }
}

static void test_entities_are_refused(void **state)
{
    (void)state;
    expect_error("<!DOCTYPE domain [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>\n"
                 "<domain type='xen'><name>&e;</name></domain>", "document types");
    expect_error("<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
                 "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;'>]>"
                 "<domain type='xen'><name>&d;</name></domain>", "g.xml");
}

/* A megabyte of elements is refused at once, not after minutes of comparing. */
static void test_length_is_bounded(void **state)
{
    static const char *const pieces[] = { "<interface/>", "<a%u/>", "<disk/>" };
    char *text;
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        FILE *to = open_memstream(&text, &length);

        fputs("<domain type='xen'><name>g</name><devices>", to);
        for (unsigned int n = 0; ftell(to) < 1000000; n++)
            fprintf(to, pieces[i], n);
        fputs("</devices></domain>", to);
        fclose(to);
        expect_error(text, i == 2 ? "the disk has no source"
                                  : "g.xml:1:34: <devices> has more than 1000 elements");
        free(text);
    }
}

/* An element with so many attributes, in another namespace or not. */
static char *with_attributes(unsigned int count)
{
    char *text;
    size_t length;
    FILE *to = open_memstream(&text, &length);

    fputs("<domain type='xen'><name>g</name><os><kernel>/k</kernel></os>\n<metadata><x:a "
          "xmlns:x='urn:x'", to);
    for (unsigned int i = 0; i < count; i++)
        fprintf(to, " %sa%u=''", i % 2 ? "x:" : "", i);
    fputs("/></metadata></domain>", to);
    fclose(to);
    return text;
}

/* 80,000 in a megabyte took ten seconds to read. */
static void test_attributes_are_bounded(void **state)
{
    char *text = with_attributes(1000);

    (void)state;
    assert_int_equal(read_text(text), 0);
    free(text);
    text = with_attributes(1001);
    expect_error(text, "<a> has more than 1000 attributes");
    assert_ptr_equal(strstr(said.cause, "g.xml:2:"), said.cause);
    free(text);
}

static void test_damaged_input(void **state)
{
    char copy[sizeof(full)];
    unsigned int seed = 1;

    (void)state;
    for (size_t n = 0; n + 1 < sizeof(full); n += 7) {
        memcpy(copy, full, sizeof(full));
        copy[n] = '\0';
        if (read_text(copy))
            assert_true(said.cause[0]);
    }
    for (int i = 0; i < 2000; i++) {
        memcpy(copy, full, sizeof(full));
        for (int k = 0; k < 3; k++) {
            seed = seed * 1103515245 + 12345;
            copy[(seed >> 8) % (sizeof(full) - 1)] = (char)(1 + (seed >> 24) % 255);
        }
        if (read_text(copy))
            assert_true(said.cause[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_reads_what_libvirt_writes, clean_up),
        cmocka_unit_test_teardown(test_unknown_elements_survive, clean_up),
        cmocka_unit_test_teardown(test_devices_follow_the_settings, clean_up),
        cmocka_unit_test_teardown(test_written_xml_reads_back, clean_up),
        cmocka_unit_test_teardown(test_wrong_documents, clean_up),
        cmocka_unit_test_teardown(test_commas, clean_up),
        cmocka_unit_test_teardown(test_entities_are_refused, clean_up),
        cmocka_unit_test_teardown(test_damaged_input, clean_up),
        cmocka_unit_test_teardown(test_length_is_bounded, clean_up),
        cmocka_unit_test_teardown(test_attributes_are_bounded, clean_up),
        cmocka_unit_test_teardown(test_pins, clean_up),
        cmocka_unit_test_teardown(test_other_namespaces, clean_up),
        cmocka_unit_test_teardown(test_rates_at_the_ends, clean_up),
        cmocka_unit_test_teardown(test_settings_in_metadata, clean_up),
        cmocka_unit_test_teardown(test_wrong_settings_in_metadata, clean_up),
        cmocka_unit_test_teardown(test_interface_without_address, clean_up),
        cmocka_unit_test_teardown(test_writing_again_changes_nothing, clean_up),
        cmocka_unit_test_teardown(test_texts_that_fit, clean_up),
        cmocka_unit_test_setup_teardown(test_settings_become_valid_documents, load_schema,
                                        free_schema),
        cmocka_unit_test_setup_teardown(test_documents_stay_valid, load_schema, free_schema),
        cmocka_unit_test_setup_teardown(test_what_is_taken_back_is_gone, load_schema, free_schema),
        cmocka_unit_test_setup_teardown(test_least_values, load_schema, free_schema),
        cmocka_unit_test_setup_teardown(test_addresses_and_discard, load_schema, free_schema),
        cmocka_unit_test_setup_teardown(test_other_kinds_stay, load_schema, free_schema),
        cmocka_unit_test_setup_teardown(test_bridge_instead, load_schema, free_schema),
        cmocka_unit_test_setup_teardown(test_cards_keep_their_order, load_schema, free_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
