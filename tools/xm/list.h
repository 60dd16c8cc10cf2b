/* SPDX-License-Identifier: MIT */
/* Tables and long forms of domains. */
#ifndef XM_LIST_H
#define XM_LIST_H

#include <jansson.h>

#include "config/domain_config.h"
#include "xm/xm.h"

/* Six letters, "r-----": running, blocked, paused, shut down, why (as the face has it), dying. */
void state_letters(enum face face, const struct xen_domctl_getdomaininfo *info, char letters[7]);

/* The table's header and one of its lines, without the end of line. */
void list_header(enum face face, FILE *to);
void list_line(enum face face, const struct xen_domctl_getdomaininfo *info, const char *name,
               FILE *to);

/* As `xl create -n` and `xl list -l` show a definition; sched NULL: no parameters known. */
json_t *config_json(const struct domain_config *config, const char *sched,
                    const struct xen_sched_share *share);

/* Print as xl does: four columns a level, empty objects over three lines. */
void json_print(const json_t *json, FILE *to);

/* Print as jansson does and free; for our own --json forms. Returns an exit status. */
int json_finish(const struct xm *xm, json_t *json);

/* The settings a domain was made from: what xend keeps, or else what the store tells. */
int running_config(struct xm *xm, const struct xen_domctl_getdomaininfo *info,
                   struct domain_config *config);

/* list -l: xl's JSON, xm's symbolic expressions. Returns an exit status. */
int list_long(struct xm *xm, const struct xen_domctl_getdomaininfo *infos, unsigned int count);

/* list --xml: a libvirt document for each. */
int list_xml(struct xm *xm, const struct xen_domctl_getdomaininfo *infos, unsigned int count);

/* xl's name for a scheduler's number. */
const char *sched_name(uint32_t id);

#endif
