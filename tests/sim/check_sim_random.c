/*
 * Worlds by chance, in which people ask and write, NATs forget, peers move,
 * sleep and crash, supernodes vanish and strangers forge; what must hold in
 * each is looked at after every event. A world that breaks a rule is told by
 * number, with the command that shows it again.
 *
 * SIM_N says how many, SIM_FROM with which to begin.
 */
#include <malloc.h>
#include <string.h>

#include "forgery.h"
#include "last_words.h"
#include "peer/path.h"
#include "random_world.h"
#include "scenario.h"

#ifdef __SANITIZE_ADDRESS__
#define WORLDS 4000
#else
#define WORLDS 100000
#endif

#define TIMEOUT_S 3600

#define BUSY_MAX_MS 20000    /* of an introduction */
#define MESSAGE_MAX_MS 120000 /* until a message is delivered or given up */
#define STABLE_MS 10000	     /* both sides have confirmed a path by then */
#define PROBE_MS 5000
#define PROBES_MAX 16
#define REGISTER_MS 150000 /* the longest back-off of a peer, twice */
#define OPEN_MS 12000
#define QUIET_MS 45000 /* the longest refresh interval, its repeats, an introduction */

/* A message over a path that both call open: it has to arrive. */
struct probe {
	const struct actor *from, *to;
	char text[32];
	int64_t sent; /* 0: none */
};

/* What all worlds together saw: a rule that was never put to the test holds nothing. */
struct tally {
	uint64_t opened, failed, probes, met, events;
};

struct run {
	struct random_world world;
	struct tally *tally;
	struct probe probes[PROBES_MAX];
	unsigned texts;
	size_t in_its_name; /* bytes sent as if from the victim */
	bool tampered;	    /* what was real arrived changed: names may be wrong since */
	size_t acts;	    /* so far */
	size_t forged;	    /* datagrams */
};

/* --- What must hold after each event. */

static void watch_busy(struct sim *sim, const struct node *node)
{
	const struct sim_path *paths = node->paths.items;
	int64_t now = sim_now(sim);

	for (size_t i = 0; i < node->paths.count; i++) {
		if (paths[i].busy != 0 && now - paths[i].busy > BUSY_MAX_MS)
			sim_violate(sim, "%s: the introduction to %s does not end", node->name,
			    paths[i].name);
	}
}

static void watch_event(struct sim *sim, struct node *node, void *context)
{
	const struct run *run = context;

	run->tally->events++;
	if (node != NULL && node->peer != NULL && !node->asleep)
		watch_busy(sim, node);
	if (run->world.victim != NULL && sim_bytes_to(run->world.victim) > run->in_its_name)
		sim_violate(sim, "the victim got %zu bytes for %zu",
		    sim_bytes_to(run->world.victim), run->in_its_name);
}

/* --- What must hold now and then. */

/*
 * As whom each may be known: the one that was met, the one that a person asked for, and of each
 * supernode one that it told of in vain, or two, if he has another endpoint while that one is
 * under way. Nobody is asked for, too. A seed is one more at each of its endpoints, of which it
 * may get another with every act; and whoever a datagram is forged of is a stranger.
 */
static size_t known_at_most(const struct run *run)
{
	const struct random_world *world = &run->world;
	size_t each = 2 + 2 * world->super_count, most = 1 + run->forged;

	for (size_t i = 1; i < world->actor_count; i++)
		most += each;
	for (size_t i = 0; i < world->actor_count; i++) {
		if (world->actors[i].seed)
			most += run->acts;
	}
	return most;
}

static void watch_state(const struct run *run, const struct node *node)
{
	struct peer_contact_status status;
	uint32_t cursor = 0;
	size_t contacts = 0, most = known_at_most(run);

	while (peer_contact(node->peer, &cursor, &status))
		contacts++;
	if (contacts > most)
		sim_violate(run->world.sim, "%s knows %zu peers, %zu at most", node->name,
		    contacts, most);
}

