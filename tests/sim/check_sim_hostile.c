/*
 * Somebody off the way who can send anything under any address, and see
 * nothing: a bystander gets no more than was sent in its name, nobody is
 * talked out of a registration or a path, and all still works afterwards.
 */
#include "scenario.h"

#include <string.h>

#include "forgery.h"
#include "watch.h"

#define FORGERIES 20000

struct scene {
	struct figure f;
	struct node *seed, *victim;
	struct endpoint places[6]; /* the victim, E, B, D, the seed, anywhere */
	size_t in_its_name;	   /* bytes sent as if from the victim */
};

enum place { VICTIM, E, B, D, SEED, ANYWHERE, PLACES };

static struct scene scene_new(uint64_t index)
{
	struct scene s = {.f = figure_new(index, NAT_FULL_CONE, NAT_PUBLIC)};

	s.seed = sim_seed(s.f.sim, NAT_FULL_CONE, "sid", s.f.e);
	s.victim = sim_bystander(s.f.sim, "victim");
	sim_start(s.seed);
	figure_start(&s.f);
	sim_ask(s.f.b, "dave@sales");
	sim_check(s.f.sim, sim_until(s.f.b, sim_open, "dave@sales", 5000), "B does not open");
	sim_run(s.f.sim, 3000);
	s.places[VICTIM] = sim_address(s.victim);
	s.places[E] = sim_address(s.f.e);
	s.places[B] = sim_outer(s.f.b);
	s.places[D] = sim_outer(s.f.d);
	s.places[SEED] = sim_outer(s.seed);
	s.places[ANYWHERE] = (struct endpoint){FAMILY_IP4, 2425, {198, 19, 0, 0}};
	return s;
}

static void forge(struct scene *s, enum place from, enum place to)
{
	struct endpoint source = s->places[from];
	struct sim *sim = s->f.sim;
	struct forgery text;

	forgery_compose(&text, sim, &s->places[VICTIM]);
	if (from == ANYWHERE) {
		source.address[2] = (uint8_t)sim_chance(sim, 256);
		source.address[3] = (uint8_t)sim_chance(sim, 256);
	}
	if (from == VICTIM)
		s->in_its_name += text.len;
	sim_forge(sim, &source, &s->places[to], text.bytes, text.len);
}

/* What worked before works after. */
static void all_well(struct scene *s)
{
	struct figure *f = &s->f;
	struct node *carol = sim_peer(f->sim, NAT_PORT_RESTRICTED, "carol", f->e);

	sim_check(f->sim, sim_registered(f->b, NULL) && sim_registered(f->d, NULL),
	    "a registration is lost");
	sim_check(f->sim, sim_registered(s->seed, NULL), "the seed's registration is lost");
	sim_check(f->sim, sim_open(f->b, "dave@sales") && sim_open(f->d, "bob@sales"),
	    "the path is lost");
	sim_send(f->b, "dave@sales", "still there?");
	sim_check(f->sim, sim_until(f->d, sim_shown, "still there?", 5000), "B is not heard");
	sim_start(carol);
	sim_check(f->sim, sim_until(carol, sim_registered, NULL, 5000), "carol does not register");
	sim_ask(carol, "bob@sales");
	sim_check(f->sim, sim_until(carol, sim_open, "bob@sales", 5000), "carol does not reach B");
}

static void flood(struct scene *s, enum place first_from, uint64_t count)
{
	struct sim *sim = s->f.sim;

	for (uint64_t i = 0; i < count; i++) {
		enum place from = (enum place)(first_from + sim_chance(sim, PLACES - first_from));
		enum place to = (enum place)(E + sim_chance(sim, 3));

		/* a seed confirms whatever is asked of it, so others can rename it: see below */
		if (from == SEED && to == E)
			from = ANYWHERE;
		forge(s, from, to);
		if (sim_chance(sim, 4) == 0)
			sim_run(sim, sim_chance(sim, 20));
		sim_check(sim, sim_bytes_to(s->victim) <= s->in_its_name,
		    "the victim got %zu bytes for %zu", sim_bytes_to(s->victim), s->in_its_name);
	}
	sim_run(sim, 30000);
	sim_check(sim, sim_bytes_to(s->victim) <= s->in_its_name,
	    "the victim got %zu bytes for %zu", sim_bytes_to(s->victim), s->in_its_name);
}

START_TEST(under_any_name)
{
	if (sim_skips((uint64_t)_i))
		return;
	struct scene s = scene_new((uint64_t)_i);

	flood(&s, VICTIM, sim_worlds(FORGERIES));
	printf("# sent in the victim's name: %zu bytes, it got %zu\n", s.in_its_name,
	    sim_bytes_to(s.victim));
	fflush(stdout);
	ck_assert_uint_gt(sim_bytes_to(s.victim), 0);
	all_well(&s);
	world_end(s.f.sim);
}
END_TEST

