/*
 * Peers that sleep, move to another network or behind a router that forgets or
 * gets another address: messages flow again within one refresh interval and
 * one introduction, whatever NAT it is. And the router that keeps a wrong
 * mapping for as long as it is tried, for which pairs rest.
 */
#include "scenario.h"

#define REFRESH_MS (22 * 1150)	 /* the usual interval at its longest */
#define INTRODUCTION_MS 12000	 /* the repeats that show the silence, 7 s, and the asks, 5 s */
#define HEAL_MS (REFRESH_MS + INTRODUCTION_MS)
#define NIGHT_MS 600000
#define PINNED_MS (190000 + 15000)

/* Each kind that opens, with somebody it opens with. */
static const struct {
	enum nat_kind b, d;
} pairs[] = {
    {NAT_PUBLIC, NAT_PORT_RESTRICTED},
    {NAT_FULL_CONE, NAT_PORT_RESTRICTED},
    {NAT_ADDR_RESTRICTED, NAT_PORT_RESTRICTED},
    {NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED},
    {NAT_REJECT, NAT_REJECT},
    {NAT_OPEN_INPUT, NAT_PORT_RESTRICTED},
    {NAT_OPEN_INPUT, NAT_OPEN_INPUT},
    {NAT_SYMMETRIC_RANDOM, NAT_FULL_CONE},
    {NAT_SYMMETRIC_SEQ, NAT_ADDR_RESTRICTED},
    {NAT_ADDR_DEPENDENT, NAT_ADDR_RESTRICTED},
    {NAT_PORT_BLOCK, NAT_PORT_BLOCK},
    {NAT_HAIRPIN, NAT_PORT_RESTRICTED},
    {NAT_CARRIER, NAT_PORT_BLOCK},
};
#define PAIRS (int)(sizeof pairs / sizeof *pairs)

static void ask_and_open(struct figure *f)
{
	sim_ask(f->b, "dave@sales");
	sim_check(f->sim, sim_until(f->b, sim_open, "dave@sales", 5000), "B does not open");
	sim_check(f->sim, sim_until(f->d, sim_open, "bob@sales", 5000), "D does not open");
	/* long enough for both kinds of timeout, and at any point of an interval */
	sim_run(f->sim, 40000 + sim_chance(f->sim, REFRESH_MS));
}

static struct figure open_figure(int i)
{
	struct figure f = figure_new((uint64_t)i, pairs[i].b, pairs[i].d);

	figure_start(&f);
	ask_and_open(&f);
	return f;
}

static void talks(struct figure *f, const char *what)
{
	sim_send(f->b, "dave@sales", "over");
	sim_send(f->d, "bob@sales", "back");
	sim_check(f->sim, sim_until(f->d, sim_shown, "over", 3000), "%s: D does not hear B", what);
	sim_check(f->sim, sim_until(f->b, sim_shown, "back", 3000), "%s: B does not hear D", what);
}

static void heals(struct figure *f, const char *what)
{
	sim_run(f->sim, HEAL_MS);
	sim_check(f->sim, sim_open(f->b, "dave@sales"), "%s: B's path is not open", what);
	sim_check(f->sim, sim_open(f->d, "bob@sales"), "%s: D's path is not open", what);
	talks(f, what);
	world_end(f->sim);
}

START_TEST(router_forgets)
{
	if (sim_skips((uint64_t)_i) || pairs[_i].b == NAT_PUBLIC)
		return;
	struct figure f = open_figure(_i);

	sim_flush(f.b);
	heals(&f, nat_kind_name(pairs[_i].b));
}
END_TEST

START_TEST(router_gets_another_address)
{
	if (sim_skips((uint64_t)_i) || pairs[_i].b == NAT_PUBLIC)
		return;
	struct figure f = open_figure(_i);

	sim_move(f.b);
	heals(&f, nat_kind_name(pairs[_i].b));
}
END_TEST

START_TEST(to_another_network)
{
	if (sim_skips((uint64_t)_i))
		return;
	struct figure f = open_figure(_i);

	sim_roam(f.b, sim_nat(f.sim, pairs[_i].b));
	heals(&f, nat_kind_name(pairs[_i].b));
}
END_TEST

