/*
 * What the scenarios share: a check that tells how to have a failing world
 * again, the usual two peers and their supernode, and the end of a world,
 * where what must hold in every one is looked at.
 */
#ifndef IPMSG_TESTS_SIM_SCENARIO_H
#define IPMSG_TESTS_SIM_SCENARIO_H

#include <stdio.h>

#include "../unit/unit.h"
#include "sim.h"

#define sim_check(sim, condition, ...)                                                            \
	do {                                                                                      \
		if (!(condition)) {                                                               \
			sim_report(sim, tcase_name());                                            \
			ck_abort_msg(__VA_ARGS__);                                                \
		}                                                                                 \
	} while (0)

/* B asks, D is asked for, E is the supernode, as in the seed's figure. */
struct figure {
	struct sim *sim;
	struct node *b, *d, *e;
};

/* All three of ours, not started yet. B is bob@sales, D is dave@sales. */
static inline struct figure figure_new(uint64_t index, enum nat_kind b, enum nat_kind d)
{
	struct figure f = {.sim = sim_new(index)};

	f.e = sim_supernode(f.sim, "e");
	f.b = sim_peer(f.sim, b, "bob", f.e);
	f.d = sim_peer(f.sim, d, "dave", f.e);
	return f;
}

/* Both have registered, for long enough to be settled. */
static inline void figure_start(struct figure *f)
{
	sim_start(f->b);
	sim_start(f->d);
	sim_check(f->sim, sim_until(f->b, sim_registered, NULL, 10000), "B does not register");
	sim_check(f->sim, sim_until(f->d, sim_registered, NULL, 10000), "D does not register");
	sim_run(f->sim, 3000);
}

/* A case for each test, by its name: what CK_RUN_CASE takes. */
#define scenario_add(suite, test, times) scenario_add_case(suite, #test, test, times)

static inline void scenario_add_case(Suite *suite, const char *name, const TTest *test, int times)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, test, 0, times);
	suite_add_tcase(suite, tcase);
}

static inline void world_end(struct sim *sim)
{
	const char *violation = sim_violation(sim);

	sim_check(sim, violation == NULL, "%s", violation);
	sim_free(sim);
}

#endif
