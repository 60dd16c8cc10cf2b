/* SPDX-License-Identifier: MIT */
/* What settings mean: domains, disks, network cards, CPU lists; and writing them back. */
/* SOURCES: tools/config/parse.c tools/config/python_hint.c tools/config/complaint.c tools/config/xalloc.c tools/config/domain_config.c tools/config/domain_keys.c tools/config/disk_spec.c tools/config/vif_spec.c tools/config/cpu_list.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/cpu_list.h"
#include "config/domain_config.h"

static struct complaint said;
static struct domain_config config;

static int read_text(const char *text, bool strict)
{
    struct cfg cfg = { 0 };
    int err;

    domain_config_free(&config);
    complaint_clear(&said);
    err = cfg_parse(&cfg, "f", text, strlen(text), &said);
    if (!err)
        err = domain_config_read(&cfg, strict, &config, &said);
    cfg_free(&cfg);
    return err;
}

static int clean_up(void **state)
{
    (void)state;
    domain_config_free(&config);
    complaint_clear(&said);
    return 0;
}

static void expect_error(const char *text, const char *cause)
{
    assert_int_equal(read_text(text, false), -EINVAL);
    if (!strstr(said.cause, cause))
        fail_msg("\"%s\": cause is \"%s\", not \"%s\"", text, said.cause, cause);
}

#define BASE "name='g'\nkernel='/k'\n"

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(read_text(BASE, false), 0);
    assert_int_equal(config.memory_kib, 128 * 1024);
    assert_int_equal(config.max_memory_kib, 128 * 1024);
    assert_int_equal(config.max_vcpus, 1);
    assert_int_equal(config.on_poweroff, ACTION_DESTROY);
    assert_int_equal(config.on_reboot, ACTION_RESTART);
    assert_int_equal(config.on_crash, ACTION_DESTROY);
    assert_int_equal(config.cpu_weight, -1);
    assert_string_equal(config.cmdline, "");
    assert_int_equal(said.warning_count, 0);
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(read_text(BASE "ramdisk=''", true), 0);
    assert_null(config.ramdisk);
    assert_int_equal(read_text(BASE "memory='256'\nmaxmem=512\nvcpus=2\nmaxvcpus=4\ncpu='0'\n"
                               "cpu_cap=20\non_crash='coredump-restart'\n"
                               "uuid='11111111-2222-3333-4444-555555555555'",
                               true), 0);
    assert_int_equal(config.memory_kib, 256 * 1024);
    assert_int_equal(config.max_memory_kib, 512 * 1024);
    assert_int_equal(config.max_vcpus, 4);
    assert_int_equal(config.cpus_count, 1);
    assert_int_equal(config.cap, 20);
    assert_int_equal(config.on_crash, ACTION_COREDUMP_RESTART);
    assert_int_equal(config.uuid[15], 0x55);
}

static void test_command_lines(void **state)
{
    static const struct { const char *text, *cmdline; } cases[] = {
        { "extra='a b'", "a b" },
        { "root='/dev/xvda ro'\nextra='quiet'", "root=/dev/xvda ro quiet" },
        { "cmdline='x'\nroot='/y'\nextra='z'", "x" },
        { "ip='10.0.0.2'\ngateway='10.0.0.1'\nnetmask='255.0.0.0'\nhostname='h'",
          "ip=10.0.0.2::10.0.0.1:255.0.0.0:h::off" },
        { "dhcp='dhcp'\nroot='/dev/nfs'\nnfs_server='10.0.0.9'\nnfs_root='/r'",
          "root=/dev/nfs ip=:10.0.0.9:::::dhcp nfsroot=10.0.0.9:/r" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        snprintf(text, sizeof(text), BASE "%s\n", cases[i].text);
        assert_int_equal(read_text(text, true), 0);
        assert_string_equal(config.cmdline, cases[i].cmdline);
    }
}

static void test_wrong_values(void **state)
{
    (void)state;
    expect_error("kernel='/k'", "f: the domain has no name");
    expect_error("name='g'", "f: the domain has no kernel");
    expect_error("name='g'\nkernel=''", "f: the domain has no kernel");
    expect_error("name='a/b'\nkernel='/k'", "f:1:6: \"a/b\" cannot be a domain's name");
    expect_error(BASE "memory='lots'", "f:3:8: memory must be a number");
    expect_error(BASE "memory=64\nmaxmem=32", "memory is 64 MiB, but maxmem only 32");
    expect_error(BASE "vcpus=33", "f:3:7: vcpus is 33, but must be from 1 to 32");
    expect_error(BASE "vcpus=4\nmaxvcpus=2", "vcpus is 4, but maxvcpus only 2");
    expect_error(BASE "on_crash='explode'", "f:3:10: on_crash: \"explode\" is not an action");
    expect_error(BASE "type='hvm'", "f:3:6: type \"hvm\" is not supported");
    expect_error(BASE "bootloader='pygrub'", "f:3:12: bootloader is not supported");
    expect_error(BASE "disk='x'", "f:3:6: disk must be a list");
    expect_error(BASE "disk=['/a,raw,xvda,w',\n '/b,raw,xvda,w']",
                 "f:4:2: two disks are to be xvda");
    expect_error(BASE "uuid='12'", "is not a UUID");
    expect_error(BASE "cap=65536", "f:3:5: cap is 65536, but must be from 0 to 65535");
    expect_error(BASE "tsc_mode='never'", "tsc_mode must be a number");
}

static void test_what_follows_from_others(void **state)
{
    (void)state;
    assert_int_equal(read_text(BASE "maxmem=64\ntsc_mode='native'\n", true), 0);
    assert_int_equal(config.memory_kib, 64 << 10);
    assert_int_equal(config.tsc_mode, 2);
    assert_int_equal(read_text(BASE "maxmem=512\n", true), 0);
    assert_int_equal(config.memory_kib, 512 << 10);
    /* In [ ] a list is for one vCPU, and what is left over is for none. */
    assert_int_equal(read_text(BASE "vcpus=4\ncpus=['2']\ncpus_soft='3'\n", true), 0);
    assert_int_equal(config.cpus_count, 2);
    assert_string_equal(config.cpus[1], "all");
    assert_int_equal(config.cpus_soft_count, 1);
    assert_int_equal(read_text(BASE "cpus=['2', '3', '0']\ncpus_soft=['1']\n", true), 0);
    assert_int_equal(config.cpus_count, 1);
    assert_int_equal(config.cpus_soft_count, 1);
}

