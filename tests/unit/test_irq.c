/* SPDX-License-Identifier: MIT */
/* Interrupts: who gets which, when a line is masked; nothing is left of what was mapped. */
/* SOURCES: xen/arch/x86/irq.c tests/unit/mock.c */
/* FUZZ: 200000 operations */
/* CFLAGS: $(HYPERVISOR) */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/frame.h>
#include <asm/irq.h>
#include <asm/pci.h>
#include <asm/regs.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/heap.h>
#include <xen/softirq.h>

#define GSIS 24

struct acpi_info acpi;
static struct ioapic_line lines[GSIS];
static struct {
    bool masked, written;
    u8 vector;
    u32 apic_id;
} messages[64]; /* by MSI-X entry */
static unsigned int eois, sent[EVENT_NR_PIRQS], frames_held;
static u8 eoi_page[4096] __attribute__((aligned(8)));
static struct domain dom, other;

/* ---- the hardware ---- */

void pic_mask(void)
{
}

void ioapic_init(void)
{
    for (unsigned int i = 0; i < GSIS; i++)
        lines[i] = (struct ioapic_line){.masked = true};
}

unsigned int ioapic_nr_gsis(void)
{
    return GSIS;
}

void ioapic_set(unsigned int gsi, const struct ioapic_line *line)
{
    assert_true(gsi < GSIS);
    lines[gsi] = *line;
}

void ioapic_mask(unsigned int gsi, bool masked)
{
    assert_true(gsi < GSIS);
    lines[gsi].masked = masked;
}

void msi_write(const struct msi_target *t, u32 apic_id, u8 vector, unsigned int n)
{
    assert_true(n >= 1 && vector % n == 0);
    messages[t->entry].written = true;
    messages[t->entry].vector = vector;
    messages[t->entry].apic_id = apic_id;
}

void msi_mask(const struct msi_target *t, bool masked)
{
    messages[t->entry].masked = masked;
}

void apic_eoi(void)
{
    eois++;
}

u32 apic_read_error(void)
{
    return 0;
}

void softirq_raise(enum softirq nr)
{
    (void)nr;
}

void *heap_alloc(size_t size)
{
    return calloc(1, size);
}

void heap_free(void *p)
{
    free(p);
}

int frame_get_type(mfn_t m, struct domain *d, enum frame_type type)
{
    (void)d;
    assert_int_equal(type, FT_WRITABLE);
    if (m.n != 5)
        return -EINVAL;
    frames_held++;
    return 0;
}

void frame_put_type(mfn_t m)
{
    assert_int_equal(m.n, 5);
    frames_held--;
}

void *mfn_to_virt(mfn_t m)
{
    assert_int_equal(m.n, 5);
    return eoi_page;
}

void event_send_pirq(struct domain *d, unsigned int pirq)
{
    mock_assert_no_locks();
    assert_ptr_equal(d, &dom);
    sent[pirq]++;
}

static void fire(unsigned int vector)
{
    struct regs r = {.vector = vector};

    irq_dispatch(&r);
}

static bool needs_eoi(unsigned int pirq)
{
    return eoi_page[pirq / 8] >> (pirq % 8) & 1;
}

static int start(void **state)
{
    (void)state;
    memset(&dom, 0, sizeof(dom));
    dom.privileged = true;
    dom.arch.pirq_eoi_mfn = MFN_NONE;
    memset(sent, 0, sizeof(sent));
    memset(messages, 0, sizeof(messages));
    memset(eoi_page, 0, sizeof(eoi_page));
    acpi.nr_overrides = 1;
    acpi.overrides[0] = (struct acpi_override){.irq = 9, .gsi = 9, .level = true};
    irq_init();
    cpus[1].apic_id = 7;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pirq_release_all(&dom);
    assert_null(dom.arch.pirqs);
    assert_int_equal(frames_held, 0);
    for (unsigned int i = 0; i < GSIS; i++)
        assert_true(lines[i].masked || i == 4); /* 4 may be Xen's */
    mock_assert_no_locks();
    return 0;
}

/* ---- tests ---- */

static void edge_line(void **state)
{
    (void)state;
    assert_int_equal(pirq_bind(&dom, 1), -EINVAL);
    assert_int_equal(pirq_map_gsi(&dom, 1), 0);
    assert_int_equal(pirq_map_gsi(&dom, 1), 0);
    assert_true(lines[1].masked);
    assert_int_equal(pirq_bind(&dom, 1), 0);
    assert_int_equal(pirq_bind(&dom, 1), -EBUSY);
    assert_false(lines[1].masked || lines[1].level || lines[1].active_low);
    assert_false(pirq_needs_eoi(&dom, 1));
    fire(lines[1].vector);
    fire(lines[1].vector);
    assert_int_equal(sent[1], 2);
    assert_false(lines[1].masked);
    assert_int_equal(pirq_unmap(&dom, 1), -EBUSY);
    pirq_unbind(&dom, 1);
    assert_true(lines[1].masked);
    fire(lines[1].vector); /* on its way when it was unbound */
    assert_int_equal(sent[1], 2);
    assert_int_equal(pirq_unmap(&dom, 1), 0);
    assert_int_equal(pirq_unmap(&dom, 1), -EINVAL);
}

