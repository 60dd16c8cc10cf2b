/* SPDX-License-Identifier: MIT */
/* Whole builds against a hypervisor made of arrays: what the guest finds; failures undone. */
/* SOURCES: tools/builder/build.c tools/builder/guest_memory.c tools/builder/start_info.c tools/builder/layout.c tools/builder/page_tables.c tools/builder/image.c tools/builder/sandbox.c tools/daemon/call_filter.c tools/builder/kernel_cache.c tools/payload/unpack.c tools/builder/elf_image.c tools/builder/error.c */
/* CFLAGS: $(DOMAIN0) */
/* LIBS: -llzma -lz -lzstd -llz4 -Wl,--wrap=cache_name */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/grant_table.h>
#include <zlib.h>

#include "builder/builder.h"
#include "builder/image.h"
#include "builder/kernel_cache.h"
#include "builder/payload.h"
#include "builder_fake_elf.h"
#include "libxen/domain.h"
#include "libxen/foreign_map.h"
#include "libxen/host.h"

#define HIGH 0xffffffff80000000ull
#define MIB  (1ull << 20)

/* ---- the hypervisor ---- */

#define MACHINE_FRAMES 16384u
#define SHARED_INFO    3u       /* a frame of the hypervisor's own */
#define FIRST_FREE     512u

static struct {
    int memory;                 /* a memory file; mfn n is its page n */
    unsigned int next_free;
    bool fragmented;            /* no 2 MiB extents */
    bool exists;
    bool cut_kernel;            /* the kernel's file, when the domain is there */
    struct xen_domctl_createdomain config;
    unsigned int vcpus, mapped, ports, claims;
    uint64_t max_kib, map_kib;
    xen_pfn_t pinned, hypercall_page, seeded[GNTTAB_RESERVED_XENSTORE + 1];
    struct vcpu_guest_context context;
    bool started;
    int calls, fail_at, error;  /* the call number `fail_at` is refused */
} machine;

static char dir[64], kernel[96], ramdisk[96], cache[96];

static int tick(void)
{
    return ++machine.calls == machine.fail_at ? machine.error : 0;
}

int xen_domain_create(struct xen *xen, domid_t *domid,
                      const struct xen_domctl_createdomain *config)
{
    int err = tick();

    (void)xen;
    if (err)
        return err;
    assert_false(machine.exists);
    machine.exists = true;
    machine.config = *config;
    if (machine.cut_kernel)
        assert_int_equal(truncate(kernel, FAKE_DATA + 1), 0);
    if (!*domid)
        *domid = 5;
    return 0;
}

int xen_domain_destroy(struct xen *xen, domid_t domid)
{
    (void)xen;
    assert_true(machine.exists);
    assert_int_equal(domid, 5);
    machine.exists = false;
    machine.next_free = FIRST_FREE;
    machine.ports = 0;
    return 0;
}

int xen_domain_max_vcpus(struct xen *xen, domid_t domid, unsigned int max)
{
    (void)xen, (void)domid;
    machine.vcpus = max;
    return tick();
}

int xen_domain_set_max_mem(struct xen *xen, domid_t domid, uint64_t kib)
{
    (void)xen, (void)domid;
    machine.max_kib = kib;
    return tick();
}

int xen_domain_set_memory_map(struct xen *xen, domid_t domid, uint64_t kib)
{
    (void)xen, (void)domid;
    machine.map_kib = kib;
    return tick();
}

int xen_domain_set_tsc_mode(struct xen *xen, domid_t domid, uint32_t mode)
{
    (void)xen, (void)domid, (void)mode;
    return tick();
}

int xen_domain_claim_pages(struct xen *xen, domid_t domid, unsigned long pages)
{
    (void)xen, (void)domid;
    machine.claims += pages != 0;
    return pages > MACHINE_FRAMES - machine.next_free ? -ENOMEM : 0;
}

