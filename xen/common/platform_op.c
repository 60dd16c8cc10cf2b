/* SPDX-License-Identifier: MIT */
/* The platform_op hypercall: what Domain0, as the machine's operating system, tells and asks. */
#include <asm/msr.h>
#include <asm/reboot.h>
#include <asm/time.h>
#include <public/arch-x86/xen-mca.h>
#include <public/platform.h>
#include <xen/bitops.h>
#include <xen/domain.h>
#include <xen/guest_copy.h>
#include <xen/hypercall.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/string.h>

static u32 last_cpu(void)
{
    return count_bits(cpu_online_map) - 1;
}

static long set_time(u64 secs, u64 nsecs, u64 at)
{
    if (nsecs >= 1000000000)
        return -EINVAL;
    time_set_wallclock(secs, nsecs, at);
    return 0;
}

/* The BIOS was asked nothing while booting: only the keyboard has an answer, "no shift key". */
static long firmware_info(struct xenpf_firmware_info *f)
{
    switch (f->type) {
    case XEN_FW_KBD_SHIFT_FLAGS:
        if (f->index != 0)
            return -ESRCH;
        f->u.kbd_shift_flags = 0;
        return 0;
    case XEN_FW_DISK_INFO:
    case XEN_FW_DISK_MBR_SIGNATURE:
    case XEN_FW_VBEDDC_INFO:
    case XEN_FW_EFI_INFO:
        return -ESRCH;
    }
    return -EINVAL;
}

static long acpi_sleep(const struct xenpf_enter_acpi_sleep *s)
{
    return s->flags & XENPF_ACPI_SLEEP_EXTENDED
               ? -EOPNOTSUPP
               : acpi_enter_sleep(s->sleep_state, s->val_a, s->val_b);
}

static long idle_times(struct xenpf_getidletime *g)
{
    u32 n = MIN(g->cpumap_nr_cpus, (u32)NR_CPUS), bytes = DIV_UP(n, 8);
    u64 map = 0;

    if (copy_in_bytes(&map, GPTR(g->cpumap_bitmap.addr), bytes))
        return -EFAULT;
    map &= cpu_online_map;
    for (u32 cpu = 0; cpu < n; cpu++) {
        u64 idle;

        if (!cpumask_test(cpu, map))
            continue;
        idle = cpu_idle_time(cpu);
        if (copy_out(g->idletime, cpu, &idle, 1))
            return -EFAULT;
    }
    g->now = now();
    return copy_out_bytes(GPTR(g->cpumap_bitmap.addr), &map, bytes);
}

static long cpu_info(struct xenpf_pcpuinfo *p)
{
    const struct cpu *c;

    p->max_present = last_cpu();
    if (p->xen_cpuid > p->max_present) {
        p->flags = XEN_PCPU_FLAGS_INVALID;
        return 0;
    }
    c = &cpus[p->xen_cpuid];
    p->apic_id = c->apic_id;
    p->acpi_id = c->acpi_id;
    p->flags = XEN_PCPU_FLAGS_ONLINE;
    return 0;
}

/* Family, model and stepping as CPUID leaf 1 encodes them; all CPUs are taken to be alike. */
static long cpu_version(struct xenpf_pcpu_version *v)
{
    struct cpuid_regs r = cpuid(0, 0);

    if (v->xen_cpuid > last_cpu())
        return -EINVAL;
    v->max_present = last_cpu();
    memcpy(v->vendor_id, (const u32[]){r.b, r.d, r.c}, 12);
    r = cpuid(1, 0);
    v->family = r.a >> 8 & 0xf;
    v->model = r.a >> 4 & 0xf;
    v->stepping = r.a & 0xf;
    if (v->family == 6 || v->family == 15)
        v->model += (r.a >> 16 & 0xf) << 4;
    if (v->family == 15)
        v->family += r.a >> 20 & 0xff;
    return 0;
}

/* The caller asks for one after the other; a number that does not grow is the end. */
static long get_symbol(struct xenpf_symdata *s)
{
    unsigned long addr;
    const char *name = symbol_get(s->symnum, &addr);
    u32 room = s->namelen;

    s->namelen = 0;
    if (!name)
        return 0;
    s->namelen = strlen(name) + 1;
    s->address = addr;
    s->type = 't';
    s->symnum++;
    return copy_out_bytes(GPTR(s->name.addr), name, MIN(room, s->namelen));
}

static long run(struct xen_platform_op *op)
{
    switch (op->cmd) {
    case XENPF_settime32:
        return set_time(op->u.settime32.secs, op->u.settime32.nsecs, op->u.settime32.system_time);
    case XENPF_settime64:
        if (op->u.settime64.mbz)
            return -EINVAL;
        return set_time(op->u.settime64.secs, op->u.settime64.nsecs, op->u.settime64.system_time);
    case XENPF_platform_quirk:
        return 0;
    case XENPF_firmware_info:
        return firmware_info(&op->u.firmware_info);
    case XENPF_enter_acpi_sleep:
        return acpi_sleep(&op->u.enter_acpi_sleep);
    case XENPF_getidletime:
        return idle_times(&op->u.getidletime);
    case XENPF_set_processor_pminfo: /* the idle loop's and the firmware's business here */
        return op->u.set_pminfo.type <= XEN_PM_PDC ? 0 : -EINVAL;
    case XENPF_get_cpuinfo:
        return cpu_info(&op->u.pcpu_info);
    case XENPF_get_cpu_version:
        return cpu_version(&op->u.pcpu_version);
    case XENPF_get_symbol:
        return get_symbol(&op->u.symdata);
    case XENPF_read_memtype:
        return -EINVAL; /* no such register: none is offered */
    case XENPF_add_memtype:
    case XENPF_del_memtype:
    case XENPF_microcode_update:
    case XENPF_efi_runtime_call:
    case XENPF_change_freq:
    case XENPF_cpu_online:
    case XENPF_cpu_offline:
    case XENPF_cpu_hotadd:
    case XENPF_mem_hotadd:
    case XENPF_core_parking:
    case XENPF_resource_op:
        return -EOPNOTSUPP;
    }
    return -ENOSYS;
}

long do_platform_op(unsigned long arg)
{
    struct xen_platform_op op;
    long rc;

    if (!current_domain->privileged)
        return -EPERM;
    if (copy_in_arg(&op, arg))
        return -EFAULT;
    if (op.interface_version != XENPF_INTERFACE_VERSION)
        return -EACCES;
    rc = run(&op);
    return !rc && copy_out_arg(arg, &op) ? -EFAULT : rc;
}

/* Xen itself stops on a machine check, so none is ever there to fetch. */
long do_mca(unsigned long arg)
{
    struct xen_mc mc;

    if (!current_domain->privileged)
        return -EPERM;
    if (copy_in_arg(&mc, arg))
        return -EFAULT;
    if (mc.interface_version != XEN_MCA_INTERFACE_VERSION)
        return -EACCES;
    switch (mc.cmd) {
    case XEN_MC_physcpuinfo:
        mc.u.mc_physcpuinfo.ncpus = 0;
        return copy_out_arg(arg, &mc);
    }
    return -ENOSYS;
}
