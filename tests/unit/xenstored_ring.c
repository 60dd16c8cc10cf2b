/* SPDX-License-Identifier: MIT */
/* Rings and framing: what a guest can put there, and that it harms nobody else. */
#include "xenstored_world.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static int alive(uint16_t domid)
{
    return guest_simple(domid, XS_IS_DOMAIN_INTRODUCED, 0, "0");
}

static void a_request_may_come_byte_by_byte(void **state)
{
    static const char bytes[] = "\x0b\0\0\0\x07\0\0\0\0\0\0\0\x04\0\0\0/a\0x";
    struct answer a;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
        assert_int_equal(world_page[0]->rsp_prod, 0);
        guest_put(0, bytes + i, 1);
        world_settle();
    }
    assert_true(guest_get(0, &a));
    assert_int_equal(a.hdr.type, XS_WRITE);
    assert_int_equal(a.hdr.req_id, 7);
    assert_string_equal(a.payload, "OK");
}

static void messages_may_exceed_the_ring(void **state)
{
    char value[4001];
    int err;

    (void)state;
    memset(value, 'x', sizeof(value));
    value[4000] = '\0';
    assert_int_equal(guest_write(0, 0, "/big", value), 0);
    assert_string_equal(guest_read(0, 0, "/big", &err), value);
}

static void many_requests_at_once(void **state)
{
    struct xsd_sockmsg hdr = { .type = XS_READ, .len = 2 };
    struct answer a;

    (void)state;
    for (hdr.req_id = 0; hdr.req_id < 50; hdr.req_id++) {
        guest_put(0, &hdr, sizeof(hdr));
        guest_put(0, "/", 2);
    }
    for (uint32_t i = 0; i < 50; i++) {
        assert_true(guest_get(0, &a));
        assert_int_equal(a.hdr.req_id, i);
    }
}

/* Replies nobody takes: after `outstanding` of them the store reads no further request. */
static void replies_nobody_takes_are_bounded(void **state)
{
    volatile struct xenstore_domain_interface *page;
    struct xsd_sockmsg hdr = { .type = XS_DIRECTORY, .len = 2 };
    struct connection *conn;
    char path[64];

    (void)state;
    world_guest(1);
    page = world_page[1];
    conn = domain_introduced(1)->conn;
    guest_perms(0, 0, "/", "n0 r1");
    for (int i = 0; i < 40; i++) {
        snprintf(path, sizeof(path), "/a-rather-long-name-to-make-the-answer-long-%02d", i);
        guest_mkdir(0, 0, path);
    }
    for (int i = 0; i < 2000; i++) {
        if (page->req_prod - page->req_cons <= XENSTORE_RING_SIZE - 18) {
            for (size_t b = 0; b < sizeof(hdr); b++)
                page->req[MASK_XENSTORE_IDX(page->req_prod++)] = ((char *)&hdr)[b];
            page->req[MASK_XENSTORE_IDX(page->req_prod++)] = '/';
            page->req[MASK_XENSTORE_IDX(page->req_prod++)] = '\0';
        }
        world_settle();
    }
    assert_true(conn->replies <= (unsigned)quota.outstanding);
    assert_true(conn->out_bytes < 25 * 4200);
    assert_true(page->req_prod - page->req_cons > XENSTORE_RING_SIZE - 18);
    page->rsp_cons = page->rsp_prod;    /* it wakes up: all goes on */
    world_settle();
    assert_true(page->req_prod - page->req_cons <= XENSTORE_RING_SIZE - 18);
}

static void an_oversized_message_freezes_its_sender(void **state)
{
    static const uint32_t lengths[] = { 4097, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0 };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct xsd_sockmsg hdr = { .type = XS_WRITE, .len = lengths[i] };

        world_guest(1);
        guest_put(1, &hdr, sizeof(hdr));
        world_settle();
        assert_int_equal(world_page[1]->error, XENSTORE_ERROR_PROTO);
        guest_put(1, &hdr, sizeof(hdr));
        world_settle();
        assert_int_equal(world_page[1]->rsp_prod, 0);
        assert_int_equal(alive(0), 0);
        world_kill(1);
    }
}

static void nonsensical_indices_freeze_their_writer(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        world_guest(1);
        assert_int_equal(alive(1), 0);
        if (kind == 0)
            world_page[1]->req_prod = world_page[1]->req_cons + XENSTORE_RING_SIZE + 1;
        else
            world_page[1]->rsp_cons = world_page[1]->rsp_prod + 1;
        guest_watch(0, "/", "t");
        if (kind == 1)
            world_page[1]->req_prod = world_page[1]->req_cons + 16;
        world_settle();
        assert_int_equal(world_page[1]->error, XENSTORE_ERROR_RINGIDX);
        assert_int_equal(alive(0), 0);
        world_kill(1);
    }
}

/* Our indices are ours: overwriting them in the page changes nothing for the store. */
static void scribbled_consumer_index_is_restored(void **state)
{
    uint32_t real;

    (void)state;
    world_guest(1);
    assert_int_equal(alive(1), 0);
    real = world_page[1]->req_cons;
    world_page[1]->req_cons = 12345;
    world_settle();
    assert_int_equal(world_page[1]->req_cons, real);
    assert_int_equal(alive(1), 0);
}