long xen_populate_physmap(struct xen *xen, domid_t domid, unsigned long n, unsigned int order,
                          xen_pfn_t *frames)
{
    unsigned long i;
    int err = tick();

    (void)xen, (void)domid;
    if (err)
        return err;
    assert_true(machine.exists);
    for (i = 0; i < n; i++) {
        if (machine.next_free + (1u << order) > MACHINE_FRAMES || (order && machine.fragmented))
            break;
        assert_int_equal(frames[i] % (1u << order), 0);
        frames[i] = machine.next_free;
        machine.next_free += 1u << order;
    }
    return (long)i;
}

int xen_evtchn_alloc_unbound(struct xen *xen, domid_t domid, domid_t remote)
{
    int err = tick();

    (void)xen, (void)domid, (void)remote;
    return err ? err : (int)++machine.ports;
}

int xen_domain_info(struct xen *xen, domid_t domid, struct xen_domctl_getdomaininfo *info)
{
    (void)xen;
    *info = (struct xen_domctl_getdomaininfo){ .domain = domid,
                                              .shared_info_frame = SHARED_INFO };
    return tick();
}

int xen_map_frames(struct xen *xen, domid_t domid, int prot, const xen_pfn_t *mfns, size_t n,
                   void **addr)
{
    char *window;
    size_t i;
    int err = tick();

    (void)xen, (void)domid;
    if (err)
        return err;
    window = mmap(NULL, n * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(window, MAP_FAILED);
    for (i = 0; i < n; i++) {
        assert_true(mfns[i] < MACHINE_FRAMES);
        assert_true(mfns[i] >= FIRST_FREE || mfns[i] == SHARED_INFO);
        assert_ptr_equal(mmap(window + i * 4096, 4096, prot, MAP_SHARED | MAP_FIXED,
                              machine.memory, (off_t)mfns[i] * 4096), window + i * 4096);
    }
    machine.mapped += (unsigned int)n;
    *addr = window;
    return 0;
}

void xen_unmap_frames(void *addr, size_t n)
{
    munmap(addr, n * 4096);
    machine.mapped -= (unsigned int)n;
}

int xen_clear_frames(struct xen *xen, domid_t domid, const xen_pfn_t *mfns, unsigned long n)
{
    static const char zeroes[4096];
    unsigned long i;

    (void)xen, (void)domid;
    for (i = 0; i < n; i++)
        assert_int_equal(pwrite(machine.memory, zeroes, 4096, (off_t)mfns[i] * 4096), 4096);
    return tick();
}

int xen_hypercall_page_init(struct xen *xen, domid_t domid, xen_pfn_t mfn)
{
    (void)xen, (void)domid;
    machine.hypercall_page = mfn;
    return tick();
}

int xen_pin_l4(struct xen *xen, domid_t domid, xen_pfn_t mfn, bool pin)
{
    (void)xen, (void)domid;
    assert_true(pin);
    /* A table that is mapped writable anywhere cannot be pinned. */
    assert_int_equal(machine.mapped, 0);
    machine.pinned = mfn;
    return tick();
}

int xen_grant_seed(struct xen *xen, domid_t domid, uint32_t ref, domid_t to, xen_pfn_t mfn)
{
    (void)xen, (void)domid, (void)to;
    assert_true(ref <= GNTTAB_RESERVED_XENSTORE);
    machine.seeded[ref] = mfn;
    return tick();
}

int xen_vcpu_set_context(struct xen *xen, domid_t domid, unsigned int vcpu,
                         const struct vcpu_guest_context *context)
{
    (void)xen, (void)domid;
    assert_int_equal(vcpu, 0);
    machine.context = *context;
    machine.started = true;
    return tick();
}

int xen_host_physinfo(struct xen *xen, struct xen_sysctl_physinfo *info)
{
    (void)xen;
    *info = (struct xen_sysctl_physinfo){ .free_pages = MACHINE_FRAMES - machine.next_free };
    return 0;
}

/* ---- files ---- */

static const char ramdisk_text[] = "this is the ramdisk";

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static void use_kernel(void (*make)(struct fake_elf *))
{
    static struct fake_elf elf;

    make(&elf);
    write_file(kernel, elf.bytes, elf.size);
}

static void write_packed(const struct fake_elf *elf)
{
    gzFile f = gzopen(kernel, "w");

    assert_non_null(f);
    assert_int_equal(gzwrite(f, elf->bytes, (unsigned int)elf->size), elf->size);
    assert_int_equal(gzclose(f), Z_OK);
}

static void use_packed_kernel(void (*make)(struct fake_elf *))
{
    static struct fake_elf elf;

    make(&elf);
    write_packed(&elf);
}

/* The module is linked with this program. */
int payload_load(struct build_error *error)
{
    (void)error;
    return 0;
}

static int set_up(void **state)
{
    static const char dirt[4096] = { [0 ... 4095] = 0x5a };
    unsigned int i;

    (void)state;
    strcpy(dir, "/tmp/builder_test.XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(kernel, sizeof(kernel), "%s/kernel", dir);
    snprintf(ramdisk, sizeof(ramdisk), "%s/ramdisk", dir);
    snprintf(cache, sizeof(cache), "%s/cache", dir);
    write_file(ramdisk, ramdisk_text, sizeof(ramdisk_text));
    memset(&machine, 0, sizeof(machine));
    machine.next_free = FIRST_FREE;
    machine.memory = memfd_create("machine", 0);
    /* What the last owner left in memory must not matter; the hypervisor's own page is clean. */
    for (i = 0; i < MACHINE_FRAMES; i++)
        if (i != SHARED_INFO)
            assert_int_equal(pwrite(machine.memory, dirt, 4096, (off_t)i * 4096), 4096);
    assert_int_equal(ftruncate(machine.memory, (off_t)MACHINE_FRAMES * 4096), 0);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    close(machine.memory);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static struct build_request request;
static struct build_result result;

static void ask(uint64_t mib)
{
    request = (struct build_request){
        .kernel = kernel, .memory_kib = mib << 10, .cache_dir = cache, .cmdline = "one two",
    };
}

/* ---- looking at the guest ---- */

static void read_frame(uint64_t mfn, void *page)
{
    assert_int_equal(pread(machine.memory, page, 4096, (off_t)mfn * 4096), 4096);
}

static uint64_t machine_frame(uint64_t va)
{
    uint64_t table[512], mfn = machine.context.ctrlreg[3] >> 12;
    int level;

    for (level = 4; level >= 1; level--) {
        read_frame(mfn, table);
        mfn = table[(va >> (3 + 9 * level)) % 512];
        assert_true(mfn & 1);
        mfn = (mfn & 0x000ffffffffff000ull) >> 12;
    }
    return mfn;
}

static void read_va(uint64_t va, void *data, size_t len)
{
    char page[4096];
    size_t now;

    for (; len; len -= now, va += now, data = (char *)data + now) {
        read_frame(machine_frame(va), page);
        now = 4096 - va % 4096 < len ? 4096 - va % 4096 : len;
        memcpy(data, page + va % 4096, now);
    }
}

static void all_bytes(uint64_t va, size_t len, uint8_t value)
{
    uint8_t *data = malloc(len);
    size_t i;

    assert_non_null(data);
    read_va(va, data, len);
    for (i = 0; i < len; i++)
        assert_int_equal(data[i], value);
    free(data);
}

static void check_start(const struct start_info *info, uint64_t frames)
{
    assert_string_equal(info->magic, "xen-3.0-x86_64");
    assert_int_equal(info->nr_pages, frames);
    assert_int_equal(info->shared_info, SHARED_INFO << 12);
    assert_int_equal(info->store_evtchn, result.store_port);
    assert_int_equal(info->console.domU.evtchn, result.console_port);
    assert_int_not_equal(result.store_port, result.console_port);
    assert_int_equal(info->store_mfn, result.store_mfn);
    assert_int_equal(info->console.domU.mfn, result.console_mfn);
    assert_int_equal(machine_frame(info->pt_base), machine.pinned);
    assert_string_equal((const char *)info->cmd_line, "one two");
    assert_int_equal(machine.seeded[GNTTAB_RESERVED_CONSOLE], result.console_mfn);
    assert_int_equal(machine.seeded[GNTTAB_RESERVED_XENSTORE], result.store_mfn);
}

static void check_registers(void)
{
    const struct cpu_user_regs *regs = &machine.context.user_regs;
    struct shared_info shared;
    int fd = machine.memory;

    assert_int_equal(machine.context.flags, VGCF_in_kernel | VGCF_online);
    assert_int_equal(regs->cs, FLAT_RING3_CS64);
    assert_int_equal(regs->ss, FLAT_RING3_SS64);
    assert_int_equal(regs->rip, result.layout.entry);
    assert_int_equal(regs->rsp % 4096, 0);
    machine_frame(regs->rsp - 8);
    assert_true(regs->rflags & 0x200);
    assert_int_equal(pread(fd, &shared, sizeof(shared), SHARED_INFO * 4096), sizeof(shared));
    assert_int_equal(shared.vcpu_info[0].evtchn_upcall_mask, 1);
    assert_int_equal(shared.vcpu_info[31].evtchn_upcall_mask, 1);
}

/* ---- tests ---- */

static void a_linux_guest_finds_everything(void **state)
{
    struct start_info info;
    char page[4096];
    uint64_t *list = calloc(40 * 256, sizeof(*list)), i;

    (void)state;
    use_kernel(fake_linux);
    ask(40);
    request.ramdisk = ramdisk;
    request.max_memory_kib = 64 << 10;
    request.max_vcpus = 4;
    assert_int_equal(build_domain(NULL, &request, &result), 0);
    assert_int_equal(result.domid, 5);
    assert_true(machine.exists && machine.started);
    assert_int_equal(machine.mapped, 0);
    assert_int_equal(machine.config.max_vcpus, 4);
    assert_int_equal(machine.vcpus, 4);
    assert_int_equal(machine.map_kib, 64 << 10);
    assert_int_equal(machine.max_kib, 65 << 10);
    assert_int_equal(machine.next_free - FIRST_FREE, 40 * 256);
    read_va(machine.context.user_regs.rsi, &info, sizeof(info));
    check_start(&info, 40 * 256);
    check_registers();
    /* Both segments, and the zeroes after each, across the page where data ends. */
    all_bytes(HIGH + 0x1000000, 0x2345, 0xaa);
    all_bytes(HIGH + 0x1002345, 0x3000 - 0x2345, 0);
    all_bytes(HIGH + 0x1200000, 0x1800, 0xbb);
    all_bytes(HIGH + 0x1201800, 0x200000 - 0x1800, 0);
    assert_int_equal(machine.hypercall_page, machine_frame(HIGH + 0x1001000));
    /* The list is at the address the kernel asked for, and true. */
    assert_int_equal(info.mfn_list, 0x8000000000ull);
    read_va(info.mfn_list, list, 40 * 256 * 8);
    assert_int_equal(info.first_p2m_pfn, result.layout.p2m.pfn);
    assert_int_equal(machine_frame(info.mfn_list), list[info.first_p2m_pfn]);
    for (i = 0; i < 40 * 256; i++)
        assert_in_range(list[i], FIRST_FREE, machine.next_free - 1);
    assert_int_equal(info.flags & SIF_MOD_START_PFN, SIF_MOD_START_PFN);
    assert_int_equal(info.mod_len, sizeof(ramdisk_text));
    read_frame(list[info.mod_start], page);
    assert_string_equal(page, ramdisk_text);
    all_bytes(result.layout.store_ring.vaddr, 8192, 0);
    free(list);
}

static void a_tiny_guest_gets_its_ramdisk_mapped(void **state)
{
    char text[sizeof(ramdisk_text)];
    struct start_info info;
    uint64_t list[4];

    (void)state;
    use_kernel(fake_tiny);
    ask(4);
    request.ramdisk = ramdisk;
    assert_int_equal(build_domain(NULL, &request, &result), 0);
    assert_int_equal(machine.vcpus, 1);
    read_va(machine.context.user_regs.rsi, &info, sizeof(info));
    check_start(&info, 1024);
    check_registers();
    assert_int_equal(info.flags & SIF_MOD_START_PFN, 0);
    read_va(info.mod_start, text, sizeof(text));
    assert_string_equal(text, ramdisk_text);
    assert_int_equal(info.first_p2m_pfn, 0);
    read_va(info.mfn_list, list, sizeof(list));
    assert_int_equal(list[3], machine_frame(3 * 4096));
    assert_int_equal(machine.hypercall_page, 0);
}

static void fragmented_memory_is_good_enough(void **state)
{
    (void)state;
    use_kernel(fake_linux);
    ask(40);
    machine.fragmented = true;
    assert_int_equal(build_domain(NULL, &request, &result), 0);
    all_bytes(HIGH + 0x1200000, 0x1800, 0xbb);
}

/* Every call the hypervisor can refuse, refused once: the domain is gone, nothing is mapped. */
static void every_failure_is_undone(void **state)
{
    int step, err;

    (void)state;
    use_kernel(fake_linux);
    ask(40);
    request.ramdisk = ramdisk;
    request.tsc_mode = 2;
    for (step = 1; step < 200; step++) {
        machine.calls = 0;
        machine.fail_at = step;
        machine.error = step & 1 ? -EIO : -ENOMEM;
        err = build_domain(NULL, &request, &result);
        assert_int_equal(machine.mapped, 0);
        if (!err) {
            /* Memory can be had in smaller pieces when large ones are refused. */
            assert_true(machine.exists);
            if (machine.calls < step)
                break;
            xen_domain_destroy(NULL, 5);
            continue;
        }
        assert_int_equal(err, machine.error);
        assert_false(machine.exists);
        assert_true(result.error.cause[0] && result.error.remedy[0]);
    }
    assert_in_range(step, 25, 199);
}

static void too_much_memory_is_refused_before_taking_any(void **state)
{
    (void)state;
    use_kernel(fake_linux);
    ask(4096);
    assert_int_equal(build_domain(NULL, &request, &result), -ENOMEM);
    assert_false(machine.exists);
    assert_int_equal(machine.claims, 1);
    assert_non_null(strstr(result.error.cause, "wants 4096 MiB, the machine has 62 MiB free"));
}

static void bad_requests_are_refused(void **state)
{
    char line[BUILD_MAX_CMDLINE + 2];

    (void)state;
    use_kernel(fake_tiny);
#define REFUSED(field, value, words) do {                                           \
        ask(8);                                                                     \
        request.field = (value);                                                    \
        assert_int_equal(build_domain(NULL, &request, &result), -EINVAL);           \
        assert_non_null(strstr(result.error.cause, words));                         \
        assert_true(result.error.remedy[0] != '\0');                                \
        assert_int_equal(machine.calls, 0);                                         \
    } while (0)
    REFUSED(kernel, NULL, "no kernel");
    REFUSED(memory_kib, 4095, "out of range");
    REFUSED(memory_kib, 1ull << 40, "out of range");
    REFUSED(max_memory_kib, 4096, "maxmem is below");
    REFUSED(max_vcpus, 33, "33 vCPUs");
    REFUSED(ramdisk, dir, "not a file");
    REFUSED(kernel, dir, "not a file");
    REFUSED(kernel, ramdisk, "not a kernel image");
    assert_int_equal(strncmp(result.error.cause, ramdisk, strlen(ramdisk)), 0);
    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    REFUSED(cmdline, line, "1024 bytes");
    line[sizeof(line) - 2] = '\0';
    ask(8);
    request.cmdline = line;
    assert_int_equal(build_domain(NULL, &request, &result), 0);
}

static void missing_files_are_named(void **state)
{
    (void)state;
    ask(8);
    request.kernel = "/nonexistent/vmlinuz";
    assert_int_equal(build_domain(NULL, &request, &result), -ENOENT);
    assert_string_equal(result.error.cause,
                        "kernel /nonexistent/vmlinuz: No such file or directory");
    use_kernel(fake_tiny);
    ask(8);
    request.ramdisk = "/nonexistent/initrd";
    assert_int_equal(build_domain(NULL, &request, &result), -ENOENT);
    assert_non_null(strstr(result.error.cause, "ramdisk /nonexistent/initrd"));
}

static void a_plan_touches_no_hypervisor(void **state)
{
    (void)state;
    use_kernel(fake_linux);
    ask(64);
    assert_int_equal(build_plan(&request, &result), 0);
    assert_int_equal(machine.calls, 0);
    assert_int_equal(result.layout.entry, HIGH + 0x1200010);
    assert_string_equal(result.layout.guest_os, "linux");
    ask(16);
    assert_int_equal(build_plan(&request, &result), -ENOMEM);
    assert_non_null(strstr(result.error.remedy, "memory="));
}

/* ---- the cache ---- */

static unsigned int cache_entries(char *last, size_t room)
{
    struct dirent *entry;
    unsigned int n = 0;
    DIR *list = opendir(cache);

    assert_non_null(list);
    while ((entry = readdir(list)))
        if (strstr(entry->d_name, ".kernel")) {
            n++;
            snprintf(last, room, "%s/%s", cache, entry->d_name);
        }
    closedir(list);
    return n;
}

static void kernels_are_kept_by_content(void **state)
{
    char entry[400];

    (void)state;
    use_packed_kernel(fake_linux);
    ask(64);
    assert_int_equal(build_plan(&request, &result), 0);
    assert_false(result.kernel_from_cache);
    assert_int_equal(build_plan(&request, &result), 0);
    assert_true(result.kernel_from_cache);
    assert_int_equal(result.layout.kernel.frames, 0x400);
    use_packed_kernel(fake_tiny);       /* the same path, another content */
    assert_int_equal(build_plan(&request, &result), 0);
    assert_false(result.kernel_from_cache);
    assert_int_equal(result.layout.virt_base, 0);
    assert_int_equal(cache_entries(entry, sizeof(entry)), 2);
    use_packed_kernel(fake_linux);
    assert_int_equal(build_domain(NULL, &request, &result), -ENOMEM);
    assert_true(result.kernel_from_cache);
    ask(40);
    assert_int_equal(build_domain(NULL, &request, &result), 0);
    all_bytes(HIGH + 0x1000000, 0x2345, 0xaa);
}

/* Whoever writes the kernel's file, when it has been looked up in the cache. */
static void (*intruder)(void (*make)(struct fake_elf *));

int __real_cache_name(const char *in, int fd, char name[CACHE_NAME_BYTES]);
int __wrap_cache_name(const char *in, int fd, char name[CACHE_NAME_BYTES]);

int __wrap_cache_name(const char *in, int fd, char name[CACHE_NAME_BYTES])
{
    int err = __real_cache_name(in, fd, name);

    if (intruder)
        intruder(fake_tiny);
    intruder = NULL;
    return err;
}

static void a_kernel_cannot_take_the_name_of_another(void **state)
{
    (void)state;
    use_packed_kernel(fake_linux);
    ask(40);
    intruder = use_packed_kernel;
    assert_int_equal(build_plan(&request, &result), 0);
    assert_int_equal(result.layout.virt_base, 0);
    use_packed_kernel(fake_linux);
    assert_int_equal(build_plan(&request, &result), 0);
    assert_false(result.kernel_from_cache);
    assert_int_equal(result.layout.virt_base, HIGH);
    use_packed_kernel(fake_tiny);
    assert_int_equal(build_plan(&request, &result), 0);
    assert_true(result.kernel_from_cache);
    assert_int_equal(result.layout.virt_base, 0);
}

static void a_damaged_entry_is_not_believed(void **state)
{
    char entry[400];

    (void)state;
    use_packed_kernel(fake_linux);
    ask(40);
    assert_int_equal(build_plan(&request, &result), 0);
    assert_int_equal(cache_entries(entry, sizeof(entry)), 1);
    assert_int_equal(truncate(entry, 5000), 0);
    assert_int_equal(build_plan(&request, &result), 0);
    assert_false(result.kernel_from_cache);
    assert_int_equal(result.layout.kernel.frames, 0x400);
    assert_int_equal(build_plan(&request, &result), 0);
    assert_true(result.kernel_from_cache);      /* replaced by a good one */
}

static void the_cache_is_bounded(void **state)
{
    static struct fake_elf elf;
    char entry[400];
    int i;

    (void)state;
    ask(40);
    for (i = 0; i < 12; i++) {
        fake_linux(&elf);
        elf.bytes[FAKE_DATA] = (uint8_t)i;
        write_packed(&elf);
        assert_int_equal(build_plan(&request, &result), 0);
        assert_false(result.kernel_from_cache);
    }
    assert_int_equal(cache_entries(entry, sizeof(entry)), 8);
    assert_int_equal(build_plan(&request, &result), 0);
    assert_true(result.kernel_from_cache);      /* the newest stayed */
}

/* A file that is an ELF image is used where it lies, and nothing is written anywhere. */
static void an_elf_image_is_not_copied(void **state)
{
    struct build_error error = { 0 };
    struct loaded_image image;
    struct stat file, used;

    (void)state;
    use_kernel(fake_linux);
    assert_int_equal(image_load(kernel, cache, &image, &error), 0);
    assert_false(image.packed);
    assert_false(image.from_cache);
    assert_int_equal(stat(kernel, &file), 0);
    assert_int_equal(fstat(image.fd, &used), 0);
    assert_int_equal(used.st_ino, file.st_ino);
    assert_int_equal(image.image.segments[0].file_offset, FAKE_DATA);
    image_close(&image);
    assert_int_equal(access(cache, F_OK), -1);
}

/* Cut after it was described, while it is copied into the guest: an error, and no domain. */
static void an_elf_image_may_change_meanwhile(void **state)
{
    (void)state;
    use_kernel(fake_linux);
    ask(40);
    machine.cut_kernel = true;
    assert_int_equal(build_domain(NULL, &request, &result), -EIO);
    assert_false(machine.exists);
}

static void it_works_without_a_cache(void **state)
{
    (void)state;
    use_packed_kernel(fake_linux);
    ask(40);
    request.cache_dir = "";
    assert_int_equal(build_plan(&request, &result), 0);
    request.cache_dir = "/proc/no/such/place";
    assert_int_equal(build_domain(NULL, &request, &result), 0);
    assert_false(result.kernel_from_cache);
    all_bytes(HIGH + 0x1200000, 0x1800, 0xbb);
}

#define BUILD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILD_TEST(a_linux_guest_finds_everything),
        BUILD_TEST(a_tiny_guest_gets_its_ramdisk_mapped),
        BUILD_TEST(fragmented_memory_is_good_enough),
        BUILD_TEST(every_failure_is_undone),
        BUILD_TEST(too_much_memory_is_refused_before_taking_any),
        BUILD_TEST(bad_requests_are_refused),
        BUILD_TEST(missing_files_are_named),
        BUILD_TEST(a_plan_touches_no_hypervisor),
        BUILD_TEST(kernels_are_kept_by_content),
        BUILD_TEST(a_kernel_cannot_take_the_name_of_another),
        BUILD_TEST(a_damaged_entry_is_not_believed),
        BUILD_TEST(the_cache_is_bounded),
        BUILD_TEST(an_elf_image_is_not_copied),
        BUILD_TEST(an_elf_image_may_change_meanwhile),
        BUILD_TEST(it_works_without_a_cache),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
