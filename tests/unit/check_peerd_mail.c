/*
 * ipmsg-peerd between its core and a mailbox that fails now and then: nothing is lost, nothing
 * happens twice, and who asked on the control socket is told the truth.
 */
#include "unit.h"

#include <event2/event.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ctl/client.h"
#include "ctl/interface.h"
#include "ctl/server.h"
#include "peerd/control.h"
#include "peerd/mail.h"
#include "peerd/parts.h"
#include "store/memory.h"
#include "wire/packet.h"

#define FAR_AHEAD (INT64_C(1) << 60)

/* A mailbox in memory, of which each part can be made to fail. */
struct faulty {
	struct mailbox mailbox;
	struct mailbox *inner;
	bool ill;	    /* it was not opened yet */
	bool cannot_find;
	int next_before;    /* looks that work before one fails; -1: all do */
	bool cannot_change;
	bool cannot_add;
	unsigned adds, looks;
	uint32_t number; /* noted */
};

static struct faulty faulty;
static struct peerd p;
static struct packet_note {
	unsigned sent; /* SENDMSGs */
} wire;
static bool memory_short;
static char directory[64], path[80];
static struct event_base *base;
static struct ctl_client client;

/* See the linker's --wrap. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return memory_short ? NULL : __real_malloc(size);
}

static bool on_add(struct mailbox *mailbox, const struct mail *mail, const struct mail_mark *mark)
{
	faulty.adds++;
	memory_short = faulty.cannot_add;
	return !faulty.cannot_add && faulty.inner->methods->add(faulty.inner, mail, mark);
}

static bool on_set_number(struct mailbox *mailbox, uint64_t id, uint32_t number)
{
	return faulty.inner->methods->set_number(faulty.inner, id, number);
}

static bool on_set_state(struct mailbox *mailbox, uint64_t id, enum message_state state,
    enum reason reason, int64_t wall)
{
	return !faulty.cannot_change &&
	    faulty.inner->methods->set_state(faulty.inner, id, state, reason, wall);
}

static bool on_set_read(struct mailbox *mailbox, uint64_t id, int64_t wall)
{
	return !faulty.cannot_change && faulty.inner->methods->set_read(faulty.inner, id, wall);
}

static bool on_set_told(struct mailbox *mailbox, uint64_t id)
{
	return !faulty.cannot_change && faulty.inner->methods->set_told(faulty.inner, id);
}

static bool on_shift_expiry(struct mailbox *mailbox, int64_t by, int64_t latest)
{
	return !faulty.cannot_change &&
	    faulty.inner->methods->shift_expiry(faulty.inner, by, latest);
}

static void on_note_number(struct mailbox *mailbox, uint32_t number)
{
	faulty.number = number;
}

static void on_commit(struct mailbox *mailbox, int64_t wall)
{
	faulty.inner->on_outcome = mailbox->on_outcome;
	faulty.inner->context = mailbox->context;
	faulty.inner->methods->commit(faulty.inner, wall);
}

static enum mail_found on_find(struct mailbox *mailbox, uint64_t id, struct mail *mail)
{
	return faulty.cannot_find ? MAIL_UNREADABLE
				  : faulty.inner->methods->find(faulty.inner, id, mail);
}

static enum mail_found on_next(struct mailbox *mailbox, const struct mail_query *query,
    uint64_t *cursor, struct mail *mail)
{
	faulty.looks++;
	if (faulty.next_before == 0)
		return MAIL_UNREADABLE;
	faulty.next_before -= faulty.next_before > 0;
	return faulty.inner->methods->next(faulty.inner, query, cursor, mail);
}

static void on_status(struct mailbox *mailbox, struct mailbox_status *status)
{
	faulty.inner->methods->status(faulty.inner, status);
	status->well = !faulty.ill;
}

static void on_free(struct mailbox *mailbox)
{
	faulty.inner->methods->free(faulty.inner);
}

static const struct mailbox_methods methods = {
    .add = on_add,
    .set_number = on_set_number,
    .set_state = on_set_state,
    .set_read = on_set_read,
    .set_told = on_set_told,
    .shift_expiry = on_shift_expiry,
    .note_number = on_note_number,
    .commit = on_commit,
    .find = on_find,
    .next = on_next,
    .status = on_status,
    .free = on_free,
};

/* What of the program is not here. */

