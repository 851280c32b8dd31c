/*
 * The parts of ipmsg-peerd that can be had without its sockets: names that the
 * system knows, sentences for every reason, what the control socket shows of
 * messages and neighbours, looking up addresses.
 */
#include "unit.h"

#include <event2/event.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ctl/group.h"
#include "io/resolver.h"
#include "peerd/defaults.h"
#include "peerd/describe.h"
#include "peerd/eventlog.h"
#include "peerd/failure.h"
#include "peerd/introduction.h"

static void on_peer_event(const struct peer_event *event, void *context)
{
}

static struct peer *make_peer(const char *supernode)
{
	struct peer_settings settings;
	uint8_t seed[RNG_SEED_BYTES] = {0};
	const char *error;

	peer_settings_init(&settings);
	snprintf(settings.user, sizeof settings.user, "u");
	snprintf(settings.host, sizeof settings.host, "h");
	snprintf(settings.nick, sizeof settings.nick, "n");
	if (supernode != NULL) {
		snprintf(settings.supernodes[0].host, sizeof settings.supernodes[0].host, "%s",
		    supernode);
		settings.supernodes[0].port = 2425;
		settings.supernode_count = 1;
	}
	return peer_new(&settings, seed, 0, on_peer_event, NULL, &error);
}

/* A sentence about the one who was wanted, and nothing left to fill in. */
START_TEST(test_explanations)
{
	char text[EXPLANATION_MAX];
	struct peer *peer = make_peer("2001:db8::1");
	struct failure failure = {.reason = (enum reason)_i, .name = "%s@%n", .peer = peer};

	ck_assert_ptr_nonnull(peer);
	failure_explain(&failure, text);
	ck_assert_uint_gt(strlen(text), 20);
	if (_i == REASON_SUPERNODE_LOST)
		ck_assert_ptr_nonnull(strstr(text, "[2001:db8::1]:2425"));
	else
		ck_assert_ptr_nonnull(strstr(text, "%s@%n"));
	ck_assert_int_eq(strstr(text, "not known why") != NULL, _i == REASON_NONE);
	peer_free(peer);
}
END_TEST

START_TEST(test_explains_where)
{
	static const char told[] = "bob at 192.0.2.1:40000 does not answer although both";
	static const char alone[] = "bob at 192.0.2.1:40000 does not answer, and no supernode";
	char text[EXPLANATION_MAX];
	struct peer *peer = make_peer("192.0.2.9");
	struct failure failure = {.reason = REASON_NO_ANSWER, .name = "bob", .peer = peer};

	endpoint_parse(&failure.at, "192.0.2.1:40000", 0);
	failure_explain(&failure, text);
	ck_assert_int_eq(strncmp(text, told, sizeof told - 1), 0);
	peer_free(peer);
	failure.peer = make_peer(NULL);
	failure_explain(&failure, text);
	ck_assert_int_eq(strncmp(text, alone, sizeof alone - 1), 0);
	peer_free((struct peer *)(uintptr_t)failure.peer);
}
END_TEST

static void drop(struct batch *batch, void *context)
{
}

/* On 192.168.1.0/24, with nobody there yet. */
static struct peer *make_lan(struct batch *batch)
{
	struct peer *peer = make_peer(NULL);
	struct lan_link link = {.prefix = 24, .announce_count = 1};

	ck_assert_ptr_nonnull(peer);
	batch_init(batch, drop, NULL);
	endpoint_parse(&link.own, "192.168.1.20", 2425);
	endpoint_parse(&link.announce[0], "192.168.1.255", 2425);
	peer_start(peer, 1000, 1, batch);
	peer_links(peer, &link, 1, 1000, 1, batch);
	return peer;
}

/* Somebody enters: NUMBER is a digit that all of theirs have in them. */
static void enter(struct peer *peer, char number, const char *nick, const char *group,
    struct batch *batch)
{
	char packet[200], from[] = "192.168.1.?";
	struct arrival in = {.now = 2000, .wall = 2, .to_many = true};
	int len = snprintf(packet, sizeof packet, "1:10%c:user%c:host%c:1:%s%c%s", number, number,
	    number, nick, '\0', group);

	from[sizeof from - 2] = number;
	endpoint_parse(&in.remote, from, 2425);
	in.bytes = span_of(packet, (size_t)len + 1);
	peer_receive(peer, &in, batch);
}

START_TEST(test_ambiguous_neighbours)
{
	static struct batch batch;
	static const char one_and_two[] = "user1@host1 (bob@sales), user2@host2 (bob@stock)";
	char text[EXPLANATION_MAX];
	struct peer *peer = make_lan(&batch);
	struct failure failure = {.reason = REASON_AMBIGUOUS, .name = "bob", .peer = peer};

	enter(peer, '1', "bob", "sales", &batch);
	enter(peer, '3', "bobby", "sales", &batch);
	failure_explain(&failure, text);
	ck_assert_msg(strstr(text, "nick@group") != NULL, "%s", text);
	enter(peer, '2', "bob", "stock", &batch);
	failure_explain(&failure, text);
	ck_assert_msg(strstr(text, one_and_two) != NULL, "%s", text);
	ck_assert_msg(strstr(text, "bobby") == NULL, "%s", text);
	for (char c = '4'; c <= '9'; c++)
		enter(peer, c, "bob", "sales", &batch);
	failure_explain(&failure, text);
	ck_assert_msg(strstr(text, " and 5 more") != NULL, "%s", text);
	failure.name = "bob@sales";
	failure_explain(&failure, text);
	ck_assert_msg(strstr(text, "user4@host4") != NULL && strstr(text, "stock") == NULL, "%s",
	    text);
	peer_free(peer);
}
END_TEST

