/*
 * Deadlines in order: a binary heap of nodes that live inside the caller's
 * structures. Ties come out in no particular order.
 */
#ifndef IPMSG_BASE_HEAP_H
#define IPMSG_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEADLINE_NEVER INT64_MAX

struct heap_node {
	int64_t due; /* ms; set by heap_put() */
	size_t place; /* 0: not in the heap */
};

struct heap {
	struct heap_node **nodes; /* from index 1 */
	size_t count;
	size_t cap;
};

void heap_init(struct heap *heap);
void heap_free(struct heap *heap);

/* Adds the node, or moves it if it is in. False, with nothing changed, when memory is short. */
bool heap_put(struct heap *heap, struct heap_node *node, int64_t due);
void heap_remove(struct heap *heap, struct heap_node *node);

/* The node with the earliest deadline; NULL when empty. */
struct heap_node *heap_first(const struct heap *heap);

/* Its deadline, or DEADLINE_NEVER. */
int64_t heap_deadline(const struct heap *heap);

#endif
