/* SPDX-License-Identifier: MIT */
/*
 * Parts of xm that are loaded when they are asked for.
 *
 * libxml2 brings ICU and the C++ library with it, and the loader needs 2.7 million instructions to
 * bind them: as much as all that `xm list` does; ncurses and jansson are smaller and less often
 * used. So what needs such a library is a module, a directory of its own in tools/ (MODULES in its
 * Makefile), and each function of it that xm calls stands here once more, under the same name: it
 * loads the module and calls the one in there. Modules take what they need of the rest from xm
 * itself. They lie in ../lib/xenolith beside the directory that xm is in, in the build tree as
 * where installed. jansson, which many commands use a little, is such a module as it is.
 */
#include <dlfcn.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>

#include "blockdev/blockdev.h"
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

int domain_xml_check(const struct domain_config *config, struct complaint *c)
{
    __typeof__(&domain_xml_check) check = function_of(MODULE("xml"), __func__);

    return check(config, c);
}

char *domain_xml_write(const struct domain_config *config, int domid)
{
    __typeof__(&domain_xml_write) write = function_of(MODULE("xml"), __func__);

    return write(config, domid);
}

bool block_content(const char *path, char content[BLOCK_CONTENT])
{
    __typeof__(&block_content) look = function_of(MODULE("blockdev"), __func__);

    return look(path, content);
}

int cmd_top(struct xm *xm, int argc, char **argv)
{
    __typeof__(&cmd_top) top = function_of(MODULE("top"), __func__);

    return top(xm, argc, argv);
}

/* ---- jansson ---- */

#define CALL(type, name, parameters, ...)                                          \
    type name parameters                                                           \
    {                                                                              \
        return ((__typeof__(&name))function_of("libjansson.so.4", #name))(__VA_ARGS__); \
    }

CALL(json_t *, json_object, (void))
CALL(json_t *, json_array, (void))
CALL(json_t *, json_string, (const char *text), text)
CALL(json_t *, json_integer, (json_int_t number), number)
CALL(int, json_object_set_new, (json_t *object, const char *key, json_t *value), object, key, value)
CALL(int, json_array_append_new, (json_t *array, json_t *value), array, value)
CALL(void, json_delete, (json_t *json), json)
CALL(int, json_dumpf, (const json_t *json, FILE *to, size_t flags), json, to, flags)
CALL(char *, json_dumps, (const json_t *json, size_t flags), json, flags)

json_t *json_pack(const char *format, ...)
{
    __typeof__(&json_vpack_ex) pack = function_of("libjansson.so.4", "json_vpack_ex");
    va_list args;
    json_t *json;

    va_start(args, format);
    json = pack(NULL, 0, format, args);
    va_end(args);
    return json;
}
