/* SPDX-License-Identifier: MIT */
/*
 * Every door into Xen and back out: save, call C, restore.
 *
 * All entries build a struct regs (asm/regs.h) and call C with its address:
 *
 *   rsp0 ->  stack_top          (which CPU)
 *            ss                 \
 *            rsp                 | pushed by the CPU, or by hand for SYSCALL and SYSENTER,
 *            rflags              | which save none of it
 *            cs                  |
 *            rip                /
 *            vector:error_code  one quadword
 *            rdi ... r15        SAVE_REGS
 *   rsp  ->
 *
 * Entered from a guest, the frame is at the very top of the current vcpu's stack and the way out
 * is exit_to_guest. Entered from Xen (an interrupt in an open window, or a fault that has a
 * fix-up), it is deeper and the way out is a plain IRET. Interrupts are off throughout.
 */
#include <asm/asm_offsets.h>
#include <asm/layout.h>
#include <asm/regs.h>
#include <asm/traps.h>

/* Flags that no guest runs with. */
#define UNSAFE_FLAGS (FLAG_IOPL | FLAG_NT | FLAG_VM | FLAG_VIF | FLAG_VIP)

        .set    EFAULT, 14
        .set    ENOSYS, 38
        .set    ERESTART, 85

        .section .text.entry, "ax", @progbits

        .macro SAVE_REGS
        .irp    reg, rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
        push    %\reg
        .endr
        xor     %ebp, %ebp      /* ends the chain of frames for show_trace() */
        .endm

        .macro RESTORE_REGS
        .irp    reg, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi
        pop     %\reg
        .endr
        .endm

        .macro FUNCTION name
        .globl  \name
        .type   \name, @function
        .balign 16
\name:
        .endm

/* The instruction at \from may fault on the guest's account: go on at \to then. */
        .macro FIXUP from to
        .section .extable, "a"
        .balign 4
        .long   \from - .
        .long   \to - .
        .previous
        .endm

/* ---- exceptions and interrupts ---- */

FUNCTION entry_common
        SAVE_REGS
        cld
        mov     %rsp, %rdi
        testb   $3, REGS_cs(%rsp)
        jz      entry_from_xen
        call    trap_from_guest
        jmp     exit_to_guest

entry_from_xen:
        call    trap_from_xen
        RESTORE_REGS
        add     $8, %rsp        /* vector:error_code */
        iretq

/* NMI, #DF, #MC, #DB arrive on a stack of the CPU's own. From a guest, move the frame to the vcpu's
 * stack, where it must be for the vcpu to be switched; from Xen, stay. */
FUNCTION entry_ist
        SAVE_REGS
        cld
        mov     %rsp, %rdi
        testb   $3, REGS_cs(%rsp)
        jz      entry_from_xen
        mov     %rsp, %rsi
        or      $(STACK_SIZE - 1), %rdi
        mov     (1 - STACK_TOP_SIZE)(%rdi), %rdi /* stack_top.cpu */
        mov     CPU_rsp0(%rdi), %rdi
        sub     $REGS_SIZE, %rdi
        mov     %rdi, %rsp
        mov     $(REGS_SIZE / 8), %ecx
        rep movsq
        mov     %rsp, %rdi
        call    trap_from_guest
        jmp     exit_to_guest

/* One stub a vector, STUB_SIZE apart; those for which the CPU pushes no error code push 0. */
        .macro STUB vector common
        .balign 16
        .if \vector > 31 || ((1 << (\vector & 31)) & 0x27d00) == 0
        pushq   $0
        .endif
        movl    $\vector, 4(%rsp)
        jmp     \common
        .endm

FUNCTION vector_stubs
        .set    vector, 0
        .rept   256
        .if vector == TRAP_NMI || vector == TRAP_DF || vector == TRAP_MC || vector == TRAP_DB
        STUB    vector, entry_ist
        .else
        STUB    vector, entry_common
        .endif
        .set    vector, vector + 1
        .endr

/* ---- SYSCALL and SYSENTER: entered from the CPU's stub (traps.c), see fill_stub() ---- */

/* Where the words of the frame and of the stack_top above it are while its lower end is the
 * quadword vector:error_code, or registers have been pushed below that. */
#define FRAME(field, pushed) (REGS_##field - REGS_error_code + 8 * (pushed))(%rsp)
#define THIS_CPU(pushed)     (REGS_SIZE - REGS_error_code + 8 * (pushed))(%rsp)

/* Instruction on the guest's account: a fault in it goes on at \to. */
        .macro GUEST to insn:vararg
661:    \insn
        FIXUP   661b, \to
        .endm

