/*
 * The seed double. It has its own few lines of parsing, so that what it takes
 * and sends does not change with the library under test.
 */
#include "seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BR_ENTRY 0x01
#define BR_EXIT 0x02
#define ANSENTRY 0x03
#define BR_ABSENCE 0x04
#define SENDMSG 0x20
#define RECVMSG 0x21
#define READMSG 0x30
#define ANSREADMSG 0x32
#define ASKPUNCHING 0x80
#define ORDERPUNCHING 0x81

#define SENDCHECK 0x100
#define READCHECK 0x100000

/* A datagram cut at its first five colons. */
struct heard {
	const struct endpoint *from;
	char number[24];
	char user[80];
	char host[80];
	unsigned long word;
	const char *body;
	size_t len;
};

static void emit(const struct seed_node *seed, const struct endpoint *to, int64_t wall,
    unsigned long word, const char *body, size_t len, struct batch *out)
{
	size_t room = 256 + len;
	unsigned char *at = batch_open(out, room);
	int head = snprintf((char *)at, 256, "1:%lld:%s:pc-%s:%lu:", (long long)wall, seed->nick,
	    seed->nick, word);

	memcpy(at + head, body, len);
	batch_commit(out, (size_t)head + len, 0, to, 0);
}

static void emit_names(const struct seed_node *seed, const struct endpoint *to, int64_t wall,
    unsigned long word, struct batch *out)
{
	char body[162];
	size_t nick = strlen(seed->nick) + 1, group = strlen(seed->group) + 1;

	memcpy(body, seed->nick, nick);
	memcpy(body + nick, seed->group, group);
	emit(seed, to, wall, word, body, nick + group, out);
}

/* Copies up to the next colon; moves on behind it. */
static bool cut(const char **at, const char *end, char *out, size_t cap)
{
	const char *colon = memchr(*at, ':', (size_t)(end - *at));

	if (colon == NULL || (size_t)(colon - *at) >= cap)
		return false;
	memcpy(out, *at, (size_t)(colon - *at));
	out[colon - *at] = '\0';
	*at = colon + 1;
	return true;
}

static bool read_heard(struct heard *heard, const struct arrival *in)
{
	const char *at = (const char *)in->bytes.data, *end = at + in->bytes.len;
	char version[32], word[12];

	heard->from = &in->remote;
	if (!cut(&at, end, version, sizeof version) ||
	    !cut(&at, end, heard->number, sizeof heard->number) ||
	    !cut(&at, end, heard->user, sizeof heard->user) ||
	    !cut(&at, end, heard->host, sizeof heard->host) || !cut(&at, end, word, sizeof word))
		return false;
	heard->word = strtoul(word, NULL, 10);
	heard->body = at;
	heard->len = (size_t)(end - at);
	return true;
}

/* The n-th NUL-separated piece of the body as a string; empty when there is none. */
static void piece(const struct heard *heard, unsigned n, char *out, size_t cap)
{
	const char *at = heard->body, *end = heard->body + heard->len;

	for (; n > 0 && at < end; n--) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));

		at = nul != NULL ? nul + 1 : end;
	}
	size_t len = strnlen(at, (size_t)(end - at));

	if (len >= cap)
		len = cap - 1;
	memcpy(out, at, len);
	out[len] = '\0';
}

/* Whoever speaks is known from then on, as user@address:port; the last one stands at the end. */
static struct seed_user *remember(struct seed_node *seed, const struct heard *heard)
{
	struct seed_user user = {.at = *heard->from};
	size_t i = 0;

	while (i < seed->user_count && (!endpoint_equal(&seed->users[i].at, heard->from) ||
	    strcmp(seed->users[i].user, heard->user) != 0))
		i++;
	if (i < seed->user_count) {
		user = seed->users[i];
	} else {
		snprintf(user.user, sizeof user.user, "%s", heard->user);
		snprintf(user.name, sizeof user.name, "%s@%s", heard->user, heard->host);
		if (i == SEED_USERS_MAX)
			i = 0;
		else
			seed->user_count++;
	}
	memmove(&seed->users[i], &seed->users[i + 1],
	    (seed->user_count - 1 - i) * sizeof seed->users[0]);
	seed->users[seed->user_count - 1] = user;
	return &seed->users[seed->user_count - 1];
}

static void take_names(struct seed_user *user, const struct heard *heard)
{
	char nick[80], group[80];

	piece(heard, 0, nick, sizeof nick);
	piece(heard, 1, group, sizeof group);
	snprintf(user->name, sizeof user->name, "%s@%s", nick[0] ? nick : heard->user,
	    group[0] && group[0] != '\n' ? group : heard->host);
}