static void test_unknown_keys_are_named(void **state)
{
    (void)state;
    assert_int_equal(read_text(BASE "memroy=64\nbogus_key=1\n", false), 0);
    assert_int_equal(said.warning_count, 2);
    assert_non_null(strstr(said.warnings[0], "f:3:1: unknown setting \"memroy\""));
    assert_non_null(strstr(said.warnings[0], "\"memory\"?"));
    assert_null(strstr(said.warnings[1], "did you mean"));
    assert_int_equal(read_text(BASE "memroy=64\n", true), -EINVAL);
    assert_string_equal(nearest_key("on_crahs"), "on_crash");
    assert_string_equal(nearest_key("dsik"), "disk");
}

static void test_disks(void **state)
{
    static const struct place place = { "f", 1, 1 };
    static const struct {
        const char *text, *target;
        uint32_t devid;
        bool readonly, shared, cdrom;
    } good[] = {
        { "/a.img,raw,xvda,rw", "/a.img", 51712, false, false, false },
        { "/a.img,,xvdb1,r", "/a.img", 51729, true, false, false },
        { "phy:/dev/vg/x,xvda1,w", "/dev/vg/x", 51713, false, false, false },
        { "phy:vg/x,hda,w!", "/dev/vg/x", 768, false, true, false },
        { "file:/iso,hdc:cdrom,r", "/iso", 22 << 8, true, false, true },
        { "tap:aio:/a,sda2,w", "/a", 2050, false, false, false },
        { "/a.img,xvdc,r", "/a.img", 51744, true, false, false },
        { "format=raw, vdev=xvdq, access=ro, target=/x,y=1", "/x,y=1", 1u << 28 | 16 << 8, true,
          false, false },
        { "vdev=d5p2,target=/t", "/t", 51712 + 5 * 16 + 2, false, false, false },
        { "/t,raw,0xca00,w,direct-io-safe", "/t", 51712, false, false, false },
        { "/t,raw,xvdaa,w", "/t", 1u << 28 | 26 << 8, false, false, false },
        { "/t,raw,vdev=xvda,r", "/t", 51712, true, false, false },
        { "vdev=xvda,/t,raw,r", "/t", 51712, true, false, false },
        { "format=raw,/t,xvda,r", "/t", 51712, true, false, false },
        { "/t,raw,xvda,", "/t", 51712, false, false, false },
        { "access=,specification=xen,vdev=xvda,target=/t", "/t", 51712, false, false, false },
        { "file:images/d.img,xvda,w", "images/d.img", 51712, false, false, false },
        { "tap:tapdisk:aio:/a,xvda,w", "/a", 51712, false, false, false },
        { "ioemu:/a,xvda,w", "/a", 51712, false, false, false },
        { "drbd:r0,xvda,w", "r0", 51712, false, false, false },
    };
    static const struct { const char *text, *cause; } bad[] = {
        { "/a.img,qcow2,xvda,w", "disk format \"qcow2\"" },
        { "/a.img,raw,foo,w", "\"foo\" is not a virtual device" },
        { "/a.img,raw,xvda,x", "\"x\" is not a disk's access mode" },
        { "/a.img", "has no virtual device" },
        { "vdev=xvda", "has no target" },
        { "vdev=xvda,acess=w,target=/a", "unknown disk key \"acess\"" },
        { "/a,raw,xvda,w,,extra", "unexpected \"\" in a disk" },
        { "/a,raw,xvda,w,untrusted", "unexpected \"untrusted\"" },
        { "/a,xvda,w,Domain-0,extra", "unexpected \"extra\"" },
        { "tap:qcow2:/a,xvda,w", "disk format \"qcow2\"" },
        { "specification=virtio,vdev=xvda,target=/t", "not by \"virtio\"" },
        { "", "has no target" },
    };
    struct disk_config disk;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char *again;

        complaint_clear(&said);
        if (disk_parse(good[i].text, &place, &disk, &said))
            fail_msg("%s: %s", good[i].text, said.cause);
        /* Once as read, once as written and read again. */
        again = disk_format(&disk);
        for (int pass = 0; pass < 2; pass++) {
            assert_string_equal(disk.target, good[i].target);
            assert_int_equal(disk.devid, good[i].devid);
            assert_int_equal(disk.readonly, good[i].readonly);
            assert_int_equal(disk.shared, good[i].shared);
            assert_int_equal(disk.cdrom, good[i].cdrom);
            disk_free(&disk);
            if (!pass)
                assert_int_equal(disk_parse(again, &place, &disk, &said), 0);
        }
        free(again);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        complaint_clear(&said);
        assert_int_equal(disk_parse(bad[i].text, &place, &disk, &said), -EINVAL);
        if (!strstr(said.cause, bad[i].cause))
            fail_msg("%s: \"%s\", not \"%s\"", bad[i].text, said.cause, bad[i].cause);
    }
}

