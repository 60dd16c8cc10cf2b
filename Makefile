# SPDX-License-Identifier: MIT
# Xenolith: `make` builds, `make demo` shows it at work, `make check` tests it. `make help` lists all.

XEN   ?= ours
TOOLS ?= ours
# A place to unpack packages, build tools and keep logs. Never a source.
BUILD := $(CURDIR)/build

all: xen tools

help:
	@echo "make            build the hypervisor (xen/xenolith) and the tools (build/tools)"
	@echo "make debug      the same with assertions, lock-order checks and the frame auditor"
	@echo "make setup      install and fetch what the rest needs (root or sudo; by package name)"
	@echo "make demo       boot Domain0, start two guests, use them, shut down: all checked"
	@echo "make run        Domain0 with a shell; XEN=stock and TOOLS=stock swap in Debian's halves"
	@echo "make check      every test; check-unit, check-guest, check-system run one layer"
	@echo "make check-long the tests that take from minutes to an hour each"
	@echo "make fuzz       random tests with new seeds; MINUTES=10"
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

run: all
	@tests/machine/dom0 --xen $(XEN) --tools $(TOOLS) --mem 2048 \
		--add tests/system/guests:/etc/xen --add tests/system/guest-disk:/usr/sbin/guest-disk \
		--add tests/system/welcome:/root/welcome --shell

check: all
	@tests/run unit guest system

check-unit: setup
	@tests/run unit

check-guest: xen
	@tests/run guest

check-system: all
	@tests/run system

check-long: all
	@tests/run long

fuzz: setup
	+@$(MAKE) --no-print-directory -C tests/unit fuzz MINUTES=$(or $(MINUTES),10)

bench: all
	@tests/bench/run

clean:
	+-$(MAKE) --no-print-directory -C xen clean
	+-$(MAKE) --no-print-directory -C tools clean
	rm -rf $(BUILD)/machine $(BUILD)/unit $(BUILD)/guest $(BUILD)/logs

distclean: clean
	rm -rf $(BUILD)

.PHONY: all help setup xen debug tools demo run check check-unit check-guest check-system check-long fuzz \
	bench clean distclean
