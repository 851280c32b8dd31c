/* Bytes and text of the stock client's double: character sets, cutting and making packets. */
#include "stock.h"

#include "escape.h"

#include <errno.h>
#include <iconv.h>
#include <time.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * (int64_t)1000 + now.tv_nsec / 1000000;
}

void bytes_add(struct bytes *bytes, const void *more, size_t len)
{
	if (len > sizeof(bytes->s) - bytes->len)
		len = sizeof(bytes->s) - bytes->len;
	memcpy(bytes->s + bytes->len, more, len);
	bytes->len += len;
}

/* What cannot be converted becomes `instead`. Returns the length written. */
static size_t convert(char *out, size_t size, const char *to, const char *from, const char *bytes,
    size_t len, const char *instead)
{
	iconv_t cd = iconv_open(to, from);
	char *in = (char *)(uintptr_t)bytes, *start = out;

	if (cd == (iconv_t)-1)
		return 0;
	while (len > 0 && iconv(cd, &in, &len, &out, &size) == (size_t)-1) {
		if (errno == E2BIG || size < strlen(instead))
			break;
		memcpy(out, instead, strlen(instead));
		out += strlen(instead);
		size -= strlen(instead);
		/* The whole character, if it was one. */
		do {
			in++;
			len--;
		} while (len > 0 && strcmp(from, "UTF-8") == 0 && (*in & 0xc0) == 0x80);
	}
	iconv_close(cd);
	return (size_t)(out - start);
}

void bytes_add_text(struct bytes *bytes, const char *charset, const char *utf8)
{
	bytes->len += convert(bytes->s + bytes->len, sizeof(bytes->s) - bytes->len, charset,
	    "UTF-8", utf8, strlen(utf8), "?");
}

/* Terminated; with U+FFFD for what is no text. */
void utf8_from(char *out, size_t size, const char *charset, const char *bytes, size_t len)
{
	out[convert(out, size - 1, "UTF-8", charset, bytes, len, REPLACEMENT)] = '\0';
}

static void text_from(struct text *text, const char *charset, const char *bytes, size_t len)
{
	char utf8[TEXT_MAX + 1];

	utf8_from(utf8, sizeof(utf8), charset, bytes, len);
	text_set(text, utf8, strlen(utf8));
}

unsigned long number_next(struct stock *stock)
{
	unsigned long now = (unsigned long)time(NULL);

	switch (stock->habits->numbers) {
	case NUMBERS_TIME:
		return now;
	case NUMBERS_FROM_ONE:
		return ++stock->last_number;
	case NUMBERS_RISING:
		break;
	}
	stock->last_number = now > stock->last_number ? now : stock->last_number + 1;
	return stock->last_number;
}

/* --- Reading */

static const char *charset_of(const struct stock *stock, const struct packet *packet)
{
	return stock->habits->utf8 && (packet->command & OPTION_UTF8) ? "UTF-8" : stock->charset;
}

static bool is_text(const char *charset, const char *bytes, size_t len)
{
	static char utf8[4 * PACKET_MAX];
	size_t utf8_len = convert(utf8, sizeof(utf8), "UTF-8", charset, bytes, len, REPLACEMENT);

	return !memmem(utf8, utf8_len, REPLACEMENT, strlen(REPLACEMENT));
}

/*
 * iptux judges a packet as a whole: by the codeset that it prefers, as UTF-8, as Chinese, and at
 * last as UTF-16, which takes anything. A legacy nick beside a UTF-8 key block ends there.
 */
static const char *charset_guess(const struct stock *stock, const char *bytes, size_t len)
{
	static const char *const candidates[] = {"UTF-8", "GB18030"};

	if (is_text(stock->charset, bytes, len))
		return stock->charset;
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
		if (is_text(candidates[i], bytes, len))
			return candidates[i];
	return CHARSET_ABSURD;
}

static bool is_entry(unsigned long command)
{
	command &= COMMAND_MODE;
	return command == COMMAND_ENTRY || command == COMMAND_ANSENTRY ||
	       command == COMMAND_ABSENCE || command == COMMAND_ISGETLIST2;
}

/* One line of a key block. Only entry and absence packets rename by it. */
static void take_key(const struct stock *stock, struct packet *packet, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *second;
	unsigned long mode = packet->command & COMMAND_MODE;
	struct text *into = NULL;
	size_t value_len;

	if (!colon || colon - line != 2) {
		if (!colon && stock->habits->keys == KEYS_MAC)
			printf("error block line without a colon\n");
		return;
	}
	value_len = len - 3;
	if (stock->habits->keys == KEYS_MAC && (second = memchr(colon + 1, ':', value_len)))
		value_len = (size_t)(second - colon - 1);
	if (memcmp(line, "UN", 2) == 0)
		into = &packet->user;
	else if (memcmp(line, "HN", 2) == 0)
		into = &packet->host;
	else if (memcmp(line, "NN", 2) == 0 && mode != COMMAND_ANSENTRY)
		into = &packet->nick;
	else if (memcmp(line, "GN", 2) == 0 && mode != COMMAND_ANSENTRY)
		into = &packet->group;
	if (into)
		text_from(into, "UTF-8", colon + 1, value_len);
}

static void take_keys(const struct stock *stock, struct packet *packet)
{
	const char *line = packet->keys, *end = packet->keys + packet->keys_len;

	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *stop = newline ? newline : end;

		if (stop > line)
			take_key(stock, packet, line, (size_t)(stop - line));
		line = newline ? newline + 1 : end;
	}
}

