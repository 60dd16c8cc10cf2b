/* SPDX-License-Identifier: MIT */
/* Firmware tables: what they list is found, and what is damaged is left out. */
/* SOURCES: xen/arch/x86/acpi.c */
/* CFLAGS: $(HYPERVISOR) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <asm/acpi.h>
#include <asm/boot_info.h>
#include <asm/page.h>
#include <asm/xen_paging.h>
#include <xen/errno.h>
#include <xen/printk.h>

struct boot_info boot_info;

static unsigned char low[1 << 20];   /* the first MiB */
static unsigned char high[1 << 16];  /* at HIGH: where the tables are */
#define HIGH 0x7fe0000ul
static char said[2000];

void *maddr_to_virt(maddr_t m)
{
    assert_true(m.a < sizeof(low));
    return low + m.a;
}

void *iomap(maddr_t base, size_t bytes)
{
    if (base.a < HIGH || base.a - HIGH > sizeof(high) || bytes > sizeof(high) - (base.a - HIGH))
        return NULL; /* as when there is no memory for it */
    return high + (base.a - HIGH);
}

void printk(const char *fmt, ...)
{
    size_t n = strlen(said);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(said + n, sizeof(said) - n, fmt, ap);
    va_end(ap);
}

/* ---- building tables ---- */

static void sum_to_zero(unsigned char *p, size_t n, size_t at)
{
    unsigned char sum = 0;

    p[at] = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i];
    p[at] = -sum;
}

static void make_table(unsigned char *t, const char *signature, uint32_t n)
{
    memcpy(t, signature, 4);
    memcpy(t + 4, &n, 4);
    sum_to_zero(t, n, 9);
}

static const unsigned char madt_entries[] = {
    0, 8,  0, 0, 1, 0, 0, 0,                          /* CPU: ACPI 0, APIC 0 */
    0, 8,  1, 4, 1, 0, 0, 0,                          /* CPU: ACPI 1, APIC 4 */
    0, 8,  2, 6, 0, 0, 0, 0,                          /* not enabled */
    9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0,  /* CPU: APIC 256 */
    1, 12, 2, 0, 0, 0, 0xc0, 0xfe, 24, 0, 0, 0,       /* I/O APIC 2, lines from 24 */
    2, 10, 0, 0, 2, 0, 0, 0, 0, 0,                    /* ISA 0 is line 2 */
    2, 10, 0, 9, 9, 0, 0, 0, 13, 0,                   /* ISA 9: level, active high */
    2, 10, 0, 5, 21, 0, 0, 0, 15, 0,                  /* ISA 5: level, active low */
    0x7f, 4, 1, 2,                                    /* from the future */
};

static size_t make_madt(unsigned char *t)
{
    memset(t, 0, 44);
    memcpy(t + 36, &(uint32_t){0xfee00000}, 4);
    memcpy(t + 44, madt_entries, sizeof(madt_entries));
    make_table(t, "APIC", 44 + sizeof(madt_entries));
    return 44 + sizeof(madt_entries);
}

static size_t make_fadt(unsigned char *t)
{
    memset(t, 0, 244);
    memcpy(t + 64, &(uint32_t){0x604}, 4);
    memcpy(t + 76, &(uint32_t){0x608}, 4);
    t[108] = 0x32;
    memcpy(t + 112, &(uint32_t){0x500}, 4);
    memcpy(t + 116, (unsigned char[]){1, 8, 0, 1, 0xf9, 0x0c, 0, 0, 0, 0, 0, 0}, 12);
    t[128] = 0x0f;
    make_table(t, "FACP", 244);
    return 244;
}

static size_t make_hpet(unsigned char *t)
{
    memset(t, 0, 56);
    memcpy(t + 44, &(uint64_t){0xfed00000}, 8);
    make_table(t, "HPET", 56);
    return 56;
}

