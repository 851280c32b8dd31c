/*
 * Messages of up to a mebibyte between two NATs, over lines that lose a tenth
 * and more: whole, once, and within seconds.
 */
#include "scenario.h"

#include <string.h>

#include "core.h"

static char *text_of(struct sim *sim, size_t len)
{
	static const char *const pieces[] = {"a", ":", "\n", "\xe3\x82\xa2", "\xf0\x9f\x98\x80"};
	char *text = malloc(len + 1);
	size_t used = 0;

	if (text == NULL)
		abort();
	while (used < len) {
		const char *piece = pieces[sim_chance(sim, 5)];

		if (used + strlen(piece) > len)
			piece = "x";
		memcpy(text + used, piece, strlen(piece));
		used += strlen(piece);
	}
	text[len] = '\0';
	return text;
}

static struct figure figure_lossy(uint64_t index, unsigned loss)
{
	struct figure f = figure_new(index, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	sim_link(f.b)->delay = 12;
	sim_link(f.d)->delay = 13;
	figure_start(&f);
	sim_ask(f.b, "dave@sales");
	sim_check(f.sim, sim_until(f.b, sim_open, "dave@sales", 5000), "B does not open");
	sim_run(f.sim, 1000);
	sim_link(f.b)->loss = sim_link(f.d)->loss = loss;
	return f;
}

static const char *awaited;
static bool has_come(const struct node *node, const char *unused)
{
	return sim_received_whole(node, awaited) > 0;
}

static bool is_delivered(const struct node *node, const char *unused)
{
	const struct sim_message *messages = node->outgoing.items;

	return messages[node->outgoing.count - 1].state == MESSAGE_DELIVERED;
}

/* Sends one; ms until it was confirmed. */
static int64_t send_large(struct figure *f, size_t len, int64_t within)
{
	char *text = text_of(f->sim, len);
	int64_t began = sim_now(f->sim);

	awaited = text;
	sim_check(f->sim, sim_send(f->b, "dave@sales", text) != 0, "not taken: %s",
	    reason_name(sim_refused(f->b)));
	sim_check(f->sim, sim_until(f->d, has_come, NULL, within), "%zu bytes do not arrive", len);
	sim_check(f->sim, sim_until(f->b, is_delivered, NULL, 10000), "not confirmed");
	sim_check(f->sim, sim_received_whole(f->d, text) == 1, "arrives more than once");
	free(text);
	return sim_now(f->sim) - began;
}

/* 50 ms there and back, a tenth lost each way. */
START_TEST(a_mebibyte)
{
	int64_t slowest = 0, sum = 0;
	uint64_t worlds = sim_worlds(20);

	for (uint64_t i = 0; i < worlds; i++) {
		if (sim_skips(i))
			continue;
		struct figure f = figure_lossy(i, 10);
		int64_t took = send_large(&f, TEXT_MAX, 60000);

		slowest = took > slowest ? took : slowest;
		sum += took;
		world_end(f.sim);
	}
	printf("# a mebibyte takes %lld ms on average, %lld ms at most\n",
	    (long long)(sum / (int64_t)worlds), (long long)slowest);
	fflush(stdout);
	ck_assert_msg(slowest < 20000, "over 20 s");
}
END_TEST

/* Any length, over worse lines that double and reorder, too. */
START_TEST(any_length)
{
	for (uint64_t i = 0; i < sim_worlds(200); i++) {
		if (sim_skips(1000 + i))
			continue;
		struct figure f = figure_lossy(1000 + i, 20);

		sim_link(f.b)->duplicate = sim_link(f.d)->duplicate = 10;
		sim_link(f.b)->jitter = sim_link(f.d)->jitter = 40;
		send_large(&f, 1 + sim_chance(f.sim, 30000), 30000);
		world_end(f.sim);
	}
}
END_TEST

/* The sender gets another address while it goes on. */
START_TEST(moved_meanwhile)
{
	for (uint64_t i = 0; i < sim_worlds(20); i++) {
		if (sim_skips(2000 + i))
			continue;
		struct figure f = figure_lossy(2000 + i, 5);
		char *text = text_of(f.sim, 200000);

		awaited = text;
		sim_check(f.sim, sim_send(f.b, "dave@sales", text) != 0, "not taken");
		sim_run(f.sim, 300 + sim_chance(f.sim, 1000));
		sim_move(f.b);
		sim_check(f.sim, sim_until(f.d, has_come, NULL, 120000), "does not arrive");
		sim_check(f.sim, sim_until(f.b, is_delivered, NULL, 30000), "not confirmed");
		free(text);
		world_end(f.sim);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("large");

	scenario_add(suite, a_mebibyte, 1);
	scenario_add(suite, any_length, 1);
	scenario_add(suite, moved_meanwhile, 1);
	return unit_run(suite);
}
