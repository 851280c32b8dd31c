/* Messages of the stock client's double: sending until confirmed, receiving, seals. */
#include "stock.h"

#include "escape.h"

#define READ_TRIES 12
#define READ_MS 750
#define PADDING 64

/* --- Sending */

static const union endpoint *answer_to(
    const struct stock *stock, const struct packet *packet, union endpoint *to)
{
	*to = packet->from;
	if (stock->habits->own_port)
		*endpoint_port(to) = stock->port;
	return to;
}

static struct repeat *repeat_place(struct stock *stock)
{
	for (size_t i = 0; i < REPEATS_MAX; i++)
		if (!stock->repeats[i].number)
			return &stock->repeats[i];
	printf("error send: too much is unconfirmed\n");
	return NULL;
}

/* The last tries of a message carry more NULs than the first. */
static void repeat_send(struct stock *stock, struct repeat *repeat)
{
	static const char padding[PADDING];
	static struct bytes packet;
	bool message = (repeat->command & COMMAND_MODE) == COMMAND_MESSAGE;

	packet.len = 0;
	bytes_add(&packet, repeat->packet.s, repeat->packet.len);
	if (message && repeat->left <= stock->habits->padded)
		bytes_add(&packet, padding, sizeof(padding));
	repeat->left--;
	repeat->due = now_ms() + (message ? stock->habits->tries_ms : READ_MS);
	packet_send(stock, &repeat->to, &packet);
}

static void repeat_begin(struct stock *stock, const union endpoint *to, const struct user *user,
    unsigned long number, unsigned long command, const struct bytes *packet, int tries)
{
	struct repeat *repeat = repeat_place(stock);

	if (!repeat)
		return;
	memset(repeat, 0, offsetof(struct repeat, packet));
	repeat->number = number;
	repeat->command = command;
	repeat->to = *to;
	repeat->left = tries;
	repeat->packet.len = 0;
	bytes_add(&repeat->packet, packet->s, packet->len);
	if (user) {
		repeat->user = user->user;
		repeat->host = user->host;
	}
	repeat_send(stock, repeat);
}

/* A letter's place; the oldest one is given up for it. */
static struct letter *letter_new(struct stock *stock, const char *number)
{
	struct letter *letter = &stock->letters[stock->letter_next];

	stock->letter_next = (stock->letter_next + 1) % LETTERS_MAX;
	memset(letter, 0, sizeof(*letter));
	text_set(&letter->number, number, strlen(number));
	return letter;
}

void message_send(struct stock *stock, const union endpoint *to, struct user *user,
    unsigned long options, const char *text, const char *attachment)
{
	unsigned long command = COMMAND_MESSAGE | options, number = number_next(stock);
	const char *charset = user_charset(stock, user, &command);
	union endpoint where = *to;
	static struct bytes packet;

	if (stock->habits->own_port)
		*endpoint_port(&where) = stock->port;
	packet_begin(stock, &packet, number, command);
	bytes_add_text(&packet, charset, text);
	if (stock->habits->ends_bodies || attachment)
		bytes_add(&packet, "", 1);
	if (attachment) {
		bytes_add_text(&packet, charset, attachment);
		bytes_add(&packet, "", 1);
	}
	if (command & OPTION_SENDCHECK)
		repeat_begin(stock, &where, user, number, command, &packet, stock->habits->tries);
	else
		packet_send(stock, &where, &packet);
}

/* All copies have one number, so whom two of them reach shows it once. */
void message_broadcast(struct stock *stock, const char *text)
{
	static struct bytes packet;

	if (!stock->habits->one_by_one) {
		packet_begin(
		    stock, &packet, number_next(stock), COMMAND_MESSAGE | OPTION_BROADCAST);
		bytes_add_text(&packet, stock->charset, text);
		if (stock->habits->ends_bodies)
			bytes_add(&packet, "", 1);
		packet_broadcast(stock, &packet);
		return;
	}
	for (size_t i = 0; i < stock->user_count; i++)
		message_send(
		    stock, &stock->users[i].at, &stock->users[i], OPTION_BROADCAST, text, NULL);
}