START_TEST(test_nobody_here)
{
	char text[EXPLANATION_MAX];
	struct peer *peer = make_peer(NULL);
	struct failure failure = {.reason = REASON_NO_SUPERNODE, .name = "bob", .peer = peer};

	failure_explain(&failure, text);
	ck_assert_ptr_nonnull(strstr(text, "nobody on the local network is called bob"));
	ck_assert_ptr_nonnull(strstr(text, "`supernodes'"));
	peer_free(peer);
}
END_TEST

/* Who asks for the list asks for nobody: the sentence is not one about a name. */
START_TEST(test_nobody_to_tell)
{
	char text[EXPLANATION_MAX];
	struct peer *peer = make_peer(NULL);
	struct failure failure = {.reason = REASON_NO_SUPERNODE, .name = "the list", .peer = peer,
	    .everybody = true};

	failure_explain(&failure, text);
	ck_assert_msg(strstr(text, "the list of neighbours") != NULL, "%s", text);
	ck_assert_msg(strstr(text, "called") == NULL, "%s", text);
	peer_free(peer);
}
END_TEST

static char last_line[512];
static enum log_level last_level;

static void note_line(enum log_level level, const char *text)
{
	last_level = level;
	snprintf(last_line, sizeof last_line, "%s", text);
}

static void expect_line(struct eventlog *log, enum supernode_state state, enum reason reason,
    enum log_level level, const char *part)
{
	struct peer_event event = {.kind = EVENT_SUPERNODE, .index = 1, .host = "2001:db8::1",
	    .port = 2425, .supernode_state = state, .reason = reason};

	*last_line = '\0';
	eventlog_write(log, &event, DIAGNOSIS_NONE);
	ck_assert_int_eq(last_level, level);
	ck_assert_msg(strstr(last_line, part) != NULL, "%s", last_line);
	ck_assert_msg(strstr(last_line, "[2001:db8::1]:2425") != NULL, "%s", last_line);
}

/* Each trouble is said once, and again when another has come in between. */
START_TEST(test_log_of_supernodes)
{
	struct eventlog log = {0};

	log_open("test", LOG_TARGET_STDERR, LOG_LEVEL_DEBUG);
	log_capture(note_line);
	expect_line(&log, SUPERNODE_LOST, REASON_NONE, LOG_LEVEL_WARN, "does not answer");
	expect_line(&log, SUPERNODE_REGISTERING, REASON_NONE, LOG_LEVEL_DEBUG, "registering");
	expect_line(&log, SUPERNODE_LOST, REASON_NONE, LOG_LEVEL_DEBUG, "lost");
	expect_line(&log, SUPERNODE_REFUSED, REASON_TAKEN, LOG_LEVEL_WARN, "somebody else");
	expect_line(&log, SUPERNODE_REFUSED, REASON_TAKEN, LOG_LEVEL_DEBUG, "refused");
	expect_line(&log, SUPERNODE_REFUSED, REASON_BUSY, LOG_LEVEL_WARN, "limits");
	expect_line(&log, SUPERNODE_REFUSED, REASON_KEY_CHANGED, LOG_LEVEL_WARN, "ipmsgctl keys");
	expect_line(&log, SUPERNODE_LOST, REASON_NONE, LOG_LEVEL_WARN, "does not answer");
	expect_line(&log, SUPERNODE_REGISTERED, REASON_NONE, LOG_LEVEL_INFO, "registered with");
	expect_line(&log, SUPERNODE_REGISTERED, REASON_NONE, LOG_LEVEL_INFO, "registered with");
	expect_line(&log, SUPERNODE_LOST, REASON_NONE, LOG_LEVEL_WARN, "does not answer");
	log_capture(NULL);
}
END_TEST

/* Why, in a word, if it is known. */
START_TEST(test_log_of_failures)
{
	struct eventlog log = {0};
	struct peer_event event = {.kind = EVENT_PATH, .name = "bob@sales",
	    .path_state = PATH_FAILED, .reason = REASON_NO_ANSWER};

	log_capture(note_line);
	/* the queue asks again and again for who is away */
	*last_line = '\0';
	eventlog_write(&log, &event, DIAGNOSIS_NONE);
	ck_assert_str_eq(last_line, "");
	event.asked = true;
	eventlog_write(&log, &event, DIAGNOSIS_NONE);
	ck_assert_str_eq(last_line, "no path to bob@sales: no-answer");
	eventlog_write(&log, &event, DIAGNOSIS_BOTH_DEPENDENT);
	ck_assert_str_eq(last_line, "no path to bob@sales: no-answer, both-dependent");
	ck_assert_int_eq(last_level, LOG_LEVEL_INFO);
	log_capture(NULL);
}
END_TEST

