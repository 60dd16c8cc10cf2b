# SPDX-License-Identifier: MIT
# What is installed beside the programs: an example, completion, services.
ETCDIR ?= /etc

install: install-etc
install-etc:
	install -d $(DESTDIR)$(ETCDIR)/xen/auto $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	    $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(SBINDIR)
	install -m 644 etc/guest.cfg $(DESTDIR)$(ETCDIR)/xen/guest.cfg.example
	install -m 644 etc/guest.xml $(DESTDIR)$(ETCDIR)/xen/guest.xml.example
	install -m 644 etc/xm.completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/xm
	install -m 644 etc/xend.service $(DESTDIR)$(PREFIX)/lib/systemd/system/xend.service
	ln -sf xm $(DESTDIR)$(SBINDIR)/xentop

.PHONY: install-etc
