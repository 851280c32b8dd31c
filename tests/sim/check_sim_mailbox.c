/*
 * Two peers behind NATs that keep their messages in mailboxes and crash at any
 * time, over lines that lose a fifth. What a mailbox had not committed is gone
 * with the crash; what one side says was delivered is in the other's mailbox,
 * once, and all else waits until it is.
 */
#include "scenario.h"

#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "wire/packet.h"

#define EACH 100 /* messages, either way */
#define MAILS_MAX (4 * EACH + 100)
#define COMMIT_MS 20
#define TEXT_BYTES 32

/* What is written, in its order. */
enum change_kind { CHANGE_SENT, CHANGE_STATE, CHANGE_NUMBER, CHANGE_RECEIVED };

struct mail_kept {
	uint64_t id;
	bool received;
	enum message_state state;
	uint32_t number;
	int64_t expires;
	char text[TEXT_BYTES];
	uint8_t mark[MARK_BYTES];
};

struct change {
	enum change_kind kind;
	struct mail_kept mail;
};

struct box {
	struct node *node;
	const char *to; /* whom its owner writes to */
	struct keeper keeper;
	struct mail_kept mails[MAILS_MAX]; /* committed */
	size_t mail_count;
	uint64_t last_id;
	uint32_t last_number;
	struct change changes[MAILS_MAX]; /* not committed */
	size_t change_count;
	uint64_t texts[MAILS_MAX]; /* wanted */
	size_t text_count;
	unsigned given; /* messages that were taken */
	unsigned crashes;
};

static struct mail_kept *find_mail(struct box *box, uint64_t id)
{
	for (size_t i = 0; i < box->mail_count; i++) {
		if (box->mails[i].id == id)
			return &box->mails[i];
	}
	return NULL;
}

static void note(struct box *box, enum change_kind kind, const struct peer_event *event)
{
	struct change *change = &box->changes[box->change_count++];

	ck_assert_uint_lt(box->change_count, MAILS_MAX);
	*change = (struct change){
	    .kind = kind,
	    .mail = {
		.id = event->message,
		.received = kind == CHANGE_RECEIVED,
		.state = event->message_state,
		.number = event->number,
		.expires = event->expires,
	    },
	};
	if (event->text != NULL)
		snprintf(change->mail.text, TEXT_BYTES, "%s", event->text);
	memcpy(change->mail.mark, event->mark, MARK_BYTES);
}

static void on_event(struct node *node, const struct peer_event *event, void *context)
{
	struct box *box = context;

	if (event->kind == EVENT_TEXT) {
		box->texts[box->text_count++] = event->message;
		ck_assert_uint_lt(box->text_count, MAILS_MAX);
	} else if (event->kind == EVENT_RECEIVED) {
		note(box, CHANGE_RECEIVED, event);
	} else if (!event->keep) {
		note(box, CHANGE_STATE, event);
	} else {
		note(box, event->text != NULL ? CHANGE_SENT : CHANGE_NUMBER, event);
	}
}

/* What was not committed is gone; the rest waits in the order of the ids. */
static void on_start(struct node *node, void *context)
{
	struct box *box = context;

	box->change_count = box->text_count = 0;
	peer_use_mailbox(node->peer, box->last_id, box->last_number + 1000);
	for (size_t i = 0; i < box->mail_count; i++) {
		const struct mail_kept *mail = &box->mails[i];
		struct queued_message queued = {.id = mail->id, .name = box->to,
		    .number = mail->number, .expires = mail->expires};

		if (!mail->received &&
		    (mail->state == MESSAGE_WAITING || mail->state == MESSAGE_SENT))
			ck_assert(peer_requeue(node->peer, &queued));
	}
}

static bool is_known(const struct box *box, const struct mail_kept *mail)
{
	for (size_t i = 0; i < box->mail_count; i++) {
		if (box->mails[i].received &&
		    memcmp(box->mails[i].mark, mail->mark, MARK_BYTES) == 0)
			return true;
	}
	return false;
}

