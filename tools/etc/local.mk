# SPDX-License-Identifier: MIT
# What is installed beside the programs: examples, completion, services.
ETCDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
COMPLETIONS := $(PREFIX)/share/bash-completion/completions
NETWORKDIR = $(patsubst %/system,%/network,$(UNITDIR))
UNITS := proc-xen.mount xenstored.service xenconsoled.service xend.service xendomains.service

install: install-etc
install-etc:
	@install -d $(DESTDIR)$(ETCDIR)/xen/auto $(DESTDIR)$(COMPLETIONS) $(DESTDIR)$(UNITDIR) \
	    $(DESTDIR)$(SBINDIR)
	@install -D -m 644 etc/10-vif.network $(DESTDIR)$(NETWORKDIR)/10-vif.network
	@install -m 644 etc/guest.cfg $(DESTDIR)$(ETCDIR)/xen/guest.cfg.example
	@install -m 644 etc/guest.xml $(DESTDIR)$(ETCDIR)/xen/guest.xml.example
	@install -m 644 etc/xm.completion $(DESTDIR)$(COMPLETIONS)/xm
	@ln -sf xm $(DESTDIR)$(COMPLETIONS)/xl
	@install -D -m 755 etc/kernel-postinst $(DESTDIR)$(ETCDIR)/kernel/postinst.d/xenolith
	@for u in $(UNITS); do \
	    sed 's,@SBINDIR@,$(SBINDIR),' etc/$$u >$(DESTDIR)$(UNITDIR)/$$u || exit 1; \
	    chmod 644 $(DESTDIR)$(UNITDIR)/$$u; done
	@ln -sf xm $(DESTDIR)$(SBINDIR)/xentop

.PHONY: install-etc
