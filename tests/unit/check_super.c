/* What a supernode answers to whom, exchange by exchange (ipmsg-punch(7)). */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "auth/cookie.h"
#include "world.h"

#define B "192.0.2.1:2425"
#define D "192.0.2.2:40001"

static struct world *w;

static void setup(void)
{
	w = world_new();
	world_start(w);
}

static void teardown(void)
{
	world_free(w);
}

static struct super_status status(void)
{
	struct super_status s;

	super_status(w->super, &s);
	return s;
}

START_TEST(extended_registration)
{
	struct fields entry = {.padding = 60, .transaction = "abcdefgh"};

	fields_set(&entry, KEY_PD);
	world_extended(w, B, 3, CMD_BR_ENTRY, "alice", &entry, false);
	struct fields challenge = sent_fields(world_find(w, B, CMD_ANSENTRY, 0));

	ck_assert(fields_has(&challenge, KEY_ER));
	ck_assert_int_eq(challenge.error, PUNCH_UNVERIFIED);
	ck_assert_mem_eq(challenge.transaction, "abcdefgh", 8);
	ck_assert(!fields_has(&challenge, KEY_LT));
	ck_assert_uint_eq(status().registrations.fresh, 0);

	world_extended(w, B, 3, CMD_BR_ENTRY, "alice", &(struct fields){.transaction = "ijklmnop"},
	    true);
	const struct sent *sent = world_find(w, B, CMD_ANSENTRY, 1);
	struct fields answer = sent_fields(sent);
	struct endpoint b = at(B);

	ck_assert_uint_eq(sent->local, 3);
	ck_assert_mem_eq(answer.transaction, "ijklmnop", 8);
	ck_assert_uint_eq(answer.lifetime, 75);
	ck_assert(endpoint_equal(&answer.observed, &b));
	ck_assert(!fields_has(&answer, KEY_ER));
	ck_assert_uint_eq(status().registrations.fresh, 1);
}
END_TEST

START_TEST(cookie_is_of_the_address_and_ages)
{
	world_register(w, B, 0, "alice");
	world_clear(w);
	/* D shows the cookie that was made for B */
	struct fields stolen = {0};
	struct fields mine = {0};

	world_extended(w, B, 0, CMD_BR_ENTRY, "alice", &mine, false);
	memcpy(stolen.cookie, sent_fields(world_find(w, B, CMD_ANSENTRY, 0)).cookie, COOKIE_BYTES);
	fields_set(&stolen, KEY_CK);
	world_extended(w, D, 0, CMD_BR_ENTRY, "dave", &stolen, false);
	ck_assert_int_eq(sent_fields(world_find(w, D, CMD_ANSENTRY, 0)).error, PUNCH_UNVERIFIED);

	/* B's own is good for this epoch and the next, no longer */
	memcpy(mine.cookie, stolen.cookie, COOKIE_BYTES);
	fields_set(&mine, KEY_CK);
	world_clear(w);
	world_pass(w, 299000);
	world_extended(w, B, 0, CMD_BR_ENTRY, "alice", &mine, false);
	mine = sent_fields(world_find(w, B, CMD_ANSENTRY, 0));
	ck_assert(fields_has(&mine, KEY_LT));
	world_clear(w);
	world_pass(w, 601000);
	world_extended(w, B, 0, CMD_BR_ENTRY, "alice", &stolen, false);
	ck_assert_int_eq(sent_fields(world_find(w, B, CMD_ANSENTRY, 0)).error, PUNCH_UNVERIFIED);
}
END_TEST

START_TEST(renewed_cookie_is_of_this_epoch)
{
	enum { EPOCH = COOKIE_EPOCH_SECONDS };
	static const struct cookie_key key = {{7}};
	struct endpoint ep = {.family = FAMILY_IP4, .port = 2425, .address = {192, 0, 2, 1}};
	uint8_t old[COOKIE_BYTES], now[COOKIE_BYTES], fresh[COOKIE_BYTES];

	cookie_make(&key, &ep, 9 * EPOCH, old);
	cookie_make(&key, &ep, 10 * EPOCH, now);
	ck_assert(cookie_renew(&key, &ep, 10 * EPOCH, now, fresh));
	ck_assert_mem_eq(fresh, now, sizeof now);
	ck_assert(cookie_renew(&key, &ep, 11 * EPOCH - 1, old, fresh));
	ck_assert_mem_eq(fresh, now, sizeof now);
	ck_assert(!cookie_renew(&key, &ep, 11 * EPOCH, old, fresh));
	now[COOKIE_BYTES - 1] ^= 1;
	ck_assert(!cookie_renew(&key, &ep, 10 * EPOCH, now, fresh));
}
END_TEST

