/* SPDX-License-Identifier: MIT */
/*
 * A 32-bit program without a library: getpid by INT 0x80 and by the kernel's own entry (which is
 * SYSENTER or SYSCALL, as the processor has it), thousands of times each, with registers that must
 * survive.
 * Exit status: 0, or the number of the check that failed.
 */
        .code32
        .globl  _start

        .set    NR_exit, 1
        .set    NR_getpid, 20
        .set    AT_SYSINFO, 32
        .set    ROUNDS, 5000

        .macro EXPECT value reg failure
        cmp     \value, \reg
        mov     $\failure, %edi
        jne     end
        .endm

        .macro CHECK_REGISTERS failure
        EXPECT  $0x11111111, %ebx, \failure
        EXPECT  $0x22222222, %ecx, \failure
        EXPECT  $0x33333333, %edx, \failure
        EXPECT  $0x44444444, %esi, \failure
        EXPECT  $0x66666666, %ebp, \failure
        .endm

_start: mov     %esp, %esi      /* argc, argv, 0, environment, 0, auxiliary vector */
        mov     (%esi), %eax
        lea     8(%esi, %eax, 4), %esi
1:      lodsl
        test    %eax, %eax
        jnz     1b
2:      lodsl
        test    %eax, %eax
        mov     $1, %edi
        jz      end
        cmp     $AT_SYSINFO, %eax
        lodsl
        jne     2b
        mov     %eax, entry

        mov     $NR_getpid, %eax
        int     $0x80
        mov     %eax, pid
        mov     $ROUNDS, %eax
        mov     %eax, rounds
        mov     $0x11111111, %ebx
        mov     $0x22222222, %ecx
        mov     $0x33333333, %edx
        mov     $0x44444444, %esi
        mov     $0x66666666, %ebp
3:      mov     $NR_getpid, %eax
        int     $0x80
        EXPECT  pid, %eax, 2
        CHECK_REGISTERS 3
        mov     $NR_getpid, %eax
        call    *entry
        EXPECT  pid, %eax, 4
        CHECK_REGISTERS 5
        decl    rounds
        jnz     3b

        /* A bad address is an error, not a death: write(1, NULL + 16, 1). */
        mov     $4, %eax
        mov     $1, %ebx
        mov     $16, %ecx
        mov     $1, %edx
        call    *entry
        EXPECT  $-14, %eax, 6
        mov     $0, %edi
end:    mov     %edi, %ebx
        mov     $NR_exit, %eax
        int     $0x80

        .bss
entry:  .long   0
pid:    .long   0
rounds: .long   0
        .section .note.GNU-stack, "", @progbits
