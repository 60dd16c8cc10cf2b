/* SPDX-License-Identifier: MIT */
/* The event loop: descriptors and what to call when they are ready. */
#include "loop.h"

#include <errno.h>
#include <stddef.h>

#include "daemon/background.h"

static int epoll = -1;

void loop_init(void)
{
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        fatal("epoll", -errno);
}

void loop_want(struct loop_source *s, int what)
{
    struct epoll_event event = { .events = what, .data.ptr = s };

    if (s->known && s->wanted == what)
        return;
    /* The kernel reports a hang-up to whoever waits for nothing, too, and for ever. */
    if (!what) {
        loop_remove(s);
        return;
    }
    epoll_ctl(epoll, s->known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s->fd, &event);
    s->known = 1;
    s->wanted = what;
}

void loop_remove(struct loop_source *s)
{
    if (s->known)
        epoll_ctl(epoll, EPOLL_CTL_DEL, s->fd, NULL);
    s->known = 0;
}

void loop_run_once(int timeout_ms)
{
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, timeout_ms);

    for (int i = 0; i < count; i++) {
        struct loop_source *s = events[i].data.ptr;

        s->ready(s->owner);
    }
}
