/*
 * The simulator itself: its routers behave as the ones of the namespace lab
 * were seen to, and seed doubles meet in it as they do there.
 */
#include "scenario.h"

#include <string.h>

static const struct endpoint inside = {FAMILY_IP4, 2425, {192, 168, 1, 2}};
static const struct endpoint second = {FAMILY_IP4, 2425, {192, 168, 1, 3}};
static const struct endpoint x = {FAMILY_IP4, 2425, {198, 18, 0, 1}};
static const struct endpoint x_other_port = {FAMILY_IP4, 40000, {198, 18, 0, 1}};
static const struct endpoint y = {FAMILY_IP4, 2425, {198, 18, 0, 2}};
static const struct endpoint outer = {FAMILY_IP4, 0, {198, 18, 0, 9}};

static struct nat nat;

static void nat_of(enum nat_kind kind)
{
	struct nat_spec spec = nat_preset(kind);

	nat_init(&nat, &spec, &outer, 1);
}

/* The outer port of a packet that leaves; 0: it did not. */
static uint16_t leave(const struct endpoint *from, const struct endpoint *to, int64_t now)
{
	struct endpoint seen = *from;

	if (!nat_out(&nat, &seen, to, now))
		return 0;
	ck_assert(endpoint_same_address(&seen, &outer));
	return seen.port;
}

static bool enters(const struct endpoint *from, uint16_t port, const struct endpoint *host,
    int64_t now)
{
	struct endpoint to = outer;

	to.port = port;
	return nat_in(&nat, from, &to, now) && endpoint_equal(&to, host);
}

/* Who comes in after a packet to X: X, X from another port, Y. */
static const struct {
	enum nat_kind kind;
	bool same_port, x_x, x_port, y_y;
} kinds[] = {
    {NAT_FULL_CONE, true, true, true, true},
    {NAT_ADDR_RESTRICTED, true, true, true, false},
    {NAT_PORT_RESTRICTED, true, true, false, false},
    {NAT_REJECT, true, true, false, false},
    {NAT_OPEN_INPUT, true, true, false, false},
    {NAT_SYMMETRIC_RANDOM, false, true, false, false},
    {NAT_SYMMETRIC_SEQ, false, true, false, false},
    {NAT_HAIRPIN, true, true, true, true},
};

START_TEST(mapping_and_filtering)
{
	nat_of(kinds[_i].kind);
	uint16_t port = leave(&inside, &x, 0);

	ck_assert_uint_ne(port, 0);
	ck_assert_int_eq(port == 2425, kinds[_i].same_port);
	ck_assert_uint_eq(leave(&inside, &x, 1), port);
	ck_assert_int_eq(enters(&x, port, &inside, 2), kinds[_i].x_x);
	ck_assert_int_eq(enters(&x_other_port, port, &inside, 3), kinds[_i].x_port);
	ck_assert_int_eq(enters(&y, port, &inside, 4), kinds[_i].y_y);
	if (kinds[_i].kind != NAT_OPEN_INPUT)
		ck_assert_int_eq(leave(&inside, &y, 5) == port, kinds[_i].same_port);
	nat_flush(&nat);
	ck_assert(!enters(&x, port, &inside, 6));
	nat_free(&nat);
}
END_TEST

/* Of its address alone: X at another port sees the same one, Y another. */
START_TEST(mapping_by_address)
{
	nat_of(NAT_ADDR_DEPENDENT);
	uint16_t port = leave(&inside, &x, 0);

	ck_assert_uint_ge(port, 30000);
	ck_assert_uint_eq(leave(&inside, &x_other_port, 1), port);
	ck_assert_uint_ne(leave(&inside, &y, 2), port);
	nat_free(&nat);
}
END_TEST

