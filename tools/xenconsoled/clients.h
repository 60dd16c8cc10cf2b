/* SPDX-License-Identifier: MIT */
/* Readers at the local socket /run/xen/consoled: attach to a guest, or read what one has said. */
#ifndef XENCONSOLED_CLIENTS_H
#define XENCONSOLED_CLIENTS_H

struct console;

/*
 * A client sends one line and gets one line back, "OK" or "ERR cause", then:
 *   attach DOMID   what the guest has said as far as remembered, then both directions as bytes;
 *                  the connection ends when the guest is gone
 *   log NAME       what the guest of that name has said as far as remembered, also after its
 *                  death; then the connection ends
 *   list           a line "DOMID NAME live|dead BYTES" for each; then the connection ends
 */

/* Listen in the directory. */
void clients_listen(const char *dir);

/* The console has new output, or has ended. */
void clients_feed(struct console *c);

/* The console is about to be forgotten. */
void clients_drop(struct console *c);

/* Free those that are done. Not from a handler. */
void clients_reap(void);

#endif
