/* SPDX-License-Identifier: MIT */
/* States a frontend and its backend publish in their `state` nodes while they connect. */
#ifndef XEN_PUBLIC_IO_XENBUS_H
#define XEN_PUBLIC_IO_XENBUS_H

/*
 * The tool writes both directories with Initialising. The backend goes to InitWait when the
 * frontend may read its features; the frontend publishes ring and port and goes to Initialised
 * (block) or Connected (net); the backend maps them and goes to Connected; the frontend follows.
 * Either side ends with Closing; when both have reached Closed the directories may be removed.
 */
enum xenbus_state {
    XenbusStateUnknown       = 0, /* no such node */
    XenbusStateInitialising  = 1,
    XenbusStateInitWait      = 2,
    XenbusStateInitialised   = 3,
    XenbusStateConnected     = 4,
    XenbusStateClosing       = 5,
    XenbusStateClosed        = 6,
    XenbusStateReconfiguring = 7, /* PCI bus: devices come or go */
    XenbusStateReconfigured  = 8
};
typedef enum xenbus_state XenbusState;

#endif /* XEN_PUBLIC_IO_XENBUS_H */
