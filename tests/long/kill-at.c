/* SPDX-License-Identifier: MIT */
/*
 * kill-at N COMMAND...: run a command, and kill it as it is about to make its Nth system call.
 * Prints "killed at NAME" (the call's number), or "ended after M calls with STATUS" where it made
 * fewer. Its children are left alone, as they would be by kill -9.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char **command)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    execvp(command[0], command);
    perror(command[0]);
    return 127;
}

/* Go on to the next stop; at a system call (1), elsewhere (0), or no more (-1). */
static int next_stop(pid_t pid, int signal, int *status)
{
    if (ptrace(PTRACE_SYSCALL, pid, NULL, signal) || waitpid(pid, status, 0) != pid)
        return -1;
    if (!WIFSTOPPED(*status))
        return -1;
    return WSTOPSIG(*status) == (SIGTRAP | 0x80);
}

int main(int argc, char **argv)
{
    long wanted = argc > 2 ? atol(argv[1]) : 0, calls = 0;
    struct user_regs_struct regs;
    int status, at, inside = 0, signal = 0;
    pid_t pid;

    if (wanted < 1) {
        fprintf(stderr, "usage: kill-at N COMMAND...\n");
        return 2;
    }
    pid = fork();
    if (!pid)
        return run(argv + 2);
    waitpid(pid, &status, 0);
    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD);
    while ((at = next_stop(pid, signal, &status)) >= 0) {
        signal = at || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        if (!at)
            continue;
        inside = !inside;
        if (!inside || ++calls < wanted)
            continue;
        ptrace(PTRACE_GETREGS, pid, NULL, &regs);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        printf("killed at %lld\n", (long long)regs.orig_rax);
        return 0;
    }
    printf("ended after %ld calls with %d\n", calls, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 0;
}