const struct peer *peerd_peer(const struct peerd *peerd)
{
	return peerd->peer;
}

struct mailbox *peerd_mailbox(const struct peerd *peerd)
{
	return peerd->keeping.mailbox;
}

bool peerd_has_queue(const struct peerd *peerd)
{
	return peerd->keeping.takeover.stage != TAKEOVER_QUEUE;
}

struct followers *peerd_followers(struct peerd *peerd)
{
	return &peerd->followers;
}

bool control_is_ending(struct ctl_call *call, const struct peerd *peerd)
{
	return false;
}

static void on_event(const struct peer_event *event, void *context)
{
	bool done = true;

	if (event->kind == EVENT_RECEIVED || event->kind == EVENT_MESSAGE ||
	    event->kind == EVENT_TOLD || event->kind == EVENT_CLOCK)
		done = mail_collect_event(&p, event);
	news_add(&p.news, &p.spare, event, done);
}

void peerd_settle(struct peerd *peerd)
{
	struct news *news;

	do {
		while ((news = news_take(&p.news)) != NULL) {
			bool ours = news->event.kind == EVENT_RECEIVED ||
			    news->event.kind == EVENT_MESSAGE || news->event.kind == EVENT_TEXT ||
			    news->event.kind == EVENT_TOLD || news->event.kind == EVENT_CLOCK;

			if (!ours || mail_act(&p, news))
				news_end(&p.spare, news);
		}
		mail_commit(&p);
	} while (!TAILQ_EMPTY(&p.news));
	batch_flush(&p.batch);
}

static void on_packets(struct batch *batch, void *context)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct span bytes = span_of(batch->items[i].data, batch->items[i].len);
		struct packet packet;

		if (packet_parse(&packet, bytes) == PACKET_OK)
			wire.sent += packet_command(&packet) == CMD_SENDMSG;
	}
}

/* On 192.168.1.0/24, with nobody there yet. */
static void make_peer(void)
{
	struct peer_settings settings;
	uint8_t seed[RNG_SEED_BYTES] = {0};
	struct lan_link link = {.prefix = 24, .announce_count = 1};
	const char *error;

	peer_settings_init(&settings);
	snprintf(settings.user, sizeof settings.user, "u");
	snprintf(settings.host, sizeof settings.host, "h");
	snprintf(settings.nick, sizeof settings.nick, "n");
	p.peer = peer_new(&settings, seed, 0, on_event, NULL, &error);
	ck_assert_ptr_nonnull(p.peer);
	endpoint_parse(&link.own, "192.168.1.20", 2425);
	endpoint_parse(&link.announce[0], "192.168.1.255", 2425);
	peer_links(p.peer, &link, 1, loop_now(), loop_wall(), &p.batch);
}

static const struct ctl_interface interfaces[] = {
    {CTL_PEER, ctl_peer_description,
	(const struct ctl_method[]){
	    {"Messages", control_messages},
	    {"Read", control_read},
	    {"Unqueue", control_unqueue},
	    {0},
	}},
    {0},
};

