/* The world itself: how it begins, how time passes, how it can be had again. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

#define START_MS 1000000
#define START_WALL 1700000000
#define BASE_SEED 20070401
#define TICKET_BITS 24 /* of a due time: its place among those of the same ms */

static uint64_t number_from(const char *variable, uint64_t usual)
{
	const char *text = getenv(variable);

	return text != NULL && text[0] != '\0' ? strtoull(text, NULL, 10) : usual;
}

uint64_t sim_worlds(uint64_t usual)
{
	return number_from("SIM_N", usual);
}

bool sim_skips(uint64_t index)
{
	return number_from("SIM_ONLY", index) != index;
}

uint64_t sim_from(void)
{
	return number_from("SIM_FROM", number_from("SIM_ONLY", 0));
}

uint64_t sim_base(void)
{
	return number_from("SIM_SEED", BASE_SEED);
}

struct sim *sim_new(uint64_t index)
{
	return sim_new_of(sim_base(), index);
}

struct sim *sim_new_of(uint64_t base, uint64_t index)
{
	struct sim *sim = calloc(1, sizeof *sim);
	uint8_t seed[RNG_SEED_BYTES] = {'s', 'i', 'm'};

	if (sim == NULL)
		abort();
	sim->base = base;
	sim->index = index;
	sim->trace = number_from("SIM_TRACE", 0) != 0;
	memcpy(seed + 8, &sim->base, sizeof sim->base);
	memcpy(seed + 16, &sim->index, sizeof sim->index);
	rng_init(&sim->rng, seed);
	sim->start = sim->now = START_MS;
	sim->hops = 2;
	heap_init(&sim->heap);
	return sim;
}

static void free_flights(struct sim *sim)
{
	struct heap_node *first;

	while ((first = heap_first(&sim->heap)) != NULL) {
		struct event *event = (struct event *)first;

		heap_remove(&sim->heap, first);
		if (event->kind == DUE_FLIGHT)
			network_drop(sim, event);
	}
	heap_free(&sim->heap);
}

void sim_free(struct sim *sim)
{
	free_flights(sim);
	while (sim->nodes != NULL) {
		struct node *node = sim->nodes;

		sim->nodes = node->next;
		node_free(node);
	}
	while (sim->sites != NULL) {
		struct nat_site *site = sim->sites;

		sim->sites = site->next;
		nat_free(&site->nat);
		free(site);
	}
	free(sim);
}

void sim_report(const struct sim *sim, const char *test)
{
	unsigned long long base = sim->base, index = sim->index;

	printf("# world %llu of seed %llu, at %lld ms; again, with its trace:\n", index, base,
	    (long long)sim_now(sim));
	printf("#   SIM_SEED=%llu SIM_ONLY=%llu SIM_TRACE=1 CK_RUN_CASE=%s %s\n", base, index, test,
	    program_invocation_name);
	if (sim->violation[0] != '\0')
		printf("#   violated: %s\n", sim->violation);
	fflush(stdout);
}

int64_t sim_now(const struct sim *sim)
{
	return sim->now - sim->start;
}

int64_t sim_wall(const struct sim *sim)
{
	return START_WALL + sim->now / 1000;
}

uint32_t sim_chance(struct sim *sim, uint32_t bound)
{
	return rng_below(&sim->rng, bound);
}

const char *sim_violation(const struct sim *sim)
{
	return sim->violation[0] != '\0' ? sim->violation : NULL;
}

void sim_violate(struct sim *sim, const char *format, ...)
{
	va_list args;

	if (sim->violation[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(sim->violation, sizeof sim->violation, format, args);
	va_end(args);
	if (sim->trace)
		printf("# %7lld      violated: %s\n", (long long)sim_now(sim), sim->violation);
}

void sim_schedule(struct sim *sim, struct event *event, int64_t due)
{
	int64_t ticket = (int64_t)(sim->sequence++ & ((1u << TICKET_BITS) - 1));

	if (due < sim->now)
		due = sim->now;
	if (!heap_put(&sim->heap, &event->node, due << TICKET_BITS | ticket))
		abort();
}

/* Does what is next, if it is due by then. */
static bool step(struct sim *sim, int64_t until)
{
	struct heap_node *first = heap_first(&sim->heap);

	if (first == NULL || first->due >> TICKET_BITS > until)
		return false;
	struct event *event = (struct event *)first;

	sim->now = first->due >> TICKET_BITS;
	sim->touched = NULL;
	heap_remove(&sim->heap, first);
	if (event->kind == DUE_FLIGHT)
		network_land(sim, event);
	else
		node_tick((struct node *)event);
	if (sim->hook != NULL)
		sim->hook(sim, sim->touched, sim->hook_context);
	return true;
}

void sim_use_hook(struct sim *sim, sim_hook hook, void *context)
{
	sim->hook = hook;
	sim->hook_context = context;
}

void sim_run(struct sim *sim, int64_t ms)
{
	int64_t until = sim->now + ms;

	while (step(sim, until))
		;
	sim->now = until;
}

bool sim_until(struct node *node, sim_condition condition, const char *name, int64_t ms)
{
	struct sim *sim = node->sim;
	int64_t until = sim->now + ms;

	while (!condition(node, name)) {
		if (!step(sim, until)) {
			sim->now = until;
			return condition(node, name);
		}
	}
	return true;
}

void *list_add(struct list *list, size_t size)
{
	if (list->count == list->cap) {
		list->cap = list->cap == 0 ? 8 : 2 * list->cap;
		list->items = reallocarray(list->items, list->cap, size);
		if (list->items == NULL)
			abort();
	}
	unsigned char *item = (unsigned char *)list->items + list->count++ * size;

	memset(item, 0, size);
	return item;
}