START_TEST(exit_and_notice_need_the_cookie)
{
	struct fields none = {0}, own = {0};

	world_register(w, B, 0, "alice");
	world_extended(w, B, 0, CMD_BR_EXIT, "alice", &none, false);
	world_extended(w, B, 0, CMD_BR_ABSENCE, "mallory", &none, false);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_FORGED), 2);
	world_seed(w, B, 0, CMD_BR_EXIT, "alice", NULL);
	world_pass(w, 10000);
	ck_assert_uint_eq(status().registrations.fresh, 1);
	world_extended(w, B, 0, CMD_BR_ABSENCE, "alice[away]", &own, true);
	ck_assert_uint_eq(world_counted(w, COUNT_NOTICES), 1);
	uint32_t cursor = 0;
	const struct registration *reg = super_walk(w->super, &cursor);

	ck_assert(span_is(names_part(reg->names, NAME_NICK), "alice[away]"));
	world_extended(w, B, 0, CMD_BR_EXIT, "alice", &(struct fields){0}, true);
	ck_assert_uint_eq(status().registrations.fresh, 0);
}
END_TEST

START_TEST(seed_registration)
{
	world_seed(w, B, 5, CMD_BR_ENTRY, "bob", "sales");
	ck_assert_uint_eq(status().registrations.fresh, 0);
	ck_assert_uint_eq(world_count(w, B, CMD_READMSG), 1);
	ck_assert_uint_le(world_find(w, B, CMD_READMSG, 0)->len, 26);
	ck_assert(world_prove(w, B, 5));
	ck_assert_uint_eq(status().registrations.fresh, 1);
	ck_assert_uint_eq(world_count(w, B, CMD_ANSENTRY), 1);
	ck_assert_uint_eq(world_find(w, B, CMD_ANSENTRY, 0)->local, 5);
	/* no field goes to who showed none */
	ck_assert_uint_eq(sent_fields(world_find(w, B, CMD_ANSENTRY, 0)).present, 0);
}
END_TEST

START_TEST(stock_client_gets_its_answer)
{
	/* does not answer READMSG, enters again after 5 s */
	world_seed(w, B, 0, CMD_BR_ENTRY, "carol", "sales");
	world_pass(w, 5000);
	world_seed(w, B, 0, CMD_BR_ENTRY, "carol", "sales");
	ck_assert_uint_eq(world_count(w, B, CMD_ANSENTRY), 1);
	/* a long entry gets both at once */
	world_seed(w, D, 0, CMD_BR_ENTRY, "a-rather-long-name", "with-a-group");
	ck_assert_uint_eq(world_count(w, D, CMD_ANSENTRY), 1);
	ck_assert_uint_eq(world_count(w, D, CMD_READMSG), 1);
	world_pass(w, 60000);
	ck_assert_uint_eq(status().registrations.fresh, 0);
	ck_assert_uint_eq(status().unproven, 0);
}
END_TEST

START_TEST(guessing_does_not_prove)
{
	char answer[64];

	world_seed(w, B, 0, CMD_BR_ENTRY, "bob", "sales");
	for (unsigned i = 0; i < 8; i++) {
		int n = snprintf(answer, sizeof answer, "1:1:x:y:50:%u", 1000 + i);

		world_receive(w, B, 0, answer, (size_t)n);
	}
	ck_assert_uint_eq(world_counted(w, COUNT_PROOFS_WRONG), 8);
	/* after that many, not even the right one */
	ck_assert(world_prove(w, B, 0));
	ck_assert_uint_eq(status().registrations.fresh, 0);
}
END_TEST

START_TEST(the_five_steps)
{
	world_register_seed(w, B, 1, "bob", "sales");
	world_register_seed(w, D, 2, "dave", "sales");
	world_clear(w);
	world_seed(w, B, 1, CMD_ASKPUNCHING, "dave@sales", NULL);
	const struct sent *order = world_find(w, D, CMD_ORDERPUNCHING, 0);

	ck_assert_ptr_nonnull(order);
	ck_assert_uint_eq(order->local, 2);
	/* to the byte what the seed's peer splits at the NUL */
	ck_assert_uint_ge(order->len, 14);
	ck_assert_mem_eq(order->data + order->len - 14, "192.0.2.1\0" "2425", 14);
	order = world_find(w, B, CMD_ORDERPUNCHING, 0);
	ck_assert_ptr_nonnull(order);
	ck_assert_uint_eq(order->local, 1);
	ck_assert_mem_eq(order->data + order->len - 15, "192.0.2.2\0" "40001", 15);
	world_pass(w, 499);
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 1);
	world_pass(w, 1);
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 2);
	world_pass(w, 1000);
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 3);
	ck_assert_uint_eq(world_count(w, B, CMD_ORDERPUNCHING), 3);
	world_pass(w, 15000);
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 3);
	ck_assert_uint_eq(status().introductions, 0);
}
END_TEST

