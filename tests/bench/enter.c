/* Challenges, grants and echoes. */
#include "enter.h"

#include <sodium.h>
#include <string.h>

static bool is_challenge(const struct exchange *exchange)
{
	const struct fields *fields = &exchange->entry->fields;

	if (packet_command(exchange->packet) != CMD_ANSENTRY || !fields_has(fields, KEY_ER) ||
	    fields->error != PUNCH_UNVERIFIED || !fields_has(fields, KEY_CK))
		return false;
	memcpy(exchange->cookie, fields->cookie, COOKIE_BYTES);
	if (exchange->context != NULL && fields_has(fields, KEY_ID))
		memcpy(exchange->context, fields->identity, IDENTITY_BYTES);
	return true;
}

static bool is_grant(const struct exchange *exchange)
{
	const struct fields *fields = &exchange->entry->fields;

	if (packet_command(exchange->packet) != CMD_ANSENTRY || fields_has(fields, KEY_ER) ||
	    !fields_has(fields, KEY_LT) || fields->lifetime == 0 || !fields_has(fields, KEY_OA) ||
	    !endpoint_equal(&fields->observed, &exchange->peer) || !fields_has(fields, KEY_CK))
		return false;
	memcpy(exchange->cookie, fields->cookie, COOKIE_BYTES);
	return true;
}

static bool is_echo(const struct exchange *exchange)
{
	return span_equal(exchange->request, exchange->answer);
}

struct traffic_server enter_server(const struct server *superd)
{
	return (struct traffic_server){superd->name, superd->port, is_grant, NULL};
}

struct traffic_server echo_server(const struct server *echo)
{
	return (struct traffic_server){echo->name, echo->port, is_echo, NULL};
}

void enter_check(const struct traffic *traffic, const char *name)
{
	struct traffic_counts counts = traffic_count(traffic);

	if (counts.wrong > 0)
		die(name, "an answer was not what it has to be");
}

/* What the supernode's key is, it tells with the challenge. */
static void enter_both(struct traffic *traffic, const struct server *superd, uint32_t peers,
    uint8_t key[IDENTITY_BYTES], enum request_kind first, enum request_kind second)
{
	struct traffic_server granting = enter_server(superd);
	struct traffic_server challenging = granting;
	struct request request;

	challenging.accept = is_challenge;
	challenging.context = key;
	request_init(&request, first);
	traffic_exchange(traffic, &challenging, &request, peers);
	enter_check(traffic, superd->name);
	request_init(&request, second);
	request.reader = key;
	traffic_exchange(traffic, &granting, &request, peers);
	enter_check(traffic, superd->name);
}

void enter_all(struct traffic *traffic, const struct server *superd, uint32_t peers)
{
	uint8_t key[IDENTITY_BYTES] = {0};

	enter_both(traffic, superd, peers, key, REQUEST_FIRST, REQUEST_REFRESH);
}

void enter_all_signed(struct traffic *traffic, const struct server *superd, uint32_t peers)
{
	uint8_t key[IDENTITY_BYTES] = {0};

	enter_both(traffic, superd, peers, key, REQUEST_FIRST_OF_KEYED, REQUEST_SIGNED);
	if (sodium_is_zero(key, sizeof key))
		die(superd->name, "does not tell its key, so nobody signs");
}
