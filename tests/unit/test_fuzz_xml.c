/* SPDX-License-Identifier: MIT */
/* Whatever XML holds, it is read, or refused with a cause; written back it reads the same. */
/* SOURCES: tests/unit/fuzz.c tools/xml/domain_xml.c tools/xml/domain_xml_write.c tools/xml/xml_parts.c tools/xml/xml_settings.c tools/config/parse.c tools/config/python_hint.c tools/config/complaint.c tools/config/xalloc.c tools/config/domain_config.c tools/config/domain_keys.c tools/config/disk_spec.c tools/config/vif_spec.c */
/* CFLAGS: $(DOMAIN0) -O1 -fsanitize-coverage=trace-pc */
/* LIBS: -lxml2 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "xml/domain_xml.h"
#include "fuzz.h"

static int read_document(const char *text, size_t length, struct domain_config *config)
{
    struct complaint said = { 0 };
    int err = domain_xml_read("f", text, length, config, &said);

    if (err)
        assert_true(said.cause[0]);
    complaint_clear(&said);
    return err;
}

static void try_document(const char *text, size_t length)
{
    struct domain_config config, again;
    char *first, *second;

    if (!text_is_xml(text, length) || read_document(text, length, &config))
        return;
    assert_int_equal(domain_config_complete(&config), 0);
    first = domain_xml_write(&config, -1);
    domain_config_free(&config);
    assert_int_equal(read_document(first, strlen(first), &again), 0);
    assert_int_equal(domain_config_complete(&again), 0);
    second = domain_xml_write(&again, -1);
    domain_config_free(&again);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void test_documents(void **state)
{
    static const char *const seeds[] = {
        "<domain type='xen' id='3' xmlns:x='urn:x'><name>g1</name>"
        "<uuid>11111111-2222-3333-4444-555555555555</uuid><title>t</title>"
        "<description>d</description><metadata xmlns:s='urn:xenolith:settings'>"
        "<x:note>keep</x:note>"
        "<s:settings>cpus_soft=['0','1']; tsc_mode=2; on_watchdog='restart'</s:settings></metadata>"
        "<memory unit='MiB'>256</memory><currentMemory unit='KiB'>163000</currentMemory>"
        "<vcpu current='2' cpuset='0-1'>4</vcpu><cputune><shares>512</shares>"
        "<vcpupin vcpu='2' cpuset='3'/><global_period>100000</global_period>"
        "<global_quota>50000</global_quota></cputune><os>"
        "<type arch='x86_64' machine='xenpv'>linux</type><kernel>/k</kernel><initrd>/r</initrd>"
        "<cmdline>a &amp; b</cmdline></os><clock offset='variable' adjustment='3600'/>"
        "<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot>"
        "<on_crash>preserve</on_crash></domain>",
        "<domain type='xen'><name>g</name><os><kernel>/k</kernel></os><devices>"
        "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/>"
        "<target dev='xvda' bus='xen'/><shareable/></disk><disk type='block' device='cdrom'>"
        "<source dev='/dev/sr0'/><target dev='xvdb'/><backenddomain name='d'/></disk>"
        "<interface type='bridge'><mac address='00:16:3e:00:00:07'/><source bridge='b'/>"
        "<script path='/s'/><target dev='v'/><ip address='10.0.0.2'/><mtu size='1400'/>"
        "<bandwidth><outbound average='1000'/></bandwidth></interface>"
        "<controller type='xenbus' maxGrantFrames='64' maxEventChannels='511'/>"
        "<console type='pty'><target type='xen' port='0'/></console><hostdev/></devices></domain>",
        NULL
    };
    static const char *const words[] = {
        "<", ">", "/>", "</", "='", "'", "\"", "&", ";", "&amp;", "&#0;", "&#x41;", "<!--", "-->",
        "<![CDATA[", "]]>", "<?xml version='1.0'?>",
        "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///e'>]>",
        "<!ENTITY a 'b'>", "<name>", "</name>", "<disk>", "</disk>", "<interface>", "<devices>",
        "<domain type='xen'>", "</domain>", "<vcpupin vcpu='31' cpuset='^'/>", "xmlns='u'", "x:",
        "<memory unit='TiB'>", "17592186044416", "-1", "99999999999999999999", "<vcpu>33</vcpu>",
        "\xff\xfe", "\xc3\xa9", "<os/>", "<cputune/>", "<a>", "cpus='node:0'",
        "localtime=1;", "<s:settings xmlns:s='urn:xenolith:settings'>", "</s:settings>", NULL
    };

    (void)state;
    fuzz(&(struct fuzz){ .seeds = seeds, .words = words, .try = try_document, .most = 16384 });
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_documents) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