START_TEST(ask_waits_for_the_proof)
{
	world_register_seed(w, D, 2, "dave", "sales");
	world_clear(w);
	world_seed(w, B, 1, CMD_ASKPUNCHING, "dave@sales", NULL);
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 0);
	world_pass(w, 4900);
	ck_assert(world_prove(w, B, 1));
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 1);
	/* one that comes too late is forgotten */
	world_pass(w, 20000);
	world_clear(w);
	world_seed(w, "192.0.2.7:1", 1, CMD_ASKPUNCHING, "dave@sales", NULL);
	world_pass(w, 5100);
	ck_assert(world_prove(w, "192.0.2.7:1", 1));
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 0);
}
END_TEST

static struct fields asked(const char *from, const char *name, const char *transaction)
{
	struct fields fields = {0};

	memcpy(fields.transaction, transaction, 8);
	world_extended(w, from, 0, CMD_ASKPUNCHING, name, &fields, true);
	return sent_fields(
	    world_find(w, from, CMD_ANSPUNCHING, world_count(w, from, CMD_ANSPUNCHING) - 1));
}

START_TEST(extended_introduction)
{
	struct endpoint d = at(D);

	world_register(w, B, 1, "bob");
	world_register(w, D, 2, "dave");
	struct fields answer = asked(B, "dave", "11111111");

	ck_assert(endpoint_equal(&answer.observed, &d));
	ck_assert(fields_has(&answer, KEY_SI) && fields_has(&answer, KEY_CK));
	ck_assert(!fields_has(&answer, KEY_ER));
	/* the answer goes first, then the order */
	ck_assert(world_find(w, B, CMD_ANSPUNCHING, 0) < world_find(w, D, CMD_ORDERPUNCHING, 0));
	struct fields order = sent_fields(world_find(w, D, CMD_ORDERPUNCHING, 0));

	ck_assert_mem_eq(order.session, answer.session, SESSION_BYTES);
	ck_assert(fields_has(&order, KEY_CK));
	ck_assert_uint_eq(world_find(w, D, CMD_ORDERPUNCHING, 0)->local, 2);
	ck_assert_uint_eq(world_count(w, B, CMD_ORDERPUNCHING), 0);

	/* a repeat keeps the session, another ask has another */
	ck_assert_mem_eq(asked(B, "dave", "11111111").session, answer.session, SESSION_BYTES);
	ck_assert_mem_ne(asked(B, "dave", "22222222").session, answer.session, SESSION_BYTES);
}
END_TEST

START_TEST(order_repeats_until_acknowledged)
{
	world_register(w, B, 1, "bob");
	world_register(w, D, 2, "dave");
	struct fields answer = asked(B, "dave", "11111111");
	struct fields acknowledge = {0};

	world_pass(w, 600);
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 4);
	memcpy(acknowledge.session, answer.session, SESSION_BYTES);
	fields_set(&acknowledge, KEY_SI);
	/* somebody else's acknowledgement counts for nothing */
	world_extended(w, B, 1, CMD_ANSPUNCHING, "", &acknowledge, true);
	world_pass(w, 200);
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 5);
	world_extended(w, D, 2, CMD_ANSPUNCHING, "", &acknowledge, true);
	world_pass(w, 5000);
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 5);
	ck_assert_uint_eq(world_counted(w, COUNT_ACKNOWLEDGED), 1);
	/* the ask is repeated, the order not any more */
	asked(B, "dave", "11111111");
	world_pass(w, 1000);
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 5);
	/* never acknowledged: ten, however often the ask is repeated */
	world_clear(w);
	world_extended(w, B, 1, CMD_BR_ENTRY, "bob", &(struct fields){0}, false);
	for (int i = 0; i < 60; i++) {
		asked(B, "dave", "33333333");
		world_pass(w, 100);
	}
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 10);
}
END_TEST

