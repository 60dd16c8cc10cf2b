/* SPDX-License-Identifier: MIT */
/* Developer's command: start one guest by the builder alone, without devices and without xm. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "builder/builder.h"
#include "libxen/domain.h"
#include "libxen/xs.h"

static int usage(void)
{
    fputs("usage: xenbuild [-dp] [-n NAME] [-m MIB] [-v VCPUS] [-r RAMDISK] [-a CMDLINE] KERNEL\n"
          "       -p leaves the guest paused, -d only plans; prints the domain id\n", stderr);
    return 2;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct node_request {
    const char *name;
    const struct build_request *request;
    const struct build_result *result;
};

/* The nodes that a kernel without devices, and the console daemon, read. */
static int write_nodes(struct xs *xs, xs_tx tx, void *arg)
{
    const struct node_request *n = arg;
    unsigned int domid = n->result->domid, i;
    const struct xs_perm perms[] = { { 0, XS_PERM_NONE }, { domid, XS_PERM_READ } };
    char base[64];
    int err = 0;
    const struct { const char *path; unsigned long value; const char *text; } nodes[] = {
        { "domid", domid, NULL },
        { "memory/target", n->request->memory_kib, NULL },
        { "memory/static-max", n->request->memory_kib, NULL },
        { "store/port", n->result->store_port, NULL },
        { "store/ring-ref", n->result->store_mfn, NULL },
        { "console/port", n->result->console_port, NULL },
        { "console/ring-ref", n->result->console_mfn, NULL },
        { "console/limit", 1048576, NULL },
        { "console/type", 0, "xenconsoled" },
        { "console/output", 0, "pty" },
        { "control/shutdown", 0, "" },
    };

    snprintf(base, sizeof(base), "/local/domain/%u", domid);
    xs_rm(xs, tx, base);
    err = xs_mkdir(xs, tx, base);
    if (!err)
        err = xs_set_perms(xs, tx, base, perms, 2);
    if (!err)
        err = xs_writef(xs, tx, n->name, "%s/name", base);
    for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]) && !err; i++) {
        char value[32];

        snprintf(value, sizeof(value), "%lu", nodes[i].value);
        err = xs_writef(xs, tx, nodes[i].text ? nodes[i].text : value, "%s/%s", base,
                        nodes[i].path);
    }
    for (i = 0; i < n->request->max_vcpus && !err; i++)
        err = xs_writef(xs, tx, "online", "%s/cpu/%u/availability", base, i);
    return err;
}

static int introduce(const char *name, const struct build_request *request,
                     const struct build_result *result)
{
    struct node_request nodes = { name, request, result };
    struct xs *xs;
    int err = xs_open(&xs);

    if (err)
        return err;
    err = xs_transaction(xs, write_nodes, &nodes);
    if (!err)
        err = xs_introduce(xs, result->domid, result->store_mfn, result->store_port);
    xs_close(xs);
    return err;
}

static int run(const char *name, const struct build_request *request, bool paused)
{
    struct build_result result;
    struct xen *xen;
    double start = now();
    int err = xen_open(&xen);

    if (err) {
        fprintf(stderr, "xenbuild: /dev/xen/privcmd: %s\n", strerror(-err));
        return 1;
    }
    err = build_domain(xen, request, &result);
    if (err) {
        fprintf(stderr, "xenbuild: %s\n  remedy: %s\n", result.error.cause, result.error.remedy);
        goto out;
    }
    fprintf(stderr, "built in %.2f s, kernel %s\n", now() - start,
            result.kernel_from_cache ? "from the cache" : "unpacked");
    err = introduce(name, request, &result);
    if (!err && !paused)
        err = xen_domain_unpause(xen, result.domid);
    if (err) {
        fprintf(stderr, "xenbuild: start: %s\n", strerror(-err));
        xen_domain_destroy(xen, result.domid);
        goto out;
    }
    printf("%u\n", result.domid);
out:
    xen_close(xen);
    return err ? 1 : 0;
}

static int plan(const struct build_request *request)
{
    struct build_result result;
    double start = now();

    if (build_plan(request, &result)) {
        fprintf(stderr, "xenbuild: %s\n  remedy: %s\n", result.error.cause, result.error.remedy);
        return 1;
    }
    printf("planned in %.2f s, kernel %s, entry %#llx, mapped to %#llx\n", now() - start,
           result.kernel_from_cache ? "from the cache" : "unpacked",
           (unsigned long long)result.layout.entry,
           (unsigned long long)result.layout.mapped_end);
    return 0;
}

int main(int argc, char **argv)
{
    struct build_request request = { .memory_kib = 256 << 10, .max_vcpus = 1 };
    const char *name = "xenbuild";
    bool paused = false, dry = false;
    int option;

    while ((option = getopt(argc, argv, "dpn:m:v:r:a:")) != -1) {
        switch (option) {
        case 'd': dry = true; break;
        case 'p': paused = true; break;
        case 'n': name = optarg; break;
        case 'm': request.memory_kib = strtoull(optarg, NULL, 0) << 10; break;
        case 'v': request.max_vcpus = (unsigned int)strtoul(optarg, NULL, 0); break;
        case 'r': request.ramdisk = optarg; break;
        case 'a': request.cmdline = optarg; break;
        default: return usage();
        }
    }
    if (optind + 1 != argc)
        return usage();
    request.kernel = argv[optind];
    return dry ? plan(&request) : run(name, &request, paused);
}
