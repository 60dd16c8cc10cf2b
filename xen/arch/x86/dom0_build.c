/* SPDX-License-Identifier: MIT */
/*
 * Domain0 from the boot modules: memory, image, first page tables, start info.
 *
 * Virtual layout, from the kernel's virt_base on (pfn 0), as the ABI describes (public/xen.h,
 * "initial memory layout"):
 *
 *   kernel image | initrd * | p2m table * | start info | page tables | stack | up to 4 MiB
 *
 * (*) Kernels that say so in their notes get the initrd unmapped, named by pfn, and the p2m table
 * at an address of its own; both then lie behind the mapped part, the latter followed by the
 * page tables that map it.
 */
#include <asm/boot_info.h>
#include <asm/console.h>
#include <asm/frame.h>
#include <asm/irq.h>
#include <asm/xen_paging.h>
#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/domain_memory.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/kernel_image.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/string.h>

struct domain *dom0;

/* ---- options ---- */

static u64 opt_mem, opt_mem_max; /* bytes; 0 = not given */
static unsigned int opt_max_vcpus;

/* dom0_mem=SIZE[,max:SIZE][,min:SIZE]; "min" bounds a size that is relative, which ours is not. */
static int parse_dom0_mem(const char *s)
{
    while (*s) {
        const char *end;

        if (!strncmp(s, "max:", 4))
            opt_mem_max = parse_size(s + 4, &end);
        else if (!strncmp(s, "min:", 4))
            parse_size(s + 4, &end);
        else
            opt_mem = parse_size(s, &end);
        if (*end == ',')
            end++;
        else if (*end)
            return -EINVAL;
        s = end;
    }
    return 0;
}
BOOT_OPTION("dom0_mem", parse_dom0_mem);

static int parse_dom0_max_vcpus(const char *s)
{
    return parse_uint(s, &opt_max_vcpus);
}
BOOT_OPTION("dom0_max_vcpus", parse_dom0_max_vcpus);

/* ---- the kernel image ---- */

struct image {
    const u8 *elf;
    size_t size;
    void *unpacked; /* to be freed; NULL when the module is ELF itself */
};

static void image_unpack(struct image *im, const u8 *payload, size_t n, size_t unpacked)
{
    int rc;

    printk("Unpacking Domain0's kernel (%lu KiB to %lu KiB)\n", n >> 10, unpacked >> 10);
    im->unpacked = heap_alloc(unpacked);
    rc = im->unpacked ? decompress(payload, n, im->unpacked, unpacked, &im->size) : -ENOMEM;
    if (rc)
        boot_error("Domain0's kernel cannot be unpacked (error %d): %s.", rc,
                   rc == -EOPNOTSUPP ? "its packing is none of gzip, xz, zstd" :
                   rc == -ENOMEM ? "there is not enough memory" : "the file is damaged");
    im->elf = im->unpacked;
}

static void image_open(struct image *im, const struct boot_module *m)
{
    const u8 *file = maddr_to_virt(m->start), *payload;
    size_t n, unpacked;
    int rc = bzimage_payload(file, m->size, &payload, &n, &unpacked);

    *im = (struct image){.elf = file, .size = m->size};
    if (rc == -ENOEXEC)
        boot_error("Domain0's kernel is a bzImage that is cut short or too old.");
    if (rc == 0)
        image_unpack(im, payload, n, unpacked);
}

/* ---- layout ---- */

struct build {
    struct domain *d;
    struct elf_kernel kernel;
    const struct boot_module *initrd; /* NULL = none */

    unsigned long nr_pages;
    unsigned long *p2m;     /* pfn to mfn, ours; copied to the guest at the end */

    u64 base;               /* virtual address of pfn 0 */
    u64 start_info, page_tables, stack, end; /* virtual */
    u64 p2m_virt;
    unsigned long initrd_pfn, p2m_pfn, p2m_frames; /* frames: with the tables that map them */
    unsigned long nr_tables;

    unsigned long next_table_pfn; /* bump allocators of page-table pages */
    pte_t *l4;
};

/* How many tables of levels 1 to 3 it takes to map [start, end). */
static unsigned long tables_for(u64 start, u64 end)
{
    unsigned long n = 0;

    for (unsigned int level = 1; level <= 3; level++) {
        unsigned int shift = PAGE_SHIFT + 9 * level;

        n += ((end - 1) >> shift) - (start >> shift) + 1;
    }
    return n;
}

static unsigned long pages(u64 bytes)
{
    return DIV_UP(bytes, PAGE_SIZE);
}