static void watch_messages(struct sim *sim, const struct node *node)
{
	const struct sim_message *messages = node->outgoing.items;
	int64_t now = sim_now(sim);

	for (size_t i = 0; i < node->outgoing.count; i++) {
		const struct sim_message *message = &messages[i];
		int64_t since = message->at > node->disturbed ? message->at : node->disturbed;

		if (message->state <= MESSAGE_SENT && now - since > MESSAGE_MAX_MS)
			sim_violate(sim, "%s: the message \"%s\" has no end", node->name,
			    message->text);
	}
}

static void judge_probe(struct run *run, struct probe *probe)
{
	struct sim *sim = run->world.sim;
	bool disturbed = sim_disturbed(probe->from->node) >= probe->sent ||
	    sim_disturbed(probe->to->node) >= probe->sent;

	if (!disturbed && sim_now(sim) - probe->sent < PROBE_MS)
		return;
	run->tally->probes += !disturbed;
	if (!disturbed && sim_received(probe->to->node, probe->text) == 0)
		sim_violate(sim, "%s and %s call it open, but \"%s\" does not arrive",
		    probe->from->name, probe->to->name, probe->text);
	probe->sent = 0;
}

static void look_around(struct run *run)
{
	struct random_world *world = &run->world;
	struct sim *sim = world->sim;

	for (size_t i = 0; i < world->actor_count; i++) {
		const struct node *node = world->actors[i].node;

		if (node->peer != NULL && !node->asleep) {
			watch_state(run, node);
			watch_messages(sim, node);
		}
	}
	for (size_t i = 0; i < PROBES_MAX; i++) {
		if (run->probes[i].sent != 0)
			judge_probe(run, &run->probes[i]);
	}
	sim_check(sim, sim_violation(sim) == NULL, "%s", sim_violation(sim));
}

static void pass(struct run *run, int64_t ms)
{
	sim_run(run->world.sim, ms);
	look_around(run);
}

/* --- What happens. */

static struct actor *any_actor(struct run *run)
{
	return &run->world.actors[sim_chance(run->world.sim, (uint32_t)run->world.actor_count)];
}

static struct actor *another_actor(struct run *run, const struct actor *than)
{
	struct actor *actor;

	do {
		actor = any_actor(run);
	} while (actor == than);
	return actor;
}

static bool can_act(const struct actor *actor)
{
	return sim_awake(actor->node);
}

static void ask(struct run *run)
{
	struct actor *from = any_actor(run), *to = another_actor(run, from);

	if (can_act(from))
		sim_ask(from->node, to->name);
}

static void ask_both(struct run *run)
{
	struct actor *from = any_actor(run), *to = another_actor(run, from);

	if (!can_act(from) || !can_act(to))
		return;
	sim_ask(from->node, to->name);
	sim_run(run->world.sim, sim_chance(run->world.sim, 300));
	if (can_act(to))
		sim_ask(to->node, from->name);
}

static void ask_for_nobody(struct run *run)
{
	struct actor *from = any_actor(run);

	if (can_act(from))
		sim_ask(from->node, "nobody@sales");
}

static void write_to(struct run *run)
{
	struct actor *from = any_actor(run), *to = another_actor(run, from);
	char text[32];

	snprintf(text, sizeof text, "message %u", ++run->texts);
	if (can_act(from))
		sim_send(from->node, to->name, text);
}

/* Both have called it open for long enough, and nothing has changed under it. */
static bool is_stable(const struct run *run, const struct actor *from, const struct actor *to)
{
	const struct sim_path *path = sim_path(from->node, to->name);
	int64_t now = sim_now(run->world.sim);

	return path != NULL && path->state == PATH_OPEN && now - path->since >= STABLE_MS &&
	    path->since > sim_disturbed(from->node) && path->since > sim_disturbed(to->node);
}

/* Without a key a name is what arrives; one that was changed on the way is right again soon. */
static bool is_called_so(const struct run *run, const struct actor *from, const struct actor *to)
{
	return !run->tampered || path_by_name(from->node->peer, to->name) != NULL;
}

