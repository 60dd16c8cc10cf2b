/* SPDX-License-Identifier: MIT */
/* The mutations, what is kept, and the bounds on time and memory. */
#include "fuzz.h"

#include <sanitizer/common_interface_defs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CORPUS_MAX   1024u
#define SLOTS        65536u
#define MAX_CHANGES  6u

/* Code that runs before the sanitizers are ready, or for each of their calls. */
#define UNSEEN __attribute__((no_sanitize_coverage, no_sanitize("address", "undefined")))

struct input {
    char *text;
    size_t length;
};

static struct input corpus[CORPUS_MAX];
static unsigned int corpus_count;

/* The input at work, with room for the NUL behind it. */
static char current[FUZZ_MAX_BYTES + 1];
static size_t current_length, most_length;

static uint64_t random_state;

static uint32_t below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((random_state >> 33) % limit);
}

/* ---- which code was reached ---- */

static uint8_t reached[SLOTS];
static unsigned int news;

/* Called by the compiler's instrumentation in every block: a pair of blocks is what counts. */
void __sanitizer_cov_trace_pc(void);

UNSEEN void __sanitizer_cov_trace_pc(void)
{
    static uintptr_t before;
    uintptr_t at = (uintptr_t)__builtin_return_address(0) * 0x9e3779b1u >> 8;
    uint8_t *slot = &reached[(at ^ before) % SLOTS];

    before = at >> 1;
    news += !*slot;
    *slot = 1;
}

/* ---- mutations ---- */

/* memmove() within the input. That of the sanitizers goes byte by byte: it was half of all time. */
static void move(size_t to, size_t from, size_t n)
{
    static char between[FUZZ_MAX_BYTES];

    memcpy(between, current + from, n);
    memcpy(current + to, between, n);
}

/* Make room for `n` bytes at `at`; fewer where the input is full. */
static size_t open_gap(size_t at, size_t n)
{
    if (n > most_length - current_length)
        n = most_length - current_length;
    move(at + n, at, current_length - at);
    current_length += n;
    return n;
}

static void insert(size_t at, const char *bytes, size_t n)
{
    memcpy(current + at, bytes, open_gap(at, n));
}

static void insert_word(const struct fuzz *fuzz, size_t at)
{
    unsigned int count = 0;

    while (fuzz->words[count])
        count++;
    if (count) {
        const char *word = fuzz->words[below(count)];

        insert(at, word, strlen(word));
    }
}

/* A piece of the input again, up to many times: depth and length. */
static void repeat(size_t at)
{
    size_t most = current_length - at, n = most ? 1 + below((uint32_t)(most < 40 ? most : 40)) : 0;
    unsigned int times = below(16) ? 1 + below(4) : 1 + below(2000);
    char piece[40];
    size_t gap;

    memcpy(piece, current + at, n);
    gap = open_gap(at, n * times);
    for (size_t i = 0; i < gap; i++)
        current[at + i] = piece[i % n];
}

static void cut(size_t at)
{
    size_t most = current_length - at, n = most ? 1 + below((uint32_t)(most < 60 ? most : 60)) : 0;

    move(at, at + n, most - n);
    current_length -= n;
}

static void graft(size_t at)
{
    const struct input *other = &corpus[below(corpus_count)];
    size_t from = below((uint32_t)other->length + 1);
    size_t n = below((uint32_t)(other->length - from) + 1);

    insert(at, other->text + from, n);
}

static void change(const struct fuzz *fuzz)
{
    size_t at = below((uint32_t)current_length + 1);
    char byte = (char)below(256);

    switch (below(7)) {
    case 0:
        insert_word(fuzz, at);
        break;
    case 1:
        repeat(at);
        break;
    case 2:
        cut(at);
        break;
    case 3:
        graft(at);
        break;
    case 4:
        insert(at, &byte, 1);
        break;
    case 5:
        if (at < current_length)
            current[at] = byte;
        break;
    default:
        if (at < current_length)
            current[at] ^= (char)(1 << below(8));
        break;
    }
}

/* ---- the runs ---- */

static void keep(void)
{
    struct input *input = &corpus[corpus_count < CORPUS_MAX ? corpus_count++ : below(CORPUS_MAX)];

    free(input->text);
    input->text = malloc(current_length + 1);
    assert_non_null(input->text);
    memcpy(input->text, current, current_length);
    input->length = current_length;
}

static void choose(const struct fuzz *fuzz)
{
    const struct input *input = &corpus[below(corpus_count)];

    memcpy(current, input->text, input->length);
    current_length = input->length;
    for (unsigned int n = 1 + below(MAX_CHANGES); n; n--)
        change(fuzz);
}

static double processor_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void save_current(void)
{
    const char *path = "/tmp/fuzz-failed";
    FILE *to = fopen(path, "we");

    if (!to)
        return;
    fwrite(current, 1, current_length, to);
    fclose(to);
    fprintf(stderr, "the input at fault is in %s\n", path);
}

static double try(const struct fuzz *fuzz)
{
    double began = processor_seconds(), took;

    news = 0;
    current[current_length] = '\0';
    fuzz->try(current, current_length);
    took = processor_seconds() - began;
    if (took > 1) {
        save_current();
        fail_msg("an input of %zu bytes takes %.1f seconds", current_length, took);
    }
    if (news)
        keep();
    return took;
}

static void try_seed(const struct fuzz *fuzz, const void *data, size_t length)
{
    assert_in_range(length, 0, most_length);
    current_length = length;
    memcpy(current, data, length);
    try(fuzz);
    keep();
}

/*
 * More memory than this at once, for whatever input, is a fault. The most is asked for by zstd: its
 * window may have 128 MiB, and that of Linux's kernels has.
 */
const char *__asan_default_options(void);

UNSEEN const char *__asan_default_options(void)
{
    return "hard_rss_limit_mb=1024:max_allocation_size_mb=144:quarantine_size_mb=16";
}

/* The input of an earlier failure, from the file that was named then. */
static void try_again(const struct fuzz *fuzz, const char *path)
{
    FILE *from = fopen(path, "re");

    assert_non_null(from);
    current_length = fread(current, 1, FUZZ_MAX_BYTES, from);
    fclose(from);
    try(fuzz);
}

void fuzz(const struct fuzz *fuzz)
{
    const char *wanted = getenv("FUZZ_RUNS");
    unsigned long runs = wanted ? strtoul(wanted, NULL, 10) : 2000;
    double began = processor_seconds(), longest = 0, took;

    if (getenv("FUZZ_INPUT"))
        return try_again(fuzz, getenv("FUZZ_INPUT"));
    __sanitizer_set_death_callback(save_current);
    random_state = 1;
    corpus_count = 0;
    most_length = fuzz->most ? fuzz->most : FUZZ_MAX_BYTES;
    for (unsigned int i = 0; fuzz->seeds[i]; i++)
        try_seed(fuzz, fuzz->seeds[i], strlen(fuzz->seeds[i]));
    for (const struct fuzz_bytes *seed = fuzz->binary_seeds; seed && seed->data; seed++)
        try_seed(fuzz, seed->data, seed->length);
    for (unsigned long run = 0; run < runs; run++) {
        choose(fuzz);
        took = try(fuzz);
        longest = took > longest ? took : longest;
    }
    took = processor_seconds() - began;
    if (wanted)
        printf("# %lu inputs in %.0f s, %.0f a second, the slowest %.0f ms, %u kept\n", runs, took,
               (double)runs / took, longest * 1000, corpus_count);
    for (unsigned int i = 0; i < CORPUS_MAX; i++) {
        free(corpus[i].text);
        corpus[i].text = NULL;
    }
}
