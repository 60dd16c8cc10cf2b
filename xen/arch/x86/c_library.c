/* SPDX-License-Identifier: MIT */
/*
 * What the decompression libraries need of a C library. Debian's liblzma, libz and libzstd are
 * linked in as they come, compiled for a Linux process; what they miss is here and in string.c.
 *
 * They run at boot only, on the boot CPU with interrupts off, before any guest exists, and their
 * pages are given back before the first one runs. So what Xen's own code may not do, they may:
 *
 *   vector registers   hold no guest's values yet, and a vcpu's are loaded whole before it runs
 *   the red zone       nobody else uses this stack: an NMI has its own, and a fault is the end
 *   the stack's guard  is read at %fs:0x28, so %fs points at a block of ours meanwhile
 *   constructors       liblzma has one: it chooses a checksum for this CPU
 */
#include <asm/c_library.h>
#include <asm/msr.h>
#include <xen/heap.h>
#include <xen/printk.h>

#define GUARD 0x595e9fbd94fda766 /* any number that data seldom holds */

static const u64 fs_block[6] = {[5] = GUARD}; /* the ABI's place for it: byte 0x28 */

extern void (*constructors_start[])(void), (*constructors_end[])(void);

void c_library_begin(void)
{
    wrmsr(MSR_FS_BASE, (unsigned long)fs_block);
    for (void (**f)(void) = constructors_start; f < constructors_end; f++)
        (*f)();
}

void c_library_end(void)
{
    wrmsr(MSR_FS_BASE, 0);
}

void *malloc(size_t n)
{
    return heap_alloc(n);
}

void *calloc(size_t n, size_t size)
{
    return __builtin_mul_overflow(n, size, &n) ? NULL : heap_alloc(n); /* which clears it */
}

void free(void *p)
{
    heap_free(p);
}

void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
    panic("The stack was overrun while Domain0's kernel was unpacked");
}