static void forget(struct seed_node *seed, const struct seed_user *user)
{
	size_t i = (size_t)(user - seed->users);

	memmove(&seed->users[i], &seed->users[i + 1],
	    (--seed->user_count - i) * sizeof seed->users[0]);
}

const struct seed_user *seed_find(const struct seed_node *seed, const char *name, size_t len)
{
	for (size_t i = seed->user_count; i > 0; i--) {
		const struct seed_user *user = &seed->users[i - 1];

		if (strlen(user->name) == len && memcmp(user->name, name, len) == 0)
			return user;
	}
	return NULL;
}

bool seed_knows(const struct seed_node *seed, const struct endpoint *at)
{
	for (size_t i = 0; i < seed->user_count; i++) {
		if (endpoint_equal(&seed->users[i].at, at))
			return true;
	}
	return false;
}

/* As supernode: the target alone is told, the asker nothing. */
static void on_ask(struct seed_node *seed, const struct heard *heard, int64_t wall,
    struct batch *out)
{
	const struct seed_user *target = seed_find(seed, heard->body, heard->len);
	char body[ENDPOINT_TEXT_MAX + 8];

	if (target == NULL)
		return;
	size_t len = strlen(endpoint_format_address(heard->from, body)) + 1;
	int port = snprintf(body + len, sizeof body - len, "%u", heard->from->port);

	emit(seed, &target->at, wall, ORDERPUNCHING, body, len + (size_t)port, out);
}

static void on_order(struct seed_node *seed, const struct heard *heard, int64_t wall,
    struct batch *out)
{
	char address[ENDPOINT_TEXT_MAX], port[8];
	struct endpoint toward;

	piece(heard, 0, address, sizeof address);
	piece(heard, 1, port, sizeof port);
	if (endpoint_parse(&toward, address, (uint16_t)strtoul(port, NULL, 10)) != NULL)
		return;
	seed->orders++;
	emit_names(seed, &toward, wall, BR_ENTRY, out);
}

static void on_message(struct seed_node *seed, const struct heard *heard, int64_t wall,
    struct batch *out)
{
	seed->received++;
	piece(heard, 0, seed->text, sizeof seed->text);
	if (heard->word & SENDCHECK)
		emit(seed, heard->from, wall, RECVMSG, heard->number, strlen(heard->number), out);
}

void seed_receive(struct seed_node *seed, const struct arrival *in, struct batch *out)
{
	struct heard heard;

	seed->last_port = in->remote.port;
	if (!read_heard(&heard, in))
		return;
	struct seed_user *user = remember(seed, &heard);

	switch (heard.word & 0xff) {
	case BR_ENTRY:
		take_names(user, &heard);
		emit_names(seed, heard.from, in->wall, ANSENTRY, out);
		break;
	case ANSENTRY:
	case BR_ABSENCE:
		take_names(user, &heard);
		break;
	case BR_EXIT:
		forget(seed, user);
		break;
	case SENDMSG:
		on_message(seed, &heard, in->wall, out);
		break;
	case RECVMSG:
		seed->confirmed++;
		break;
	case READMSG:
		if (heard.word & READCHECK)
			emit(seed, heard.from, in->wall, ANSREADMSG, heard.number,
			    strlen(heard.number), out);
		break;
	case ASKPUNCHING:
		on_ask(seed, &heard, in->wall, out);
		break;
	case ORDERPUNCHING:
		on_order(seed, &heard, in->wall, out);
		break;
	default:
		break;
	}
}

void seed_enter(struct seed_node *seed, const struct endpoint *to, int64_t wall,
    struct batch *out)
{
	emit_names(seed, to, wall, BR_ENTRY, out);
}

void seed_ask(struct seed_node *seed, const char *name, int64_t wall, struct batch *out)
{
	struct endpoint to = seed->supernode;

	if (seed->last_port != 0)
		to.port = seed->last_port;
	emit(seed, &to, wall, ASKPUNCHING, name, strlen(name), out);
}

bool seed_send(struct seed_node *seed, const char *name, const char *text, int64_t wall,
    struct batch *out)
{
	const struct seed_user *user = seed_find(seed, name, strlen(name));

	if (user == NULL)
		return false;
	emit(seed, &user->at, wall, SENDMSG | SENDCHECK, text, strlen(text), out);
	return true;
}