static void test_device_names(void **state)
{
    static const char *const names[] = { "xvda", "xvdb", "xvda15", "xvdp3", "xvdq", "xvdz16",
                                         "xvdaa", "xvdba7" };
    char name[VDEV_MAX];
    uint32_t devid;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(vdev_parse(names[i], &devid), 0);
        vdev_name(devid, name);
        assert_string_equal(name, names[i]);
    }
    assert_int_equal(vdev_parse("xvda0", &devid), -EINVAL);
    assert_int_equal(vdev_parse("xvd1", &devid), -EINVAL);
    assert_int_equal(vdev_parse("hde", &devid), -EINVAL);
    assert_int_equal(vdev_parse("sdq", &devid), -EINVAL);
    assert_int_equal(vdev_parse("xvda1x", &devid), -EINVAL);
    assert_int_equal(vdev_parse("", &devid), -EINVAL);
}

static void test_vifs(void **state)
{
    static const struct place place = { "f", 1, 1 };
    static const char *const bad[] = { "mac=01:16:3e:0:0:1", "mac=zz",
                                       "bridge=a-name-that-is-too-long",
                                       "colour=red", "rate=fast", "type=ioemu", "justtext" };
    struct vif_config vif;
    char *again;

    (void)state;
    assert_int_equal(vif_parse("mac=00:16:3E:00:00:07, bridge=xenbr0,rate=10Mb/s,ip=10.0.0.7",
                               &place,
                               &vif, &said), 0);
    again = vif_format(&vif);
    for (int pass = 0; pass < 2; pass++) {
        assert_int_equal(vif.mac[5], 7);
        assert_string_equal(vif.bridge, "xenbr0");
        assert_string_equal(vif.ip, "10.0.0.7");
        assert_int_equal(vif.rate_bytes, 62500);
        assert_int_equal(vif.rate_us, 50000);
        vif_free(&vif);
        if (!pass)
            assert_int_equal(vif_parse(again, &place, &vif, &said), 0);
    }
    free(again);
    assert_int_equal(vif_parse("mac=00-16-3e-00-00-07", &place, &vif, &said), 0);
    assert_int_equal(vif.mac[5], 7);
    vif_free(&vif);
    assert_int_equal(vif_parse("", &place, &vif, &said), 0);
    assert_false(vif.has_mac);
    vif_free(&vif);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        complaint_clear(&said);
        if (!vif_parse(bad[i], &place, &vif, &said))
            fail_msg("\"%s\" was accepted", bad[i]);
        assert_true(said.cause[0]);
    }
}

