/*
 * Introductions and messages by the thousand over lines that lose, double and
 * reorder: how often and how fast they succeed, and that the others end with
 * a reason.
 */
#include "scenario.h"

#include <string.h>

#define PAIRS 20 /* in one world */
#define LOSS 30

struct pair {
	struct node *b, *d;
	enum nat_kind b_kind, d_kind;
	char bob[16], dave[16]; /* nicks */
	char to_bob[32], to_dave[32];
	int64_t asked;
	uint32_t path;
};

static enum nat_kind any_kind(struct sim *sim)
{
	if (sim_chance(sim, 100) < 80)
		return NAT_PORT_RESTRICTED;
	return (enum nat_kind)sim_chance(sim, NAT_OPEN_INPUT + 1);
}

static void bad_line(struct sim *sim, struct node *node)
{
	struct link *link = sim_link(node);

	link->delay = 5 + sim_chance(sim, 76);
	link->jitter = sim_chance(sim, 10);
	/* of what a NAT's outer link sends */
	link->loss = LOSS;
}

static void make_pair(struct sim *sim, struct node *e, struct pair *pair, int i)
{
	snprintf(pair->bob, sizeof pair->bob, "bob%d", i);
	snprintf(pair->dave, sizeof pair->dave, "dave%d", i);
	snprintf(pair->to_bob, sizeof pair->to_bob, "%s@sales", pair->bob);
	snprintf(pair->to_dave, sizeof pair->to_dave, "%s@sales", pair->dave);
	pair->b_kind = any_kind(sim);
	pair->d_kind = any_kind(sim);
	pair->b = sim_peer(sim, pair->b_kind, pair->bob, e);
	pair->d = sim_peer(sim, pair->d_kind, pair->dave, e);
	bad_line(sim, pair->b);
	bad_line(sim, pair->d);
	sim_start(pair->b);
	sim_start(pair->d);
}

static struct sim *pairs_new(uint64_t index, struct pair pairs[PAIRS])
{
	struct sim *sim = sim_new(index);
	struct node *e = sim_supernode(sim, "e");

	memset(pairs, 0, PAIRS * sizeof *pairs);
	for (int i = 0; i < PAIRS; i++)
		make_pair(sim, e, &pairs[i], i);
	for (int i = 0; i < PAIRS; i++) {
		sim_check(sim, sim_until(pairs[i].b, sim_registered, NULL, 60000),
		    "%s does not register", pairs[i].bob);
		sim_check(sim, sim_until(pairs[i].d, sim_registered, NULL, 60000),
		    "%s does not register", pairs[i].dave);
	}
	return sim;
}

struct tally {
	uint64_t asked, open, late, failed, one_sided;
	uint64_t reasons[REASONS];
	uint64_t within[101]; /* by 100 ms; the last: later */
};

/* The path's first end: what is lost after that is made anew, which is not what is measured. */
static void tally_pair(struct sim *sim, const struct pair *pair, struct tally *tally)
{
	const struct sim_path *path = sim_path_id(pair->b, pair->path);
	const struct sim_path *back = sim_path(pair->d, pair->to_bob);

	sim_check(sim, path != NULL && path->ended != 0, "%s: the ask did not end", pair->bob);
	tally->asked++;
	if (path->opened == 0) {
		tally->failed++;
		tally->reasons[path->reason]++;
		printf("# %s (%s) asks for %s (%s): %s\n", pair->bob,
		    nat_kind_name(pair->b_kind), pair->dave, nat_kind_name(pair->d_kind),
		    reason_name(path->reason));
		sim_report(sim, tcase_name());
		return;
	}
	int64_t took = path->ended - pair->asked;

	tally->open++;
	if (took > 10000)
		tally->late++;
	if (back == NULL || back->opened == 0)
		tally->one_sided++;
	tally->within[took < 10000 ? took / 100 : 100]++;
}

static void introduce_all(uint64_t index, struct tally *tally)
{
	struct pair pairs[PAIRS];
	struct sim *sim = pairs_new(index, pairs);

	for (int i = 0; i < PAIRS; i++) {
		sim_run(sim, sim_chance(sim, 200));
		pairs[i].asked = sim_now(sim);
		pairs[i].path = sim_ask(pairs[i].b, pairs[i].to_dave);
		sim_check(sim, pairs[i].path != 0, "%s: %s", pairs[i].bob,
		    reason_name(sim_refused(pairs[i].b)));
	}
	sim_run(sim, 12000);
	for (int i = 0; i < PAIRS; i++)
		tally_pair(sim, &pairs[i], tally);
	world_end(sim);
}

/* ms within which that many per mille of all asks were open. */
static int quantile(const struct tally *tally, uint64_t per_mille)
{
	uint64_t sum = 0;

	for (int i = 0; i < 100; i++) {
		sum += tally->within[i];
		if (sum * 1000 >= tally->asked * per_mille)
			return 100 * (i + 1);
	}
	return 10100;
}

static void print_reasons(const uint64_t reasons[REASONS])
{
	for (int i = 0; i < REASONS; i++) {
		if (reasons[i] > 0)
			printf("#   %s: %llu\n", reason_name((enum reason)i),
			    (unsigned long long)reasons[i]);
	}
	fflush(stdout);
}

