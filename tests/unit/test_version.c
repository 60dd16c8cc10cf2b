/* SPDX-License-Identifier: MIT */
/* xen_version: every answer, who may read what, and that no byte of ours leaks. */
/* SOURCES: xen/common/version.c tests/unit/mock.c */
/* CFLAGS: $(HYPERVISOR) -DXENOLITH_VERSION='"1.2.3"' */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <public/version.h>
#include <xen/cmdline.h>
#include <xen/errno.h>
#include <xen/hypercall.h>

char saved_cmdline[1024] = "dom0_mem=1G console=com1";

/* string.c cannot be linked here: it has the C library's names. */
size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t n = strlen(src), copied = MIN(n, size - 1);

    memcpy(dst, src, copied);
    dst[copied] = 0;
    return n;
}

static struct domain d;
static struct vcpu v = {.domain = &d};
static char buf[2048];

static int start(void **state)
{
    (void)state;
    mock_cpu_set(0);
    cpus[0].curr = &v;
    d.privileged = false;
    memset(buf, 0x5a, sizeof(buf));
    return 0;
}

static long call(int cmd)
{
    return do_xen_version(cmd, (unsigned long)buf);
}

/* A string in a field of @size bytes: zeros after its end, and nothing behind the field touched. */
static void assert_field(const char *s, size_t size)
{
    assert_string_equal(buf, s);
    for (size_t i = strlen(s); i < size; i++)
        assert_int_equal(buf[i], 0);
    assert_int_equal(buf[size], 0x5a);
}

static void number(void **state)
{
    (void)state;
    assert_int_equal(call(XENVER_version), 4 << 16 | 17);
    assert_int_equal(do_xen_version(XENVER_pagesize, 0), 4096);
    assert_int_equal(call(XENVER_pagesize), -EINVAL);
    assert_int_equal(call(99), -ENOSYS);
    assert_int_equal(call(-1), -ENOSYS);
    assert_int_equal(call(XENVER_build_id), -ENODATA);
}

static void strings(void **state)
{
    (void)state;
    assert_int_equal(call(XENVER_extraversion), 0);
    assert_field(".0-xenolith", sizeof(xen_extraversion_t));
    assert_int_equal(call(XENVER_capabilities), 0);
    assert_field("xen-3.0-x86_64 ", sizeof(xen_capabilities_info_t));
}

static void secrets(void **state)
{
    struct xen_compile_info *info = (void *)buf;

    (void)state;
    assert_int_equal(call(XENVER_commandline), 0);
    assert_string_equal(buf, "<denied>");
    assert_int_equal(call(XENVER_compile_info), 0);
    assert_string_equal(info->compiler, "<denied>");
    d.privileged = true;
    assert_int_equal(call(XENVER_commandline), 0);
    assert_field(saved_cmdline, sizeof(xen_commandline_t));
    assert_int_equal(call(XENVER_changeset), 0);
    assert_non_null(strstr(buf, "1.2.3"));
}

static void features(void **state)
{
    struct xen_feature_info *f = (void *)buf;

    (void)state;
    f->submap_idx = 0;
    assert_int_equal(call(XENVER_get_features), 0);
    assert_true(f->submap & BIT(XENFEAT_mmu_pt_update_preserve_ad));
    assert_false(f->submap & BIT(XENFEAT_writable_page_tables));
    assert_false(f->submap & BIT(XENFEAT_auto_translated_physmap));
    assert_false(f->submap & BIT(XENFEAT_dom0));
    d.privileged = true;
    assert_int_equal(call(XENVER_get_features), 0);
    assert_true(f->submap & BIT(XENFEAT_dom0));
    f->submap_idx = 1;
    assert_int_equal(call(XENVER_get_features), -EINVAL);
}

static void layout_and_handle(void **state)
{
    (void)state;
    assert_int_equal(call(XENVER_platform_parameters), 0);
    assert_int_equal(*(unsigned long *)buf, 0xffff800000000000);
    for (int i = 0; i < 16; i++)
        d.handle[i] = i * 3;
    assert_int_equal(call(XENVER_guest_handle), 0);
    assert_memory_equal(buf, d.handle, 16);
}

static void bad_pointers(void **state)
{
    (void)state;
    for (int cmd = XENVER_extraversion; cmd <= XENVER_commandline; cmd++)
        if (cmd != XENVER_pagesize)
            assert_int_equal(do_xen_version(cmd, 8), -EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(number, start),   cmocka_unit_test_setup(strings, start),
        cmocka_unit_test_setup(secrets, start),  cmocka_unit_test_setup(features, start),
        cmocka_unit_test_setup(layout_and_handle, start),
        cmocka_unit_test_setup(bad_pointers, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
