/* SPDX-License-Identifier: MIT */
/* xm top: who uses the machine, on the whole screen or as lines. */
#include "top/top.h"

#include <curses.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "xm/list.h"

struct top_options {
    bool batch, full, json;
    long iterations;            /* 0: for ever */
    long delay;                 /* in seconds */
    enum top_order { BY_ID, BY_CPU, BY_MEMORY, BY_NAME } order;
};

static enum top_order order;

static int compare(const void *a, const void *b)
{
    const struct top_domain *x = a, *y = b;

    switch (order) {
    case BY_CPU:
        return (y->cpu_percent > x->cpu_percent) - (y->cpu_percent < x->cpu_percent);
    case BY_MEMORY:
        return (y->memory_kib > x->memory_kib) - (y->memory_kib < x->memory_kib);
    case BY_NAME:
        return strcasecmp(x->name, y->name);
    default:
        return (x->domid > y->domid) - (x->domid < y->domid);
    }
}

/* ---- lines ---- */

static int batch(struct xm *xm, const struct top_options *options)
{
    struct top_sample before = { 0 }, now;
    int status = XM_OK;

    order = BY_NAME;            /* as xentop */
    for (long i = 0; !status && (!options->iterations || i < options->iterations); i++) {
        if (i)
            sleep((unsigned int)options->delay);
        status = top_take(xm, i ? &before : NULL, &now);
        top_free(&before);
        if (status)
            break;
        qsort(now.domains, now.count, sizeof(*now.domains), compare);
        if (options->json) {
            status = json_finish(xm, top_json(&now));
        } else {
            puts(top_header);
            for (unsigned int d = 0; d < now.count; d++) {
                char text[512];

                top_line(&now.domains[d], options->full, text, sizeof(text));
                puts(text);
            }
        }
        fflush(stdout);
        before = now;
    }
    top_free(&before);
    return status;
}

/* ---- the screen ---- */

static void draw(const struct top_sample *now, const struct top_options *options)
{
    char text[512];
    int row = 0;

    erase();
    mvprintw(row++, 0, "%u domains, %u CPUs; memory: %llu MiB in all, %llu free", now->count,
             now->cpus, (unsigned long long)now->total_kib / 1024,
             (unsigned long long)now->free_kib / 1024);
    attron(A_REVERSE);
    mvprintw(row++, 0, "%-*.*s", COLS, COLS, top_header);
    attroff(A_REVERSE);
    for (unsigned int d = 0; d < now->count && row < LINES - 1; d++) {
        top_line(&now->domains[d], options->full, text, sizeof(text));
        mvaddnstr(row++, 0, text, COLS);
    }
    mvaddnstr(LINES - 1, 0, "q: quit  order by c: CPU  m: memory  n: name  i: id", COLS);
    refresh();
}

/* Returns false when it is time to go. */
static bool obey_key(int key)
{
    switch (key) {
    case 'c':
        order = BY_CPU;
        break;
    case 'm':
        order = BY_MEMORY;
        break;
    case 'n':
        order = BY_NAME;
        break;
    case 'i':
        order = BY_ID;
        break;
    case 'q':
        return false;
    default:
        break;
    }
    return true;
}

static int screen(struct xm *xm, const struct top_options *options)
{
    struct top_sample before = { 0 }, now = { 0 };
    int status = XM_OK;
    bool go_on = true;

    if (!isatty(STDOUT_FILENO))
        return xm_error(xm, "xm top -b prints lines", "this is no terminal");
    if (!newterm(NULL, stdout, stdin))
        return xm_error(xm, "set TERM, or take xm top -b", "this kind of terminal is not known");
    cbreak();
    noecho();
    curs_set(0);
    keypad(stdscr, TRUE);
    timeout((int)options->delay * 1000);
    order = BY_CPU;
    for (long i = 0; go_on && (!options->iterations || i < options->iterations); i++) {
        status = top_take(xm, i ? &before : NULL, &now);
        if (status)
            break;
        qsort(now.domains, now.count, sizeof(*now.domains), compare);
        draw(&now, options);
        go_on = obey_key(getch());
        top_free(&before);
        before = now;
    }
    endwin();
    top_free(&before);
    return status;
}

static int read_options(struct xm *xm, int argc, char **argv, struct top_options *options)
{
    static const struct option long_options[] = {
        { "batch", no_argument, NULL, 'b' },        { "full-name", no_argument, NULL, 'f' },
        { "iterations", required_argument, NULL, 'i' }, { "delay", required_argument, NULL, 'd' },
        { "json", no_argument, NULL, 'j' },         { 0 },
    };
    int opt, status = XM_OK;

    options->delay = 3;
    while (!status && (opt = getopt_long(argc, argv, "bfi:d:j", long_options, NULL)) >= 0)
        switch (opt) {
        case 'b':
            options->batch = true;
            break;
        case 'f':
            options->full = true;
            break;
        case 'j':
            options->json = options->batch = true;
            break;
        case 'i':
            status = xm_number(xm, optarg, 1, 1000000, "number of iterations",
                               &options->iterations);
            break;
        case 'd':
            status = xm_number(xm, optarg, 1, 3600, "delay", &options->delay);
            break;
        default:
            return xm_bad_option(xm);
        }
    return status ? status : xm_expect_args(xm, argc, 0, 0);
}

int cmd_top(struct xm *xm, int argc, char **argv)
{
    struct top_options options = { 0 };
    int status = read_options(xm, argc, argv, &options);

    if (!status)
        status = xm_need_both(xm);
    if (status)
        return status;
    return options.batch ? batch(xm, &options) : screen(xm, &options);
}
