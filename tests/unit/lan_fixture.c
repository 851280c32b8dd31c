/* The peer on its LAN, in a test's hands. */
#include "lan_fixture.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

struct lan_fixture lan;

struct endpoint at(const char *text)
{
	struct endpoint ep;

	ck_assert_ptr_null(endpoint_parse(&ep, text, 2425));
	return ep;
}

int64_t wall(void)
{
	return 1700000000 + lan.now / 1000;
}

static void keep(const struct datagram *datagram)
{
	struct sent *sent = &lan.sent[lan.sent_count++];
	struct packet packet;

	ck_assert_uint_lt(lan.sent_count, SENT_MAX);
	sent->to = datagram->remote;
	sent->local = datagram->local;
	sent->at = lan.now;
	sent->len = datagram->len;
	ck_assert_int_eq(packet_parse(&packet, span_of(datagram->data, datagram->len)), PACKET_OK);
	/* of a long message the front is kept, and nothing else is that long */
	ck_assert(sent->len <= sizeof sent->data || packet_command(&packet) == CMD_SENDMSG);
	memcpy(sent->data, datagram->data,
	    sent->len < sizeof sent->data ? sent->len : sizeof sent->data);
	sent->number = packet.number;
	/* these are sent again, with the number that they had */
	if (packet_command(&packet) == CMD_SENDMSG || packet_command(&packet) == CMD_READMSG)
		return;
	if (packet.number == lan.last_number) {
		const struct sent *before = sent - 1;

		ck_assert_msg(before->len == sent->len &&
			memcmp(before->data, sent->data, sent->len) == 0,
		    "two different packets have number %u", packet.number);
	}
	ck_assert_uint_ge(packet.number, lan.last_number);
	lan.last_number = packet.number;
}

static void on_flush(struct batch *batch, void *context)
{
	for (size_t i = 0; i < batch->count; i++)
		keep(&batch->items[i]);
}

static void on_event(const struct peer_event *event, void *context)
{
	if (lan.listener != NULL)
		lan.listener(event, context);
	switch (event->kind) {
	case EVENT_NEIGHBOUR:
		lan.told[event->change]++;
		snprintf(lan.last_name, sizeof lan.last_name, "%s", event->name);
		break;
	case EVENT_MESSAGE:
		if (event->message_state == MESSAGE_FAILED)
			lan.failed[event->reason]++;
		break;
	case EVENT_PATH:
		if (event->path_state == PATH_FAILED)
			lan.paths_failed[event->reason]++;
		break;
	case EVENT_RECEIVED:
		lan.received++;
		if (lan.refuses)
			peer_refused(lan.peer, event->message);
		else
			peer_stored(lan.peer, event->message, lan.now, wall(), &lan.batch);
		break;
	default:
		break;
	}
}

void lan_setup(void)
{
	static const uint8_t seed[RNG_SEED_BYTES] = {5};
	struct peer_settings settings;
	const char *error;

	ck_assert_int_ge(sodium_init(), 0);
	memset(&lan, 0, sizeof lan);
	lan.now = 1000000;
	batch_init(&lan.batch, on_flush, NULL);
	peer_settings_init(&settings);
	strcpy(settings.user, "bob");
	strcpy(settings.host, "BETA");
	strcpy(settings.nick, "Bob");
	strcpy(settings.group, "Dev");
	lan.peer = peer_new(&settings, seed, LOCAL, on_event, NULL, &error);
	ck_assert_ptr_nonnull(lan.peer);
}

void lan_teardown(void)
{
	peer_free(lan.peer);
}

struct peer_settings lan_settings(void)
{
	return lan.peer->settings;
}

void lan_apply(const struct peer_settings *settings)
{
	const char *error;

	ck_assert(peer_reconfigure(lan.peer, settings, lan.now, &error));
}

void lan_rename(const char *user)
{
	struct peer_settings settings = lan_settings();

	strcpy(settings.user, user);
	lan_apply(&settings);
}

