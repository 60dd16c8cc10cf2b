/* SPDX-License-Identifier: MIT */
/* What all commands of xm share: the face shown, the connections, the words for errors. */
#ifndef XM_XM_H
#define XM_XM_H

#include <limits.h>
#include <stdbool.h>

#include "config/complaint.h"
#include "libxen/domain.h"
#include "libxen/host.h"
#include "libxen/xs.h"

/*
 * xm has two faces, by the name it is called with. As `xm` it prints the classic forms; as `xl` (or
 * Debian's third name, `xen`) what scripts parse is byte for byte that of xl 4.17.
 */
enum face { FACE_XM, FACE_XL };

/* Exit statuses, as scripts know them from xl; xm says 3 where no such domain exists. */
enum { XM_OK = 0, XM_FAILED = 1, XM_USAGE = 2, XM_BUILD = 3 };

struct xm {
    enum face face;
    const char *program;        /* "xm", "xl", for messages */
    bool dry_run;               /* xl's global -N */
    bool timing;                /* create says how long each step takes */
    const struct command *command;
    struct xen *xen;            /* NULL until xm_need_xen() */
    struct xs *xs;              /* NULL until xm_need_store() */
};

/*
 * A command: one row of the table in commands.c. argv[0] is the command's own name. Returns an exit
 * status.
 */
struct command {
    const char *name;
    const char *aliases;        /* separated by blanks, or NULL */
    int (*run)(struct xm *xm, int argc, char **argv);
    const char *usage;          /* arguments, one line */
    const char *help;           /* what it does, one line */
    const char *options;        /* a line for each option, or NULL */
};

extern const struct command commands[];
extern const unsigned int command_count;

/*
 * The command that `word` means: its name, an alias, or an unambiguous beginning of either. NULL:
 * none; *ambiguous tells whether several begin so.
 */
const struct command *command_find(const char *word, bool *ambiguous);

void command_help(const struct xm *xm, const struct command *command, FILE *to);

/* ---- connections: 0 or an exit status, the reason already printed ---- */

int xm_need_xen(struct xm *xm);
int xm_need_store(struct xm *xm);
int xm_need_both(struct xm *xm);

/*
 * After -EPIPE: xenstored was restarted, and watches are to be set anew. Where it stays away, the
 * lost connection is kept: each call on it is -EPIPE.
 */
int xm_store_again(struct xm *xm);

/*
 * Wait up to `ms` for an event; the only watch is on `path`, and is set anew where xenstored was
 * restarted. 0: look again; -ETIMEDOUT; -EPIPE: xenstored stays away, which was printed.
 */
int xm_wait(struct xm *xm, const char *path, int ms);

/* ---- what the hypervisor says; the connection is open ---- */

/* All domains, for free(). Their number, or -1 with the reason printed. */
int xm_domains(struct xm *xm, struct xen_domctl_getdomaininfo **infos);

/* The machine. 0 or an exit status, the reason printed. */
int xm_machine(struct xm *xm, struct xen_sysctl_physinfo *host);

/* ---- words for errors ---- */

/* "PROGRAM: cause" and the remedy (or NULL) in the line below, on stderr. Returns XM_FAILED. */
int xm_error(const struct xm *xm, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * A wrong argument: says what is wrong and how the command is called. Returns XM_USAGE; as xl,
 * whose 2 is for options and for too few arguments alone, XM_FAILED.
 */
int xm_usage(const struct xm *xm, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The option that getopt() did not like; call with its '?' at hand. Returns XM_USAGE. */
int xm_bad_option(const struct xm *xm);

/* ---- arguments ---- */

/* The domain that an argument means, with both connections open. 0 or an exit status. */
int xm_domain(struct xm *xm, const char *text, domid_t *domid);

/* The same, and what the hypervisor knows of it. */
int xm_domain_info(struct xm *xm, const char *text, struct xen_domctl_getdomaininfo *info);

/* From `least` to `most` arguments behind the options that getopt() took. 0 or an exit status. */
int xm_expect_args(const struct xm *xm, int argc, int least, int most);

/* Any number of arguments more. */
#define XM_MANY INT_MAX

/* A whole number from min to max. 0 or an exit status, with a message that calls it `what`. */
int xm_number(const struct xm *xm, const char *text, long min, long max, const char *what,
              long *number);

/* Name of a domain, malloc()ed; "(null)" as xl prints it where the store has none. */
char *xm_name_of(struct xm *xm, unsigned int domid);

#endif
