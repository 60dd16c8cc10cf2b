/* SPDX-License-Identifier: MIT */
/* Whatever a guest puts into its ring, the store goes on, within limits, and forgets it all. */
/* SOURCES: tests/unit/fuzz.c tools/xenstored/tree.c tools/xenstored/store.c tools/xenstored/permissions.c tools/xenstored/quota.c tools/xenstored/watches.c tools/xenstored/transactions.c tools/xenstored/connections.c tools/xenstored/domains.c tools/xenstored/requests.c tools/xenstored/control.c tools/xenstored/ring.c tools/xenstored/journal.c tools/xenstored/recover.c tools/daemon/log.c tests/unit/xenstored_world.c */
/* CFLAGS: $(DOMAIN0) -O1 -fsanitize-coverage=trace-pc */
#include "xenstored_world.h"

#include "fuzz.h"

#define GUEST   1
#define WITNESS 2

/*
 * An input is a list of pieces that end with '\n'. A piece that begins with '!' goes into the ring
 * as it is; of any other the first byte is the request ('@' is number 0), the second the
 * transaction ('0' none, '1' the first that the guest began, ...), and the rest the payload with
 * '|' for NUL.
 */
static uint32_t next_id;

static void drop_answers(void)
{
    struct answer a;

    while (guest_get(GUEST, &a))
        assert_true(a.hdr.type < XS_TYPE_COUNT);
}

/* As much as the ring takes; the store may have stopped to read it. */
static void put_bytes(const char *bytes, size_t length)
{
    volatile struct xenstore_domain_interface *page = world_page[GUEST];

    for (int idle = 0; length && idle < 2; idle++) {
        while (length && page->req_prod - page->req_cons < XENSTORE_RING_SIZE) {
            page->req[MASK_XENSTORE_IDX(page->req_prod)] = *bytes++;
            page->req_prod++;
            length--;
            idle = 0;
        }
        world_settle();
        drop_answers();
    }
}

static void put_request(const char *piece, size_t length)
{
    struct xsd_sockmsg hdr = { .type = (uint8_t)piece[0] - '@', .req_id = ++next_id,
                               .tx_id = (uint8_t)piece[1] - '0' };
    char payload[XENSTORE_PAYLOAD_MAX];

    hdr.len = length - 2 < sizeof(payload) ? length - 2 : sizeof(payload);
    for (uint32_t i = 0; i < hdr.len; i++)
        payload[i] = piece[2 + i] == '|' ? '\0' : piece[2 + i];
    put_bytes((const char *)&hdr, sizeof(hdr));
    put_bytes(payload, hdr.len);
}

static void within_limits(void)
{
    assert_in_range(quota_used(GUEST, RES_NODES), 0, quota.used[RES_NODES]);
    assert_in_range(quota_used(GUEST, RES_WATCHES), 0, quota.used[RES_WATCHES]);
    assert_in_range(quota_used(GUEST, RES_TRANSACTIONS), 0, quota.used[RES_TRANSACTIONS]);
    /* A reply is not refused for lack of memory, so some are on top. */
    assert_in_range(quota_used(GUEST, RES_BYTES), 0, quota.used[RES_BYTES] + (128 << 10));
}

static void try_requests(const char *text, size_t length)
{
    const char *end = text + length;
    int err;

    world_guest(GUEST);
    assert_int_equal(guest_mkdir(0, 0, "/local/domain/1"), 0);
    assert_int_equal(guest_perms(0, 0, "/local/domain/1", "n1"), 0);
    while (text < end) {
        const char *newline = memchr(text, '\n', end - text);
        const char *stop = newline ? newline : end;

        if (*text == '!')
            put_bytes(text + 1, stop - text - 1);
        else if (stop - text >= 2)
            put_request(text, stop - text);
        within_limits();
        text = stop + 1;
    }
    world_kill(GUEST);
    connections_reap();
    for (unsigned r = 0; r < RES_COUNT; r++)
        assert_int_equal(quota_used(GUEST, r), 0);
    assert_int_equal(guest_rm(0, 0, "/local/domain/1"), 0);
    assert_string_equal(guest_read(WITNESS, 0, "/local/domain/2/mine", &err), "kept");
    while (guest_event(WITNESS))
        ;
}

static int begin(void **state)
{
    world_begin(state);
    world_guest(WITNESS);
    assert_int_equal(guest_write(0, 0, "/local/domain/2/mine", "kept"), 0);
    assert_int_equal(guest_perms(0, 0, "/local/domain/2", "n2 r1"), 0);
    assert_int_equal(guest_perms(0, 0, "/local/domain/2/mine", "n2 r1"), 0);
    return 0;
}

static void test_requests(void **state)
{
    static const char *const seeds[] = {
        /* read, write, mkdir, directory, permissions, rm */
        "K0data/a|one\nB0data/a|\nL0data/b/c|\nA0data|\nC0data|\nN0data|b1|r2|\nC0data|\nM0data|\n",
        /* watches: set, fire, twice, depth, special, unset, reset */
        "D0data|t|\nK0data/x|1\nD0data|t|\nD0data|u|1|\nD0@releaseDomain|r|\nE0data|t|\nU0|\n",
        /* transactions: begin twice, use, end, end again, one that is not there */
        "F0|\nF0|\nK1data/a|1\nK2data/a|2\nB1data/a|\nG1T|\nG2T|\nG1F|\nB7data|\n",
        /* privileged ones, and the rest */
        "H02|1|1|\nI02|\nR02|\nS01|2|\n@0help|\nJ01|\nQ02|\nT0/|0|\nV0/|0|\nV0data|5|\nX0\n",
        "!\1\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\nK0/local/domain/2/mine|stolen\n",
        NULL
    };
    static const char *const words[] = {
        "data/", "/local/domain/1/", "/local/domain/2/mine|", "/local/domain/0|", "|", "||", "\n",
        "//", "/", "@introduceDomain|", "@releaseDomain|", "@other|", "n0|", "b1|", "r65535|",
        "w2|",
        "F0|\n", "G1T|\n", "G1F|\n", "G2T|\n", "U0|\n", "A0", "B1", "K0", "K1", "L0", "M0data|\n",
        "N0", "D0", "E0", "V0", "T0", "4294967295|", "-1|", "!", "1|", "0|", NULL
    };

    (void)state;
    fuzz(&(struct fuzz){ .seeds = seeds, .words = words, .try = try_requests, .most = 8192 });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_requests, begin, world_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