/* RSDT (entries of 4) or XSDT (of 8) with the three tables; returns its address. */
static uint64_t make_all(unsigned int entry)
{
    uint64_t places[3] = {HIGH + 0x1000, HIGH + 0x2000, HIGH + 0x3003};
    unsigned char *root = high + 0x100;

    memset(high, 0, sizeof(high));
    make_madt(high + 0x1000);
    make_fadt(high + 0x2000);
    make_hpet(high + 0x3003);
    for (unsigned int i = 0; i < 3; i++)
        memcpy(root + 36 + i * entry, &places[i], entry);
    make_table(root, entry == 4 ? "RSDT" : "XSDT", 36 + 3 * entry);
    return HIGH + 0x100;
}

static void make_rsdp(unsigned char *r, unsigned int revision, uint64_t root)
{
    memset(r, 0, 36);
    memcpy(r, "RSD PTR ", 8);
    r[15] = revision;
    if (revision < 2) {
        memcpy(r + 16, &root, 4);
    } else {
        r[20] = 36;
        memcpy(r + 24, &root, 8);
    }
    sum_to_zero(r, 20, 8);
}

static int reset(void **state)
{
    (void)state;
    memset(&acpi, 0, sizeof(acpi));
    memset(&boot_info, 0, sizeof(boot_info));
    memset(low, 0, sizeof(low));
    said[0] = '\0';
    return 0;
}

/* ---- tests ---- */

static void check_all(void)
{
    assert_int_equal(acpi.nr_cpus, 3);
    assert_int_equal(acpi.cpus[1].apic_id, 4);
    assert_int_equal(acpi.cpus[1].acpi_id, 1);
    assert_int_equal(acpi.cpus[2].apic_id, 256);
    assert_int_equal(acpi.nr_ioapics, 1);
    assert_int_equal(acpi.ioapics[0].address, 0xfec00000);
    assert_int_equal(acpi.ioapics[0].gsi_base, 24);
    assert_int_equal(acpi.nr_overrides, 3);
    assert_int_equal(acpi.overrides[0].gsi, 2);
    assert_true(acpi.overrides[1].level && !acpi.overrides[1].active_low);
    assert_true(acpi.overrides[2].level && acpi.overrides[2].active_low);
    assert_int_equal(acpi.hpet_address, 0xfed00000);
    assert_int_equal(acpi.pm_timer_port, 0x608);
    assert_int_equal(acpi.pm1a_control, 0x604);
    assert_int_equal(acpi.century_register, 0x32);
    assert_true(acpi.has_reset);
    assert_int_equal(acpi.reset_address, 0xcf9);
    assert_int_equal(acpi.reset_value, 0x0f);
}

static void found_in_bios_memory(void **state)
{
    (void)state;
    make_rsdp(low + 0xf5250, 0, make_all(4));
    acpi_init();
    check_all();
    assert_int_equal(boot_info.rsdp, 0xf5250);
}

static void found_in_the_extended_bios_data(void **state)
{
    (void)state;
    low[0x40e] = 0xc0;
    low[0x40f] = 0x9f;
    make_rsdp(low + 0x9fc10, 2, make_all(8));
    acpi_init();
    check_all();
}

static void given_by_the_loader(void **state)
{
    (void)state;
    make_rsdp(boot_info.rsdp_copy, 2, make_all(8));
    acpi_init();
    check_all();
}

/* UEFI: the loader's copy for us, the place for Domain0. */
static void listed_by_uefi(void **state)
{
    static const unsigned char guids[2][16] = {
        {1, 2, 3},
        {0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
         0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81}};
    uint64_t root = make_all(8);

    (void)state;
    make_rsdp(boot_info.rsdp_copy, 2, root);
    boot_info.efi_system_table = HIGH + 0x5000;
    memcpy(high + 0x5000, "IBI SYST", 8);
    memcpy(high + 0x5068, &(uint64_t){2}, 8);
    memcpy(high + 0x5070, &(uint64_t){HIGH + 0x6000}, 8);
    for (unsigned int i = 0; i < 2; i++) {
        memcpy(high + 0x6000 + i * 24, guids[i], 16);
        memcpy(high + 0x6010 + i * 24, &(uint64_t){0x3fb7e000 + i}, 8);
    }
    acpi_init();
    check_all();
    assert_int_equal(boot_info.rsdp, 0x3fb7e001);
    memcpy(high + 0x5068, &(uint64_t){1ul << 60}, 8); /* absurd: not followed */
    acpi_init();
    assert_int_equal(boot_info.rsdp, 0);
}