START_TEST(orders_are_paced)
{
	char transaction[16];
	size_t orders = 0;

	/* another introduction each time: not more orders than one repeated would cause */
	world_register(w, B, 1, "bob");
	world_register(w, D, 2, "dave");
	for (int i = 0; i < 200; i++) {
		snprintf(transaction, sizeof transaction, "%08d", i);
		asked(B, "dave", transaction);
		world_pass(w, 5);
		orders += world_count(w, D, CMD_ORDERPUNCHING);
		/* a new challenge, so that the next ask has a cookie to show */
		world_clear(w);
		world_extended(w, B, 1, CMD_BR_ENTRY, "bob", &(struct fields){0}, false);
	}
	ck_assert_uint_le(orders, 6);
	ck_assert_uint_ge(orders, 5);
}
END_TEST

START_TEST(one_asker_leaves_room_for_others)
{
	char from[32];

	world_register(w, D, 2, "dave");
	for (int i = 0; i < 100; i++) {
		snprintf(from, sizeof from, "198.51.100.7:%d", 1000 + i);
		world_extended(w, from, 0, CMD_BR_ENTRY, "x",
		    &(struct fields){.padding = 60, .present = 1u << KEY_PD}, false);
		asked(from, "dave", "11111111");
	}
	ck_assert_int_eq(asked(from, "dave", "11111111").error, PUNCH_BUSY);
	world_register(w, B, 1, "bob");
	ck_assert(fields_has(&(struct fields){.present = asked(B, "dave", "11111111").present},
	    KEY_OA));
}
END_TEST

START_TEST(refused_rename_keeps_the_registration)
{
	const char *error;

	w->settings.max_same_nick = 1;
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	world_register(w, B, 1, "bob");
	world_register(w, D, 2, "dave");
	world_extended(w, B, 1, CMD_BR_ABSENCE, "dave", &(struct fields){0}, true);
	ck_assert_uint_eq(status().registrations.fresh, 2);
	ck_assert_uint_eq(world_counted(w, COUNT_NOTICES), 0);
	/* to another name it may */
	world_extended(w, B, 1, CMD_BR_ABSENCE, "rob", &(struct fields){0}, true);
	ck_assert_uint_eq(world_counted(w, COUNT_NOTICES), 1);
	ck_assert_uint_eq(status().registrations.fresh, 2);
}
END_TEST

START_TEST(mixed_introduction)
{
	world_register(w, B, 1, "bob");
	world_register_seed(w, D, 2, "dave", "sales");
	struct fields answer = asked(B, "dave@sales", "11111111");
	const struct sent *order = world_find(w, D, CMD_ORDERPUNCHING, 0);

	/* no session: the target knows only the seed */
	ck_assert(fields_has(&answer, KEY_OA) && !fields_has(&answer, KEY_SI));
	ck_assert_uint_eq(sent_fields(order).present, 0);
	world_pass(w, 20000);
	world_clear(w);
	world_seed(w, D, 2, CMD_ASKPUNCHING, "bob@sales", NULL);
	struct fields fields = sent_fields(world_find(w, B, CMD_ORDERPUNCHING, 0));

	ck_assert(fields_has(&fields, KEY_CK) && !fields_has(&fields, KEY_SI));
	ck_assert_uint_eq(sent_fields(world_find(w, D, CMD_ORDERPUNCHING, 0)).present, 0);
}
END_TEST

START_TEST(asks_that_fail)
{
	struct fields entry = {0};

	world_register(w, B, 1, "bob");
	ck_assert_int_eq(asked(B, "nobody", "11111111").error, PUNCH_UNKNOWN);
	ck_assert_int_eq(asked(B, "bob", "22222222").error, PUNCH_REFUSED);
	/* without cookie: a challenge, and nothing happens */
	world_register(w, D, 2, "dave");
	world_clear(w);
	fields_set(&entry, KEY_PD);
	entry.padding = 60;
	world_extended(w, B, 1, CMD_ASKPUNCHING, "dave", &entry, false);
	ck_assert_int_eq(sent_fields(world_find(w, B, CMD_ANSPUNCHING, 0)).error, PUNCH_UNVERIFIED);
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 0);
	/* found, but silent for long */
	world_pass(w, 80000);
	world_extended(w, B, 1, CMD_BR_ENTRY, "bob", &(struct fields){0}, true);
	struct fields stale = asked(B, "dave", "33333333");

	ck_assert_int_eq(stale.error, PUNCH_STALE);
	ck_assert(fields_has(&stale, KEY_OA));
}
END_TEST