/* Anything at all in the request ring: Domain0 is served as before, no account leaks. */
static void random_bytes_harm_nobody(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        world_guest(1);
        for (int i = 0; i < 40; i++) {
            char noise[512];
            size_t len = 1 + any(sizeof(noise));

            for (size_t b = 0; b < len; b++)
                noise[b] = any(256);
            if (any(2)) { /* a header that passes, so that payloads are tried too */
                struct xsd_sockmsg hdr = { .type = any(24), .req_id = any(9), .tx_id = any(3),
                                           .len = len };

                for (size_t b = 0; any(2) && b < len; b++)
                    noise[b] = "/a\0@b1T-rwn"[any(11)];
                guest_put(1, &hdr, sizeof(hdr));
            }
            if (domain_introduced(1)->conn->frozen)
                break;
            guest_put(1, noise, len);
            world_page[1]->rsp_cons = world_page[1]->rsp_prod;
            world_settle();
        }
        assert_int_equal(alive(0), 0);
        world_kill(1);
        assert_int_equal(quota_used(1, RES_BYTES), 0);
    }
}

/* The whole page changes under our hands. */
static void random_pages_harm_nobody(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        world_guest(1);
        for (int i = 0; i < 10; i++) {
            for (int b = 0; b < 64; b++)
                ((volatile uint8_t *)world_page[1])[any(sizeof(*world_page[1]))] = any(256);
            if (any(2))
                world_page[1]->connection = any(3);
            if (any(2))
                world_page[1]->req_prod = world_page[1]->req_cons + any(1100);
            world_settle();
        }
        assert_int_equal(alive(0), 0);
        world_kill(1);
    }
}

static void sockets_are_served_and_hung_up_on(void **state)
{
    static const char read_root[] = "\x01\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0/";
    static const char write_a[] = "\x0b\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0/a";
    static const char oversized[] = "\x0b\0\0\0\x02\0\0\0\0\0\0\0\xff\xff\0";
    char reply[64];
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    connection_new_socket(ends[0], true)->ready = true;
    assert_int_equal(write(ends[1], read_root, sizeof(read_root)), sizeof(read_root));
    assert_int_equal(write(ends[1], write_a, sizeof(write_a)), sizeof(write_a));
    world_settle();
    assert_int_equal(read(ends[1], reply, 16), 16);
    assert_int_equal(reply[0], XS_DIRECTORY);
    assert_int_equal(read(ends[1], reply, 22), 22);     /* the socket is read-only */
    assert_string_equal(reply + 16, "EROFS");
    assert_int_equal(write(ends[1], oversized, 16), 16);
    connections->ready = true;
    world_settle();
    assert_int_equal(read(ends[1], reply, 1), 0);
    close(ends[1]);
}

/* Put a request to write `len` bytes to /k behind what is in `to`; returns its end. */
static char *put_write(char *to, uint32_t id, size_t len)
{
    struct xsd_sockmsg hdr = { .type = XS_WRITE, .req_id = id, .len = (uint32_t)(3 + len) };

    memcpy(to, &hdr, sizeof(hdr));
    memcpy(to + sizeof(hdr), "/k", 3);
    memset(to + sizeof(hdr) + 3, 'v', len);
    return to + sizeof(hdr) + 3 + len;
}

/* Take as many replies as have come; they must be those to the requests from *id on, all "OK". */
static void take_replies(int fd, uint32_t *id)
{
    struct { struct xsd_sockmsg hdr; char ok[3]; } reply;

    while (recv(fd, &reply, 19, MSG_DONTWAIT) == 19) {
        assert_int_equal(reply.hdr.req_id, *id);
        assert_int_equal(reply.hdr.type, XS_WRITE);
        (*id)++;
    }
}

/* Many are read at once, and the last of them only in part; more of them than answers may wait. */
static void requests_on_a_socket_may_be_cut_anywhere(void **state)
{
    enum { REQUESTS = 60 };
    static char stream[REQUESTS * 4200];
    char *end = stream;
    uint32_t asked = 0, answered = 0;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    connection_new_socket(ends[0], false);
    for (unsigned round = 0; round < 50; round++) {
        end = stream;
        for (unsigned i = 0; i < REQUESTS; i++)
            end = put_write(end, asked++, any(4) ? any(40) : any(4) ? 0 : 4093);
        for (char *at = stream; at < end; ) {
            size_t piece = any(2) ? any(60) + 1 : any(9000) + 1;

            if (piece > (size_t)(end - at))
                piece = (size_t)(end - at);
            assert_int_equal(write(ends[1], at, piece), piece);
            at += piece;
            if (any(3) && at < end)
                continue;       /* the store comes late */
            connections->ready = true;
            world_settle();
            take_replies(ends[1], &answered);
        }
        assert_int_equal(answered, asked);
    }
    close(ends[1]);
    connections->ready = true;
    world_settle();
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int xenstored_ring(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_request_may_come_byte_by_byte),
        CASE(messages_may_exceed_the_ring),
        CASE(many_requests_at_once),
        CASE(replies_nobody_takes_are_bounded),
        CASE(an_oversized_message_freezes_its_sender),
        CASE(nonsensical_indices_freeze_their_writer),
        CASE(scribbled_consumer_index_is_restored),
        CASE(random_bytes_harm_nobody),
        CASE(random_pages_harm_nobody),
        CASE(sockets_are_served_and_hung_up_on),
        CASE(requests_on_a_socket_may_be_cut_anywhere),
    };

    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
