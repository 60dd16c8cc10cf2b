/* SPDX-License-Identifier: MIT */
/* Boot options: "name=value" or "name", separated by blanks; a value with blanks stands in double
 * quotes. One that nobody has a row for is named in a warning, so a misspelt one is noticed. */
#include <xen/cmdline.h>
#include <xen/errno.h>
#include <xen/printk.h>
#include <xen/string.h>

char saved_cmdline[1024];

extern const struct boot_option boot_options_start[], boot_options_end[];

/* Words that GRUB's scripts for Xen add for old loaders and firmware; they mean nothing to us. */
static const char *const ignored[] = {"placeholder", "no-real-mode", "edd"};

static bool is_ignored(const char *name)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(ignored); i++)
        if (strcmp(name, ignored[i]) == 0)
            return true;
    return false;
}

static void obey(const char *name, const char *value)
{
    const struct boot_option *o = boot_options_start;

    while (o < boot_options_end && strcmp(o->name, name) != 0)
        o++;
    if (o < boot_options_end) {
        if (o->parse(value))
            printk(XLOG_WARN "Boot option %s=%s: this value makes no sense, ignored\n", name,
                   value);
    } else if (!is_ignored(name)) {
        printk(XLOG_WARN "Boot option %s is unknown, ignored\n", name);
    }
}

/* Cut the first word off *@line, quotes taken out; NULL at the end. The line is changed. */
static char *next_word(char **line)
{
    char *s = *line, *word, *out;
    bool quoted = false;

    while (*s == ' ' || *s == '\t')
        s++;
    if (!*s)
        return NULL;
    for (word = out = s; *s && (quoted || (*s != ' ' && *s != '\t')); s++) {
        if (*s == '"')
            quoted = !quoted;
        else
            *out++ = *s;
    }
    *line = *s ? s + 1 : s;
    *out = '\0';
    return word;
}

void cmdline_parse(const char *line)
{
    static char copy[sizeof(saved_cmdline)];
    char *rest = copy, *word;

    strlcpy(saved_cmdline, line, sizeof(saved_cmdline));
    strlcpy(copy, line, sizeof(copy));
    while ((word = next_word(&rest)) != NULL) {
        char *value = strchr(word, '=');

        if (value)
            *value++ = '\0';
        obey(word, value ? value : "");
    }
}

u64 parse_size(const char *s, const char **end)
{
    static const char units[] = "bkmgt";
    const char *p, *unit;
    u64 value = strtoull(s, &p, 0);
    unsigned int shift = 10;

    if (*p && (unit = strchr(units, *p | 0x20)) != NULL) {
        shift = 10 * (unit - units);
        p++;
    }
    if (end)
        *end = p;
    return value > UINT64_MAX >> shift ? UINT64_MAX : value << shift;
}

int parse_uint(const char *s, unsigned int *out)
{
    const char *end;
    u64 value = strtoull(s, &end, 0);

    if (end == s || *end || value > UINT_MAX)
        return -EINVAL;
    *out = value;
    return 0;
}

int parse_bool(const char *s)
{
    static const char *const no[] = {"0", "no", "off", "false", "disable"};
    static const char *const yes[] = {"", "1", "yes", "on", "true", "enable"};

    for (unsigned int i = 0; i < ARRAY_SIZE(yes); i++)
        if (strcmp(s, yes[i]) == 0)
            return 1;
    for (unsigned int i = 0; i < ARRAY_SIZE(no); i++)
        if (strcmp(s, no[i]) == 0)
            return 0;
    return -EINVAL;
}
