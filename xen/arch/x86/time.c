/* SPDX-License-Identifier: MIT */
/*
 * Clocks.
 *
 * System time is the TSC, scaled to nanoseconds by a factor measured at boot against the HPET,
 * the ACPI timer or the PIT. The factor is one for all CPUs. When a CPU starts, it is checked
 * that its TSC does not run behind; where one does, the TSCs are called unreliable and now()
 * takes care itself that no CPU sees time go backwards.
 *
 * Facts: Intel SDM vol. 3B, 18.17; IA-PC HPET Specification 1.0a; ACPI 6.4, 4.8.3.3; MC146818 and
 * 8254 data sheets; for what guests read, public/xen.h.
 */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <asm/xen_paging.h>
#include <xen/bitops.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/printk.h>

u32 cpu_khz;

/* ns = (ticks << shift) * mul / 2^32, as guests compute it; shift < 0 means to the right. */
static struct {
    u64 tsc_base; /* TSC at system time 0 */
    u32 mul;      /* 0: not calibrated yet */
    s8 shift;
    bool reliable; /* TSCs of all CPUs agree */
} scale = {.reliable = true};

static stime_t latest; /* highest now() so far; only while TSCs are unreliable. Atomic */

/* ---- reference clocks ---- */

struct reference {
    const char *name;
    u64 hz;
    u32 mask; /* of the counter's bits */
    u32 (*read)(void);
};

#define HPET_PERIOD  0x004 /* femtoseconds */
#define HPET_CONFIG  0x010
#define HPET_COUNTER 0x0f0
#define HPET_ENABLE  1
#define FS_PER_S     1000000000000000UL
#define PM_TIMER_HZ  3579545
#define PIT_HZ       1193182

static volatile u32 *hpet;

static u32 hpet_read(void)
{
    return hpet[HPET_COUNTER / 4];
}

static bool hpet_find(struct reference *ref)
{
    hpet = acpi.hpet_address ? iomap(MADDR(acpi.hpet_address), 0x400) : NULL;
    if (!hpet || hpet[HPET_PERIOD / 4] < 100000 || hpet[HPET_PERIOD / 4] > 100000000)
        return false;
    hpet[HPET_CONFIG / 4] |= HPET_ENABLE;
    *ref = (struct reference){"HPET", FS_PER_S / hpet[HPET_PERIOD / 4], UINT32_MAX, hpet_read};
    return true;
}

static u32 pm_timer_read(void)
{
    return inl(acpi.pm_timer_port);
}

static bool pm_timer_find(struct reference *ref)
{
    *ref = (struct reference){"ACPI timer", PM_TIMER_HZ, 0xffffff, pm_timer_read};
    return acpi.pm_timer_port != 0;
}

/* Counter 2, which belongs to the loudspeaker, running free; counts downwards. */
static u32 pit_read(void)
{
    u32 low;

    outb(0x80, 0x43); /* latch */
    low = inb(0x42);
    return -(low | (u32)inb(0x42) << 8);
}

static bool pit_find(struct reference *ref)
{
    outb((inb(0x61) & ~2) | 1, 0x61); /* gate open, sound off */
    outb(0xb4, 0x43);                 /* both bytes, rate generator */
    outb(0, 0x42);
    outb(0, 0x42);
    *ref = (struct reference){"PIT", PIT_HZ, 0xffff, pit_read};
    return true;
}

/* ---- calibration ---- */

/* a * b / c without overflow on the way; the result must fit. */
static u64 mul_div(u64 a, u64 b, u64 c)
{
    u64 high, low;

    __asm__("mulq %3" : "=a"(low), "=d"(high) : "a"(a), "r"(b) : "cc");
    __asm__("divq %2" : "+a"(low), "+d"(high) : "r"(c) : "cc");
    return low;
}

#define CALIBRATION_MS 50

static u64 rdtsc_ordered(void)
{
    __asm__ __volatile__("lfence" ::: "memory");
    return rdtsc();
}

/* TSC and @ref at one moment: the closest of some tries, since firmware or a host may cut in. */
static void read_both(const struct reference *ref, u64 *tsc, u32 *ticks)
{
    u64 best = UINT64_MAX;

    for (unsigned int i = 0; i < 16; i++) {
        u64 before = rdtsc_ordered();
        u32 t = ref->read();
        u64 took = rdtsc_ordered() - before;

        if (took < best) {
            best = took;
            *tsc = before + took / 2;
            *ticks = t;
        }
    }
}

