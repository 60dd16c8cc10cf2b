/* SPDX-License-Identifier: MIT */
/* What scripts parse: lines of `list` in both faces, letters of states, xl's JSON layout. */
/* SOURCES: tools/xm/list.c tools/xm/list_long.c tools/config/definition.c tools/xml/domain_xml.c tools/xml/domain_xml_write.c tools/xml/xml_parts.c tools/xml/xml_settings.c tools/xm/memory.c tools/config/domain_config.c tools/config/domain_keys.c tools/config/disk_spec.c tools/config/vif_spec.c tools/config/parse.c tools/config/python_hint.c tools/config/complaint.c tools/config/xalloc.c tests/unit/xm_mock.c */
/* CFLAGS: $(DOMAIN0) -I/usr/include/libxml2 */
/* LIBS: -ljansson -lxml2 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xen/sched.h>

#include "xm/create.h"
#include "xm/list.h"

int memory_parse(const char *text, uint64_t *kib);

static struct xen_domctl_getdomaininfo guest(uint32_t flags)
{
    return (struct xen_domctl_getdomaininfo){
        .domain = 1, .flags = flags, .tot_pages = 160 * 256, .nr_online_vcpus = 1,
        .cpu_time = 5249000000,
    };
}

static uint32_t shut(unsigned int reason)
{
    return XEN_DOMINF_shutdown | reason << XEN_DOMINF_shutdownshift;
}

static void expect_letters(enum face face, uint32_t flags, const char *expected)
{
    struct xen_domctl_getdomaininfo info = guest(flags);
    char letters[7];

    state_letters(face, &info, letters);
    assert_string_equal(letters, expected);
}

static void test_state_letters(void **state)
{
    (void)state;
    expect_letters(FACE_XL, XEN_DOMINF_running, "r-----");
    expect_letters(FACE_XL, XEN_DOMINF_blocked, "-b----");
    expect_letters(FACE_XL, XEN_DOMINF_paused, "--p---");
    expect_letters(FACE_XL, 0, "------");
    expect_letters(FACE_XL, XEN_DOMINF_dying | XEN_DOMINF_paused, "--p--d");
    expect_letters(FACE_XL, shut(SHUTDOWN_poweroff), "---s--");
    expect_letters(FACE_XL, shut(SHUTDOWN_reboot), "---sr-");
    expect_letters(FACE_XL, shut(SHUTDOWN_suspend), "---ss-");
    expect_letters(FACE_XL, shut(SHUTDOWN_crash), "---sc-");
    expect_letters(FACE_XL, shut(SHUTDOWN_watchdog), "---sw-");
    expect_letters(FACE_XL, shut(SHUTDOWN_soft_reset), "---sS-");
    expect_letters(FACE_XL, shut(77), "---s?-");
    expect_letters(FACE_XM, shut(SHUTDOWN_crash), "---sc-");
    expect_letters(FACE_XM, shut(SHUTDOWN_reboot), "---s--");
}

static char *printed(void (*print)(FILE *to))
{
    char *text = NULL;
    size_t n;
    FILE *to = open_memstream(&text, &n);

    print(to);
    fclose(to);
    return text;
}

static void expect_printed(void (*print)(FILE *to), const char *expected)
{
    char *text = printed(print);

    assert_string_equal(text, expected);
    free(text);
}

static void xl_line(FILE *to)
{
    struct xen_domctl_getdomaininfo info = guest(XEN_DOMINF_blocked);

    list_line(FACE_XL, &info, "g1", to);
}

static void xm_line(FILE *to)
{
    struct xen_domctl_getdomaininfo info = guest(XEN_DOMINF_blocked);

    list_line(FACE_XM, &info, "g1", to);
}

static void xl_header(FILE *to)
{
    list_header(FACE_XL, to);
}

static void xm_header(FILE *to)
{
    list_header(FACE_XM, to);
}

/* As captured from xl 4.17, and as xm of Xen 3.1 to 4.4 formatted it. */
static void test_lines(void **state)
{
    (void)state;
    expect_printed(xl_header,
                   "Name                                        ID   Mem VCPUs\tState\tTime(s)");
    expect_printed(xl_line,
                   "g1                                           1   160     1     -b----"
                   "       5.2");
    expect_printed(xm_header, "Name                                        ID   Mem VCPUs      "
                              "State   Time(s)");
    expect_printed(xm_line, "g1                                           1   160     1     "
                            "-b----       5.2");
}

