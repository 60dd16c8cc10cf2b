/* SPDX-License-Identifier: MIT */
/* CPUID and MSRs as the tools read and set them: leaves, MSRs and feature words. */
#ifndef ASM_CPU_POLICY_H
#define ASM_CPU_POLICY_H

#include <public/arch-x86/xen.h>
#include <xen/types.h>

struct domain;
struct cpuid_regs;

/* Most leaves and MSRs there can be in one policy: what the tools make room for. */
#define CPU_POLICY_LEAVES 160
#define CPU_POLICY_MSRS   1

/* Copy out the leaves: the machine's own (@pv false), or those a PV guest of @d sees (NULL: of any
 * domain). *@n: room, then how many. A null handle asks for the room. 0, -ENOBUFS, -EFAULT. */
int cpu_policy_get_leaves(XEN_GUEST_HANDLE(xen_cpuid_leaf_t) leaves, u32 *n, bool pv,
                          const struct domain *d);
int cpu_policy_get_msrs(XEN_GUEST_HANDLE(xen_msr_entry_t) msrs, u32 *n);

/* Hide from @d what is not in these leaves; more than the machine has cannot be given. @*err_leaf
 * and @*err_subleaf name one that is refused. 0, -EFAULT, -E2BIG, -ERANGE, -ENOMEM. */
int cpu_policy_set_leaves(struct domain *d, XEN_GUEST_HANDLE(xen_cpuid_leaf_t) leaves, u32 n,
                          u32 *err_leaf, u32 *err_subleaf);
/* Take out of an answer to CPUID what @d's policy hides. */
void cpu_policy_apply(const struct domain *d, u32 leaf, u32 sub, struct cpuid_regs *answer);

/* Feature words in the order of XEN_SYSCTL_get_cpu_featureset. */
#define CPU_FEATURE_WORDS 13
void cpu_features(u32 words[CPU_FEATURE_WORDS], bool pv);

#endif