static void level_line(void **state)
{
    unsigned int before = eois;

    (void)state;
    assert_int_equal(pirq_set_eoi_frame(&dom, 5), 0);
    assert_int_equal(pirq_set_eoi_frame(&dom, 5), -EBUSY);
    assert_int_equal(pirq_set_eoi_frame(&dom, 6), -EINVAL);
    assert_int_equal(pirq_map_gsi(&dom, 16), 0);
    assert_int_equal(pirq_bind(&dom, 16), 0);
    assert_true(lines[16].level && lines[16].active_low && pirq_needs_eoi(&dom, 16));
    assert_true(needs_eoi(16));
    fire(lines[16].vector);
    assert_true(lines[16].masked);
    assert_int_equal(eois, before + 1);
    pirq_set_affinity(&dom, 16, 1); /* does not open it */
    assert_true(lines[16].masked && lines[16].apic_id == 7);
    assert_int_equal(pirq_eoi(&dom, 16), 0);
    assert_false(lines[16].masked);
    assert_int_equal(pirq_eoi(&dom, 16), 0); /* once more: nothing */
    fire(lines[16].vector);
    pirq_unbind(&dom, 16);
    assert_false(needs_eoi(16));
    assert_int_equal(pirq_eoi(&dom, 16), 0); /* an EOI after it was unbound does not open it */
    assert_true(lines[16].masked);
    assert_int_equal(pirq_bind(&dom, 16), 0);
    assert_false(lines[16].masked);
}

static void firmware_and_domain0_say_how_a_line_signals(void **state)
{
    (void)state;
    assert_int_equal(pirq_map_gsi(&dom, 9), 0);
    assert_int_equal(pirq_bind(&dom, 9), 0);
    assert_true(lines[9].level && !lines[9].active_low);
    assert_int_equal(pirq_setup_gsi(&dom, 9, false, true), 0);
    assert_true(!lines[9].level && lines[9].active_low && !lines[9].masked);
    assert_int_equal(pirq_setup_gsi(&dom, GSIS, true, true), -EINVAL);
}

static unsigned int xen_fired;

static void xen_handler(void *arg)
{
    assert_ptr_equal(arg, &xen_fired);
    xen_fired++;
}

static void xens_own_line(void **state)
{
    (void)state;
    assert_int_equal(irq_request(4, xen_handler, &xen_fired), 0);
    assert_int_equal(irq_request(4, xen_handler, &xen_fired), -EBUSY);
    assert_int_equal(irq_request(GSIS, xen_handler, NULL), -EINVAL);
    assert_int_equal(pirq_map_gsi(&dom, 4), 0);
    assert_int_equal(pirq_bind(&dom, 4), -EBUSY);
    fire(lines[4].vector);
    assert_int_equal(xen_fired, 1);
    assert_int_equal(sent[4], 0);
    assert_int_equal(pirq_unmap(&dom, 4), 0);
    assert_false(lines[4].masked);
}

static void only_domain0(void **state)
{
    int pirq = -1;
    const struct msi_target t = {.msix = true};

    (void)state;
    assert_int_equal(pirq_map_gsi(&other, 3), -EPERM);
    assert_int_equal(pirq_map_msi(&other, &t, 1, &pirq), -EPERM);
    assert_int_equal(pirq_bind(&other, 3), -EPERM);
    assert_int_equal(pirq_eoi(&other, 3), -EINVAL);
    assert_int_equal(pirq_unmap(&other, 3), -EINVAL);
    assert_int_equal(pirq_set_eoi_frame(&other, 5), -EPERM);
    assert_false(pirq_needs_eoi(&other, 3));
    pirq_release_all(&other);
}

static void numbers_out_of_range(void **state)
{
    (void)state;
    assert_int_equal(pirq_map_gsi(&dom, GSIS), -EINVAL);
    assert_int_equal(pirq_map_gsi(&dom, UINT_MAX), -EINVAL);
    assert_int_equal(pirq_bind(&dom, EVENT_NR_PIRQS), -EINVAL);
    assert_int_equal(pirq_bind(&dom, UINT_MAX), -EINVAL);
    assert_int_equal(pirq_eoi(&dom, UINT_MAX), -EINVAL);
    assert_int_equal(pirq_unmap(&dom, UINT_MAX), -EINVAL);
    pirq_unbind(&dom, UINT_MAX);
    pirq_set_affinity(&dom, UINT_MAX, 1);
    fire(0xff);
    fire(0x20);
}