static void set_up(void)
{
	char why[CTL_WHY_MAX];

	faulty = (struct faulty){
	    .mailbox.methods = &methods,
	    .inner = memory_new(MEMORY_MESSAGES, MEMORY_BYTES),
	    .next_before = -1,
	};
	wire = (struct packet_note){0};
	p = (struct peerd){0};
	TAILQ_INIT(&p.followers);
	TAILQ_INIT(&p.news);
	ck_assert(news_prepare(&p.spare));
	batch_init(&p.batch, on_packets, NULL);
	ck_assert(mail_open(&p));
	faulty.mailbox.on_outcome = p.keeping.mailbox->on_outcome;
	faulty.mailbox.context = &p;
	p.keeping.mailbox->methods->free(p.keeping.mailbox);
	p.keeping.mailbox = &faulty.mailbox;
	make_peer();
	strcpy(directory, "/tmp/check_peerd_mail.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/sock", directory);
	base = event_base_new();
	p.control = ctl_server_open(base,
	    &(struct ctl_options){.path = path, .product = "p", .version = "v",
		.interfaces = interfaces, .context = &p}, why);
	ck_assert_msg(p.control != NULL, "%s", why);
	ck_assert_int_eq(ctl_client_open(&client, path, 5000), 0);
}

static void tear_down(void)
{
	ctl_client_close(&client);
	ctl_server_close(p.control);
	event_base_free(base);
	peer_free(p.peer);
	p.peer = NULL;
	mail_close(&p);
	news_clear(&p.news);
	news_clear(&p.spare.queue);
	rmdir(directory);
}

static void start(void)
{
	mail_equip(&p);
	peer_start(p.peer, loop_now(), loop_wall(), &p.batch);
	peerd_settle(&p);
}

static uint64_t send_to(const char *name)
{
	const struct letter letter = {.name = name, .text = "hello", .queue = true};
	enum reason reason;
	uint64_t id = peerd_send(&p, &letter, &reason);

	ck_assert_uint_ne(id, 0);
	peerd_settle(&p);
	return id;
}

/* 192.168.1.9 enters. */
static void enter(const char *nick)
{
	char packet[200];
	struct arrival in = {.now = loop_now(), .wall = loop_wall(), .to_many = true};
	int len = snprintf(packet, sizeof packet, "1:109:user9:host9:1:%s%c", nick, '\0');

	endpoint_parse(&in.remote, "192.168.1.9", 2425);
	in.bytes = span_of(packet, (size_t)len);
	peer_receive(p.peer, &in, &p.batch);
	peerd_settle(&p);
	peer_tick(p.peer, loop_now() + 1000, loop_wall(), &p.batch);
	peerd_settle(&p);
}

static void keep(uint64_t id, enum mail_direction direction, const char *text)
{
	const struct mail mail = {
	    .id = id,
	    .direction = direction,
	    .name = "bob",
	    .user = "",
	    .host = "",
	    .text = text,
	    .wall = loop_wall(),
	    .changed = loop_wall(),
	    .expires = direction == MAIL_SENT ? loop_wall() + 3600 : 0,
	    .state = direction == MAIL_SENT ? MESSAGE_WAITING : MESSAGE_DELIVERED,
	};

	ck_assert(faulty.inner->methods->add(faulty.inner, &mail, NULL));
	faulty.mailbox.last_id = id;
}

static struct mail kept(uint64_t id)
{
	struct mail mail;

	ck_assert_int_eq(faulty.inner->methods->find(faulty.inner, id, &mail), MAIL_FOUND);
	return mail;
}

/* Its time to try again has come. */
static void try_again(void)
{
	ck_assert_int_lt(mail_deadline(&p), FAR_AHEAD);
	p.keeping.due = 1;
	mail_tick(&p);
	peerd_settle(&p);
}

static struct ctl_answer received;
static atomic_bool answered;

static void *receive_one(void *context)
{
	ck_assert_int_eq(ctl_client_receive(&client, &received), 0);
	answered = true;
	return NULL;
}

/* The next answer, to be cleared, which may be larger than what the socket holds. */
static struct ctl_answer receive(void)
{
	pthread_t thread;

	answered = false;
	ck_assert_int_eq(pthread_create(&thread, NULL, receive_one, NULL), 0);
	while (!answered)
		event_base_loop(base, EVLOOP_NONBLOCK);
	pthread_join(thread, NULL);
	return received;
}

static struct ctl_answer call(const char *method, json_t *parameters, bool more)
{
	char name[64];

