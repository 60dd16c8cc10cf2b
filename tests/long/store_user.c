/* SPDX-License-Identifier: MIT */
/*
 * Runs in a guest and uses the store without pause, by the kernel's connection: transactions that
 * count, and a watch that must tell of each. Whatever happens to the store's daemon meanwhile: no
 * request may fail, no count may be lost or done twice, no event may stay away.
 *
 * Usage: store_user SECONDS      status 0, or 1 with a line that says what went wrong
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libxen/xs.h"

#define NODE     "data/count"
#define EVENT_MS 20000

static int fail(const char *what, int err, unsigned long count)
{
    printf("store_user: %s at count %lu: %s\n", what, count, strerror(-err));
    return 1;
}

struct step {
    unsigned long count;        /* what must be there, and is increased */
    bool wrong;
};

static int add_one(struct xs *xs, xs_tx tx, void *arg)
{
    struct step *step = arg;
    uint64_t found = 0;
    char text[24];
    int err = xs_readf_u64(xs, tx, &found, NODE);

    if (err && err != -ENOENT)
        return err;
    step->wrong = found != step->count;
    snprintf(text, sizeof(text), "%lu", step->count + 1);
    err = xs_writef(xs, tx, text, NODE);
    if (!err)
        err = xs_writef(xs, tx, "", "data/node%lu", step->count % 8);
    if (!err)
        err = xs_rmf(xs, tx, "data/node%lu", (step->count + 4) % 8);
    return err;
}

/* Where the kernel's own thread for events is. */
static void print_xenwatch(void)
{
    fflush(stdout);
    if (system("for p in /proc/[0-9]*; do grep -qx xenwatch $p/comm && "
               "sed 's/^/store_user: xenwatch /' $p/stack; done") < 0)
        printf("store_user: no shell to show where xenwatch is\n");
}

/* An event for the counter, or for setting the watch. */
static int await_event(struct xs *xs)
{
    struct xs_event *event;
    int err = xs_wait_event(xs, EVENT_MS, &event);

    if (err == -ETIMEDOUT) {
        print_xenwatch();
        if (!xs_wait_event(xs, 6 * EVENT_MS, &event))
            printf("store_user: the event came late\n");
    }
    if (err)
        return err;
    err = strcmp(event->path, NODE) || strcmp(event->token, "mine") ? -EBADMSG : 0;
    free(event);
    return err;
}

int main(int argc, char **argv)
{
    time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
    struct step step = { 0 };
    struct xs *xs;
    int err = xs_open(&xs);

    if (!err)
        err = xs_watch(xs, NODE, "mine");
    if (!err)
        err = await_event(xs);
    if (err)
        return fail("the beginning", err, 0);
    for (; time(NULL) < end; step.count++) {
        err = xs_transaction(xs, add_one, &step);
        if (err)
            return fail("a transaction", err, step.count);
        if (step.wrong)
            return fail("the number that was found", -EILSEQ, step.count);
        err = await_event(xs);
        if (err)
            return fail("the event", err, step.count);
    }
    printf("store_user: %lu transactions\n", step.count);
    xs_close(xs);
    return 0;
}
