/* SPDX-License-Identifier: MIT */
/*
 * what-runs SECONDS: wait until nothing of a guest is left in Domain0: no domain, no loop device in
 * use, no interface of a guest, no claim, no node. Prints what is left after that time; 0: nothing.
 * A thousand kills are each followed by this, so it starts no other program.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "domain/claim.h"
#include "libxen/domain.h"
#include "libxen/xs.h"

#define PAUSE_US 5000

/* Each looks at one kind and returns how many there are, printing them if `say`. */

static unsigned int domains(struct xen *xen, bool say)
{
    struct xen_domctl_getdomaininfo *infos = NULL;
    int count = xen_domain_list_all(xen, &infos);

    if (count < 1)
        printf("domains cannot be listed: %s\n", strerror(-count));
    for (int i = 1; say && i < count; i++)
        printf("domain %u\n", infos[i].domain);
    free(infos);
    return count < 1 ? 1 : (unsigned int)count - 1;
}

/* Entries of a directory that begin with `prefix` and, unless NULL, hold the file `file`. */
static unsigned int entries(const char *path, const char *prefix, const char *file, bool say)
{
    unsigned int count = 0;
    struct dirent *entry;
    DIR *dir = opendir(path);

    while (dir && (entry = readdir(dir))) {
        char name[600];

        snprintf(name, sizeof(name), "%s/%s/%s", path, entry->d_name, file ? file : "");
        if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) ||
            (file && access(name, F_OK)))
            continue;
        count++;
        if (say)
            printf("%s\n", entry->d_name);
    }
    if (dir)
        closedir(dir);
    return count;
}

static unsigned int nodes(struct xs *xs, bool say)
{
    static const struct { const char *path; unsigned int always; } places[] = {
        { "/local/domain", 1 }, { "/local/domain/0/backend/vbd", 0 },
        { "/local/domain/0/backend/vif", 0 }, { "/vm", 0 }, { "/libxl", 0 }, { "/xend", 0 },
    };
    unsigned int sum = 0;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        unsigned int count;
        char **names;

        if (xs_directory(xs, XS_NO_TX, places[i].path, &names, &count))
            continue;
        free(names);
        if (count <= places[i].always)
            continue;
        sum += count;
        if (say)
            printf("%u nodes in %s\n", count, places[i].path);
    }
    return sum;
}

static unsigned int what_runs(struct xen *xen, struct xs *xs, bool say)
{
    return domains(xen, say) + nodes(xs, say) +
           entries("/sys/block", "loop", "loop/backing_file", say) +
           entries("/sys/class/net", "vif", NULL, say) + entries(CLAIM_DIR, "", NULL, say);
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    double until = seconds_now() + (argc == 2 ? atof(argv[1]) : 0);
    struct xen *xen;
    struct xs *xs;

    if (argc != 2 || xen_open(&xen) || xs_open(&xs)) {
        fprintf(stderr, "usage: what-runs SECONDS      (in Domain0)\n");
        return 2;
    }
    while (what_runs(xen, xs, false)) {
        if (seconds_now() > until)
            return what_runs(xen, xs, true) ? 1 : 0;
        usleep(PAUSE_US);
    }
    return 0;
}
