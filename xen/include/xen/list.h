/* SPDX-License-Identifier: MIT */
/* Doubly linked circular lists, embedded in the objects they join. */
#ifndef XEN_LIST_H
#define XEN_LIST_H

#include <xen/types.h>

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(name) {&(name), &(name)}

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_insert_between(struct list *e, struct list *prev, struct list *next)
{
    e->prev = prev;
    e->next = next;
    prev->next = e;
    next->prev = e;
}

static inline void list_add(struct list *e, struct list *head)
{
    list_insert_between(e, head, head->next);
}

static inline void list_add_tail(struct list *e, struct list *head)
{
    list_insert_between(e, head->prev, head);
}

/* Take @e out of its list; it can be tested with list_empty() afterwards. */
static inline void list_del(struct list *e)
{
    e->prev->next = e->next;
    e->next->prev = e->prev;
    list_init(e);
}

#define list_first(head, type, member) container_of((head)->next, type, member)

#define list_for_each(pos, head, member)                                                           \
    for (pos = list_first(head, __typeof__(*pos), member); &pos->member != (head);                 \
         pos = list_first(&pos->member, __typeof__(*pos), member))

#endif
