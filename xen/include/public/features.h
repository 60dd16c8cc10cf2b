/* SPDX-License-Identifier: MIT */
/* Feature numbers: what XENVER_get_features reports and ELF notes ask for. */
#ifndef XEN_PUBLIC_FEATURES_H
#define XEN_PUBLIC_FEATURES_H

#define XENFEAT_writable_page_tables       0  /* the guest may write its page tables; not here */
#define XENFEAT_writable_descriptor_tables 1  /* likewise GDT and LDT; not here */
#define XENFEAT_auto_translated_physmap    2  /* page tables hold pfns; not here */
#define XENFEAT_supervisor_mode_kernel     3  /* the guest kernel runs in ring 0; not here */
#define XENFEAT_pae_pgdir_above_4gb        4  /* 32-bit guests: CR3 above 4 GiB */
#define XENFEAT_mmu_pt_update_preserve_ad  5  /* MMU_PT_UPDATE_PRESERVE_AD works */
#define XENFEAT_highmem_assist             6  /* CLEAR_PAGE and COPY_PAGE work */
#define XENFEAT_gnttab_map_avail_bits      7  /* GNTMAP_guest_avail_mask works */
#define XENFEAT_hvm_callback_vector        8
#define XENFEAT_hvm_safe_pvclock           9
#define XENFEAT_hvm_pirqs                 10
#define XENFEAT_dom0                      11  /* may be started as Domain0 / the caller is */
#define XENFEAT_memory_op_vnode_supported 13
#define XENFEAT_ARM_SMCCC_supported       14
#define XENFEAT_linux_rsdp_unrestricted   15
#define XENFEAT_not_direct_mapped         16  /* pfns are not mfns */
#define XENFEAT_direct_mapped             17
#define XENFEAT_NR_SUBMAPS                 1

#endif /* XEN_PUBLIC_FEATURES_H */
