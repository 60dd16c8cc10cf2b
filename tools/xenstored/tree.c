/* SPDX-License-Identifier: MIT */
/* The tree of nodes: shared between versions, so that a snapshot is one reference to a root. */
#include "tree.h"

#include <errno.h>

#include "xalloc.h"

/* Never zero, which stands for "no such node" where numbers are compared. */
static uint64_t next_gen = 1;

uint64_t tree_bytes_made;

size_t node_cost(const struct node *n)
{
    return sizeof(*n) + sizeof(n->kids) + n->perm_count * sizeof(n->perms[0]) + n->name_len + 1 +
           n->value_len;
}

struct node *node_new(const char *name, size_t name_len, const struct perm *perms,
                      size_t perm_count, const void *value, size_t value_len, uint16_t writer)
{
    size_t perm_size = perm_count * sizeof(*perms);
    size_t size = sizeof(struct node) + perm_size + name_len + 1 + value_len;
    struct node *n = xzalloc(size);
    char *text;

    tree_bytes_made += size;

    n->refs = 1;
    n->gen = next_gen++;
    n->kids_gen = next_gen++;
    n->perm_count = perm_count;
    n->name_len = name_len;
    n->value_len = value_len;
    n->writer = writer;
    memcpy(n->perms, perms, perm_size);
    text = (char *)(n->perms + perm_count);
    memcpy(text, name, name_len);
    if (value_len)
        memcpy(text + name_len + 1, value, value_len);
    return n;
}

/* Gives the new node `to` the children of `from`, with room for `extra` more. */
static void copy_kids(struct node *to, const struct node *from, unsigned extra)
{
    if (from->kid_count + extra == 0)
        return;
    to->kids = xgrow(NULL, from->kid_count + extra, sizeof(*to->kids));
    tree_bytes_made += (from->kid_count + extra) * sizeof(*to->kids);
    to->kid_count = from->kid_count;
    for (unsigned i = 0; i < from->kid_count; i++)
        to->kids[i] = node_get(from->kids[i]);
}

struct node *node_with(const struct node *n, const struct perm *perms, size_t perm_count,
                       const void *value, size_t value_len, uint16_t writer)
{
    struct node *copy = node_new(node_name(n), n->name_len, perms, perm_count, value, value_len,
                                 writer);

    copy->kids_gen = n->kids_gen;
    copy_kids(copy, n, 0);
    return copy;
}

/* An equal copy, with room for `extra` children more. */
static struct node *node_copy(const struct node *n, unsigned extra)
{
    struct node *copy = node_new(node_name(n), n->name_len, n->perms, n->perm_count,
                                 node_value(n), n->value_len, n->writer);

    copy->gen = n->gen;
    copy->kids_gen = n->kids_gen;
    copy_kids(copy, n, extra);
    return copy;
}

void node_adopt(struct node *parent, struct node *kid)
{
    parent->kids = xgrow(NULL, 1, sizeof(*parent->kids));
    parent->kids[0] = kid;
    parent->kid_count = 1;
}

struct node *node_get(struct node *n)
{
    n->refs++;
    return n;
}

void node_put(struct node *n)
{
    if (!n || --n->refs)
        return;
    for (unsigned i = 0; i < n->kid_count; i++)
        node_put(n->kids[i]);
    free(n->kids);
    free(n);
}

