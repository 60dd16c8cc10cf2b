# SPDX-License-Identifier: MIT
# Xenolith: `make` builds, `make demo` shows it at work, `make check` tests it. `make help` lists all.

XEN   ?= ours
TOOLS ?= ours
PREFIX ?= /usr
export PREFIX
# A place to unpack packages, build tools and keep logs. Never a source.
BUILD := $(CURDIR)/build

all: xen tools

help:
	@echo "make            build the hypervisor (xen/xenolith) and the tools (build/tools)"
	@echo "make debug      the same with assertions, lock-order checks and the frame auditor"
	@echo "make setup      install and fetch what the rest needs (root or sudo; by package name)"
	@echo "make demo       boot Domain0, start two guests, use them, shut down: all checked"
	@echo "make run        Domain0 with a shell; XEN=stock and TOOLS=stock swap in Debian's halves"
	@echo "make check      every test; check-unit, check-guest, check-boot, check-system run one layer"
	@echo "make check-long the tests that take from minutes to an hour each"
	@echo "make differences   every hypercall's answers on Debian's Xen and on ours, compared"
	@echo "make fuzz       random tests with new seeds; MINUTES=10"
	@echo "make debug-guest TEST=name   one guest test in gdb, stopped where it begins"
	@echo "make disk       a full Debian with our packages on a disk image, build/debian.img or DISK=FILE;"
	@echo "                \`make run DISK=FILE' boots it"
	@echo "make install    hypervisor, tools, headers, manuals, services; DESTDIR=, PREFIX=/usr"
	@echo "make uninstall  remove what install has put there; settings in /etc too"
	@echo "make deb        the same as Debian packages: build/xenolith-*.deb"
	@echo "make bench      measure: native, Debian's Xen and Xenolith side by side"
	@echo "make clean      remove what was built; distclean also what was downloaded"

setup:
	@tests/machine/setup

xen: setup
	+@$(MAKE) --no-print-directory -C xen

debug: setup
	+@$(MAKE) --no-print-directory -C xen DEBUG=1
	+@$(MAKE) --no-print-directory -C tools CFLAGS="-O1 -g"

tools: setup
	+@$(MAKE) --no-print-directory -C tools

demo: all
	@tests/system/demo

ifdef DISK
run: setup
	@[ "$(XEN) $(TOOLS)" = "ours ours" ] || { echo "a disk boots what is installed on it:" \
		"leave XEN and TOOLS out, and use apt there" >&2; exit 2; }
	@[ -e $(DISK) ] || $(MAKE) --no-print-directory disk
	@mkdir -p $(BUILD)/logs
	@tests/machine/qemu --mem 2048 --smp 2 --tty --keep $(DISK) $(BUILD)/logs/disk.console \
		-netdev user,id=net -device virtio-net-pci,netdev=net
else
# In the shell as well: manual pages with a reader for them, completion, what terminals can do.
SHELL_FILES := $(BUILD)/machine/shell
run: all
	@$(MAKE) -s --no-print-directory install DESTDIR=$(SHELL_FILES) >/dev/null
	@/usr/sbin/makewhatis $(SHELL_FILES)/usr/share/man
	@tests/machine/dom0 --xen $(XEN) --tools $(TOOLS) --mem 2048 \
		--add tests/system/guests:/etc/xen --add tests/system/guest-disk:/usr/sbin/guest-disk \
		--add tests/system/welcome:/root/welcome --add tests/machine/bashrc:/root/.bashrc \
		--add $(SHELL_FILES)/usr/share/man:/usr/share/man \
		--add $(SHELL_FILES)/usr/share/bash-completion:/usr/share/bash-completion \
		--add /lib/terminfo:/usr/share/terminfo --add /usr/bin/mandoc:/usr/bin/mman --shell
endif

disk: deb
	@tests/machine/mkdisk $(or $(DISK),$(BUILD)/debian.img)

# The manual pages, and the documents with what is beside them.
DOCDIR = $(DESTDIR)$(PREFIX)/share/doc/xenolith
MAN_OF_XENSTORE := chmod control exists list ls mkdir read rm watch write
MANDIR = $(DESTDIR)$(PREFIX)/share/man

install: all
	+@$(MAKE) --no-print-directory -C xen install
	+@$(MAKE) --no-print-directory -C tools install
	@install -D -m 644 tools/etc/grub.cfg $(DESTDIR)/etc/default/grub.d/xenolith.cfg
	@for page in docs/man/*.[1-9]; do \
	    install -D -m 644 $$page $(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; done
	@for name in $(MAN_OF_XENSTORE:%=xenstore-%) ; do \
	    echo .so man1/xenstore.1 >$(MANDIR)/man1/$$name.1 || exit 1; done
	@echo .so man1/xl.1 >$(MANDIR)/man1/xentop.1
	@install -d $(DOCDIR)/docs && install -m 644 README.md $(DOCDIR) && install -m 644 docs/*.md $(DOCDIR)/docs
	@[ -n "$(DESTDIR)" ] || PATH=$(PREFIX)/sbin:$$PATH sh tools/etc/kernel-postinst
	@echo "installed; now: update-grub, systemctl daemon-reload, and see docs/running.md"

# Whatever an installation would put there now, and unpacked kernels; other directories stay.
uninstall:
	+@$(MAKE) --no-print-directory install DESTDIR=$(BUILD)/installed >/dev/null
	@cd $(BUILD)/installed && find . ! -type d | while read -r f; do rm -fv "$(DESTDIR)/$$f"; done
	@rm -rf $(BUILD)/installed $(DESTDIR)/var/cache/xenolith

deb: all
	@tools/debian/build

check: all
	@tests/run unit guest boot system

check-unit: all
	@tests/run unit

check-guest: all
	@tests/run guest

# One guest test in gdb, stopped where it begins: TEST=name, XEN=stock for Debian's hypervisor.
debug-guest: setup
	@tests/guest/run $(if $(filter stock,$(XEN)),--stock) --debug $(or $(TEST),$(error TEST=name, one of: tests/guest/run --list))

check-boot: xen
	@tests/run boot

check-system: all
	@tests/run system

check-long: all
	@tests/run long

differences: all
	@tests/differences/run

fuzz: setup
	+@$(MAKE) --no-print-directory -C tests/unit fuzz MINUTES=$(or $(MINUTES),10)

bench: all
	@tests/bench/run

clean:
	+-$(MAKE) --no-print-directory -C xen clean
	+-$(MAKE) --no-print-directory -C tools clean
	rm -rf $(BUILD)/deb $(BUILD)/xenolith-*.deb $(BUILD)/*.img
	rm -rf $(BUILD)/machine $(BUILD)/unit $(BUILD)/guest $(BUILD)/logs

distclean: clean
	rm -rf $(BUILD)

.PHONY: all help setup debug-guest xen debug tools demo run check check-unit check-guest check-boot \
	check-system check-long differences fuzz bench disk install uninstall deb clean distclean