static void add_mail(struct box *box, const struct mail_kept *mail)
{
	ck_assert_uint_lt(box->mail_count, MAILS_MAX);
	ck_assert_ptr_null(find_mail(box, mail->id));
	box->mails[box->mail_count++] = *mail;
	if (mail->id > box->last_id)
		box->last_id = mail->id;
}

static void tell_kept(struct box *box, uint64_t id)
{
	struct node *node = box->node;

	peer_kept(node->peer, id, true, sim_now(node->sim), sim_wall(node->sim), node_batch(node));
	node_settle(node);
}

static void take_in(struct box *box, const struct mail_kept *mail)
{
	struct node *node = box->node;
	int64_t now = sim_now(node->sim), wall = sim_wall(node->sim);

	if (is_known(box, mail)) {
		peer_known(node->peer, mail->id, now, wall, node_batch(node));
	} else {
		add_mail(box, mail);
		peer_stored(node->peer, mail->id, now, wall, node_batch(node));
	}
	node_settle(node);
}

static void change_number(struct box *box, const struct mail_kept *mail)
{
	struct mail_kept *kept = find_mail(box, mail->id);

	ck_assert_ptr_nonnull(kept);
	kept->number = mail->number;
	tell_kept(box, mail->id);
}

static void change_state(struct box *box, const struct mail_kept *mail)
{
	struct mail_kept *kept = find_mail(box, mail->id);

	ck_assert_ptr_nonnull(kept);
	kept->state = mail->state;
}

static void make_change(struct box *box, const struct change *change)
{
	if (change->mail.number > box->last_number && change->kind != CHANGE_RECEIVED)
		box->last_number = change->mail.number;
	switch (change->kind) {
	case CHANGE_SENT:
		add_mail(box, &change->mail);
		tell_kept(box, change->mail.id);
		break;
	case CHANGE_NUMBER:
		change_number(box, &change->mail);
		break;
	case CHANGE_STATE:
		change_state(box, &change->mail);
		break;
	case CHANGE_RECEIVED:
		take_in(box, &change->mail);
		break;
	}
}

/* The core may tell more while it is answered. */
static void commit(struct box *box)
{
	struct node *node = box->node;

	for (size_t i = 0; i < box->change_count; i++) {
		struct change change = box->changes[i];

		make_change(box, &change);
	}
	box->change_count = 0;
	for (size_t i = 0; i < box->text_count; i++) {
		struct mail_kept *mail = find_mail(box, box->texts[i]);

		peer_text(node->peer, box->texts[i], mail != NULL ? mail->text : NULL,
		    sim_now(node->sim), sim_wall(node->sim), node_batch(node));
		node_settle(node);
	}
	box->text_count = 0;
}

static void box_open(struct box *box, struct node *node, const char *to)
{
	memset(box, 0, sizeof *box);
	box->node = node;
	box->to = to;
	box->keeper = (struct keeper){box, on_start, on_event};
	node->keeper = &box->keeper;
	sim_key(node, true);
}

static void give(struct box *box, const char *who)
{
	struct sim *sim = box->node->sim;
	char text[TEXT_BYTES];
	enum reason reason;
	struct letter letter = {.name = box->to, .text = text, .queue = true};

	snprintf(text, sizeof text, "%s %u", who, box->given++);
	uint64_t id = peer_send(box->node->peer, &letter, sim_now(sim), sim_wall(sim),
	    node_batch(box->node), &reason);

	node_settle(box->node);
	sim_check(sim, id != 0, "not taken: %s", reason_name(reason));
}

static void crash(struct box *box)
{
	box->crashes++;
	sim_return(box->node);
}

static size_t waiting(const struct box *box)
{
	size_t count = 0;

	for (size_t i = 0; i < box->mail_count; i++)
		count += !box->mails[i].received && box->mails[i].state != MESSAGE_DELIVERED;
	return count;
}

static size_t copies(const struct box *box, const char *text)
{
	size_t count = 0;

	for (size_t i = 0; i < box->mail_count; i++)
		count += box->mails[i].received && strcmp(box->mails[i].text, text) == 0;
	return count;
}

