/* SPDX-License-Identifier: MIT */
/* The store, in groups; with numbers as arguments, the random ones again from these seeds. */
/* SOURCES: tools/xenstored/tree.c tools/xenstored/store.c tools/xenstored/permissions.c tools/xenstored/quota.c tools/xenstored/watches.c tools/xenstored/transactions.c tools/xenstored/connections.c tools/xenstored/domains.c tools/xenstored/requests.c tools/xenstored/control.c tools/xenstored/ring.c tools/xenstored/journal.c tools/xenstored/recover.c tools/daemon/log.c tests/unit/xenstored_world.c tests/unit/xenstored_requests.c tests/unit/xenstored_watches.c tests/unit/xenstored_transactions.c tests/unit/xenstored_ring.c tests/unit/xenstored_journal.c tests/unit/xenstored_model.c */
/* CFLAGS: $(DOMAIN0) */
#include "xenstored_world.h"

int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 1; i < argc; i++) {
        world_seed = strtoull(argv[i], NULL, 0);
        failed += xenstored_model() + xenstored_transactions() + xenstored_ring();
    }
    if (argc > 1)
        return failed;
    return xenstored_requests() + xenstored_watches() + xenstored_transactions() +
           xenstored_ring() + xenstored_model() + xenstored_journal();
}