START_TEST(families_do_not_mix)
{
	world_register(w, "[2001:db8::1]:2425", 4, "bob");
	world_register(w, D, 2, "dave");
	ck_assert_int_eq(asked("[2001:db8::1]:2425", "dave", "11111111").error, PUNCH_UNKNOWN);
	world_register(w, "[2001:db8::2]:2425", 4, "dave");
	struct fields answer = asked("[2001:db8::1]:2425", "dave", "22222222");
	struct endpoint six = at("[2001:db8::2]:2425");

	ck_assert(endpoint_equal(&answer.observed, &six));
}
END_TEST

static void register_with_candidate(const char *from, const char *nick, const char *candidate)
{
	struct fields entry = {.candidate_count = 1};

	world_register(w, from, 0, nick);
	entry.candidates[0] = at(candidate);
	fields_set(&entry, KEY_LC);
	world_extended(w, from, 0, CMD_BR_ENTRY, nick, &entry, true);
}

START_TEST(candidates_only_behind_one_address)
{
	register_with_candidate("192.0.2.1:1001", "bob", "192.168.1.1:2425");
	register_with_candidate("192.0.2.1:1002", "dave", "192.168.1.2:2425");
	register_with_candidate("192.0.2.9:1003", "eve", "192.168.9.9:2425");
	struct fields answer = asked("192.0.2.1:1001", "dave", "11111111");
	struct fields order = sent_fields(world_find(w, "192.0.2.1:1002", CMD_ORDERPUNCHING, 0));
	struct endpoint inner = at("192.168.1.2:2425");

	ck_assert_uint_eq(answer.candidate_count, 1);
	ck_assert(endpoint_equal(&answer.candidates[0], &inner));
	ck_assert_uint_eq(order.candidate_count, 1);
	ck_assert(!fields_has(&(struct fields){.present = asked("192.0.2.1:1001", "eve",
	    "22222222").present}, KEY_LC));
	ck_assert_uint_eq(
	    sent_fields(world_find(w, "192.0.2.9:1003", CMD_ORDERPUNCHING, 0)).candidate_count, 0);
}
END_TEST

START_TEST(seed_mapping_is_kept_alive)
{
	world_register_seed(w, D, 2, "dave", "sales");
	world_clear(w);
	for (int i = 1; i <= 30; i++) {
		world_pass(w, 20000);
		ck_assert_uint_eq(world_count(w, D, CMD_READMSG), (unsigned)i);
		ck_assert_uint_eq(world_find(w, D, CMD_READMSG, (unsigned)i - 1)->local, 2);
		ck_assert(world_prove(w, D, 2));
	}
	ck_assert_uint_eq(status().registrations.fresh, 1);
	/* silent: three more, then left alone, but known for a day */
	world_clear(w);
	world_pass(w, 3600000);
	ck_assert_uint_eq(world_count(w, D, CMD_READMSG), 3);
	ck_assert_uint_eq(status().registrations.stale, 1);
	world_pass(w, 24 * 3600000);
	ck_assert_uint_eq(status().registrations.stale, 0);
}
END_TEST

START_TEST(seed_exit_true)
{
	world_register_seed(w, D, 2, "dave", "sales");
	world_clear(w);
	world_seed(w, D, 2, CMD_BR_EXIT, "dave", NULL);
	world_pass(w, 100);
	world_seed(w, D, 2, CMD_BR_EXIT, "dave", NULL);
	world_pass(w, 4800);
	ck_assert_uint_eq(world_count(w, D, CMD_READMSG), 3);
	ck_assert_uint_eq(status().registrations.fresh, 1);
	world_pass(w, 200);
	ck_assert_uint_eq(status().registrations.fresh, 0);
}
END_TEST

START_TEST(seed_exit_forged)
{
	world_register_seed(w, D, 2, "dave", "sales");
	world_clear(w);
	world_seed(w, D, 2, CMD_BR_EXIT, "dave", NULL);
	world_pass(w, 50);
	ck_assert(world_prove(w, D, 2));
	world_pass(w, 10000);
	ck_assert_uint_eq(status().registrations.fresh, 1);
}
END_TEST

START_TEST(seed_exit_forged_and_guessed)
{
	char answer[64];

	/* wrong answers make the true one not count: then silence says nothing either */
	world_register_seed(w, D, 2, "dave", "sales");
	world_seed(w, D, 2, CMD_BR_EXIT, "dave", NULL);
	for (unsigned i = 0; i < 9; i++) {
		int n = snprintf(answer, sizeof answer, "1:1:dave:pc:50:%u", 1000 + i);

		world_receive(w, D, 2, answer, (size_t)n);
	}
	ck_assert(world_prove(w, D, 2));
	world_pass(w, 10000);
	ck_assert_uint_eq(status().registrations.fresh, 1);
}
END_TEST