static const char g1[] =
    "name='g1'\nkernel='/boot/vmlinuz'\nramdisk='/boot/guest.img'\nmemory=160\n"
    "extra='console=hvc0'\non_crash='preserve'\nuuid='11111111-2222-3333-4444-555555555555'\n"
    "disk=['/root/d.img,raw,xvda,rw','/root/d.img,raw,xvdb,r']\n"
    "vif=['mac=00:16:3e:00:00:07,bridge=xenbr0,rate=10Mb/s']\n";

static void read_g1(struct domain_config *config)
{
    struct complaint c = { 0 };
    struct cfg cfg = { 0 };

    assert_int_equal(cfg_parse(&cfg, "f", g1, sizeof(g1) - 1, &c), 0);
    assert_int_equal(domain_config_read(&cfg, true, config, &c), 0);
    assert_int_equal(domain_config_complete(config), 0);
    cfg_free(&cfg);
}

static void xl_dry_run(FILE *to)
{
    struct xm xm = { .face = FACE_XL };
    struct domain_config config;

    read_g1(&config);
    print_config(&xm, &config, to);
    domain_config_free(&config);
}

/* Captured from `xl create -n` of 4.17. */
static void test_dry_run_json(void **state)
{
    (void)state;
    expect_printed(xl_dry_run,
        "{\n    \"c_info\": {\n        \"type\": \"pv\",\n        \"name\": \"g1\",\n"
        "        \"uuid\": \"11111111-2222-3333-4444-555555555555\",\n"
        "        \"run_hotplug_scripts\": \"True\"\n    },\n"
        "    \"b_info\": {\n        \"max_memkb\": 163840,\n        \"target_memkb\": 163840,\n"
        "        \"sched_params\": {\n\n        },\n        \"claim_mode\": \"True\",\n"
        "        \"kernel\": \"/boot/vmlinuz\",\n        \"cmdline\": \"console=hvc0\",\n"
        "        \"ramdisk\": \"/boot/guest.img\",\n        \"type.pv\": {\n\n        },\n"
        "        \"arch_arm\": {\n\n        },\n        \"arch_x86\": {\n\n        }\n    },\n"
        "    \"disks\": [\n        {\n            \"pdev_path\": \"/root/d.img\",\n"
        "            \"vdev\": \"xvda\",\n            \"format\": \"raw\",\n"
        "            \"readwrite\": 1\n        },\n        {\n"
        "            \"pdev_path\": \"/root/d.img\",\n            \"vdev\": \"xvdb\",\n"
        "            \"format\": \"raw\"\n        }\n    ],\n"
        "    \"nics\": [\n        {\n            \"devid\": 0,\n"
        "            \"mac\": \"00:16:3e:00:00:07\",\n            \"bridge\": \"xenbr0\",\n"
        "            \"rate_bytes_per_interval\": 62500,\n"
        "            \"rate_interval_usecs\": 50000\n        }\n    ],\n"
        "    \"on_reboot\": \"restart\",\n    \"on_crash\": \"preserve\",\n"
        "    \"on_soft_reset\": \"soft_reset\"\n}\n");
}

static void test_amounts_of_memory(void **state)
{
    static const struct { const char *text; uint64_t kib; } good[] = {
        { "512", 512 * 1024 }, { "512m", 512 * 1024 }, { "512MB", 512 * 1024 }, { "1g", 1 << 20 },
        { "2048k", 2048 }, { "4096b", 4 }, { "1T", 1ull << 30 },
    };
    static const char *const bad[] = { "", "m", "-1", "1x", "1mx", "0", "99999999999999999999",
                                       "16777216t", "100b" };
    uint64_t kib;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(memory_parse(good[i].text, &kib), 0);
        assert_int_equal(kib, good[i].kib);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (!memory_parse(bad[i], &kib))
            fail_msg("\"%s\" was accepted", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_letters),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_dry_run_json),
        cmocka_unit_test(test_amounts_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