/* What a loose filter lets in at another port is a second flow; ours goes on by the first. */
START_TEST(a_flow_stays_at_its_port)
{
	struct nat_spec spec = nat_preset(NAT_SYMMETRIC_RANDOM);

	spec.filtering = DEPENDS_NOT;
	nat_init(&nat, &spec, &outer, 1);
	uint16_t other = leave(&inside, &y, 0);
	uint16_t port = leave(&inside, &x, 1);

	ck_assert_uint_ne(other, port);
	ck_assert(enters(&x, other, &inside, 2));
	ck_assert_uint_eq(leave(&inside, &x, 29000), port);
	ck_assert(enters(&x, other, &inside, 29001));
	/* the flow to Y is over, theirs are not */
	ck_assert_uint_eq(leave(&inside, &x, 31000), port);
	/* who is silent for long enough goes by what is left */
	ck_assert(enters(&x, other, &inside, 58000));
	ck_assert_uint_eq(leave(&inside, &x, 62000), other);
	nat_free(&nat);
}
END_TEST

START_TEST(ports_of_a_block)
{
	nat_of(NAT_PORT_BLOCK);
	uint16_t port = leave(&inside, &x, 0);

	ck_assert_uint_ge(port, 20000);
	ck_assert_uint_lt(port, 21000);
	ck_assert_uint_eq(leave(&inside, &y, 1), port);
	ck_assert_uint_ne(leave(&second, &y, 1), port);
	nat_free(&nat);
}
END_TEST

/* What comes in keeps a mapping alive, unless the router is said not to do that. */
START_TEST(who_keeps_a_mapping)
{
	struct nat_spec spec = nat_preset(NAT_PORT_RESTRICTED);

	spec.outgoing_only = _i == 1;
	nat_init(&nat, &spec, &outer, 1);
	uint16_t port = leave(&inside, &x, 0);

	ck_assert(enters(&x, port, &inside, 20000));
	ck_assert_int_eq(enters(&x, port, &inside, 40000), !spec.outgoing_only);
	nat_free(&nat);
}
END_TEST

/* The filter holds for those inside, too; and they are seen as from outside. */
START_TEST(hairpin)
{
	static const struct {
		enum nat_kind kind;
		bool first, second; /* whether the first packet, and the one back, arrive */
	} cases[] = {{NAT_HAIRPIN, true, true}, {NAT_CARRIER, false, true},
	    {NAT_FULL_CONE, false, false}};
	struct endpoint from = inside, to = outer, back = second, home = outer;

	nat_of(cases[_i].kind);
	home.port = leave(&inside, &x, 0);
	to.port = leave(&second, &x, 0);
	ck_assert_int_eq(nat_hairpin(&nat, &from, &to, 1), cases[_i].first);
	ck_assert_int_eq(nat_hairpin(&nat, &back, &home, 2), cases[_i].second);
	if (cases[_i].second) {
		ck_assert(endpoint_same_address(&back, &outer));
		ck_assert(endpoint_equal(&home, &inside));
	}
	nat_free(&nat);
}
END_TEST

START_TEST(sequential_ports)
{
	nat_of(NAT_SYMMETRIC_SEQ);
	ck_assert_uint_eq(leave(&inside, &x, 0), 30000);
	ck_assert_uint_eq(leave(&inside, &y, 0), 30001);
	ck_assert_uint_eq(leave(&inside, &x_other_port, 0), 30002);
	ck_assert_uint_eq(leave(&inside, &x, 0), 30000);
	nat_free(&nat);
}
END_TEST

START_TEST(blocked)
{
	nat_of(NAT_BLOCKED);
	ck_assert_uint_eq(leave(&inside, &x, 0), 0);
	ck_assert(!enters(&x, 2425, &inside, 0));
}
END_TEST

START_TEST(second_host_on_the_same_port)
{
	nat_of(NAT_PORT_RESTRICTED);
	ck_assert_uint_eq(leave(&inside, &x, 0), 2425);
	uint16_t other = leave(&second, &x, 0);

	ck_assert_uint_ne(other, 2425);
	/* and keeps it, toward others as well */
	ck_assert_uint_eq(leave(&second, &y, 0), other);
	ck_assert_uint_eq(leave(&inside, &y, 0), 2425);
	ck_assert(enters(&y, other, &second, 1));
	ck_assert(enters(&y, 2425, &inside, 1));
	nat_free(&nat);
}
END_TEST

