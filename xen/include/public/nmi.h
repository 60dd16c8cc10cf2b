/* SPDX-License-Identifier: MIT */
/* nmi_op: NMIs for Domain0, the older face of callback_op's nmi. */
#ifndef XEN_PUBLIC_NMI_H
#define XEN_PUBLIC_NMI_H

#include "xen.h"

/* shared_info.arch.nmi_reason */
#define _XEN_NMIREASON_io_error 0
#define XEN_NMIREASON_io_error  (1UL << _XEN_NMIREASON_io_error)
#define _XEN_NMIREASON_pci_serr 1
#define XEN_NMIREASON_pci_serr  (1UL << _XEN_NMIREASON_pci_serr)
#define _XEN_NMIREASON_unknown  2
#define XEN_NMIREASON_unknown   (1UL << _XEN_NMIREASON_unknown)

/* HYPERVISOR_nmi_op(XENNMI_*, handle). -EINVAL: not Domain0's vCPU 0, or address not canonical. */
#define XENNMI_register_callback   0
#define XENNMI_unregister_callback 1
struct xennmi_callback {
    unsigned long handler_address;
    unsigned long pad;
};
typedef struct xennmi_callback xennmi_callback_t;
DEFINE_XEN_GUEST_HANDLE(xennmi_callback_t);

#endif /* XEN_PUBLIC_NMI_H */
