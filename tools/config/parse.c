/* SPDX-License-Identifier: MIT */
/* Parser of xm/xl configuration files. */
#include "config/parse.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/python_hint.h"
#include "config/xalloc.h"

struct reader {
    const char *at, *end;
    struct place place;
    struct cfg *cfg;
    struct complaint *c;
};

/* ---- characters and blanks ---- */

static int peek(const struct reader *r)
{
    return r->at < r->end ? (unsigned char)*r->at : EOF;
}

static void step(struct reader *r)
{
    if (*r->at++ == '\n') {
        r->place.line++;
        r->place.column = 1;
    } else {
        r->place.column++;
    }
}

static void skip_comment(struct reader *r)
{
    while (peek(r) != EOF && peek(r) != '\n')
        step(r);
}

/* Blanks and comments; also ends of lines and ';' when `lines` is set. */
static void skip_blanks(struct reader *r, bool lines)
{
    for (;;) {
        int ch = peek(r);

        if (ch == ' ' || ch == '\t' || ch == '\r' || (lines && ch == '\n'))
            step(r);
        else if (ch == '#')
            skip_comment(r);
        else if (ch == '\\' && r->at + 1 < r->end && r->at[1] == '\n')
            step(r), step(r);
        else
            return;
    }
}

static bool is_key_char(int ch)
{
    return isalnum(ch) || ch == '_' || ch == '.' || ch == '-';
}

/* What stands at r, short enough to quote. */
static const char *quoted(const struct reader *r, char text[32])
{
    unsigned int n = 0;

    if (r->at >= r->end)
        return "the end of the file";
    if (*r->at == '\n')
        return "the end of the line";
    text[n++] = '"';
    for (const char *p = r->at; p < r->end && n < 24 && !isspace((unsigned char)*p); p++) {
        if (p > r->at && !is_key_char((unsigned char)*p))
            break;
        text[n++] = isprint((unsigned char)*p) ? *p : '?';
    }
    text[n++] = '"';
    text[n] = '\0';
    return text;
}

/* A syntax error here; Python gets a hint instead of the general remedy. */
static int syntax_error(struct reader *r, const char *expected, const char *remedy)
{
    const char *hint = python_hint(r->at, r->end);
    char text[32];

    return complain(r->c, &r->place, hint ? hint : remedy, "%s expected, but found %s", expected,
                    quoted(r, text));
}

/* ---- values ---- */

static void value_free(struct cfg_value *v)
{
    for (unsigned int i = 0; i < v->count; i++)
        value_free(&v->items[i]);
    free(v->items);
    free(v->text);
    memset(v, 0, sizeof(*v));
}

static char unescaped(char ch)
{
    static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
    const char *p = ch ? strchr(from, ch) : NULL;

    return p ? to[p - from] : ch;
}

/* \ooo and \xhh; r stands on the first digit's predecessor. Returns the character. */
static int read_numeric_escape(struct reader *r)
{
    unsigned int base = peek(r) == 'x' ? 16 : 8, most = base == 16 ? 2 : 3, value = 0, n = 0;

    if (base == 16)
        step(r);
    for (; n < most && isxdigit(peek(r)); n++) {
        int ch = peek(r), digit = isdigit(ch) ? ch - '0' : tolower(ch) - 'a' + 10;

        if ((unsigned int)digit >= base)
            break;
        value = value * base + (unsigned int)digit;
        step(r);
    }
    return n && value && value < 256 ? (int)value : -1;
}

static int read_string(struct reader *r, struct cfg_value *v)
{
    struct place start = r->place;
    size_t n = 0, room = 32;
    int quote = peek(r), ch;

    v->kind = CFG_STRING;
    v->text = xcalloc(room, 1);
    for (step(r); (ch = peek(r)) != quote; ) {
        if (ch == EOF || ch == '\n')
            return complain(r->c, &start, "close it with the quote it began with, on the same line",
                            "string without an end");
        if (!ch)
            return complain(r->c, &r->place, "remove it", "NUL character in a string");
        step(r);
        if (ch == '\\') {
            int code = peek(r);

            if (code == EOF || code == '\n')
                continue;               /* reported as a string without an end */
            if (code == 'x' || (code >= '0' && code <= '7')) {
                ch = read_numeric_escape(r);
                if (ch < 0)
                    return complain(r->c, &r->place, "write \\\\ for a plain backslash",
                                    "malformed escape in a string");
            } else {
                ch = unescaped((char)code);
                step(r);
            }
        }
        if (n + 2 > room)
            v->text = xrealloc(v->text, room *= 2, 1);
        v->text[n++] = (char)ch;
    }
    v->text[n] = '\0';
    step(r);
    return 0;
}

