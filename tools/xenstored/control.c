/* SPDX-License-Identifier: MIT */
/* What xenstore-control may ask of the daemon. */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "journal.h"
#include "quota.h"
#include "requests.h"
#include "store.h"

#define MAX_WORDS 4

static int do_help(char **words, unsigned count, FILE *out);

static int do_check(char **words, unsigned count, FILE *out)
{
    unsigned wrong = store_audit();

    (void)words;
    (void)count;
    if (wrong)
        fprintf(out, "%u accounts differ from the tree\n", wrong);
    else
        fprintf(out, "OK");
    return 0;
}

static int do_log(char **words, unsigned count, FILE *out)
{
    if (count != 2 || (strcmp(words[1], "on") && strcmp(words[1], "off")))
        return -EINVAL;
    log_requests = strcmp(words[1], "on") == 0;
    fprintf(out, "OK");
    return 0;
}

static int do_print(char **words, unsigned count, FILE *out)
{
    if (count != 2)
        return -EINVAL;
    log_line("%s", words[1]);
    fprintf(out, "OK");
    return 0;
}

static int do_quota(char **words, unsigned count, FILE *out)
{
    char *end;
    long limit;

    if (count == 3) {
        limit = strtol(words[2], &end, 10);
        fprintf(out, "OK");
        return *words[2] && !*end ? quota_set(words[1], limit) : -EINVAL;
    }
    if (count != 1)
        return -EINVAL;
    quota_print(out);
    return 0;
}

static int do_journal(char **words, unsigned count, FILE *out)
{
    (void)words;
    (void)count;
    journal_compact();
    fprintf(out, "OK");
    return 0;
}

static const struct {
    const char *name;
    int (*run)(char **words, unsigned count, FILE *out);
    const char *help;
} commands[] = {
    { "check", do_check, "compare the accounts with the tree" },
    { "help", do_help, "this list" },
    { "journal", do_journal, "write the journal anew, without history" },
    { "log", do_log, "on|off: trace every request" },
    { "print", do_print, "TEXT: put a line into the log" },
    { "quota", do_quota, "[NAME N]: show limits and accounts, or set a limit" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int do_help(char **words, unsigned count, FILE *out)
{
    (void)words;
    (void)count;
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "%-8s %s\n", commands[i].name, commands[i].help);
    return 0;
}

int control_run(const char *payload, size_t len, FILE *out)
{
    char *words[MAX_WORDS];
    unsigned count = 0;

    for (const char *at = payload; at < payload + len && count < MAX_WORDS; at += strlen(at) + 1)
        words[count++] = (char *)at;
    for (size_t i = 0; count && i < COMMANDS; i++) {
        if (strcmp(commands[i].name, words[0]) == 0)
            return commands[i].run(words, count, out);
    }
    return -EINVAL;
}