/* From home to a customer of a carrier, out of all NATs, and home. */
START_TEST(through_the_day)
{
	if (sim_skips((uint64_t)_i))
		return;
	struct figure f = open_figure(_i);
	struct nat_spec carrier = nat_preset(NAT_CARRIER), home = nat_preset(pairs[_i].b);
	struct nat_site *phone = sim_nat_behind(f.sim, NULL, &carrier);
	struct nat_site *places[] = {NULL, sim_site(f.b)};

	sim_roam(f.b, pairs[_i].b != NAT_PUBLIC ? sim_nat_behind(f.sim, phone, &home) : phone);
	for (size_t i = 0; i < 2; i++) {
		sim_run(f.sim, HEAL_MS + sim_chance(f.sim, REFRESH_MS));
		sim_roam(f.b, places[i]);
	}
	heals(&f, nat_kind_name(pairs[_i].b));
}
END_TEST

START_TEST(ten_minutes_of_sleep)
{
	if (sim_skips((uint64_t)_i))
		return;
	struct figure f = open_figure(_i);

	sim_sleep(f.b);
	sim_run(f.sim, NIGHT_MS);
	sim_wake(f.b);
	heals(&f, nat_kind_name(pairs[_i].b));
}
END_TEST

/* And wakes up elsewhere, as a laptop does. */
START_TEST(sleeps_and_moves)
{
	if (sim_skips((uint64_t)_i))
		return;
	struct figure f = open_figure(_i);

	sim_sleep(f.b);
	sim_run(f.sim, NIGHT_MS);
	sim_roam(f.b, sim_nat(f.sim, pairs[_i].b));
	sim_wake(f.b);
	heals(&f, nat_kind_name(pairs[_i].b));
}
END_TEST

/*
 * D's packets reach a router that has forgotten B, and takes them for its own:
 * what B sends gets another port then, which D's NAT does not let in. As long as
 * D goes on, so does the router. B cannot ask for another socket here.
 */
static struct figure pinned_figure(uint32_t rest)
{
	struct figure f = figure_new(0, NAT_OPEN_INPUT, NAT_PORT_RESTRICTED);
	struct endpoint outer, supernode = sim_address(f.e);

	sim_settings(f.b)->rest = sim_settings(f.d)->rest = rest;
	sim_settings(f.b)->refresh = sim_settings(f.d)->refresh = 2;
	sim_deny_sockets(f.b);
	sim_deny_sockets(f.d);
	figure_start(&f);
	ask_and_open(&f);
	outer = sim_outer(f.b);
	sim_flush(f.b);
	/* the early packet; what goes to the supernode before any to D keeps its port */
	sim_cast(f.d, &outer, 0, "1:1:x:y:0:", 10);
	sim_cast(f.b, &supernode, 0, "1:1:x:y:0:", 10);
	return f;
}

START_TEST(pinned_without_a_rest)
{
	struct figure f = pinned_figure(0);

	sim_run(f.sim, PINNED_MS);
	sim_check(f.sim, !sim_open(f.b, "dave@sales") || !sim_open(f.d, "bob@sales"),
	    "it opens: the fault is not reproduced");
	world_end(f.sim);
}
END_TEST

START_TEST(healed_by_the_rest)
{
	struct figure f = pinned_figure(190000);

	sim_run(f.sim, PINNED_MS);
	sim_check(f.sim, sim_open(f.b, "dave@sales") && sim_open(f.d, "bob@sales"),
	    "it is not open after %d ms", PINNED_MS);
	talks(&f, "pinned");
	world_end(f.sim);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("roam");

	scenario_add(suite, router_forgets, PAIRS);
	scenario_add(suite, router_gets_another_address, PAIRS);
	scenario_add(suite, to_another_network, PAIRS);
	scenario_add(suite, through_the_day, PAIRS);
	scenario_add(suite, ten_minutes_of_sleep, PAIRS);
	scenario_add(suite, sleeps_and_moves, PAIRS);
	scenario_add(suite, pinned_without_a_rest, 1);
	scenario_add(suite, healed_by_the_rest, 1);
	return unit_run(suite);
}
