/*
 * How long an ask takes, in virtual time, against what the distance alone
 * takes: the legs asker to supernode, supernode to target, target to asker.
 * Not a test; prints "delay legs median ratio", all but the last in ms.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

#define RUNS 200

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* ms from the ask to the open path; -1: it did not open. */
static int64_t ask_once(uint64_t index, uint32_t delay)
{
	struct sim *sim = sim_new(index);
	struct node *e = sim_supernode(sim, "e");
	struct node *b = sim_peer(sim, NAT_PORT_RESTRICTED, "bob", e);
	struct node *d = sim_peer(sim, NAT_PORT_RESTRICTED, "dave", e);
	int64_t took = -1;

	/* a leg crosses two lines, half of it each */
	sim_link(b)->delay = sim_link(d)->delay = sim_link(e)->delay = delay / 2;
	sim_start(b);
	sim_start(d);
	sim_run(sim, 5000 + sim_chance(sim, 1000));
	int64_t asked = sim_now(sim);

	sim_ask(b, "dave@sales");
	if (sim_until(b, sim_open, "dave@sales", 10000))
		took = sim_now(sim) - asked;
	sim_free(sim);
	return took;
}

static void measure(uint32_t delay)
{
	int64_t took[RUNS];

	for (uint64_t i = 0; i < RUNS; i++)
		took[i] = ask_once(i, delay);
	qsort(took, RUNS, sizeof *took, compare);
	if (took[0] < 0)
		printf("# some did not open\n");
	printf("%5u %5u %6lld %6.2f\n", delay, 3 * delay, (long long)took[RUNS / 2],
	    (double)took[RUNS / 2] / (3.0 * delay));
}

int main(void)
{
	static const uint32_t delays[] = {10, 40, 120};

	printf("delay  legs median  ratio\n");
	for (size_t i = 0; i < sizeof delays / sizeof *delays; i++)
		measure(delays[i]);
	return EXIT_SUCCESS;
}
