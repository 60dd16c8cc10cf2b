/* SPDX-License-Identifier: MIT */
/* What the guest's first instructions read: start info, first vCPU's registers, shared info. */
#include "builder/start_info.h"

#include <stdio.h>
#include <string.h>

#define FLAGS_IF    (1ul << 9)
#define DR6_DEFAULT 0xffff0ff0ul
#define DR7_DEFAULT 0x400ul

static void write_ramdisk(const struct build_layout *layout, struct start_info *info)
{
    if (!layout->ramdisk_bytes)
        return;
    info->mod_len = layout->ramdisk_bytes;
    if (layout->ramdisk.mapped) {
        info->mod_start = layout->ramdisk.vaddr;
    } else {
        info->mod_start = layout->ramdisk.pfn;
        info->flags |= SIF_MOD_START_PFN;
    }
}

void start_info_write(const struct build_request *request, const struct build_result *result,
                      xen_pfn_t shared_info_mfn, struct start_info *info)
{
    const struct build_layout *layout = &result->layout;

    /* The interface's version, which every PV kernel checks, not the hypervisor's. */
    strcpy(info->magic, "xen-3.0-x86_64");
    info->nr_pages = layout->memory_frames;
    info->shared_info = shared_info_mfn << XEN_PAGE_SHIFT;
    info->flags = SIF_VIRT_P2M_4TOOLS;
    info->store_mfn = result->store_mfn;
    info->store_evtchn = result->store_port;
    info->console.domU.mfn = result->console_mfn;
    info->console.domU.evtchn = result->console_port;
    info->pt_base = layout->page_tables.vaddr;
    info->nr_pt_frames = layout->page_tables.frames;
    info->mfn_list = layout->p2m.vaddr;
    /* A list outside the main mapping is found in the guest's memory by these. */
    if (layout->p2m.vaddr != layout->virt_base + (layout->p2m.pfn << XEN_PAGE_SHIFT)) {
        info->first_p2m_pfn = layout->p2m.pfn;
        info->nr_p2m_frames = layout->p2m.frames + layout->p2m_tables.frames;
    }
    write_ramdisk(layout, info);
    snprintf((char *)info->cmd_line, sizeof(info->cmd_line), "%s",
             request->cmdline ? request->cmdline : "");
}

void start_context(const struct build_layout *layout, xen_pfn_t l4_mfn,
                   struct vcpu_guest_context *context)
{
    memset(context, 0, sizeof(*context));
    context->flags = VGCF_in_kernel | VGCF_online;
    context->user_regs.rip = layout->entry;
    context->user_regs.rsp = layout->stack.vaddr + XEN_PAGE_SIZE;
    context->user_regs.rsi = layout->start_info.vaddr;
    context->user_regs.rflags = FLAGS_IF;
    context->user_regs.cs = FLAT_KERNEL_CS;
    context->user_regs.ss = FLAT_KERNEL_SS;
    context->user_regs.ds = context->user_regs.es = FLAT_KERNEL_DS;
    context->user_regs.fs = context->user_regs.gs = FLAT_KERNEL_DS;
    context->kernel_ss = context->user_regs.ss;
    context->kernel_sp = context->user_regs.rsp;
    context->ctrlreg[3] = xen_pfn_to_cr3(l4_mfn);
    context->debugreg[6] = DR6_DEFAULT;
    context->debugreg[7] = DR7_DEFAULT;
}

void start_shared_info(struct shared_info *shared)
{
    unsigned int i;

    for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
}
