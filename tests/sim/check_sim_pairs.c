/*
 * Which pairs of NATs open between peers of ours, and that a pair that cannot
 * open is given up with a reason: the whole table, without losses.
 */
#include "scenario.h"

#define KINDS NAT_BLOCKED /* all before it */

static bool symmetric(enum nat_kind kind)
{
	return nat_preset(kind).mapping != DEPENDS_NOT;
}

/* Lets in who was sent to, from whatever port. */
static bool lenient(enum nat_kind kind)
{
	return nat_preset(kind).filtering != DEPENDS_PORT;
}

static bool can_open(enum nat_kind b, enum nat_kind d)
{
	return !((symmetric(b) && !lenient(d)) || (symmetric(d) && !lenient(b)));
}

static void confirm(struct sim *sim, struct node *from, struct node *to, const char *name,
    const char *text)
{
	uint64_t id = sim_send(from, name, text);

	sim_check(sim, id != 0, "%s: not taken: %s", text, reason_name(sim_refused(from)));
	sim_check(sim, sim_until(to, sim_shown, text, 5000), "%s: does not arrive", text);
	sim_run(sim, 1000);
	sim_check(sim, sim_sent(from, id)->state == MESSAGE_DELIVERED, "%s: is %s, %s", text,
	    message_state_name(sim_sent(from, id)->state), reason_name(sim_sent(from, id)->reason));
	sim_check(sim, sim_received(to, text) == 1, "%s: arrived %zu times", text,
	    sim_received(to, text));
}

static void opens(struct figure *f, const char *pair)
{
	int64_t asked = sim_now(f->sim);

	sim_ask(f->b, "dave@sales");
	sim_check(f->sim, sim_until(f->b, sim_open, "dave@sales", 10000),
	    "%s: B does not open", pair);
	printf("# %s: open after %lld ms\n", pair, (long long)(sim_now(f->sim) - asked));
	fflush(stdout);
	sim_check(f->sim, sim_until(f->d, sim_open, "bob@sales", 5000), "%s: D does not open", pair);
	confirm(f->sim, f->b, f->d, "dave@sales", "over");
	confirm(f->sim, f->d, f->b, "bob@sales", "back");
	/* it stays open over many keepalives */
	sim_run(f->sim, 300000);
	confirm(f->sim, f->d, f->b, "bob@sales", "later");
	sim_check(f->sim, sim_path(f->b, "dave@sales")->opened == 1, "%s: did not stay open", pair);
}

static void fails(struct figure *f, const char *pair)
{
	sim_ask(f->b, "dave@sales");
	sim_check(f->sim, sim_until(f->b, sim_settled, "dave@sales", 7000), "%s: B goes on and on",
	    pair);
	const struct sim_path *path = sim_path(f->b, "dave@sales");

	sim_check(f->sim, path->state == PATH_FAILED, "%s: opens", pair);
	sim_check(f->sim, path->reason == REASON_NO_ANSWER || path->reason == REASON_NAT, "%s: %s",
	    pair, reason_name(path->reason));
	sim_run(f->sim, 5000);
	sim_check(f->sim, !sim_open(f->d, "bob@sales"), "%s: D believes it is open", pair);
}

START_TEST(each_pair)
{
	enum nat_kind b = (enum nat_kind)(_i / KINDS), d = (enum nat_kind)(_i % KINDS);
	char pair[64];

	if (sim_skips((uint64_t)_i))
		return;
	snprintf(pair, sizeof pair, "%s asks for %s", nat_kind_name(b), nat_kind_name(d));
	struct figure f = figure_new((uint64_t)_i, b, d);

	figure_start(&f);
	(can_open(b, d) ? opens : fails)(&f, pair);
	world_end(f.sim);
}
END_TEST

/* Two behind one router, which takes no packets to its own outer address back in. */
START_TEST(behind_one_router)
{
	struct figure f = {.sim = sim_new(0)};
	struct nat_site *site = sim_nat(f.sim, NAT_PORT_RESTRICTED);

	f.e = sim_supernode(f.sim, "e");
	f.b = sim_peer_behind(f.sim, site, "bob", f.e);
	f.d = sim_peer_behind(f.sim, site, "dave", f.e);
	figure_start(&f);
	opens(&f, "behind one router");
	world_end(f.sim);
}
END_TEST