static void expect_nat(struct eventlog *log, const struct peer_nat_status *status,
    const char *line)
{
	*last_line = '\0';
	eventlog_nat(log, FAMILY_IP4, status);
	ck_assert_str_eq(last_line, line);
}

/* Once for each that is found. */
START_TEST(test_log_of_nats)
{
	struct eventlog log = {0};
	struct peer_nat_status status = {.testing = true, .translated = true};

	log_capture(note_line);
	expect_nat(&log, &status, "");
	status.testing = false;
	expect_nat(&log, &status, "NAT over IPv4: there is one, of which nothing is known yet");
	status.nat = (struct nat_class){NAT_MAPPING_EI, NAT_PORTS_KEEP, false, false};
	status.filtering_tested = true;
	expect_nat(&log, &status, "NAT over IPv4: shows everybody the same port, keeps the port, "
				  "lets in only whom this peer has written to");
	expect_nat(&log, &status, "");
	status.since = status.destinations = 77;
	expect_nat(&log, &status, "");
	status.nat = (struct nat_class){NAT_MAPPING_AP, NAT_PORTS_RND, false, false};
	status.filtering_tested = false;
	expect_nat(&log, &status,
	    "NAT over IPv4: shows each destination another port, takes ports at random");
	status = (struct peer_nat_status){.nat = {NAT_MAPPING_EI, NAT_PORTS_KEEP, false, false}};
	expect_nat(&log, &status, "NAT over IPv4: none");
	eventlog_nat(&log, FAMILY_IP6, &status);
	ck_assert_str_eq(last_line, "NAT over IPv6: none");
	log_capture(NULL);
}
END_TEST

/* A neighbour needs no path, and one that is not to be found any more was a neighbour. */
START_TEST(test_unconfirmed)
{
	static struct batch batch;
	char text[EXPLANATION_MAX];
	struct peer_contact_status status;
	struct peer *peer = make_lan(&batch);
	uint32_t cursor = 0;
	struct failure failure = {.reason = REASON_NOT_CONFIRMED, .name = "bob", .peer = peer};

	enter(peer, '1', "bob", "sales", &batch);
	ck_assert(peer_contact(peer, &cursor, &status));
	failure.contact = status.id;
	ck_assert(peer_contact_by_id(peer, status.id, &status));
	ck_assert(status.lan);
	ck_assert(!peer_contact_by_id(peer, status.id + 1, &status));
	for (int i = 0; i < 2; i++) {
		failure_explain(&failure, text);
		ck_assert_ptr_nonnull(strstr(text, "bob did not confirm"));
		ck_assert_ptr_nonnull(strstr(text, "switched off"));
		ck_assert_ptr_null(strstr(text, "there is a path"));
		failure.contact = 99;
	}
	peer_free(peer);
}
END_TEST

static void expect_json(json_t *json, const char *wanted)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, wanted);
	free(text);
	json_decref(json);
}

START_TEST(test_sealed_message)
{
	struct peer *peer = make_peer(NULL);
	static const struct offer offers[] = {
	    {.name = "a.txt", .size = 5, .kind = OFFER_FILE}, {.name = "d", .kind = OFFER_DIRECTORY}};
	struct mail mail = {
	    .id = 7,
	    .direction = MAIL_RECEIVED,
	    .name = "bob@sales",
	    .user = "bob",
	    .host = "pc",
	    .text = "secret",
	    .changed = 1,
	    .state = MESSAGE_DELIVERED,
	    .sealed = true,
	    .offers = offers,
	    .offer_count = 2,
	};

	expect_json(describe_message(&mail, peer),
	    "{\"automatic\":false,\"broadcast\":false,\"changed\":\"1970-01-01T00:00:01Z\","
	    "\"direction\":\"received\",\"endpoint\":\"\",\"expires\":null,\"explanation\":\"\","
	    "\"host\":\"pc\",\"id\":7,\"many\":false,\"name\":\"bob@sales\",\"offers\":[],"
	    "\"reason\":\"\",\"sealed\":true,\"state\":\"sealed\",\"text\":\"\","
	    "\"time\":\"1970-01-01T00:00:00Z\",\"user\":\"bob\"}");
	mail.read = true;
	mail.automatic = true;
	expect_json(describe_message(&mail, peer),
	    "{\"automatic\":true,\"broadcast\":false,\"changed\":\"1970-01-01T00:00:01Z\","
	    "\"direction\":\"received\",\"endpoint\":\"\",\"expires\":null,\"explanation\":\"\","
	    "\"host\":\"pc\",\"id\":7,\"many\":false,\"name\":\"bob@sales\","
	    "\"offers\":[{\"kind\":\"file\",\"name\":\"a.txt\",\"size\":5},"
	    "{\"kind\":\"directory\",\"name\":\"d\",\"size\":0}],\"reason\":\"\","
	    "\"sealed\":true,\"state\":\"read\",\"text\":\"secret\","
	    "\"time\":\"1970-01-01T00:00:00Z\",\"user\":\"bob\"}");
	peer_free(peer);
}
END_TEST

