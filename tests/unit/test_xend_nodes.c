/* SPDX-License-Identifier: MIT */
/*
 * The store's nodes of a new domain, and who may read them: the subtree that xl 4.17 makes, plus
 * our record.
 */
/* SOURCES: tools/domain/nodes.c tools/domain/teardown.c tools/config/domain_config.c tools/config/domain_keys.c tools/config/disk_spec.c tools/config/vif_spec.c tools/config/parse.c tools/config/python_hint.c tools/config/complaint.c tools/config/xalloc.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/xalloc.h"
#include "domain/teardown.h"

/* ---- a store in memory: enough of the client's functions for one writer ---- */

struct node {
    char path[128], value[128], perms[16];
};

static struct node nodes[256];
static unsigned int node_count;

static struct node *find(const char *path)
{
    for (unsigned int i = 0; i < node_count; i++)
        if (!strcmp(nodes[i].path, path))
            return &nodes[i];
    return NULL;
}

static struct node *make(const char *path)
{
    struct node *node = find(path), *above;
    char parent[128];

    if (node)
        return node;
    snprintf(parent, sizeof(parent), "%s", path);
    *strrchr(parent, '/') = '\0';
    above = *parent ? make(parent) : NULL;
    assert_true(node_count < 256);
    node = &nodes[node_count++];
    snprintf(node->path, sizeof(node->path), "%s", path);
    snprintf(node->perms, sizeof(node->perms), "%s", above ? above->perms : "n0");
    node->value[0] = '\0';
    return node;
}

int xs_write(struct xs *xs, xs_tx tx, const char *path, const void *value, size_t len)
{
    (void)xs;
    (void)tx;
    snprintf(make(path)->value, 128, "%.*s", (int)len, (const char *)value);
    return 0;
}

int xs_set_perms(struct xs *xs, xs_tx tx, const char *path, const struct xs_perm *perms,
                 unsigned int count)
{
    static const char letters[] = "nrwb";
    char *at = make(path)->perms;

    (void)xs;
    (void)tx;
    for (unsigned int i = 0; i < count; i++)
        at += sprintf(at, "%s%c%u", i ? "," : "", letters[perms[i].access], perms[i].domid);
    return 0;
}

int xs_transaction(struct xs *xs, int (*body)(struct xs *xs, xs_tx tx, void *arg), void *arg)
{
    return body(xs, 1, arg);
}

void xs_send_ahead(struct xs *xs)
{
    (void)xs;
}

int xs_end_ahead(struct xs *xs)
{
    (void)xs;
    return 0;
}

static void format_path(char path[128], const char *format, va_list args)
{
    vsnprintf(path, 128, format, args);
}

int xs_readf(struct xs *xs, xs_tx tx, char **value, const char *format, ...)
{
    char path[128];
    struct node *node;
    va_list args;

    (void)xs;
    (void)tx;
    va_start(args, format);
    format_path(path, format, args);
    va_end(args);
    node = find(path);
    if (!node)
        return -ENOENT;
    *value = xstrdup(node->value);
    return 0;
}

int xs_readf_u64(struct xs *xs, xs_tx tx, uint64_t *number, const char *format, ...)
{
    char path[128];
    struct node *node;
    va_list args;

    (void)xs;
    (void)tx;
    va_start(args, format);
    format_path(path, format, args);
    va_end(args);
    node = find(path);
    if (!node)
        return -ENOENT;
    *number = strtoull(node->value, NULL, 10);
    return 0;
}

int xs_writef(struct xs *xs, xs_tx tx, const char *value, const char *format, ...)
{
    char path[128];
    va_list args;

    va_start(args, format);
    format_path(path, format, args);
    va_end(args);
    return xs_write(xs, tx, path, value, strlen(value));
}

static unsigned int removals_alone;     /* outside of a transaction */

