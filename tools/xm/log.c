/* SPDX-License-Identifier: MIT */
/* xm log: what xend did. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "xm/xm.h"

#define LOG_FILE "/var/log/xen/xend.log"

int cmd_log(struct xm *xm, int argc, char **argv)
{
    char buffer[4096];
    ssize_t n;
    int fd, status;

    if (getopt(argc, argv, "") >= 0)
        return xm_bad_option(xm);
    status = xm_expect_args(xm, argc, 0, 0);
    if (status)
        return status;
    fd = open(LOG_FILE, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return xm_error(xm, "xend writes it when it runs in the background", "%s: %m", LOG_FILE);
    while ((n = read(fd, buffer, sizeof(buffer))) > 0)
        fwrite(buffer, 1, (size_t)n, stdout);
    close(fd);
    return n < 0 ? xm_error(xm, NULL, "%s: %m", LOG_FILE) : XM_OK;
}