START_TEST(test_full_mailbox)
{
	struct mailbox_status status = {.well = true, .full = true, .path = "/a", .bytes = 7};
	json_t *json = describe_mailbox(&status);

	ck_assert(json_is_true(json_object_get(json, "full")));
	ck_assert_str_eq(json_string_value(json_object_get(json, "state")), "well");
	ck_assert_int_eq(json_integer_value(json_object_get(json, "bytes")), 7);
	json_decref(json);
}
END_TEST

START_TEST(test_large_offer)
{
	struct offer offer = {.name = "a", .size = UINT64_MAX, .kind = OFFER_FILE};
	struct mail mail = {.direction = MAIL_RECEIVED, .name = "", .user = "", .host = "",
	    .text = "", .offers = &offer, .offer_count = 1};
	struct peer *peer = make_peer(NULL);
	json_t *json = describe_message(&mail, peer);
	json_t *first = json_array_get(json_object_get(json, "offers"), 0);

	ck_assert_int_eq(json_integer_value(json_object_get(first, "size")), INT64_MAX);
	json_decref(json);
	peer_free(peer);
}
END_TEST

/* What waits says why, and until when. */
START_TEST(test_waiting_message)
{
	struct mail mail = {.id = 1, .direction = MAIL_SENT, .name = "bob", .user = "",
	    .host = "", .text = "x", .state = MESSAGE_WAITING, .reason = REASON_NO_SUPERNODE,
	    .expires = 60};
	struct peer *peer = make_peer(NULL);
	json_t *json = describe_message(&mail, peer);
	const char *expires, *explanation, *state;

	ck_assert_int_eq(json_unpack(json, "{s:s, s:s, s:s}", "expires", &expires, "explanation",
			     &explanation, "state", &state),
	    0);
	ck_assert_str_eq(expires, "1970-01-01T00:01:00Z");
	ck_assert_str_eq(state, "waiting");
	ck_assert_msg(strstr(explanation, "bob") != NULL, "%s", explanation);
	json_decref(json);
	mail.state = MESSAGE_DELIVERED;
	json = describe_message(&mail, peer);
	ck_assert(json_is_null(json_object_get(json, "expires")));
	json_decref(json);
	peer_free(peer);
}
END_TEST

/* One's own is no secret to oneself. */
START_TEST(test_sealed_message_sent)
{
	struct mail mail = {.id = 1, .direction = MAIL_SENT, .name = "*", .user = "", .host = "",
	    .text = "x", .state = MESSAGE_READ, .sealed = true, .broadcast = true};
	struct peer *peer = make_peer(NULL);

	expect_json(describe_message(&mail, peer),
	    "{\"automatic\":false,\"broadcast\":true,\"changed\":\"1970-01-01T00:00:00Z\","
	    "\"direction\":\"sent\",\"endpoint\":\"\",\"expires\":null,\"explanation\":\"\","
	    "\"host\":\"\",\"id\":1,\"many\":false,\"name\":\"*\",\"offers\":[],"
	    "\"reason\":\"\",\"sealed\":true,\"state\":\"read\",\"text\":\"x\","
	    "\"time\":\"1970-01-01T00:00:00Z\",\"user\":\"\"}");
	peer_free(peer);
}
END_TEST

START_TEST(test_neighbour)
{
	struct peer_contact_status status = {
	    .id = 3,
	    .lan = true,
	    .name = "bob@sales",
	    .user = "u",
	    .host = "h",
	    .nick = "bob[out]",
	    .group = "sales",
	    .version = "iptux",
	    .state = PATH_OPEN,
	    .absent = true,
	    .since = 100,
	    .heard = 150,
	};

	endpoint_parse(&status.at, "192.168.1.7", 2425);
	expect_json(describe_contact(&status, 200),
	    "{\"absent\":true,\"asked\":false,\"diagnosis\":\"none\",\"endpoint\":\"192.168.1.7:2425\",\"group\":\"sales\","
	    "\"heard_ms\":50,\"host\":\"h\",\"id\":3,\"identity\":\"\",\"kind\":\"lan\","
	    "\"name\":\"bob@sales\",\"nat\":null,"
	    "\"nick\":\"bob[out]\",\"program\":\"iptux\",\"reason\":\"\",\"since_ms\":100,"
	    "\"state\":\"open\",\"user\":\"u\"}");
}
END_TEST

/* ---- NATs, candidates, diagnoses ---- */

#define NAT_JSON(family, filtering, mapping, observed, open, ports, tested, tested_ms, translated) \
	"{\"addresses\":2,\"destinations\":4,\"family\":\"" family "\",\"filtering\":\""            \
	filtering "\",\"mapping\":\"" mapping "\",\"observed\":\"" observed "\",\"open_input\":"    \
	open ",\"ports\":\"" ports "\",\"private_hops\":1,\"step\":2,\"tested\":" tested            \
	",\"tested_ms\":" tested_ms ",\"testing\":false,\"translated\":" translated "}"