int xs_rm(struct xs *xs, xs_tx tx, const char *path)
{
    size_t n = strlen(path);
    unsigned int kept = 0;

    (void)xs;
    removals_alone += tx == XS_NO_TX;
    for (unsigned int i = 0; i < node_count; i++)
        if (strncmp(nodes[i].path, path, n) || (nodes[i].path[n] && nodes[i].path[n] != '/'))
            nodes[kept++] = nodes[i];
    node_count = kept;
    return 0;
}

int xs_rmf(struct xs *xs, xs_tx tx, const char *format, ...)
{
    char path[128];
    va_list args;

    va_start(args, format);
    format_path(path, format, args);
    va_end(args);
    return xs_rm(xs, tx, path);
}

int xs_directory(struct xs *xs, xs_tx tx, const char *path, char ***names, unsigned int *count)
{
    size_t n = strlen(path);
    char *text;

    (void)xs;
    (void)tx;
    if (!find(path))
        return -ENOENT;
    *count = 0;
    *names = xcalloc(16, sizeof(char *) + 64);
    text = (char *)(*names + 16);
    for (unsigned int i = 0; i < node_count && *count < 16; i++)
        if (!strncmp(nodes[i].path, path, n) && nodes[i].path[n] == '/' &&
            !strchr(nodes[i].path + n + 1, '/')) {
            (*names)[*count] = text + *count * 64;
            snprintf((*names)[(*count)++], 64, "%.63s", nodes[i].path + n + 1);
        }
    return 0;
}

int xs_directoryf(struct xs *xs, xs_tx tx, char ***names, unsigned int *count,
                  const char *format, ...)
{
    char path[128];
    va_list args;

    va_start(args, format);
    format_path(path, format, args);
    va_end(args);
    return xs_directory(xs, tx, path, names, count);
}

int xs_release(struct xs *xs, unsigned int domid)
{
    (void)xs;
    (void)domid;
    return 0;
}

static unsigned int pauses, destroys;

int xen_domain_pause(struct xen *xen, domid_t domid)
{
    (void)xen;
    (void)domid;
    pauses++;
    return 0;
}

int xen_domain_destroy(struct xen *xen, domid_t domid)
{
    (void)xen;
    (void)domid;
    destroys++;
    return 0;
}

/* ---- the tests ---- */

static const char text[] =
    "name='g1'\nkernel='/boot/vmlinuz'\nramdisk='/r'\nmemory=160\nvcpus=1\nmaxvcpus=2\n"
    "extra='console=hvc0'\nuuid='11111111-2222-3333-4444-555555555555'\n"
    "disk=['/root/d.img,raw,xvda,rw']\nvif=['mac=00:16:3e:00:00:07,bridge=xenbr0,rate=10Mb/s']\n";

static int set_up(void **state)
{
    static const struct domain_facts facts = { 1, 1, 2, 1000, 1001 };
    struct domain_config config;
    struct complaint c = { 0 };
    struct cfg cfg = { 0 };

    (void)state;
    node_count = pauses = destroys = 0;
    assert_int_equal(cfg_parse(&cfg, "f", text, sizeof(text) - 1, &c), 0);
    assert_int_equal(domain_config_read(&cfg, true, &config, &c), 0);
    assert_int_equal(domain_config_complete(&config), 0);
    assert_int_equal(domain_nodes_write(NULL, &config, &facts), 0);
    domain_config_free(&config);
    cfg_free(&cfg);
    return 0;
}

