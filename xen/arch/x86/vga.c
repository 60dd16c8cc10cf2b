/* SPDX-License-Identifier: MIT */
/* The VGA text screen: 16-bit cells, a CRT controller for the cursor. Under the console lock. */
#include <asm/boot_info.h>
#include <asm/msr.h>
#include <asm/page.h>
#include <asm/vga.h>
#include <xen/cmdline.h>
#include <xen/errno.h>
#include <xen/string.h>

#define BLANK     0x0720 /* light grey on black */
#define CRTC      0x3d4
#define CRTC_DATA 0x3d5
#define CURSOR_HI 0x0e
#define CURSOR_LO 0x0f
#define TAB_WIDTH 8

static u16 *screen; /* NULL: no text screen, or Domain0's */
static unsigned int width, height, column, row;
static bool keep;

static int parse_vga(const char *value)
{
    const char *option = strstr(value, "keep");

    if (!option || strcmp(option, "keep") != 0)
        return -EINVAL;
    keep = true;
    return 0;
}
BOOT_OPTION("vga", parse_vga);

static void clear_row(unsigned int r)
{
    for (unsigned int i = 0; i < width; i++)
        screen[r * width + i] = BLANK;
}

void vga_init(void)
{
    const u64 low_memory_end = 1 << 20;

    if (!boot_info.video.text || boot_info.video.base >= low_memory_end)
        return;
    screen = maddr_to_virt(MADDR(boot_info.video.base));
    width = boot_info.video.width;
    height = boot_info.video.height;
    for (unsigned int r = 0; r < height; r++)
        clear_row(r);
}

static void next_row(void)
{
    column = 0;
    if (++row < height)
        return;
    row = height - 1;
    memmove(screen, screen + width, row * width * sizeof(*screen));
    clear_row(row);
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
            screen[row * width + column++] = (BLANK & 0xff00) | (u8)c;
    }
    if (column >= width)
        next_row();
}

static void set_cursor(unsigned int at)
{
    outb(CURSOR_HI, CRTC);
    outb(at >> 8, CRTC_DATA);
    outb(CURSOR_LO, CRTC);
    outb(at, CRTC_DATA);
}

void vga_write(const char *s, size_t n)
{
    if (!screen)
        return;
    while (n--)
        vga_putc(*s++);
    set_cursor(row * width + column);
}

void vga_release(void)
{
    if (!keep)
        screen = NULL;
}