#define KEEP NAT_PORTS_KEEP
#define SEQ NAT_PORTS_SEQ
#define RND NAT_PORTS_RND

static const struct {
	enum family family;
	const char *observed;
	bool mapping_tested, filtering_tested, translated;
	struct nat_class nat;
	int64_t since;
	const char *json;
} views[] = {
    {FAMILY_IP4, "203.0.113.5:40000", true, true, true, {NAT_MAPPING_EI, KEEP, true, false}, 200,
	NAT_JSON("IPv4", "restricted", "independent", "203.0.113.5:40000", "true", "kept", "true",
	    "800", "true")},
    {FAMILY_IP4, "203.0.113.5:40000", true, false, true, {NAT_MAPPING_AD, RND, false, false}, 1,
	NAT_JSON("IPv4", "unknown", "address-dependent", "203.0.113.5:40000", "false", "random",
	    "true", "999", "true")},
    {FAMILY_IP4, "203.0.113.5:40000", true, true, true, {NAT_MAPPING_AP, SEQ, false, true}, 1000,
	NAT_JSON("IPv4", "independent", "port-dependent", "203.0.113.5:40000", "false",
	    "sequential", "true", "0", "true")},
    /* there is none, whatever its class; of one that nobody has seen it is not said */
    {FAMILY_IP6, "[2001:db8::3]:2425", false, false, false, {NAT_MAPPING_EI, KEEP, false, false}, 0,
	NAT_JSON("IPv6", "unknown", "none", "[2001:db8::3]:2425", "false", "kept", "false", "null",
	    "false")},
    {FAMILY_IP4, NULL, false, false, false, {0}, 0,
	NAT_JSON("IPv4", "unknown", "unknown", "", "false", "unknown", "false", "null", "false")},
};

START_TEST(test_nat)
{
	struct peer_nat_status status = {
	    .mapping_tested = views[_i].mapping_tested,
	    .filtering_tested = views[_i].filtering_tested,
	    .translated = views[_i].translated,
	    .nat = views[_i].nat,
	    .step = 2,
	    .destinations = 4,
	    .addresses = 2,
	    .private_hops = 1,
	    .since = views[_i].since,
	};

	if (views[_i].observed != NULL)
		endpoint_parse(&status.observed, views[_i].observed, 0);
	expect_json(describe_nat(views[_i].family, &status, 1000), views[_i].json);
}
END_TEST

START_TEST(test_nat_testing)
{
	struct peer_nat_status status = {.testing = true};
	json_t *json = describe_nat(FAMILY_IP4, &status, 1000);

	ck_assert(json_is_true(json_object_get(json, "testing")));
	ck_assert(json_is_false(json_object_get(json, "tested")));
	json_decref(json);
}
END_TEST

/* That of the other is in what is told of him. */
START_TEST(test_nat_of_other)
{
	struct peer_contact_status status = {.name = "bob", .user = "", .host = "", .nick = "",
	    .group = "", .version = "", .state = PATH_FAILED, .reason = REASON_NAT,
	    .has_nat = true, .nat = {NAT_MAPPING_AP, NAT_PORTS_RND, true, true},
	    .diagnosis = DIAGNOSIS_BOTH_DEPENDENT};
	json_t *json = describe_contact(&status, 1);

	ck_assert_str_eq(
	    json_string_value(json_object_get(json, "diagnosis")), "both-dependent");
	expect_json(json_incref(json_object_get(json, "nat")),
	    "{\"filtering\":\"independent\",\"mapping\":\"port-dependent\",\"open_input\":true,"
	    "\"ports\":\"random\"}");
	json_decref(json);
	expect_json(describe_nat_class(&(struct nat_class){.mapping = NAT_MAPPING_EI}),
	    "{\"filtering\":\"unknown\",\"mapping\":\"independent\",\"open_input\":false,"
	    "\"ports\":\"unknown\"}");
}
END_TEST

START_TEST(test_candidate)
{
	struct peer_candidate_status status = {.kind = CANDIDATE_REFLEXIVE,
	    .state = CANDIDATE_ANSWERED, .sent = 3, .rtt = 0, .used = true};

	endpoint_parse(&status.at, "[2001:db8::3]:2425", 0);
	expect_json(describe_candidate(&status),
	    "{\"address\":\"[2001:db8::3]:2425\",\"kind\":\"reflexive\",\"rtt_ms\":0,\"sent\":3,"
	    "\"state\":\"answered\",\"used\":true}");
	status = (struct peer_candidate_status){.kind = CANDIDATE_LOCAL, .rtt = -1};
	expect_json(describe_candidate(&status),
	    "{\"address\":\"\",\"kind\":\"local\",\"rtt_ms\":null,\"sent\":0,"
	    "\"state\":\"unheard\",\"used\":false}");
}
END_TEST

