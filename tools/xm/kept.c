/* SPDX-License-Identifier: MIT */
/* xm new, delete, start, convert: definitions that are kept, and their two forms. */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/definition.h"
#include "config/xalloc.h"
#include "domain/lookup.h"
#include "xm/create.h"
#include "xml/domain_xml.h"

/* One file for each kept definition, with the domain's name. */
#define KEPT_DIR "/var/lib/xen/kept"

static char *kept_path(const char *name)
{
    return xasprintf(KEPT_DIR "/%s", name);
}

/* The file of a name that the user gave; NULL and a message: there is none. */
static char *need_kept(const struct xm *xm, const char *name)
{
    char *path = kept_path(name);

    if (!strchr(name, '/') && !access(path, F_OK))
        return path;
    free(path);
    xm_error(xm, "xm new FILE keeps one; xm new lists them", "no definition of \"%s\" is kept",
             name);
    return NULL;
}

static int list_kept(void)
{
    struct dirent **files;
    int count = scandir(KEPT_DIR, &files, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        if (files[i]->d_name[0] != '.')
            puts(files[i]->d_name);
        free(files[i]);
    }
    if (count >= 0)
        free(files);
    return XM_OK;
}

int cmd_new(struct xm *xm, int argc, char **argv)
{
    struct domain_config config;
    char *file, *path;
    int status, err;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    if (optind == argc)
        return list_kept();
    file = find_config(argv[optind]);
    status = xm_read_config(xm, file, argv + optind + 1, argc - optind - 1, false, &config);
    free(file);
    if (status)
        return status;
    mkdir("/var/lib/xen", 0755);
    mkdir(KEPT_DIR, 0700);
    path = kept_path(config.name);
    err = definition_save(&config, path);
    if (err)
        status = xm_error(xm, NULL, "%s: %s", path, strerror(-err));
    free(path);
    domain_config_free(&config);
    return status;
}

int cmd_delete(struct xm *xm, int argc, char **argv)
{
    domid_t domid;
    char *path;
    int status;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 1, 1);
    if (status)
        return status;
    path = need_kept(xm, argv[optind]);
    if (!path)
        return XM_FAILED;
    if (!xm_need_both(xm) && !domain_by_name(xm->xen, xm->xs, argv[optind], &domid))
        status = xm_error(xm, "xm shutdown it first", "domain %s (%u) still runs", argv[optind],
                          domid);
    else if (unlink(path))
        status = xm_error(xm, NULL, "%s: %m", path);
    free(path);
    return status;
}

int cmd_start(struct xm *xm, int argc, char **argv)
{
    struct domain_config config;
    bool paused = false, console = false;
    int opt, status;
    char *path;

    while ((opt = getopt(argc, argv, "pc")) >= 0) {
        if (opt == '?')
            return xm_bad_option(xm);
        paused |= opt == 'p';
        console |= opt == 'c';
    }
    status = xm_expect_args(xm, argc, 1, 1);
    if (status)
        return status;
    path = need_kept(xm, argv[optind]);
    if (!path)
        return XM_FAILED;
    status = xm_read_config(xm, path, NULL, 0, false, &config);
    free(path);
    if (status)
        return status;
    status = xm_start(xm, &config, paused, console, true);
    domain_config_free(&config);
    return status;
}

/* The other form of a file: settings of XML, XML of settings. */
int cmd_convert(struct xm *xm, int argc, char **argv)
{
    struct domain_config config;
    struct complaint c = { 0 };
    char *file, *xml;
    int status;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    if (optind == argc)
        return xm_usage(xm, "no configuration file is named");
    file = find_config(argv[optind]);
    status = xm_read_config(xm, file, argv + optind + 1, argc - optind - 1, false, &config);
    free(file);
    if (status)
        return status;
    if (config.xml) {
        domain_config_write(&config, stdout);
    } else if (domain_xml_check(&config, &c)) {
        complaint_print(&c, xm->program, stderr);
        status = XM_FAILED;
    } else {
        xml = domain_xml_write(&config, -1);
        fputs(xml, stdout);
        free(xml);
    }
    domain_config_free(&config);
    return status;
}