/* `over`: all of it has to be there. */
static void audit(const struct box *from, const struct box *to, bool over)
{
	struct sim *sim = from->node->sim;

	for (size_t i = 0; i < from->mail_count; i++) {
		const struct mail_kept *mail = &from->mails[i];
		size_t there = copies(to, mail->text);

		if (mail->received)
			continue;
		sim_check(sim, there <= 1, "\"%s\" is there %zu times", mail->text, there);
		sim_check(sim, mail->state != MESSAGE_DELIVERED || there == 1,
		    "\"%s\" is said to be delivered, and is not there", mail->text);
		sim_check(sim, mail->state != MESSAGE_FAILED, "\"%s\" failed", mail->text);
		sim_check(sim, !over || mail->state == MESSAGE_DELIVERED, "\"%s\" still waits",
		    mail->text);
	}
}

static void step(struct figure *f, struct box *b, struct box *d)
{
	sim_run(f->sim, COMMIT_MS);
	/* either may die with what it has not written yet */
	if (b->given + d->given < 2 * EACH && sim_chance(f->sim, 400) == 0)
		crash(sim_chance(f->sim, 2) == 0 ? b : d);
	commit(b);
	commit(d);
}

static void talk(struct figure *f, struct box *b, struct box *d)
{
	while (b->given < EACH || d->given < EACH) {
		if (b->given < EACH && sim_chance(f->sim, 10) == 0)
			give(b, "bob");
		if (d->given < EACH && sim_chance(f->sim, 10) == 0)
			give(d, "dave");
		step(f, b, d);
	}
}

static struct box boxes[2];

static const enum nat_kind kinds[] = {NAT_PORT_RESTRICTED, NAT_ADDR_RESTRICTED, NAT_FULL_CONE,
    NAT_PUBLIC};

static unsigned one_world(uint64_t index, int64_t *longest)
{
	struct figure f = figure_new(index, kinds[index % 4], NAT_PORT_RESTRICTED);
	struct box *b = &boxes[0], *d = &boxes[1];

	box_open(b, f.b, "dave@sales");
	box_open(d, f.d, "bob@sales");
	figure_start(&f);
	sim_link(f.b)->loss = sim_link(f.d)->loss = 20;
	talk(&f, b, d);
	audit(b, d, false);
	audit(d, b, false);
	int64_t began = sim_now(f.sim);

	while (waiting(b) + waiting(d) > 0 && sim_now(f.sim) - began < 1800000)
		step(&f, b, d);
	audit(b, d, true);
	audit(d, b, true);
	if (sim_now(f.sim) - began > *longest)
		*longest = sim_now(f.sim) - began;
	unsigned crashes = b->crashes + d->crashes;

	world_end(f.sim);
	return crashes;
}

START_TEST(two_that_crash)
{
	uint64_t worlds = sim_worlds(200);
	unsigned crashes = 0;
	int64_t longest = 0;

	for (uint64_t i = 0; i < worlds; i++) {
		if (!sim_skips(i))
			crashes += one_world(i, &longest);
	}
	printf("# %llu worlds, %u crashes, the last arrived after %lld ms at most\n",
	    (unsigned long long)worlds, crashes, (long long)longest);
	fflush(stdout);
}
END_TEST