START_TEST(test_diagnosis)
{
	json_t *json = describe_diagnosis(DIAGNOSIS_NO_HAIRPIN);
	const char *word, *sentence, *advice;

	ck_assert_int_eq(json_unpack(json, "{s:s, s:s, s:s}", "word", &word, "sentence", &sentence,
			     "advice", &advice),
	    0);
	ck_assert_str_eq(word, "no-hairpin");
	ck_assert_str_eq(sentence, diagnosis_sentence(DIAGNOSIS_NO_HAIRPIN));
	ck_assert_str_eq(advice, diagnosis_advice(DIAGNOSIS_NO_HAIRPIN));
	json_decref(json);
}
END_TEST

/* Asked for at an address, without a supernode, and nothing came: the path's id, and the time. */
static uint32_t fail_path(struct peer *peer, struct batch *batch, int64_t *now)
{
	struct peer_contact_status status;
	struct endpoint at;
	enum reason reason;
	uint32_t id;

	endpoint_parse(&at, "192.0.2.1:40000", 0);
	id = peer_ask(peer, "bob", &at, *now, 1, batch, &reason);
	ck_assert_uint_ne(id, 0);
	for (int i = 0; i < 1000; i++) {
		ck_assert(peer_contact_by_id(peer, id, &status));
		if (status.state == PATH_FAILED)
			return id;
		*now = peer_deadline(peer) > *now ? peer_deadline(peer) : *now + 1;
		peer_tick(peer, *now, 1, batch);
	}
	ck_abort_msg("the path does not fail");
	return 0;
}

/* The reply to an Ask, and its error, say the same of it; and the sentence ends with what it means. */
START_TEST(test_introduction)
{
	static struct batch batch;
	struct peer *peer = make_lan(&batch);
	int64_t now = 2000;
	uint32_t id = fail_path(peer, &batch, &now);
	json_t *json = json_object(), *first;
	struct peer_contact_status status;
	char text[EXPLANATION_MAX];
	const char *name, *address, *kind, *word;

	describe_introduction(json, peer, id, now);
	ck_assert_uint_eq(json_object_size(json), 4);
	first = json_array_get(json_object_get(json, "candidates"), 0);
	ck_assert_int_eq(json_unpack(json, "{s:{s:s}, s:[], s:{s:s}}", "peer", "name", &name, "nat",
			     "diagnosis", "word", &word),
	    0);
	ck_assert_int_eq(
	    json_unpack(first, "{s:s, s:s}", "address", &address, "kind", &kind), 0);
	ck_assert_str_eq(name, "bob");
	ck_assert_str_eq(address, "192.0.2.1:40000");
	ck_assert_str_eq(kind, "given");
	ck_assert(peer_contact_by_id(peer, id, &status));
	ck_assert_int_ne(status.diagnosis, DIAGNOSIS_NONE);
	ck_assert_str_eq(word, diagnosis_name(status.diagnosis));
	json_decref(json);

	struct failure failure = {.reason = status.reason, .name = "bob", .peer = peer,
	    .contact = id, .at = status.at};

	/* what is plainly missing comes before what may be */
	failure_explain(&failure, text);
	ck_assert_msg(strstr(text, "`supernodes'") != NULL, "%s", text);
	failure.reason = REASON_NAT;
	failure_explain(&failure, text);
	ck_assert_msg(strncmp(text, "bob at 192.0.2.1:40000 was not tried. ", 38) == 0, "%s",
	    text);
	ck_assert_msg(strstr(text, diagnosis_sentence(status.diagnosis)) != NULL, "%s", text);
	ck_assert_msg(strstr(text, diagnosis_advice(status.diagnosis)) != NULL, "%s", text);
	peer_free(peer);
}
END_TEST

/* Nobody is introduced to a neighbour; of who is gone there is nothing to say. */
START_TEST(test_introduction_of_neighbour)
{
	static struct batch batch;
	struct peer *peer = make_lan(&batch);
	struct peer_contact_status status;
	uint32_t cursor = 0;
	json_t *json = json_object();

	enter(peer, '1', "bob", "sales", &batch);
	ck_assert(peer_contact(peer, &cursor, &status));
	describe_introduction(json, peer, status.id + 1, 2000);
	ck_assert_uint_eq(json_object_size(json), 0);
	describe_introduction(json, peer, status.id, 2000);
	ck_assert_uint_eq(json_object_size(json), 1);
	ck_assert_ptr_nonnull(json_object_get(json, "peer"));
	json_decref(json);
	peer_free(peer);
}
END_TEST

START_TEST(test_supernode)
{
	struct peer_supernode_status status = {.host = "s.example", .port = 2425,
	    .family = FAMILY_IP6, .state = SUPERNODE_REGISTERED, .local_port = 52922};
	json_t *json = describe_supernode(&status, 1);

	ck_assert_int_eq(json_integer_value(json_object_get(json, "local_port")), 52922);
	ck_assert_str_eq(json_string_value(json_object_get(json, "family")), "IPv6");
	json_decref(json);
	status.family = FAMILY_NONE;
	json = describe_supernode(&status, 1);
	ck_assert_str_eq(json_string_value(json_object_get(json, "family")), "");
	json_decref(json);
}
END_TEST

