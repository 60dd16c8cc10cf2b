/* SPDX-License-Identifier: MIT */
/* Recognizes Python in a configuration file. */
#include "config/python_hint.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool starts(const char *at, const char *end, const char *text)
{
    size_t n = strlen(text);

    return (size_t)(end - at) >= n && !memcmp(at, text, n);
}

/* The word at `at` is `word`, and no setting of that name begins here. */
static bool is_word(const char *at, const char *end, const char *word)
{
    const char *after = at + strlen(word);

    if (!starts(at, end, word))
        return false;
    if (after < end && (isalnum((unsigned char)*after) || *after == '_'))
        return false;
    while (after < end && (*after == ' ' || *after == '\t'))
        after++;
    return after >= end || (*after != '=' && !(*after == '+' && after[1] == '='));
}

const char *python_statement_hint(const char *at, const char *end)
{
    static const char *const words[] = { "import", "from", "def", "if", "elif", "else", "for",
                                         "while", "print", "try", "except", "return" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (is_word(at, end, words[i]))
            return "files are no longer run as Python: write the resulting values out, "
                   "or give them as KEY=VALUE arguments";
    return NULL;
}

const char *python_string_hint(const char *at, const char *end)
{
    if (starts(at, end, "\"\"\"") || starts(at, end, "'''"))
        return "Python's triple quotes are not known: one line, one pair of quotes";
    return NULL;
}

const char *python_hint(const char *at, const char *end)
{
    if (at >= end)
        return NULL;
    if (*at == '%')
        return "Python's % formatting is not known: write the resulting text out";
    if (*at == '+' || *at == '*')
        return "values are not computed as in Python: write the result out (NAME += adds to one)";
    if (*at == '(')
        return "tuples and calls are Python: write a list in [ ], or the value itself";
    if (is_word(at, end, "True") || is_word(at, end, "False"))
        return "Python's True and False are written 1 and 0 here";
    if (is_word(at, end, "None"))
        return "Python's None has no counterpart: leave the setting out";
    if (is_word(at, end, "range") || is_word(at, end, "str") || is_word(at, end, "int") ||
        starts(at, end, "os.") || is_word(at, end, "for"))
        return "expressions of Python are not run: write the resulting value out";
    return NULL;
}
