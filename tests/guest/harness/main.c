/* SPDX-License-Identifier: MIT */
/* A test kernel's life: start, run the tests the command line names, say how they went, stop. */
#include "harness.h"
#include <public/sysctl.h>

/*
 * Command line: names of tests to run; none: all that are not fatal. after=NAME: those that
 * follow it in the list (the rest of a batch that a test has ended). Before them, --long: see
 * times(); --no-audit: the frames are not counted after each test.
 */
struct start_info *start_info;
bool on_xenolith, in_domain0, long_run;
static bool audited = true;

extern const struct test tests_begin[], tests_end[];
static const struct test *current;
static enum { PASSED, SKIPPED, FAILED } verdict;

void report_line(const char *verdict, const char *name, const char *format, va_list *args);
void memory_init(void);
void events_init(void);
void user_reset(void);

static uint64_t random_state = 1;

void random_seed(uint64_t seed)
{
    random_state = seed | 1;
}

uint64_t random64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1d;
}

static void say(const char *what, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report_line(what, current ? current->name : "harness", format, &args);
    va_end(args);
}

void fail(const char *format, ...)
{
    va_list args;

    verdict = FAILED;
    va_start(args, format);
    report_line("fail", current ? current->name : "harness", format, &args);
    va_end(args);
}

void skip(const char *format, ...)
{
    va_list args;

    if (verdict == PASSED)
        verdict = SKIPPED;
    va_start(args, format);
    report_line("skip", current->name, format, &args);
    va_end(args);
}

void dies(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report_line("dies", current->name, format, &args);
    va_end(args);
}

void shutdown(unsigned int reason)
{
    struct sched_shutdown sd = { .reason = reason };

    for (;;)
        HYPERCALL(sched_op, SCHEDOP_shutdown, &sd);
}

/* traps.c: nothing expected this trap. */
void unexpected_trap(const struct regs *r, unsigned long cr2)
{
    say("error", "vector %#lx error %#lx at %#lx (cs %#lx rsp %#lx) cr2 %#lx", r->vector, r->error,
        r->rip, r->cs, r->rsp, cr2);
    shutdown(SHUTDOWN_crash);
}

/* Has a debug build of Xenolith recount all frames; it prints what it found, for the runner. */
static void audit(void)
{
    static char key[] = "A";
    static struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_debug_keys, .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
        .u.debug_keys.nr_keys = 1
    };

    set_xen_guest_handle(op.u.debug_keys.keys, key);
    if (audited && on_xenolith && in_domain0)
        HYPERCALL(sysctl, &op);
}

static void run_one(const struct test *t)
{
    current = t;
    verdict = PASSED;
    random_seed(1);
    say("start", NULL);
    t->run();
    if (t->fatal)
        fail("still alive");
    trap_hook = NULL;
    syscall_hook = NULL;
    traps_init();
    events_disable();
    user_reset();
    reset_mappings();
    audit();
    if (verdict == PASSED)
        say("pass", NULL);
    current = NULL;
}

/* Is `name` among the words of s? */
static bool has_word(const char *s, const char *name)
{
    size_t n = strlen(name);

    for (; *s; s++) {
        if (starts_with(s, name) && (s[n] == ' ' || s[n] == '\0'))
            return true;
        while (*s && *s != ' ')
            s++;
        if (!*s)
            return false;
    }
    return false;
}

static void run_named(const char *words)
{
    for (const struct test *t = tests_begin; t < tests_end; t++)
        if (has_word(words, t->name))
            run_one(t);
}

static void run_batch(const char *after)
{
    for (const struct test *t = tests_begin; t < tests_end; t++) {
        if (!after && !t->fatal)
            run_one(t);
        if (after && has_word(after, t->name))
            after = NULL;
    }
}

static const char *command_line(void)
{
    const char *words = (const char *)start_info->cmd_line;

    while (*words == ' ')
        words++;
    while (starts_with(words, "--")) {
        long_run = long_run || starts_with(words, "--long");
        audited = audited && !starts_with(words, "--no-audit");
        while (*words && *words != ' ')
            words++;
        while (*words == ' ')
            words++;
    }
    return words;
}

static void identify(void)
{
    xen_extraversion_t extra = "";
    long version = HYPERCALL(xen_version, XENVER_version, NULL);

    HYPERCALL(xen_version, XENVER_extraversion, extra);
    for (const char *p = extra; *p; p++)
        on_xenolith = on_xenolith || starts_with(p, "enolith");
    printf("guest: %s on %ld.%ld%s, %lu pages, command line \"%s\"\n",
           in_domain0 ? "Domain0" : "domU", version >> 16, version & 0xffff, extra,
           start_info->nr_pages, command_line());
}

void guest_main(struct start_info *si)
{
    const char *words;

    start_info = si;
    in_domain0 = si->flags & SIF_INITDOMAIN;
    traps_init();
    memory_init();
    identify();
    events_init();
    words = command_line();
    if (starts_with(words, "after="))
        run_batch(words + 6);
    else if (*words)
        run_named(words);
    else
        run_batch(NULL);
    printf("TEST: done\n");
    shutdown(SHUTDOWN_poweroff);
}
