/*
 * What breaks and how soon it is whole again: a supernode that starts anew, a
 * NAT that forgets or gets another address, a peer that starts anew; and how
 * soon an ask that cannot succeed says so.
 */
#include "scenario.h"

#define REFRESH_S 2
#define HEAL_MS (2 * REFRESH_S * 1150 + 5000) /* two intervals at their longest, and the repeats */

/*
 * On a router with open input what the other sends meanwhile takes the port,
 * and keeps it as long as it goes on: the path is lost then, and asked for from a fresh socket.
 */
#define PINNED_MS (REFRESH_S * 1150 + 7000 + 3000)

static struct figure open_figure(uint64_t index, enum nat_kind b, enum nat_kind d)
{
	struct figure f = figure_new(index, b, d);

	sim_settings(f.b)->refresh = sim_settings(f.d)->refresh = REFRESH_S;
	figure_start(&f);
	sim_ask(f.b, "dave@sales");
	sim_check(f.sim, sim_until(f.b, sim_open, "dave@sales", 5000), "B does not open");
	sim_check(f.sim, sim_until(f.d, sim_open, "bob@sales", 5000), "D does not open");
	sim_run(f.sim, 10000);
	return f;
}

static void healed(struct figure *f, struct node *node, const char *what, int64_t ms)
{
	int64_t broken = sim_now(f->sim);
	int64_t registered;

	sim_check(f->sim, sim_until(node, sim_registered, NULL, HEAL_MS),
	    "%s: %s is not registered again within %d ms", what, sim_name(node), HEAL_MS);
	registered = sim_now(f->sim) - broken;
	sim_run(f->sim, HEAL_MS - registered);
	sim_until(f->b, sim_open, "dave@sales", ms - HEAL_MS);
	sim_until(f->d, sim_open, "bob@sales", 1000);
	sim_check(f->sim, sim_open(f->b, "dave@sales") && sim_open(f->d, "bob@sales"),
	    "%s: the path is not open after %lld ms", what, (long long)ms);
	sim_send(f->b, "dave@sales", "over");
	sim_send(f->d, "bob@sales", "back");
	sim_check(f->sim, sim_until(f->d, sim_shown, "over", 1000), "%s: B is not heard", what);
	sim_check(f->sim, sim_until(f->b, sim_shown, "back", 1000), "%s: D is not heard", what);
	printf("# %s: registered after %lld ms\n", what, (long long)registered);
	fflush(stdout);
}

START_TEST(supernode_starts_again)
{
	struct figure f = open_figure(0, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);
	struct node *carol = sim_peer(f.sim, NAT_PORT_RESTRICTED, "carol", f.e);

	sim_kill(f.e);
	sim_run(f.sim, 20000);
	sim_check(f.sim, sim_open(f.b, "dave@sales"), "the path died with the supernode");
	sim_restart(f.e);
	/* they are in back-off by now, which ends at 60 s; a short absence is the next test */
	sim_check(f.sim, sim_until(f.d, sim_registered, NULL, 70000), "D does not come back");
	sim_start(carol);
	sim_check(f.sim, sim_until(carol, sim_registered, NULL, 5000), "carol does not register");
	sim_ask(carol, "dave@sales");
	sim_check(f.sim, sim_until(carol, sim_open, "dave@sales", 5000), "carol does not reach D");
	world_end(f.sim);
}
END_TEST

