/* SPDX-License-Identifier: MIT */
/* The connection to the store, made at the start. If it is lost later, xend starts itself over. */
#include "xend/xend.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "domain/teardown.h"

/* How long to wait for the store. */
#define STORE_SECONDS 60

static void store_ready(struct xend *xend, struct source *source)
{
    (void)xend;
    (void)source;               /* the loop takes events before it sleeps */
}

static int open_store(struct xend *xend)
{
    static struct source source = { .ready = store_ready };
    int err = -EAGAIN;

    for (int tries = 0; tries < STORE_SECONDS * 10; tries++) {
        err = xs_open(&xend->xs);
        if (!err)
            break;
        if (!tries)
            note("waiting for the store: %s", strerror(-err));
        usleep(100000);
    }
    if (err)
        return err;
    source.fd = xs_fd(xend->xs);
    return source_add(xend, &source);
}

/* Each watch fires once at once, so setting them is also the first look at everything. */
static int watch_store(struct xend *xend)
{
    static const struct { const char *path, *token; } watches[] = {
        { "/local/domain/0/backend/vbd", "backend" }, { "/local/domain/0/backend/vif", "backend" },
        { "@releaseDomain", "domains" },              { RECORDS, "domains" },
        { DEVICE_ERRORS, "errors" },
    };

    for (size_t i = 0; i < sizeof(watches) / sizeof(watches[0]); i++) {
        int err = xs_watch(xend->xs, watches[i].path, watches[i].token);

        if (err)
            return err;
    }
    return 0;
}

int store_meet(struct xend *xend)
{
    int err;

    do {
        err = open_store(xend);
        if (err)
            return err;
        err = domain0_nodes(xend->xs);
        if (!err)
            err = watch_store(xend);
        if (err)
            xs_close(xend->xs);
    } while (err == -EPIPE);    /* gone again already: wait for the next one */
    return err;
}
