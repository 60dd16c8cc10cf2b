#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Compares xen/include/public with libxen-dev's headers: every size, offset and constant.
#
# The names come from our headers: each file is preprocessed, its structures and constants are
# listed, and one C program that prints them all is compiled twice, against theirs and ours. What
# is ours alone must be in %OWN below. Prints `ok ...` and `not ok ...` lines, each failure followed
# by its reasons; exit status 0 if every line says ok.
#
# usage: headers_check.pl [directory with libxen-dev's headers, default /usr/include]
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename;
use File::Temp 'tempdir';

my $public = abs_path(dirname($0) . '/../../xen/include/public');
my $theirs = shift // '/usr/include';
my $cc = $ENV{CC} // 'gcc';
my $cxx = $ENV{CXX} // 'g++';
my $tmp = tempdir(CLEANUP => 1);

# Xenolith's additions, and where ours differs from theirs by intent.
my %OWN = map { $_ => 1 } qw(
    xen_mc.u.pad XEN_SCHEDULER_BVT XEN_SCHED_BVT_UNIT xen_domctl_sched_bvt xen_sysctl_bvt_schedule
    xen_domctl_scheduler_op.u.bvt.mcu_advance xen_domctl_scheduler_op.u.bvt.warpback
    xen_domctl_scheduler_op.u.bvt.warpvalue xen_domctl_scheduler_op.u.bvt.warpl
    xen_domctl_scheduler_op.u.bvt.warpu xen_domctl_scheduler_op.u.bvt
    xen_domctl_scheduler_op.u xen_domctl.u.scheduler_op sizeof.xen_domctl_scheduler_op
    xen_sysctl_scheduler_op.u.sched_bvt xen_sysctl_scheduler_op.u.sched_bvt.ctx_allow_us
    VCPUOP_set_virtual_timer VCPUOP_stop_virtual_timer vcpu_set_virtual_timer);

my $failed = 0;
sub report {
    my ($ok, $name, @why) = @_;
    $failed++ unless $ok;
    print $ok ? 'ok' : 'not ok', " headers: $name\n";
    print "    $_\n" for @why;
}

# Runs a command, returns its output, or undef if it failed; errors go to $tmp/err.
sub run {
    my ($command) = @_;
    my $out = `$command 2>$tmp/err`;
    return $? ? undef : $out;
}

sub slurp {
    open my $f, '<', $_[0] or die "headers_check: cannot read $_[0]: $!\n";
    local $/;
    return <$f>;
}

sub spit {
    open my $f, '>', $_[0] or die "headers_check: cannot write $_[0]: $!\n";
    print $f $_[1];
}

my @headers = grep { !/arch-x86_64/ }
    map { substr $_, length($public) + 1 } sort glob "$public/*.h $public/*/*.h";
die "headers_check: no headers in $public\n" unless @headers;
unless (-e "$theirs/xen/xen.h") {
    print "ok headers # skip no $theirs/xen/xen.h to compare with: install libxen-dev\n";
    exit 0;
}

# 1. Each header compiles alone: as C, as C++, and as the hypervisor sees it.
my $have_cxx = defined run("$cxx --version");
my @broken;
for my $h (@headers) {
    spit("$tmp/one.c", "#include \"$public/$h\"\nint unused;\n");
    my $flags = '-Wall -Wextra -Werror -c -o /dev/null';
    push @broken, $h, split /\n/, slurp("$tmp/err")
        unless defined run("$cc -std=gnu11 $flags $tmp/one.c")
            && defined run("$cc -std=gnu11 -ffreestanding -D__XENOLITH__ $flags $tmp/one.c")
            && (!$have_cxx || defined run("$cxx -x c++ $flags $tmp/one.c"));
}
report(!@broken, 'each compiles alone, as C, in the hypervisor and '
    . ($have_cxx ? 'as C++' : "(no $cxx here) not tried as C++"), @broken);

# 2. The hypervisor cannot dereference a guest's pointer, the guest can.
spit("$tmp/deref.c", <<"C");
#include "$public/xen.h"
unsigned int peek(XEN_GUEST_HANDLE(uint) h) { return *h.p; }
C
report(defined run("$cc -c -o /dev/null $tmp/deref.c")
    && !defined run("$cc -D__XENOLITH__ -c -o /dev/null $tmp/deref.c"),
    'a guest handle can be dereferenced by guests only');

# A parser for what these headers contain: structures of plain members, and enumerations.
my @tokens;

# After the opening brace: returns the paths of all members, each as [path, is a bit field].
sub members {
    my ($types) = @_;
    my @all;
    while ((my $t = shift @tokens) ne '}') {
        my @inner;
        if ($t =~ /^(struct|union)$/) {
            my $tag = $tokens[0] =~ /^\w/ ? shift @tokens : undef;
            if ($tokens[0] eq '{') {
                shift @tokens;
                @inner = members($types);
                $types->{"$t $tag"} = [@inner] if defined $tag;
                $t = '';
                unshift @tokens, '' ;
            }
        }
        my @declaration;
        push @declaration, shift @tokens while $tokens[0] ne ';';
        shift @tokens;
        my @names = declared(@declaration);
        push @all, @inner unless @names;
        for my $n (@names) {
            push @all, $n;
            push @all, map { ["$n->[0].$_->[0]", $_->[1]] } @inner;
        }
    }
    return @all;
}

