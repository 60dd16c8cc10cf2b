/* SPDX-License-Identifier: MIT */
/* What is refused before anything is built: one cause and one remedy each. */
/* SOURCES: tools/xm/preflight.c tools/config/cpu_list.c tools/config/xalloc.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/domain_config.h"
#include "domain/lookup.h"
#include "xm/create.h"
#include "xm/disk_use.h"

/* ---- the machine, as far as it is asked ---- */

static struct {
    int domains;
    bool name_taken, uuid_taken;
    unsigned int cpus;
    uint64_t free_mib;
    char cause[256], remedy[256];
    int errors;
} host;

int xm_error(const struct xm *xm, const char *remedy, const char *format, ...)
{
    va_list args;

    (void)xm;
    va_start(args, format);
    vsnprintf(host.cause, sizeof(host.cause), format, args);
    va_end(args);
    snprintf(host.remedy, sizeof(host.remedy), "%s", remedy ? remedy : "");
    host.errors++;
    return XM_FAILED;
}

int xm_domains(struct xm *xm, struct xen_domctl_getdomaininfo **infos)
{
    (void)xm;
    *infos = NULL;
    return host.domains;
}

int xm_machine(struct xm *xm, struct xen_sysctl_physinfo *info)
{
    (void)xm;
    *info = (struct xen_sysctl_physinfo){ .nr_cpus = host.cpus, .free_pages = host.free_mib * 256 };
    return XM_OK;
}

char *xm_name_of(struct xm *xm, unsigned int domid)
{
    (void)xm;
    (void)domid;
    return strdup("other");
}

int domain_by_name(struct xen *xen, struct xs *xs, const char *name, domid_t *domid)
{
    (void)xen;
    (void)xs;
    (void)name;
    *domid = 7;
    return host.name_taken ? 0 : -ESRCH;
}

int domain_by_uuid(struct xen *xen, const uint8_t uuid[16], domid_t *domid)
{
    (void)xen;
    (void)uuid;
    *domid = 7;
    return host.uuid_taken ? 0 : -ESRCH;
}

int xen_domain_info(struct xen *xen, domid_t domid, struct xen_domctl_getdomaininfo *info)
{
    (void)xen;
    (void)domid;
    (void)info;
    return -ESRCH;
}

int disk_check(struct xs *xs, const struct disk_config *disk, char cause[DISK_CAUSE],
               char remedy[DISK_REMEDY])
{
    (void)xs;
    (void)disk;
    (void)cause;
    (void)remedy;
    return 0;
}

/* ---- the tests ---- */

static struct xm xm;
static struct domain_config config;

static int begin(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    host.domains = 1;
    host.cpus = 2;
    host.free_mib = 100;
    config = (struct domain_config){ .name = "g", .kernel = "/proc/self/status",
                                     .memory_kib = 64 * 1024 };
    return 0;
}

static void refused(const char *cause, const char *remedy)
{
    assert_int_equal(preflight(&xm, &config), XM_FAILED);
    assert_int_equal(host.errors, 1);
    assert_string_equal(host.cause, cause);
    assert_string_equal(host.remedy, remedy);
}

static void what_is_right_passes(void **state)
{
    (void)state;
    host.domains = XEN_FIRST_RESERVED_DOMID - 1;
    assert_int_equal(preflight(&xm, &config), XM_OK);
    assert_int_equal(host.errors, 0);
}

static void domain_ids_end(void **state)
{
    (void)state;
    host.domains = XEN_FIRST_RESERVED_DOMID;
    host.free_mib = 0;          /* the first cause alone is told */
    refused("all 32752 domain ids are in use", "destroy a domain first");
}

static void names_and_uuids_are_unique(void **state)
{
    (void)state;
    host.name_taken = true;
    refused("a domain named \"g\" runs already, with id 7", "choose another: name=...");
    host.name_taken = false;
    host.uuid_taken = true;
    host.errors = 0;
    refused("domain 7 (other) has the same UUID",
            "give the new one another uuid=, or leave it out");
}

static void memory_is_there(void **state)
{
    (void)state;
    config.memory_kib = 97 * 1024;
    assert_int_equal(preflight(&xm, &config), XM_FAILED);
    assert_string_equal(host.cause, "not enough memory: 101 MiB needed, 100 free, 1 missing");
    config.memory_kib = 96 * 1024;
    assert_int_equal(preflight(&xm, &config), XM_OK);
}

static void processors_are_there(void **state)
{
    char *lists[] = { "0-1", "2" };

    (void)state;
    config.cpus = lists;
    config.cpus_count = 1;
    assert_int_equal(preflight(&xm, &config), XM_OK);
    config.cpus_count = 2;
    refused("\"2\" names no CPU of this machine's 2", "for example \"0-3,^1\"");
}

static void files_are_files(void **state)
{
    (void)state;
    config.ramdisk = "/nonexistent/initrd";
    refused("ramdisk /nonexistent/initrd: No such file or directory",
            "correct the path in the configuration");
    config.ramdisk = "/proc";
    host.errors = 0;
    refused("ramdisk /proc is not a regular file", "name the file itself");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_right_passes, begin),
        cmocka_unit_test_setup(domain_ids_end, begin),
        cmocka_unit_test_setup(names_and_uuids_are_unique, begin),
        cmocka_unit_test_setup(memory_is_there, begin),
        cmocka_unit_test_setup(processors_are_there, begin),
        cmocka_unit_test_setup(files_are_files, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
