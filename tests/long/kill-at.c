/* SPDX-License-Identifier: MIT */
/*
 * kill-at [-a CALL] N COMMAND...: run a command, and kill it as it is about to make its Nth system
 * call; with -a that counts from its first call of that number. Prints "killed at CALL", or "ended
 * after M calls with STATUS" where it made fewer. Its children are left alone, as they would be by
 * kill -9.
 */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* The number of the system call at which it stands. */
static long call_of(pid_t pid)
{
    return ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.orig_rax), NULL);
}

int main(int argc, char **argv)
{
    long from = -1, wanted, calls = 0;
    int status, at, inside = 0, signal = 0;
    pid_t pid;

    if (argc > 2 && !strcmp(argv[1], "-a")) {
        from = atol(argv[2]);
        argv += 2;
        argc -= 2;
    }
    wanted = argc > 2 ? atol(argv[1]) : 0;
    if (wanted < 1) {
        fprintf(stderr, "usage: kill-at [-a CALL] N COMMAND...\n");
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
        if (!inside || (from >= 0 && call_of(pid) != from))
            continue;
        from = -1;
        if (++calls < wanted)
            continue;
        at = (int)call_of(pid);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        printf("killed at %d\n", at);
        return 0;
    }
    printf("ended after %ld calls with %d\n", calls, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 0;
}