/* Would a guest's data at \address lie in Xen's range? Then go to \to. Spoils \scratch. */
        .macro REFUSE_XEN_RANGE address scratch scratch32 to
        mov     \address, \scratch
        sar     $43, \scratch   /* 8 TiB from HV_VIRT_START: the L4 slots that are Xen's */
        cmp     $(HV_VIRT_START >> 43) - (1 << 21), \scratch32
        je      \to
        .endm

/* The three kinds of SYSCALL part here: out of user mode; from the guest kernel to user mode; any
 * other hypercall. ss and rsp are pushed on the vcpu's stack; rcx = rip, r11 = rflags. */
FUNCTION entry_syscall
        push    %r11
        pushq   $GUEST_CS64
        push    %rcx
        pushq   $0
        movl    $VECTOR_SYSCALL, 4(%rsp)
        mov     THIS_CPU(0), %rcx
        mov     CPU_curr(%rcx), %rcx
        cmpb    $0, VCPU_kernel_mode(%rcx)
        je      user_to_kernel
        cmp     $NR_iret, %eax
        je      kernel_to_user

/* r10 to rcx is where the two conventions for six arguments differ. */
hypercall:
        mov     FRAME(rip, 0), %rcx
        SAVE_REGS
        mov     %r10, %rcx
        mov     %eax, %eax
        cmp     hypercall_count(%rip), %eax
        jae     1f
        lea     hypercall_table(%rip), %r11
        mov     (%r11, %rax, 8), %r11
        test    %r11, %r11
        jz      1f
        call    *%r11           /* the vcpu may come back on another CPU */
        cmp     $-ERESTART, %rax
        je      2f
        mov     %rax, REGS_rax(%rsp)
        jmp     exit_to_guest
1:      movq    $-ENOSYS, REGS_rax(%rsp)
        jmp     exit_to_guest
2:      call    hypercall_again
        jmp     exit_to_guest

/*
 * A system call of the guest's user: what system_call() does, in the common case and without
 * a frame for C. rcx: vcpu. No softirq can be pending but one whose interrupt is still to come.
 * Nothing is changed before the last store to the guest's stack is done.
 */
user_to_kernel:
        push    %rdi
        push    %rsi
        push    %rdx
        mov     VCPU_domain(%rcx), %rdi
        testb   $ASSIST_IOPL, DOMAIN_vm_assist(%rdi)
        jnz     1f
        mov     VCPU_info(%rcx), %rsi
        cmpb    $0, INFO_mask(%rsi)
        jne     1f
        cmpb    $0, VCPU_syscall + ENTRY_mask_events(%rcx)
        je      1f
        cmpq    $0, VCPU_syscall + ENTRY_address(%rcx)
        je      1f
        mov     VCPU_kernel_sp(%rcx), %rdi
        and     $~15, %rdi
        sub     $56, %rdi
        REFUSE_XEN_RANGE %rdi, %rdx, %edx, 1f
        mov     VCPU_cr3_kernel(%rcx), %rdx
        mov     %rdx, %cr3
        mov     FRAME(rip, 3), %rdx
        GUEST   2f, mov %rdx, (%rdi)                    /* rcx */
        GUEST   2f, mov %r11, 8(%rdi)
        GUEST   2f, mov %rdx, 16(%rdi)                  /* rip */
        GUEST   2f, movq $GUEST_CS64, 24(%rdi)          /* events were not masked */
        GUEST   2f, mov %r11, 32(%rdi)                  /* rflags */
        mov     FRAME(rsp, 3), %rdx
        GUEST   2f, mov %rdx, 40(%rdi)
        GUEST   2f, movq $GUEST_DS, 48(%rdi)
        movb    $1, INFO_mask(%rsi)
        movb    $1, VCPU_kernel_mode(%rcx)
        swapgs
        mov     %rdi, FRAME(rsp, 3)
        mov     VCPU_syscall + ENTRY_address(%rcx), %rcx
        mov     $FLAG_IF | 2, %r11d
        pop     %rdx
        pop     %rsi
        pop     %rdi
        mov     FRAME(rsp, 0), %rsp
        sysretq
2:      mov     VCPU_cr3_user(%rcx), %rdx
        mov     %rdx, %cr3
1:      pop     %rdx
        pop     %rsi
        pop     %rdi
        mov     FRAME(rip, 0), %rcx
system_call_in_c:
        SAVE_REGS
        /* NT and AC survive SYSENTER; a ring-0 IRET with NT set would fault. */
        pushq   $2
        popfq
        mov     %rsp, %rdi
        call    system_call
        jmp     exit_to_guest