struct lan_link link4(void)
{
	return (struct lan_link){.own = at(OWN4), .prefix = 24, .local = LOCAL4,
	    .announce = {at(BROADCAST4)}, .announce_count = 1};
}

struct lan_link link6(void)
{
	return (struct lan_link){.own = at(OWN6), .prefix = 64, .local = LOCAL6,
	    .announce = {at(GROUP6), at(LINK6)}, .announce_count = 2};
}

void lan_on(const struct lan_link *links, size_t count)
{
	peer_links(lan.peer, links, count, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
}

void lan_settle(void)
{
	struct lan_link link = link4();

	peer_start(lan.peer, lan.now, wall(), &lan.batch);
	lan_on(&link, 1);
	pass(10000);
	forget_sent();
}

static void deliver(const char *from, uint16_t local, struct span bytes, bool to_many)
{
	struct arrival in = {
	    .bytes = bytes,
	    .remote = at(from),
	    .local = local,
	    .to_many = to_many,
	    .now = lan.now,
	    .wall = wall(),
	};

	peer_receive(lan.peer, &in, &lan.batch);
	batch_flush(&lan.batch);
}

void hear(const char *from, struct span bytes)
{
	deliver(from, at(from).family == FAMILY_IP6 ? LOCAL6 : LOCAL4, bytes, false);
}

void hear_at(const char *from, uint16_t local, struct span bytes)
{
	deliver(from, local, bytes, false);
}

void hear_many(const char *from, struct span bytes)
{
	deliver(from, LOCAL, bytes, true);
}

void hear_many_at(const char *from, uint16_t local, struct span bytes)
{
	deliver(from, local, bytes, true);
}

void pass(int64_t ms)
{
	int64_t until = lan.now + ms;

	while (peer_deadline(lan.peer) <= until) {
		int64_t due = peer_deadline(lan.peer);

		lan.now = due > lan.now ? due : lan.now;
		peer_tick(lan.peer, lan.now, wall(), &lan.batch);
		batch_flush(&lan.batch);
		/* what is due and stays so would turn the loop for ever */
		ck_assert_int_gt(peer_deadline(lan.peer), lan.now);
	}
	lan.now = until;
}

void forget_sent(void)
{
	lan.sent_count = 0;
}

void assert_sent(size_t i, const char *to, uint16_t local, struct span rest)
{
	char head[32], text[ENDPOINT_TEXT_MAX];
	const struct sent *sent = &lan.sent[i];

	ck_assert_uint_lt(i, lan.sent_count);
	ck_assert_str_eq(endpoint_format(&sent->to, text), to);
	ck_assert_uint_eq(sent->local, local);
	size_t n = (size_t)snprintf(head, sizeof head, "1:%u:", sent->number);

	ck_assert_msg(sent->len == n + rest.len && memcmp(sent->data, head, n) == 0 &&
		memcmp(sent->data + n, rest.data, rest.len) == 0,
	    "number %zu is \"%.*s\", %zu bytes, instead of \"1:NUMBER:%.*s\", %zu bytes", i,
	    (int)sent->len, (const char *)sent->data, sent->len, (int)rest.len,
	    (const char *)rest.data, n + rest.len);
}

size_t count_sent(enum command command, const struct sent **last)
{
	size_t count = 0;

	for (size_t i = 0; i < lan.sent_count; i++) {
		struct packet packet;

		packet_parse(&packet, span_of(lan.sent[i].data, lan.sent[i].len));
		if (packet_command(&packet) != command)
			continue;
		count++;
		if (last != NULL)
			*last = &lan.sent[i];
	}
	return count;
}

bool is_neighbour(const char *where)
{
	struct endpoint ep = at(where);

	return neighbour_at(lan.peer, &ep) != NULL;
}

const struct neighbour *neighbour(const char *where)
{
	struct endpoint ep = at(where);
	const struct neighbour *found = neighbour_at(lan.peer, &ep);

	ck_assert_msg(found != NULL, "nobody is at %s", where);
	return found;
}
