/* SPDX-License-Identifier: MIT */
/* One line to standard error or, once in the background, to syslog. */
#include "daemon/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>

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

void log_line(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (use_syslog) {
        vsyslog(LOG_NOTICE, format, args);
    } else {
        fprintf(stderr, "%s: ", name);
        vfprintf(stderr, format, args);
        fputc('\n', stderr);
    }
    va_end(args);
}
