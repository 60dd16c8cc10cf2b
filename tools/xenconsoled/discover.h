/* SPDX-License-Identifier: MIT */
/* Learning from the store which guests have a console, and telling it where their terminals are. */
#ifndef XENCONSOLED_DISCOVER_H
#define XENCONSOLED_DISCOVER_H

/*
 * Connect to the store, watch it, open the consoles it describes. -errno: no store now; consoles
 * that are open go on meanwhile. Call again later.
 */
int discover_connect(void);

/*
 * Deal with what the store has told us. To be called in each turn of the loop. Returns the
 * milliseconds after which to call again even without an event: -1, or less if the store is away.
 */
int discover_work(void);

#endif
