/* SPDX-License-Identifier: MIT */
/* xm: finds the command that is meant and runs it. */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <getopt.h>

#include "xm/complete.h"

static void global_usage(const struct xm *xm, FILE *to)
{
    if (xm->face == FACE_XL)
        fprintf(to, "Usage xl [-vfNtT] <subcommand> [args]\n\nxl full list of subcommands:\n\n");
    else
        fprintf(to, "Usage: %s <subcommand> [args]\n\nxm full list of subcommands:\n\n",
                xm->program);
    for (unsigned int i = 0; i < command_count; i++)
        fprintf(to, " %-19s %s\n", commands[i].name, commands[i].help);
    if (xm->face == FACE_XM)
        fprintf(to, "\nAny unambiguous beginning of a name will do. <Domain> is a name or an id.\n"
                    "For more help on a command: %s help <subcommand>, or xm(1).\n", xm->program);
}

/* `help [COMMAND]` is no row of the table: it prints the table. */
static int help(struct xm *xm, int argc, char **argv)
{
    const struct command *command;
    bool ambiguous;

    if (argc < 2 || argv[1][0] == '-') {
        global_usage(xm, stdout);
        return XM_OK;
    }
    command = command_find(argv[1], &ambiguous);
    if (!command)
        return xm_error(xm, NULL, "there is no command \"%s\"", argv[1]);
    command_help(xm, command, stdout);
    return XM_OK;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return true;
    return false;
}

/* xl's options before the subcommand. Returns the index of the subcommand, or 0. */
static int global_options(struct xm *xm, int argc, char **argv)
{
    int opt;

    while ((opt = getopt(argc, argv, "+vfNtT")) >= 0) {
        if (opt == '?')
            return 0;
        xm->dry_run |= opt == 'N';     /* the others have nothing to say to us */
    }
    return optind;
}

static int unknown(struct xm *xm, const char *word, bool ambiguous)
{
    if (xm->face == FACE_XL) {
        fprintf(stderr, "command not implemented\n");
        return XM_FAILED;
    }
    xm_error(xm, "xm help lists them", ambiguous ? "several commands begin with \"%s\""
                                                 : "there is no command \"%s\"", word);
    if (ambiguous) {
        fprintf(stderr, "   ");
        for (unsigned int i = 0; i < command_count; i++)
            if (!strncmp(commands[i].name, word, strlen(word)))
                fprintf(stderr, " %s", commands[i].name);
        fputc('\n', stderr);
    }
    return XM_FAILED;
}

static int run(struct xm *xm, int argc, char **argv)
{
    int status;

    opterr = 0;
    if (asks_for_help(argc, argv)) {
        command_help(xm, xm->command, stdout);
        return XM_OK;
    }
    /* Whoever asks to be shown what would be done does not want it done. */
    if (xm->dry_run && strcmp(xm->command->name, "create"))
        return xm_error(xm, NULL, "command does not implement -N (dryrun) option");
    status = xm->command->run(xm, argc, argv);
    if (fflush(stdout) && !status)
        status = xm_error(xm, NULL, "cannot write the output: %m");
    xs_close(xm->xs);
    xen_close(xm->xen);
    return status;
}

int main(int argc, char **argv)
{
    struct xm xm = { .program = basename(argv[0]) };
    bool ambiguous;
    int first;

    if (!strcmp(xm.program, "xentop")) {
        xm.command = command_find("top", &ambiguous);
        return run(&xm, argc, argv);
    }
    if (!strcmp(xm.program, "xl") || !strcmp(xm.program, "xen"))
        xm.face = FACE_XL;
    first = global_options(&xm, argc, argv);
    if (!first || first >= argc) {
        global_usage(&xm, first ? stdout : stderr);
        return first ? XM_FAILED : XM_USAGE;
    }
    argc -= first;
    argv += first;
    optind = 0;                 /* every command parses its own options from the start */
    if (!strcmp(argv[0], "__complete"))
        return complete(&xm, argc - 1, argv + 1);
    if (!strcmp(argv[0], "help"))
        return help(&xm, argc, argv);
    xm.command = command_find(argv[0], &ambiguous);
    return xm.command ? run(&xm, argc, argv) : unknown(&xm, argv[0], ambiguous);
}
