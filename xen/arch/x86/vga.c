/* SPDX-License-Identifier: MIT */
/* The screen: VGA text, or a frame buffer where the firmware has no text mode. Both are a table of
 * characters here: a change draws its cell, nothing is read back. Under the console lock. */
#include <asm/boot_info.h>
#include <asm/console.h>
#include <asm/msr.h>
#include <asm/page.h>
#include <asm/xen_paging.h>
#include <xen/cmdline.h>
#include <xen/errno.h>
#include <xen/string.h>

#define MAX_ROWS    64
#define MAX_COLUMNS 160
#define TAB_WIDTH   8
#define TEXT_ATTR   0x0700 /* light grey on black */
#define CRTC        0x3d4  /* VGA: the cursor's place, high byte in register 14, low in 15 */

/* On a frame buffer a cell has 8 x 16 pixels: 5 x 7 of a glyph, each twice as high. */
#define CELL_WIDTH  8
#define CELL_HEIGHT 16
#define GLYPH_ROWS  7
#define GLYPH_WIDTH 5

/* From blank to tilde; row r of a glyph is five bits, from 5 * r on, the leftmost the highest. */
static const u64 glyphs[] = {
    0x0, 0x100421084, 0x294a, 0x295f57d4a, 0x13c5751e4, 0x4d6820b59, 0x365364a4c,
    0x2084, 0x88842082, 0x208210888, 0x2aefbaa0, 0x84f9080, 0x208600000, 0x70000,
    0x318000000, 0x410820841, 0x3a39ace2e, 0x7c8425184, 0x7d041062e, 0x78217043e, 0x85f928c2,
    0x3a210fa1f, 0x3a31f4106, 0x10841083f, 0x3a317462e, 0x30417c62e, 0x18c03180, 0x208c03180,
    0x88882082, 0x1f07c00, 0x208208888, 0x10043062e, 0x3a16ade2e, 0x463f8c544, 0x7a31f463e,
    0x3a308422e, 0x72518c65c, 0x7e10f421f, 0x4210f421f, 0x3e319c22e, 0x4631fc631, 0x38842108e,
    0x324210847, 0x4654c5251, 0x7e1084210, 0x4631ad771, 0x4673ae731, 0x3a318c62e, 0x4210f463e,
    0x36558c62e, 0x4654f463e, 0x78217420f, 0x10842109f, 0x3a318c631, 0x114a8c631, 0x4775ac631,
    0x462a22a31, 0x108452a31, 0x7e082083f, 0x39084210e, 0x44222110, 0x38421084e, 0x4544,
    0x7c0000000, 0x88, 0x3e2f0b800, 0x7a318fa10, 0x3e1083c00, 0x3e318bc21, 0x3a1f8b800,
    0x210847906, 0x382f8c5e0, 0x46318fa10, 0x388423004, 0x304211802, 0x4a98a4a10, 0x38842108c,
    0x56b5ae800, 0x46318f800, 0x3a318b800, 0x421e8f800, 0x42f8bc00, 0x4210cd800, 0x782e83c00,
    0x192847908, 0x3e318c400, 0x11518c400, 0x2ab5ac400, 0x454454400, 0x382f8c620, 0x7d0417c00,
    0xc8441083, 0x108421084, 0x608411098, 0x2aa000,
};

static u8 *screen; /* NULL: there is none within reach */
static bool domain0s, keep;
static unsigned int rows, columns, row, column;
static char cells[MAX_ROWS][MAX_COLUMNS];

static int parse_vga(const char *value)
{
    size_t n = strlen(value);

    if (n < 4 || strcmp(value + n - 4, "keep") != 0)
        return -EINVAL;
    keep = true;
    return 0;
}
BOOT_OPTION("vga", parse_vga);

static void draw_glyph(unsigned int r, unsigned int c, u64 glyph)
{
    unsigned int bytes = boot_info.video.bpp / 8;

    for (unsigned int y = 0; y < CELL_HEIGHT; y++) {
        u8 *p = screen + (r * CELL_HEIGHT + y) * boot_info.video.pitch + c * CELL_WIDTH * bytes;
        u64 bits = y / 2 < GLYPH_ROWS ? glyph >> y / 2 * GLYPH_WIDTH : 0;

        for (unsigned int x = 0; x < CELL_WIDTH; x++, p += bytes) /* all bits set: white */
            memset(p, x < GLYPH_WIDTH && bits >> (GLYPH_WIDTH - 1 - x) & 1 ? 0xff : 0, bytes);
    }
}

static void draw(unsigned int r, unsigned int c, char what)
{
    unsigned int i = (u8)what - ' ';

    if (boot_info.video.text)
        ((u16 *)(void *)screen)[r * columns + c] = TEXT_ATTR | (u8)what;
    else
        draw_glyph(r, c, glyphs[i < ARRAY_SIZE(glyphs) ? i : '?' - ' ']);
}

static void put(unsigned int r, unsigned int c, char what)
{
    if (cells[r][c] != what)
        draw(r, c, cells[r][c] = what);
}

static void clear(void)
{
    row = column = 0;
    memset(cells, ' ', sizeof(cells));
    for (unsigned int i = 0; i < rows * columns; i++)
        draw(i / columns, i % columns, ' ');
}

void vga_init(void)
{
    u64 bytes = (u64)boot_info.video.pitch * boot_info.video.height;

    rows = boot_info.video.height;
    columns = boot_info.video.width;
    if (!boot_info.video.text) {
        if (boot_info.video.bpp < 16)
            return;
        rows = MIN(rows / CELL_HEIGHT, (unsigned int)MAX_ROWS);
        columns = MIN(columns / CELL_WIDTH, (unsigned int)MAX_COLUMNS);
    }
    /* boot.S maps the first 4 GiB, and what is below 1 MiB stays mapped. */
    if (rows <= MAX_ROWS && columns <= MAX_COLUMNS && boot_info.video.base + bytes <= 1UL << 32)
        screen = maddr_to_virt(MADDR(boot_info.video.base));
    if (screen)
        clear();
}

void vga_map(void)
{
    if (screen && !boot_info.video.text)
        screen = iomap(MADDR(boot_info.video.base),
                       (size_t)boot_info.video.pitch * boot_info.video.height);
}

static void next_row(void)
{
    column = 0;
    if (++row < rows)
        return;
    row = rows - 1;
    for (unsigned int r = 0; r < rows; r++)
        for (unsigned int c = 0; c < columns; c++)
            put(r, c, r < row ? cells[r + 1][c] : ' ');
}

static void vga_putc(char c)
{
    switch (c) {
    case '\n':
        next_row();
        return;
    case '\r':
        column = 0;
        return;
    case '\t':
        column = ROUND_UP(column + 1, TAB_WIDTH);
        break;
    default:
        if ((u8)c >= ' ')
            put(row, column++, c);
    }
    if (column >= columns)
        next_row();
}

static void set_cursor(unsigned int at)
{
    outb(14, CRTC);
    outb(at >> 8, CRTC + 1);
    outb(15, CRTC);
    outb(at, CRTC + 1);
}

void vga_write(const char *s, size_t n)
{
    if (!screen || domain0s)
        return;
    while (n--)
        vga_putc(*s++);
    if (boot_info.video.text)
        set_cursor(row * columns + column);
}

void vga_release(void)
{
    domain0s = !keep;
    if (screen && domain0s && boot_info.video.text)
        clear(); /* Linux begins at the top, and clears nothing */
}

void vga_take_back(void)
{
    if (screen && domain0s)
        clear();
    domain0s = false;
}
