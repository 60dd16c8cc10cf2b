/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own string functions under other names, so that a test can have them and this
 * machine's side by side. A head says -fno-builtin -include tests/unit/own_string.h.
 */
#ifndef UNIT_OWN_STRING_H
#define UNIT_OWN_STRING_H

#define memcpy    xen_memcpy
#define memmove   xen_memmove
#define memset    xen_memset
#define memcmp    xen_memcmp
#define strlen    xen_strlen
#define strnlen   xen_strnlen
#define strcmp    xen_strcmp
#define strncmp   xen_strncmp
#define strchr    xen_strchr
#define strlcpy   xen_strlcpy
#define strtoull  xen_strtoull

#endif
