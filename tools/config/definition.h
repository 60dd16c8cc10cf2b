/* SPDX-License-Identifier: MIT */
/* A domain's definition from a file of either form, by its content: settings or XML. */
#ifndef CONFIG_DEFINITION_H
#define CONFIG_DEFINITION_H

#include "config/domain_config.h"

/*
 * Read `path`, then KEY=VALUE arguments that replace what it says, into *config, complete with UUID
 * and addresses. 0; -EINVAL with *c filled; or another -errno when the file cannot be read.
 */
int definition_read(const char *path, char **settings, int count, bool strict,
                    struct domain_config *config, struct complaint *c);

/* Write in the form it was read from. 0 or -errno; the file appears whole or not at all. */
int definition_save(const struct domain_config *config, const char *path);

#endif
