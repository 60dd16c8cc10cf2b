/* SPDX-License-Identifier: MIT */
/* xm kernel-unpack: what the first domain with a kernel would wait for, done when there is time. */
#include <getopt.h>

#include "builder/image.h"
#include "xm/create.h"

/* *kept: it was in the cache already, or need not be there. Errors as image_load(). */
static int unpack(const char *path, struct build_error *error, bool *kept)
{
    struct loaded_image image;
    int err = image_load(path, BUILD_CACHE_DIR, &image, error);

    if (!err) {
        *kept = image.from_cache || !image.packed;
        image_close(&image);
    }
    return err;
}

static int unpack_and_keep(struct xm *xm, const char *path)
{
    struct build_error error = { 0 };
    bool kept = false;
    int err = unpack(path, &error, &kept);

    if (!err && !kept)
        err = unpack(path, &error, &kept);  /* in the cache, if it could be put there */
    if (err)
        return xm_build_error(xm, &error, err);
    if (!kept)
        return xm_error(xm, "this takes root and, for a kernel of Debian's, 70 MB of room there",
                        "%s cannot be kept in " BUILD_CACHE_DIR, path);
    return XM_OK;
}

int cmd_kernel_unpack(struct xm *xm, int argc, char **argv)
{
    int status = XM_OK;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    if (optind == argc)
        return xm_usage(xm, "no kernel is named");
    for (; optind < argc; optind++)
        if (unpack_and_keep(xm, argv[optind]))
            status = XM_FAILED;
    return status;
}
