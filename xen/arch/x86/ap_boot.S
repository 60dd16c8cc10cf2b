/* SPDX-License-Identifier: MIT */
/*
 * How every other CPU starts: in real mode, in a copy of ap_trampoline at a page below 1 MiB that
 * the start-up IPI names; then through boot.S's page tables to ap_main on its idle vcpu's stack.
 * Only the real-mode part needs the copy: the image itself is at a known address.
 */
#include <asm/layout.h>
#include <asm/msr.h>

#define PHYS(x) ((x) - IMAGE_VIRT + IMAGE_PHYS)
#define BOOT_CS32 0x18

        .section .rodata, "a", @progbits
        .code16
        .globl  ap_trampoline, ap_trampoline_end
        .balign 16
ap_trampoline:
        cli
        cld
        mov     %cs, %ax
        mov     %ax, %ds
        lgdtl   gdt - ap_trampoline
        mov     $CR0_PE, %eax
        mov     %eax, %cr0
        ljmpl   $BOOT_CS32, $PHYS(ap_start32)
        .balign 4
gdt:
        .word   4 * 8 - 1
        .long   PHYS(boot_gdt)
ap_trampoline_end:

        .section .head, "ax", @progbits
        .code32
ap_start32:
        mov     $PHYS(ap_start64), %esi
        jmp     enter_long_mode

/* ap_stack: address of the stack's struct stack_top, filled in by smp.c. */
        .code64
ap_start64:
        mov     ap_stack(%rip), %rsp
        lea     xen_l4(%rip), %rax
        movabs  $(IMAGE_VIRT - IMAGE_PHYS), %rcx
        sub     %rcx, %rax
        mov     %rax, %cr3
        xor     %ebp, %ebp
        call    ap_main
        ud2

        .section .note.GNU-stack, "", @progbits
