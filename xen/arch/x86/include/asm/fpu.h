/* SPDX-License-Identifier: MIT */
/* The FPU, SSE and AVX state of a vcpu: switched eagerly, by XSAVE or else FXSAVE. */
#ifndef ASM_FPU_H
#define ASM_FPU_H

#include <xen/types.h>

struct arch_vcpu;

#define XCR0_X87  1UL
#define XCR0_SSE  2UL
#define XCR0_AVX  4UL
/* x87, SSE, AVX and the three of AVX-512: all that a guest may have. */
#define XCR0_GUEST 0xe7UL

extern bool cpu_has_tsc_aux;
extern u32 fpu_xstate_size; /* bytes that XSAVE stores with that; 0 = no XSAVE */
extern u64 xcr0_max; /* what this machine offers of XCR0_GUEST; 0 = no XSAVE */

void fpu_init_cpu(void); /* every CPU: CR0, CR4 and XCR0 for guests' use */

void *fpu_alloc(void); /* a page, in its first state; NULL: no memory */
void fpu_save(struct arch_vcpu *a); /* out of this CPU, CR0.TS is clear */
void fpu_load(struct arch_vcpu *a);
/* From a 512-byte FXSAVE image that a builder gave; reserved MXCSR bits cleared. */
void fpu_set_legacy(struct arch_vcpu *a, const void *fxsave);
/* From @n bytes as XSAVE stores them, and the guest's XCR0. 0 or -EINVAL. @a does not run. */
int fpu_set_xstate(struct arch_vcpu *a, u64 xcr0, const void *xsave, size_t n);
/* XSETBV of a guest. 0 or -EINVAL. */
int fpu_set_xcr0(struct arch_vcpu *a, u64 xcr0);

#endif
