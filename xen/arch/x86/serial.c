/* SPDX-License-Identifier: MIT */
/* The UART: com1=BAUD[,8n1[,IO-PORT[,GSI]]]. Facts: National Semiconductor PC16550D data sheet.
 * Covered by the console lock, but for input: that is the interrupt's alone. */
#include <asm/console.h>
#include <asm/cpu.h>
#include <asm/irq.h>
#include <asm/msr.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/errno.h>
#include <xen/printk.h>
#include <xen/string.h>

#define UART_DATA 0
#define UART_IER  1 /* interrupt enable */
#define UART_FCR  2 /* FIFO control */
#define UART_LCR  3 /* line control */
#define UART_MCR  4 /* modem control */
#define UART_LSR  5 /* line status */
#define UART_SCR  7 /* scratch */

#define IER_RX    0x01
#define FCR_RESET 0x07 /* FIFOs on and emptied */
#define LCR_8N1   0x03
#define LCR_DLAB  0x80
#define MCR_READY 0x0b /* DTR, RTS, and OUT2, which lets the interrupt out */
#define LSR_RX    0x01
#define LSR_EMPTY 0x20

#define UART_CLOCK 115200
#define FIFO_SIZE  16

static struct {
    u16 port;
    unsigned int baud, gsi;
    bool present;
    char last;
} uart = {.port = 0x3f8, .baud = 115200, .gsi = 4};

static int parse_com1(const char *value)
{
    const char *s = value;
    u64 baud = strtoull(s, &s, 10), port = uart.port, gsi = uart.gsi;

    if (strncmp(value, "auto", 4) == 0) {
        baud = uart.baud;
        s = value + 4;
    }
    if (strncmp(s, ",8n1", 4) == 0)
        s += 4;
    if (*s == ',')
        port = strtoull(s + 1, &s, 0);
    if (*s == ',')
        gsi = strtoull(s + 1, &s, 0);
    if (*s || baud == 0 || baud > UART_CLOCK || port == 0 || port > 0xfff8 || gsi > 255)
        return -EINVAL;
    uart.baud = baud;
    uart.port = port;
    uart.gsi = gsi;
    return 0;
}
BOOT_OPTION("com1", parse_com1);

static u8 uart_in(unsigned int reg)
{
    return inb(uart.port + reg);
}

static void uart_out(unsigned int reg, u8 v)
{
    outb(v, uart.port + reg);
}

void serial_init(void)
{
    unsigned int divisor = UART_CLOCK / uart.baud;

    uart_out(UART_SCR, 0x5a);
    if (uart_in(UART_SCR) != 0x5a)
        return;
    uart_out(UART_IER, 0);
    uart_out(UART_LCR, LCR_8N1 | LCR_DLAB);
    uart_out(UART_DATA, divisor);
    uart_out(UART_IER, divisor >> 8);
    uart_out(UART_LCR, LCR_8N1);
    uart_out(UART_FCR, FCR_RESET);
    uart_out(UART_MCR, MCR_READY);
    uart.present = true;
}

bool serial_owns_port(u16 port)
{
    return uart.present && port >= uart.port && port < uart.port + 8;
}

static void serial_putc(char c)
{
    static unsigned int room;

    if (room == 0) {
        /* Bounded, so that a UART that is stuck slows us down but does not stop us. */
        for (unsigned int i = 0; i < 100000 && !(uart_in(UART_LSR) & LSR_EMPTY); i++)
            cpu_relax();
        room = FIFO_SIZE;
    }
    room--;
    uart_out(UART_DATA, c);
}

void serial_write(const char *s, size_t n)
{
    if (!uart.present)
        return;
    for (; n; n--, s++) {
        if (*s == '\n' && uart.last != '\r')
            serial_putc('\r');
        uart.last = *s;
        serial_putc(*s);
    }
}

static void serial_interrupt(void *)
{
    while (uart_in(UART_LSR) & LSR_RX)
        console_input(uart_in(UART_DATA));
}

void serial_init_irq(void)
{
    int rc;

    if (!uart.present)
        return;
    rc = irq_request(uart.gsi, serial_interrupt, NULL);
    if (rc) {
        printk(XLOG_WARN "No interrupt %u for the serial port (error %d): no input\n", uart.gsi,
               rc);
        return;
    }
    while (uart_in(UART_LSR) & LSR_RX) /* typed before: stale */
        uart_in(UART_DATA);
    uart_out(UART_IER, IER_RX);
}
