/* SPDX-License-Identifier: MIT */
/* The xen_version hypercall: who the hypervisor is and what it offers. */
#include <asm/layout.h>
#include <public/version.h>
#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/guest_copy.h>
#include <xen/hypercall.h>
#include <xen/string.h>

/* The interface is that of Xen 4.17; what is ours is named in the extra version. */
#define VERSION_MAJOR 4
#define VERSION_MINOR 17
#define EXTRAVERSION  ".0-xenolith"

_Static_assert(sizeof(EXTRAVERSION) <= XEN_EXTRAVERSION_LEN, "the extra version is too long");

/* Copy out a string field of @size bytes, the rest zero. */
static long copy_out_string(unsigned long arg, const char *s, size_t size)
{
    char buf[XEN_CAPABILITIES_INFO_LEN] = {};

    strlcpy(buf, s, size);
    return copy_out_bytes(GPTR(arg), buf, size);
}

/* What tells an intruder how to attack is for Domain0 only. */
static const char *if_privileged(const char *s)
{
    return current_domain->privileged ? s : "<denied>";
}

static long compile_info(unsigned long arg)
{
    struct xen_compile_info info = {};

    strlcpy(info.compiler, if_privileged("gcc " __VERSION__), sizeof(info.compiler));
    strlcpy(info.compile_by, if_privileged("xenolith"), sizeof(info.compile_by));
    strlcpy(info.compile_domain, if_privileged("xenolith"), sizeof(info.compile_domain));
    /* No date: the same source gives the same image. */
    strlcpy(info.compile_date, if_privileged("reproducible"), sizeof(info.compile_date));
    return copy_out_arg(arg, &info);
}

static long features(unsigned long arg)
{
    struct xen_feature_info info;

    if (copy_in_arg(&info, arg))
        return -EFAULT;
    if (info.submap_idx != 0)
        return -EINVAL;
    info.submap = BIT(XENFEAT_pae_pgdir_above_4gb) | BIT(XENFEAT_mmu_pt_update_preserve_ad) |
                  BIT(XENFEAT_highmem_assist) | BIT(XENFEAT_gnttab_map_avail_bits) |
                  BIT(XENFEAT_linux_rsdp_unrestricted) | BIT(XENFEAT_not_direct_mapped);
    if (current_domain->privileged)
        info.submap |= BIT(XENFEAT_dom0);
    return copy_out_arg(arg, &info);
}

long do_xen_version(int cmd, unsigned long arg)
{
    switch (cmd) {
    case XENVER_version:
        return VERSION_MAJOR << 16 | VERSION_MINOR;
    case XENVER_extraversion:
        return copy_out_string(arg, EXTRAVERSION, XEN_EXTRAVERSION_LEN);
    case XENVER_compile_info:
        return compile_info(arg);
    case XENVER_capabilities:
        return copy_out_string(arg, "xen-3.0-x86_64 ", XEN_CAPABILITIES_INFO_LEN);
    case XENVER_changeset:
        return copy_out_string(arg, if_privileged("xenolith " XENOLITH_VERSION),
                               XEN_CHANGESET_INFO_LEN);
    case XENVER_platform_parameters:
        return copy_out_arg(arg, &(struct xen_platform_parameters){.virt_start = HV_VIRT_START});
    case XENVER_get_features:
        return features(arg);
    case XENVER_pagesize:
        return arg ? -EINVAL : (long)PAGE_SIZE;
    case XENVER_guest_handle:
        return copy_out_bytes(GPTR(arg), current_domain->handle, sizeof(current_domain->handle));
    case XENVER_commandline:
        return copy_out_string(arg, if_privileged(saved_cmdline), sizeof(xen_commandline_t));
    case XENVER_build_id:
        return -ENODATA;
    }
    return -ENOSYS;
}
