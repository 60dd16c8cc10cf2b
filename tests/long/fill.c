/* SPDX-License-Identifier: MIT */
/*
 * Write so many MiB of memory, every cache line with what depends on where it is, and read all of
 * it back: two pages in one place, or a page lost, do not go unseen.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define STEP 8 /* words: a cache line */

int main(int argc, char **argv)
{
    size_t words = argc == 2 ? strtoul(argv[1], NULL, 10) << 17 : 0, wrong = 0;
    uint64_t *m = mmap(NULL, words * 8, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (!words || m == MAP_FAILED) {
        fprintf(stderr, "usage: fill MIB, of which there are so many\n");
        return 2;
    }
    for (size_t i = 0; i < words; i += STEP)
        m[i] = i * 0x9e3779b97f4a7c15;
    for (size_t i = 0; i < words; i += STEP)
        wrong += m[i] != i * 0x9e3779b97f4a7c15;
    printf("%zu MiB written and read back, %zu words wrong\n", words >> 17, wrong);
    return wrong != 0;
}