/* What comes in first takes the port, unless the router drops it. */
START_TEST(open_input_shifts_the_port)
{
	nat_of(NAT_OPEN_INPUT);
	ck_assert_uint_eq(leave(&inside, &x, 0), 2425);
	ck_assert(!enters(&y, 2425, &inside, 1));
	ck_assert_uint_ne(leave(&inside, &y, 2), 2425);
	ck_assert_uint_eq(leave(&inside, &x, 3), 2425);
	nat_free(&nat);
	nat_of(NAT_PORT_RESTRICTED);
	ck_assert_uint_eq(leave(&inside, &x, 0), 2425);
	ck_assert(!enters(&y, 2425, &inside, 1));
	ck_assert_uint_eq(leave(&inside, &y, 2), 2425);
	nat_free(&nat);
}
END_TEST

START_TEST(timeouts)
{
	nat_of(NAT_PORT_RESTRICTED);
	/* one way: 30 s */
	uint16_t port = leave(&inside, &x, 0);

	ck_assert(enters(&x, port, &inside, 29999));
	nat_flush(&nat);
	port = leave(&inside, &x, 0);
	ck_assert(!enters(&x, port, &inside, 30000));
	/* an exchange within 2 s: 30 s still */
	port = leave(&inside, &x, 100000);
	ck_assert(enters(&x, port, &inside, 100100));
	ck_assert(!enters(&x, port, &inside, 130100));
	/* a second one after that: 120 s */
	port = leave(&inside, &x, 200000);
	ck_assert(enters(&x, port, &inside, 200100));
	leave(&inside, &x, 202100);
	ck_assert(enters(&x, port, &inside, 322099));
	ck_assert(!enters(&x, port, &inside, 442099));
	nat_free(&nat);
}
END_TEST

START_TEST(cone_is_kept_by_what_leaves)
{
	nat_of(NAT_FULL_CONE);
	uint16_t port = leave(&inside, &x, 0);

	for (int64_t now = 1000; now < 30000; now += 1000)
		ck_assert(enters(&x, port, &inside, now));
	ck_assert(!enters(&y, port, &inside, 30000));
	ck_assert(enters(&x, port, &inside, 30000));
	nat_free(&nat);
}
END_TEST

/* Seeds alone, the figure with both NATs, step by step. */
START_TEST(five_steps)
{
	struct sim *sim = sim_new(0);
	struct node *e = sim_seed_supernode(sim, "e");
	struct node *b = sim_seed(sim, NAT_PORT_RESTRICTED, "bob", e);
	struct node *d = sim_seed(sim, NAT_PORT_RESTRICTED, "dave", e);

	sim_start(b);
	sim_start(d);
	sim_run(sim, 1000);
	struct endpoint far = sim_outer(d);

	sim_check(sim, sim_registered(b, NULL) && sim_registered(d, NULL), "not registered");
	sim_enter(b, &far);
	sim_run(sim, 1000);
	sim_check(sim, seed_find(sim_seed_of(d), "bob@sales", 9) == NULL, "D's NAT lets it in");
	sim_ask(b, "dave@sales");
	sim_run(sim, 1000);
	sim_check(sim, sim_send(b, "dave@sales", "over") == 1, "B does not know D");
	sim_check(sim, sim_send(d, "bob@sales", "back") == 1, "D does not know B");
	sim_run(sim, 1000);
	sim_check(sim, sim_shown(d, "over") && sim_shown(b, "back"), "not open");
	sim_check(sim, sim_seed_of(b)->confirmed == 1 && sim_seed_of(d)->confirmed == 1,
	    "not confirmed");
	world_end(sim);
}
END_TEST

