/* SPDX-License-Identifier: MIT */
/* The table of commands, and how a word is looked up in it. */
#include "xm/commands.h"

#include <string.h>

#define OPTION_FORCE "-f, --force             Without waiting for the guest.\n"
#define OPTION_JSON  "--json                  As JSON, for programs\n"
#define OPTION_LISTS "-l, --long, --json      As JSON, for programs\n"

/* What scripts for other tools give, and nothing here needs. */
#define NO_EFFECT(options) options "Accepted, without effect here.\n"

const struct command commands[] = {
    { "create", "cr", cmd_create, "<ConfigFile> [options] [KEY=VALUE...]",
      "Create a domain from config file <filename>",
      "-c, --console           Connect to the console after the domain is created.\n"
      "-p, --paused            Leave the domain paused after it is created.\n"
      "-n, --dryrun            Only read the configuration, and print what it means.\n"
      "-q, --quiet             Quiet.\n"
      "-f FILE, --defconfig=FILE  Use the given configuration file.\n"
      "--strict                Settings that are not known are errors.\n"
      "--explain               Only print what the new kernel will find in its memory.\n"
      "--timing                Say how long each step takes.\n"
      NO_EFFECT("-d, -e, -F, -V          ") },
    { "list", "ls", cmd_list, "[options] [Domain]", "List information about all/some domains",
      "-l, --long              Output all VM details\n"
      "-v, --verbose           Prints out UUIDs and security context\n"
      "-Z, --context           Prints out security context\n"
      "-c, --cpupool           Prints the cpupool the domain is in\n"
      "-n, --numa              Prints out NUMA node affinity\n"
      OPTION_JSON
      "--xml                   As documents that libvirt and xm create read\n"
      "--state=STATE           Only running, paused, shutdown, suspended or crashed ones\n"
      NO_EFFECT("--pool=POOL             ") },
    { "destroy", NULL, cmd_destroy, "<Domain>", "Terminate a domain immediately",
      "-f                      As xl: even if it is Domain0\n" },
    { "shutdown", NULL, cmd_shutdown, "[options] <-a|Domain>",
      "Issue a shutdown signal to a domain",
      "-a, --all               Shutdown all guest domains.\n"
      "-w, --wait              Wait for guest(s) to shutdown.\n"
      NO_EFFECT("-F, --force, -H, -R     ") },
    { "reboot", NULL, cmd_reboot, "[options] <-a|Domain>", "Issue a reboot signal to a domain",
      "-a, --all               Reboot all guest domains.\n"
      "-w, --wait              Wait for guest(s) to stop.\n"
      NO_EFFECT("-F, --force, -H, -R     ") },
    { "pause", NULL, cmd_pause, "<Domain>", "Pause execution of a domain", NULL },
    { "unpause", NULL, cmd_unpause, "<Domain>", "Unpause a paused domain", NULL },
    { "console", NULL, cmd_console, "<Domain>",
      "Attach to domain's console",
      "Ctrl-] detaches.\n\n"
      "--log, --last           Print what it has said so far, also after its end\n"
      "-n, --num=0             Which console: there is one\n"
      NO_EFFECT("-e ESCAPE, -t, --type=TYPE  ") },
    { "dump-core", NULL, cmd_dump_core, "[options] <Domain> [<FileName>]", "Core dump a domain",
      "-L, --live              Do not pause it meanwhile\n"
      "-C, --crash             Crash it afterwards\n" },
    { "mem-max", "maxmem", cmd_mem_max,
      "<Domain> <MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'[TB]]>",
      "Set the maximum amount reservation for a domain", NULL },
    { "mem-set", "balloon", cmd_mem_set,
      "<Domain> <MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'[TB]]>",
      "Set the current memory usage for a domain", NULL },
    { "vcpu-list", NULL, cmd_vcpu_list, "[Domain, ...]", "List the VCPUs for all/some domains",
      OPTION_JSON },
    { "vcpu-pin", "pincpu", cmd_vcpu_pin,
      "[option] <Domain> <VCPU|all> <Hard affinity|-|all> <Soft affinity|-|all>",
      "Set which CPUs a VCPU can use", NO_EFFECT("-f                      ") },
    { "vcpu-set", "set-vcpus", cmd_vcpu_set, "<Domain> <vCPUs>",
      "Set the number of active VCPUs allowed for the domain",
      NO_EFFECT("-i                      ") },
    { "vm-list", NULL, cmd_vm_list, "", "List guest domains, excluding dom0, stubdoms, etc.",
      NULL },
    { "info", NULL, cmd_info, "[KEY]", "Get information about Xen host",
      OPTION_JSON NO_EFFECT("-n, --numa, -c          ") },
    { "sched-credit", NULL, cmd_sched_credit,
      "[-d <Domain> [-w[=WEIGHT]|-c[=CAP]]] [-s [-t TSLICE] [-r RATELIMIT]]",
      "Get/set credit scheduler parameters",
      "-d DOMAIN, --domain=DOMAIN        Domain to modify\n"
      "-w WEIGHT, --weight=WEIGHT        Weight (int)\n"
      "-c CAP, --cap=CAP                 Cap (int)\n"
      "-s         --schedparam           Query / modify scheduler parameters\n"
      "-t TSLICE, --tslice_ms=TSLICE     Set the timeslice, in milliseconds\n"
      "-r RLIMIT, --ratelimit_us=RLIMIT  Set the scheduling rate limit, in microseconds\n"
      NO_EFFECT("-p POOL, --cpupool=POOL           ") },
    { "sched-credit2", NULL, cmd_sched_credit2,
      "[-d <Domain> [-w[=WEIGHT]|-c[=CAP]]] [-s [-r RATELIMIT]]",
      "Get/set credit2 scheduler parameters",
      "-d DOMAIN, --domain=DOMAIN        Domain to modify\n"
      "-w WEIGHT, --weight=WEIGHT        Weight (int)\n"
      "-c CAP, --cap=CAP                 Cap (int)\n"
      "-s         --schedparam           Query / modify scheduler parameters\n"
      "-r RLIMIT, --ratelimit_us=RLIMIT  Set the scheduling rate limit, in microseconds\n"
      NO_EFFECT("-p POOL, --cpupool=POOL           ") },
    { "sched-bvt", "bvt", cmd_sched_bvt, "[Domain [mcuadv warpback warpvalue warpl warpu]]",
      "Get/set borrowed virtual time parameters",
      "mcuadv                  Virtual time per unit of work: the share goes with 1/mcuadv.\n"
      "warpback                1: the domain may warp for low latency, 0: it may not.\n"
      "warpvalue               Virtual time it goes back while warped, in ns.\n"
      "warpl                   Longest time warped, in ns; 0: no limit.\n"
      "warpu                   Time it must stay unwarped after that, in ns.\n" },
    { "sched-bvt-ctxallow", "bvt_ctxallow", cmd_sched_bvt_ctxallow, "[microseconds]",
      "Get/set the context switch allowance of borrowed virtual time", NULL },
    { "domid", NULL, cmd_domid, "<DomainName>", "Convert a domain name to domain id", NULL },
    { "domname", NULL, cmd_domname, "<DomainId>", "Convert a domain id to domain name", NULL },
    { "rename", NULL, cmd_rename, "<Domain> <NewDomainName>", "Rename a domain", NULL },
    { "trigger", NULL, cmd_trigger, "<Domain> <nmi|reset|init|power|sleep|s3resume> [<VCPU>]",
      "Send a trigger to a domain", NULL },
    { "sysrq", NULL, cmd_sysrq, "<Domain> <letter>", "Send a sysrq to a domain", NULL },
    { "debug-keys", NULL, cmd_debug_keys, "<Keys>", "Send debug keys to Xen", NULL },
    { "dmesg", NULL, cmd_dmesg, "[-c]", "Read and/or clear dmesg buffer",
      "-c, --clear             Clear dmesg buffer as well as printing it\n" },
    { "top", NULL, cmd_top, "[options]", "Monitor a host and the domains in real time",
      "-b, --batch             Lines instead of a screen\n"
      "-d, --delay=SECONDS     Between two looks (3)\n"
      "-i, --iterations=N      End after that many\n"
      "-f, --full-name         Long names as they are\n"
      OPTION_JSON },
    { "network-attach", "vif-create", cmd_network_attach,
      "<Domain> [mac=<mac>] [bridge=<bridge>] [ip=<ip>] [vifname=<name>] [rate=<rate>]"
      " [script=<script>]",
      "Create a new virtual network device", NULL },
    { "network-list", "vif-list", cmd_network_list, "<Domain(s)>",
      "List virtual network interfaces for a domain",
      OPTION_LISTS },
    { "network-detach", "vif-destroy", cmd_network_detach, "<Domain> <DevId|mac>",
      "Destroy a domain's virtual network device", OPTION_FORCE },
    { "block-attach", "vbd-create", cmd_block_attach, "<Domain> <disk-spec-component(s)>...",
      "Create a new virtual block device", NULL },
    { "block-list", "vbd-list", cmd_block_list, "<Domain(s)>",
      "List virtual block devices for a domain",
      OPTION_LISTS },
    { "block-detach", "vbd-destroy", cmd_block_detach, "[option] <Domain> <DevId>",
      "Destroy a domain's virtual block device", OPTION_FORCE },
    { "new", NULL, cmd_new, "[<ConfigFile> [KEY=VALUE...]]",
      "Keep a definition, to be started by its name; without a file: list those kept", NULL },
    { "delete", NULL, cmd_delete, "<DomainName>", "Forget a definition that was kept", NULL },
    { "start", NULL, cmd_start, "[options] <DomainName>", "Start a domain whose definition is kept",
      "-c                      Connect to the console after the domain is created.\n"
      "-p                      Leave the domain paused after it is created.\n" },
    { "convert", NULL, cmd_convert, "<ConfigFile> [KEY=VALUE...]",
      "Print a configuration's other form: XML of settings, settings of XML", NULL },
    { "kernel-unpack", NULL, cmd_kernel_unpack, "<Kernel> ...",
      "Unpack kernels before the first domain needs them", NULL },
    { "log", NULL, cmd_log, "", "Print what xend did", NULL },
    { "uptime", NULL, cmd_uptime, "[-s] [Domain]", "Print uptime for all/some domains",
      "-s                      Short: one line, as uptime(1) would say it\n" },
    { "cpupool-list", NULL, cmd_cpupool_list, "[-c|--cpus]", "List CPU pools on host",
      "-c, --cpus              The CPUs of each\n" },
};

