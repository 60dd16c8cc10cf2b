/* SPDX-License-Identifier: MIT */
/* Writes and removes the store's nodes of domains and devices. */
#include "domain/nodes.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "config/xalloc.h"

/* A row of writes into one transaction: after the first failure the rest do nothing. */
struct writer {
    struct xs *xs;
    xs_tx tx;
    unsigned int domid;
    char dir[128];              /* what paths are relative to */
    int err;
};

/* Who may do what with a node; children inherit it. */
enum access { INHERITED, OURS, GUEST_READS, GUEST_OWNS, GUEST_OWNS_WE_READ };

static void set_access(struct writer *w, const char *path, enum access access)
{
    const struct xs_perm ours = { 0, XS_PERM_NONE }, guest = { w->domid, XS_PERM_NONE },
                         guest_reads = { w->domid, XS_PERM_READ }, we_read = { 0, XS_PERM_READ };
    struct xs_perm perms[2] = { ours, guest_reads };
    unsigned int count = access == GUEST_READS || access == GUEST_OWNS_WE_READ ? 2 : 1;

    if (access == GUEST_OWNS || access == GUEST_OWNS_WE_READ) {
        perms[0] = guest;
        perms[1] = we_read;
    }
    w->err = xs_set_perms(w->xs, w->tx, path, perms, count);
}

/* NAME below the writer's directory ("" for itself); a NULL value writes nothing. */
static void put(struct writer *w, enum access access, const char *name, const char *value)
{
    char path[256];

    if (w->err || !value)
        return;
    snprintf(path, sizeof(path), "%s%s%s", w->dir, *name ? "/" : "", name);
    w->err = xs_write(w->xs, w->tx, path, value, strlen(value));
    if (!w->err && access != INHERITED)
        set_access(w, path, access);
}

static void put_number(struct writer *w, const char *name, unsigned long long number)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", number);
    put(w, INHERITED, name, text);
}