static u64 measure_tsc_hz(const struct reference *ref)
{
    u64 wanted = ref->hz * CALIBRATION_MS / 1000, ticks = 0, tsc0, tsc1;
    u32 last, next;

    read_both(ref, &tsc0, &last);
    do { /* often enough that a narrow counter does not wrap unseen */
        read_both(ref, &tsc1, &next);
        ticks += (next - last) & ref->mask;
        last = next;
    } while (ticks < wanted);
    return mul_div(tsc1 - tsc0, ref->hz, ticks);
}

/* 2^31 <= mul < 2^32 keeps all the precision there is. */
static void set_scale(u64 hz)
{
    u64 per_tick = SECS(1);
    s8 shift = 0;

    while (per_tick >= hz) {
        per_tick >>= 1;
        shift++;
    }
    while (per_tick < hz / 2) {
        hz >>= 1;
        shift--;
    }
    scale.shift = shift;
    scale.mul = mul_div(per_tick, 1UL << 32, hz);
}

static s64 ticks_to_ns(u64 ticks)
{
    ticks = scale.shift >= 0 ? ticks << scale.shift : ticks >> -scale.shift;
    return (s64)(((unsigned __int128)ticks * scale.mul) >> 32);
}

stime_t now(void)
{
    stime_t t = ticks_to_ns(rdtsc_ordered() - scale.tsc_base), last;

    if (likely(scale.reliable))
        return scale.mul ? t : 0;
    last = atomic_read(&latest);
    while (t > last)
        if (atomic_cas(&latest, &last, t))
            return t;
    return last;
}

void delay_us(unsigned int us)
{
    stime_t end = now() + MICROS(us);

    if (!scale.mul) {
        while (us--)
            inb(0x80); /* takes about 1 us on any PC */
        return;
    }
    while (now() < end)
        cpu_relax();
}

void timer_hw_set(stime_t deadline)
{
    apic_timer_set(deadline == STIME_MAX ? 0 : (u64)MAX(deadline - now(), NS(1)));
}

/* ---- the wall clock ---- */

#define CMOS_INDEX  0x70
#define CMOS_DATA   0x71
#define RTC_STATUSA 0x0a
#define RTC_STATUSB 0x0b
#define RTC_UPDATE  0x80 /* in A */
#define RTC_24H     0x02 /* in B */
#define RTC_BINARY  0x04

/* Covers wallclock_ns, and its copy in a domain's shared page while it is written. */
static spinlock_t wallclock_lock = SPINLOCK(RANK_TIMER);
static u64 wallclock_ns; /* since 1970 UTC, at system time 0 */

static u8 cmos_read(u8 reg)
{
    outb(reg, CMOS_INDEX);
    return inb(CMOS_DATA);
}

struct rtc {
    u8 second, minute, hour, day, month, year, century;
};

static struct rtc rtc_read(void)
{
    for (unsigned int i = 0; i < 10000 && cmos_read(RTC_STATUSA) & RTC_UPDATE; i++)
        cpu_relax();
    return (struct rtc){
        .second = cmos_read(0),
        .minute = cmos_read(2),
        .hour = cmos_read(4),
        .day = cmos_read(7),
        .month = cmos_read(8),
        .year = cmos_read(9),
        .century = acpi.century_register ? cmos_read(acpi.century_register & 0x7f) : 0,
    };
}

static u8 from_bcd(u8 v)
{
    return (v >> 4) * 10 + (v & 15);
}

/* Days from 1970-01-01: years counted from March, so that the leap day comes last. */
static u64 days_since_1970(unsigned int y, unsigned int m, unsigned int d)
{
    y -= m <= 2;
    m = (m + 9) % 12;
    return 365ul * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d - 1 - 719468;
}

static u64 rtc_seconds(void)
{
    struct rtc r, again = rtc_read();
    u8 status = cmos_read(RTC_STATUSB), pm;
    unsigned int year;

    do { /* until two readings agree: none was caught in the middle of a change */
        r = again;
        again = rtc_read();
    } while (r.second != again.second || r.minute != again.minute || r.hour != again.hour);
    pm = r.hour & 0x80;
    r.hour &= 0x7f;
    if (!(status & RTC_BINARY)) {
        u8 *fields = &r.second;

        for (unsigned int i = 0; i < sizeof(r); i++)
            fields[i] = from_bcd(fields[i]);
    }
    if (!(status & RTC_24H))
        r.hour = r.hour % 12 + (pm ? 12 : 0);
    year = r.year + (r.century >= 19 && r.century < 30 ? r.century * 100u : 2000u);
    return days_since_1970(year, r.month, r.day) * 86400 + r.hour * 3600u + r.minute * 60u +
           r.second;
}

