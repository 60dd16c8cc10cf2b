/* SPDX-License-Identifier: MIT */
/* The steps from a request to a paused domain. */
#include "builder/builder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/grant_table.h>

#include "builder/error.h"
#include "builder/guest_memory.h"
#include "builder/image.h"
#include "builder/layout.h"
#include "builder/page_tables.h"
#include "builder/start_info.h"
#include "libxen/domain.h"
#include "libxen/foreign_map.h"
#include "libxen/host.h"

#define DEFAULT_EVENT_CHANNELS 1023u
#define MAX_MEMORY_KIB         (1ull << 34)
#define SLACK_KIB              1024u    /* room over the maximum, as Xen's own tools leave */

/* A build under way. Before begin(): zeroed, descriptors -1. */
struct building {
    struct xen *xen;
    const struct build_request *request;
    struct build_result *result;
    struct loaded_image kernel;
    int ramdisk;
    uint64_t ramdisk_bytes;
    struct guest_memory memory;
    xen_pfn_t shared_info_mfn;
};

static struct build_error *error_of(struct building *b)
{
    return &b->result->error;
}

/* ---- before the domain ---- */

static int check_request(struct building *b)
{
    const struct build_request *r = b->request;

    if (!r->kernel)
        return build_refuse(error_of(b), -EINVAL, "add kernel=\"/path/to/vmlinuz\"",
                            "no kernel is named");
    if (r->memory_kib < BUILD_MIN_MEMORY_KIB || r->memory_kib > MAX_MEMORY_KIB)
        return build_refuse(error_of(b), -EINVAL, "choose memory= from 4 MiB to 16 TiB",
                            "memory of %llu KiB is out of range",
                            (unsigned long long)r->memory_kib);
    if (r->max_memory_kib && r->max_memory_kib < r->memory_kib)
        return build_refuse(error_of(b), -EINVAL, "make maxmem= at least memory=",
                            "maxmem is below memory");
    if (r->max_vcpus > BUILD_MAX_VCPUS)
        return build_refuse(error_of(b), -EINVAL, "choose vcpus= from 1 to 32",
                            "%u vCPUs are more than a guest can have", r->max_vcpus);
    if (r->cmdline && strlen(r->cmdline) > BUILD_MAX_CMDLINE)
        return build_refuse(error_of(b), -EINVAL, "shorten root= and extra=",
                            "the command line has %zu bytes, %u are possible",
                            strlen(r->cmdline), BUILD_MAX_CMDLINE);
    return 0;
}

