/* SPDX-License-Identifier: MIT */
/* Marks of domains that are being created: what outlives both xm and xend when they are killed. */
#ifndef DOMAIN_CLAIM_H
#define DOMAIN_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "config/domain_config.h"

/*
 * Before xm takes a domain id it makes CLAIM_DIR/UUID, and it removes that when the domain is
 * finished, or undone. A claim whose maker is dead means: the domain of this UUID, its nodes and
 * its saved settings are to be removed, and the claim last. xend does so when xm's connection ends,
 * and at its own start for all claims that it finds. The directory is forgotten at boot, as domains
 * are.
 */
#ifndef CLAIM_DIR               /* tests put it elsewhere */
#define CLAIM_DIR "/run/xen/creating"
#endif

struct claim {
    uint8_t uuid[16];
    char name[DOMAIN_NAME_MAX + 1];
    int holder;                 /* a pidfd, readable when xm ends; -1: xm is dead */
};

/* Make one for the calling process, in place of one whose maker is dead. -EEXIST: it lives. */
int claim_make(const uint8_t uuid[16], const char *name);

/* Remove it. False: there was none. */
bool claim_drop(const uint8_t uuid[16]);

bool claim_exists(const uint8_t uuid[16]);

/* Call back for every claim there is; the callee closes claim->holder. */
void claims_each(void (*visit)(const struct claim *claim, void *arg), void *arg);

#endif
