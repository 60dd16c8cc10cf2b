/* SPDX-License-Identifier: MIT */
/* Clocks: system time since boot, the wall clock, and what guests read from their shared pages. */
#ifndef ASM_TIME_H
#define ASM_TIME_H

#include <xen/types.h>

struct vcpu;
struct domain;

void time_init(void);     /* boot CPU: find a reference clock, calibrate the TSC */
void time_init_cpu(void); /* every other CPU, while the boot CPU is in time_check_warp() */
void time_check_warp(void);

/* System time now. Never runs backwards, on one CPU or across. */
stime_t now(void);

/* This CPU's next timer interrupt; STIME_MAX = none. A time in the past fires at once. */
void timer_hw_set(stime_t deadline);

/* Refresh @v's vcpu_time_info (TSC stamp, scale) for the CPU it runs on. */
void time_update_vcpu(struct vcpu *v);
/* Refresh @d's wall clock in shared info. */
void time_update_wallclock(struct domain *d);
/* Domain0 sets the wall clock (XENPF_settime). */
void time_set_wallclock(u64 secs, u64 nsecs, stime_t at);

/* Wait so long, interrupts as they are. Works from time_init() on; before, it guesses long. */
void delay_us(unsigned int us);

extern u32 cpu_khz;

#endif
