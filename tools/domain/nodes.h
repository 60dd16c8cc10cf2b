/* SPDX-License-Identifier: MIT */
/*
 * The store's nodes of a domain and of its devices: where they are, what is in them, who may read.
 */
#ifndef DOMAIN_NODES_H
#define DOMAIN_NODES_H

#include "config/domain_config.h"
#include "libxen/xs.h"

/*
 * A domain of ours has, besides what its guest and Debian's tools look for,
 *   /xend/DOMID/{uuid,name,config,on_poweroff,on_reboot,on_crash,on_watchdog,started,next-vif}
 * the record that xend works from. It is written in one transaction with all else and removed last,
 * so that whoever stops half-way leaves enough behind to go on. A domain without it is not ours:
 * xend does not touch it.
 */
#define RECORDS "/xend"

/* False only where the store says that there is no such record, not where it is away. */
bool domain_has_record(struct xs *xs, unsigned int domid);

/* Where a record's `config` points: what the domain was made from, for a restart. */
#define SAVED_CONFIG_DIR "/var/lib/xen/xend"

/* States of either end of a device (public/io/xenbus.h). */
enum device_state {
    DEVICE_UNKNOWN, DEVICE_INITIALISING, DEVICE_INIT_WAIT, DEVICE_INITIALISED, DEVICE_CONNECTED,
    DEVICE_CLOSING, DEVICE_CLOSED
};

/* What the nodes tell of the build. */
struct domain_facts {
    unsigned int domid;
    uint32_t store_port, console_port;
    uint64_t store_mfn, console_mfn;
};

/* Write all nodes of a new domain, devices included, in one transaction. 0 or -errno. */
int domain_nodes_write(struct xs *xs, const struct domain_config *config,
                       const struct domain_facts *facts);

/*
 * Add one device to a running domain. 0 or -errno; -EEXIST: the number is taken. A card whose devid
 * is -1 gets there the number after the highest that the domain has had a card of.
 */
int vbd_nodes_add(struct xs *xs, unsigned int domid, const struct disk_config *disk);
int vif_nodes_add(struct xs *xs, unsigned int domid, struct vif_config *vif);

/* Remove what domain_nodes_write() wrote, except backends and the record. */
void domain_nodes_remove(struct xs *xs, unsigned int domid);

#endif