/* The core has forgotten who left when those who watch are told. */
START_TEST(test_neighbour_events)
{
	static struct batch batch;
	struct peer *peer = make_lan(&batch);
	struct peer_event event = {.kind = EVENT_NEIGHBOUR, .name = "bob@sales",
	    .change = NEIGHBOUR_LEFT, .path = 99, .now = 3000};
	const char *name, *kind, *state;
	json_t *json = describe_event(&event, peer, NULL);

	ck_assert_int_eq(json_unpack(json, "{s:{s:s, s:{s:s, s:s, s:s}}}", "neighbour", "change",
			     &state, "peer", "name", &name, "kind", &kind, "state", &state),
	    0);
	ck_assert_str_eq(name, "bob@sales");
	ck_assert_str_eq(kind, "lan");
	ck_assert_str_eq(state, "open");
	ck_assert_str_eq(json_string_value(json_object_get(
			     json_object_get(json, "neighbour"), "change")),
	    "left");
	json_decref(json);
	peer_free(peer);
}
END_TEST

START_TEST(test_link_and_absence)
{
	struct lan_link link = {.prefix = 64, .announce_count = 2};
	struct absence absence = {.title = "lunch", .text = "at two\n"};

	endpoint_parse(&link.own, "fe80::1", 2425);
	endpoint_parse(&link.announce[0], "ff15::979", 2425);
	endpoint_parse(&link.announce[1], "ff02::1", 2426);
	expect_json(describe_link(&link),
	    "{\"address\":\"fe80::1/64\","
	    "\"announce\":[\"[ff15::979]:2425\",\"[ff02::1]:2426\"]}");
	expect_json(describe_absence(&absence), "{\"text\":\"at two\\n\",\"title\":\"lunch\"}");
	json_t *none = describe_absence(NULL);

	ck_assert(json_is_null(none));
	json_decref(none);
}
END_TEST

START_TEST(test_lan_ports)
{
	struct peerd_settings settings = {
	    .peer = {.lan_port = 99, .lan_address_count = 2,
		.lan_addresses = {{.family = FAMILY_IP4}, {.family = FAMILY_IP4, .port = 5}}}};

	defaults_complete(&settings);
	ck_assert_uint_eq(settings.peer.lan_addresses[0].port, 99);
	ck_assert_uint_eq(settings.peer.lan_addresses[1].port, 5);
}
END_TEST

START_TEST(test_defaults)
{
	struct peerd_settings settings = {.peer.nick = "alice"};

	unsetenv("XDG_RUNTIME_DIR");
	defaults_complete(&settings);
	ck_assert_str_ne(settings.peer.user, "");
	ck_assert_str_ne(settings.peer.host, "");
	ck_assert_ptr_null(strchr(settings.peer.host, '.'));
	ck_assert_str_eq(settings.peer.nick, "alice");
	ck_assert_str_eq(settings.control, RUNSTATEDIR "/ipmsg-peerd/control");
}
END_TEST

START_TEST(test_configured_stays)
{
	struct peerd_settings settings = {
	    .peer = {.user = "u", .host = "h.example", .nick = ""}, .control = "/c"};

	defaults_complete(&settings);
	ck_assert_str_eq(settings.peer.user, "u");
	ck_assert_str_eq(settings.peer.host, "h.example");
	ck_assert_str_eq(settings.peer.nick, "u");
	ck_assert_str_eq(settings.control, "/c");
}
END_TEST

/* A person's socket lies where the person's others do; the system's own never. */
START_TEST(test_personal_socket)
{
	struct peerd_settings settings = {0};

	setenv("XDG_RUNTIME_DIR", "/nonexistent/run", 1);
	defaults_complete(&settings);
	ck_assert_str_eq(settings.control,
	    geteuid() == 0 ? RUNSTATEDIR "/ipmsg-peerd/control"
			   : "/nonexistent/run/ipmsg-peerd/control");
}
END_TEST

/* The service manager's place, a person's, the system's. */
START_TEST(test_state)
{
	struct peerd_settings settings = {0};

	unsetenv("STATE_DIRECTORY");
	setenv("XDG_STATE_HOME", "/nonexistent/state", 1);
	defaults_complete(&settings);
	ck_assert_str_eq(settings.state_directory,
	    geteuid() == 0 ? LOCALSTATEDIR "/lib/ipmsg-peerd" : "/nonexistent/state/ipmsg-peerd");
	settings = (struct peerd_settings){0};
	unsetenv("XDG_STATE_HOME");
	setenv("HOME", "/nonexistent", 1);
	defaults_complete(&settings);
	ck_assert_str_eq(settings.state_directory,
	    geteuid() == 0 ? LOCALSTATEDIR "/lib/ipmsg-peerd"
			   : "/nonexistent/.local/state/ipmsg-peerd");
	settings = (struct peerd_settings){0};
	setenv("STATE_DIRECTORY", "/s", 1);
	defaults_complete(&settings);
	ck_assert_str_eq(settings.state_directory, "/s");
	settings = (struct peerd_settings){.state_directory = "/mine"};
	defaults_complete(&settings);
	ck_assert_str_eq(settings.state_directory, "/mine");
}
END_TEST