static void layout(struct build *b)
{
    u64 v = ROUND_UP(b->kernel.virt_end, PAGE_SIZE);
    u64 p2m_bytes = b->nr_pages * sizeof(u64);
    unsigned long pfn;

    b->base = b->kernel.virt_base;
    if (b->initrd && !b->kernel.mod_start_pfn) {
        b->initrd_pfn = (v - b->base) >> PAGE_SHIFT;
        v += pages(b->initrd->size) * PAGE_SIZE;
    }
    if (!b->kernel.init_p2m) {
        b->p2m_virt = v;
        b->p2m_pfn = (v - b->base) >> PAGE_SHIFT;
        b->p2m_frames = pages(p2m_bytes);
        v += b->p2m_frames * PAGE_SIZE;
    }
    b->start_info = v;
    b->page_tables = v + PAGE_SIZE;
    do { /* the tables map themselves too */
        b->nr_tables++;
        b->stack = b->page_tables + b->nr_tables * PAGE_SIZE;
        b->end = ROUND_UP(b->stack + PAGE_SIZE + (512 << 10), 4UL << 20);
    } while (b->nr_tables < 1 + tables_for(b->base, b->end));

    pfn = (b->end - b->base) >> PAGE_SHIFT;
    if (b->initrd && b->kernel.mod_start_pfn) {
        b->initrd_pfn = pfn;
        pfn += pages(b->initrd->size);
    }
    if (b->kernel.init_p2m) {
        b->p2m_virt = b->kernel.init_p2m;
        b->p2m_pfn = pfn;
        b->p2m_frames = pages(p2m_bytes) + tables_for(b->p2m_virt, b->p2m_virt + p2m_bytes);
        pfn += b->p2m_frames;
    }
    if (pfn > b->nr_pages)
        boot_error("Domain0 has %lu MiB and its kernel and initrd alone need %lu MiB: "
                   "give more with dom0_mem=.", b->nr_pages >> 8, (pfn >> 8) + 1);
}

/* ---- memory ---- */

static unsigned long default_pages(void)
{
    unsigned long free = page_alloc_free_count();
    unsigned long gib = 1UL << (30 - PAGE_SHIFT);

    /* Enough for a Debian system and its backends; the rest is for guests. */
    return free < 2 * gib ? free - free / 4 : gib + (free - gib) / 8;
}

static void allocate_memory(struct build *b)
{
    unsigned long pfn = 0;
    unsigned int order = 9;
    mfn_t m;

    b->p2m = heap_new_array(unsigned long, b->nr_pages);
    if (!b->p2m)
        boot_error("No memory for Domain0's frame list: give less with dom0_mem=.");
    while (pfn < b->nr_pages) {
        while (order && pfn + (1UL << order) > b->nr_pages)
            order--;
        if (domain_alloc_frames(b->d, order, 0, &pfn, &m)) {
            if (order == 0)
                boot_error("Only %lu of Domain0's %lu MiB can be had: give less with dom0_mem=.",
                           pfn >> 8, b->nr_pages >> 8);
            order--;
            continue;
        }
        for (unsigned long i = 0; i < 1UL << order; i++)
            b->p2m[pfn++] = m.n + i;
    }
}

static void *pfn_virt(struct build *b, unsigned long pfn)
{
    return mfn_to_virt(MFN(b->p2m[pfn]));
}

static unsigned long virt_pfn(struct build *b, u64 virt)
{
    return (virt - b->base) >> PAGE_SHIFT;
}

/* Copy @n bytes (zeros when @from is NULL) to byte @offset of the domain's memory. */
static void put_bytes(void *ctx, u64 offset, const void *from, size_t n)
{
    struct build *b = ctx;

    while (n) {
        size_t in_page = offset & (PAGE_SIZE - 1), chunk = MIN(PAGE_SIZE - in_page, n);
        char *to = (char *)pfn_virt(b, offset >> PAGE_SHIFT) + in_page;

        if (from) {
            memcpy(to, from, chunk);
            from = (const char *)from + chunk;
        } else {
            memset(to, 0, chunk);
        }
        offset += chunk;
        n -= chunk;
    }
}

/* ---- page tables ---- */

#define TABLE_FLAGS (PTE_PRESENT | PTE_RW | PTE_USER | PTE_ACCESSED)
#define PAGE_FLAGS  (PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

static void map_page(struct build *b, u64 virt, unsigned long pfn, bool writable)
{
    pte_t *table = b->l4;

    for (unsigned int level = 4; level > 1; level--) {
        pte_t *e = &table[pt_index(virt, level)];

        if (!*e)
            *e = pte_make(MFN(b->p2m[b->next_table_pfn++]), TABLE_FLAGS);
        table = mfn_to_virt(pte_mfn(*e));
    }
    table[pt_index(virt, 1)] = pte_make(MFN(b->p2m[pfn]), PAGE_FLAGS | (writable ? PTE_RW : 0));
}