static void probe_one(struct run *run, const struct actor *from, const struct actor *to)
{
	for (size_t i = 0; i < PROBES_MAX; i++) {
		struct probe *probe = &run->probes[i];

		if (probe->sent != 0)
			continue;
		*probe = (struct probe){.from = from, .to = to, .sent = sim_now(run->world.sim)};
		snprintf(probe->text, sizeof probe->text, "probe %u", ++run->texts);
		sim_send(from->node, to->name, probe->text);
		return;
	}
}

static void probe(struct run *run)
{
	struct actor *from = any_actor(run), *to = another_actor(run, from);

	if (run->world.lossy || from->seed || to->seed || !can_act(from) || !can_act(to) ||
	    !is_stable(run, from, to) || !is_stable(run, to, from) ||
	    !is_called_so(run, from, to) || !is_called_so(run, to, from))
		return;
	probe_one(run, from, to);
	probe_one(run, to, from);
}

static void flush(struct run *run)
{
	struct actor *actor = any_actor(run);

	if (actor->node->site != NULL)
		sim_flush(actor->node);
}

static void move(struct run *run)
{
	struct actor *actor = any_actor(run);

	if (actor->node->site != NULL)
		sim_move(actor->node);
}

static void roam(struct run *run)
{
	struct actor *actor = any_actor(run);

	if (!actor->seed)
		sim_roam(actor->node, random_site(run->world.sim));
}

static void sleep_or_wake(struct run *run)
{
	struct actor *actor = any_actor(run);

	if (actor->seed || !actor->node->up)
		return;
	if (actor->node->asleep)
		sim_wake(actor->node);
	else
		sim_sleep(actor->node);
}

static void crash(struct run *run)
{
	struct actor *actor = any_actor(run);

	if (actor->seed)
		return;
	sim_kill(actor->node);
	if (sim_chance(run->world.sim, 3) == 0)
		sim_run(run->world.sim, sim_chance(run->world.sim, 60000));
	if (sim_chance(run->world.sim, 4) == 0)
		sim_roam(actor->node, random_site(run->world.sim));
	sim_return(actor->node);
}

static struct node *any_super(struct run *run)
{
	return run->world.supers[sim_chance(run->world.sim, (uint32_t)run->world.super_count)];
}

static void restart_super(struct run *run)
{
	struct node *node = any_super(run);

	if (sim_chance(run->world.sim, 4) == 0)
		sim_restart(node);
	else
		sim_return(node);
}

static void vanish_super(struct run *run)
{
	struct node *node = any_super(run);

	sim_kill(node);
	sim_run(run->world.sim, sim_chance(run->world.sim, 90000));
	sim_return(node);
}

static struct endpoint any_place(struct run *run)
{
	struct sim *sim = run->world.sim;

	switch (sim_chance(sim, 4)) {
	case 0:
		return sim_address(any_super(run));
	case 1:
		return sim_address(run->world.victim);
	case 2:
		return (struct endpoint){FAMILY_IP4, 2425,
		    {198, 19, (uint8_t)sim_chance(sim, 256), (uint8_t)sim_chance(sim, 256)}};
	default:
		return sim_outer(any_actor(run)->node);
	}
}

static bool is_victim(const struct run *run, const struct endpoint *at)
{
	struct endpoint victim = sim_address(run->world.victim);

	return endpoint_equal(&victim, at);
}

/* Somebody who saw it sends it again, perhaps changed, perhaps to somebody else. */
static void replay(struct run *run)
{
	struct sim *sim = run->world.sim;
	const struct sim_seen *seen = sim_seen(sim, sim_chance(sim, SIM_SEEN_MAX));
	unsigned char bytes[sizeof seen->bytes];
	struct endpoint to;

	if (seen == NULL || seen->len == 0)
		return;
	memcpy(bytes, seen->bytes, seen->len);
	to = sim_chance(sim, 3) == 0 ? any_place(run) : seen->to;
	/* back to who sent it: see own_words_come_back in check_sim_hostile.c */
	if (is_victim(run, &to) || endpoint_equal(&to, &seen->from))
		return;
	if (sim_chance(sim, 3) == 0) {
		bytes[sim_chance(sim, (uint32_t)seen->len)] ^=
		    (unsigned char)(1 + sim_chance(sim, 255));
		run->tampered = true;
	}
	if (is_victim(run, &seen->from))
		run->in_its_name += seen->len;
	sim_forge(sim, &seen->from, &to, bytes, seen->len);
}