START_TEST(test_group)
{
	ck_assert_str_eq(ctl_group("given", "usual"), "given");
	ck_assert_str_eq(ctl_group("no-such-group", "no-such-group"), "");
}
END_TEST

struct answers {
	struct event_base *base;
	unsigned wanted;
	unsigned count;
	char text[256]; /* "HOST:PORT=ADDRESS,ADDRESS;" of each */
};

static void collect(const struct resolver_answer *answer, void *context)
{
	struct answers *answers = context;
	char at[ENDPOINT_TEXT_MAX];
	size_t used = strlen(answers->text);

	used += (size_t)snprintf(answers->text + used, sizeof answers->text - used, "%s:%u=",
	    answer->host, answer->port);
	for (size_t i = 0; i < answer->count; i++)
		used += (size_t)snprintf(answers->text + used, sizeof answers->text - used, "%s,",
		    endpoint_format(&answer->addresses[i], at));
	if (answer->why != NULL)
		used += (size_t)snprintf(answers->text + used, sizeof answers->text - used, "%s",
		    answer->why);
	snprintf(answers->text + used, sizeof answers->text - used, ";");
	if (++answers->count == answers->wanted)
		event_base_loopbreak(answers->base);
}

START_TEST(test_numeric)
{
	struct answers answers = {.base = event_base_new(), .wanted = 2};
	struct resolver *resolver =
	    resolver_new(answers.base, FAMILY_IP4, collect, &answers);

	ck_assert_ptr_nonnull(resolver);
	ck_assert(resolver_ask(resolver, "192.0.2.1", 2425));
	ck_assert(resolver_ask(resolver, "192.0.2.1", 2425));
	ck_assert(resolver_ask(resolver, "2001:db8::1", 5));
	ck_assert_uint_eq(answers.count, 0);
	event_base_dispatch(answers.base);
	ck_assert_str_eq(answers.text, "192.0.2.1:2425=192.0.2.1:2425,;"
				       "2001:db8::1:5=it has no IPv4 address;");
	resolver_free(resolver);
	event_base_free(answers.base);
}
END_TEST

/* Nothing comes back, and nothing is lost, of what was under way. */
START_TEST(test_called_off)
{
	static const enum family families[] = {FAMILY_IP4, FAMILY_NONE};
	struct answers answers = {.base = event_base_new()};
	struct resolver *resolver =
	    resolver_new(answers.base, families[_i], collect, &answers);

	ck_assert(resolver_ask(resolver, "name.invalid", 1));
	ck_assert(resolver_ask(resolver, "other.invalid", 1));
	ck_assert(resolver_ask(resolver, "192.0.2.1", 1));
	resolver_reload(resolver);
	resolver_free(resolver);
	event_base_loop(answers.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(answers.count, 0);
	event_base_free(answers.base);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peerd");
	TCase *tests = tcase_create("peerd");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_loop_test(tests, test_explanations, REASON_NONE, REASONS);
	tcase_add_test(tests, test_explains_where);
	tcase_add_test(tests, test_ambiguous_neighbours);
	tcase_add_test(tests, test_nobody_here);
	tcase_add_test(tests, test_nobody_to_tell);
	tcase_add_test(tests, test_log_of_supernodes);
	tcase_add_test(tests, test_log_of_failures);
	tcase_add_test(tests, test_log_of_nats);
	tcase_add_test(tests, test_unconfirmed);
	tcase_add_test(tests, test_full_mailbox);
	tcase_add_test(tests, test_large_offer);
	tcase_add_test(tests, test_waiting_message);
	tcase_add_test(tests, test_sealed_message);
	tcase_add_test(tests, test_sealed_message_sent);
	tcase_add_test(tests, test_neighbour);
	tcase_add_test(tests, test_neighbour_events);
	tcase_add_loop_test(tests, test_nat, 0, (int)(sizeof views / sizeof *views));
	tcase_add_test(tests, test_nat_of_other);
	tcase_add_test(tests, test_nat_testing);
	tcase_add_test(tests, test_candidate);
	tcase_add_test(tests, test_diagnosis);
	tcase_add_test(tests, test_introduction);
	tcase_add_test(tests, test_introduction_of_neighbour);
	tcase_add_test(tests, test_supernode);
	tcase_add_test(tests, test_link_and_absence);
	tcase_add_test(tests, test_lan_ports);
	tcase_add_test(tests, test_defaults);
	tcase_add_test(tests, test_configured_stays);
	tcase_add_test(tests, test_personal_socket);
	tcase_add_test(tests, test_group);
	tcase_add_test(tests, test_state);
	tcase_add_test(tests, test_numeric);
	tcase_add_loop_test(tests, test_called_off, 0, 2);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