static void enter(struct writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void enter(struct writer *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(w->dir, sizeof(w->dir), format, args);
    va_end(args);
}

/* ---- devices ---- */

/* Nodes that the backend's directory and Debian's libxl copy of it have in common. */
static void put_backend_common(struct writer *w, const char *kind, uint32_t devid)
{
    char path[96];

    snprintf(path, sizeof(path), "/local/domain/%u/device/%s/%u", w->domid, kind, devid);
    put(w, INHERITED, "frontend", path);
    put_number(w, "frontend-id", w->domid);
    put_number(w, "online", 1);
    put_number(w, "state", DEVICE_INITIALISING);
}

static void put_vbd_backend(struct writer *w, const struct disk_config *disk)
{
    struct stat st;
    bool block = !stat(disk->target, &st) && S_ISBLK(st.st_mode);

    put_backend_common(w, "vbd", disk->devid);
    put(w, INHERITED, "params", disk->target);
    put(w, INHERITED, "script", disk->script);
    put_number(w, "removable", disk->cdrom);
    put_number(w, "bootable", 1);
    put(w, INHERITED, "dev", disk->vdev);
    put(w, INHERITED, "type", block ? "phy" : "file");
    put(w, INHERITED, "mode", disk->readonly ? "r" : disk->shared && disk->script ? "w!" : "w");
    put(w, INHERITED, "device-type", disk->cdrom ? "cdrom" : "disk");
    put_number(w, "discard-enable", !disk->readonly && !disk->no_discard);
    put(w, INHERITED, "direct-io-safe", disk->direct_io ? "1" : NULL);
    put(w, INHERITED, "shared", disk->shared ? "1" : NULL);
    put(w, INHERITED, "specification", "xen");
}

static void put_vif_backend(struct writer *w, const struct vif_config *vif)
{
    char mac[18], rate[32];

    mac_format(vif->mac, mac);
    snprintf(rate, sizeof(rate), "%llu,%u", (unsigned long long)vif->rate_bytes, vif->rate_us);
    put_backend_common(w, "vif", (uint32_t)vif->devid);
    put(w, INHERITED, "script", vif->script ? vif->script : "");     /* netback insists on one */
    put(w, INHERITED, "mac", mac);
    put(w, INHERITED, "ip", vif->ip);
    put(w, INHERITED, "rate", vif->rate_bytes ? rate : NULL);
    put(w, INHERITED, "bridge", vif->bridge);
    put(w, INHERITED, "vifname", vif->vifname);
    put(w, INHERITED, "gatewaydev", vif->gatewaydev);
    if (vif->mtu)
        put_number(w, "mtu", vif->mtu);
    put_number(w, "handle", (unsigned int)vif->devid);
    put(w, INHERITED, "type", "vif");
}

/* The frontend's directory, up to what is special to the kind. */
static void open_frontend(struct writer *w, const char *kind, uint32_t devid)
{
    char backend[96];

    snprintf(backend, sizeof(backend), "/local/domain/0/backend/%s/%u/%u", kind, w->domid, devid);
    enter(w, "/local/domain/%u/device/%s/%u", w->domid, kind, devid);
    put(w, GUEST_OWNS_WE_READ, "", "");
    put(w, INHERITED, "backend", backend);
    put_number(w, "backend-id", 0);
    put_number(w, "state", DEVICE_INITIALISING);
}

/* The directory in which Debian's tools look for a domain's devices. */
static void open_libxl_device(struct writer *w, const char *kind, uint32_t devid)
{
    char backend[96];

    enter(w, "/libxl/%u/device/%s/%u", w->domid, kind, devid);
    snprintf(backend, sizeof(backend), "/local/domain/0/backend/%s/%u/%u", kind, w->domid, devid);
    put(w, INHERITED, "backend", backend);
}

static void open_backend(struct writer *w, const char *kind, uint32_t devid)
{
    enter(w, "/local/domain/0/backend/%s/%u/%u", kind, w->domid, devid);
    put(w, GUEST_READS, "", "");
}

static void put_vbd(struct writer *w, const struct disk_config *disk)
{
    open_frontend(w, "vbd", disk->devid);
    put_number(w, "virtual-device", disk->devid);
    put(w, INHERITED, "device-type", disk->cdrom ? "cdrom" : "disk");
    put_number(w, "trusted", 1);
    put(w, INHERITED, "protocol", "x86_64-abi");
    open_libxl_device(w, "vbd", disk->devid);
    put_vbd_backend(w, disk);
    open_backend(w, "vbd", disk->devid);
    put_vbd_backend(w, disk);
}

static void put_vif(struct writer *w, const struct vif_config *vif)
{
    char mac[18], mtu[12];

    mac_format(vif->mac, mac);
    open_frontend(w, "vif", (uint32_t)vif->devid);
    put_number(w, "handle", (unsigned int)vif->devid);
    put(w, INHERITED, "mac", mac);
    put_number(w, "trusted", 1);
    snprintf(mtu, sizeof(mtu), "%u", vif->mtu);
    put(w, GUEST_READS, "mtu", vif->mtu ? mtu : NULL);
    open_libxl_device(w, "vif", (uint32_t)vif->devid);
    put_vif_backend(w, vif);
    open_backend(w, "vif", (uint32_t)vif->devid);
    put_vif_backend(w, vif);
}

static void put_console_backend(struct writer *w)
{
    char path[64];

    snprintf(path, sizeof(path), "/local/domain/%u/console", w->domid);
    put(w, INHERITED, "frontend", path);
    put_number(w, "frontend-id", w->domid);
    put_number(w, "online", 1);
    put_number(w, "state", DEVICE_INITIALISING);
    put(w, INHERITED, "protocol", "vt100");
}

/* ---- the domain ---- */

static void put_vm(struct writer *w, const struct domain_config *config, const char *uuid)
{
    struct timespec now;
    char time_text[32];

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(time_text, sizeof(time_text), "%lld.%02ld", (long long)now.tv_sec,
             now.tv_nsec / 10000000);
    enter(w, "/vm/%s", uuid);
    put(w, GUEST_READS, "", "");
    put(w, INHERITED, "name", config->name);
    put(w, INHERITED, "uuid", uuid);
    put(w, INHERITED, "image/ostype", "linux");
    put(w, INHERITED, "image/kernel", config->kernel);
    put(w, INHERITED, "image/ramdisk", config->ramdisk);
    put(w, INHERITED, "image/cmdline", config->cmdline);
    put(w, INHERITED, "start_time", time_text);
}

static void put_guest_owned(struct writer *w)
{
    static const char *const names[] = { "device/suspend/event-channel", "control/shutdown",
                                         "control/feature-poweroff", "control/feature-reboot",
                                         "control/feature-suspend", "control/sysrq", "data",
                                         "drivers", "feature", "attr", "error" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        put(w, GUEST_OWNS, names[i], "");
}

static void put_domain(struct writer *w, const struct domain_config *config, const char *uuid,
                       const struct domain_facts *facts)
{
    char text[64];

    enter(w, "/local/domain/%u", w->domid);
    put(w, GUEST_READS, "", "");
    snprintf(text, sizeof(text), "/vm/%s", uuid);
    put(w, INHERITED, "vm", text);
    put(w, INHERITED, "name", config->name);
    put_number(w, "domid", w->domid);
    for (unsigned int i = 0; i < config->max_vcpus; i++) {
        snprintf(text, sizeof(text), "cpu/%u/availability", i);
        put(w, INHERITED, text, i < config->vcpus ? "online" : "offline");
    }
    put_number(w, "memory/static-max", config->max_memory_kib);
    put_number(w, "memory/target", config->memory_kib);
    put_number(w, "memory/videoram", 0);
    put_guest_owned(w);
    put_number(w, "control/platform-feature-multiprocessor-suspend", 1);
    put_number(w, "control/platform-feature-xs_reset_watches", 1);
    put_number(w, "store/port", facts->store_port);
    put_number(w, "store/ring-ref", facts->store_mfn);
}

static void put_console(struct writer *w, const struct domain_facts *facts)
{
    char backend[64];

    snprintf(backend, sizeof(backend), "/local/domain/0/backend/console/%u/0", w->domid);
    enter(w, "/local/domain/%u/console", w->domid);
    put(w, INHERITED, "backend", backend);
    put(w, GUEST_OWNS_WE_READ, "backend-id", "0");
    put_number(w, "limit", 1048576);
    put(w, INHERITED, "type", "xenconsoled");
    put(w, INHERITED, "output", "pty");
    put(w, INHERITED, "tty", "");
    put_number(w, "port", facts->console_port);
    put_number(w, "ring-ref", facts->console_mfn);
    open_backend(w, "console", 0);
    put_console_backend(w);
    open_libxl_device(w, "console", 0);
    put_console_backend(w);
}

/* No card had that number, nor a higher one. */
static void put_next_card(struct writer *w, int next)
{
    enter(w, RECORDS "/%u", w->domid);
    put_number(w, "next-vif", (unsigned int)next);
}

/* For Debian's tools, and for xend. */
static void put_records(struct writer *w, const struct domain_config *config, const char *uuid)
{
    char path[96];
    int next = 0;

    enter(w, "/libxl/%u", w->domid);
    put(w, INHERITED, "type", "pv");
    put(w, INHERITED, "dm-version", "qemu_xen");
    enter(w, RECORDS "/%u", w->domid);
    put(w, OURS, "", "");
    put(w, INHERITED, "uuid", uuid);
    put(w, INHERITED, "name", config->name);
    snprintf(path, sizeof(path), SAVED_CONFIG_DIR "/%s.cfg", uuid);
    put(w, INHERITED, "config", path);
    put(w, INHERITED, "on_poweroff", action_name(config->on_poweroff));
    put(w, INHERITED, "on_reboot", action_name(config->on_reboot));
    put(w, INHERITED, "on_crash", action_name(config->on_crash));
    put(w, INHERITED, "on_watchdog", action_name(config->on_watchdog));
    put_number(w, "started", (unsigned long long)time(NULL));
    for (unsigned int i = 0; i < config->vif_count; i++)
        if (config->vifs[i].devid >= next)
            next = config->vifs[i].devid + 1;
    put_next_card(w, next);
}

struct everything {
    const struct domain_config *config;
    const struct domain_facts *facts;
};

static int write_everything(struct xs *xs, xs_tx tx, void *arg)
{
    const struct everything *all = arg;
    const struct domain_config *config = all->config;
    struct writer w = { .xs = xs, .tx = tx, .domid = all->facts->domid };
    char uuid[37];

    uuid_format(config->uuid, uuid);
    xs_send_ahead(xs);
    put_vm(&w, config, uuid);
    put_domain(&w, config, uuid, all->facts);
    put_console(&w, all->facts);
    put_records(&w, config, uuid);
    for (unsigned int i = 0; i < config->disk_count; i++)
        put_vbd(&w, &config->disks[i]);
    for (unsigned int i = 0; i < config->vif_count; i++)
        put_vif(&w, &config->vifs[i]);
    return w.err;
}

int domain_nodes_write(struct xs *xs, const struct domain_config *config,
                       const struct domain_facts *facts)
{
    struct everything all = { config, facts };

    return xs_transaction(xs, write_everything, &all);
}

/* ---- one more device ---- */

/* Is there a device of this number? */
static bool is_taken(const struct writer *w, const char *kind, uint32_t devid)
{
    char *state;

    if (xs_readf(w->xs, w->tx, &state, "/local/domain/0/backend/%s/%u/%u/state", kind, w->domid,
                 devid))
        return false;
    free(state);
    return true;
}

struct addition {
    unsigned int domid;
    const struct disk_config *disk;
    struct vif_config *vif;
    bool number_it;
};

static int write_disk(struct xs *xs, xs_tx tx, void *arg)
{
    const struct addition *add = arg;
    struct writer w = { .xs = xs, .tx = tx, .domid = add->domid };

    if (is_taken(&w, "vbd", add->disk->devid))
        return -EEXIST;
    xs_send_ahead(xs);
    put_vbd(&w, add->disk);
    return w.err;
}

int vbd_nodes_add(struct xs *xs, unsigned int domid, const struct disk_config *disk)
{
    struct addition add = { .domid = domid, .disk = disk };

    return xs_transaction(xs, write_disk, &add);
}

/* One more than the highest number that is in use, where nothing is kept of earlier ones. */
static int after_highest(const struct writer *w)
{
    unsigned int count;
    char **names;
    int next = 0;

    if (xs_directoryf(w->xs, w->tx, &names, &count, "/local/domain/0/backend/vif/%u", w->domid))
        return 0;
    for (unsigned int i = 0; i < count; i++)
        if (atoi(names[i]) >= next)
            next = atoi(names[i]) + 1;
    free(names);
    return next;
}

/*
 * A guest that is still busy with the end of a card would take the next of the same number for it,
 * and wait for ever for that to end: its number is chosen and kept in the transaction that adds it.
 */
static int write_card(struct xs *xs, xs_tx tx, void *arg)
{
    const struct addition *add = arg;
    struct writer w = { .xs = xs, .tx = tx, .domid = add->domid };
    uint64_t kept;
    bool has_record = !xs_readf_u64(xs, tx, &kept, RECORDS "/%u/next-vif", add->domid);
    int next = has_record && kept < INT_MAX ? (int)kept : after_highest(&w);

    if (add->number_it)
        add->vif->devid = next;
    if (is_taken(&w, "vif", (uint32_t)add->vif->devid))
        return -EEXIST;
    xs_send_ahead(xs);
    put_vif(&w, add->vif);
    if (has_record && add->vif->devid >= next)
        put_next_card(&w, add->vif->devid + 1);
    return w.err;
}

int vif_nodes_add(struct xs *xs, unsigned int domid, struct vif_config *vif)
{
    struct addition add = { .domid = domid, .vif = vif, .number_it = vif->devid < 0 };

    return xs_transaction(xs, write_card, &add);
}

/* ---- later ---- */

bool domain_has_record(struct xs *xs, unsigned int domid)
{
    char *uuid;
    int err = xs_readf(xs, XS_NO_TX, &uuid, RECORDS "/%u/uuid", domid);

    if (!err)
        free(uuid);
    return err != -ENOENT;
}

void domain_nodes_remove(struct xs *xs, unsigned int domid)
{
    char *vm;

    if (xs_readf(xs, XS_NO_TX, &vm, "/local/domain/%u/vm", domid))
        vm = NULL;
    xs_send_ahead(xs);
    if (vm && !strncmp(vm, "/vm/", 4))
        xs_rm(xs, XS_NO_TX, vm);
    free(vm);
    xs_rmf(xs, XS_NO_TX, "/local/domain/%u", domid);
    xs_rmf(xs, XS_NO_TX, "/local/domain/0/backend/console/%u", domid);
    xs_rmf(xs, XS_NO_TX, "/libxl/%u", domid);
    xs_end_ahead(xs);
}