/*
 * HYPERVISOR_iret to user mode: what do_iret() does, in the common case. rcx: vcpu. The first and
 * the last word of the guest's iret_context are read before anything is changed, so a fault after
 * that means that the guest has unmapped its stack meanwhile: do_iret() ends that domain.
 * The mask is cleared before pending is looked at, with a change of CR3 in between; whoever
 * sends sets pending before it looks whether to interrupt.
 */
kernel_to_user:
        push    %rdi
        push    %rsi
        push    %rdx
        mov     VCPU_domain(%rcx), %rdi
        testb   $ASSIST_IOPL, DOMAIN_vm_assist(%rdi)
        jnz     2f
        cmpq    $0, VCPU_cr3_user(%rcx)
        je      2f
        mov     FRAME(rsp, 3), %rdi
        REFUSE_XEN_RANGE %rdi, %rsi, %esi, 2f
        GUEST   2f, mov IRET_rax(%rdi), %rdx
        GUEST   2f, mov IRET_ss(%rdi), %rdx
        GUEST   2f, testl $IN_SYSCALL, IRET_flags(%rdi)
        jnz     2f
        GUEST   2f, mov IRET_cs(%rdi), %rsi
        lea     1(%rsi), %r11d
        test    $3, %r11b       /* ring 3? */
        jnz     2f
        GUEST   2f, mov IRET_rflags(%rdi), %r11
        test    $FLAG_IF, %r11d
        jz      2f
        and     $~UNSAFE_FLAGS, %r11
        or      $2, %r11
        or      $3, %rdx
        mov     %r11, FRAME(rflags, 3)
        mov     %rsi, FRAME(cs, 3)
        mov     %rdx, FRAME(ss, 3)
        GUEST   1f, mov IRET_rip(%rdi), %rsi
        mov     %rsi, FRAME(rip, 3)
        GUEST   1f, mov IRET_rsp(%rdi), %rsi
        mov     %rsi, FRAME(rsp, 3)
        GUEST   1f, mov IRET_rax(%rdi), %rax
        GUEST   1f, mov IRET_r11(%rdi), %r11
        GUEST   1f, mov IRET_rcx(%rdi), %rdi
        mov     VCPU_info(%rcx), %rdx
        movb    $0, INFO_mask(%rdx)
        movb    $0, VCPU_kernel_mode(%rcx)
        swapgs
        mov     VCPU_cr3_user(%rcx), %rsi
        mov     %rsi, %cr3
        mov     %rdi, %rcx
        cmpb    $0, INFO_pending(%rdx)
        pop     %rdx
        pop     %rsi
        pop     %rdi
        je      exit_by_iret
        movl    $0, 4(%rsp)     /* no vector: rcx and r11 are to be kept */
        SAVE_REGS
        jmp     exit_to_guest
1:      mov     %rdi, FRAME(rsp, 3)
        mov     $NR_iret, %eax
2:      pop     %rdx
        pop     %rsi
        pop     %rdi
        jmp     hypercall

FUNCTION entry_syscall32
        push    %r11
        pushq   $GUEST_CS32
        push    %rcx
        pushq   $0
        movl    $VECTOR_SYSCALL32, 4(%rsp)
        jmp     system_call_in_c

/* SYSENTER keeps neither rip nor rsp nor IF: the guest kernel knows where its user comes from. */
FUNCTION entry_sysenter
        pushfq
        orl     $FLAG_IF, (%rsp)
        pushq   $3
        pushq   $0
        pushq   $0
        movl    $VECTOR_SYSENTER, 4(%rsp)
        jmp     system_call_in_c

/* ---- the way out ---- */

/* rsp: the frame at the top of the vcpu's stack. First what has to be done for it, then what would
 * hurt us, or let the guest do more than it may, is forced. SYSRET only where it does as IRET. */
FUNCTION exit_to_guest
        mov     REGS_SIZE(%rsp), %rax /* stack_top.cpu */
        mov     CPU_curr(%rax), %rcx
        mov     VCPU_info(%rcx), %rdx
        cmpq    $0, CPU_softirqs(%rax)
        jne     1f
        cmpb    $0, VCPU_nmi_pending(%rcx)
        jne     1f
        cmpb    $0, INFO_pending(%rdx)
        je      2f
        cmpb    $0, INFO_mask(%rdx)
        jne     2f