	snprintf(name, sizeof name, CTL_PEER ".%s", method);
	ck_assert_int_eq(ctl_client_call(&client, name, parameters, more), 0);
	return receive();
}

static void expect_unavailable(struct ctl_answer *answer)
{
	ck_assert_ptr_nonnull(answer->error);
	ck_assert_str_eq(answer->error, CTL_PEER ".MailboxUnavailable");
	ctl_answer_clear(answer);
}

static size_t listed(const struct ctl_answer *answer)
{
	ck_assert_ptr_null(answer->error);
	return json_array_size(json_object_get(answer->parameters, "messages"));
}

START_TEST(a_text_that_cannot_be_read_is_asked_for_again)
{
	start();
	send_to("bob");
	faulty.cannot_find = true;
	enter("bob");
	ck_assert_uint_eq(wire.sent, 0);
	try_again();
	ck_assert_uint_eq(wire.sent, 0);
	faulty.cannot_find = false;
	try_again();
	ck_assert_uint_eq(wire.sent, 1);
	ck_assert_int_gt(mail_deadline(&p), FAR_AHEAD);
}
END_TEST

START_TEST(a_queue_is_taken_over_from_where_it_could_not_be_read)
{
	size_t removed;

	for (uint64_t id = 1; id <= 5; id++)
		keep(id, MAIL_SENT, "hello");
	faulty.next_before = 2;
	start();
	ck_assert(!peerd_has_queue(&p));
	send_to("bob");
	try_again();
	ck_assert(!peerd_has_queue(&p));
	faulty.next_before = -1;
	try_again();
	ck_assert(peerd_has_queue(&p));
	ck_assert_int_gt(mail_deadline(&p), FAR_AHEAD);
	ck_assert(peerd_unqueue_all(&p, NULL, &removed));
	ck_assert_uint_eq(removed, 6);
}
END_TEST

START_TEST(ids_go_on_where_a_mailbox_that_opens_late_ends)
{
	uint64_t id;

	faulty.ill = true;
	faulty.mailbox.last_id = MAIL_ID_PROVISIONAL;
	start();
	id = send_to("bob");
	ck_assert_uint_gt(id, MAIL_ID_PROVISIONAL);
	ck_assert_uint_eq(faulty.adds, 0);
	ck_assert(!peerd_unqueue(&p, id));
	faulty.ill = false;
	keep(70, MAIL_SENT, "of before");
	faulty.mailbox.last_number = 2000000000;
	ck_assert(takeover_go_on(&p));
	ck_assert_uint_eq(send_to("bob"), 71);
	enter("bob");
	ck_assert_uint_gt(faulty.number, 2000000000);
	ck_assert_uint_eq(kept(70).state, MESSAGE_SENT);
}
END_TEST

START_TEST(a_change_that_cannot_be_collected_is_made_later)
{
	uint64_t id;

	start();
	id = send_to("bob");
	faulty.cannot_change = true;
	ck_assert(peerd_unqueue(&p, id));
	peerd_settle(&p);
	try_again();
	ck_assert_int_eq(kept(id).state, MESSAGE_WAITING);
	faulty.cannot_change = false;
	try_again();
	ck_assert_int_eq(kept(id).state, MESSAGE_FAILED);
	ck_assert_int_gt(mail_deadline(&p), FAR_AHEAD);
}
END_TEST

static void change_state(uint64_t id, enum message_state state)
{
	on_event(&(struct peer_event){.kind = EVENT_MESSAGE, .message = id, .message_state = state},
	    NULL);
}

START_TEST(changes_do_not_overtake_each_other)
{
	uint64_t id;

	start();
	id = send_to("bob");
	faulty.cannot_change = true;
	change_state(id, MESSAGE_SENT);
	faulty.cannot_change = false;
	change_state(id, MESSAGE_DELIVERED);
	peerd_settle(&p);
	try_again();
	ck_assert_int_eq(kept(id).state, MESSAGE_DELIVERED);
	change_state(id, MESSAGE_READ);
	ck_assert_int_eq(kept(id).state, MESSAGE_READ);
}
END_TEST

