/* SPDX-License-Identifier: MIT */
/* Every door into a test kernel: boot, exceptions, events, system calls; and those back out. */
#ifndef __ASSEMBLY__
#define __ASSEMBLY__
#endif
#include <public/elfnote.h>
#include <public/features.h>
#include <public/xen.h>

/* The notes by which domain builders recognise and place the image. */
.macro note type:req, value:vararg
    .pushsection .note.Xen, "a", @note
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \value
2:  .balign 4
    .popsection
.endm

note XEN_ELFNOTE_GUEST_OS, .asciz "xenolith-test"
note XEN_ELFNOTE_GUEST_VERSION, .asciz "1"
note XEN_ELFNOTE_LOADER, .asciz "generic"
note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
note XEN_ELFNOTE_VIRT_BASE, .quad VIRT_BASE
note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
note XEN_ELFNOTE_ENTRY, .quad _start
note XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page
note XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables"
note XEN_ELFNOTE_SUPPORTED_FEATURES, .long 1 << XENFEAT_dom0

/* RSI: start_info. RSP: a small stack of the builder's, exchanged for one of ours. */
    .section .text.start, "ax"
    .globl _start
_start:
    cld
    mov $boot_stack_top, %rsp
    mov %rsi, %rdi
    xor %ebp, %ebp
    call guest_main
    ud2

    .text
    .balign 4096
    .globl hypercall_page
hypercall_page:
    .skip 4096

/* long hypercall(nr, a1, a2, a3, a4, a5): through the page, for numbers it has room for. */
    .globl hypercall
hypercall:
    mov %rdi, %rax
    shl $5, %rax
    add $hypercall_page, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    jmp *%rax

/* long hypercall_raw(nr, a1, a2, a3): the instruction itself, for any number. */
    .globl hypercall_raw
hypercall_raw:
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    syscall
    ret

/*
 * Entry. What the hypervisor pushes, from the top of the stack: RCX, R11, an error code for some
 * vectors, then RIP CS RFLAGS RSP SS. Each stub makes of it vector, error code, RIP...
 */
.macro stub vector:req, error=0
    pop %rcx
    pop %r11
    .if \error == 0
    push $0
    .endif
    push $\vector
    jmp enter_c
.endm

    .balign 16
    .globl trap_stubs
trap_stubs: /* 16 bytes apart */
.set i, 0
.rept 32
    .balign 16
    .if i == 8 || (i >= 10 && i <= 14) || i == 17 || i == 21
    stub i, 1
    .else
    stub i
    .endif
    .set i, i + 1
.endr

    .globl soft_stub, event_stub, syscall_stub, failsafe_stub, nmi_stub
soft_stub:                      /* whatever a test hangs on a vector above 31 */
    stub 0x80
event_stub:
    stub 0x101
syscall_stub:
    stub 0x100
nmi_stub:
    stub 0x103
failsafe_stub:                  /* RCX, R11, DS, ES, FS, GS, then the frame */
    pop %rcx
    pop %r11
    add $32, %rsp
    push $0
    push $0x102
    /* fall through */

enter_c:
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %rax
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    cld
    mov %rsp, %rdi
    mov %rsp, %rbp
    and $-16, %rsp
    call trap_entered
    mov %rbp, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rax
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
    add $16, %rsp               /* vector, error code */
    push $0                     /* flags: restore every register */
    jmp hypercall_page + __HYPERVISOR_iret * 32

/*
 * bool try(void (*fn)(void *), void *arg): true if fn returned; false if it faulted, in which
 * case the trap handler resumed at try_faulted with RSP = try_rsp.
 */
    .globl try
try:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    push try_rsp
    mov %rsp, try_rsp
    mov %rdi, %rax
    mov %rsi, %rdi
    sub $8, %rsp
    cld
    call *%rax
    add $8, %rsp
    mov $1, %eax
    jmp 1f
    .globl try_faulted
try_faulted:
    xor %eax, %eax
1:  pop try_rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

/* long user_enter(struct iret_context *): to user mode; returns what user_leave() is given. */
    .globl user_enter
user_enter:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, user_saved_rsp
    lea 24(%rdi), %rsp          /* at .flags; the page's stub pushes RCX, R11 and RAX */
    mov 0(%rdi), %rax
    mov 8(%rdi), %r11
    mov 16(%rdi), %rcx
    mov user_arg, %rdi
    jmp hypercall_page + __HYPERVISOR_iret * 32

    .globl user_leave
user_leave:
    mov %rdi, %rax
    mov user_saved_rsp, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

/* Where a user function returns to: system call 0, leave. */
    .section .user, "axw"
    .globl user_return
user_return:
    mov %rax, %rdi
    xor %eax, %eax
    syscall
    ud2

    .section .bss.page_aligned, "aw", @nobits
    .balign 4096
    .skip 32768
    .globl boot_stack_top
boot_stack_top:
    .skip 16384
    .globl trap_stack_top       /* for entries from user mode */
trap_stack_top:
    .bss
    .balign 8
try_rsp:
    .skip 8
    .globl try_rsp
user_saved_rsp:
    .skip 8

    .section .note.GNU-stack, "", @progbits
