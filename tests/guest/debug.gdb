# SPDX-License-Identifier: MIT
# For `make debug-guest TEST=name`: gdb has the hypervisor's symbols and is connected to a machine
# that has not started yet. This adds those of the test kernel; the caller sets a breakpoint on the
# test. Then `continue`.
#
# Breakpoints in the guest must be hardware ones (hbreak): its memory is not there yet when they
# are set. The hypervisor is at the same addresses in every address space; the guest's own can
# only be looked at while it runs, or the hypervisor on its behalf.
set pagination off
set confirm off
set print pretty on
add-symbol-file build/guest/tests.elf

define guest-regs
    printf "rip %lx cs %x rsp %lx rflags %lx\n", $rip, $cs, $rsp, $eflags
    if ($cs & 3) == 3
        echo in the guest\n
    else
        echo in the hypervisor\n
    end
end
document guest-regs
Where the CPU is: in the guest or in the hypervisor.
end

define xen-panics
    hbreak panic
    hbreak domain_crash
end
document xen-panics
Stop when the hypervisor gives up, or gives a domain up.
end