START_TEST(what_the_core_tells_is_kept)
{
	int64_t expires;
	uint64_t id;

	keep(1, MAIL_RECEIVED, "hello");
	start();
	on_event(&(struct peer_event){.kind = EVENT_TOLD, .message = 1}, NULL);
	ck_assert(kept(1).told);
	id = send_to("bob");
	expires = kept(id).expires;
	on_event(&(struct peer_event){.kind = EVENT_CLOCK, .shift = 70, .latest = INT64_MAX}, NULL);
	ck_assert_int_eq(kept(id).expires, expires + 70);
	peerd_settle(&p);
	ck_assert_int_gt(mail_deadline(&p), FAR_AHEAD);
}
END_TEST

/* Neither the add nor the news of it have room: the core is told all the same. */
START_TEST(what_is_not_kept_for_want_of_memory_is_told)
{
	struct letter letter = {.name = "bob", .text = "hello", .queue = true};
	enum reason reason;
	uint64_t id;

	start();
	faulty.cannot_add = true;
	id = peerd_send(&p, &letter, &reason);
	memory_short = false;
	ck_assert_uint_ne(id, 0);
	peerd_settle(&p);
	ck_assert(!peerd_unqueue(&p, id));
	ck_assert_uint_eq(p.spare.count, NEWS_SPARE);
}
END_TEST

START_TEST(messages_that_cannot_be_read_are_not_complete)
{
	struct ctl_answer answer;

	for (uint64_t id = 1; id <= 200; id++)
		keep(id, MAIL_RECEIVED, "hello");
	start();
	faulty.next_before = 100;
	answer = call("Messages", NULL, true);
	ck_assert_uint_eq(listed(&answer), 64);
	ctl_answer_clear(&answer);
	answer = receive();
	expect_unavailable(&answer);
	faulty.next_before = 100;
	answer = call("Messages", NULL, false);
	expect_unavailable(&answer);
}
END_TEST

START_TEST(an_only_reply_has_the_newest)
{
	struct ctl_answer answer;
	unsigned before;

	for (uint64_t id = 1; id <= 3000; id++)
		keep(id, MAIL_RECEIVED, "hello");
	start();
	before = faulty.looks;
	ctl_client_call(&client, CTL_PEER ".Messages", NULL, false);
	while (faulty.looks == before)
		event_base_loop(base, EVLOOP_ONCE);
	/* not all of them in one turn of the loop */
	ck_assert_uint_lt(faulty.looks - before, 1000);
	answer = receive();
	ck_assert_uint_eq(listed(&answer), CTL_LIST_PAGE);
	ck_assert_int_eq(json_integer_value(json_object_get(
			     json_array_get(json_object_get(answer.parameters, "messages"), 0),
			     "id")), 2001);
	ck_assert(json_is_false(json_object_get(answer.parameters, "complete")));
	ctl_answer_clear(&answer);
	answer = call("Messages", json_pack("{s:i}", "after", 2990), false);
	ck_assert_uint_eq(listed(&answer), 10);
	ck_assert(json_is_true(json_object_get(answer.parameters, "complete")));
	ctl_answer_clear(&answer);
}
END_TEST

START_TEST(an_only_reply_has_so_many_bytes)
{
	static char text[300001];
	struct ctl_answer answer;

	memset(text, 'x', sizeof text - 1);
	for (uint64_t id = 1; id <= 10; id++)
		keep(id, MAIL_RECEIVED, text);
	start();
	answer = call("Messages", NULL, false);
	ck_assert_uint_eq(listed(&answer), 3);
	ctl_answer_clear(&answer);
}
END_TEST

