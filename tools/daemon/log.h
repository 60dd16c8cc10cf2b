/* SPDX-License-Identifier: MIT */
/* One line to standard error or, once in the background, to syslog. */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

/* The name that goes before every line. Call first. */
void log_name(const char *program);

void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for what a guest can cause at will: at most LOG_LIMIT lines a minute, then silence. */
#define LOG_LIMIT 20
void log_limited(const char *format, ...) __attribute__((format(printf, 1, 2)));

void log_to_syslog(void);

#endif
