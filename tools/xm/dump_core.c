/* SPDX-License-Identifier: MIT */
/* xm dump-core: a guest's memory and registers as an ELF file, for crash(8) and gdb. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/elfnote.h>

#include "libxen/foreign_map.h"
#include "libxen/host.h"
#include "xm/guest_p2m.h"
#include "xm/xm.h"

/*
 * Layout of the file: header, section headers, then in this order the contents of
 *   .shstrtab       names
 *   .note.Xen       what this is
 *   .xen_prstatus   a struct vcpu_guest_context for each vCPU
 *   .xen_p2m        { pfn, mfn } for each page below
 *   .xen_pages      the pages, page aligned
 * Source of fact: docs/misc/dump-core-format.txt in Debian's xen-doc.
 */
#define CORE_MAGIC_PV 0xf00febedu
#define BATCH         256u

enum { SECTION_NONE, SECTION_NAMES, SECTION_NOTE, SECTION_VCPUS, SECTION_P2M, SECTION_PAGES,
       SECTION_COUNT };

static const char names[] = "\0.shstrtab\0.note.Xen\0.xen_prstatus\0.xen_p2m\0.xen_pages";
static const uint32_t name_at[SECTION_COUNT] = { 0, 1, 11, 21, 35, 44 };

struct core_note {
    uint32_t name_size, size, type;
    char name[4];
};

struct core_notes {
    struct core_note none;
    struct core_note header_note;
    struct {
        uint64_t magic, vcpus, pages, page_size;
    } header;
    struct core_note version_note;
    struct {
        uint64_t major, minor;
        char extra[16], compiler[64], compiled_by[16], compile_domain[32], compile_date[32];
        char caps[1024], changeset[64];
        uint64_t virt_start, page_size;
    } version;
    struct core_note format_note;
    uint64_t format;
};

struct p2m_entry {
    uint64_t pfn, mfn;
};

struct dump {
    struct xm *xm;
    const struct xen_domctl_getdomaininfo *info;
    FILE *to;
    struct p2m_entry *pages;
    uint64_t page_count;
    struct vcpu_guest_context *vcpus;
    unsigned int vcpu_count;
};

/* ---- what goes in ---- */

static void collect_pages(struct dump *dump, const xen_pfn_t *frames, unsigned long count)
{
    for (unsigned long pfn = 0; pfn < count; pfn++)
        if (frames[pfn] != INVALID_PFN)
            dump->pages[dump->page_count++] = (struct p2m_entry){ pfn, frames[pfn] };
}

static int collect(struct dump *dump)
{
    xen_pfn_t *frames;
    long count = guest_p2m_read(dump->xm->xen, dump->info, &frames);

    if (count < 0)
        return (int)count;
    dump->pages = calloc((size_t)count, sizeof(*dump->pages));
    dump->vcpus = calloc(dump->info->max_vcpu_id + 1, sizeof(*dump->vcpus));
    if (!dump->pages || !dump->vcpus) {
        free(frames);
        return -ENOMEM;
    }
    collect_pages(dump, frames, (unsigned long)count);
    free(frames);
    for (unsigned int v = 0; v <= dump->info->max_vcpu_id; v++)
        if (!xen_vcpu_get_context(dump->xm->xen, dump->info->domain, v,
                                  &dump->vcpus[dump->vcpu_count]))
            dump->vcpu_count++;
    return 0;
}

static struct core_note note(uint32_t type, uint32_t size)
{
    return (struct core_note){ sizeof("Xen"), size, type, "Xen" };
}

