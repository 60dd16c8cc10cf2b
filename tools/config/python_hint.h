/* SPDX-License-Identifier: MIT */
/* Remedies for lines that xm once ran as Python and nobody runs any more. */
#ifndef CONFIG_PYTHON_HINT_H
#define CONFIG_PYTHON_HINT_H

/* Each looks at the text from `at` up to `end` and returns a remedy, or NULL: not Python. */

/* A line's beginning. */
const char *python_statement_hint(const char *at, const char *end);

/* The place of a string. */
const char *python_string_hint(const char *at, const char *end);

/* A place where something else was expected. */
const char *python_hint(const char *at, const char *end);

#endif