START_TEST(seed_is_not_talked_stale)
{
	char answer[64];

	world_register_seed(w, D, 2, "dave", "sales");
	for (int i = 0; i < 20; i++) {
		world_seed(w, D, 2, CMD_BR_ABSENCE, "dave", "sales");
		for (unsigned k = 0; k < 9; k++) {
			int n = snprintf(answer, sizeof answer, "1:1:dave:pc:50:%u", 1000 + k);

			world_receive(w, D, 2, answer, (size_t)n);
		}
		world_pass(w, 20000);
		ck_assert(world_prove(w, D, 2));
	}
	ck_assert_uint_eq(status().registrations.fresh, 1);
}
END_TEST

START_TEST(seed_is_not_renamed_by_others)
{
	uint32_t cursor = 0;

	world_register_seed(w, D, 2, "dave", "sales");
	/* an entry in its address's name: it answers the probe, as itself */
	world_seed(w, D, 2, CMD_BR_ENTRY, "mallory", "sales");
	ck_assert(world_prove_as(w, D, 2, "dave", "pc"));
	const struct registration *reg = super_walk(w->super, &cursor);

	ck_assert(span_is(names_part(reg->names, NAME_NICK), "dave"));
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_FORGED), 1);
}
END_TEST

START_TEST(order_bears_a_cookie_that_is_known)
{
	struct fields answer, order;

	/* the epoch ends between D's entry and the order */
	world_pass(w, 300000 - w->wall % 300 * 1000 - w->now % 300000 - 1000 + 300000);
	world_register(w, D, 2, "dave");
	answer = sent_fields(world_find(w, D, CMD_ANSENTRY, 1));
	world_pass(w, 2000);
	world_register(w, B, 1, "bob");
	asked(B, "dave", "11111111");
	order = sent_fields(world_find(w, D, CMD_ORDERPUNCHING, 0));
	ck_assert_mem_eq(order.cookie, answer.cookie, COOKIE_BYTES);
}
END_TEST

START_TEST(legacy_modes)
{
	const char *error;

	w->settings.legacy = LEGACY_OFF;
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	world_seed(w, B, 0, CMD_BR_ENTRY, "bob", "sales");
	ck_assert_uint_eq(w->sent_count, 0);
	w->settings.legacy = LEGACY_OPEN;
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	world_seed(w, B, 0, CMD_BR_ENTRY, "bob", "sales");
	ck_assert_uint_eq(world_count(w, B, CMD_ANSENTRY), 1);
	world_seed(w, D, 0, CMD_ASKPUNCHING, "bob@sales", NULL);
	ck_assert_uint_eq(world_count(w, B, CMD_ORDERPUNCHING), 1);
	/* it never answers a probe, and need not */
	world_pass(w, 200000);
	world_seed(w, B, 0, CMD_BR_ABSENCE, "robert", "sales");
	ck_assert_uint_eq(world_counted(w, COUNT_NOTICES) + world_counted(w, COUNT_ENTRIES_REFRESHED), 1);
	ck_assert_uint_eq(status().registrations.fresh, 1);
	/* switched off while running: all of them leave, what is held too */
	w->settings.legacy = LEGACY_LIMITED;
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	world_seed(w, D, 0, CMD_BR_ENTRY, "dave", "sales");
	w->settings.legacy = LEGACY_OFF;
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	world_pass(w, 1);
	ck_assert_uint_eq(status().registrations.seeds, 0);
	ck_assert_uint_eq(status().unproven, 0);
	snprintf(w->settings.legacy_charset, sizeof w->settings.legacy_charset, "NONE-SUCH");
	ck_assert(!super_reconfigure(w->super, &w->settings, &error));
}
END_TEST

START_TEST(downgrade_is_refused)
{
	world_register(w, B, 0, "alice");
	world_clear(w);
	world_seed(w, B, 0, CMD_BR_ENTRY, "alice", "sales");
	ck_assert_uint_eq(w->sent_count, 0);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_LEGACY), 1);
}
END_TEST

START_TEST(slots_are_capped)
{
	char from[32];
	const char *error;

	w->settings.max_unproven = 100;
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	for (int i = 0; i < 1000; i++) {
		snprintf(from, sizeof from, "10.0.%d.%d:7", i / 250, 1 + i % 250);
		world_seed(w, from, 0, i % 2 ? CMD_BR_ENTRY : CMD_ASKPUNCHING, "bob", "sales");
	}
	ck_assert_uint_eq(status().unproven, 100);
	world_pass(w, 31000);
	ck_assert_uint_eq(status().unproven, 0);
}
END_TEST

