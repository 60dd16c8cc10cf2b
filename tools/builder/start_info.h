/* SPDX-License-Identifier: MIT */
/* What the guest's first instructions read: start info, first vCPU's registers, shared info. */
#ifndef BUILDER_START_INFO_H
#define BUILDER_START_INFO_H

#include "builder/builder.h"

/* Fill the zeroed start info page. shared_info_mfn from the domain's info; ports from result. */
void start_info_write(const struct build_request *request, const struct build_result *result,
                      xen_pfn_t shared_info_mfn, struct start_info *info);

/* Registers of vCPU 0 at its first instruction; l4_mfn is the root of its tables. */
void start_context(const struct build_layout *layout, xen_pfn_t l4_mfn,
                   struct vcpu_guest_context *context);

/* The shared info page as a guest must find it: events masked until it asks for them. */
void start_shared_info(struct shared_info *shared);

#endif