/* What was not confirmed goes out again, number and all, to a receiver that appears. */
void messages_resume(struct stock *stock, const struct user *user)
{
	for (size_t i = 0; i < REPEATS_MAX; i++) {
		struct repeat *repeat = &stock->repeats[i];

		if (!repeat->number || repeat->left >= 0 ||
		    !text_is(&repeat->user, user->user.s, user->user.len) ||
		    !text_is(&repeat->host, user->host.s, user->host.len))
			continue;
		repeat->to = user->at;
		repeat->left = stock->habits->tries;
		repeat_send(stock, repeat);
	}
}

void messages_run(struct stock *stock, int64_t now)
{
	for (size_t i = 0; i < REPEATS_MAX; i++) {
		struct repeat *repeat = &stock->repeats[i];

		if (!repeat->number || repeat->left < 0 || repeat->due > now)
			continue;
		if (repeat->left > 0) {
			repeat_send(stock, repeat);
			continue;
		}
		printf("unconfirmed %lu\n", repeat->number);
		repeat->left = -1;
		if (!stock->habits->keeps || (repeat->command & COMMAND_MODE) != COMMAND_MESSAGE)
			repeat->number = 0;
	}
}

int64_t messages_due(const struct stock *stock)
{
	int64_t due = INT64_MAX;

	for (size_t i = 0; i < REPEATS_MAX; i++) {
		const struct repeat *repeat = &stock->repeats[i];

		if (repeat->number && repeat->left >= 0 && repeat->due < due)
			due = repeat->due;
	}
	return due;
}

/* --- Confirmations */

static struct repeat *repeat_find(
    struct stock *stock, const struct packet *packet, unsigned long mode)
{
	unsigned long number = strtoul(packet->body, NULL, 10);

	for (size_t i = 0; i < REPEATS_MAX; i++) {
		struct repeat *repeat = &stock->repeats[i];

		if (repeat->number && repeat->number == number &&
		    (repeat->command & COMMAND_MODE) == mode)
			return repeat;
	}
	return NULL;
}

void on_recvmsg(struct stock *stock, const struct packet *packet)
{
	struct repeat *repeat = repeat_find(stock, packet, COMMAND_MESSAGE);
	const struct habits *habits = stock->habits;
	char where[ENDPOINT_SIZE];

	if (!repeat)
		return;
	if ((habits->exact_receipts && !same_endpoint(&repeat->to, &packet->from)) ||
	    (habits->identity == BY_ADDRESS && !same_address(&repeat->to, &packet->from))) {
		printf("stray RECVMSG %s %lu\n", endpoint(where, &packet->from), repeat->number);
		return;
	}
	printf("confirmed %lu\n", repeat->number);
	repeat->number = 0;
}

void on_ansreadmsg(struct stock *stock, const struct packet *packet)
{
	struct repeat *repeat = repeat_find(stock, packet, COMMAND_READMSG);

	if (!repeat)
		return;
	printf("read-confirmed %lu\n", repeat->number);
	repeat->number = 0;
}

void on_readmsg(struct stock *stock, const struct packet *packet)
{
	union endpoint to;

	if ((packet->command & OPTION_READCHECK) && stock->habits->answers_reads &&
	    !stock->mute_readmsg)
		packet_send_text(stock, answer_to(stock, packet, &to), COMMAND_ANSREADMSG,
		    stock->charset, packet->number.s);
	if (!stock->habits->answers_reads || seen_already(stock, packet))
		return;
	printf("opened %lu\n", strtoul(packet->body, NULL, 10));
}

/* --- Receiving */

void message_confirm(struct stock *stock, const struct packet *packet)
{
	unsigned long never = stock->habits->answers_all ? 0 : OPTION_BROADCAST | OPTION_AUTORET;
	union endpoint to;

	if ((packet->command & OPTION_SENDCHECK) && !(packet->command & never))
		packet_send_text(stock, answer_to(stock, packet, &to),
		    COMMAND_RECVMSG | stock->habits->receipt, stock->charset, packet->number.s);
}