/* Most of it is looked at for nothing: in many turns, and the reply is whole all the same. */
START_TEST(a_search_leaves_the_loop_alone)
{
	struct ctl_answer answer;

	for (uint64_t id = 1; id <= 3000; id++)
		keep(id, MAIL_RECEIVED, id == 1 || id == 3000 ? "sought" : "hello");
	start();
	answer = call("Messages", json_pack("{s:s}", "search", "sought"), false);
	ck_assert_uint_eq(listed(&answer), 2);
	ck_assert(json_is_true(json_object_get(answer.parameters, "complete")));
	ctl_answer_clear(&answer);
	faulty.looks = 0;
	answer = call("Messages", json_pack("{s:s}", "search", "nothing"), true);
	ck_assert_uint_eq(listed(&answer), 0);
	ck_assert(json_is_true(json_object_get(answer.parameters, "complete")));
	ck_assert_uint_gt(faulty.looks, 10);
	ctl_answer_clear(&answer);
}
END_TEST

START_TEST(reading_is_always_answered)
{
	struct ctl_answer answer;

	keep(1, MAIL_RECEIVED, "hello");
	start();
	faulty.cannot_find = true;
	answer = call("Read", json_pack("{s:i}", "message", 1), false);
	expect_unavailable(&answer);
	faulty.cannot_find = false;
	faulty.cannot_change = true;
	answer = call("Read", json_pack("{s:i}", "message", 1), false);
	expect_unavailable(&answer);
	faulty.cannot_change = false;
	answer = call("Read", json_pack("{s:i}", "message", 1), false);
	ck_assert_ptr_null(answer.error);
	ck_assert_str_eq(json_string_value(json_object_get(
			     json_object_get(answer.parameters, "message"), "state")), "read");
	ctl_answer_clear(&answer);
}
END_TEST

/* One is collected, and not written yet. */
START_TEST(all_are_removed_that_were_sent)
{
	const struct letter letter = {.name = "bob", .text = "hello", .queue = true};
	struct ctl_answer answer;
	enum reason reason;

	start();
	send_to("bob");
	send_to("carol");
	peerd_send(&p, &letter, &reason);
	answer = call("Unqueue", json_pack("{s:s}", "name", "bob"), false);
	ck_assert_ptr_null(answer.error);
	ck_assert_int_eq(json_integer_value(json_object_get(answer.parameters, "removed")), 2);
	ctl_answer_clear(&answer);
}
END_TEST

START_TEST(nothing_is_removed_before_all_is_known)
{
	struct ctl_answer answer;

	for (uint64_t id = 1; id <= 5; id++)
		keep(id, MAIL_SENT, "hello");
	faulty.next_before = 2;
	start();
	answer = call("Unqueue", json_pack("{s:b}", "all", 1), false);
	expect_unavailable(&answer);
	answer = call("Unqueue", json_pack("{s:i}", "message", 5), false);
	expect_unavailable(&answer);
	ck_assert_int_eq(kept(1).state, MESSAGE_WAITING);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peerd_mail");
	TCase *tests = tcase_create("mail");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	log_open("check", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_text_that_cannot_be_read_is_asked_for_again);
	tcase_add_test(tests, a_queue_is_taken_over_from_where_it_could_not_be_read);
	tcase_add_test(tests, ids_go_on_where_a_mailbox_that_opens_late_ends);
	tcase_add_test(tests, a_change_that_cannot_be_collected_is_made_later);
	tcase_add_test(tests, changes_do_not_overtake_each_other);
	tcase_add_test(tests, what_the_core_tells_is_kept);
	tcase_add_test(tests, what_is_not_kept_for_want_of_memory_is_told);
	tcase_add_test(tests, messages_that_cannot_be_read_are_not_complete);
	tcase_add_test(tests, an_only_reply_has_the_newest);
	tcase_add_test(tests, an_only_reply_has_so_many_bytes);
	tcase_add_test(tests, a_search_leaves_the_loop_alone);
	tcase_add_test(tests, reading_is_always_answered);
	tcase_add_test(tests, all_are_removed_that_were_sent);
	tcase_add_test(tests, nothing_is_removed_before_all_is_known);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