static void forge(struct run *run)
{
	struct sim *sim = run->world.sim;
	struct endpoint from = any_place(run), to = any_place(run);
	struct endpoint at = sim_address(run->world.victim);
	struct forgery forgery;

	if (is_victim(run, &to))
		return;
	forgery_compose(&forgery, sim, &at);
	if (sim_chance(sim, 8) == 0) {
		for (size_t i = 0; i < forgery.len; i++)
			forgery.bytes[i] = (char)sim_chance(sim, 256);
	}
	if (is_victim(run, &from))
		run->in_its_name += forgery.len;
	sim_forge(sim, &from, &to, forgery.bytes, forgery.len);
}

static void be_hostile(struct run *run)
{
	unsigned count = 1 + sim_chance(run->world.sim, 20);

	if (run->world.victim == NULL)
		return;
	run->forged += count;
	while (count-- > 0)
		(sim_chance(run->world.sim, 2) ? forge : replay)(run);
}

static void cut(struct run *run)
{
	struct actor *actor = any_actor(run);
	struct link *link = sim_link(actor->node);

	link->cut = true;
	sim_run(run->world.sim, sim_chance(run->world.sim, 30000));
	sim_link(actor->node)->cut = link->cut = false;
	for (size_t i = 0; i < run->world.actor_count; i++) {
		struct node *node = run->world.actors[i].node;

		if (sim_link(node) == link)
			node->disturbed = sim_now(run->world.sim);
	}
}

static const struct {
	unsigned weight;
	void (*act)(struct run *run);
} actions[] = {{30, ask}, {8, ask_both}, {2, ask_for_nobody}, {16, write_to}, {24, probe},
    {6, flush}, {4, move}, {4, roam}, {6, sleep_or_wake}, {4, crash}, {3, restart_super},
    {2, vanish_super}, {10, be_hostile}, {2, cut}};
#define ACTIONS (sizeof actions / sizeof *actions)

static void act(struct run *run)
{
	uint32_t sum = 0, at;
	size_t i = 0;

	for (size_t k = 0; k < ACTIONS; k++)
		sum += actions[k].weight;
	for (at = sim_chance(run->world.sim, sum); at >= actions[i].weight; i++)
		at -= actions[i].weight;
	run->acts++;
	actions[i].act(run);
}

static int64_t any_pause(struct sim *sim)
{
	uint32_t kind = sim_chance(sim, 100);

	if (kind < 35)
		return sim_chance(sim, 200);
	if (kind < 60)
		return sim_chance(sim, 3000);
	if (kind < 95)
		return sim_chance(sim, 20000);
	return sim_chance(sim, kind < 99 ? 120000 : 600000);
}

/* --- How it ends: all is repaired, and whoever can meet does. */

static void calm_down(struct run *run)
{
	struct random_world *world = &run->world;

	for (size_t i = 0; i < world->actor_count; i++) {
		struct node *node = world->actors[i].node;

		sim_link(node)->loss = 0;
		sim_wake(node);
	}
	/* who believes in a path that is no more finds out, and what is under way ends */
	pass(run, QUIET_MS);
}

static bool registers(const struct actor *actor)
{
	return sim_until(actor->node, sim_registered, NULL, REGISTER_MS);
}

static void meet(struct run *run)
{
	struct sim *sim = run->world.sim;
	struct actor *from = any_actor(run), *to = another_actor(run, from);

	if (run->tampered || from->seed || to->seed ||
	    !random_can_open(from->node, to->node))
		return;
	sim_check(sim, registers(from), "%s does not register", from->name);
	sim_check(sim, registers(to), "%s does not register", to->name);
	sim_ask(from->node, to->name);
	sim_until(from->node, sim_open, to->name, OPEN_MS);
	sim_check(sim, sim_open(from->node, to->name), "%s does not reach %s",
	    from->name, to->name);
	sim_check(sim, sim_until(to->node, sim_open, from->name, OPEN_MS), "%s does not reach %s",
	    to->name, from->name);
	run->tally->met++;
	probe_one(run, from, to);
	probe_one(run, to, from);
	pass(run, PROBE_MS);
}