static void build_page_tables(struct build *b)
{
    unsigned long tables = virt_pfn(b, b->page_tables);

    put_bytes(b, tables * PAGE_SIZE, NULL, b->nr_tables * PAGE_SIZE);
    b->l4 = pfn_virt(b, tables);
    b->next_table_pfn = tables + 1;
    for (u64 v = b->base; v < b->end; v += PAGE_SIZE)
        map_page(b, v, virt_pfn(b, v), v < b->page_tables || v >= b->stack);
    ASSERT(b->next_table_pfn == tables + b->nr_tables);

    if (b->kernel.init_p2m) {
        unsigned long n = pages(b->nr_pages * sizeof(u64));

        b->next_table_pfn = b->p2m_pfn + n;
        put_bytes(b, b->next_table_pfn * PAGE_SIZE, NULL, (b->p2m_frames - n) * PAGE_SIZE);
        for (unsigned long i = 0; i < n; i++)
            map_page(b, b->p2m_virt + i * PAGE_SIZE, b->p2m_pfn + i, true);
        ASSERT(b->next_table_pfn <= b->p2m_pfn + b->p2m_frames);
    }
}

/* ---- start info ---- */

/* Linux searches low memory for ACPI's root pointer, where UEFI does not put it. */
static void fill_cmdline(char *line, size_t size)
{
    size_t n = strlcpy(line, boot_info.modules[0].cmdline, size);

    if (boot_info.efi_system_table && boot_info.rsdp && n + 32 < size)
        snprintf(line + n, size - n, " acpi_rsdp=%#lx", (unsigned long)boot_info.rsdp);
}

static void fill_vga(struct dom0_vga_console_info *v)
{
    if (boot_info.video.text || !boot_info.video.bpp) {
        v->video_type = XEN_VGATYPE_TEXT_MODE_3;
        v->u.text_mode_3.rows = 25;
        v->u.text_mode_3.columns = 80;
        v->u.text_mode_3.font_height = 16;
        return;
    }
    v->video_type = boot_info.efi_system_table ? XEN_VGATYPE_EFI_LFB : XEN_VGATYPE_VESA_LFB;
    v->u.vesa_lfb.width = boot_info.video.width;
    v->u.vesa_lfb.height = boot_info.video.height;
    v->u.vesa_lfb.bytes_per_line = boot_info.video.pitch;
    v->u.vesa_lfb.bits_per_pixel = boot_info.video.bpp;
    v->u.vesa_lfb.lfb_base = boot_info.video.base;
    v->u.vesa_lfb.ext_lfb_base = boot_info.video.base >> 32;
    v->u.vesa_lfb.lfb_size = DIV_UP(boot_info.video.pitch * boot_info.video.height, 65536);
    memcpy(&v->u.vesa_lfb.red_pos, &boot_info.video.pixel, sizeof(boot_info.video.pixel));
}

static void fill_start_info(struct build *b)
{
    struct start_info *si = pfn_virt(b, virt_pfn(b, b->start_info));
    struct dom0_vga_console_info *vga = (void *)(si + 1);

    memset(si, 0, PAGE_SIZE);
    strlcpy(si->magic, "xen-3.0-x86_64", sizeof(si->magic));
    si->nr_pages = b->nr_pages;
    si->shared_info = virt_to_maddr(b->d->shared_info).a;
    si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    si->pt_base = b->page_tables;
    si->nr_pt_frames = b->nr_tables;
    si->mfn_list = b->p2m_virt;
    if (b->kernel.init_p2m) {
        si->first_p2m_pfn = b->p2m_pfn;
        si->nr_p2m_frames = b->p2m_frames;
    }
    if (b->initrd) {
        si->mod_len = b->initrd->size;
        si->mod_start = b->kernel.mod_start_pfn ? b->initrd_pfn
                                                : b->base + b->initrd_pfn * PAGE_SIZE;
        si->flags |= b->kernel.mod_start_pfn ? SIF_MOD_START_PFN : 0;
    }
    fill_cmdline((char *)si->cmd_line, sizeof(si->cmd_line));
    fill_vga(vga);
    si->console.dom0.info_off = (char *)vga - (char *)si;
    si->console.dom0.info_size = sizeof(*vga);
}

/* ---- rights ---- */

static void deny_ports(struct domain *d, unsigned int first, unsigned int last)
{
    for (unsigned int p = first; p <= last; p++)
        clear_bit(p, d->arch.io_ports);
}

