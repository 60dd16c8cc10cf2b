/* SPDX-License-Identifier: MIT */
/* Give up what the daemon does not need once it has its devices open. */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "daemon/call_filter.h"
#include "daemon/log.h"

/* What the loop, terminals, logs, the store's client and the C library's allocator do. */
static const unsigned int allowed[] = {
    SYS_read, SYS_write, SYS_pread64, SYS_writev, SYS_lseek, SYS_ioctl, SYS_fcntl, SYS_close,
    SYS_open, SYS_openat, SYS_access, SYS_stat, SYS_fstat, SYS_lstat, SYS_newfstatat, SYS_statx,
    SYS_rename, SYS_unlink, SYS_ftruncate, SYS_umask,
    SYS_socket, SYS_connect, SYS_accept4, SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg,
    SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_ctl, SYS_poll, SYS_ppoll,
    SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_futex,
    SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep, SYS_getpid, SYS_gettid, SYS_getrandom,
    SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_rt_sigreturn, SYS_restart_syscall,
    SYS_exit, SYS_exit_group,
};

/* All rights over files that the first version of Landlock knows. */
#define EVERYTHING (LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)
#define READ_WRITE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define LOGS       (READ_WRITE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* A place that is not there cannot be used either. */
static void allow(int rules, const char *path, unsigned long long access)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = access };

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return;
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
        log_line("%s stays out of reach: %s", path, strerror(errno));
    close(rule.parent_fd);
}

static int leave_files(const char *log_dir, const char *pid_file)
{
    struct landlock_ruleset_attr all = { .handled_access_fs = EVERYTHING };
    int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0), err = 0;
    char pid_path[PATH_MAX];

    if (rules < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) {
        log_line("this kernel has no Landlock: files stay within reach");
        return 0;
    }
    if (rules < 0)
        return -errno;
    allow(rules, "/dev/ptmx", READ_WRITE);
    allow(rules, "/dev/pts", READ_WRITE);
    if (log_dir)
        allow(rules, log_dir, LOGS);
    if (pid_file && strlen(pid_file) < sizeof(pid_path))
        allow(rules, dirname(strcpy(pid_path, pid_file)), LANDLOCK_ACCESS_FS_REMOVE_FILE);
    if (syscall(SYS_landlock_restrict_self, rules, 0))
        err = -errno;
    close(rules);
    return err;
}

/* Being root is then no more than the ownership of root's files. */
static int leave_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

    return syscall(SYS_capset, &header, none) ? -errno : 0;
}

int confine(const char *log_dir, const char *pid_file)
{
    int err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;

    tzset();                    /* syslog wants the time zone's file, once */
    if (!err)
        err = leave_files(log_dir, pid_file);
    if (!err)
        err = leave_capabilities();
    return err ? err : call_filter(allowed, sizeof(allowed) / sizeof(allowed[0]), false);
}