static void none(void **state)
{
    (void)state;
    acpi_init();
    assert_int_equal(acpi.nr_cpus, 0);
    assert_non_null(strstr(said, "No ACPI tables"));
}

static void damaged_table_is_left_out(void **state)
{
    (void)state;
    make_rsdp(boot_info.rsdp_copy, 2, make_all(8));
    high[0x1000 + 60] ^= 1;
    acpi_init();
    assert_int_equal(acpi.nr_cpus, 0);
    assert_int_equal(acpi.hpet_address, 0xfed00000);
    assert_non_null(strstr(said, "damaged"));
}

static void damaged_root(void **state)
{
    (void)state;
    make_rsdp(boot_info.rsdp_copy, 2, make_all(8));
    memcpy(high + 0x104, &(uint32_t){0xffffffff}, 4);
    acpi_init();
    assert_non_null(strstr(said, "damaged"));
    reset(NULL);
    make_rsdp(boot_info.rsdp_copy, 2, 0x123456789a);
    acpi_init();
    assert_non_null(strstr(said, "damaged"));
}

static void cut_short(void **state)
{
    static unsigned char whole[512];
    struct acpi_info info;
    size_t n = make_madt(whole), ok = 0;

    (void)state;
    for (size_t cut = 0; cut < n; cut++) { /* exactly so much memory */
        unsigned char *t = malloc(cut ? cut : 1);

        memcpy(t, whole, cut);
        memset(&info, 0, sizeof(info));
        ok += acpi_read_madt(&info, t, cut) == 0;
        free(t);
    }
    assert_int_equal(ok, 18); /* where an entry, or a byte of the next, ends */
    assert_int_equal(acpi_read_fadt(&info, whole, 115), -EINVAL);
    assert_int_equal(acpi_read_hpet(&info, whole, 51), -EINVAL);
}

static void more_cpus_than_we_have(void **state)
{
    static unsigned char t[44 + 100 * 8];
    struct acpi_info info = {0};

    (void)state;
    for (unsigned int i = 0; i < 100; i++)
        memcpy(t + 44 + i * 8, (unsigned char[]){0, 8, i, i, 1, 0, 0, 0}, 8);
    assert_int_equal(acpi_read_madt(&info, t, sizeof(t)), 0);
    assert_int_equal(info.nr_cpus, NR_CPUS);
    assert_int_equal(info.nr_cpus_left_out, 100 - NR_CPUS);
}

static void random_tables(void **state)
{
    unsigned int seed = 1;

    (void)state;
    for (unsigned int round = 0; round < 20000; round++) {
        size_t n = rand_r(&seed) % 300;
        unsigned char *t = malloc(n + 1);
        struct acpi_info info = {0};

        for (size_t i = 0; i < n; i++)
            t[i] = i < 44 || rand_r(&seed) % 2 ? rand_r(&seed) : rand_r(&seed) % 17;
        t = realloc(t, n ? n : 1);
        acpi_read_madt(&info, t, n);
        acpi_read_fadt(&info, t, n);
        acpi_read_hpet(&info, t, n);
        assert_true(info.nr_cpus <= NR_CPUS && info.nr_ioapics <= ARRAY_SIZE(info.ioapics) &&
                    info.nr_overrides <= ARRAY_SIZE(info.overrides));
        free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(found_in_bios_memory, reset),
        cmocka_unit_test_setup(found_in_the_extended_bios_data, reset),
        cmocka_unit_test_setup(given_by_the_loader, reset),
        cmocka_unit_test_setup(listed_by_uefi, reset),
        cmocka_unit_test_setup(none, reset),
        cmocka_unit_test_setup(damaged_table_is_left_out, reset),
        cmocka_unit_test_setup(damaged_root, reset),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(more_cpus_than_we_have),
        cmocka_unit_test(random_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
