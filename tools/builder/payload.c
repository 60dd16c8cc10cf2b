/* SPDX-License-Identifier: MIT */
/*
 * What unpacks kernels is loaded when one is to be unpacked: most domains are made of one that lies
 * unpacked in the cache, and binding four libraries costs more than all else that a program does
 * which lists domains.
 */
#include "builder/payload.h"

#include <dlfcn.h>
#include <errno.h>

/* Beside the directory that the program is in, which the loader puts in the place of $ORIGIN. */
#define MODULE "$ORIGIN/../lib/xenolith/payload.so"

static __typeof__(&payload_unpack) unpack;

int payload_load(struct build_error *error)
{
    void *module = unpack ? NULL : dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);

    if (module)
        unpack = (__typeof__(unpack))dlsym(module, "payload_unpack");
    return unpack ? 0 : build_refuse(error, -ELIBACC, "install all of it again: apt install "
                                     "--reinstall xenolith-tools, or make install",
                                     "what unpacks kernels cannot be loaded: %s", dlerror());
}

int payload_unpack(int in, int out, uint64_t start, uint64_t *offset, uint64_t *size,
                   struct build_error *error)
{
    return unpack(in, out, start, offset, size, error);
}