/* A reader sees an odd version, or another one afterwards, and reads again. */
static void begin_update(u32 *version)
{
    WRITE_ONCE(*version, (*version + 1) | 1);
    smp_wmb();
}

static void end_update(u32 *version)
{
    smp_wmb();
    WRITE_ONCE(*version, *version + 1);
}

void time_update_wallclock(struct domain *d)
{
    struct shared_info *si = d->shared_info;
    u64 ns, seconds;

    if (!si)
        return;
    spin_lock(&wallclock_lock);
    ns = wallclock_ns + d->time_offset_seconds * (u64)SECS(1);
    seconds = ns / SECS(1);
    begin_update(&si->wc_version);
    si->wc_sec = seconds;
    si->wc_sec_hi = seconds >> 32;
    si->wc_nsec = ns % SECS(1);
    end_update(&si->wc_version);
    spin_unlock(&wallclock_lock);
}

void time_set_wallclock(u64 secs, u64 nsecs, stime_t at)
{
    struct domain *d;

    spin_lock(&wallclock_lock);
    wallclock_ns = secs * SECS(1) + nsecs - at;
    spin_unlock(&wallclock_lock);
    for_each_domain(d)
        time_update_wallclock(d);
}

/* ---- what a vcpu reads ---- */

/* What a guest reads changes when the vcpu gets a new record, or comes from another machine. */
void time_update_vcpu(struct vcpu *v)
{
    struct vcpu_time_info *t = &v->info->time;
    u8 flags = scale.reliable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0;

    if (v->domain->is_idle ||
        (t->tsc_timestamp == scale.tsc_base && t->system_time == 0 && t->flags == flags &&
         t->tsc_to_system_mul == scale.mul && t->tsc_shift == scale.shift && !(t->version & 1)))
        return;
    begin_update(&t->version);
    t->tsc_timestamp = scale.tsc_base;
    t->system_time = 0;
    t->tsc_to_system_mul = scale.mul;
    t->tsc_shift = scale.shift;
    t->flags = flags;
    end_update(&t->version);
}

/* ---- bringing it up ---- */

/* Its rate does not follow the CPU's. A host that we are a guest of ensures that without saying. */
static bool tsc_is_constant(void)
{
    return cpuid(1, 0).c & BIT(31) ||
           (cpuid(0x80000000, 0).a >= 0x80000007 && cpuid(0x80000007, 0).d & BIT(8));
}

void time_init(void)
{
    struct reference ref;
    u64 hz;

    if (!hpet_find(&ref) && !pm_timer_find(&ref))
        pit_find(&ref);
    hz = measure_tsc_hz(&ref);
    cpu_khz = hz / 1000;
    set_scale(hz);
    scale.tsc_base = rdtsc_ordered();
    wallclock_ns = rtc_seconds() * SECS(1) - now();
    printk(XLOG_INFO "TSC: %u.%03u MHz by the %s\n", cpu_khz / 1000, cpu_khz % 1000, ref.name);
    if (!tsc_is_constant()) {
        scale.reliable = false;
        printk(XLOG_WARN "The TSC's rate varies on this CPU: time will drift\n");
    }
    apic_timer_init();
}

/* Boot CPU and new CPU take turns to read; a value below the other's last shows a TSC behind. */
#define WARP_ROUNDS 2000

static struct {
    spinlock_t lock; /* covers last and warp */
    u64 last, warp;
    unsigned int arrived; /* atomic */
} warp = {.lock = SPINLOCK(RANK_TIMER)};

void time_check_warp(void)
{
    atomic_inc(&warp.arrived);
    while (atomic_read(&warp.arrived) & 1)
        cpu_relax();
    for (unsigned int i = 0; i < WARP_ROUNDS; i++) {
        u64 t;

        spin_lock(&warp.lock);
        t = rdtsc_ordered();
        if (t < warp.last)
            warp.warp = MAX(warp.warp, warp.last - t);
        warp.last = t;
        spin_unlock(&warp.lock);
    }
    if (warp.warp && scale.reliable) {
        scale.reliable = false;
        printk(XLOG_WARN "TSC of a CPU is %lu ticks behind: time is kept monotonic in software\n",
               (unsigned long)warp.warp);
    }
}

void time_init_cpu(void)
{
    time_check_warp();
    apic_timer_init_cpu();
}

static void show_time(void)
{
    printk("system time %ld ns, TSC %lu, %u kHz, %s\n", now(), rdtsc(), cpu_khz,
           scale.reliable ? "reliable" : "kept monotonic in software");
}
DEBUG_KEY('t', "clocks", show_time);