/* Two customers of a carrier, at home in networks that look the same. */
START_TEST(behind_one_carrier)
{
	static const enum nat_kind homes[] = {NAT_FULL_CONE, NAT_PORT_RESTRICTED, NAT_PORT_BLOCK};
	struct figure f = {.sim = sim_new((uint64_t)_i)};
	struct nat_spec carrier = nat_preset(NAT_CARRIER), home = nat_preset(homes[_i]);
	struct nat_site *outside = sim_nat_behind(f.sim, NULL, &carrier);

	f.e = sim_supernode(f.sim, "e");
	f.b = sim_peer_behind(f.sim, sim_nat_behind(f.sim, outside, &home), "bob", f.e);
	f.d = sim_peer_behind(f.sim, sim_nat_behind(f.sim, outside, &home), "dave", f.e);
	figure_start(&f);
	opens(&f, "behind one carrier");
	world_end(f.sim);
}
END_TEST

/* One at home, the other behind a carrier as well. */
START_TEST(behind_a_carrier)
{
	static const enum nat_kind homes[] = {NAT_FULL_CONE, NAT_PORT_RESTRICTED, NAT_PORT_BLOCK,
	    NAT_OPEN_INPUT};
	struct figure f = {.sim = sim_new((uint64_t)_i)};
	struct nat_spec carrier = nat_preset(NAT_CARRIER), home = nat_preset(homes[_i]);
	struct nat_site *outside = sim_nat_behind(f.sim, NULL, &carrier);

	f.e = sim_supernode(f.sim, "e");
	f.b = sim_peer_behind(f.sim, sim_nat_behind(f.sim, outside, &home), "bob", f.e);
	f.d = sim_peer(f.sim, NAT_PORT_RESTRICTED, "dave", f.e);
	figure_start(&f);
	opens(&f, "behind a carrier");
	world_end(f.sim);
}
END_TEST

/* The ask that was given this id has succeeded. */
static bool has_opened(const struct node *node, uint32_t id)
{
	const struct sim_path *path = sim_path_id(node, id);

	return path != NULL && path->opened > 0;
}

/* Each asks for the other, at once or within what an introduction takes. */
START_TEST(both_ask)
{
	if (sim_skips((uint64_t)_i))
		return;
	struct figure f = figure_new((uint64_t)_i, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	sim_link(f.b)->delay = 35;
	figure_start(&f);
	uint32_t b = sim_ask(f.b, "dave@sales");

	sim_run(f.sim, _i * 20);
	uint32_t d = sim_ask(f.d, "bob@sales");

	sim_run(f.sim, 1500);
	sim_check(f.sim, sim_open(f.b, "dave@sales"), "B does not open");
	sim_check(f.sim, sim_open(f.d, "bob@sales"), "D does not open");
	sim_check(f.sim, has_opened(f.b, b), "B's ask %u has not ended well", b);
	sim_check(f.sim, has_opened(f.d, d), "D's ask %u has not ended well", d);
	confirm(f.sim, f.b, f.d, "dave@sales", "over");
	confirm(f.sim, f.d, f.b, "bob@sales", "back");
	sim_run(f.sim, 10000);
	sim_check(f.sim, has_opened(f.d, d) && sim_path_id(f.d, d)->state != PATH_FAILED,
	    "D's ask failed after all");
	world_end(f.sim);
}
END_TEST

static size_t contacts_of(const struct node *node)
{
	struct peer_contact_status status;
	uint32_t cursor = 0;
	size_t n = 0;

	while (peer_contact(sim_core(node), &cursor, &status))
		n++;
	return n;
}

/* Who asks from ever other endpoints, and in vain, is one peer, whoever of the two has a key. */
START_TEST(one_asker_is_one_peer)
{
	struct figure f = figure_new((uint64_t)_i, NAT_SYMMETRIC_RANDOM, NAT_PORT_RESTRICTED);

	sim_key(f.b, (_i & 1) != 0);
	sim_key(f.d, (_i & 2) != 0);
	figure_start(&f);
	for (int i = 0; i < 4; i++) {
		unsigned ordered = sim_step_count(f.d, STEP_ORDERED);

		sim_ask(f.b, "dave@sales");
		sim_run(f.sim, 15000);
		sim_check(f.sim, sim_step_count(f.d, STEP_ORDERED) > ordered, "D is not ordered");
		sim_check(f.sim, !sim_open(f.d, "bob@sales"), "it is open");
		sim_check(f.sim, contacts_of(f.d) == 1, "D knows %zu peers", contacts_of(f.d));
		sim_move(f.b);
		sim_run(f.sim, 60000);
	}
	world_end(f.sim);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pairs");

	scenario_add(suite, each_pair, KINDS * KINDS);
	scenario_add(suite, behind_one_router, 1);
	scenario_add(suite, behind_one_carrier, 3);
	scenario_add(suite, behind_a_carrier, 4);
	scenario_add(suite, both_ask, 12);
	scenario_add(suite, one_asker_is_one_peer, 4);
	return unit_run(suite);
}
