/* SPDX-License-Identifier: MIT */
/* The machine and the hypervisor: version, memory, CPUs, console ring, debug keys. */
#include "libxen/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xen/version.h>

static long version_op(struct xen *xen, unsigned int cmd, void *arg, size_t size)
{
    return xen_hypercall_struct(xen, __HYPERVISOR_xen_version, cmd, arg, size);
}

int xen_host_version(struct xen *xen, struct xen_version *v)
{
    struct xen_compile_info compile = { 0 };
    struct xen_platform_parameters platform = { 0 };
    long number = version_op(xen, XENVER_version, NULL, 0);

    if (number < 0)
        return (int)number;
    memset(v, 0, sizeof(*v));
    v->major = (unsigned int)number >> 16;
    v->minor = number & 0xffff;
    version_op(xen, XENVER_extraversion, v->extra, sizeof(v->extra));
    version_op(xen, XENVER_capabilities, v->caps, sizeof(v->caps));
    version_op(xen, XENVER_changeset, v->changeset, sizeof(v->changeset));
    version_op(xen, XENVER_commandline, v->cmdline, sizeof(v->cmdline));
    version_op(xen, XENVER_platform_parameters, &platform, sizeof(platform));
    version_op(xen, XENVER_compile_info, &compile, sizeof(compile));
    v->virt_start = platform.virt_start;
    v->page_size = (unsigned int)version_op(xen, XENVER_pagesize, NULL, 0);
    memcpy(v->compiler, compile.compiler, sizeof(v->compiler));
    memcpy(v->compiled_by, compile.compile_by, sizeof(v->compiled_by));
    memcpy(v->compile_domain, compile.compile_domain, sizeof(v->compile_domain));
    memcpy(v->compile_date, compile.compile_date, sizeof(v->compile_date));
    return 0;
}

int xen_host_build_id(struct xen *xen, char *text, size_t size)
{
    struct { uint32_t len; unsigned char bytes[64]; } id = { .len = sizeof(id.bytes) };
    long i, n = version_op(xen, XENVER_build_id, &id, sizeof(id));

    if (n < 0)
        return (int)n;
    if (n > (long)sizeof(id.bytes) || size < (size_t)n * 2 + 1)
        return -ENOBUFS;
    for (i = 0; i < n; i++)
        sprintf(text + 2 * i, "%02x", id.bytes[i]);
    text[2 * n] = '\0';
    return 0;
}

int xen_host_physinfo(struct xen *xen, struct xen_sysctl_physinfo *info)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
    int err = xen_sysctl(xen, &op);

    if (!err)
        *info = op.u.physinfo;
    return err;
}

int xen_host_cpu_idle(struct xen *xen, uint64_t *idle_ns, unsigned int max)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_getcpuinfo };
    size_t bytes = max * sizeof(struct xen_sysctl_cpuinfo);
    struct xen_sysctl_cpuinfo *buf = xen_buf_alloc(xen, bytes);
    unsigned int i;
    int ret;

    if (!buf)
        return -ENOMEM;
    op.u.getcpuinfo.max_cpus = max;
    set_xen_guest_handle(op.u.getcpuinfo.info, buf);
    ret = xen_sysctl(xen, &op);
    if (!ret) {
        ret = (int)op.u.getcpuinfo.nr_cpus;
        for (i = 0; i < op.u.getcpuinfo.nr_cpus && i < max; i++)
            idle_ns[i] = buf[i].idletime;
    }
    xen_buf_free(xen, buf, bytes);
    return ret;
}

int xen_host_cpu_topology(struct xen *xen, struct xen_sysctl_cputopo *topo, unsigned int max)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_cputopoinfo };
    size_t bytes = max * sizeof(*topo);
    struct xen_sysctl_cputopo *buf = xen_buf_alloc(xen, bytes);
    unsigned int n;
    int ret;

    if (!buf)
        return -ENOMEM;
    op.u.cputopoinfo.num_cpus = max;
    set_xen_guest_handle(op.u.cputopoinfo.cputopo, buf);
    ret = xen_sysctl(xen, &op);
    if (!ret) {
        n = op.u.cputopoinfo.num_cpus < max ? op.u.cputopoinfo.num_cpus : max;
        memcpy(topo, buf, n * sizeof(*topo));
        ret = (int)n;
    }
    xen_buf_free(xen, buf, bytes);
    return ret;
}

int xen_host_console_read(struct xen *xen, char *text, size_t size, int clear, int incremental,
                          uint32_t *index)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_readconsole };
    char *buf = xen_buf_alloc(xen, size);
    int ret;

    if (!buf)
        return -ENOMEM;
    op.u.readconsole.clear = clear;
    op.u.readconsole.incremental = incremental;
    op.u.readconsole.index = index ? *index : 0;
    op.u.readconsole.count = (uint32_t)size;
    set_xen_guest_handle(op.u.readconsole.buffer, buf);
    ret = xen_sysctl(xen, &op);
    if (!ret) {
        ret = (int)op.u.readconsole.count;
        memcpy(text, buf, op.u.readconsole.count);
        if (index)
            *index = op.u.readconsole.index;
    }
    xen_buf_free(xen, buf, size);
    return ret;
}

int xen_host_debug_keys(struct xen *xen, const char *keys)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_debug_keys };
    size_t n = strlen(keys);
    char *buf = xen_buf_alloc(xen, n);
    int err;

    if (!buf)
        return -ENOMEM;
    memcpy(buf, keys, n);
    set_xen_guest_handle(op.u.debug_keys.keys, buf);
    op.u.debug_keys.nr_keys = (uint32_t)n;
    err = xen_sysctl(xen, &op);
    xen_buf_free(xen, buf, n);
    return err;
}