const unsigned int command_count = sizeof(commands) / sizeof(commands[0]);

/* Whether `word` is one of the names in a list separated by blanks. */
static bool in_list(const char *list, const char *word)
{
    size_t n = strlen(word);

    while (list && *list) {
        size_t length = strcspn(list, " ");

        if (length == n && !memcmp(list, word, n))
            return true;
        list += length + strspn(list + length, " ");
    }
    return false;
}

const struct command *command_find(const char *word, bool *ambiguous)
{
    const struct command *found = NULL;
    size_t n = strlen(word);

    *ambiguous = false;
    for (unsigned int i = 0; i < command_count; i++)
        if (!strcmp(commands[i].name, word) || in_list(commands[i].aliases, word))
            return &commands[i];
    for (unsigned int i = 0; i < command_count; i++) {
        if (strncmp(commands[i].name, word, n))
            continue;
        *ambiguous |= found != NULL;
        found = &commands[i];
    }
    return *ambiguous ? NULL : found;
}

void command_help(const struct xm *xm, const struct command *command, FILE *to)
{
    fprintf(to, "Usage: %s%s %s %s\n\n%s.\n", xm->program,
            xm->face == FACE_XL ? " [-vtTfN]" : "", command->name, command->usage,
            command->help);
    if (command->options)
        fprintf(to, "\nOptions:\n\n%s", command->options);
}