# The names a list of declarators declares: the last identifier before [ or : in each.
sub declared {
    my $text = join ' ', @_;
    my @names;
    for my $d (split /,/, $text) {
        my $bits = $d =~ s/:.*//;
        $d =~ s/\[.*//;
        push @names, [$1, $bits] if $d =~ /(\w+)\s*$/;
    }
    return @names;
}

# 3. What our headers define.
my (%types, %constants);
for my $h (@headers) {
    my $expanded = run("$cc -E -D__XEN_TOOLS__ $public/$h") // die slurp("$tmp/err");
    my ($inside, $text) = (0, '');
    for (split /^/, $expanded) {
        if (/^# \d+ "([^"]*)"/) { $inside = $1 eq "$public/$h"; next; }
        $text .= $_ if $inside;
    }
    $text =~ s/\b(?:static|typedef)\b//g;
    @tokens = $text =~ /\w+|[^\s\w]/g;
    while (defined(my $t = shift @tokens)) {
        next unless $t =~ /^(struct|union|enum)$/ && @tokens > 2;
        my $tag = $tokens[0] =~ /^\w/ ? shift @tokens : undef;
        next unless $tokens[0] eq '{';
        shift @tokens;
        if ($t eq 'enum') {
            while ((my $e = shift @tokens) ne '}') {
                $constants{$h}{$e} = 1 if $e =~ /^[A-Za-z]/;
            }
        } else {
            my %found;
            my @m = members(\%found);
            $found{"$t $tag"} = \@m if defined $tag;
            $types{$h}{$_} = $found{$_} for keys %found;
        }
    }
    for (split /^/, slurp("$public/$h")) {
        next unless /^\s*#\s*define\s+([A-Za-z_]\w*)\s+(\S.*)/;
        next if $1 =~ /^(XEN_PUBLIC_|PRI|XEN_GUEST_HANDLE|XEN_EMULATE_PREFIX|XEN_CPUID$|__XEN_)/;
        next if $1 =~ /^(xen_vga_console|xen_wc_|xenpf_settime|u?int64_aligned_t|XEN_FLEX)/;
        next if $1 =~ /^(blkif_(vdev|sector)_t|GNTTABOP_error_msgs|machine_to_phys|XEN_ERESTART)/;
        $constants{$h}{$1} = 1;
    }
}

# 4. The program that prints it all.
sub program {
    my ($h) = @_;
    my $c = "#include <errno.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n"
        . "#include <string.h>\n#include <xen/xen.h>\n#include <xen/$h>\n"
        . "#define V(x) _Generic((x), char *: print_s, default: print_n)(#x, (uintptr_t)(x))\n"
        . "static void print_s(const char *n, uintptr_t v) { printf(\"%s %s\\n\", n, (char *)v); }\n"
        . "static void print_n(const char *n, uintptr_t v) { printf(\"%s %#lx\\n\", n, v); }\n"
        . "int main(void) {\n";
    for my $t (sort keys %{$types{$h}}) {
        my ($tag) = $t =~ / (\w+)/;
        next if $OWN{$tag};
        $c .= "printf(\"$tag %zu\\n\", sizeof($t));\n" unless $OWN{"sizeof.$tag"};
        for (@{$types{$h}{$t}}) {
            my ($path, $bits) = @$_;
            next if $bits || $OWN{"$tag.$path"};
            # A flexible array has an offset and no size.
            my $size = $path =~ /^(optarr|buf)$/ ? '0' : "sizeof((($t *)0)->$path)";
            $c .= "printf(\"$tag.$path %zu %zu\\n\", offsetof($t, $path), (size_t)$size);\n";
        }
    }
    $c .= "V($_);\n" for grep { !$OWN{$_} } sort keys %{$constants{$h}};
    # Rings: how many slots a page has follows from macros alone.
    $c .= "V(__CONST_RING_SIZE(blkif, 4096));\n" if $h eq 'io/blkif.h';
    $c .= "V(__CONST_RING_SIZE(netif_tx, 4096));\nV(__CONST_RING_SIZE(netif_rx, 8192));\n"
        if $h eq 'io/netif.h';
    return $c . "return 0;\n}\n";
}

symlink $public, "$tmp/xen" or die "headers_check: symlink: $!\n";
my $names = 0;
for my $h (@headers) {
    next if $h =~ /^(xen-compat|io\/ring)\.h$/; # nothing but macros
    spit("$tmp/print.c", program($h));
    my $flags = '-std=gnu11 -w -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00040e00';
    my %out;
    for (['theirs', $theirs], ['ours', $tmp]) {
        my ($who, $dir) = @$_;
        my $ok = defined run("$cc $flags -I$dir $tmp/print.c -o $tmp/print");
        $out{$who} = $ok ? run("$tmp/print") : undef;
        report(0, "$h against $who", grep { /error/ } split /\n/, slurp("$tmp/err")) unless $ok;
    }
    next unless defined $out{theirs} && defined $out{ours};
    my @a = split /\n/, $out{theirs};
    my @b = split /\n/, $out{ours};
    my @why = map { "theirs: $a[$_]   ours: $b[$_]" } grep { $a[$_] ne $b[$_] } 0 .. $#a;
    report(!@why && @a == @b, "$h: " . @b . ' sizes, offsets and constants agree', @why);
    $names += @b;
}
report($names > 2000, "$names values were compared");
exit($failed ? 1 : 0);