static int read_number(struct reader *r, struct cfg_value *v)
{
    const char *start = r->at;
    struct place place = r->place;
    char *end;

    if (peek(r) == '-')
        step(r);
    while (is_key_char(peek(r)))
        step(r);
    v->kind = CFG_NUMBER;
    v->text = xstrndup(start, (size_t)(r->at - start));
    errno = 0;
    v->number = strtoll(v->text, &end, 0);
    if (*end || end == v->text || errno)
        return complain(r->c, &place, "put quotes around a value that is not a plain number",
                        "\"%s\" is not a number", v->text);
    return 0;
}

static int read_value(struct reader *r, struct cfg_value *v, unsigned int depth);

static int read_list(struct reader *r, struct cfg_value *v, unsigned int depth)
{
    v->kind = CFG_LIST;
    if (depth >= CFG_MAX_DEPTH)
        return complain(r->c, &r->place, "flatten it", "lists nested more than %u deep",
                        CFG_MAX_DEPTH);
    step(r);
    for (;;) {
        int err;

        skip_blanks(r, true);
        if (peek(r) == ']')
            break;
        if (v->count >= CFG_MAX_ITEMS)
            return complain(r->c, &r->place, NULL, "a list of more than %u items", CFG_MAX_ITEMS);
        v->items = xrealloc(v->items, v->count + 1, sizeof(*v->items));
        err = read_value(r, &v->items[v->count++], depth + 1);
        if (err)
            return err;
        skip_blanks(r, true);
        if (peek(r) == ',')
            step(r);
        else if (peek(r) != ']')
            return syntax_error(r, "',' or ']'", "separate list items with commas");
    }
    step(r);
    return 0;
}

static int read_value(struct reader *r, struct cfg_value *v, unsigned int depth)
{
    int ch = peek(r);

    memset(v, 0, sizeof(*v));
    v->place = r->place;
    if (ch == '"' || ch == '\'') {
        const char *hint = python_string_hint(r->at, r->end);

        return hint ? complain(r->c, &r->place, hint, "string in Python's manner")
                    : read_string(r, v);
    }
    if (isdigit(ch) || (ch == '-' && r->at + 1 < r->end && isdigit((unsigned char)r->at[1])))
        return read_number(r, v);
    if (ch == '[')
        return read_list(r, v, depth);
    return syntax_error(r, "a string, a number or '['", "put quotes around text");
}

/* ---- entries ---- */

static void append_list(struct cfg_value *to, struct cfg_value *from)
{
    to->items = xrealloc(to->items, to->count + from->count, sizeof(*to->items));
    if (from->count)
        memcpy(to->items + to->count, from->items, from->count * sizeof(*to->items));
    to->count += from->count;
    free(from->items);
}

/* Give *value to `entry`, whose key is already there. */
static int merge(struct cfg_entry *entry, struct cfg_value *value, bool append,
                 struct complaint *c)
{
    struct cfg_value *old = &entry->value;
    char *joined;

    if (!append) {
        value_free(old);
        *old = *value;
        return 0;
    }
    if (old->kind != value->kind || value->kind == CFG_NUMBER) {
        complain(c, &value->place, "use = to replace the earlier value",
                 "+= can add a string to a string or a list to a list only");
        value_free(value);
        return -EINVAL;
    }
    if (value->kind == CFG_LIST && old->count + value->count > CFG_MAX_ITEMS) {
        complain(c, &value->place, NULL, "a list of more than %u items", CFG_MAX_ITEMS);
        value_free(value);
        return -EINVAL;
    }
    if (value->kind == CFG_LIST) {
        append_list(old, value);
        return 0;
    }
    joined = xasprintf("%s%s", old->text, value->text);
    free(old->text);
    old->text = joined;
    value_free(value);
    return 0;
}

static struct cfg_entry *entry_for(struct cfg *cfg, const char *key)
{
    for (unsigned int i = 0; i < cfg->count; i++)
        if (!strcmp(cfg->entries[i].key, key))
            return &cfg->entries[i];
    return NULL;
}

static int add_entry(struct cfg *cfg, char *key, const struct place *place,
                     struct cfg_value *value, bool append, struct complaint *c)
{
    struct cfg_entry *entry = entry_for(cfg, key);

    if (entry) {
        free(key);
        return merge(entry, value, append, c);
    }
    cfg->entries = xrealloc(cfg->entries, cfg->count + 1, sizeof(*cfg->entries));
    cfg->entries[cfg->count++] = (struct cfg_entry){ key, *place, *value };
    return 0;
}

/* The separator behind an entry. */
static int read_end_of_entry(struct reader *r)
{
    skip_blanks(r, false);
    if (peek(r) != EOF && peek(r) != '\n' && peek(r) != ';')
        return syntax_error(r, "the end of the line", "one setting a line, or ';' between them");
    return 0;
}

