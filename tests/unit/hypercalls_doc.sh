#!/bin/bash
# SPDX-License-Identifier: MIT
# docs/hypercalls.md against the sources: every call and sub-operation that is served has an entry
# with the right number, and every entry is served.
#
# usage: hypercalls_doc.sh [PAGE]

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
checks=hypercalls
. "$TOP/tests/unit/verdict"
PAGE=$(readlink -f "${1:-$TOP/docs/hypercalls.md}")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$TOP" || exit 1

# Where sub-operations are dispatched, and what their names begin with.
OPS='xen/arch/x86/mmu_update.c MMU_|MMUEXT_
xen/arch/x86/upcall.c CALLBACKOP_|XENNMI_
xen/arch/x86/vcpu.c SEGBASE_
xen/arch/x86/physdev.c PHYSDEVOP_
xen/common/console.c CONSOLEIO_
xen/common/domain.c VMASST_CMD_
xen/common/domain_memory.c XENMEM_
xen/common/domctl.c XEN_DOMCTL_
xen/common/event_channel.c EVTCHNOP_
xen/common/grant_table.c GNTTABOP_
xen/common/platform_op.c XENPF_|XEN_MC_
xen/common/sched_op.c SCHEDOP_
xen/common/sysctl.c XEN_SYSCTL_
xen/common/vcpu_op.c VCPUOP_
xen/common/version.c XENVER_'
# Values of fields within one command, not commands.
FIELDS='^XEN_SYSCTL_CPUPOOL_OP_|^XEN_DOMCTL_SCHEDOP_'

# `case NAME:`, `[NAME] =`, `if (which == NAME)`, and the two macros of physdev.c.
served_ops()
{
    local file prefix

    while read -r file prefix; do
        sed -nE -e 's/^ *case ([A-Z][A-Za-z0-9_]*):.*/\1/p' -e 's/^ *\[([A-Z][A-Za-z0-9_]*)\] = .*/\1/p' \
            -e 's/^ *if \(which == ([A-Z][A-Za-z0-9_]*)\)$/\1/p' \
            -e 's/^ *(CALL|ACCEPT)\(([A-Za-z0-9_]+)[,)].*/PHYSDEVOP_\2/p' "$file" |
            grep -E "^($prefix)" | grep -vE "$FIELDS"
    done <<<"$OPS" | sort -u
}

# Name and number of the constants on standard input, from the public headers.
numbers()
{
    mkdir -p "$tmp/include"
    ln -sfn "$TOP/xen/include/public" "$tmp/include/xen"
    {
        for header in xen callback console_io domctl event_channel grant_table memory nmi physdev \
            platform sched sysctl vcpu version arch-x86/xen-mca; do
            [ ! -e "xen/include/public/$header.h" ] || echo "#include <xen/$header.h>"
        done
        printf '#include <stdio.h>\nint main(void)\n{\n'
        while read -r name; do printf 'printf("%s %%d\\n", (int)%s);\n' "$name" "$name"; done
        printf 'return 0;\n}\n'
    } >"$tmp/numbers.c"
    "${CC:-gcc}" -w -D__XEN_TOOLS__ -I"$tmp/include" -o "$tmp/numbers" "$tmp/numbers.c" && "$tmp/numbers"
}

# compare WHAT SERVED DOCUMENTED: two sorted lists that must be the same, and not empty.
compare()
{
    {
        [ -s "$2" ] || echo "nothing was found in the sources: this script does not understand them any more"
        diff "$2" "$3" | sed -n 's/^< /served, and not documented so: /p; s/^> /documented, and not served so: /p'
    } | verdict "$1"
}

sed -nE 's/^ *(X|LONG)\(([a-z0-9_]+)[,)].*/__HYPERVISOR_\2/p' xen/common/hypercall.c | numbers |
    sed 's/^__HYPERVISOR_//' | sort >"$tmp/calls"
sed -nE 's/^## ([a-z0-9_]+) \(([0-9]+)\)$/\1 \2/p' "$PAGE" | sort >"$tmp/documented_calls"
compare "every call has a section with its number" "$tmp/calls" "$tmp/documented_calls"

served_ops | numbers | sort >"$tmp/ops"
sed -nE 's/^\| `([A-Z][A-Za-z0-9_]+)` \| ([0-9]+) \|.*/\1 \2/p' "$PAGE" | sort >"$tmp/documented_ops"
compare "every sub-operation has a row with its number" "$tmp/ops" "$tmp/documented_ops"

{
    grep -oE -- '-E[A-Z0-9]+' "$PAGE" || echo "-none at all"
} | sort -u | tr -d - | while read -r e; do
    grep -q "XEN_$e " xen/include/public/errno.h || echo "not in public/errno.h: $e"
done | verdict "errors named are errors of the interface"