1:      call    exit_work       /* may switch vcpus and come back */
2:      mov     REGS_rflags(%rsp), %rax
        and     $~UNSAFE_FLAGS, %rax
        or      $FLAG_IF | 2, %rax
        mov     %rax, REGS_rflags(%rsp)
        orb     $KERNEL_RING, REGS_cs(%rsp)
        orb     $KERNEL_RING, REGS_ss(%rsp)
        cmpl    $VECTOR_SYSCALL, REGS_vector(%rsp)
        jne     3f
        test    $FLAG_RF | FLAG_TF, %eax
        jnz     3f
        cmpw    $GUEST_CS64, REGS_cs(%rsp)
        jne     3f
        cmpw    $GUEST_DS, REGS_ss(%rsp)
        jne     3f
        mov     REGS_rip(%rsp), %rax
        mov     %rax, %rcx
        shl     $16, %rax
        sar     $16, %rax
        cmp     %rcx, %rax      /* canonical? SYSRET would fault in ring 0 */
        jne     3f
        RESTORE_REGS
        mov     FRAME(rip, 0), %rcx
        mov     FRAME(rflags, 0), %r11
        mov     FRAME(rsp, 0), %rsp
        sysretq
3:      RESTORE_REGS
exit_by_iret:
        add     $8, %rsp        /* vector:error_code */
exit_iret:
        iretq
        FIXUP   exit_iret, exit_iret_fault

/* IRET refused what the guest asked for. Registers are the guest's; the frame is whole again. */
exit_iret_fault:
        pushq   $0
        SAVE_REGS
        mov     %rsp, %rdi
        call    exit_failed
        jmp     exit_to_guest

/* A new vcpu's first time on a CPU: switch_stack() "returns" here, its frame is above. */
FUNCTION vcpu_first_run
        call    sched_finish_switch
        jmp     exit_to_guest

/* void switch_stack(u64 **save, u64 *load): registers that C functions keep, and the stack. */
FUNCTION switch_stack
        .irp    reg, rbx, rbp, r12, r13, r14, r15
        push    %\reg
        .endr
        mov     %rsp, (%rdi)
        mov     %rsi, %rsp
        .irp    reg, r15, r14, r13, r12, rbp, rbx
        pop     %\reg
        .endr
        ret

/* void run_on_stack(void *top, void (*fn)(void)): boot leaves its first stack for good. */
FUNCTION run_on_stack
        mov     %rdi, %rsp
        xor     %ebp, %ebp
        call    *%rsi
        ud2

/* ---- single instructions that may fault: 0 or -EFAULT in eax ---- */

        .macro TRY insn:vararg
1:      \insn
        xor     %eax, %eax
        ret
        FIXUP   1b, fault_efault
        .endm

        .macro WRITE_SAFELY insn
FUNCTION \insn\()_safe
        mov     %edi, %ecx
        mov     %esi, %eax
        mov     %rsi, %rdx
        shr     $32, %rdx
        TRY     \insn
        .endm

/* int wrmsr_safe(u32 msr, u64 v), int xsetbv_safe(u32 index, u64 v) */
        WRITE_SAFELY wrmsr
        WRITE_SAFELY xsetbv

/* int rdmsr_safe(u32 msr, u64 *v) */
FUNCTION rdmsr_safe
        mov     %edi, %ecx
1:      rdmsr
        shl     $32, %rdx
        or      %rdx, %rax
        mov     %rax, (%rsi)
        xor     %eax, %eax
        ret
        FIXUP   1b, fault_efault

/* int xrstor_safe(void *area, u64 mask), int fxrstor_safe(void *area) */
FUNCTION xrstor_safe
        mov     %esi, %eax
        mov     %rsi, %rdx
        shr     $32, %rdx
        TRY     xrstor64 (%rdi)

FUNCTION fxrstor_safe
        TRY     fxrstor64 (%rdi)

/* size_t copy_may_fault(void *dst, const void *src, size_t n): bytes not copied. */
FUNCTION copy_may_fault
        mov     %rdx, %rcx
        shr     $3, %rcx
1:      rep movsq
        mov     %rdx, %rcx
        and     $7, %ecx
2:      rep movsb
        mov     %rcx, %rax
        ret
3:      and     $7, %edx        /* quadwords left in rcx, then the odd bytes */
        lea     (%rdx, %rcx, 8), %rax
        ret
4:      mov     %rcx, %rax
        ret
        FIXUP   1b, 3b
        FIXUP   2b, 4b

/* int load_SEG_safe(u16 selector): a selector the guest chose; on a fault the null one. */
        .macro LOAD_SEGMENT reg
FUNCTION load_\reg\()_safe
1:      mov     %edi, %\reg
        xor     %eax, %eax
        ret
2:      xor     %eax, %eax
        mov     %eax, %\reg
        mov     $-EFAULT, %eax
        ret
        FIXUP   1b, 2b
        .endm

        LOAD_SEGMENT ds
        LOAD_SEGMENT es
        LOAD_SEGMENT fs
        LOAD_SEGMENT gs

fault_efault:
        mov     $-EFAULT, %eax
        ret

        .section .note.GNU-stack, "", @progbits