/* Domain0 drives the hardware, except what Xen itself drives. */
static void give_ports(struct domain *d)
{
    memset(d->arch.io_ports, 0xff, 65536 / 8);
    deny_ports(d, 0x20, 0x21); /* interrupt controllers */
    deny_ports(d, 0xa0, 0xa1);
    deny_ports(d, 0x40, 0x43); /* interval timer */
    for (unsigned int p = 0; p < 65536; p++)
        if (serial_owns_port(p))
            deny_ports(d, p, p);
}

/* ---- the steps ---- */

static void create(struct build *b)
{
    struct domain_config cfg = {
        .max_vcpus = opt_max_vcpus ? MIN(opt_max_vcpus, 32u)
                                   : (unsigned int)count_bits(cpu_online_map),
        .max_grant_frames = 64,
        .max_maptrack_frames = 1024,
        .max_evtchn_port = 4095,
    };
    int rc = domain_create(0, &cfg, true, &b->d);

    for (unsigned int i = 0; !rc && i < cfg.max_vcpus; i++)
        rc = vcpu_create(b->d, i);
    if (rc)
        boot_error("Domain0 cannot be created (error %d): not enough memory.", rc);
    b->nr_pages = opt_mem ? opt_mem >> PAGE_SHIFT : default_pages();
    b->d->max_pages = MAX(opt_mem_max >> PAGE_SHIFT, b->nr_pages);
    give_ports(b->d);
    dom0 = b->d;
}

static void start_vcpu(struct build *b)
{
    struct vcpu_guest_context *c = heap_new(struct vcpu_guest_context);
    mfn_t l4 = MFN(b->p2m[virt_pfn(b, b->page_tables)]);
    int rc;

    if (!c)
        panic("No memory for Domain0's first context.");
    c->flags = VGCF_in_kernel;
    c->user_regs.rip = b->kernel.entry;
    c->user_regs.rsp = b->stack + PAGE_SIZE;
    c->user_regs.rsi = b->start_info;
    c->user_regs.cs = GUEST_CS64;
    c->user_regs.ss = c->user_regs.ds = c->user_regs.es = GUEST_DS;
    c->user_regs.rflags = FLAG_IF;
    c->kernel_ss = GUEST_DS;
    c->kernel_sp = b->stack + PAGE_SIZE;
    c->ctrlreg[3] = mfn_to_maddr(l4).a;
    rc = arch_set_context(b->d->vcpu[0], c);
    if (!rc)
        rc = frame_pin(l4, b->d, FT_L4);
    if (rc)
        panic("Domain0's first page tables are refused (error %d).", rc);
    heap_free(c);
    b->d->vcpu[0]->info->evtchn_upcall_mask = 1;
    __atomic_fetch_and(&b->d->vcpu[0]->pause_flags, ~VPF_DOWN, __ATOMIC_SEQ_CST);
}

void dom0_build(void)
{
    static struct build b;
    const char *why;
    struct image im;

    if (boot_info.modules[0].size == 0) /* that there is one was checked early */
        boot_error("Domain0's kernel module is empty.");
    image_open(&im, &boot_info.modules[0]);
    why = elf_parse(im.elf, im.size, &b.kernel);
    if (why)
        boot_error("Domain0's kernel cannot be used: %s.", why);
    if (!b.kernel.supports_dom0)
        boot_error("Domain0's kernel cannot be used: it says it does not support Domain0.");
    if (boot_info.nr_modules > 1 && boot_info.modules[1].size)
        b.initrd = &boot_info.modules[1];

    create(&b);
    layout(&b);
    printk("Domain0: %s, %lu MiB, %u vcpus; kernel %016lx-%016lx, entry %016lx\n",
           b.kernel.guest_os[0] ? b.kernel.guest_os : "?", b.nr_pages >> 8, b.d->max_vcpus,
           b.kernel.virt_start, b.kernel.virt_end, b.kernel.entry);
    allocate_memory(&b);
    elf_load(&b.kernel, put_bytes, &b);
    if (b.initrd)
        put_bytes(&b, b.initrd_pfn * PAGE_SIZE, maddr_to_virt(b.initrd->start), b.initrd->size);
    if (b.kernel.hypercall_page)
        hypercall_page_fill(pfn_virt(&b, virt_pfn(&b, b.kernel.hypercall_page)));
    build_page_tables(&b);
    fill_start_info(&b);
    put_bytes(&b, b.p2m_pfn * PAGE_SIZE, b.p2m, b.nr_pages * sizeof(u64));
    start_vcpu(&b);

    heap_free(im.unpacked);
    heap_free(b.p2m);
}