/* Captured from xl 4.17's own domains. */
static void test_golden_subtree(void **state)
{
    static const struct { const char *path, *value, *perms; } golden[] = {
        { "/local/domain/1", "", "n0,r1" },
        { "/local/domain/1/vm", "/vm/11111111-2222-3333-4444-555555555555", "n0,r1" },
        { "/local/domain/1/name", "g1", "n0,r1" },
        { "/local/domain/1/domid", "1", "n0,r1" },
        { "/local/domain/1/cpu/0/availability", "online", "n0,r1" },
        { "/local/domain/1/cpu/1/availability", "offline", "n0,r1" },
        { "/local/domain/1/memory/static-max", "163840", "n0,r1" },
        { "/local/domain/1/memory/target", "163840", "n0,r1" },
        { "/local/domain/1/device/suspend", "", "n0,r1" },
        { "/local/domain/1/device/suspend/event-channel", "", "n1" },
        { "/local/domain/1/control", "", "n0,r1" },
        { "/local/domain/1/control/shutdown", "", "n1" },
        { "/local/domain/1/control/sysrq", "", "n1" },
        { "/local/domain/1/control/platform-feature-xs_reset_watches", "1", "n0,r1" },
        { "/local/domain/1/data", "", "n1" },
        { "/local/domain/1/store/port", "1", "n0,r1" },
        { "/local/domain/1/store/ring-ref", "1000", "n0,r1" },
        { "/local/domain/1/console/backend-id", "0", "n1,r0" },
        { "/local/domain/1/console/type", "xenconsoled", "n0,r1" },
        { "/local/domain/1/console/ring-ref", "1001", "n0,r1" },
        { "/local/domain/1/console/port", "2", "n0,r1" },
        { "/local/domain/1/console/limit", "1048576", "n0,r1" },
        { "/local/domain/1/device/vbd", "", "n0,r1" },
        { "/local/domain/1/device/vbd/51712", "", "n1,r0" },
        { "/local/domain/1/device/vbd/51712/backend", "/local/domain/0/backend/vbd/1/51712",
          "n1,r0" },
        { "/local/domain/1/device/vbd/51712/state", "1", "n1,r0" },
        { "/local/domain/1/device/vbd/51712/protocol", "x86_64-abi", "n1,r0" },
        { "/local/domain/1/device/vif/0", "", "n1,r0" },
        { "/local/domain/1/device/vif/0/mac", "00:16:3e:00:00:07", "n1,r0" },
        { "/local/domain/0/backend/vbd/1", "", "n0" },
        { "/local/domain/0/backend/vbd/1/51712", "", "n0,r1" },
        { "/local/domain/0/backend/vbd/1/51712/params", "/root/d.img", "n0,r1" },
        { "/local/domain/0/backend/vbd/1/51712/mode", "w", "n0,r1" },
        { "/local/domain/0/backend/vif/1/0/rate", "62500,50000", "n0,r1" },
        { "/local/domain/0/backend/vif/1/0/bridge", "xenbr0", "n0,r1" },
        { "/local/domain/0/backend/console/1/0/protocol", "vt100", "n0,r1" },
        { "/vm/11111111-2222-3333-4444-555555555555/image/ostype", "linux", "n0,r1" },
        { "/libxl/1/type", "pv", "n0" },
        { "/libxl/1/device/vbd/51712/frontend", "/local/domain/1/device/vbd/51712", "n0" },
        { "/xend/1/on_reboot", "restart", "n0" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
        struct node *node = find(golden[i].path);

        if (!node)
            fail_msg("%s is missing", golden[i].path);
        assert_string_equal(node->value, golden[i].value);
        if (strcmp(node->perms, golden[i].perms))
            fail_msg("%s: %s, not %s", node->path, node->perms, golden[i].perms);
    }
}

/* Nothing outside the guest's own subtree may be changed by it, and nothing of ours is its own. */
static void test_guest_owns_only_its_own(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < node_count; i++)
        if (!strncmp(nodes[i].perms, "n1", 2))
            assert_int_equal(strncmp(nodes[i].path, "/local/domain/1/", 16), 0);
}

