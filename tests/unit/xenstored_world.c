/* SPDX-License-Identifier: MIT */
/* A store without a hypervisor: pretended domains, and the guest's side of their rings. */
#include "xenstored_world.h"

#include <errno.h>
#include <sys/mman.h>

enum domain_state *world_state;
struct xenstore_domain_interface **world_page;
uint64_t world_seed = 1;

/* Events that came while a guest waited for a reply. */
static char *kept[WORLD_DOMAINS][4096];
static unsigned kept_first[WORLD_DOMAINS], kept_end[WORLD_DOMAINS];

unsigned any(unsigned n)
{
    world_seed = world_seed * 6364136223846793005u + 1442695040888963407u;
    return (world_seed >> 33) % n;
}

/* ---- the pretended hypervisor ---- */

int hypervisor_open(void)
{
    return 0;
}

int hypervisor_event_fd(void)
{
    return -1;
}

int hypervisor_next_event(void)
{
    return -EAGAIN;
}

int hypervisor_death_port(void)
{
    return 1;
}

int hypervisor_bind(uint16_t domid, uint32_t remote_port)
{
    return remote_port == 666 ? -EINVAL : 100 + domid;
}

void hypervisor_unbind(int local_port)
{
    (void)local_port;
}

void (*world_notified)(void);

void hypervisor_notify(int local_port)
{
    (void)local_port;
    if (world_notified)
        world_notified();
}

int hypervisor_map_ring(uint16_t domid, uint64_t frame, void **page)
{
    if (frame == 666)
        return -EINVAL;
    *page = world_page[domid];
    return 0;
}

void hypervisor_unmap_ring(uint16_t domid, void *page)
{
    (void)domid;
    (void)page;
}

int hypervisor_map_own_ring(void **page, uint32_t *port)
{
    *page = world_page[0];
    *port = 1;
    return 0;
}

enum domain_state hypervisor_domain_state(uint16_t domid)
{
    return domid < WORLD_DOMAINS ? world_state[domid] : DOMAIN_GONE;
}

/* ---- the world ---- */

static void *shared(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(p != MAP_FAILED);
    return p;
}

int world_begin(void **state)
{
    (void)state;
    world_state = shared(WORLD_DOMAINS * sizeof(*world_state));
    world_page = shared(WORLD_DOMAINS * sizeof(*world_page));
    for (unsigned d = 0; d < WORLD_DOMAINS; d++)
        world_page[d] = shared(4096);
    world_state[0] = DOMAIN_ALIVE;
    world_wait = world_settle;
    store_init();
    assert_int_equal(domain_introduce_own(), 0);
    return 0;
}

int world_end(void **state)
{
    (void)state;
    for (unsigned d = 1; d < WORLD_DOMAINS; d++)
        world_kill(d);
    assert_int_equal(store_audit(), 0);
    domains_clear();
    connections_reap();
    store_clear();
    for (unsigned d = 0; d < WORLD_DOMAINS; d++) {
        for (unsigned r = 0; r < RES_COUNT; r++)
            assert_int_equal(quota_used(d, r), 0);
        while (kept_first[d] < kept_end[d])
            free(kept[d][kept_first[d]++ % 4096]);
        munmap(world_page[d], 4096);
    }
    munmap(world_state, WORLD_DOMAINS * sizeof(*world_state));
    munmap(world_page, WORLD_DOMAINS * sizeof(*world_page));
    return 0;
}

void world_guest(uint16_t domid)
{
    memset(world_page[domid], 0, 4096);
    world_state[domid] = DOMAIN_ALIVE;
    assert_int_equal(domain_introduce(domid, 1, 1), 0);
}

void world_kill(uint16_t domid)
{
    world_state[domid] = DOMAIN_GONE;
    domains_check();
}

void world_settle(void)
{
    domains_wake(-1);
    while (connections_serve())
        ;
}

void (*world_wait)(void) = world_settle;

/* ---- the guest's side ---- */

void guest_put(uint16_t domid, const void *bytes, size_t len)
{
    volatile struct xenstore_domain_interface *page = world_page[domid];
    const char *from = bytes;

    for (unsigned tries = 0; len && tries < 20000000; tries++) {
        uint32_t room = XENSTORE_RING_SIZE - (page->req_prod - page->req_cons);

        if (room == 0 || room > XENSTORE_RING_SIZE) {
            world_wait();
            continue;
        }
        page->req[MASK_XENSTORE_IDX(page->req_prod)] = *from++;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        page->req_prod++;
        len--;
    }
}

static bool take(uint16_t domid, void *to, size_t len)
{
    volatile struct xenstore_domain_interface *page = world_page[domid];
    char *at = to;

    for (unsigned tries = 0; len && tries < 20000000; tries++) {
        if (page->rsp_prod == page->rsp_cons) {
            world_wait();
            if (world_wait == world_settle && page->rsp_prod == page->rsp_cons)
                return false;
            continue;
        }
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        *at++ = page->rsp[MASK_XENSTORE_IDX(page->rsp_cons)];
        page->rsp_cons++;
        len--;
    }
    return len == 0;
}

bool guest_get(uint16_t domid, struct answer *a)
{
    memset(a, 0, sizeof(*a));
    if (!take(domid, &a->hdr, sizeof(a->hdr)))
        return false;
    assert_true(a->hdr.len <= XENSTORE_PAYLOAD_MAX);
    return take(domid, a->payload, a->hdr.len);
}

