/* SPDX-License-Identifier: MIT */
/* The one interface version these headers speak. */
#ifndef XEN_PUBLIC_COMPAT_H
#define XEN_PUBLIC_COMPAT_H

/*
 * Older callers of Xen's headers select an old dialect by defining __XEN_INTERFACE_VERSION__
 * before the first include. We have one dialect, the newest; the macro is kept so that such
 * code still compiles and can be told when it asks for something else.
 */
#define __XEN_LATEST_INTERFACE_VERSION__ 0x00040e00

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#elif __XEN_INTERFACE_VERSION__ > __XEN_LATEST_INTERFACE_VERSION__
#error "__XEN_INTERFACE_VERSION__ is newer than these headers: lower it to 0x00040e00"
#endif

#endif /* XEN_PUBLIC_COMPAT_H */
