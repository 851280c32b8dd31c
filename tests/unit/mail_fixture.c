/* Messages of and to the peer on its LAN. */
#include "mail_fixture.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TOLD_MAX 4096

static struct told tolds[TOLD_MAX];
static size_t tolds_count;

static void note_offers(const struct peer_event *event, struct told *told)
{
	told->offer_count = event->offer_count;
	for (size_t i = 0; i < event->offer_count; i++) {
		const struct offer *offer = &event->offers[i];
		size_t used = strlen(told->offers);

		snprintf(told->offers + used, sizeof told->offers - used, "%s %llu %s;",
		    offer->name, (unsigned long long)offer->size, offer_kind_name(offer->kind));
	}
}

static void on_event(const struct peer_event *event, void *context)
{
	struct told *told = &tolds[tolds_count];

	if (event->kind != EVENT_RECEIVED && event->kind != EVENT_MESSAGE)
		return;
	tolds_count++;
	ck_assert_uint_lt(tolds_count, TOLD_MAX);
	*told = (struct told){
	    .kind = event->kind,
	    .message = event->message,
	    .state = event->message_state,
	    .reason = event->reason,
	    .path = event->path,
	    .sealed = event->sealed,
	    .broadcast = event->broadcast,
	    .automatic = event->automatic,
	};
	snprintf(told->name, sizeof told->name, "%s", event->name);
	snprintf(told->text, sizeof told->text, "%s", event->text != NULL ? event->text : "");
	note_offers(event, told);
}

void mail_setup(void)
{
	lan_setup();
	lan.listener = on_event;
	lan_settle();
	there_is(ALICE, "alice", "ALPHA", "dev", true);
	there_is(CAROL, "carol", "gamma", "", false);
}

void hearf(const char *from, const char *format, ...)
{
	char bytes[2000];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(bytes, sizeof bytes, format, args);

	va_end(args);
	hear(from, span_of(bytes, (size_t)len + 1));
}

void there_is(const char *where, const char *user, const char *host, const char *group, bool utf8)
{
	char bytes[300];
	int len = snprintf(bytes, sizeof bytes, "1:1:%s:%s:%u:%s%c%s", user, host,
	    CMD_ANSENTRY | (utf8 ? OPT_CAPUTF8 : 0), user, '\0', group);

	hear(where, span_of(bytes, (size_t)len + 1));
	ck_assert(is_neighbour(where));
	forget();
}

uint32_t there_is_seed(const char *where, const char *name)
{
	struct endpoint ep = at(where);
	enum reason reason;
	uint32_t id = peer_ask(lan.peer, name, &ep, lan.now, wall(), &lan.batch, &reason);
	struct destination to;

	pass(100);
	hearf(where, "1:1:dave:pc:3:%s", name);
	ck_assert(destination_find(lan.peer, id, &to));
	ck_assert(to.open);
	forget();
	return id;
}

uint64_t say(const char *name, const char *text, bool sealed, bool many, enum reason *reason)
{
	struct letter letter = {.name = name, .text = text, .sealed = sealed, .many = many};
	enum reason why;
	uint64_t id = peer_send(lan.peer, &letter, lan.now, wall(), &lan.batch, &why);

	batch_flush(&lan.batch);
	if (reason != NULL)
		*reason = why;
	return id;
}

void forget(void)
{
	forget_sent();
	tolds_count = 0;
}

size_t sent_to(const char *where)
{
	struct endpoint ep = at(where);
	size_t count = 0;

	for (size_t i = 0; i < lan.sent_count; i++)
		count += endpoint_equal(&lan.sent[i].to, &ep);
	return count;
}

size_t bytes_to(const char *where)
{
	struct endpoint ep = at(where);
	size_t bytes = 0;

	for (size_t i = 0; i < lan.sent_count; i++)
		bytes += endpoint_equal(&lan.sent[i].to, &ep) ? lan.sent[i].len : 0;
	return bytes;
}

uint32_t ck_sent(size_t i, const char *to, uint16_t local, struct span rest)
{
	assert_sent(i, to, local, rest);
	return lan.sent[i].number;
}

size_t told_count(void)
{
	return tolds_count;
}

const struct told *told_at(size_t i)
{
	ck_assert_uint_lt(i, tolds_count);
	return &tolds[i];
}

const struct told *last_told(void)
{
	return told_at(tolds_count - 1);
}
