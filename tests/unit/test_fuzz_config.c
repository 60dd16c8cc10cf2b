/* SPDX-License-Identifier: MIT */
/* Whatever a file holds, it is read, or refused with a cause; written back it reads the same. */
/* SOURCES: tests/unit/fuzz.c tools/config/parse.c tools/config/python_hint.c tools/config/complaint.c tools/config/xalloc.c tools/config/domain_config.c tools/config/domain_keys.c tools/config/disk_spec.c tools/config/vif_spec.c */
/* CFLAGS: $(DOMAIN0) -O1 -fsanitize-coverage=trace-pc */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "config/domain_config.h"
#include "fuzz.h"

static int read_settings(const char *text, size_t length, struct domain_config *config)
{
    struct complaint said = { 0 };
    struct cfg cfg = { 0 };
    int err = cfg_parse(&cfg, "f", text, length, &said);

    if (!err)
        err = domain_config_read(&cfg, false, config, &said);
    if (err)
        assert_true(said.cause[0]);
    cfg_free(&cfg);
    complaint_clear(&said);
    return err;
}

static char *written(const struct domain_config *config)
{
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);

    domain_config_write(config, to);
    fclose(to);
    return text;
}

static void try_settings(const char *text, size_t length)
{
    struct domain_config config, again;
    char *first, *second;

    if (read_settings(text, length, &config))
        return;
    assert_int_equal(domain_config_complete(&config), 0);
    first = written(&config);
    domain_config_free(&config);
    assert_int_equal(read_settings(first, strlen(first), &again), 0);
    second = written(&again);
    domain_config_free(&again);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void test_settings(void **state)
{
    static const char *const seeds[] = {
        "name = \"g1\"\nkernel = '/boot/vmlinuz'\nramdisk=\"/r\"\nextra = \"console=hvc0 a='b'\"\n"
        "memory = 160; maxmem = 0x200\nvcpus = '2'\nmaxvcpus = 4\ncpus = [\"0-3,^1\", \"all\"]\n"
        "disk = [ 'file:/a.img,xvda,w', \"phy:/dev/vg/b,xvdb1,r!\", 'format=raw, vdev=xvdc, "
        "access=ro, target=/c',\n ]\nvif = [ 'mac=00:16:3e:00:00:02,bridge=xenbr0,rate=10Mb/s@50ms"
        ",ip=10.0.0.2', '' ]\non_crash = \"rename-restart\"\ncpu_weight = 512\ncap = 50\n",
        "name='x'\nkernel='/k'\nroot='/dev/xvda ro'\nip='10.0.0.2'\ngateway='g'\nnetmask='n'\n"
        "hostname='h'\ninterface='eth0'\ndhcp='dhcp'\nnfs_server='s'\nnfs_root='/r'\nextra='e'\n"
        "uuid='11111111-2222-3333-4444-555555555555'\nlocaltime=1\nrtc_timeoffset=-60\n"
        "max_grant_frames=64\nmax_event_channels=511\ntsc_mode=0\npci=[]\n",
        "name = 'a' # comment\nname += 'b'\ndisk=[]\ndisk += ['/d,raw,xvda,rw']\nbogus_key = 1\n"
        "kernel = \"\\x2fk\\101\\n\"\nimport os\nmemory = int(3) \"%d\" % vmid\n",
        NULL
    };
    static const char *const words[] = {
        "=", "+=", "[", "]", ",", ";", "\n", "'", "\"", "\\", "#", "\\x", "\\0", "\\\n", "-1",
        "0x7fffffffffffffff", "99999999999999999999", "name", "memory", "disk", "vif", "cpus",
        "kernel", "True", "None", "\"\"\"", "% ", "raw", "qcow2", "xvda", "hda", "sda16", "xvdzzz",
        "target=", "vdev=", "access=", "script=", "backend=", "mac=", "rate=", "1KB/s", "@20us",
        "mtu=", "uuid", "cap=", "vcpus=33", "on_reboot='preserve'", "\xff", "\r\n", "\t", NULL
    };

    (void)state;
    fuzz(&(struct fuzz){ .seeds = seeds, .words = words, .try = try_settings, .most = 16384 });
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_settings) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
