/* SPDX-License-Identifier: MIT */
/* xm __complete WORD...: what the last word may become; for the shell's completion. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "config/disk_spec.h"
#include "domain/lookup.h"
#include "domain/teardown.h"
#include "xm/complete.h"

static void offer(const char *candidate, const char *word)
{
    if (!strncmp(candidate, word, strlen(word)))
        puts(candidate);
}

static void offer_commands(const char *word)
{
    for (unsigned int i = 0; i < command_count; i++)
        offer(commands[i].name, word);
    offer("help", word);
}

static void offer_domains(struct xm *xm, const char *word)
{
    struct xen_domctl_getdomaininfo *infos;
    int count = xen_domain_list_all(xm->xen, &infos);

    for (int i = 0; i < count; i++) {
        char *name = xm_name_of(xm, infos[i].domain);

        offer(name, word);
        free(name);
    }
    if (count >= 0)
        free(infos);
}

/* Options are the words of the table's text that begin with '-'. */
static void offer_options(const struct command *command, const char *word)
{
    const char *at = command->options;

    while (at && *at) {
        size_t n = strcspn(at, " ,=\n");
        char option[40];

        if (n > 1 && *at == '-') {
            snprintf(option, sizeof(option), "%.*s", (int)n, at);
            offer(option, word);
        }
        at += n;
        at += at[0] == '=' ? strcspn(at, " ,\n") : 0;
        at += strspn(at, " ,\n");
    }
    offer("--help", word);
}

static void offer_device(struct xs *xs, unsigned int domid, const char *kind, const char *devid,
                         void *arg)
{
    const char *const *wanted = arg;
    char name[VDEV_MAX] = "";

    (void)xs;
    (void)domid;
    if (strcmp(kind, wanted[0]))
        return;
    if (!strcmp(kind, "vbd"))
        vdev_name((uint32_t)strtoul(devid, NULL, 10), name);
    offer(name[0] ? name : devid, wanted[1]);
}

static void offer_devices(struct xm *xm, const char *domain, const char *kind, const char *word)
{
    const char *wanted[] = { kind, word };
    domid_t domid;

    if (!domain_by_text(xm->xen, xm->xs, domain, &domid))
        device_each(xm->xs, domid, offer_device, wanted);
}

static void offer_kept(const char *word)
{
    DIR *dir = opendir("/var/lib/xen/kept");
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            offer(entry->d_name, word);
    if (dir)
        closedir(dir);
}

/* The words behind the command that are no options: which of them is being completed. */
static int position(int argc, char **argv)
{
    int n = 0;

    for (int i = 1; i < argc - 1; i++)
        n += argv[i][0] != '-';
    return n;
}

int complete(struct xm *xm, int argc, char **argv)
{
    const char *word = argc ? argv[argc - 1] : "";
    const struct command *command;
    bool ambiguous;

    if (argc < 2) {
        offer_commands(word);
        return XM_OK;
    }
    command = command_find(argv[0], &ambiguous);
    if (!strcmp(argv[0], "help"))
        offer_commands(word);
    if (!command)
        return XM_OK;
    if (word[0] == '-') {
        offer_options(command, word);
        return XM_OK;
    }
    if (!strcmp(command->name, "start") || !strcmp(command->name, "delete")) {
        offer_kept(word);
        return XM_OK;
    }
    /* Silent where there is no hypervisor: there is nothing to offer then. */
    if (!strstr(command->usage, "Domain") || xen_open(&xm->xen) || xs_open(&xm->xs))
        return XM_OK;
    if (position(argc, argv) == 0)
        offer_domains(xm, word);
    else if (!strcmp(command->name, "block-detach"))
        offer_devices(xm, argv[argc - 2], "vbd", word);
    else if (!strcmp(command->name, "network-detach"))
        offer_devices(xm, argv[argc - 2], "vif", word);
    return XM_OK;
}
