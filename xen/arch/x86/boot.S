/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader's 32-bit entry to the first line of C.
 *
 * Loaded by multiboot 1 or 2 at IMAGE_PHYS, paging off. Facts: Multiboot Specification 0.6.96
 * and 2.0; Intel SDM vol. 3A, 10.8.5 (entering IA-32e mode).
 *
 * Page tables used until xen_paging.c has built the real ones, and again by every other CPU on
 * its way up:
 *
 *   slot 0 and slot 262 (direct map)   the first 4 GiB, 2 MiB pages
 *   slot 261 (IMAGE_VIRT)              32 MiB from IMAGE_PHYS
 */
#include <asm/layout.h>
#include <asm/msr.h>

#define PHYS(x) ((x) - IMAGE_VIRT + IMAGE_PHYS)

#define BOOT_CS64 0x08
#define BOOT_DS   0x10
#define BOOT_CS32 0x18

#define MB1_MAGIC 0x1badb002
#define MB1_FLAGS 0x00010003 /* align modules, memory map, addresses below are valid */
#define MB2_MAGIC 0xe85250d6

        .section .head, "ax", @progbits
        .code32

        .balign 8
mb1_header:
        .long   MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)
        .long   PHYS(mb1_header)
        .long   PHYS(image_start)
        .long   PHYS(image_load_end)
        .long   PHYS(image_end)
        .long   PHYS(boot_start)

        .balign 8
mb2_header:
        .long   MB2_MAGIC, 0, mb2_header_end - mb2_header
        .long   -(MB2_MAGIC + (mb2_header_end - mb2_header))
        .balign 8
        .short  3, 0            /* entry address */
        .long   12, PHYS(boot_start)
        .balign 8
        .short  6, 1            /* page-aligned modules */
        .long   8
        .balign 8
        .short  4, 1            /* text console is fine */
        .long   12, 2
        .balign 8
        .short  5, 1            /* a frame buffer too, of any size: UEFI has nothing else */
        .long   20, 0, 0, 0
        .balign 8
        .short  0, 0            /* end */
        .long   8
mb2_header_end:

/* %eax: the loader's magic, %ebx: its information. */
        .globl  boot_start
boot_start:
        cli
        cld
        mov     %eax, %ebp
        mov     $PHYS(bss_start), %edi
        mov     $PHYS(image_end), %ecx
        sub     %edi, %ecx
        shr     $2, %ecx
        xor     %eax, %eax
        rep stosl
        mov     $PHYS(boot_stack + STACK_SIZE), %esp

        mov     $PHYS(no_long_mode), %esi
        mov     $0x80000000, %eax
        push    %ebx
        cpuid
        cmp     $0x80000001, %eax
        jb      boot_refuse
        mov     $0x80000001, %eax
        cpuid
        pop     %ebx
        bt      $29, %edx       /* long mode */
        jnc     boot_refuse
        mov     $PHYS(no_nx), %esi
        bt      $20, %edx
        jnc     boot_refuse

        mov     $PHYS(boot_start64), %esi
        lgdt    PHYS(boot_gdt_32)
        ljmp    $BOOT_CS32, $PHYS(enter_long_mode)

/* Every CPU: 32-bit protected mode without paging, boot_gdt loaded; goes to %esi in long mode. */
        .globl  enter_long_mode
enter_long_mode:
        mov     $BOOT_DS, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        xor     %eax, %eax
        mov     %eax, %fs
        mov     %eax, %gs
        mov     $CR4_PAE, %eax
        mov     %eax, %cr4
        mov     $PHYS(boot_l4), %eax
        mov     %eax, %cr3
        mov     $MSR_EFER, %ecx
        rdmsr
        or      $(EFER_LME | EFER_NX | EFER_SCE), %eax
        wrmsr
        mov     $(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
        mov     %eax, %cr0
        ljmp    $BOOT_CS64, $PHYS(long_mode)

        .code64
long_mode:
        movabs  $(IMAGE_VIRT - IMAGE_PHYS), %rax
        mov     %esi, %esi
        add     %rax, %rsi
        jmp     *%rsi

boot_start64:
        lea     (boot_stack + STACK_SIZE - 16)(%rip), %rsp
        lea     cpus(%rip), %rax
        mov     %rax, (%rsp)    /* stack_top.cpu */
        lgdt    boot_gdt_64(%rip)
        mov     %ebp, %edi
        mov     %ebx, %esi
        xor     %ebp, %ebp      /* ends the chain of frames for show_trace() */
        call    start_xen
        ud2

/* %esi: text, to the first serial port and the VGA screen; then stop. */
        .code32
boot_refuse:
        mov     $0xb8000, %edi
1:      lodsb
        test    %al, %al
        jz      4f
        mov     $0x07, %ah
        stosw
        mov     %al, %bl
        mov     $0x3fd, %edx
        mov     $100000, %ecx
2:      in      %dx, %al
        test    $0x20, %al
        loopz   2b
        mov     %bl, %al
        mov     $0x3f8, %edx
        out     %al, %dx
        jmp     1b
4:      hlt
        jmp     4b

        .section .rodata, "a", @progbits
no_long_mode:
        .asciz  "Xenolith: this CPU has no 64-bit mode (QEMU: use -cpu max or qemu64).\r\n"
no_nx:
        .asciz  "Xenolith: this CPU has no no-execute bit, or the firmware has disabled it.\r\n"

        .section .data, "aw", @progbits
        .balign 16
        .globl  boot_gdt
boot_gdt:
        .quad   0
        .quad   0x00af9b000000ffff /* BOOT_CS64 */
        .quad   0x00cf93000000ffff /* BOOT_DS */
        .quad   0x00cf9b000000ffff /* BOOT_CS32 */
boot_gdt_end:
boot_gdt_32:
        .word   boot_gdt_end - boot_gdt - 1
        .long   PHYS(boot_gdt)
boot_gdt_64:
        .word   boot_gdt_end - boot_gdt - 1
        .quad   boot_gdt

        .section .data.page_aligned, "aw", @progbits
        .balign 4096
        .globl  boot_l4
boot_l4:
        .quad   PHYS(boot_l3_low) + 3
        .fill   260, 8, 0
        .quad   PHYS(boot_l3_image) + 3
        .quad   PHYS(boot_l3_low) + 3
        .fill   249, 8, 0
boot_l3_low:
        .quad   PHYS(boot_l2_low) + 3
        .quad   PHYS(boot_l2_low) + 0x1003
        .quad   PHYS(boot_l2_low) + 0x2003
        .quad   PHYS(boot_l2_low) + 0x3003
        .fill   508, 8, 0
boot_l3_image:
        .fill   (IMAGE_VIRT >> 30) & 511, 8, 0
        .quad   PHYS(boot_l2_image) + 3
        .fill   511 - ((IMAGE_VIRT >> 30) & 511), 8, 0
boot_l2_image:
        .set    address, IMAGE_PHYS
        .rept   16
        .quad   address + 0x83
        .set    address, address + 0x200000
        .endr
        .fill   496, 8, 0
boot_l2_low:
        .set    address, 0
        .rept   2048
        .quad   address + 0x83
        .set    address, address + 0x200000
        .endr

/* How every other CPU starts: in real mode, in a copy of ap_trampoline at a page below 1 MiB; then
 * by the page tables above to ap_main on its idle vcpu's stack. Only real mode needs the copy. */
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
