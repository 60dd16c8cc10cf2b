/* SPDX-License-Identifier: MIT */
/* xm block-*, network-*: devices of running domains. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/xalloc.h"
#include "domain/teardown.h"
#include "domain/xend_link.h"
#include "xm/create.h"
#include "xm/disk_use.h"
#include "xm/list.h"

/* How long a guest may take to give a device up. */
#define DETACH_SECONDS 10

/* ---- lists ---- */

/* A number that the frontend has written, or -1: whatever else a guest writes is not shown. */
static int front(struct xm *xm, unsigned int domid, const char *kind, const char *devid,
                 const char *name)
{
    uint64_t number;

    return xs_readf_u64(xm->xs, XS_NO_TX, &number, "/local/domain/%u/device/%s/%s/%s", domid, kind,
                        devid, name) || number > INT32_MAX ? -1 : (int)number;
}

struct listing {
    struct xm *xm;
    const char *kind;           /* of these only */
    json_t *json;               /* NULL: a table */
};

static void list_disk(struct listing *l, unsigned int domid, const char *devid)
{
    int state = front(l->xm, domid, "vbd", devid, "state");

    if (l->json)
        json_array_append_new(l->json, json_pack("{s:i, s:s, s:i, s:i}", "domid", (int)domid,
                                                 "vdev", devid, "backend", 0, "state", state));
    else
        printf("%-5s %-3d %-6u %-5d %-6d %-8d /local/domain/0/backend/vbd/%u/%s\n", devid, 0, domid,
               state, front(l->xm, domid, "vbd", devid, "event-channel"),
               front(l->xm, domid, "vbd", devid, "ring-ref"), domid, devid);
}

static void list_card(struct listing *l, unsigned int domid, const char *devid)
{
    int state = front(l->xm, domid, "vif", devid, "state");
    char *mac;

    if (xs_readf(l->xm->xs, XS_NO_TX, &mac, "/local/domain/0/backend/vif/%u/%s/mac", domid, devid))
        mac = xstrdup("");
    if (l->json)
        json_array_append_new(l->json, json_pack("{s:i, s:i, s:s, s:i, s:i}", "domid", (int)domid,
                                                 "devid", atoi(devid), "mac", mac, "backend", 0,
                                                 "state", state));
    else
        printf("%-3s %-2d %17s %5s %5d %6d %5d/%-11d /local/domain/0/backend/vif/%u/%s\n", devid, 0,
               mac, devid, state, front(l->xm, domid, "vif", devid, "event-channel"),
               front(l->xm, domid, "vif", devid, "tx-ring-ref"),
               front(l->xm, domid, "vif", devid, "rx-ring-ref"), domid, devid);
    free(mac);
}

static void list_device(struct xs *xs, unsigned int domid, const char *kind, const char *devid,
                        void *arg)
{
    struct listing *l = arg;

    (void)xs;
    if (strcmp(kind, l->kind))
        return;
    if (!strcmp(kind, "vbd"))
        list_disk(l, domid, devid);
    else
        list_card(l, domid, devid);
}

static int list_devices(struct xm *xm, int argc, char **argv, const char *kind, const char *header)
{
    static const struct option long_options[] = { { "json", no_argument, NULL, 'j' },
                                                  { "long", no_argument, NULL, 'l' }, { 0 } };
    struct listing listing = { .xm = xm, .kind = kind };
    int opt, status, failed = XM_OK;

    while ((opt = getopt_long(argc, argv, "jl", long_options, NULL)) >= 0) {
        if (opt == '?')
            return xm_bad_option(xm);
        listing.json = listing.json ? listing.json : json_array();
    }
    status = xm_expect_args(xm, argc, 1, XM_MANY);
    if (status)
        return status;
    if (!listing.json)
        puts(header);
    for (int i = optind; i < argc; i++) {
        domid_t domid;

        status = xm_domain(xm, argv[i], &domid);
        if (!status)
            device_each(xm->xs, domid, list_device, &listing);
        else if (xm->face == FACE_XM || !strcmp(kind, "vif"))
            failed = status;    /* xl block-list says 0 */
    }
    return listing.json ? json_finish(xm, listing.json) : failed;
}

