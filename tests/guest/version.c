/* SPDX-License-Identifier: MIT */
/*
 * Who are we running on?
 *
 * A kernel decides by these answers what it may use, so wrong ones are found far from their cause.
 * The version must be 4.17, the capabilities must name 64-bit PV guests, the features must be the
 * ones the ABI promises a PV guest and none that it must not have, and strings must be ended.
 */
#include "harness.h"

static bool contains(const char *text, size_t size, const char *word)
{
    for (size_t i = 0; i + strlen(word) <= size && text[i]; i++)
        if (starts_with(text + i, word))
            return true;
    return false;
}

TEST(version)
{
    static xen_capabilities_info_t capabilities;
    struct xen_platform_parameters platform = { 0 };
    struct xen_feature_info features = { .submap_idx = 0 };
    xen_extraversion_t extra;

    EXPECT(HYPERCALL(xen_version, XENVER_version, NULL), 4 << 16 | 17);
    EXPECT(HYPERCALL(xen_version, XENVER_pagesize, NULL), PAGE_SIZE);
    memset(extra, 'x', sizeof(extra));
    EXPECT(HYPERCALL(xen_version, XENVER_extraversion, extra), 0);
    EXPECT_TRUE(memcmp(extra, "xxxxxxxxxxxxxxxx", sizeof(extra)) != 0);
    EXPECT(HYPERCALL(xen_version, XENVER_capabilities, capabilities), 0);
    EXPECT_TRUE(contains(capabilities, sizeof(capabilities), "xen-3.0-x86_64"));
    EXPECT(HYPERCALL(xen_version, XENVER_platform_parameters, &platform), 0);
    EXPECT(platform.virt_start, HYPERVISOR_VIRT_START);
    EXPECT(HYPERCALL(xen_version, XENVER_get_features, &features), 0);
    EXPECT(features.submap >> XENFEAT_writable_page_tables & 1, 0);
    EXPECT(features.submap >> XENFEAT_auto_translated_physmap & 1, 0);
    EXPECT(features.submap >> XENFEAT_mmu_pt_update_preserve_ad & 1, 1);
    EXPECT(features.submap >> XENFEAT_gnttab_map_avail_bits & 1, 1);
    EXPECT(features.submap >> XENFEAT_dom0 & 1, in_domain0);
    features.submap_idx = XENFEAT_NR_SUBMAPS;
    EXPECT(HYPERCALL(xen_version, XENVER_get_features, &features), -XEN_EINVAL);
    EXPECT(HYPERCALL(xen_version, 1000, NULL), -XEN_ENOSYS);
}