static int read_entry(struct reader *r)
{
    struct place place = r->place;
    const char *start = r->at, *hint = python_statement_hint(r->at, r->end);
    struct cfg_value value = { 0 };
    bool append;
    char *key;
    int err;

    if (hint)
        return complain(r->c, &place, hint, "this line is a Python statement");
    if (!isalpha(peek(r)) && peek(r) != '_')
        return syntax_error(r, "the name of a setting", "settings are written NAME = VALUE");
    while (is_key_char(peek(r)))
        step(r);
    key = xstrndup(start, (size_t)(r->at - start));
    skip_blanks(r, false);
    append = peek(r) == '+' && r->at + 1 < r->end && r->at[1] == '=';
    if (append)
        step(r);
    if (peek(r) != '=') {
        err = syntax_error(r, "'='", "settings are written NAME = VALUE");
        goto fail;
    }
    step(r);
    skip_blanks(r, false);
    err = read_value(r, &value, 0);
    if (!err)
        err = read_end_of_entry(r);
    if (err)
        goto fail;
    return add_entry(r->cfg, key, &place, &value, append, r->c);

fail:
    value_free(&value);
    free(key);
    return err;
}

static const char *remember_file(struct cfg *cfg, const char *file)
{
    cfg->files = xrealloc(cfg->files, cfg->file_count + 1, sizeof(*cfg->files));
    return cfg->files[cfg->file_count++] = xstrdup(file);
}

int cfg_parse(struct cfg *cfg, const char *file, const char *text, size_t len,
              struct complaint *c)
{
    struct reader r = { .at = text, .end = text + len, .cfg = cfg, .c = c,
                        .place = { remember_file(cfg, file), 1, 1 } };
    unsigned int settings = 0;

    for (;;) {
        int err;

        skip_blanks(&r, true);
        if (peek(&r) == EOF)
            return 0;
        if (peek(&r) == ';') {
            step(&r);
            continue;
        }
        if (++settings > CFG_MAX_ITEMS)
            return complain(c, &r.place, NULL, "more than %u settings", CFG_MAX_ITEMS);
        err = read_entry(&r);
        if (err)
            return err;
    }
}

/* ---- where the text comes from ---- */

static int read_all(int fd, char *text, size_t *len)
{
    ssize_t n;

    for (*len = 0; *len <= CFG_MAX_BYTES; *len += (size_t)n) {
        n = read(fd, text + *len, CFG_MAX_BYTES + 1 - *len);
        if (n < 0)
            return -errno;
        if (!n)
            return 0;
    }
    return -EFBIG;
}

int cfg_load(const char *path, char **text, size_t *len, struct complaint *c)
{
    struct place place = { path, 0, 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC), err = fd < 0 ? -errno : 0;

    *text = xcalloc(CFG_MAX_BYTES + 1, 1);
    if (!err)
        err = read_all(fd, *text, len);
    if (fd >= 0)
        close(fd);
    if (!err)
        return 0;
    free(*text);
    complain(c, &place, NULL, "cannot be read: %s", strerror(-err));
    return err;
}

int cfg_parse_file(struct cfg *cfg, const char *path, struct complaint *c)
{
    char *text;
    size_t len;
    int err = cfg_load(path, &text, &len, c);

    if (err)
        return err;
    err = cfg_parse(cfg, path, text, len, c);
    free(text);
    return err;
}

int cfg_parse_argument(struct cfg *cfg, const char *argument, struct complaint *c)
{
    const char *equals = strchr(argument, '=');
    struct place place = { "command line", 1, 1 };
    struct cfg_value value = { .kind = CFG_STRING };
    const char *text;

    if (!equals || equals == argument)
        return complain(c, NULL, "arguments behind the file name are settings: KEY=VALUE",
                        "argument \"%s\" is not a setting", argument);
    text = equals + 1;
    if (equals[-1] == '+' || (*text && strchr("'\"[-0123456789 ", *text))) {
        struct cfg trial = { 0 };
        struct complaint quiet = { 0 };
        int err = cfg_parse(&trial, "", argument, strlen(argument), &quiet);

        cfg_free(&trial);
        complaint_clear(&quiet);
        /* 10.0.0.1 or 1g begin like numbers but are text. */
        if (!err || strchr("'\"[", *text))
            return cfg_parse(cfg, place.file, argument, strlen(argument), c);
    }
    place.file = remember_file(cfg, place.file);
    value.place = place;
    value.text = xstrdup(text);
    return add_entry(cfg, xstrndup(argument, (size_t)(equals - argument)), &place, &value, false,
                     c);
}

const struct cfg_value *cfg_find(const struct cfg *cfg, const char *key)
{
    struct cfg_entry *entry = entry_for((struct cfg *)cfg, key);

    return entry ? &entry->value : NULL;
}

void cfg_free(struct cfg *cfg)
{
    for (unsigned int i = 0; i < cfg->count; i++) {
        free(cfg->entries[i].key);
        value_free(&cfg->entries[i].value);
    }
    for (unsigned int i = 0; i < cfg->file_count; i++)
        free(cfg->files[i]);
    free(cfg->entries);
    free(cfg->files);
    memset(cfg, 0, sizeof(*cfg));
}
