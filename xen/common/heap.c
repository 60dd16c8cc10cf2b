/* SPDX-License-Identifier: MIT */
/* Small allocations: pages cut into objects of one size class; more than half a page is frames. */
#include <asm/frame.h>
#include <xen/heap.h>
#include <xen/list.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/spinlock.h>
#include <xen/string.h>

#define MIN_SHIFT 5 /* 32 bytes */
#define MAX_SHIFT 10
#define NR_CLASSES (MAX_SHIFT - MIN_SHIFT + 1)
#define MAGIC 0x58656e6f48656170UL

/* At the start of each page cut into objects; so no object is page aligned. */
struct slab {
    u64 magic;
    struct list link; /* among those of its class that have a free object */
    void *free;       /* first free object; each points to the next */
    u32 used;
    u32 class;
};

/* Objects start here: a multiple of 64, since an FPU save area must be. */
#define FIRST_OBJECT 64

/* Covers partial[], and the header and free objects of every slab. */
static spinlock_t lock = SPINLOCK(RANK_HEAP);
static struct list partial[NR_CLASSES];

static unsigned int class_of(size_t size)
{
    unsigned int c = 0;

    while ((1UL << (MIN_SHIFT + c)) < size)
        c++;
    return c;
}

static struct slab *slab_new(unsigned int class)
{
    struct slab *s = page_alloc_virt(0);
    size_t size = 1UL << (MIN_SHIFT + class);

    if (!s)
        return NULL;
    s->magic = MAGIC;
    s->class = class;
    for (char *o = (char *)s + MAX(size, (size_t)FIRST_OBJECT);
         o + size <= (char *)s + PAGE_SIZE; o += size) {
        *(void **)o = s->free;
        s->free = o;
    }
    return s;
}

static void *alloc_small(unsigned int class)
{
    struct list *head = &partial[class];
    struct slab *s;
    void **o;

    if (!head->next)
        list_init(head);
    if (list_empty(head)) {
        s = slab_new(class);
        if (!s)
            return NULL;
        list_add(&s->link, head);
    }
    s = list_first(head, struct slab, link);
    o = s->free;
    s->free = *o;
    s->used++;
    if (!s->free)
        list_del(&s->link);
    *o = NULL;
    return o;
}

static void *alloc_frames(size_t size)
{
    unsigned int order = 0;

    while (order <= MAX_ORDER && (PAGE_SIZE << order) < size)
        order++;
    return order > MAX_ORDER ? NULL : page_alloc_virt(order);
}

void *heap_alloc(size_t size)
{
    void *p;

    if (size > 1UL << MAX_SHIFT)
        return alloc_frames(size);
    spin_lock(&lock);
    p = alloc_small(class_of(size));
    spin_unlock(&lock);
    return p;
}

void heap_free(void *p)
{
    struct slab *s = (struct slab *)((unsigned long)p & PAGE_MASK);
    size_t size;

    if (!p)
        return;
    if ((void *)s == p) {
        page_free_virt(p, frame_xen_order(virt_to_mfn(p)));
        return;
    }
    BUG_ON(s->magic != MAGIC);
    size = 1UL << (MIN_SHIFT + s->class);
    memset(p, 0, size); /* what is handed out is zero but for the link */
    spin_lock(&lock);
    if (!s->free)
        list_add(&s->link, &partial[s->class]);
    *(void **)p = s->free;
    s->free = p;
    s->used--;
    if (!s->used)
        list_del(&s->link);
    else
        s = NULL;
    spin_unlock(&lock);
    if (s)
        page_free_virt(s, 0);
}
