/* SPDX-License-Identifier: MIT */
/* xm create --explain: what the new kernel will find when it starts, for those who write one. */
#include <errno.h>

#include "xm/create.h"

static void print_region(const char *name, const struct build_region *region)
{
    if (!region->frames)
        return;
    if (region->mapped)
        printf("  %-14s 0x%016llx  pfn %-8llu %llu pages\n", name,
               (unsigned long long)region->vaddr, (unsigned long long)region->pfn,
               (unsigned long long)region->frames);
    else
        printf("  %-14s %-18s  pfn %-8llu %llu pages\n", name, "not mapped",
               (unsigned long long)region->pfn, (unsigned long long)region->frames);
}

static void print_kernel(const struct domain_config *config, const struct build_result *result)
{
    const struct build_layout *layout = &result->layout;

    printf("kernel %s%s\n", config->kernel, result->kernel_from_cache ? " (unpacked before)" : "");
    printf("  says it is     %s %s, for loader %s\n",
           layout->guest_os[0] ? layout->guest_os : "nothing",
           layout->guest_version, layout->loader[0] ? layout->loader : "any");
    printf("  notes          %s\n", layout->has_notes ? "yes" : "none: defaults are assumed");
    printf("  features       %s\n", layout->features[0] ? layout->features : "none named");
    printf("  virtual base   0x%016llx is pfn 0\n", (unsigned long long)layout->virt_base);
    printf("  entry          0x%016llx\n", (unsigned long long)layout->entry);
    if (layout->hypercall_page)
        printf("  hypercall page 0x%016llx\n", (unsigned long long)layout->hypercall_page);
}

int explain(struct xm *xm, const struct domain_config *config)
{
    struct build_request request = build_request_of(config);
    struct build_result result = { 0 };
    const struct build_layout *layout = &result.layout;
    int err = build_plan(&request, &result);

    if (err)
        return xm_build_error(xm, &result.error, err);
    print_kernel(config, &result);
    printf("memory: %llu pages, mapped at start up to 0x%016llx\n",
           (unsigned long long)layout->memory_frames, (unsigned long long)layout->mapped_end);
    print_region("kernel", &layout->kernel);
    print_region("ramdisk", &layout->ramdisk);
    print_region("p2m list", &layout->p2m);
    print_region("p2m's tables", &layout->p2m_tables);
    print_region("start info", &layout->start_info);
    print_region("store ring", &layout->store_ring);
    print_region("console ring", &layout->console_ring);
    print_region("page tables", &layout->page_tables);
    print_region("stack", &layout->stack);
    printf("registers at the entry: rsi = start info, rsp = end of the stack, interrupts closed\n"
           "command line: %s\n", config->cmdline);
    return XM_OK;
}