START_TEST(japanese_names)
{
	/* registered with CP932 text, asked for in UTF-8 by one of ours, in CP932 by a seed */
	static const char entry[] = "1:1700000001:alice:ALPHA:1:\x83""A\x83\x8a\x83X\0\x8aJ\x94\xad\0";
	static const char ask[] = "1:1700000009:bob:BETA:128:\x83""A\x83\x8a\x83X@\x8aJ\x94\xad";

	world_receive(w, D, 0, entry, sizeof entry - 1);
	ck_assert(world_prove_as(w, D, 0, "alice", "ALPHA"));
	world_register(w, B, 0, "bob");
	struct fields answer = asked(B,
	    "\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9@\xe9\x96\x8b\xe7\x99\xba", "11111111");

	ck_assert(fields_has(&answer, KEY_OA));
	world_register_seed(w, "192.0.2.3:3", 0, "carl", "x");
	world_clear(w);
	world_receive(w, "192.0.2.3:3", 0, ask, sizeof ask - 1);
	ck_assert_uint_eq(world_count(w, D, CMD_ORDERPUNCHING), 1);
}
END_TEST

/* Every kind of request, from an address that never answers anything. */
struct request {
	const char *name;
	const char *bytes;
	size_t len;
};

#define REQUEST(name, bytes) {name, bytes, sizeof(bytes) - 1}
#define FIELDS "\nVS:00050000:0:1:0\nPX:1\nTK:MTIzNDU2Nzg"
#define PADDING "\nPD:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define COOKIE "\nCK:AAAAAAAAAAAAAAAAAAAAAA"

static const struct request requests[] = {
    REQUEST("entry, seed", "1:1700000001:bob:pc:1:bob\0sales\0"),
    REQUEST("entry, the shortest", "1:1:b:p:1:b"),
    REQUEST("entry, stock with block",
	"1:1700000001:a:b:16777217:Nick\0Group\0\nUN:a\nHN:b\nNN:Nick\nGN:Group\nVS:00010002:4:99:103"),
    REQUEST("entry, ours", "1:1700000001:a:b:16777217:n\0g\0" FIELDS PADDING),
    REQUEST("entry, ours, not padded", "1:1:a:b:16777217:n\0g\0\nPX:1"),
    REQUEST("entry, ours, cookie guessed", "1:1700000001:a:b:16777217:n\0g\0" FIELDS PADDING COOKIE),
    REQUEST("absence, seed", "1:1700000001:bob:pc:4:bob\0sales\0"),
    REQUEST("absence, ours", "1:1700000001:a:b:16777220:n\0g\0" FIELDS PADDING COOKIE),
    REQUEST("exit, seed", "1:1700000001:bob:pc:2:bob\0sales\0"),
    REQUEST("exit, ours", "1:1700000001:a:b:16777218:n\0g\0" FIELDS PADDING COOKIE),
    REQUEST("ask, seed, known", "1:1700000001:bob:pc:128:dave@sales"),
    REQUEST("ask, seed, unknown", "1:1700000001:bob:pc:128:nobody@nowhere"),
    REQUEST("ask, seed, short", "1:1:b:p:128:dave"),
    REQUEST("ask, ours, known", "1:1700000001:a:b:25165952:dave\0" FIELDS PADDING),
    REQUEST("ask, ours, not padded", "1:1:a:b:25165952:dave\0\nPX:1\nTK:MTIzNDU2Nzg"),
    REQUEST("ask, ours, cookie guessed", "1:1700000001:a:b:25165952:dave\0" FIELDS PADDING COOKIE),
    REQUEST("order", "1:1700000001:a:b:129:192.0.2.2\0" "40001"),
    REQUEST("answer to an order", "1:1700000001:a:b:25165954:\0\nPX:1\nSI:MTIzNDU2Nzg"),
    REQUEST("proof guessed", "1:1700000001:a:b:50:12345"),
    REQUEST("READMSG", "1:1700000001:a:b:1048624:5"),
    REQUEST("SENDMSG", "1:1700000001:a:b:288:hello"),
    REQUEST("GETINFO", "1:1700000001:a:b:64:"),
    REQUEST("GETLIST", "1:1700000001:a:b:18:0"),
    REQUEST("BR_ISGETLIST2", "1:1700000001:a:b:24:a"),
    REQUEST("unknown command", "1:1700000001:a:b:255:x"),
    REQUEST("garbage", "\xff\xfe:::\0\0\n"),
};

