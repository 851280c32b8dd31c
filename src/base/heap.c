/* A binary heap; node i has its children at 2i and 2i + 1. */
#include "base/heap.h"

#include <stdlib.h>

void heap_init(struct heap *heap)
{
	*heap = (struct heap){0};
}

void heap_free(struct heap *heap)
{
	free(heap->nodes);
	heap_init(heap);
}

static void set(struct heap *heap, size_t i, struct heap_node *node)
{
	heap->nodes[i] = node;
	node->place = i;
}

static void sift_up(struct heap *heap, size_t i)
{
	struct heap_node *node = heap->nodes[i];

	while (i > 1 && heap->nodes[i / 2]->due > node->due) {
		set(heap, i, heap->nodes[i / 2]);
		i /= 2;
	}
	set(heap, i, node);
}

static void sift_down(struct heap *heap, size_t i)
{
	struct heap_node *node = heap->nodes[i];

	for (;;) {
		size_t child = 2 * i;

		if (child > heap->count)
			break;
		if (child < heap->count && heap->nodes[child + 1]->due < heap->nodes[child]->due)
			child++;
		if (heap->nodes[child]->due >= node->due)
			break;
		set(heap, i, heap->nodes[child]);
		i = child;
	}
	set(heap, i, node);
}

static bool reserve(struct heap *heap)
{
	if (heap->count + 1 < heap->cap)
		return true;
	size_t cap = heap->cap == 0 ? 16 : heap->cap * 2;
	struct heap_node **nodes = reallocarray(heap->nodes, cap, sizeof *nodes);

	if (nodes == NULL)
		return false;
	heap->nodes = nodes;
	heap->cap = cap;
	return true;
}

bool heap_put(struct heap *heap, struct heap_node *node, int64_t due)
{
	if (node->place == 0) {
		if (!reserve(heap))
			return false;
		set(heap, ++heap->count, node);
	}
	node->due = due;
	sift_up(heap, node->place);
	sift_down(heap, node->place);
	return true;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	size_t hole = node->place;

	if (hole == 0)
		return;
	struct heap_node *last = heap->nodes[heap->count--];

	node->place = 0;
	if (last != node) {
		set(heap, hole, last);
		sift_up(heap, hole);
		sift_down(heap, last->place);
	}
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->count > 0 ? heap->nodes[1] : NULL;
}

int64_t heap_deadline(const struct heap *heap)
{
	return heap->count > 0 ? heap->nodes[1]->due : DEADLINE_NEVER;
}