int cmd_block_list(struct xm *xm, int argc, char **argv)
{
    return list_devices(xm, argc, argv, "vbd",
                        "Vdev  BE  handle state evt-ch ring-ref BE-path                       ");
}

int cmd_network_list(struct xm *xm, int argc, char **argv)
{
    return list_devices(xm, argc, argv, "vif",
                        "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path"
                        "                       ");
}

/*
 * Ask the guest to close a device until it is gone: its driver may have been about to connect, and
 * have written that over the first time. 0; -ETIMEDOUT: it takes too long; or the store's -errno.
 */
static int wait_until_detached(struct xm *xm, domid_t domid, const char *kind, const char *devid)
{
    time_t deadline = time(NULL) + DETACH_SECONDS;
    char path[96];
    uint64_t state;
    int err;

    snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u/%s", kind, domid, devid);
    xs_watch(xm->xs, path, "detach");
    do {
        err = xs_readf_u64(xm->xs, XS_NO_TX, &state, "%s/state", path);
        if (!err && state == DEVICE_CLOSED && !xend_runs())
            err = device_remove(xm->xs, domid, kind, devid);
        else if (!err)
            err = device_ask_to_close(xm->xs, domid, kind, devid);
        if (err && err != -EPIPE)
            break;
        err = xm_wait(xm, path, 500);
        if (!err)
            err = -ETIMEDOUT;   /* unless there is time to look again */
    } while (err == -ETIMEDOUT && time(NULL) < deadline);
    xs_unwatch(xm->xs, path, "detach");
    return err == -ENOENT ? 0 : err;
}

/* ---- attach ---- */

static char *join(char **words, int count, const char *separator)
{
    char *text = xstrdup("");

    for (int i = 0; i < count; i++) {
        char *longer = xasprintf("%s%s%s", text, i ? separator : "", words[i]);

        free(text);
        text = longer;
    }
    return text;
}

/*
 * What both kinds begin with: DOMAIN WORD..., of which there must be `least` in all. The words come
 * as one text with commas, malloc()ed. xend has to run, for it will connect the device.
 */
static int read_attach(struct xm *xm, int argc, char **argv, int least, domid_t *domid, char **text)
{
    int status;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, least, XM_MANY);
    if (!status)
        status = xm_domain(xm, argv[optind], domid);
    if (!status && !xend_runs())
        status = xm_error(xm, "start it: xend", "xend does not run, and devices need it");
    if (!status)
        *text = join(argv + optind + 1, argc - optind - 1, ",");
    return status;
}

static int added(struct xm *xm, domid_t domid, const char *kind, const char *devid, int err)
{
    if (err == -EEXIST)
        return xm_error(xm, "choose another number", "domain %u has %s %s already", domid, kind,
                        devid);
    if (err)
        return xm_error(xm, NULL, "the device's nodes cannot be written: %s", strerror(-err));
    if (!wait_for_devices(xm, domid))
        return XM_OK;
    /* Not at once by force: the guest may be looking at it. */
    if (wait_until_detached(xm, domid, kind, devid) == -ETIMEDOUT)
        device_close(xm->xs, domid, kind, devid);
    return XM_BUILD;
}

int cmd_block_attach(struct xm *xm, int argc, char **argv)
{
    static const struct place place = { "disk", 1, 1 };
    char cause[DISK_CAUSE], remedy[DISK_REMEDY], devid[16], *text;
    struct complaint c = { 0 };
    struct disk_config disk;
    domid_t domid;
    int status = read_attach(xm, argc, argv, 2, &domid, &text), err;

    if (status)
        return status;
    err = disk_parse(text, &place, &disk, &c);
    free(text);
    complaint_print(&c, xm->program, stderr);
    if (err)
        return XM_FAILED;
    if (!disk.script && disk_check(xm->xs, &disk, cause, remedy)) {
        status = xm_error(xm, remedy[0] ? remedy : NULL, "%s", cause);
    } else {
        snprintf(devid, sizeof(devid), "%u", disk.devid);
        status = added(xm, domid, "vbd", devid, vbd_nodes_add(xm->xs, domid, &disk));
    }
    disk_free(&disk);
    return status;
}

