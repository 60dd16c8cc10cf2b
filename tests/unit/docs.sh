#!/bin/bash
# SPDX-License-Identifier: MIT
# The documents against the tree: what they name exists, their links lead somewhere, every source has
# its licence line, every manual page is well-formed.
#
# usage: docs.sh [PAGE...]       default: README.md, docs/*.md and the README of xenolinux-patches

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
checks=docs
. "$TOP/tests/unit/verdict"
cd "$TOP" || exit 1
[ $# != 0 ] || set -- README.md docs/*.md xenolinux-patches/README.md
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# What is part of the tree: all that git tracks, and what is about to be.
git ls-files --cached --others --exclude-standard | sort >"$tmp/files"
sed 's,.*/,,' "$tmp/files" | sort -u >"$tmp/names"

for page in "$@"; do
    [ -f "$page" ] || echo "$page is missing"
done | verdict "every page is there"

# PAGE:TOKEN for each match of $1 in the pages.
tokens() { local re=$1; shift; grep -oHE -- "$re" "$@" 2>/dev/null | sort -u; }

# Paths from the top. A pattern must match something; what a build makes need not be there.
check_paths()
{
    tokens '(xen|tools|tests|docs|xenolinux-patches)(/[A-Za-z0-9_.*{},-]+)+/?' "$@" |
    while IFS=: read -r page path; do
        path=${path%[.,]}
        [[ $path != xen/xenolith* ]] || continue
        compgen -G "${path%/}" >/dev/null || {
            [[ $path == *'{'* ]] && eval "ls -d $path" >/dev/null 2>&1
        } || echo "$page: $path"
    done
}

# Copies of the pages without absolute paths (/etc/xen/..., of a machine) and build/...
strip_foreign_paths()
{
    mkdir -p "$tmp/pages"
    for page in "$@"; do
        [ ! -f "$page" ] ||
            sed -E 's,(^|[^A-Za-z0-9_])(~|build|boot|\.\.|https?:/)?/[A-Za-z0-9_.*/-]+,\1,g; s,build/[A-Za-z0-9_.*/-]+,,g' \
                "$page" >"$tmp/pages/${page//\//@}"
    done
}

strip_foreign_paths "$@"
check_paths "$tmp"/pages/* | sed "s,^$tmp/pages/,,; s,@,/," | verdict "every path named exists"

# `name.c` without a directory: some file of that name.
tokens '`[A-Za-z0-9_-]+\.(c|h|S|sh|lds)`' "$@" | tr -d '`' | while IFS=: read -r page name; do
    grep -qxF "$name" "$tmp/names" || echo "$page: $name"
done | verdict "every source file named exists"

# System calls that the pages speak of.
LINUX='getppid('
{
    printf '%s\n' $LINUX
    grep -E '\.(c|h|S|sh)$' "$tmp/files" | xargs cat 2>/dev/null
} | grep -oE '\b[A-Za-z_][A-Za-z0-9_]*\(|^FUNCTION [a-z_0-9]+' |
    sed 's/($//; s/^FUNCTION //' | sort -u >"$tmp/functions"
tokens '\b[A-Za-z_][A-Za-z0-9_]*\(\)' "$@" | tr -d '()' | while IFS=: read -r page name; do
    grep -qxF "$name" "$tmp/functions" || echo "$page: $name()"
done | verdict "every function named exists"

tokens '\]\([^)#: ]+(#[^)]*)?\)' "$@" | while IFS=: read -r page link; do
    link=${link#](}
    link=${link%)}
    [ -e "$(dirname "$page")/${link%%#*}" ] || echo "$page: $link"
done | verdict "every link between pages leads somewhere"

# Boot options and debug keys: those of the sources are those of the page, and no others.
boot_options() { grep -rhoE --include=*.c 'BOOT_OPTION\("[^"]+' xen | sed 's/.*"//' | sort; }
option_rows() { sed -nE '/^## Options/,/^## /s/^\| `([a-z0-9_]+).*/\1/p' docs/running.md | sort; }
debug_keys() { grep -rhoE --include=*.c "DEBUG_KEY\\('." xen | sed "s/.*'//" | sort; }
key_rows() { sed -nE '/^## Debug keys/,/^## /s/^\| `(.)` .*/\1/p' docs/running.md | sort; }
diff <(boot_options) <(option_rows) | sed -n 's/^< /not in the page: /p; s/^> /not in the sources: /p' |
    verdict "running.md has every boot option"
diff <(debug_keys) <(key_rows) | sed -n 's/^< /not in the page: /p; s/^> /not in the sources: /p' |
    verdict "running.md has every debug key"

# By name, and whatever else is run by an interpreter. Data files can have no comment.
{
    grep -E '\.(c|h|S|sh|pl|py|lds|mk|[0-9])$|(^|/)Makefile$' "$tmp/files"
    tr '\n' '\0' <"$tmp/files" | xargs -0 grep -lsm1 '^#!'
} | sort -u | while read -r file; do
    [ ! -f "$file" ] || head -3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
done | verdict "every source says its licence in its first lines"

pages=$(grep '^docs/man/' "$tmp/files")
if ! command -v mandoc >/dev/null; then
    echo "ok docs: manual pages are well-formed # skip mandoc is not installed"
elif [ -z "$pages" ]; then
    echo "there are none in docs/man" | verdict "manual pages are well-formed"
else
    # shellcheck disable=SC2086  # a list of names
    mandoc -T lint -W warning $pages 2>&1 | verdict "manual pages are well-formed"
fi

# Every page helps at once: where things are, and how it is used; commands also how they end.
for page in $pages; do
    sections="FILES EXAMPLES EXIT.STATUS"
    [[ $page != *.5 ]] || sections="FILES EXAMPLES"
    for section in $sections; do
        grep -q "^\.Sh $section$" "$page" || echo "$page: no ${section/./ }"
    done
done | verdict "manual pages tell files, examples and exit status"

# Every program that is installed has a page.
{
    sed -n 's/^PROGRAMS := //p' tools/Makefile | tr ' ' '\n'
    sed -n 's/^DEVELOPER_PROGRAMS := //p' tools/Makefile | tr ' ' '\n'
} | sort | uniq -u | while read -r program; do
    compgen -G "docs/man/$program.[18]" >/dev/null || echo "$program"
done | verdict "every program has a manual page"