/* Nick, group, and the key block or icon and codeset, for a client that knows of them. */
static void take_names(
    const struct stock *stock, struct packet *packet, const char *rest, const char *end)
{
	const char *field = packet->ext;
	size_t len = packet->ext_len;

	text_from(&packet->nick, packet->charset, packet->body, packet->body_len);
	if (len > 0 && *field == '\n')
		rest = field;
	else
		text_from(&packet->group, packet->charset, field, len);
	len = take_field(&rest, end, &field);
	if (stock->habits->utf8 && (packet->command & OPTION_CAPUTF8) && len > 0 &&
	    *field == '\n') {
		packet->keys = field + 1;
		packet->keys_len = len - 1;
		take_keys(stock, packet);
	}
	if (take_field(&rest, end, &field) > 0 && stock->habits->keys == KEYS_IPTUX)
		packet->codeset = field;
}

const char *packet_parse(
    const struct stock *stock, struct packet *packet, const char *bytes, size_t len)
{
	const char *end = bytes + len, *whole = bytes, *start[5], *rest;
	size_t size[5];

	for (int i = 0; i < 5; i++) {
		const char *colon = memchr(bytes, ':', (size_t)(end - bytes));

		if (!colon)
			return "five colons missing";
		start[i] = bytes;
		size[i] = (size_t)(colon - bytes);
		bytes = colon + 1;
	}
	if (strtoul(start[0], NULL, 10) != 1)
		return "not version 1";
	if (size[1] == 0 || size[2] == 0 || size[3] == 0)
		return "empty field";
	text_set(&packet->number, start[1], size[1] < 15 ? size[1] : 15);
	packet->command = strtoul(start[4], NULL, 10);
	packet->charset = stock->habits->keys == KEYS_IPTUX ? charset_guess(stock, whole, len)
							    : charset_of(stock, packet);
	text_from(&packet->user, packet->charset, start[2], size[2]);
	text_from(&packet->host, packet->charset, start[3], size[3]);
	rest = bytes;
	packet->body_len = take_field(&rest, end, &packet->body);
	packet->ext_len = take_field(&rest, end, &packet->ext);
	if (is_entry(packet->command) || (packet->command & COMMAND_MODE) == COMMAND_EXIT)
		take_names(stock, packet, rest, end);
	return NULL;
}

void packet_text(const struct stock *stock, const struct packet *packet, char *out, size_t size)
{
	utf8_from(out, size, packet->charset, packet->body, packet->body_len);
}

void packet_tell(const struct stock *stock, const char *verb, const struct packet *packet)
{
	static char text[PACKET_MAX], escaped[4 * PACKET_MAX];
	const char *name = command_name(packet->command);
	char where[ENDPOINT_SIZE];

	if (is_entry(packet->command))
		snprintf(text, sizeof(text), "%s@%s", packet->nick.s, packet->group.s);
	else
		packet_text(stock, packet, text, sizeof(text));
	escape(escaped, sizeof(escaped), text, strlen(text), true);
	printf("%s %s %s %s %08lx%s%s\n", verb, name ? name : "-", endpoint(where, &packet->from),
	    packet->number.s, packet->command & ~COMMAND_MODE, *escaped ? " " : "", escaped);
}

/* --- Writing */

void packet_begin(
    const struct stock *stock, struct bytes *out, unsigned long number, unsigned long command)
{
	const char *charset = (command & OPTION_UTF8) ? "UTF-8" : stock->charset;
	char field[64];

	if (stock->habits->stays_absent && stock->absent)
		command |= OPTION_ABSENCE;
	if (stock->habits->stays_absent && stock->dialup)
		command |= OPTION_DIALUP;
	out->len = 0;
	snprintf(field, sizeof(field), "%s:%lu:", stock->habits->version, number);
	bytes_add(out, field, strlen(field));
	bytes_add_text(out, charset, stock->user.s);
	bytes_add(out, ":", 1);
	bytes_add_text(out, charset, stock->host.s);
	snprintf(field, sizeof(field), ":%lu:", command);
	bytes_add(out, field, strlen(field));
}

void packet_send(struct stock *stock, const union endpoint *to, const struct bytes *packet)
{
	const struct user *user = user_at(stock, to);
	struct packet told = {.from = *to};
	int fd = to->any.sa_family == AF_INET6 ? stock->fd6 : stock->fd;
	char where[ENDPOINT_SIZE];
	static struct bytes copy;

	/* Terminated, as what is received is. */
	copy.len = 0;
	bytes_add(&copy, packet->s, packet->len);
	/* Such a string ends for iptux behind its first character. */
	if (user && strcmp(user->codeset, CHARSET_ABSURD) == 0) {
		copy.len = 0;
		bytes_add(&copy,
		    "\xff\xfe"
		    "1",
		    sizeof("\xff\xfe"
			   "1"));
	}
	copy.s[copy.len < sizeof(copy.s) ? copy.len : sizeof(copy.s) - 1] = '\0';
	if (fd >= 0 && sendto(fd, copy.s, copy.len, 0, &to->any, endpoint_size(to)) >= 0) {
		if (!packet_parse(stock, &told, copy.s, copy.len))
			packet_tell(stock, "sent", &told);
		else
			printf("sent raw %s\n", endpoint(where, to));
	} else if (errno != ENETUNREACH) { /* 255.255.255.255, without a default route */
		printf("error send %s %s\n", endpoint(where, to), strerror(errno));
	}
}

unsigned long packet_send_text(struct stock *stock, const union endpoint *to, unsigned long command,
    const char *charset, const char *utf8)
{
	unsigned long number = number_next(stock);
	static struct bytes packet;

	packet_begin(stock, &packet, number, command);
	if (utf8)
		bytes_add_text(&packet, charset, utf8);
	if (stock->habits->ends_bodies && (utf8 || stock->habits->keys != KEYS_MAC))
		bytes_add(&packet, "", 1);
	packet_send(stock, to, &packet);
	return number;
}