int cmd_network_attach(struct xm *xm, int argc, char **argv)
{
    static const struct place place = { "network card", 1, 1 };
    struct domain_config config = { .vif_count = 1 };
    struct complaint c = { 0 };
    struct vif_config vif;
    char devid[16], *text;
    domid_t domid;
    int status = read_attach(xm, argc, argv, 1, &domid, &text), err, wanted;

    if (status)
        return status;
    err = vif_parse(text, &place, &vif, &c);
    free(text);
    complaint_print(&c, xm->program, stderr);
    if (err)
        return XM_FAILED;
    config.vifs = &vif;
    config.has_uuid = true;
    wanted = vif.devid;
    domain_config_complete(&config);
    status = check_vifs(xm, &config);
    if (!status) {
        vif.devid = wanted;
        err = vif_nodes_add(xm->xs, domid, &vif);
        snprintf(devid, sizeof(devid), "%d", vif.devid);
        status = added(xm, domid, "vif", devid, err);
    }
    vif_free(&vif);
    return status;
}

/* ---- detach ---- */

/* Ask the guest, wait; by force only when told to. */
static int detach(struct xm *xm, domid_t domid, const char *kind, const char *devid, bool force)
{
    int err = force ? device_close(xm->xs, domid, kind, devid)
                    : device_ask_to_close(xm->xs, domid, kind, devid);

    if (err == -ENOENT)
        return xm_error(xm, NULL, "domain %u has no %s %s", domid, kind, devid);
    if (!err)
        err = wait_until_detached(xm, domid, kind, devid);
    if (err == -ETIMEDOUT)
        return xm_error(xm, "unmount it in the guest, or use -f", "the guest holds on to %s %s",
                        kind, devid);
    return err ? xm_error(xm, NULL, "%s %s cannot be detached: %s", kind, devid, strerror(-err))
               : XM_OK;
}

static int read_detach_options(struct xm *xm, int argc, char **argv, bool *force, domid_t *domid)
{
    static const struct option long_options[] = { { "force", no_argument, NULL, 'f' }, { 0 } };
    int opt, status;

    *force = false;
    while ((opt = getopt_long(argc, argv, "f", long_options, NULL)) >= 0) {
        if (opt != 'f')
            return xm_bad_option(xm);
        *force = true;
    }
    status = xm_expect_args(xm, argc, 2, 2);
    return status ? status : xm_domain(xm, argv[optind], domid);
}

int cmd_block_detach(struct xm *xm, int argc, char **argv)
{
    uint32_t devid;
    domid_t domid;
    char text[16];
    bool force;
    int status = read_detach_options(xm, argc, argv, &force, &domid);

    if (status)
        return status;
    if (vdev_parse(argv[optind + 1], &devid))
        return xm_usage(xm, "\"%s\" is not a virtual device: xvda, 51712", argv[optind + 1]);
    snprintf(text, sizeof(text), "%u", devid);
    return detach(xm, domid, "vbd", text, force);
}

struct by_mac {
    const char *mac;
    char devid[16];
};

static void match_mac(struct xs *xs, unsigned int domid, const char *kind, const char *devid,
                      void *arg)
{
    struct by_mac *by_mac = arg;
    char *mac;

    if (strcmp(kind, "vif") ||
        xs_readf(xs, XS_NO_TX, &mac, "/local/domain/0/backend/vif/%u/%s/mac", domid, devid))
        return;
    if (!strcasecmp(mac, by_mac->mac))
        snprintf(by_mac->devid, sizeof(by_mac->devid), "%s", devid);
    free(mac);
}

int cmd_network_detach(struct xm *xm, int argc, char **argv)
{
    struct by_mac by_mac = { 0 };
    domid_t domid;
    bool force;
    int status = read_detach_options(xm, argc, argv, &force, &domid);

    if (status)
        return status;
    by_mac.mac = argv[optind + 1];
    if (!strchr(by_mac.mac, ':'))
        snprintf(by_mac.devid, sizeof(by_mac.devid), "%s", by_mac.mac);
    else
        device_each(xm->xs, domid, match_mac, &by_mac);
    if (!by_mac.devid[0])
        return xm_error(xm, "xm network-list shows them", "domain %u has no card with address %s",
                        domid, by_mac.mac);
    return detach(xm, domid, "vif", by_mac.devid, force);
}