/* Index of the child `name`, or, if there is none, where it would go. */
static unsigned kid_index(const struct node *n, const char *name, size_t len, bool *found)
{
    unsigned low = 0, high = n->kid_count;

    *found = false;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        const struct node *kid = n->kids[middle];
        size_t common = len < kid->name_len ? len : kid->name_len;
        int order = memcmp(name, node_name(kid), common);

        if (order == 0)
            order = (len > kid->name_len) - (len < kid->name_len);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

struct node *tree_nearest(struct node *root, const char *path, const char **rest)
{
    struct node *n = root;

    while (*path == '/')
        path++;
    while (*path) {
        size_t len = strcspn(path, "/");
        bool found;
        unsigned i = kid_index(n, path, len, &found);

        if (!found)
            break;
        n = n->kids[i];
        path += len;
        if (*path == '/')
            path++;
    }
    *rest = path;
    return n;
}

struct node *tree_find(struct node *root, const char *path)
{
    const char *rest;
    struct node *n = tree_nearest(root, path, &rest);

    return *rest ? NULL : n;
}

static void insert_kid(struct node *n, unsigned at, struct node *kid)
{
    memmove(n->kids + at + 1, n->kids + at, (n->kid_count - at) * sizeof(*n->kids));
    n->kids[at] = kid;
    n->kid_count++;
    n->kids_gen = next_gen++;
    n->writer = kid->writer;
}

static void drop_kid(struct node *n, unsigned at, uint16_t writer)
{
    node_put(n->kids[at]);
    n->kid_count--;
    memmove(n->kids + at, n->kids + at + 1, (n->kid_count - at) * sizeof(*n->kids));
    n->kids_gen = next_gen++;
    n->writer = writer;
}

/* Make *n ours alone, with room for one more child, and so writable. */
static struct node *own(struct node **n)
{
    struct node *shared = *n;

    if (shared->refs > 1) {
        *n = node_copy(shared, 1);
        node_put(shared);
    } else {
        shared->kids = xgrow(shared->kids, shared->kid_count + 1, sizeof(*shared->kids));
    }
    return *n;
}

/* Own every node along the first `len` bytes of `path`, all of which exist; returns the last. */
static struct node *own_along(struct node **root, const char *path, size_t len)
{
    const char *end = path + len;
    struct node *n = own(root);

    while (path < end) {
        size_t part;
        bool found;
        unsigned i;

        path += *path == '/';
        part = strcspn(path, "/");
        if (part == 0 || path >= end)
            break;
        i = kid_index(n, path, part, &found);
        n = own(&n->kids[i]);
        path += part;
    }
    return n;
}

/* Does the node at the first `len` bytes of `path` exist? */
static bool exists(struct node *root, const char *path, size_t len)
{
    const char *rest;

    tree_nearest(root, path, &rest);
    return (size_t)(rest - path) >= len;
}

int tree_put(struct node **root, const char *path, struct node *node)
{
    size_t parent_len;
    const char *leaf = path_leaf(path, &parent_len);
    struct node *parent;
    unsigned i;
    bool found;

    if (*leaf == '\0') {
        node_put(*root);
        *root = node;
        return 0;
    }
    if (!exists(*root, path, parent_len)) {
        node_put(node);
        return -ENOENT;
    }
    parent = own_along(root, path, parent_len);
    i = kid_index(parent, leaf, strlen(leaf), &found);
    if (found) {
        node_put(parent->kids[i]);
        parent->kids[i] = node;
    } else {
        insert_kid(parent, i, node);
    }
    return 0;
}

int tree_remove(struct node **root, const char *path, uint16_t writer)
{
    size_t parent_len;
    const char *leaf = path_leaf(path, &parent_len);
    struct node *parent;
    bool found;
    unsigned i;

    if (*leaf == '\0' || !tree_find(*root, path))
        return -ENOENT;
    parent = own_along(root, path, parent_len);
    i = kid_index(parent, leaf, strlen(leaf), &found);
    drop_kid(parent, i, writer);
    return 0;
}

static void walk(struct node *n, char *path, size_t len, node_visit visit, void *data)
{
    if (!visit(n, path, data))
        return;
    if (len == 1)
        len = 0; /* below "/", the slash is the separator already */
    for (unsigned i = 0; i < n->kid_count; i++) {
        struct node *kid = n->kids[i];

        if (len + 1 + kid->name_len + 1 > PATH_BUFFER)
            continue;
        path[len] = '/';
        memcpy(path + len + 1, node_name(kid), kid->name_len + 1);
        walk(kid, path, len + 1 + kid->name_len, visit, data);
    }
    path[len ? len : 1] = '\0';
}

void tree_walk(struct node *n, char *path, node_visit visit, void *data)
{
    walk(n, path, strlen(path), visit, data);
}

unsigned path_depth_below(const char *path, const char *above)
{
    unsigned depth = 0;

    path += strcmp(above, "/") ? strlen(above) : 0;
    for (; *path; path++)
        depth += *path == '/' && path[1];
    return depth;
}

const char *path_leaf(const char *path, size_t *parent_len)
{
    const char *slash = strrchr(path, '/');

    *parent_len = slash == path ? 1 : slash - path;
    return slash + 1;
}
