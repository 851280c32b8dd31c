/*
 * Seed doubles in each role beside ours: whoever B, D and E are, the figure's
 * five steps open both directions.
 */
#include "scenario.h"

struct roles {
	bool b, d, e; /* a seed */
};

static struct figure cast_roles(uint64_t index, struct roles seed)
{
	struct figure f = {.sim = sim_new(index)};

	f.e = seed.e ? sim_seed_supernode(f.sim, "e") : sim_supernode(f.sim, "e");
	f.b = (seed.b ? sim_seed : sim_peer)(f.sim, NAT_PORT_RESTRICTED, "bob", f.e);
	f.d = (seed.d ? sim_seed : sim_peer)(f.sim, NAT_PORT_RESTRICTED, "dave", f.e);
	return f;
}

/* A seed supernode tells B nothing: it has to know where D is. */
static void ask(struct figure *f, struct roles seed)
{
	struct endpoint d = sim_outer(f->d);

	if (seed.b && seed.e)
		sim_enter(f->b, &d);
	sim_run(f->sim, 100);
	sim_ask_at(f->b, "dave@sales", seed.e ? &d : NULL);
	if (seed.b)
		sim_run(f->sim, 3000);
	else
		sim_check(f->sim, sim_until(f->b, sim_open, "dave@sales", 5000),
		    "B does not open: %s", reason_name(sim_refused(f->b)));
}

static void message(struct figure *f, struct node *from, struct node *to, const char *name,
    const char *text, bool seed)
{
	uint64_t id = sim_send(from, name, text);

	sim_check(f->sim, id != 0, "%s cannot send to %s", sim_name(from), name);
	sim_check(f->sim, sim_until(to, sim_shown, text, 5000), "%s: does not arrive", text);
	sim_run(f->sim, 1000);
	if (seed)
		sim_check(f->sim, sim_seed_of(from)->confirmed == 1, "%s: not confirmed", text);
	else
		sim_check(f->sim, sim_sent(from, id)->state == MESSAGE_DELIVERED,
		    "%s: not delivered", text);
}

START_TEST(each_role)
{
	struct roles seed = {_i & 4, _i & 2, _i & 1};

	if (sim_skips((uint64_t)_i))
		return;
	struct figure f = cast_roles((uint64_t)_i, seed);

	printf("# B %s, D %s, E %s\n", seed.b ? "seed" : "ours", seed.d ? "seed" : "ours",
	    seed.e ? "seed" : "ours");
	fflush(stdout);
	figure_start(&f);
	ask(&f, seed);
	message(&f, f.b, f.d, "dave@sales", "over", seed.b);
	message(&f, f.d, f.b, "bob@sales", "back", seed.d);
	world_end(f.sim);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("seed");

	scenario_add(suite, each_role, 8);
	return unit_run(suite);
}