/* A thousand who are not there cost next to nothing, and no path each. */
START_TEST(a_thousand_absent)
{
	struct figure f = figure_new(100000, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);
	enum reason reason;
	char name[32];

	figure_start(&f);
	for (unsigned i = 0; i < 1000; i++) {
		struct queued_message queued = {.id = 1 + i, .name = name,
		    .expires = sim_wall(f.sim) + 7 * 86400};

		snprintf(name, sizeof name, "absent%u@sales", i);
		ck_assert(peer_requeue(sim_core(f.b), &queued));
	}
	struct letter letter = {.name = "absent0@sales", .text = "hi", .queue = true};

	ck_assert(peer_send(sim_core(f.b), &letter, sim_now(f.sim), sim_wall(f.sim),
		      node_batch(f.b), &reason) != 0);
	node_settle(f.b);
	for (int minute = 0; minute < 60; minute++) {
		unsigned asked = sim_sent_command(f.b, CMD_ASKPUNCHING);
		uint32_t cursor = 0;
		unsigned paths = 0;
		struct peer_contact_status status;

		sim_run(f.sim, 60000);
		asked = sim_sent_command(f.b, CMD_ASKPUNCHING) - asked;
		while (peer_contact(sim_core(f.b), &cursor, &status))
			paths++;
		if (minute % 20 == 1)
			printf("# minute %d: %u asks, %u paths\n", minute, asked, paths);
		sim_check(f.sim, asked <= 75, "%u asks within a minute", asked);
		sim_check(f.sim, minute > 16 || asked > 20, "only %u asks", asked);
		sim_check(f.sim, paths < 10, "%u paths", paths);
	}
	fflush(stdout);
	world_end(f.sim);
}
END_TEST

#define ABSENT 400

/* Of a peer that is asked for texts by its core. */
struct texts {
	uint64_t wanted[16];
	size_t count;
};

static void want_text(struct node *node, const struct peer_event *event, void *context)
{
	struct texts *texts = context;

	if (event->kind != EVENT_TEXT)
		return;
	ck_assert_uint_lt(texts->count, 16);
	texts->wanted[texts->count++] = event->message;
}

/* All that is kept of it is that it is. */
static void keep_nothing(struct node *node, void *context)
{
	peer_use_mailbox(node->peer, ABSENT, 0);
}

static void hand_out(struct node *node, struct texts *texts)
{
	struct sim *sim = node->sim;

	for (size_t i = 0; i < texts->count; i++) {
		peer_text(node->peer, texts->wanted[i], "at last", sim_now(sim), sim_wall(sim),
		    node_batch(node));
		node_settle(node);
		peer_kept(node->peer, texts->wanted[i], true, sim_now(sim), sim_wall(sim),
		    node_batch(node));
		node_settle(node);
	}
	texts->count = 0;
}

/* More wait than can be asked for while one rests, and he comes back who stands at the end. */
START_TEST(the_last_of_many_absent)
{
	struct figure f = figure_new(100001, NAT_PORT_RESTRICTED, NAT_PORT_RESTRICTED);
	struct texts texts = {0};
	struct keeper keeper = {&texts, keep_nothing, want_text};
	char name[32];

	f.b->keeper = &keeper;
	sim_start(f.b);
	sim_check(f.sim, sim_until(f.b, sim_registered, NULL, 10000), "B does not register");
	for (unsigned i = 1; i <= ABSENT; i++) {
		struct queued_message queued = {
		    .id = i, .name = name, .expires = sim_wall(f.sim) + 7 * 86400};

		snprintf(name, sizeof name, i < ABSENT ? "absent%u@sales" : "dave@sales", i);
		ck_assert(peer_requeue(sim_core(f.b), &queued));
	}
	/* long enough that all of them are asked for as seldom as they ever are */
	sim_run(f.sim, 4 * 3600 * 1000);
	sim_start(f.d);
	int64_t came = sim_now(f.sim);

	while (sim_received(f.d, "at last") == 0 && sim_now(f.sim) - came < 7200000) {
		sim_run(f.sim, 100);
		hand_out(f.b, &texts);
	}
	printf("# delivered %lld s after he came\n", (long long)(sim_now(f.sim) - came) / 1000);
	fflush(stdout);
	/* a round of all of them, 2 s each, and what gets lost */
	sim_check(f.sim, sim_now(f.sim) - came <= (ABSENT * 2 + 60) * 1000, "dave waits for long");
	sim_run(f.sim, 1000);
	sim_check(f.sim, sim_received(f.d, "at last") == 1, "it came twice");
	world_end(f.sim);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mailbox");

	scenario_add(suite, two_that_crash, 1);
	scenario_add(suite, a_thousand_absent, 1);
	scenario_add(suite, the_last_of_many_absent, 1);
	return unit_run(suite);
}