static void messages_of_devices(void **state)
{
    const struct msi_target t = {.bdf = 0x18, .msix = true, .entry = 3};
    int pirq = -1, wish = 5;

    (void)state;
    assert_int_equal(pirq_map_msi(&dom, &t, 1, &wish), -EBUSY); /* a line's number */
    assert_int_equal(pirq_map_msi(&dom, &t, 0, &pirq), -EINVAL);
    assert_int_equal(pirq_map_msi(&dom, &t, 3, &pirq), -EINVAL);
    assert_int_equal(pirq_map_msi(&dom, &t, 1, &pirq), 0);
    assert_true(pirq >= GSIS);
    assert_true(messages[3].written && messages[3].masked);
    assert_int_equal(pirq_map_msi(&dom, &t, 1, &pirq), -EBUSY);
    assert_int_equal(pirq_bind(&dom, pirq), 0);
    assert_false(messages[3].masked);
    assert_false(pirq_needs_eoi(&dom, pirq));
    fire(messages[3].vector);
    assert_int_equal(sent[pirq], 1);
    pirq_set_affinity(&dom, pirq, 1);
    assert_int_equal(messages[3].apic_id, 7);
    messages[3].written = false; /* the device lost power */
    pirq_restore_msi(&dom, 0x20);
    assert_false(messages[3].written);
    pirq_restore_msi(&dom, 0x18);
    assert_true(messages[3].written);
    pirq_unbind(&dom, pirq);
    assert_true(messages[3].masked);
    assert_int_equal(pirq_unmap(&dom, pirq), 0);
}

static void vectors_run_out_and_come_back(void **state)
{
    unsigned int got[2] = {0};

    (void)state;
    for (unsigned int round = 0; round < 2; round++) {
        int first = -1;

        for (;;) {
            const struct msi_target t = {.msix = true, .entry = got[round] % 64};
            int pirq = -1, rc = pirq_map_msi(&dom, &t, 4, &pirq);

            if (rc) {
                assert_int_equal(rc, -ENOSPC);
                break;
            }
            first = first < 0 ? pirq : first;
            for (int i = 0; i < 4; i++)
                assert_int_equal(pirq_bind(&dom, pirq + i), 0);
            got[round]++;
        }
        assert_in_range(got[round], 30, 44);
        pirq_release_all(&dom);
    }
    assert_int_equal(got[0], got[1]);
}

/* ---- random ---- */

/* A line is open exactly when it is bound and no EOI is owed. */
static void random_lines(void **state)
{
    bool mapped[GSIS] = {0}, bound[GSIS] = {0}, owed[GSIS] = {0};

    (void)state;
    mock_seed = mock_seed_or(7);
    for (unsigned int step = 0; step < 200000; step++) {
        unsigned int g = 16 + mock_below(GSIS - 16), before = sent[g];

        switch (mock_below(6)) {
        case 0:
            assert_int_equal(pirq_map_gsi(&dom, g), 0);
            mapped[g] = true;
            break;
        case 1:
            assert_int_equal(pirq_bind(&dom, g),
                             !mapped[g] ? -EINVAL : bound[g] ? -EBUSY : 0);
            owed[g] &= bound[g];
            bound[g] |= mapped[g];
            break;
        case 2:
            pirq_unbind(&dom, g);
            bound[g] = owed[g] = false;
            break;
        case 3:
            if (lines[g].masked)
                break;
            fire(lines[g].vector);
            assert_int_equal(sent[g], before + 1);
            owed[g] = true;
            break;
        case 4:
            assert_int_equal(pirq_eoi(&dom, g), mapped[g] ? 0 : -EINVAL);
            owed[g] = false;
            break;
        case 5:
            assert_int_equal(pirq_unmap(&dom, g), !mapped[g] ? -EINVAL : bound[g] ? -EBUSY : 0);
            mapped[g] &= bound[g];
            break;
        }
        assert_int_equal(lines[g].masked, !bound[g] || owed[g]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(edge_line, start, stop),
        cmocka_unit_test_setup_teardown(level_line, start, stop),
        cmocka_unit_test_setup_teardown(firmware_and_domain0_say_how_a_line_signals, start, stop),
        cmocka_unit_test_setup_teardown(xens_own_line, start, stop),
        cmocka_unit_test_setup_teardown(only_domain0, start, stop),
        cmocka_unit_test_setup_teardown(numbers_out_of_range, start, stop),
        cmocka_unit_test_setup_teardown(messages_of_devices, start, stop),
        cmocka_unit_test_setup_teardown(vectors_run_out_and_come_back, start, stop),
        cmocka_unit_test_setup_teardown(random_lines, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