static void test_devices_close_before_they_go(void **state)
{
    (void)state;
    xs_writef(NULL, 0, "4", "/local/domain/0/backend/vbd/1/51712/state");
    assert_int_equal(device_close(NULL, 1, "vbd", "51712"), 0);
    assert_string_equal(find("/local/domain/0/backend/vbd/1/51712/online")->value, "0");
    assert_string_equal(find("/local/domain/0/backend/vbd/1/51712/state")->value, "5");
    assert_null(find("/local/domain/1/device/vbd/51712"));
    /* The driver stopped: closing again must not set it back. */
    xs_writef(NULL, 0, "6", "/local/domain/0/backend/vbd/1/51712/state");
    assert_int_equal(device_close(NULL, 1, "vbd", "51712"), 0);
    assert_string_equal(find("/local/domain/0/backend/vbd/1/51712/state")->value, "6");
    removals_alone = 0;
    device_remove(NULL, 1, "vbd", "51712");
    assert_int_equal(removals_alone, 0);        /* or half could stay */
    assert_null(find("/local/domain/0/backend/vbd/1"));
    assert_null(find("/libxl/1/device/vbd/51712"));
    assert_non_null(find("/local/domain/0/backend/vif/1/0"));
    assert_int_equal(device_close(NULL, 1, "vbd", "51712"), -ENOENT);
    assert_null(find("/local/domain/0/backend/vbd/1"));
}

/* Its driver will not take it up any more, so there is nobody to wait for. */
static void test_a_device_that_no_driver_has_seen(void **state)
{
    (void)state;
    xs_writef(NULL, 0, "1", "/local/domain/0/backend/vif/1/0/state");
    assert_int_equal(device_close(NULL, 1, "vif", "0"), 0);
    assert_string_equal(find("/local/domain/0/backend/vif/1/0/state")->value, "6");
}

/* The guest may be looking at it: it must see the backend Closing, and close its side first. */
static void test_a_device_that_only_the_guest_has_seen(void **state)
{
    (void)state;
    xs_writef(NULL, 0, "1", "/local/domain/0/backend/vbd/1/51712/state");
    assert_int_equal(device_ask_to_close(NULL, 1, "vbd", "51712"), 0);
    assert_string_equal(find("/local/domain/0/backend/vbd/1/51712/state")->value, "5");
    assert_int_equal(device_ask_to_close(NULL, 1, "vbd", "51712"), 0);
    assert_string_equal(find("/local/domain/0/backend/vbd/1/51712/state")->value, "5");
    xs_writef(NULL, 0, "6", "/local/domain/1/device/vbd/51712/state");
    assert_int_equal(device_ask_to_close(NULL, 1, "vbd", "51712"), 0);
    assert_string_equal(find("/local/domain/0/backend/vbd/1/51712/state")->value, "6");
}

/* The kernel leaves it Closing, and there is no driver here. */
static void test_a_device_that_no_driver_could_take(void **state)
{
    (void)state;
    xs_writef(NULL, 0, "5", "/local/domain/0/backend/vif/1/0/state");
    assert_int_equal(device_close(NULL, 1, "vif", "0"), 0);
    assert_string_equal(find("/local/domain/0/backend/vif/1/0/state")->value, "6");
}

/* Domain0's kernel notes a device that went while it looked; a living domain's is for people. */
static void test_errors_go_with_their_domain(void **state)
{
    (void)state;
    xs_writef(NULL, 0, "", "/local/domain/0/error/backend/vif/1/0/error");
    xs_writef(NULL, 0, "", "/local/domain/0/error/backend/vif/7/0/error");
    xs_writef(NULL, 0, "", "/local/domain/0/error/backend/vbd/7/51712/error");
    device_errors_sweep(NULL);
    assert_non_null(find("/local/domain/0/error/backend/vif/1/0/error"));
    assert_null(find("/local/domain/0/error/backend/vif/7"));
    assert_null(find("/local/domain/0/error/backend/vbd"));
    assert_int_equal(domain_teardown((struct xen *)1, NULL, 1), 0);
    device_errors_sweep(NULL);
    assert_non_null(find("/local/domain/0/error")); /* its record is there still */
    domain_forget(NULL, 1);
    device_errors_sweep(NULL);
    assert_null(find("/local/domain/0/error"));
}