static void keep(uint16_t domid, const struct answer *a)
{
    size_t path = strlen(a->payload) + 1;
    char *text;

    assert_int_equal(path + strlen(a->payload + path) + 1, a->hdr.len);
    assert_true(asprintf(&text, "%s %s", a->payload, a->payload + path) > 0);
    assert_true(kept_end[domid] - kept_first[domid] < 4096);
    kept[domid][kept_end[domid]++ % 4096] = text;
}

struct answer *guest_call(uint16_t domid, uint32_t type, uint32_t tx, const void *payload,
                          size_t len)
{
    static struct answer a;
    static uint32_t id;
    struct xsd_sockmsg hdr = { .type = type, .req_id = ++id, .tx_id = tx, .len = len };

    guest_put(domid, &hdr, sizeof(hdr));
    guest_put(domid, payload, len);
    do {
        assert_true(guest_get(domid, &a));
        if (a.hdr.type == XS_WATCH_EVENT)
            keep(domid, &a);
    } while (a.hdr.type == XS_WATCH_EVENT);
    assert_int_equal(a.hdr.req_id, hdr.req_id);
    assert_int_equal(a.hdr.tx_id, tx);
    assert_true(a.hdr.type == type || a.hdr.type == XS_ERROR);
    return &a;
}

const char *guest_event(uint16_t domid)
{
    static char text[XENSTORE_PAYLOAD_MAX + 2];
    struct answer a;

    while (world_page[domid]->rsp_prod != world_page[domid]->rsp_cons && guest_get(domid, &a))
        keep(domid, &a);
    if (kept_first[domid] == kept_end[domid])
        return NULL;
    snprintf(text, sizeof(text), "%s", kept[domid][kept_first[domid] % 4096]);
    free(kept[domid][kept_first[domid]++ % 4096]);
    return text;
}

static int error_of(const struct answer *a)
{
    if (a->hdr.type != XS_ERROR)
        return 0;
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (strcmp(xsd_errors[i].errstring, a->payload) == 0)
            return xsd_errors[i].errnum;
    }
    fail_msg("unknown error name %s", a->payload);
    return -1;
}

int guest_simple(uint16_t domid, uint32_t type, uint32_t tx, const char *argument)
{
    return error_of(guest_call(domid, type, tx, argument, strlen(argument) + 1));
}

static int two(uint16_t domid, uint32_t type, uint32_t tx, const char *a, const char *b, bool nul)
{
    char payload[XENSTORE_PAYLOAD_MAX * 2];
    size_t len = strlen(a) + 1 + strlen(b) + nul;

    strcpy(payload, a);
    strcpy(payload + strlen(a) + 1, b);
    return error_of(guest_call(domid, type, tx, payload, len));
}

int guest_write(uint16_t domid, uint32_t tx, const char *path, const char *value)
{
    return two(domid, XS_WRITE, tx, path, value, false);
}

int guest_rm(uint16_t domid, uint32_t tx, const char *path)
{
    return guest_simple(domid, XS_RM, tx, path);
}

int guest_mkdir(uint16_t domid, uint32_t tx, const char *path)
{
    return guest_simple(domid, XS_MKDIR, tx, path);
}

int guest_perms(uint16_t domid, uint32_t tx, const char *path, const char *perms)
{
    char payload[XENSTORE_PAYLOAD_MAX];
    size_t path_len = strlen(path) + 1;

    strcpy(payload, path);
    strcpy(payload + path_len, perms);
    for (char *c = payload + path_len; *c; c++) {
        if (*c == ' ')
            *c = '\0';
    }
    return error_of(guest_call(domid, XS_SET_PERMS, tx, payload, path_len + strlen(perms) + 1));
}

int guest_watch(uint16_t domid, const char *path, const char *token)
{
    return two(domid, XS_WATCH, 0, path, token, true);
}

int guest_unwatch(uint16_t domid, const char *path, const char *token)
{
    return two(domid, XS_UNWATCH, 0, path, token, true);
}

int guest_end(uint16_t domid, uint32_t tx, bool commit)
{
    return guest_simple(domid, XS_TRANSACTION_END, tx, commit ? "T" : "F");
}

uint32_t guest_begin(uint16_t domid)
{
    struct answer *a = guest_call(domid, XS_TRANSACTION_START, 0, "", 1);

    return a->hdr.type == XS_ERROR ? 0 : strtoul(a->payload, NULL, 10);
}

const char *guest_read(uint16_t domid, uint32_t tx, const char *path, int *err)
{
    struct answer *a = guest_call(domid, XS_READ, tx, path, strlen(path) + 1);

    *err = error_of(a);
    return *err ? NULL : a->payload;
}

const char *guest_list(uint16_t domid, uint32_t tx, const char *path, int *err)
{
    struct answer *a = guest_call(domid, XS_DIRECTORY, tx, path, strlen(path) + 1);

    *err = error_of(a);
    for (uint32_t i = 0; i + 1 < a->hdr.len; i++) {
        if (a->payload[i] == '\0')
            a->payload[i] = ' ';
    }
    return *err ? NULL : a->payload;
}