static int fill_notes(const struct dump *dump, struct core_notes *n)
{
    struct xen_version v;
    int err = xen_host_version(dump->xm->xen, &v);

    if (err)
        return err;
    memset(n, 0, sizeof(*n));
    n->none = note(XEN_ELFNOTE_DUMPCORE_NONE, 0);
    n->header_note = note(XEN_ELFNOTE_DUMPCORE_HEADER, sizeof(n->header));
    n->header.magic = CORE_MAGIC_PV;
    n->header.vcpus = dump->vcpu_count;
    n->header.pages = dump->page_count;
    n->header.page_size = XEN_PAGE_SIZE;
    n->version_note = note(XEN_ELFNOTE_DUMPCORE_XEN_VERSION, sizeof(n->version));
    n->version.major = v.major;
    n->version.minor = v.minor;
    memcpy(n->version.extra, v.extra, sizeof(n->version.extra));
    memcpy(n->version.compiler, v.compiler, sizeof(n->version.compiler));
    memcpy(n->version.compiled_by, v.compiled_by, sizeof(n->version.compiled_by));
    memcpy(n->version.compile_domain, v.compile_domain, sizeof(n->version.compile_domain));
    memcpy(n->version.compile_date, v.compile_date, sizeof(n->version.compile_date));
    memcpy(n->version.caps, v.caps, sizeof(n->version.caps));
    memcpy(n->version.changeset, v.changeset, sizeof(n->version.changeset));
    n->version.virt_start = v.virt_start;
    n->version.page_size = v.page_size;
    n->format_note = note(XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION, sizeof(n->format));
    n->format = 1;
    return 0;
}

/* ---- the file ---- */

static void fill_sections(const struct dump *dump, Elf64_Shdr sections[SECTION_COUNT])
{
    const uint64_t sizes[SECTION_COUNT] = {
        0, sizeof(names), sizeof(struct core_notes), dump->vcpu_count * sizeof(*dump->vcpus),
        dump->page_count * sizeof(*dump->pages), dump->page_count * XEN_PAGE_SIZE,
    };
    const uint64_t entries[SECTION_COUNT] = { 0, 0, 0, sizeof(*dump->vcpus), sizeof(*dump->pages),
                                              XEN_PAGE_SIZE };
    uint64_t at = sizeof(Elf64_Ehdr) + SECTION_COUNT * sizeof(Elf64_Shdr);

    memset(sections, 0, SECTION_COUNT * sizeof(*sections));
    for (int i = SECTION_NAMES; i < SECTION_COUNT; i++) {
        uint64_t align = i == SECTION_PAGES ? XEN_PAGE_SIZE : 8;

        at = (at + align - 1) & ~(align - 1);
        sections[i] = (Elf64_Shdr){
            .sh_name = name_at[i],
            .sh_type = i == SECTION_NAMES ? SHT_STRTAB : i == SECTION_NOTE ? SHT_NOTE
                                                                          : SHT_PROGBITS,
            .sh_offset = at,
            .sh_size = sizes[i],
            .sh_addralign = align,
            .sh_entsize = entries[i],
        };
        at += sizes[i];
    }
}

static int write_at(FILE *to, uint64_t at, const void *data, size_t size)
{
    if (fseeko(to, (off_t)at, SEEK_SET) || (size && fwrite(data, size, 1, to) != 1))
        return -errno;
    return 0;
}

static int write_headers(const struct dump *dump, const Elf64_Shdr sections[SECTION_COUNT])
{
    Elf64_Ehdr header = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT,
                     ELFOSABI_SYSV },
        .e_type = ET_CORE,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_shoff = sizeof(header),
        .e_ehsize = sizeof(header),
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = SECTION_COUNT,
        .e_shstrndx = SECTION_NAMES,
    };
    struct core_notes notes;
    int err = fill_notes(dump, &notes);

    if (!err)
        err = write_at(dump->to, 0, &header, sizeof(header));
    if (!err)
        err = write_at(dump->to, sizeof(header), sections, SECTION_COUNT * sizeof(*sections));
    if (!err)
        err = write_at(dump->to, sections[SECTION_NAMES].sh_offset, names, sizeof(names));
    if (!err)
        err = write_at(dump->to, sections[SECTION_NOTE].sh_offset, &notes, sizeof(notes));
    if (!err)
        err = write_at(dump->to, sections[SECTION_VCPUS].sh_offset, dump->vcpus,
                       sections[SECTION_VCPUS].sh_size);
    if (!err)
        err = write_at(dump->to, sections[SECTION_P2M].sh_offset, dump->pages,
                       sections[SECTION_P2M].sh_size);
    return err;
}