START_TEST(supernode_restarts_at_once)
{
	struct figure f = open_figure(1, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	sim_restart(f.e);
	sim_check(f.sim, !sim_registered(f.b, NULL), "it remembers");
	healed(&f, f.b, "supernode restarted", HEAL_MS);
	world_end(f.sim);
}
END_TEST

static const enum nat_kind kinds[] = {NAT_FULL_CONE, NAT_ADDR_RESTRICTED, NAT_PORT_RESTRICTED,
    NAT_REJECT, NAT_OPEN_INPUT};
#define KINDS (int)(sizeof kinds / sizeof *kinds)

START_TEST(nat_forgets)
{
	enum nat_kind kind = kinds[_i];
	char what[64];

	if (sim_skips((uint64_t)_i))
		return;
	struct figure f = open_figure((uint64_t)_i, kind, NAT_PORT_RESTRICTED);

	snprintf(what, sizeof what, "%s forgets", nat_kind_name(kind));
	sim_flush(f.b);
	healed(&f, f.b, what, kind == NAT_OPEN_INPUT ? PINNED_MS : HEAL_MS);
	world_end(f.sim);
}
END_TEST

/* Another port after each flush: what a symmetric NAT does. */
START_TEST(nat_forgets_and_chooses_anew)
{
	struct figure f = open_figure(0, NAT_SYMMETRIC_RANDOM, NAT_FULL_CONE);

	sim_flush(f.b);
	healed(&f, f.b, "symmetric forgets", HEAL_MS);
	world_end(f.sim);
}
END_TEST

START_TEST(nat_moves)
{
	enum nat_kind kind = kinds[_i];
	char what[64];

	if (sim_skips((uint64_t)_i))
		return;
	struct figure f = open_figure((uint64_t)_i, kind, NAT_PORT_RESTRICTED);

	snprintf(what, sizeof what, "%s moves", nat_kind_name(kind));
	sim_move(f.b);
	healed(&f, f.b, what, HEAL_MS);
	world_end(f.sim);
}
END_TEST

START_TEST(peer_starts_again)
{
	struct figure f = open_figure(0, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	sim_restart(f.b);
	sim_check(f.sim, sim_until(f.b, sim_registered, NULL, 5000), "B does not register");
	sim_ask(f.b, "dave@sales");
	sim_check(f.sim, sim_until(f.b, sim_open, "dave@sales", 5000), "B does not open");
	sim_send(f.d, "bob@sales", "back");
	sim_check(f.sim, sim_until(f.b, sim_shown, "back", 5000), "D is not heard");
	world_end(f.sim);
}
END_TEST

/* The mapping lives through the usual refresh, and both kinds of timeout, for an hour. */
START_TEST(an_hour_of_silence)
{
	struct figure f = figure_new(0, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	figure_start(&f);
	for (int i = 0; i < 3600; i++) {
		sim_run(f.sim, 1000);
		sim_check(f.sim, sim_registered(f.b, NULL) && sim_registered(f.d, NULL),
		    "registration lost");
	}
	sim_ask(f.b, "dave@sales");
	sim_check(f.sim, sim_until(f.b, sim_open, "dave@sales", 2000), "B does not open");
	world_end(f.sim);
}
END_TEST

/*
 * Cookies change every 300 s, this world's at 300 s: right after that an order
 * must still carry one that its receiver has seen, whenever it refreshed last.
 */
START_TEST(the_cookie_changes)
{
	if (sim_skips((uint64_t)_i))
		return;
	struct figure f = figure_new((uint64_t)_i, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	figure_start(&f);
	sim_run(f.sim, 300100 - sim_now(f.sim));
	sim_ask(f.b, "dave@sales");
	sim_check(f.sim, sim_until(f.b, sim_open, "dave@sales", 200), "B does not open at once");
	world_end(f.sim);
}
END_TEST

/* The ask has to end with that reason by then. */
static void ends(struct figure *f, const char *name, enum reason reason, int64_t ms)
{
	int64_t asked = sim_now(f->sim);
	uint32_t id = sim_ask(f->b, name);
	enum reason told = sim_refused(f->b);

	if (id != 0) {
		sim_check(f->sim, sim_until(f->b, sim_settled, name, ms),
		    "no end of it after %lld ms", (long long)ms);
		sim_check(f->sim, !sim_open(f->b, name), "it opens");
		told = sim_path_id(f->b, id)->reason;
	}
	sim_check(f->sim, told == reason, "not %s but %s", reason_name(reason), reason_name(told));
	printf("# %s after %lld ms\n", reason_name(told), (long long)(sim_now(f->sim) - asked));
	fflush(stdout);
	/* and stays ended */
	sim_run(f->sim, 30000);
	sim_check(f->sim, id == 0 || sim_path_id(f->b, id)->state == PATH_FAILED, "it goes on");
	world_end(f->sim);
}

START_TEST(unknown_name)
{
	struct figure f = figure_new(0, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	figure_start(&f);
	/* 40 ms there and back */
	ends(&f, "nobody@sales", REASON_UNKNOWN_NAME, 1040);
}
END_TEST

START_TEST(oneself)
{
	struct figure f = figure_new(0, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	figure_start(&f);
	ends(&f, "bob@sales", REASON_REFUSED, 1040);
}
END_TEST

START_TEST(supernode_down)
{
	struct figure f = figure_new(0, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	figure_start(&f);
	sim_kill(f.e);
	ends(&f, "dave@sales", REASON_SUPERNODE_LOST, 8000);
}
END_TEST

START_TEST(supernode_never_there)
{
	struct figure f = figure_new(0, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	sim_kill(f.e);
	sim_start(f.b);
	ends(&f, "dave@sales", REASON_SUPERNODE_LOST, 8000);
}
END_TEST

START_TEST(udp_blocked)
{
	struct figure f = figure_new(0, NAT_BLOCKED, NAT_PORT_RESTRICTED);

	sim_start(f.b);
	sim_start(f.d);
	sim_run(f.sim, 30000);
	ends(&f, "dave@sales", REASON_SUPERNODE_LOST, 8000);
}
END_TEST

/* Registered still, but gone: four seconds after the first punch. */
START_TEST(far_peer_gone)
{
	struct figure f = figure_new(0, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	figure_start(&f);
	sim_kill(f.d);
	ends(&f, "dave@sales", REASON_NO_ANSWER, 4200);
}
END_TEST

/* A path that goes dead is noticed, and said. */
START_TEST(far_peer_falls_silent)
{
	struct figure f = open_figure(0, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);

	sim_kill(f.d);
	sim_run(f.sim, 20000);
	sim_check(f.sim, !sim_open(f.b, "dave@sales"), "B believes it is open");
	sim_run(f.sim, 60000);
	const struct sim_path *path = sim_path(f.b, "dave@sales");

	sim_check(f.sim, path->state == PATH_FAILED, "it is %s", path_state_name(path->state));
	uint64_t id = sim_send(f.b, "dave@sales", "anybody?");

	sim_run(f.sim, 30000);
	sim_check(f.sim, id == 0 || sim_sent(f.b, id)->state == MESSAGE_FAILED,
	    "a message to nobody: %s", message_state_name(sim_sent(f.b, id)->state));
	world_end(f.sim);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("heal");

	scenario_add(suite, supernode_starts_again, 1);
	scenario_add(suite, supernode_restarts_at_once, 1);
	scenario_add(suite, nat_forgets, KINDS);
	scenario_add(suite, nat_forgets_and_chooses_anew, 1);
	scenario_add(suite, nat_moves, KINDS);
	scenario_add(suite, peer_starts_again, 1);
	scenario_add(suite, an_hour_of_silence, 1);
	scenario_add(suite, the_cookie_changes, 100);
	scenario_add(suite, unknown_name, 1);
	scenario_add(suite, oneself, 1);
	scenario_add(suite, supernode_down, 1);
	scenario_add(suite, supernode_never_there, 1);
	scenario_add(suite, udp_blocked, 1);
	scenario_add(suite, far_peer_gone, 1);
	scenario_add(suite, far_peer_falls_silent, 1);
	return unit_run(suite);
}