static int open_ramdisk(struct building *b)
{
    const char *path = b->request->ramdisk;
    struct stat st;
    int err;

    if (!path || !*path)
        return 0;
    b->ramdisk = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (b->ramdisk < 0) {
        err = -errno;
        return build_refuse(error_of(b), err, "check the path after ramdisk=", "ramdisk %s: %s",
                            path, strerror(-err));
    }
    if (fstat(b->ramdisk, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0)
        return build_refuse(error_of(b), -EINVAL, "check the path after ramdisk=",
                            "ramdisk %s: not a file, or empty", path);
    b->ramdisk_bytes = (uint64_t)st.st_size;
    return 0;
}

static int prepare(struct building *b)
{
    const char *cache = b->request->cache_dir;
    int err = check_request(b);

    if (!err)
        err = open_ramdisk(b);
    if (!err)
        err = image_load(b->request->kernel, cache ? cache : BUILD_CACHE_DIR, &b->kernel,
                         error_of(b));
    if (err)
        return err;
    b->result->kernel_from_cache = b->kernel.from_cache;
    b->memory.frames = b->request->memory_kib / 4;
    return layout_plan(&b->kernel.image, b->memory.frames, b->ramdisk_bytes, &b->result->layout,
                       error_of(b));
}

static void begin(struct building *b, struct xen *xen, const struct build_request *request,
                  struct build_result *result)
{
    memset(result, 0, sizeof(*result));
    *b = (struct building){ .xen = xen, .request = request, .result = result, .ramdisk = -1 };
    b->kernel.fd = -1;
}

static void end(struct building *b)
{
    free(b->memory.p2m);
    if (b->ramdisk >= 0)
        close(b->ramdisk);
    image_close(&b->kernel);
}

int build_plan(const struct build_request *request, struct build_result *result)
{
    struct building b;
    int err;

    begin(&b, NULL, request, result);
    err = prepare(&b);
    end(&b);
    return err;
}

/* ---- the empty domain ---- */

static int refuse_creation(struct building *b, int err)
{
    if (err == -EEXIST)
        return build_refuse(error_of(b), err, "leave the choice of the id to the hypervisor",
                            "domain id %u is in use", b->request->domid);
    if (err == -ENOMEM)
        return build_refuse(error_of(b), err, "destroy a domain or shrink one",
                            "the hypervisor has no memory for another domain");
    return build_refuse(error_of(b), err, "see the hypervisor's log (xm dmesg)",
                        "the hypervisor refuses to create a domain: %s", strerror(-err));
}

static int create(struct building *b)
{
    const struct build_request *r = b->request;
    struct xen_domctl_createdomain config = {
        .max_vcpus = r->max_vcpus ? r->max_vcpus : 1,
        .max_evtchn_port = r->max_event_channels ? r->max_event_channels
                                                 : DEFAULT_EVENT_CHANNELS,
        .max_grant_frames = r->max_grant_frames > 0 ? r->max_grant_frames : -1,
        .max_maptrack_frames = r->max_maptrack_frames > 0 ? r->max_maptrack_frames : -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .cpupool_id = r->cpupool,
    };
    domid_t domid = r->domid;
    int err;

    memcpy(config.handle, r->uuid, sizeof(config.handle));
    err = xen_domain_create(b->xen, &domid, &config);
    if (err)
        return refuse_creation(b, err);
    b->result->domid = domid;
    b->memory.xen = b->xen;
    b->memory.domid = domid;
    return 0;
}

static int set_limits(struct building *b)
{
    const struct build_request *r = b->request;
    uint64_t max_kib = r->max_memory_kib ? r->max_memory_kib : r->memory_kib;
    domid_t domid = b->result->domid;
    int err = xen_domain_max_vcpus(b->xen, domid, r->max_vcpus ? r->max_vcpus : 1);

    if (!err)
        err = xen_domain_set_max_mem(b->xen, domid, max_kib + SLACK_KIB);
    if (!err)
        err = xen_domain_set_memory_map(b->xen, domid, max_kib);
    if (!err && r->tsc_mode)
        err = xen_domain_set_tsc_mode(b->xen, domid, r->tsc_mode);
    if (err)
        build_refuse(error_of(b), err, "see the hypervisor's log (xm dmesg)",
                     "the hypervisor refuses vCPUs or limits: %s", strerror(-err));
    return err;
}

static int refuse_memory(struct building *b, int err)
{
    struct xen_sysctl_physinfo host;
    uint64_t free_mib = 0;

    if (!xen_host_physinfo(b->xen, &host))
        free_mib = host.free_pages >> 8;
    return build_refuse(error_of(b), err,
                        "give the guest less, or shrink another: xm mem-set Domain-0 SIZE",
                        "the guest wants %llu MiB, the machine has %llu MiB free",
                        (unsigned long long)b->memory.frames >> 8, (unsigned long long)free_mib);
}

static int populate(struct building *b)
{
    int err;

    b->memory.p2m = calloc(b->memory.frames, sizeof(*b->memory.p2m));
    if (!b->memory.p2m)
        return build_refuse(error_of(b), -ENOMEM, "free some of Domain0's memory",
                            "no memory in Domain0 for the guest's frame list");
    /* Where the hypervisor knows claims, too little memory is found out before taking any. */
    err = xen_domain_claim_pages(b->xen, b->result->domid, b->memory.frames);
    if (err == -ENOMEM)
        return refuse_memory(b, err);
    err = guest_populate(&b->memory);
    xen_domain_claim_pages(b->xen, b->result->domid, 0);
    return err ? refuse_memory(b, err) : 0;
}

static int open_ports(struct building *b)
{
    const struct build_request *r = b->request;
    int store = xen_evtchn_alloc_unbound(b->xen, b->result->domid, r->store_domid);
    int console = store < 0 ? store : xen_evtchn_alloc_unbound(b->xen, b->result->domid,
                                                               r->console_domid);

    if (console < 0)
        return build_refuse(error_of(b), console, "see the hypervisor's log (xm dmesg)",
                            "no event ports for store and console: %s", strerror(-console));
    b->result->store_port = (uint32_t)store;
    b->result->console_port = (uint32_t)console;
    return 0;
}

/* ---- its contents ---- */

static uint64_t address_of(const struct build_region *region)
{
    return region->pfn << XEN_PAGE_SHIFT;
}

static int write_kernel(struct building *b)
{
    const struct image *image = &b->kernel.image;
    unsigned int i;
    int err = 0;

    for (i = 0; i < image->nr_segments && !err; i++) {
        const struct image_segment *s = &image->segments[i];
        uint64_t to = s->vaddr - image->virt_base;

        err = guest_write_file(&b->memory, to, b->kernel.fd, s->file_offset, s->file_bytes);
        if (!err)
            err = guest_zero(&b->memory, to + s->file_bytes, s->memory_bytes - s->file_bytes);
    }
    return err;
}

static int write_page_tables(struct building *b)
{
    const struct build_layout *layout = &b->result->layout;
    uint64_t main_bytes = layout->page_tables.frames << XEN_PAGE_SHIFT;
    uint64_t p2m_bytes = layout->p2m_tables.frames << XEN_PAGE_SHIFT;
    uint64_t *tables = calloc(1, main_bytes + p2m_bytes);
    uint64_t *p2m_tables = tables + main_bytes / sizeof(*tables);
    int err;

    if (!tables)
        return -ENOMEM;
    page_tables_write(layout, b->memory.p2m, tables, p2m_tables);
    err = guest_write(&b->memory, address_of(&layout->page_tables), tables, main_bytes);
    if (!err)
        err = guest_write(&b->memory, address_of(&layout->p2m_tables), p2m_tables, p2m_bytes);
    free(tables);
    return err;
}

static int write_start_info(struct building *b)
{
    union { struct start_info info; char bytes[XEN_PAGE_SIZE]; } *page = calloc(1, sizeof(*page));
    int err;

    if (!page)
        return -ENOMEM;
    start_info_write(b->request, b->result, b->shared_info_mfn, &page->info);
    err = guest_write(&b->memory, address_of(&b->result->layout.start_info), page, sizeof(*page));
    free(page);
    return err;
}

static int write_contents(struct building *b)
{
    struct build_result *result = b->result;
    const struct build_layout *layout = &result->layout;
    int err;

    result->store_mfn = b->memory.p2m[layout->store_ring.pfn];
    result->console_mfn = b->memory.p2m[layout->console_ring.pfn];
    err = write_kernel(b);
    if (!err && b->ramdisk_bytes)
        err = guest_write_file(&b->memory, address_of(&layout->ramdisk), b->ramdisk, 0,
                               b->ramdisk_bytes);
    if (!err)
        err = guest_write(&b->memory, address_of(&layout->p2m), b->memory.p2m,
                          b->memory.frames * sizeof(*b->memory.p2m));
    if (!err)
        err = guest_zero(&b->memory, address_of(&layout->store_ring), 2 * XEN_PAGE_SIZE);
    if (!err)
        err = guest_zero(&b->memory, address_of(&layout->stack), XEN_PAGE_SIZE);
    if (!err)
        err = write_start_info(b);
    if (!err)
        err = write_page_tables(b);
    if (err)
        build_refuse(error_of(b), err, "see the hypervisor's log (xm dmesg) and Domain0's (dmesg)",
                     "the guest's memory cannot be written: %s", strerror(-err));
    return err;
}

/* ---- the hypervisor's side of it; no frame of the guest is mapped any more ---- */

static int set_shared_info(struct building *b)
{
    void *page;
    int err = xen_map_frames(b->xen, b->result->domid, PROT_READ | PROT_WRITE,
                             &b->shared_info_mfn, 1, &page);

    if (err)
        return err;
    start_shared_info(page);
    xen_unmap_frames(page, 1);
    return 0;
}

static int find_shared_info(struct building *b)
{
    struct xen_domctl_getdomaininfo info;
    int err = xen_domain_info(b->xen, b->result->domid, &info);

    if (err)
        return build_refuse(error_of(b), err, "see the hypervisor's log (xm dmesg)",
                            "the new domain cannot be examined: %s", strerror(-err));
    b->shared_info_mfn = info.shared_info_frame;
    return 0;
}

static int seed_grants(struct building *b)
{
    const struct build_request *r = b->request;
    const struct build_result *result = b->result;
    int err = xen_grant_seed(b->xen, result->domid, GNTTAB_RESERVED_CONSOLE, r->console_domid,
                             result->console_mfn);

    return err ? err : xen_grant_seed(b->xen, result->domid, GNTTAB_RESERVED_XENSTORE,
                                      r->store_domid, result->store_mfn);
}

static int make_runnable(struct building *b)
{
    const struct build_layout *layout = &b->result->layout;
    xen_pfn_t l4 = b->memory.p2m[layout->page_tables.pfn];
    domid_t domid = b->result->domid;
    struct vcpu_guest_context *context = malloc(sizeof(*context));
    const char *step = "registers";
    int err = -ENOMEM;

    if (!context)
        goto out;
    step = "hypercall page";
    err = 0;
    if (layout->hypercall_page)
        err = xen_hypercall_page_init(b->xen, domid, b->memory.p2m[
                  (layout->hypercall_page - layout->virt_base) >> XEN_PAGE_SHIFT]);
    if (err)
        goto out;
    step = "page tables";
    err = xen_pin_l4(b->xen, domid, l4, true);
    if (err)
        goto out;
    step = "shared info";
    err = set_shared_info(b);
    if (err)
        goto out;
    step = "grant table";
    err = seed_grants(b);
    if (err)
        goto out;
    step = "registers";
    start_context(layout, l4, context);
    err = xen_vcpu_set_context(b->xen, domid, 0, context);
out:
    free(context);
    if (err)
        build_refuse(error_of(b), err, "see the hypervisor's log (xm dmesg)",
                     "the hypervisor refuses the new guest's %s: %s", step, strerror(-err));
    return err;
}

int build_domain(struct xen *xen, const struct build_request *request,
                 struct build_result *result)
{
    struct building b;
    int err;

    begin(&b, xen, request, result);
    err = prepare(&b);
    if (err)
        goto out;
    err = create(&b);
    if (err)
        goto out;
    err = set_limits(&b);
    if (!err)
        err = populate(&b);
    if (!err)
        err = open_ports(&b);
    if (!err)
        err = find_shared_info(&b);
    if (!err)
        err = write_contents(&b);
    if (!err)
        err = make_runnable(&b);
    /* All that a build makes belongs to the domain and goes with it. */
    if (err)
        xen_domain_destroy(xen, result->domid);
out:
    end(&b);
    return err;
}