/* With our supernode no address has to be known: it orders both. */
START_TEST(seeds_at_a_supernode_of_ours)
{
	struct sim *sim = sim_new(0);
	struct node *e = sim_supernode(sim, "e");
	struct node *b = sim_seed(sim, NAT_PORT_RESTRICTED, "bob", e);
	struct node *d = sim_seed(sim, NAT_PORT_RESTRICTED, "dave", e);

	sim_start(b);
	sim_start(d);
	sim_check(sim, sim_until(b, sim_registered, NULL, 1000), "B does not register");
	sim_check(sim, sim_until(d, sim_registered, NULL, 1000), "D does not register");
	sim_ask(b, "dave@sales");
	sim_run(sim, 1000);
	sim_send(b, "dave@sales", "over");
	sim_send(d, "bob@sales", "back");
	sim_run(sim, 1000);
	sim_check(sim, sim_shown(d, "over") && sim_shown(b, "back"), "not open");
	world_end(sim);
}
END_TEST

/* An opener leaves its own NAT and dies before the other one. */
START_TEST(short_ttl)
{
	struct sim *sim = sim_new(0);
	struct node *e = sim_supernode(sim, "e");
	struct node *d = sim_seed(sim, NAT_FULL_CONE, "dave", e);

	sim_start(d);
	sim_run(sim, 1000);
	for (uint8_t ttl = 3; ttl <= 5; ttl++) {
		struct endpoint to = sim_outer(d);
		size_t before = sim_bytes_to(d);

		sim_cast(e, &to, ttl, "1:1:x:y:0:", 10);
		sim_run(sim, 1000);
		sim_check(sim, (sim_bytes_to(d) > before) == (ttl == 5), "ttl %u", ttl);
	}
	sim_free(sim);
}
END_TEST

/* Behind a carrier, each router takes its TTL and gives its port; customers meet inside. */
START_TEST(behind_a_carrier)
{
	struct sim *sim = sim_new(0);
	struct node *e = sim_supernode(sim, "e");
	struct nat_spec carrier = nat_preset(NAT_CARRIER), home = nat_preset(NAT_FULL_CONE);
	struct nat_site *outside = sim_nat_behind(sim, NULL, &carrier);
	struct nat_site *b_home = sim_nat_behind(sim, outside, &home);
	struct nat_site *d_home = sim_nat_behind(sim, outside, &home);
	struct node *b = sim_seed_behind(sim, b_home, "bob", e);
	struct node *d = sim_seed_behind(sim, d_home, "dave", e);
	struct node *host = sim_seed_behind(sim, outside, "carol", e);
	struct endpoint middle = {FAMILY_IP4, 2425, {100, 64, 0, 3}}, away;
	size_t before;

	sim_start(b);
	sim_start(d);
	sim_start(host);
	sim_run(sim, 1000);
	sim_check(sim, sim_registered(b, NULL) && sim_registered(d, NULL), "not registered");
	away = sim_outer(d);
	sim_check(sim, away.address[0] == 198 && away.port >= 20000 && away.port < 21000,
	    "seen at port %u", away.port);
	/* over the inside of the carrier: the other's router is there, its cone open */
	before = sim_bytes_to(d);
	sim_cast(b, &middle, 0, "1:1:x:y:0:", 10);
	sim_run(sim, 100);
	sim_check(sim, sim_bytes_to(d) > before, "not over the carrier's inside");
	/* hairpin at the carrier, whose filter lets in who was sent to */
	before = sim_bytes_to(b);
	struct endpoint home_of_b = sim_outer(b);

	sim_cast(b, &away, 0, "1:1:x:y:0:", 10);
	sim_run(sim, 100);
	sim_cast(d, &home_of_b, 0, "1:1:x:y:0:", 10);
	sim_run(sim, 100);
	sim_check(sim, sim_bytes_to(b) > before, "no hairpin at the carrier");
	/* two routers take two */
	before = sim_bytes_to(e);
	sim_cast(b, &(struct endpoint){FAMILY_IP4, 2425, {198, 18, 0, 2}}, 4, "1:1:x:y:0:", 10);
	sim_run(sim, 100);
	sim_check(sim, sim_bytes_to(e) == before, "ttl 4 is enough");
	sim_cast(b, &(struct endpoint){FAMILY_IP4, 2425, {198, 18, 0, 2}}, 5, "1:1:x:y:0:", 10);
	sim_run(sim, 100);
	sim_check(sim, sim_bytes_to(e) > before, "ttl 5 is not enough");
	sim_free(sim);
}
END_TEST

