/* SPDX-License-Identifier: MIT */
/* Take system calls away from this process, for good. */
#include "daemon/call_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP_IF(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define ADD(...) code[n++] = (struct sock_filter)__VA_ARGS__

int call_filter(const unsigned int *allowed, unsigned int count, bool kill)
{
    struct sock_filter code[CALL_FILTER_MAX + 10];
    struct sock_fprog program = { .filter = code };
    unsigned int refusal = kill ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM, i, n = 0;

    if (count > CALL_FILTER_MAX)
        return -E2BIG;
    /* The numbers are those of this architecture alone. */
    ADD(LOAD(arch));
    ADD(JUMP_IF(AUDIT_ARCH_X86_64, 1, 0));
    ADD(RETURN(SECCOMP_RET_KILL_PROCESS));
    /* The low half of the first argument, which is all that socket() looks at. */
    ADD(LOAD(nr));
    ADD(JUMP_IF(SYS_socket, 0, 3));
    ADD(LOAD(args[0]));
    ADD(JUMP_IF(AF_UNIX, 0, (unsigned char)(count + 1)));
    ADD(LOAD(nr));
    for (i = 0; i < count; i++)
        ADD(JUMP_IF(allowed[i], (unsigned char)(count - i), 0));
    ADD(RETURN(refusal));
    ADD(RETURN(SECCOMP_RET_ALLOW));
    program.len = (unsigned short)n;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        return -errno;
    return 0;
}