static void count_paths(const struct run *run)
{
	for (size_t i = 0; i < run->world.actor_count; i++) {
		const struct list *paths = &run->world.actors[i].node->paths;

		for (size_t k = 0; k < paths->count; k++) {
			const struct sim_path *path = (const struct sim_path *)paths->items + k;

			run->tally->opened += path->opened;
			run->tally->failed += path->state == PATH_FAILED;
		}
	}
}

static void run_world(uint64_t base, uint64_t index, struct tally *tally)
{
	struct run run = {.tally = tally};
	struct sim *sim;

	random_world_draw(&run.world, base, index);
	sim = run.world.sim;
	last_words_prepare(sim, "worlds");
	sim_use_hook(sim, watch_event, &run);
	for (size_t i = 0; i < run.world.actor_count; i++) {
		sim_start(run.world.actors[i].node);
		sim_run(sim, sim_chance(sim, 500));
	}
	unsigned count = 2 + sim_chance(sim, 10);

	pass(&run, sim_chance(sim, 3000));
	while (count-- > 0) {
		act(&run);
		pass(&run, any_pause(sim));
	}
	calm_down(&run);
	meet(&run);
	count_paths(&run);
	world_end(sim);
}

/*
 * Worlds that showed a fault once. A change to how worlds are drawn makes others
 * of them: what a fault was has a test of its own besides.
 */
static const struct {
	uint64_t base, index;
} faults[] = {
    {20070401, 7953},  /* a last punch left with the failure that began the rest */
    {20070401, 30508}, /* a socket was ended by the order that was answered from there */
    {20070401, 89955}, /* supernodes that are lost begin no rest */
    {20070401, 93680}, /* a path that became another one was taken for open for ever */
    {20070401, 12827}, /* who woke at the address of the other took its own words for his */
    {20070401, 31906}, /* the same, and kept to it */
    {20070401, 417642}, /* an ask took over a seed that was waited for, and waited as long */
    {20070401, 763451}, /* an endpoint was somebody else's by now, and led to him */
    {20070401, 809637}, /* the same: he got the messages */
    {20070401, 257097}, /* a router took now one, now the other of two flows with the same ends */
    {20070401, 775455}, /* the same */
    {20070401, 991134}, /* the same */
    {20070401, 251636}, /* each order in vain made one more peer of the same one */
    {20070401, 740183}, /* a message went by a name that was changed on the way just before */
};

START_TEST(worlds_of_faults)
{
	struct tally tally = {0};

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		run_world(faults[i].base, faults[i].index, &tally);
}
END_TEST

static void print_tally(const struct tally *tally, uint64_t count, uint64_t from)
{
	printf("# %llu worlds from %llu on, %llu events: paths opened %llu times, %llu failed, "
	       "%llu probes arrived, %llu met at the end\n",
	    (unsigned long long)count, (unsigned long long)from,
	    (unsigned long long)tally->events, (unsigned long long)tally->opened,
	    (unsigned long long)tally->failed, (unsigned long long)tally->probes,
	    (unsigned long long)tally->met);
	fflush(stdout);
}

START_TEST(worlds)
{
	uint64_t from = sim_from(), count = sim_worlds(WORLDS);
	struct tally tally = {0};

	for (uint64_t i = from; i < from + count; i++) {
		if (!sim_skips(i))
			run_world(sim_base(), i, &tally);
	}
	print_tally(&tally, count, from);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("random");
	TCase *tcase = tcase_create("worlds");

	/* the large tables of a world are hardly touched: fresh pages cost less than zeros */
	mallopt(M_MMAP_THRESHOLD, 256 << 10);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	tcase_set_timeout(tcase, TIMEOUT_S);
	tcase_add_test(tcase, worlds_of_faults);
	tcase_add_test(tcase, worlds);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
