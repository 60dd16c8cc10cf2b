/* SPDX-License-Identifier: MIT */
/* hello: the notes that make it a PV kernel, and its three entry points. */
#ifndef __ASSEMBLY__
#define __ASSEMBLY__
#endif
#include <public/elfnote.h>
#include <public/features.h>
#include <public/xen.h>

.macro note type:req, value:vararg
    .pushsection .note.Xen, "a", @note
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \value
2:  .balign 4
    .popsection
.endm

/* Where pfn 0 is mapped, where to start, where to put the hypercall stubs; and what we speak. */
note XEN_ELFNOTE_VIRT_BASE, .quad VIRT_BASE
note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
note XEN_ELFNOTE_ENTRY, .quad _start
note XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page
note XEN_ELFNOTE_GUEST_OS, .asciz "hello"
note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
note XEN_ELFNOTE_LOADER, .asciz "generic"
note XEN_ELFNOTE_SUPPORTED_FEATURES, .long 1 << XENFEAT_dom0

/* Boot: RSI holds the address of start_info. */
    .section .text.start, "ax"
    .globl _start
_start:
    cld
    mov $stack_top, %rsp
    mov %rsi, %rdi
    xor %ebp, %ebp
    call hello
    ud2

    .text
    .balign 4096
    .globl hypercall_page
hypercall_page:
    .skip 4096

/* long hypercall(nr, a, b, c, d): C's arguments moved to where the ABI wants them. */
    .globl hypercall
hypercall:
    mov %rdi, %rax
    shl $5, %rax
    add $hypercall_page, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    jmp *%rax

/*
 * Events. The hypervisor has pushed RCX and R11 below RIP CS RFLAGS RSP SS. We save what C may
 * change and return by the iret call, whose stub wants a word of flags below RIP.
 */
    .globl event_entry
event_entry:
    pop %rcx
    pop %r11
    push %rax
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbp
    mov %rsp, %rbp
    and $-16, %rsp
    cld
    call events
    mov %rbp, %rsp
    pop %rbp
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rax
    push $0                     /* restore all registers */
    jmp hypercall_page + __HYPERVISOR_iret * 32

/* Faults we have no use for: say so and stop. */
    .globl trap_entry
trap_entry:
    and $-16, %rsp
    call trapped

    .bss
    .balign 4096
    .skip 16384
stack_top:

    .section .note.GNU-stack, "", @progbits