#define VICTIM "198.51.100.9:2425"

/* What D was told to send to the victim: a seed sends one entry for each order, some 60 bytes. */
static size_t orders_toward_victim(void)
{
	struct endpoint victim = at(VICTIM);
	size_t n = 0;

	for (size_t i = 0; i < w->sent_count; i++) {
		struct packet packet;
		struct order order;

		if (packet_parse(&packet, span_of(w->sent[i].data, w->sent[i].len)) == PACKET_OK &&
		    packet_command(&packet) == CMD_ORDERPUNCHING && order_parse(&order, &packet) &&
		    endpoint_same_address(&order.toward, &victim))
			n++;
	}
	return n;
}

START_TEST(never_more_than_was_received)
{
	const struct request *request = &requests[_i];
	size_t received = 0;

	world_register_seed(w, D, 2, "dave", "sales");
	world_register(w, B, 1, "dave");
	world_clear(w);
	for (int i = 0; i < 20; i++) {
		world_receive(w, VICTIM, 0, request->bytes, request->len);
		received += request->len;
		ck_assert_msg(world_bytes(w, VICTIM) <= received, "%s: %zu bytes in, %zu out",
		    request->name, received, world_bytes(w, VICTIM));
		world_pass(w, i % 5 == 4 ? 12000 : 100);
	}
	world_pass(w, 100000);
	size_t entries = orders_toward_victim();

	printf("# %-28s %5zu bytes in, %5zu out, %zu orders toward it\n", request->name, received,
	    world_bytes(w, VICTIM), entries);
	fflush(stdout);
	ck_assert_uint_eq(entries, 0);
	ck_assert_uint_le(world_bytes(w, VICTIM), received);
}
END_TEST

/* All kinds mixed from one address: what one leaves unspent is no other's. */
START_TEST(never_more_mixed)
{
	size_t received = 0;

	world_register_seed(w, D, 2, "dave", "sales");
	world_clear(w);
	for (size_t i = 0; i < 400; i++) {
		const struct request *request = &requests[i * 7 % (sizeof requests / sizeof *requests)];

		world_receive(w, VICTIM, 0, request->bytes, request->len);
		received += request->len;
		world_pass(w, (int64_t)(i % 11) * 300);
		ck_assert_uint_le(world_bytes(w, VICTIM), received);
	}
	ck_assert_uint_eq(orders_toward_victim(), 0);
	ck_assert_uint_gt(world_bytes(w, VICTIM), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("super");
	TCase *tcase = tcase_create("exchanges");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, extended_registration);
	tcase_add_test(tcase, cookie_is_of_the_address_and_ages);
	tcase_add_test(tcase, renewed_cookie_is_of_this_epoch);
	tcase_add_test(tcase, exit_and_notice_need_the_cookie);
	tcase_add_test(tcase, seed_registration);
	tcase_add_test(tcase, stock_client_gets_its_answer);
	tcase_add_test(tcase, guessing_does_not_prove);
	tcase_add_test(tcase, the_five_steps);
	tcase_add_test(tcase, ask_waits_for_the_proof);
	tcase_add_test(tcase, extended_introduction);
	tcase_add_test(tcase, order_repeats_until_acknowledged);
	tcase_add_test(tcase, orders_are_paced);
	tcase_add_test(tcase, one_asker_leaves_room_for_others);
	tcase_add_test(tcase, refused_rename_keeps_the_registration);
	tcase_add_test(tcase, mixed_introduction);
	tcase_add_test(tcase, asks_that_fail);
	tcase_add_test(tcase, families_do_not_mix);
	tcase_add_test(tcase, candidates_only_behind_one_address);
	tcase_add_test(tcase, seed_mapping_is_kept_alive);
	tcase_add_test(tcase, seed_exit_true);
	tcase_add_test(tcase, seed_exit_forged);
	tcase_add_test(tcase, seed_exit_forged_and_guessed);
	tcase_add_test(tcase, seed_is_not_talked_stale);
	tcase_add_test(tcase, seed_is_not_renamed_by_others);
	tcase_add_test(tcase, order_bears_a_cookie_that_is_known);
	tcase_add_test(tcase, legacy_modes);
	tcase_add_test(tcase, downgrade_is_refused);
	tcase_add_test(tcase, slots_are_capped);
	tcase_add_test(tcase, japanese_names);
	tcase_add_loop_test(tcase, never_more_than_was_received, 0,
	    (int)(sizeof requests / sizeof *requests));
	tcase_add_test(tcase, never_more_mixed);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
