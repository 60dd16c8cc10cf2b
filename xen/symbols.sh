#!/bin/sh
# SPDX-License-Identifier: MIT
# Turns `nm -n` of the hypervisor into the table that symbols.c searches: for each function, in
# order of address, its offset from the image's start and the offset of its name. Not those of the
# boot part, whose place is used for other things later.
LC_ALL=C awk '
    BEGIN { n = 0 }
    $3 == "image_start" { base = $1 }
    $3 == "init_start" { exit }
    ($2 == "t" || $2 == "T") && $3 !~ /^\./ && $1 != last {
        addr[n] = last = $1
        name[n++] = $3
    }
    END {
        print "\t.section .symbols, \"a\", @progbits"
        print "\t.globl symbol_count, symbol_table, symbol_names"
        print "\t.balign 4"
        printf "symbol_count:\n\t.long %d\nsymbol_table:\n", n
        for (i = 0; i < n; i++) {
            printf "\t.long 0x%s - 0x%s, %d\n", addr[i], base, at
            at += length(name[i]) + 1
        }
        print "symbol_names:"
        for (i = 0; i < n; i++)
            printf "\t.asciz \"%s\"\n", name[i]
        print "\t.section .note.GNU-stack, \"\", @progbits"
    }'