static void test_teardown_leaves_nothing(void **state)
{
    (void)state;
    xs_writef(NULL, 0, "4", "/local/domain/0/backend/vbd/1/51712/state");
    xs_writef(NULL, 0, "2", "/local/domain/0/backend/vif/1/0/state");
    assert_int_equal(domain_teardown((struct xen *)1, NULL, 1), 0);
    assert_int_equal(pauses, 1);
    assert_int_equal(destroys, 1);
    assert_null(find("/local/domain/1"));
    assert_null(find("/libxl/1"));
    assert_non_null(find("/xend/1/uuid"));
    assert_int_equal(domain_finish(NULL, 1, false), 2);         /* both drivers still at work */
    xs_writef(NULL, 0, "6", "/local/domain/0/backend/vbd/1/51712/state");
    assert_int_equal(domain_finish(NULL, 1, false), 1);
    assert_int_equal(domain_teardown(NULL, NULL, 1), 0);        /* twice does no harm */
    assert_int_equal(domain_finish(NULL, 1, true), 0);
    domain_forget(NULL, 1);
    for (unsigned int i = 0; i < node_count; i++)
        assert_null(strstr(nodes[i].path, "/1"));
}

static void test_a_taken_number_is_refused(void **state)
{
    struct disk_config disk = { .target = "/x", .vdev = "xvda", .devid = 51712 };

    (void)state;
    assert_int_equal(vbd_nodes_add(NULL, 1, &disk), -EEXIST);
    disk.devid = 51728;
    assert_int_equal(vbd_nodes_add(NULL, 1, &disk), 0);
    assert_non_null(find("/local/domain/1/device/vbd/51728/state"));
}

/* The guest may be at the end of the card before, and would take the new one for that. */
static void test_a_card_gets_a_number_of_its_own(void **state)
{
    struct vif_config vif = { .devid = -1 };

    (void)state;
    device_remove(NULL, 1, "vif", "0");
    assert_int_equal(vif_nodes_add(NULL, 1, &vif), 0);
    assert_int_equal(vif.devid, 1);
    assert_non_null(find("/local/domain/1/device/vif/1/state"));
    device_remove(NULL, 1, "vif", "1");
    vif.devid = -1;
    assert_int_equal(vif_nodes_add(NULL, 1, &vif), 0);
    assert_int_equal(vif.devid, 2);
    vif.devid = 7;              /* as the user wants it */
    assert_int_equal(vif_nodes_add(NULL, 1, &vif), 0);
    device_remove(NULL, 1, "vif", "7");
    vif.devid = -1;
    assert_int_equal(vif_nodes_add(NULL, 1, &vif), 0);
    assert_int_equal(vif.devid, 8);
}

/* A domain of xl's: it has no record, and gets none. */
static void test_a_card_of_a_domain_that_is_not_ours(void **state)
{
    struct vif_config vif = { .devid = -1 };

    (void)state;
    domain_forget(NULL, 1);
    assert_int_equal(vif_nodes_add(NULL, 1, &vif), 0);
    assert_int_equal(vif.devid, 1);
    assert_null(find("/xend/1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_golden_subtree, set_up),
        cmocka_unit_test_setup(test_guest_owns_only_its_own, set_up),
        cmocka_unit_test_setup(test_devices_close_before_they_go, set_up),
        cmocka_unit_test_setup(test_a_device_that_no_driver_has_seen, set_up),
        cmocka_unit_test_setup(test_a_device_that_only_the_guest_has_seen, set_up),
        cmocka_unit_test_setup(test_a_device_that_no_driver_could_take, set_up),
        cmocka_unit_test_setup(test_errors_go_with_their_domain, set_up),
        cmocka_unit_test_setup(test_teardown_leaves_nothing, set_up),
        cmocka_unit_test_setup(test_a_taken_number_is_refused, set_up),
        cmocka_unit_test_setup(test_a_card_gets_a_number_of_its_own, set_up),
        cmocka_unit_test_setup(test_a_card_of_a_domain_that_is_not_ours, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
