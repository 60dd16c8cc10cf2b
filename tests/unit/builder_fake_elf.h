/* SPDX-License-Identifier: MIT */
/* Small ELF kernels made to order, for the tests of the builder. */
#ifndef BUILDER_FAKE_ELF_H
#define BUILDER_FAKE_ELF_H

#include <elf.h>
#include <stdint.h>
#include <string.h>
#include <xen/elfnote.h>

/*
 * Layout of the file: ELF header, program headers, notes from 0x400, section headers from 0x800,
 * segments' bytes from 0x1000 on. `size` is how much of it is used.
 */
struct fake_elf {
    uint8_t bytes[64 << 10];
    size_t size;
    size_t notes_end;
};

#define FAKE_NOTES    0x400
#define FAKE_SECTIONS 0x800
#define FAKE_DATA     0x1000

static inline Elf64_Ehdr *fake_head(struct fake_elf *e)
{
    return (Elf64_Ehdr *)e->bytes;
}

static inline Elf64_Phdr *fake_phdr(struct fake_elf *e, unsigned int i)
{
    return (Elf64_Phdr *)(e->bytes + sizeof(Elf64_Ehdr)) + i;
}

static inline void fake_start(struct fake_elf *e, uint64_t entry)
{
    Elf64_Ehdr *h = fake_head(e);

    memset(e, 0, sizeof(*e));
    memcpy(h->e_ident, ELFMAG, SELFMAG);
    h->e_ident[EI_CLASS] = ELFCLASS64;
    h->e_ident[EI_DATA] = ELFDATA2LSB;
    h->e_ident[EI_VERSION] = EV_CURRENT;
    h->e_type = ET_EXEC;
    h->e_machine = EM_X86_64;
    h->e_version = EV_CURRENT;
    h->e_entry = entry;
    h->e_phoff = sizeof(*h);
    h->e_ehsize = sizeof(*h);
    h->e_phentsize = sizeof(Elf64_Phdr);
    h->e_shentsize = sizeof(Elf64_Shdr);
    e->size = FAKE_DATA;
    e->notes_end = FAKE_NOTES;
}

/* A load segment whose file bytes follow the last one's, filled with `fill`. */
static inline void fake_segment(struct fake_elf *e, uint64_t vaddr, uint64_t paddr,
                                uint64_t file_bytes, uint64_t memory_bytes, uint8_t fill)
{
    Elf64_Phdr *ph = fake_phdr(e, fake_head(e)->e_phnum++);

    ph->p_type = PT_LOAD;
    ph->p_flags = PF_R | PF_W | PF_X;
    ph->p_offset = e->size;
    ph->p_vaddr = vaddr;
    ph->p_paddr = paddr;
    ph->p_filesz = file_bytes;
    ph->p_memsz = memory_bytes;
    memset(e->bytes + e->size, fill, file_bytes);
    e->size += file_bytes;
}

/* One Xen note; call fake_notes_done() after the last. */
static inline void fake_note(struct fake_elf *e, uint32_t type, const void *desc, uint32_t len)
{
    Elf64_Nhdr note = { .n_namesz = 4, .n_descsz = len, .n_type = type };

    memcpy(e->bytes + e->notes_end, &note, sizeof(note));
    memcpy(e->bytes + e->notes_end + sizeof(note), "Xen", 4);
    memcpy(e->bytes + e->notes_end + sizeof(note) + 4, desc, len);
    e->notes_end += sizeof(note) + 4 + ((len + 3) & ~3u);
}

static inline void fake_note_number(struct fake_elf *e, uint32_t type, uint64_t number)
{
    fake_note(e, type, &number, sizeof(number));
}

static inline void fake_note_text(struct fake_elf *e, uint32_t type, const char *text)
{
    fake_note(e, type, text, (uint32_t)strlen(text) + 1);
}

static inline void fake_notes_done(struct fake_elf *e)
{
    Elf64_Phdr *ph = fake_phdr(e, fake_head(e)->e_phnum++);

    ph->p_type = PT_NOTE;
    ph->p_offset = FAKE_NOTES;
    ph->p_filesz = e->notes_end - FAKE_NOTES;
}

/* Sections: none, `name` with len bytes of data (placed where notes go), and the names. */
static inline void fake_section(struct fake_elf *e, const char *name, uint32_t type,
                                const void *data, uint64_t len)
{
    Elf64_Shdr *sh = (Elf64_Shdr *)(e->bytes + FAKE_SECTIONS);
    char *names = (char *)e->bytes + FAKE_SECTIONS + 3 * sizeof(*sh);

    if (data)
        memcpy(e->bytes + FAKE_NOTES, data, len);
    strcpy(names + 1, name);
    sh[1].sh_name = 1;
    sh[1].sh_type = type;
    sh[1].sh_offset = FAKE_NOTES;
    sh[1].sh_size = len;
    sh[2].sh_type = SHT_STRTAB;
    sh[2].sh_offset = (uint64_t)((uint8_t *)names - e->bytes);
    sh[2].sh_size = strlen(name) + 2;
    fake_head(e)->e_shoff = FAKE_SECTIONS;
    fake_head(e)->e_shnum = 3;
    fake_head(e)->e_shstrndx = 2;
}

/* The shape of Debian's kernel, small: linked high, notes complete, two segments, some bss. */
static inline void fake_linux(struct fake_elf *e)
{
    const uint64_t base = 0xffffffff80000000ull;

    fake_start(e, 0x1000000);
    fake_segment(e, base + 0x1000000, 0x1000000, 0x2345, 0x3000, 0xaa);
    fake_segment(e, base + 0x1200000, 0x1200000, 0x1800, 0x200000, 0xbb);
    fake_note_text(e, XEN_ELFNOTE_GUEST_OS, "linux");
    fake_note_text(e, XEN_ELFNOTE_GUEST_VERSION, "2.6");
    fake_note_text(e, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    fake_note_text(e, XEN_ELFNOTE_LOADER, "generic");
    fake_note_text(e, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
    fake_note_number(e, XEN_ELFNOTE_VIRT_BASE, base);
    fake_note_number(e, XEN_ELFNOTE_ENTRY, base + 0x1200010);
    fake_note_number(e, XEN_ELFNOTE_HYPERCALL_PAGE, base + 0x1001000);
    fake_note_number(e, XEN_ELFNOTE_INIT_P2M, 0x8000000000ull);
    fake_note(e, XEN_ELFNOTE_MOD_START_PFN, &(uint32_t){ 1 }, 4);
    fake_notes_done(e);
}

/* A tiny kernel at base 0, without notes: one segment at 1 MiB. */
static inline void fake_tiny(struct fake_elf *e)
{
    fake_start(e, 0x100010);
    fake_segment(e, 0x100000, 0x100000, 0x1234, 0x5000, 0xcc);
}

#endif