static void show(struct stock *stock, const struct packet *packet)
{
	static char text[PACKET_MAX], escaped[4 * PACKET_MAX];
	struct letter *letter;

	packet_text(stock, packet, text, sizeof(text));
	if ((packet->command & OPTION_SECRET) && stock->habits->sealed) {
		letter = letter_new(stock, packet->number.s);
		letter->from = packet->from;
		letter->command = packet->command;
		snprintf(letter->text, sizeof(letter->text), "%s", text);
		text_set(&letter->who, user_name(stock, packet), strlen(user_name(stock, packet)));
		printf("sealed %s %s\n", letter->who.s, letter->number.s);
	} else {
		escape(escaped, sizeof(escaped), text, strlen(text), true);
		printf("message %s %s\n", user_name(stock, packet), escaped);
	}
	if ((packet->command & OPTION_FILEATTACH) && packet->ext_len > 0) {
		utf8_from(text, sizeof(text), packet->charset, packet->ext, packet->ext_len);
		escape(escaped, sizeof(escaped), text, strlen(text), true);
		printf("offered %s %s %s\n", user_name(stock, packet), packet->number.s, escaped);
	}
}

static void answer_absent(struct stock *stock, const struct packet *packet)
{
	struct user *user = user_of(stock, packet);
	union endpoint to;

	if (stock->absent && !(packet->command & (OPTION_BROADCAST | OPTION_AUTORET)))
		message_send(
		    stock, answer_to(stock, packet, &to), user, OPTION_AUTORET, stock->words, NULL);
}

/* A sender that never entered. */
static void meet(struct stock *stock, const struct packet *packet)
{
	if (packet->command & OPTION_NOADDLIST)
		return;
	if (stock->habits->greeting == GREETS_BY_ENTRY && !user_of(stock, packet))
		presence_tell(stock, &packet->from, COMMAND_ENTRY);
	else if (stock->habits->greeting == GREETS_IN_LIST && !user_of(stock, packet))
		user_enter(stock, packet);
}

/* iptux reads a message in the codeset of the last one first, and UTF-16 takes anything. */
static bool is_garbled(struct user *user, const struct packet *packet)
{
	const char *charset = packet->charset;

	if (user && strcmp(user->codeset, CHARSET_ABSURD) == 0)
		charset = CHARSET_ABSURD;
	if (user && *user->codeset)
		snprintf(user->codeset, sizeof(user->codeset), "%s", charset);
	return strcmp(charset, CHARSET_ABSURD) == 0;
}

void on_message(struct stock *stock, const struct packet *packet)
{
	unsigned long number = strtoul(packet->number.s, NULL, 10);
	struct user *user;

	if (stock->habits->knows_seen && seen_already(stock, packet)) {
		printf("duplicate %s\n", packet->number.s);
		message_confirm(stock, packet);
		return;
	}
	if (stock->habits->greeting == GREETS_IN_LIST)
		meet(stock, packet);
	user = user_of(stock, packet);
	if (is_garbled(user, packet)) {
		printf("garbled %s\n", packet->number.s);
		return;
	}
	if (stock->habits->drops_old && user) {
		if (number <= user->last_number) {
			printf("old %s\n", packet->number.s);
			message_confirm(stock, packet);
			return;
		}
		user->last_number = number;
	}
	show(stock, packet);
	message_confirm(stock, packet);
	answer_absent(stock, packet);
	if (stock->habits->greeting == GREETS_BY_ENTRY)
		meet(stock, packet);
}

/* --- Opening a seal */

void message_open(struct stock *stock, const char *number)
{
	static char escaped[4 * PACKET_MAX];
	const struct letter *letter = NULL;
	unsigned long command, own;
	static struct bytes packet;

	for (size_t i = 0; i < LETTERS_MAX && !letter; i++)
		if (text_is(&stock->letters[i].number, number, strlen(number)))
			letter = &stock->letters[i];
	if (!letter) {
		printf("error open: no such message\n");
		return;
	}
	escape(escaped, sizeof(escaped), letter->text, strlen(letter->text), true);
	printf("message %s %s\n", letter->who.s, escaped);
	if (!stock->habits->reads_check || !(letter->command & OPTION_READCHECK)) {
		packet_send_text(
		    stock, &letter->from, COMMAND_READMSG, stock->charset, letter->number.s);
		return;
	}
	own = number_next(stock);
	command = COMMAND_READMSG | OPTION_READCHECK;
	packet_begin(stock, &packet, own, command);
	bytes_add(&packet, letter->number.s, letter->number.len + 1);
	repeat_begin(stock, &letter->from, NULL, own, command, &packet, READ_TRIES);
}
