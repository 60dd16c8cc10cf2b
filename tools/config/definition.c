/* SPDX-License-Identifier: MIT */
/* Reads and keeps definitions of domains. */
#include "config/definition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/xalloc.h"
#include "xml/domain_xml.h"

/* Settings are read again with the arguments behind them: later ones replace earlier ones. */
static int read_settings(const char *path, const char *text, size_t len, char **settings,
                         int count, bool strict, struct domain_config *config,
                         struct complaint *c)
{
    struct cfg cfg = { 0 };
    int err = cfg_parse(&cfg, path, text, len, c);

    for (int i = 0; !err && i < count; i++)
        err = cfg_parse_argument(&cfg, settings[i], c);
    if (!err)
        err = domain_config_read(&cfg, strict, config, c);
    config->place.file = NULL;      /* it points into cfg */
    cfg_free(&cfg);
    return err;
}

/* What XML says is written as settings first, where arguments follow. */
static int read_xml(const char *path, const char *text, size_t len, char **settings, int count,
                    struct domain_config *config, struct complaint *c)
{
    int err = domain_xml_read(path, text, len, config, c);
    char *as_settings = NULL, *xml;
    size_t n;
    FILE *to;

    if (err || !count)
        return err;
    to = open_memstream(&as_settings, &n);
    domain_config_write(config, to);
    fclose(to);
    xml = config->xml;
    config->xml = NULL;
    domain_config_free(config);
    err = read_settings(path, as_settings, n, settings, count, false, config, c);
    /* It is written as XML again, for whoever starts it again. */
    if (!err && (err = domain_xml_check(config, c)))
        domain_config_free(config);
    if (err)
        free(xml);
    else
        config->xml = xml;
    free(as_settings);
    return err;
}

int definition_read(const char *path, char **settings, int count, bool strict,
                    struct domain_config *config, struct complaint *c)
{
    char *text;
    size_t len;
    int err = cfg_load(path, &text, &len, c);

    if (err)
        return err;
    if (text_is_xml(text, len))
        err = read_xml(path, text, len, settings, count, config, c);
    else
        err = read_settings(path, text, len, settings, count, strict, config, c);
    free(text);
    return err ? err : domain_config_complete(config);
}

int definition_save(const struct domain_config *config, const char *path)
{
    char *temporary = xasprintf("%s.new", path), *xml = NULL;
    FILE *to = fopen(temporary, "we");
    int err = to ? 0 : -errno;

    if (!err && config->xml) {
        xml = domain_xml_write(config, -1);
        fputs(xml, to);
        free(xml);
    } else if (!err) {
        domain_config_write(config, to);
    }
    if (!err && (fclose(to) || rename(temporary, path)))
        err = -errno;
    if (err)
        unlink(temporary);
    free(temporary);
    return err;
}
