/* SPDX-License-Identifier: MIT */
/* Creating a domain: the steps that xm's commands share. */
#ifndef XM_CREATE_H
#define XM_CREATE_H

#include "builder/builder.h"
#include "config/domain_config.h"
#include "xm/xm.h"

/* A file and KEY=VALUE arguments, read and completed. 0 or an exit status, reason printed. */
int xm_read_config(struct xm *xm, const char *path, char **settings, int setting_count, bool strict,
                   struct domain_config *config);

/* Where a configuration is: as named, or in /etc/xen. malloc()ed. */
char *find_config(const char *name);

/*
 * Everything that can be known to go wrong is looked at before a domain id is taken: files, disks,
 * bridges, names, processors, memory. Fills in the default bridge. 0 or an exit status; the first
 * cause found is printed with its remedy.
 */
int preflight(struct xm *xm, struct domain_config *config);

/* The part of preflight() that looks at network cards. */
int check_vifs(struct xm *xm, struct domain_config *config);

/* What the builder is asked for. Texts stay the configuration's. */
struct build_request build_request_of(const struct domain_config *config);

/* Print why the builder gave up: `err` is what it returned. Returns XM_BUILD. */
int xm_build_error(struct xm *xm, const struct build_error *error, int err);

/*
 * Build and connect the domain, set it going unless `paused`, and attach to its console where
 * wanted. 0 or an exit status, with nothing left behind; the same where xm is killed meanwhile, for
 * xend clears away what is still claimed (domain/claim.h).
 */
int xm_start(struct xm *xm, struct domain_config *config, bool paused, bool console, bool quiet);

/* What is being created runs, or is to stay as it is: no longer to be cleared away if xm dies. */
void xm_create_end(void);

/*
 * The domain is destroyed: wait until xend, which is at it, has cleared everything away; where it
 * does not run (any more), do it here. 0 or an exit status.
 */
int wait_until_gone(struct xm *xm, domid_t domid, bool xend_is_at_it);

/* Whether xend answers. */
bool xend_runs(void);

/* Wait until the backends of all devices are connected. 0 or an exit status. */
int wait_for_devices(struct xm *xm, domid_t domid);

/* What -n prints: as xl the JSON that scripts read, as xm the settings. */
void print_config(const struct xm *xm, const struct domain_config *config, FILE *to);

/* Print what the kernel will find in its memory and start info. Returns an exit status. */
int explain(struct xm *xm, const struct domain_config *config);

/*
 * Attach this terminal to a domain's console until Ctrl-] or its end. With `unpause` the domain is
 * set going once the console is open, so that nothing is missed.
 */
int console_attach(struct xm *xm, domid_t domid, bool unpause);

#endif