/* A page that cannot be mapped is left as a hole: it reads as zeroes. */
static int write_batch(const struct dump *dump, uint64_t first, unsigned int n, uint64_t offset)
{
    xen_pfn_t mfns[BATCH];
    int errs[BATCH], err;
    char *pages;

    for (unsigned int i = 0; i < n; i++)
        mfns[i] = dump->pages[first + i].mfn;
    err = xen_map_frames_some(dump->xm->xen, dump->info->domain, PROT_READ, mfns, n, errs,
                              (void **)&pages);
    if (err)
        return err;
    for (unsigned int i = 0; !err && i < n; i++)
        if (!errs[i])
            err = write_at(dump->to, offset + (first + i) * XEN_PAGE_SIZE,
                           pages + i * XEN_PAGE_SIZE, XEN_PAGE_SIZE);
    xen_unmap_frames(pages, n);
    return err;
}

static int write_pages(const struct dump *dump, uint64_t offset)
{
    int err = 0;

    for (uint64_t first = 0; !err && first < dump->page_count; first += BATCH) {
        uint64_t left = dump->page_count - first;

        err = write_batch(dump, first, left < BATCH ? (unsigned int)left : BATCH, offset);
    }
    if (!err && (fflush(dump->to) ||
                 ftruncate(fileno(dump->to),
                           (off_t)(offset + dump->page_count * XEN_PAGE_SIZE))))
        err = -errno;
    return err;
}

static int write_core(struct dump *dump)
{
    Elf64_Shdr sections[SECTION_COUNT];
    int err = collect(dump);

    if (!err) {
        fill_sections(dump, sections);
        err = write_headers(dump, sections);
    }
    if (!err)
        err = write_pages(dump, sections[SECTION_PAGES].sh_offset);
    free(dump->pages);
    free(dump->vcpus);
    return err;
}

/* ---- the command ---- */

static int dump_to(struct xm *xm, const struct xen_domctl_getdomaininfo *info, const char *path)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600), err;
    struct dump dump = { .xm = xm, .info = info };
    bool made = fd >= 0;

    if (!made && errno == EEXIST)
        fd = open(path, O_TRUNC | O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return xm_error(xm, NULL, "%s: %m", path);
    dump.to = fdopen(fd, "w");
    err = write_core(&dump);
    if (fclose(dump.to) && !err)
        err = -errno;
    if (!err)
        return XM_OK;
    if (made)
        unlink(path);           /* what was there before may be a device, or a link */
    if (err == -ENODATA)
        return xm_error(xm, "it stopped too early, or is no PV Linux",
                        "domain %u has not said where its list of frames is", info->domain);
    return xm_error(xm, NULL, "domain %u cannot be dumped: %s", info->domain, strerror(-err));
}

int cmd_dump_core(struct xm *xm, int argc, char **argv)
{
    static const struct option long_options[] = { { "live", no_argument, NULL, 'L' },
                                                  { "crash", no_argument, NULL, 'C' }, { 0 } };
    struct xen_domctl_getdomaininfo info;
    bool live = false, crash = false, pause;
    char path[128];
    int opt, status;

    while ((opt = getopt_long(argc, argv, "LC", long_options, NULL)) >= 0) {
        if (opt == '?')
            return xm_bad_option(xm);
        live |= opt == 'L';
        crash |= opt == 'C';
    }
    status = xm_expect_args(xm, argc, 1, 2);
    if (!status)
        status = xm_domain_info(xm, argv[optind], &info);
    if (status)
        return status;
    if (!info.domain)
        return xm_error(xm, NULL, "Domain0 cannot be dumped: it would have to be stopped");
    snprintf(path, sizeof(path), "%.100s.core", argv[optind]);
    pause = !live && !(info.flags & (XEN_DOMINF_paused | XEN_DOMINF_shutdown));
    if (pause)
        xen_domain_pause(xm->xen, info.domain);
    status = dump_to(xm, &info, optind + 1 < argc ? argv[optind + 1] : path);
    if (crash && !status)
        xen_domain_shutdown(xm->xen, info.domain, 3);
    if (pause)
        xen_domain_unpause(xm->xen, info.domain);
    return status;
}