/* Nothing at all in its name: then nothing may come, whoever is ordered to what. */
START_TEST(a_victim_that_never_spoke)
{
	if (sim_skips((uint64_t)_i))
		return;
	struct scene s = scene_new((uint64_t)_i);

	flood(&s, E, sim_worlds(FORGERIES));
	sim_check(s.f.sim, sim_bytes_to(s.victim) == 0, "%zu bytes", sim_bytes_to(s.victim));
	all_well(&s);
	world_end(s.f.sim);
}
END_TEST

/*
 * A forged exit of a seed, and wrong proofs in its name so that its own one
 * does not count any more: it answers, so it is there, and stays registered.
 */
START_TEST(a_seed_is_not_talked_away)
{
	struct scene s = scene_new(0);
	struct sim *sim = s.f.sim;
	char text[64];

	sim_forge(sim, &s.places[SEED], &s.places[E], "1:5:sid:pc-sid:2:sid", 20);
	for (int i = 0; i < 10; i++) {
		int n = snprintf(text, sizeof text, "1:5:sid:pc-sid:50:%d", 1000 + i);

		sim_forge(sim, &s.places[SEED], &s.places[E], text, (size_t)n);
	}
	sim_run(sim, 10000);
	sim_check(sim, sim_registered(s.seed, NULL), "it is gone");
	world_end(sim);
}
END_TEST

/*
 * What D sends to B comes back to D, as if from D: that makes D no other end of its
 * own path, and what it writes to B is not delivered to itself.
 */
START_TEST(own_words_come_back)
{
	struct figure f = figure_new((uint64_t)_i, NAT_PUBLIC, NAT_PUBLIC);
	struct endpoint d = sim_address(f.d);

	sim_key(f.b, _i == 1);
	sim_key(f.d, _i == 1);
	figure_start(&f);
	sim_ask(f.b, "dave@sales");
	sim_check(f.sim, sim_until(f.d, sim_open, "bob@sales", 5000), "D does not open");
	sim_tap(f.sim);
	for (int i = 0; i < 300; i++) {
		const struct sim_seen *seen;

		sim_run(f.sim, 200);
		for (size_t k = 0; (seen = sim_seen(f.sim, k)) != NULL; k++) {
			if (endpoint_equal(&seen->from, &d))
				sim_forge(f.sim, &d, &d, seen->bytes, seen->len);
		}
	}
	sim_send(f.d, "bob@sales", "for B");
	sim_check(f.sim, sim_until(f.b, sim_shown, "for B", 3000), "B does not get it");
	sim_check(f.sim, sim_received(f.d, "for B") == 0, "D gets it itself");
	world_end(f.sim);
}
END_TEST

/* The watch itself: that it sees what it is there for. */
START_TEST(the_watch_sees)
{
	static const struct endpoint a = {FAMILY_IP4, 1, {198, 18, 0, 1}};
	static const struct endpoint b = {FAMILY_IP4, 2, {198, 18, 0, 2}};
	struct span probe = span_text("1:77:s:s:1048624:"), answer = span_text("1:5:x:y:50:77");
	struct span order = span_of("1:5:s:s:129:198.18.0.2\0" "2", 24);
	struct watch watch = {0};

	ck_assert_ptr_nonnull(watch_out(&watch, &a, probe));
	watch_in(&watch, &a, span_text("1:1:a:b:1:alice"));
	ck_assert_ptr_nonnull(watch_out(&watch, &a, probe));
	watch_in(&watch, &a, span_text("1:1:a:b:1:alice, who has much more to say"));
	ck_assert_ptr_null(watch_out(&watch, &a, probe));
	watch_in(&watch, &a, answer);
	ck_assert_ptr_nonnull(watch_out(&watch, &a, order));
	watch_in(&watch, &b, span_text("1:1:a:b:1:bob"));
	ck_assert_ptr_nonnull(watch_out(&watch, &a, order));
	watch_in(&watch, &b, span_text("1:1:a:b:1:bob has something to say, too"));
	ck_assert_ptr_null(watch_out(&watch, &b, probe));
	watch_in(&watch, &b, answer);
	ck_assert_ptr_null(watch_out(&watch, &a, order));
	watch_free(&watch);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hostile");

	scenario_add(suite, under_any_name, 4);
	scenario_add(suite, a_victim_that_never_spoke, 4);
	scenario_add(suite, a_seed_is_not_talked_away, 1);
	scenario_add(suite, own_words_come_back, 2);
	scenario_add(suite, the_watch_sees, 1);
	return unit_run(suite);
}
