/* SPDX-License-Identifier: MIT */
/* Domain0's own nodes in the store. */
#include "xend/xend.h"

#include <errno.h>
#include <stdlib.h>

int domain0_nodes(struct xs *xs)
{
    static const struct { const char *path, *value; } nodes[] = {
        { "/tool", "" },
        { "/local/domain/0/domid", "0" },
        { "/local/domain/0/name", "Domain-0" },
        { "/local/domain/0/backend", "" },
        { "/local/pool/0/name", "Pool-0" },
        { "/vm", "" },
    };

    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        char *value;
        int err = xs_readf(xs, XS_NO_TX, &value, "%s", nodes[i].path);

        if (!err)
            free(value);
        else if (err == -ENOENT)
            err = xs_writef(xs, XS_NO_TX, nodes[i].value, "%s", nodes[i].path);
        if (err)
            return err;
    }
    return 0;
}
