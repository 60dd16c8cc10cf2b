/* SPDX-License-Identifier: MIT */
/* xm's connections: whoever is creating a domain, and what to do when he is killed. */
#include "xend/xend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/domain_config.h"
#include "config/xalloc.h"
#include "domain/claim.h"
#include "domain/lookup.h"
#include "domain/teardown.h"
#include "domain/xend_link.h"

struct creator {
    struct source source;       /* first: the event loop hands it back */
    struct creator *next;
    bool creating;
    bool adopted;               /* from an xend before us: its claim stands until it is done */
    uint8_t uuid[16];
    char name[DOMAIN_NAME_MAX + 1];
};

static struct creator *creators;
static struct source listener;

/* ---- messages ---- */

/* "create UUID NAME": answers NULL, or why not. */
static const char *begin(struct xend *xend, struct creator *creator, const char *text)
{
    char uuid[40], name[DOMAIN_NAME_MAX + 1];
    static char reason[128];
    domid_t domid;

    if (sscanf(text, "%39s %64[^\n]", uuid, name) != 2 || uuid_parse(uuid, creator->uuid))
        return "the message is malformed";
    for (struct creator *c = creators; c; c = c->next)
        if (c != creator && c->creating && (!c->adopted || claim_exists(c->uuid)) &&
            (!strcmp(c->name, name) || !memcmp(c->uuid, creator->uuid, 16)))
            return "a domain of this name or UUID is being created already";
    if (!domain_by_uuid(xend->xen, creator->uuid, &domid)) {
        snprintf(reason, sizeof(reason), "domain %u has the same UUID", domid);
        return reason;
    }
    strcpy(creator->name, name);
    creator->creating = true;
    return NULL;
}

static void answer(struct xend *xend, struct creator *creator, const char *message)
{
    const char *refusal = NULL;
    char text[XEND_MESSAGE];

    if (!strncmp(message, "create ", 7))
        refusal = begin(xend, creator, message + 7);
    else
        refusal = "the message is not known";
    snprintf(text, sizeof(text), "%s%s", refusal ? "no " : "ok", refusal ? refusal : "");
    if (send(creator->source.fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        note("xm does not listen: %s", strerror(errno));
}

/* ---- connections ---- */

/*
 * What a killed xm leaves: saved settings, and a domain with its UUID, with nodes or without. The
 * claim goes last, so that an xend killed in between begins again.
 */
static void clear_after(struct xend *xend, const uint8_t uuid[16], const char *name)
{
    char text[37], path[96];
    domid_t domid;

    if (!domain_by_uuid(xend->xen, uuid, &domid)) {
        note("domain %u (%s) was not finished by xm: removing it", domid, name);
        domain_teardown(xend->xen, xend->xs, domid);
        lifecycle_scan(xend);
    }
    uuid_format(uuid, text);
    snprintf(path, sizeof(path), SAVED_CONFIG_DIR "/%s.cfg", text);
    unlink(path);
    snprintf(path, sizeof(path), SAVED_CONFIG_DIR "/%s.cfg.new", text);
    unlink(path);
    claim_drop(uuid);
}

static void connection_ended(struct xend *xend, struct creator *creator)
{
    source_remove(xend, &creator->source);
    close(creator->source.fd);
    for (struct creator **at = &creators; *at; at = &(*at)->next)
        if (*at == creator) {
            *at = creator->next;
            break;
        }
    if (creator->creating && claim_exists(creator->uuid))
        clear_after(xend, creator->uuid, creator->name);
    free(creator);
}

static void creator_ready(struct xend *xend, struct source *source)
{
    struct creator *creator = (struct creator *)source;
    char message[XEND_MESSAGE + 1];
    ssize_t n = recv(source->fd, message, XEND_MESSAGE, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        connection_ended(xend, creator);
        return;
    }
    message[n] = '\0';
    answer(xend, creator, message);
}

static struct creator *creator_new(int fd, void (*ready)(struct xend *, struct source *))
{
    struct creator *creator = xcalloc(1, sizeof(*creator));

    creator->source = (struct source){ fd, ready };
    creator->next = creators;
    creators = creator;
    return creator;
}

static void listener_ready(struct xend *xend, struct source *source)
{
    int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct creator *creator;

    if (fd < 0)
        return;
    creator = creator_new(fd, creator_ready);
    if (source_add(xend, &creator->source))
        connection_ended(xend, creator);
}

static void holder_ended(struct xend *xend, struct source *source)
{
    connection_ended(xend, (struct creator *)source);
}

/* A claim from before our start: its holder may still be at work, but not by a connection to us. */
static void adopt(const struct claim *claim, void *arg)
{
    struct xend *xend = arg;
    struct creator *creator;

    if (claim->holder < 0) {
        clear_after(xend, claim->uuid, claim->name);
        return;
    }
    creator = creator_new(claim->holder, holder_ended);
    creator->creating = creator->adopted = true;
    memcpy(creator->uuid, claim->uuid, sizeof(creator->uuid));
    strcpy(creator->name, claim->name);
    if (source_add(xend, &creator->source))
        note("%s: cannot wait for the end of its creation", creator->name);
}

void creators_adopt(struct xend *xend)
{
    claims_each(adopt, xend);
}

int creators_open(struct xend *xend)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = XEND_SOCKET };

    unlink(XEND_SOCKET);        /* of one that was killed: no other runs, we hold the lock */
    listener = (struct source){ socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                                listener_ready };
    if (listener.fd < 0)
        return -errno;
    if (bind(listener.fd, (struct sockaddr *)&addr, sizeof(addr)) || chmod(XEND_SOCKET, 0600) ||
        listen(listener.fd, 16))
        return -errno;
    return source_add(xend, &listener);
}