static void print_tally(const struct tally *tally)
{
	printf("# %llu asks: %llu open (%llu after 10 s, %llu one-sided), %llu failed\n",
	    (unsigned long long)tally->asked, (unsigned long long)tally->open,
	    (unsigned long long)tally->late, (unsigned long long)tally->one_sided,
	    (unsigned long long)tally->failed);
	print_reasons(tally->reasons);
	printf("# open within ms: 50 %%: %d, 90 %%: %d, 95 %%: %d, 99 %%: %d, 99.9 %%: %d\n",
	    quantile(tally, 500), quantile(tally, 900), quantile(tally, 950), quantile(tally, 990),
	    quantile(tally, 999));
	fflush(stdout);
}

START_TEST(introductions)
{
	uint64_t worlds = (sim_worlds(10000) + PAIRS - 1) / PAIRS;
	struct tally tally = {0};

	for (uint64_t i = 0; i < worlds; i++) {
		if (!sim_skips(i))
			introduce_all(i, &tally);
	}
	print_tally(&tally);
	uint64_t in_time = tally.open - tally.late;

	ck_assert_msg(in_time * 1000 >= tally.asked * 999, "fewer than 99.9 %% open within 10 s");
	ck_assert_msg(quantile(&tally, 990) <= 5000, "the 99th percentile is over 5 s");
}
END_TEST

/* Each pair talks both ways: MESSAGES from either side, one each 400 ms. */
#define MESSAGES 25

struct talk {
	uint64_t sent, refused, delivered, undelivered, arrived_unconfirmed;
	uint64_t reasons[REASONS];
	uint64_t ids[PAIRS][2][MESSAGES];
};

static void say(char *text, size_t cap, const struct node *from, int n)
{
	snprintf(text, cap, "%s %d", sim_name(from), n);
}

static void speak(struct node *from, const char *name, int n, uint64_t *id, struct talk *talk)
{
	char text[48];

	say(text, sizeof text, from, n);
	*id = sim_send(from, name, text);
	talk->sent++;
	if (*id == 0)
		talk->refused++;
}

static void audit(struct sim *sim, const struct node *from, const struct node *to, int n,
    uint64_t id, struct talk *talk)
{
	char text[48];

	say(text, sizeof text, from, n);
	size_t arrived = sim_received(to, text);

	if (id == 0) {
		sim_check(sim, arrived == 0, "%s: arrived, though refused", text);
		return;
	}
	const struct sim_message *message = sim_sent(from, id);

	sim_check(sim, arrived <= 1, "%s: arrived %zu times", text, arrived);
	if (message->state == MESSAGE_DELIVERED) {
		talk->delivered++;
		sim_check(sim, arrived == 1, "%s: said to be delivered, did not arrive", text);
		return;
	}
	sim_check(sim, message->state == MESSAGE_FAILED && message->reason != REASON_NONE,
	    "%s: no end: %s, %s", text, message_state_name(message->state),
	    reason_name(message->reason));
	talk->undelivered++;
	talk->reasons[message->reason]++;
	talk->arrived_unconfirmed += arrived;
}

static void more_trouble(struct pair pairs[PAIRS])
{
	for (int i = 0; i < PAIRS; i++) {
		sim_link(pairs[i].b)->duplicate = sim_link(pairs[i].d)->duplicate = 10;
		sim_link(pairs[i].b)->jitter = sim_link(pairs[i].d)->jitter = 60;
	}
}

static void talk_all(uint64_t index, struct talk *talk)
{
	struct pair pairs[PAIRS];
	struct sim *sim = pairs_new(index, pairs);

	more_trouble(pairs);
	for (int n = 0; n < MESSAGES; n++) {
		for (int i = 0; i < PAIRS; i++) {
			speak(pairs[i].b, pairs[i].to_dave, n, &talk->ids[i][0][n], talk);
			speak(pairs[i].d, pairs[i].to_bob, n, &talk->ids[i][1][n], talk);
		}
		sim_run(sim, 400);
	}
	sim_run(sim, 90000);
	for (int i = 0; i < PAIRS; i++) {
		for (int n = 0; n < MESSAGES; n++) {
			audit(sim, pairs[i].b, pairs[i].d, n, talk->ids[i][0][n], talk);
			audit(sim, pairs[i].d, pairs[i].b, n, talk->ids[i][1][n], talk);
		}
	}
	world_end(sim);
}

START_TEST(messages)
{
	uint64_t each = (uint64_t)PAIRS * 2 * MESSAGES;
	uint64_t worlds = (sim_worlds(10000) + each - 1) / each;
	struct talk talk = {0};

	for (uint64_t i = 0; i < worlds; i++) {
		if (!sim_skips(i))
			talk_all(i, &talk);
	}
	printf("# %llu messages: %llu delivered, %llu not (%llu of them arrived), %llu refused\n",
	    (unsigned long long)talk.sent, (unsigned long long)talk.delivered,
	    (unsigned long long)talk.undelivered, (unsigned long long)talk.arrived_unconfirmed,
	    (unsigned long long)talk.refused);
	print_reasons(talk.reasons);
	ck_assert_msg(talk.delivered * 100 >= talk.sent * 95, "fewer than 95 %% are delivered");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loss");

	scenario_add(suite, introductions, 1);
	scenario_add(suite, messages, 1);
	return unit_run(suite);
}
