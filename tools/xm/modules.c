/* SPDX-License-Identifier: MIT */
/*
 * Parts of xm that are loaded when they are asked for.
 *
 * libxml2 brings ICU and the C++ library with it, and the loader needs 2.7 million instructions to
 * bind them: more than all that `xm list` does; ncurses is smaller and less often used. So what
 * needs such a library is a module, a directory of its own in tools/ (MODULES in its Makefile), and
 * each function of it that xm calls stands here once more, under the same name: it loads the module
 * and calls the one in there. Modules take what they need of the rest from xm itself. They lie in
 * ../lib/xenolith beside the directory that xm is in, in the build tree as where installed.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "xm/commands.h"
#include "xml/domain_xml.h"

/* The loader puts xm's own directory in the place of $ORIGIN. */
#define MODULE(name) "$ORIGIN/../lib/xenolith/" name ".so"

/*
 * The function of that name in a module. A module that cannot be loaded ends the program: it is as
 * much part of xm as the C library is, and nothing has been begun when the first is asked for.
 */
static void *function_of(const char *path, const char *name)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *function = handle ? dlsym(handle, name) : NULL;

    if (!function) {
        xm_error(&(struct xm){ .program = program_invocation_short_name },
                 "install all of it again: apt install --reinstall xenolith-tools, or make install",
                 "a part of the program cannot be loaded: %s", dlerror());
        exit(XM_FAILED);
    }
    return function;
}

int domain_xml_read(const char *file, const char *text, size_t len, struct domain_config *config,
                    struct complaint *c)
{
    __typeof__(&domain_xml_read) read = function_of(MODULE("xml"), __func__);

    return read(file, text, len, config, c);
}

char *domain_xml_write(const struct domain_config *config, int domid)
{
    __typeof__(&domain_xml_write) write = function_of(MODULE("xml"), __func__);

    return write(config, domid);
}

int cmd_top(struct xm *xm, int argc, char **argv)
{
    __typeof__(&cmd_top) top = function_of(MODULE("top"), __func__);

    return top(xm, argc, argv);
}
