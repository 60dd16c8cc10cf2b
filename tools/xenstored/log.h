/* SPDX-License-Identifier: MIT */
/* One line to stderr or, once in the background, to syslog. */
#ifndef XENSTORED_LOG_H
#define XENSTORED_LOG_H

#include <stdbool.h>

extern bool log_requests;       /* also trace every request (--verbose, or control "log on") */

void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_to_syslog(void);

#endif
