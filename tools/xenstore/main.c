/* SPDX-License-Identifier: MIT */
/* The store on the command line: `xenstore-COMMAND ...` or `xenstore COMMAND ...`. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"

struct command {
    const char *name;
    command_fn *run;
    const char *letters;        /* options, as for getopt() */
    int least, step;            /* words: at least so many, then in multiples of step */
    const char *usage;
};

/* -s chose the socket when there was another way; it is taken and means nothing. */
static const struct command commands[] = {
    { "read",    command_read,    "hpsR",  1, 1, "[-h] [-p] [-s] [-R] key [...]" },
    { "write",   command_write,   "hsR",   2, 2, "[-h] [-s] [-R] key value [...]" },
    { "rm",      command_rm,      "hst",   1, 1, "[-h] [-s] [-t] key [...]" },
    { "mkdir",   command_mkdir,   "hs",    1, 1, "[-h] [-s] key [...]" },
    { "list",    command_list,    "hps",   1, 1, "[-h] [-p] [-s] key [...]" },
    { "ls",      command_ls,      "hfps",  0, 1, "[-h] [-f] [-p] [-s] [path]" },
    { "exists",  command_exists,  "hps",   1, 1, "[-h] [-p] [-s] key [...]" },
    { "chmod",   command_chmod,   "hurs",  2, 1, "[-h] [-u] [-r] [-s] key <mode [modes...]>" },
    { "watch",   command_watch,   "hn:s",  1, 1, "[-h] [-n NR] key" },
    { "control", command_control, "+hs",   1, 1, "<command> [<arg>...]" },
};

const char *program_name = "xenstore";

int complain(const char *message, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "%s: ", program_name);
    va_start(args, message);
    vfprintf(stderr, message, args);
    va_end(args);
    putc('\n', stderr);
    return 1;
}

static const struct command *find_command(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static int list_commands(void)
{
    size_t i;

    fputs("Usage: xenstore <command> [...]\n", stderr);
    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        fprintf(stderr, "       xenstore-%s %s\n", commands[i].name, commands[i].usage);
    return 1;
}

/* False for -h and anything unknown. */
static bool parse_options(const struct command *command, int argc, char **argv,
                          struct options *options)
{
    int letter;

    while ((letter = getopt(argc, argv, command->letters)) != -1) {
        switch (letter) {
        case 'p': options->prefix = true; break;
        case 'R': options->raw = true; break;
        case 't': options->tidy = true; break;
        case 'f': options->full = true; break;
        case 'r': options->children = true; break;
        case 'u': options->parents = true; break;
        case 'n': options->count = strtol(optarg, NULL, 0); break;
        case 's': break;
        default: return false;
        }
    }
    return argc - optind >= command->least && (argc - optind) % command->step == 0;
}

int main(int argc, char **argv)
{
    static const char link_prefix[] = "xenstore-";
    const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
    struct options options = { .count = -1 };
    const struct command *command;
    static char full_name[32];
    struct xs *xs;
    int err;

    if (!strncmp(name, link_prefix, sizeof(link_prefix) - 1)) {
        name += sizeof(link_prefix) - 1;
    } else if (argc > 1) {
        name = *++argv;
        argc--;
    }
    command = find_command(name);
    if (!command)
        return list_commands();
    snprintf(full_name, sizeof(full_name), "xenstore-%s", command->name);
    program_name = full_name;
    if (!parse_options(command, argc, argv, &options))
        return complain("Usage: %s %s", program_name, command->usage);
    err = xs_open(&xs);
    if (err)
        return complain("xs_open: %s (is xenstored running?)", strerror(-err));
    err = command->run(xs, &options, argv + optind, argc - optind);
    xs_close(xs);
    return err;
}
