#!/bin/bash
# SPDX-License-Identifier: MIT
# `make deb` gives four packages: each has what it should, lintian finds no error in them, and the same
# sources give the same bytes wherever they are built: packages, hypervisor, symbols and programs.
# WHERE: host

set -u
work=$(mktemp -d "${TMPDIR:-/tmp}/xenolith-deb.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() { echo "fail: $*"; exit 1; }

# has PACKAGE PATH...: the package has these files.
has()
{
    local package=$1 path
    shift
    dpkg-deb -c build/"$package"_*.deb | awk '{ print $6 }' >"$work/list" || fail "no package $package"
    for path in "$@"; do
        grep -qxF "./$path" "$work/list" || fail "$package has no $path"
    done
}

make -s deb >"$work/log" 2>&1 || { tail "$work/log"; fail "make deb"; }
version=$(sed -n 's/^VERSION := //p' xen/Makefile)
has xenolith-hypervisor "boot/xen-xenolith-$version.gz" etc/default/grub.d/xenolith.cfg \
    "usr/lib/debug/boot/xen-xenolith-$version" usr/share/man/man7/xenolith.7.gz
has xenolith-tools usr/sbin/xm usr/sbin/xl usr/sbin/xentop usr/sbin/xend usr/sbin/xenstored \
    usr/sbin/xenconsoled usr/lib/xenolith/xml.so usr/bin/xenstore-read \
    lib/systemd/system/xend.service usr/share/bash-completion/completions/xm \
    etc/xen/guest.cfg.example usr/share/man/man1/xl.1.gz \
    etc/kernel/postinst.d/xenolith
has xenolith-dev usr/include/xenolith/xen/xen.h usr/share/pkgconfig/xenolith.pc
has xenolith-doc usr/share/doc/xenolith/docs/tour.md
# GRUB would take any other file of that prefix for one more hypervisor.
[ "$(dpkg-deb -c build/xenolith-hypervisor_*.deb | grep -c ' \./boot/.')" = 1 ] ||
    fail "there must be one file in /boot"
dpkg-deb -f build/xenolith-tools_*.deb Depends | grep -q libjansson4 || fail "libraries are not named"
[ "$(dpkg-deb -f build/xenolith-tools_*.deb Version)" = "$version" ] ||
    fail "tools/debian/changelog and xen/Makefile name different versions"

lintian --allow-root --fail-on error build/xenolith-*.deb \
    >"$work/lintian" 2>&1 || { cat "$work/lintian"; fail "lintian"; }

# What is installed without packages can be taken away.
make -s install DESTDIR="$work/root" PREFIX=/usr/local >/dev/null || fail "make install"
[ -x "$work/root/usr/local/sbin/xm" ] || fail "make install does not heed PREFIX"

# What apt runs for each new kernel unpacks it, and never makes apt fail.
mkdir "$work/bin"
printf '#!/bin/sh\necho "$@" >>%s\nexit 1\n' "$work/said" >"$work/bin/xm"
chmod 755 "$work/bin/xm"
hook="$work/root/etc/kernel/postinst.d/xenolith"
PATH="$work/bin:$PATH" "$hook" 6.1 README.md || fail "the kernel's hook fails"
PATH="$work/bin:$PATH" "$hook" 6.1 || fail "the kernel's hook fails without a file"
[ "$(cat "$work/said")" = "kernel-unpack README.md" ] || fail "the kernel's hook: $(cat "$work/said")"
: >"$work/said"
PATH="$work/bin:$PATH" "$hook" || fail "the hook fails without a kernel"
for kernel in /boot/vmlinuz-*; do
    [ ! -f "$kernel" ] || echo "kernel-unpack $kernel"
done | cmp - "$work/said" || fail "the hook does not unpack what is installed"

make -s uninstall DESTDIR="$work/root" PREFIX=/usr/local >/dev/null || fail "make uninstall"
left=$(find "$work/root" ! -type d)
[ -z "$left" ] || fail "make uninstall leaves $left"

# The same in another place. A plain copy has no history: the time must be told.
copy="$work/copy/of/it"
mkdir -p "$copy/build"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy"
ln -s "$PWD/build/cache" "$copy/build/cache"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) make -s -C "$copy" deb >"$work/log" 2>&1 ||
    { tail "$work/log"; fail "make deb in a copy"; }
for file in build/xenolith-*.deb xen/xenolith xen/xenolith-syms xen/xenolith-*.gz build/tools/bin/* \
    build/tools/lib/xenolith/*; do
    case $file in
    *-debug*) continue ;;               # a debug build, perhaps an old one
    esac
    cmp "$file" "$copy/$file" || fail "$file is not reproducible"
done
echo "the same bytes: $(cd build && echo xenolith-*.deb)"