static void test_rates(void **state)
{
    uint64_t bytes;
    uint32_t us;

    (void)state;
    assert_int_equal(rate_parse("1GB/s@20ms", &bytes, &us), 0);
    assert_int_equal(bytes, 20000000);
    assert_int_equal(us, 20000);
    assert_int_equal(rate_parse("250KB/s", &bytes, &us), 0);
    assert_int_equal(bytes, 12500);
    /* As it is written back: bytes per second are more than fit into 32 bits. */
    assert_int_equal(rate_parse("100000Mb/s@50ms", &bytes, &us), 0);
    assert_int_equal(bytes, 625000000);
    assert_int_equal(rate_parse("12500000000B/s@50000us", &bytes, &us), 0);
    assert_int_equal(bytes, 625000000);
    assert_int_equal(rate_parse("18446744073709551615GB/s", &bytes, &us), -EINVAL);
    assert_int_equal(rate_parse("10Mb", &bytes, &us), -EINVAL);
    assert_int_equal(rate_parse("10Mb/s@0ms", &bytes, &us), -EINVAL);
    assert_int_equal(rate_parse("0B/s", &bytes, &us), -EINVAL);
    assert_int_equal(rate_parse("10Mb/s@20x", &bytes, &us), -EINVAL);
    assert_int_equal(rate_parse("10MB/s@20", &bytes, &us), 0);
    assert_int_equal(us, 20000000);
    assert_int_equal(bytes, 200000000);
}

static void test_cpu_lists(void **state)
{
    static const struct { const char *text, *result; } good[] = {
        { "all", "all" }, { "0-3,^1", "0,2-3" }, { "^0", "1-7" }, { "5", "5" }, { "0-7", "all" },
        { "nodes:0-1", "all" }, { "node:1", "4-7" }, { "all,^node:1", "0-3" }, { " 1 , 2 ", "1-2" },
        { "6-20", "6-7" }, { "node:all,^7", "0-6" }, { "1,9", "1" },
    };
    static const char *const bad[] = { "", "8", "3-1", "a", "0,^0", "1-", "node:9",
                                      "4294967296", "18446744073709551616" };
    static const unsigned int node_of[8] = { 0, 0, 0, 0, 1, 1, 1, 1 };
    struct xen_cpumap map;
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(cpu_list_parse(good[i].text, 8, node_of, &map), 0);
        cpu_list_format(&map, 8, text, sizeof(text));
        assert_string_equal(text, good[i].result);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (!cpu_list_parse(bad[i], 8, node_of, &map))
            fail_msg("\"%s\" was accepted", bad[i]);
}

/* What xend keeps for a restart must be the same domain. */
static void test_written_file_reads_back(void **state)
{
    char *first = NULL, *second = NULL;
    size_t n;
    FILE *to;

    (void)state;
    assert_int_equal(read_text("name='a \"b\\\\'\nkernel='/k'\nramdisk='/r'\nroot='/dev/xvda'\n"
                               "extra='\\ttab'\nmemory=64\nmaxmem=96\nvcpus=2\nmaxvcpus=3\n"
                               "cpus=['0','1']\ncpus_soft='0-1'\ncpu_weight=512\ncap=30\n"
                               "on_crash='preserve'\non_reboot='rename-restart'\n"
                               "disk=['/a,raw,xvda,w,no-discard','phy:/dev/x,xvdb,r']\n"
                               "vif=['rate=3MB/s','mac=00:16:3e:01:02:03,vifname=web']\n"
                               "max_event_channels=511", true), 0);
    assert_int_equal(domain_config_complete(&config), 0);
    assert_int_equal(config.vifs[1].devid, 1);
    to = open_memstream(&first, &n);
    domain_config_write(&config, to);
    fclose(to);
    assert_int_equal(read_text(first, true), 0);
    to = open_memstream(&second, &n);
    domain_config_write(&config, to);
    fclose(to);
    assert_string_equal(first, second);
    assert_string_equal(config.name, "a \"b\\");
    assert_int_equal(config.disk_count, 2);
    assert_true(config.disks[0].no_discard);
    assert_false(config.disks[1].no_discard);
    free(first);
    free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_defaults, clean_up),
        cmocka_unit_test_teardown(test_values, clean_up),
        cmocka_unit_test_teardown(test_command_lines, clean_up),
        cmocka_unit_test_teardown(test_wrong_values, clean_up),
        cmocka_unit_test_teardown(test_what_follows_from_others, clean_up),
        cmocka_unit_test_teardown(test_unknown_keys_are_named, clean_up),
        cmocka_unit_test_teardown(test_disks, clean_up),
        cmocka_unit_test_teardown(test_device_names, clean_up),
        cmocka_unit_test_teardown(test_vifs, clean_up),
        cmocka_unit_test_teardown(test_rates, clean_up),
        cmocka_unit_test_teardown(test_cpu_lists, clean_up),
        cmocka_unit_test_teardown(test_written_file_reads_back, clean_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