/* Nothing comes to who sleeps, and no timer of it goes; it goes on where it was. */
START_TEST(asleep)
{
	struct figure f = figure_new(0, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);
	size_t bytes;

	figure_start(&f);
	sim_sleep(f.b);
	bytes = sim_bytes_to(f.e);
	sim_kill(f.d);
	sim_run(f.sim, 600000);
	sim_check(f.sim, sim_bytes_to(f.e) == bytes, "it talks in its sleep");
	sim_wake(f.b);
	sim_check(f.sim, sim_until(f.b, sim_registered, NULL, 30000), "it does not come back");
	world_end(f.sim);
}
END_TEST

START_TEST(moves_to_another_network)
{
	struct figure f = figure_new(0, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);
	struct endpoint before, after;

	figure_start(&f);
	before = sim_outer(f.b);
	sim_roam(f.b, sim_nat(f.sim, NAT_FULL_CONE));
	sim_check(f.sim, sim_until(f.b, sim_registered, NULL, 30000), "it does not register");
	after = sim_outer(f.b);
	sim_check(f.sim, !endpoint_same_address(&before, &after), "it is where it was");
	world_end(f.sim);
}
END_TEST

/* The same world twice is the same; what is lost is lost at the rate that was said. */
START_TEST(reproducible_losses)
{
	size_t got[2];

	for (int i = 0; i < 2; i++) {
		struct sim *sim = sim_new(7);
		struct node *from = sim_bystander(sim, "from"), *to = sim_bystander(sim, "to");
		struct endpoint at = {FAMILY_IP4, 2425, {198, 18, 0, 3}};

		sim_link(from)->loss = 30;
		sim_link(from)->jitter = 50;
		for (int n = 0; n < 10000; n++)
			sim_cast(from, &at, 0, "1", 1);
		sim_run(sim, 1000);
		got[i] = sim_bytes_to(to);
		sim_free(sim);
	}
	printf("# 30 %% loss: %zu of 10000 arrived\n", got[0]);
	ck_assert_uint_eq(got[0], got[1]);
	ck_assert_uint_gt(got[0], 6800);
	ck_assert_uint_lt(got[0], 7200);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("itself");

	scenario_add(suite, mapping_and_filtering, sizeof kinds / sizeof *kinds);
	scenario_add(suite, mapping_by_address, 1);
	scenario_add(suite, a_flow_stays_at_its_port, 1);
	scenario_add(suite, ports_of_a_block, 1);
	scenario_add(suite, who_keeps_a_mapping, 2);
	scenario_add(suite, hairpin, 3);
	scenario_add(suite, sequential_ports, 1);
	scenario_add(suite, blocked, 1);
	scenario_add(suite, second_host_on_the_same_port, 1);
	scenario_add(suite, open_input_shifts_the_port, 1);
	scenario_add(suite, timeouts, 1);
	scenario_add(suite, cone_is_kept_by_what_leaves, 1);
	scenario_add(suite, five_steps, 1);
	scenario_add(suite, seeds_at_a_supernode_of_ours, 1);
	scenario_add(suite, short_ttl, 1);
	scenario_add(suite, behind_a_carrier, 1);
	scenario_add(suite, asleep, 1);
	scenario_add(suite, moves_to_another_network, 1);
	scenario_add(suite, reproducible_losses, 1);
	return unit_run(suite);
}
