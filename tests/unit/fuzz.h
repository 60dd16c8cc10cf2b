/* SPDX-License-Identifier: MIT */
/* A fuzzer for parsers: mutants of good inputs, of which those that reach new code stay. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>

/* The longest input that is tried. */
#define FUZZ_MAX_BYTES 65536u

struct fuzz_bytes {
    const void *data;
    size_t length;
};

struct fuzz {
    const char *const *seeds;   /* good inputs; NULL ends the list */
    const char *const *words;   /* what mutants are spiced with; ditto */
    /* Parse `text`, which ends with a NUL behind `length` bytes; assert what must hold. */
    void (*try)(const char *text, size_t length);
    const struct fuzz_bytes *binary_seeds;  /* further ones, or NULL; data NULL ends the list */
    size_t most;                /* length of an input; 0: FUZZ_MAX_BYTES */
};

/*
 * Try FUZZ_RUNS inputs (of the environment; otherwise 2000), the same ones each time. Fails where
 * one takes more than a second of processor time; the sanitizers fail it for everything else. The
 * input that was tried last is then in the file that is named; FUZZ_INPUT=FILE tries that alone.
 * Sources compiled with -fsanitize-coverage=trace-pc guide the choice.
 */
void fuzz(const struct fuzz *fuzz);

#endif
