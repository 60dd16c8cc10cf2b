/* SPDX-License-Identifier: MIT */
/* One line to standard error or, once in the background, to syslog. */
#include "daemon/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>

static const char *name = "daemon";
static bool use_syslog;

void log_name(const char *program)
{
    name = program;
}

void log_to_syslog(void)
{
    openlog(name, LOG_PID, LOG_DAEMON);
    use_syslog = true;
}

static void print(const char *format, va_list args)
{
    if (use_syslog) {
        vsyslog(LOG_NOTICE, format, args);
        return;
    }
    fprintf(stderr, "%s: ", name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void log_line(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print(format, args);
    va_end(args);
}

void log_limited(const char *format, ...)
{
    static time_t minute;
    static int count;
    time_t now = time(NULL) / 60;
    va_list args;

    if (now != minute)
        count = 0;
    minute = now;
    if (count++ >= LOG_LIMIT)
        return;
    va_start(args, format);
    print(format, args);
    va_end(args);
}
