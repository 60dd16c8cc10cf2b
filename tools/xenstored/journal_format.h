/* SPDX-License-Identifier: MIT */
/* What is in the journal file: a header, then records of items. */
#ifndef XENSTORED_JOURNAL_FORMAT_H
#define XENSTORED_JOURNAL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_MAGIC "XSJRNL1\n"
#define JOURNAL_RECORD_MAX (64u << 20)  /* more is not a length but rubbish */

struct journal_header {
    char magic[8];
    char boot_id[40];           /* of the boot in which it was written */
};

struct journal_record {
    uint32_t len;
    uint32_t hash;              /* of the `len` bytes that follow */
};

/*
 * An item is its kind and a domain, then what the kind needs: 64-bit numbers, and bytes that follow
 * their number.
 */
enum journal_item {
    ITEM_OP = 1,                /* kind, path, value, permissions */
    ITEM_DOMAIN,                /* frame, port, target, request index, reply index */
    ITEM_KNOWN,
    ITEM_FORGET,
    ITEM_TARGET,                /* target */
    ITEM_WATCH,                 /* path, token, skip, depth */
    ITEM_UNWATCH,               /* path, token */
    ITEM_INPUT,                 /* request index, bytes of an unfinished request */
    ITEM_OUTPUT,                /* bytes queued */
    ITEM_TX_START,              /* number */
    ITEM_TX_END,                /* number */
};

/* The header a file of this boot has. False: the boot cannot be told. */
bool journal_header_now(struct journal_header *header);

uint32_t journal_hash(const uint8_t *bytes, size_t len);

/*
 * Bring back what the file holds, if it is of this boot: nodes, domains, watches, transactions,
 * and each ring where the dead daemon left it. Returns whether there was anything, and then in
 * *whole how many bytes of the file it is.
 */
bool journal_recover(const char *file_name, size_t *whole);

#endif
