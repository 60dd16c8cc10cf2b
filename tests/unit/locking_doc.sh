#!/bin/bash
# SPDX-License-Identifier: MIT
# docs/locking.md against the sources: every lock is in the table, with its rank and its file, every
# lock in the table exists, and the ranks stand in the order of spinlock.h.
#
# usage: locking_doc.sh [PAGE]

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
checks=locking
. "$TOP/tests/unit/verdict"
PAGE=$(readlink -f "${1:-$TOP/docs/locking.md}")
cd "$TOP/xen" || exit 1

# RANK FILE FIELD of each lock that is defined or set up; FIELD is the last part of its name.
locks()
{
    grep -rnoE --include=*.c '(\w+|\} \w+ = \{\.\w+) = SPINLOCK\(RANK_\w+\)|spin_lock_init\(&[^,]+, RANK_\w+\)' . |
        sed -E 's,^.*/([a-z0-9_]+\.c):[0-9]+:,\1 ,; s/\} \w+ = \{\.//; s/spin_lock_init\(&//
            s/ = SPINLOCK\(RANK_/ /; s/, RANK_/ /; s/\)$//; s/ [^ ]*(\.|->)/ /' |
        awk '{ print $3, $1, $2 }' | sort -u
}

# The same from the table: | RANK | `name`, file.c | covers |, a rank left out being the last one.
documented()
{
    sed -nE 's/^\| ?([A-Z]*) ?\| `([^`]+)`, ([a-z0-9_]+\.c) \|.*/\1|\3|\2/p' "$PAGE" |
        awk -F '|' '{ if ($1 != "") rank = $1; sub(/.*(\.|->)/, "", $3); print rank, $2, $3 }' | sort -u
}

[ "$(locks | wc -l)" -ge 10 ] || echo "no locks found in the sources: this script does not understand them" |
    verdict "sources"
diff <(locks) <(documented) | sed -n 's/^< /in the sources only: /p; s/^> /in the page only: /p' |
    verdict "every lock is in the table, with its rank"
diff <(sed -nE 's/^    RANK_([A-Z]+).*/\1/p' include/xen/spinlock.h) \
    <(sed -nE 's/^\| ([A-Z]+) \| `.*/\1/p' "$PAGE") |
    sed -n 's/^[<>] //p' | verdict "the ranks are in order"
