/* SPDX-License-Identifier: MIT */
/* Programs that xend runs, and what follows when they end. */
#include "xend/xend.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/xalloc.h"

#define MAX_ARGS 16

struct child {
    struct child *next;
    pid_t pid;
    bool bound;                 /* it must not outlive us, nor its time */
    void (*done)(struct xend *xend, int status, void *arg);
    void *arg;
};

static struct child *children;

/* In the child. What is bound leads a group of processes, so that all of them can be ended. */
static void bind_child(unsigned int seconds, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);             /* it died before we asked */
    signal(SIGALRM, SIG_DFL);
    alarm(seconds);             /* execve() keeps it */
}

int child_start(char *const argv[], char *const env[], unsigned int seconds,
                void (*done)(struct xend *xend, int status, void *arg), void *arg)
{
    struct child *child = xcalloc(1, sizeof(*child));
    pid_t parent = getpid();
    sigset_t none;
    int err;

    child->pid = fork();
    if (child->pid < 0) {
        err = -errno;
        free(child);
        return err;
    }
    if (!child->pid) {
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGPIPE, SIG_DFL);
        if (seconds)
            bind_child(seconds, parent);
        execve(argv[0], argv, env ? env : environ);
        note("%s: %s", argv[0], strerror(errno));
        _exit(127);
    }
    if (seconds)
        setpgid(child->pid, child->pid);    /* whichever of us comes first */
    child->bound = seconds;
    child->done = done;
    child->arg = arg;
    child->next = children;
    children = child;
    return 0;
}

void children_reap(struct xend *xend)
{
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (struct child **at = &children; *at; at = &(*at)->next)
            if ((*at)->pid == pid) {
                struct child *child = *at;

                *at = child->next;
                if (child->bound && WIFSIGNALED(status))
                    kill(-pid, SIGKILL);    /* what it was waiting for */
                if (child->done)
                    child->done(xend, WIFEXITED(status) ? WEXITSTATUS(status) : -1, child->arg);
                free(child);
                break;
            }
}

void children_wait(void)
{
    for (struct child *child = children; child; child = child->next)
        if (child->bound)
            waitpid(child->pid, NULL, 0);
}

/* xm is installed beside xend. */
int child_start_xm(const char *const args[], void (*done)(struct xend *xend, int status, void *arg),
                   void *arg)
{
    char self[PATH_MAX] = "", path[PATH_MAX + 4];
    char *argv[MAX_ARGS] = { path };
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (n < 0)
        return -errno;
    snprintf(path, sizeof(path), "%s/xm", dirname(self));
    for (int i = 0; args[i] && i + 2 < MAX_ARGS; i++)
        argv[i + 1] = (char *)args[i];
    return child_start(argv, NULL, 0, done, arg);
}
