/* SPDX-License-Identifier: MIT */
/* The event loop: descriptors and what to call when they are ready. */
#ifndef XENCONSOLED_LOOP_H
#define XENCONSOLED_LOOP_H

#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_IN EPOLLIN
#define LOOP_OUT EPOLLOUT

/* Lives in the object that owns the descriptor; all zero but fd, ready and owner at first. */
struct loop_source {
    int fd;
    int wanted;                 /* what the loop was last asked for */
    int known;                  /* the loop knows the descriptor */
    void (*ready)(void *owner);
    void *owner;
};

void loop_init(void);

/* Call ready(owner) when the descriptor can do one of LOOP_IN, LOOP_OUT; 0: not now. */
void loop_want(struct loop_source *s, int what);

/* Before closing the descriptor. Not from a handler of another source. */
void loop_remove(struct loop_source *s);

/* Wait at most timeout_ms (-1: for ever), then call what is ready. */
void loop_run_once(int timeout_ms);

#endif
