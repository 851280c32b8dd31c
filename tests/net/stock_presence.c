/* How the stock client's double enters, leaves and is away, and its host lists. */
#include "stock.h"

#include "escape.h"

#include <ifaddrs.h>
#include <net/if.h>

#define LEAVE_AGAIN_MS 100
#define LIST_AGAIN_MS 3000
#define LIST_AGE_MS 3000 /* who has been up for less has no list to give */
#define LIST_PART 40

/* --- Where broadcasts go */

void links_find(struct stock *stock)
{
	struct ifaddrs *all;

	stock->link_count = 0;
	if (getifaddrs(&all) < 0)
		return;
	for (struct ifaddrs *one = all; one && stock->link_count < LINKS_MAX; one = one->ifa_next) {
		struct link *link = &stock->links[stock->link_count];

		if (!one->ifa_addr || !(one->ifa_flags & IFF_UP) || (one->ifa_flags & IFF_LOOPBACK))
			continue;
		memset(link, 0, sizeof(*link));
		link->index = if_nametoindex(one->ifa_name);
		if (one->ifa_addr->sa_family == AF_INET) {
			memcpy(&link->address.v4, one->ifa_addr, sizeof(link->address.v4));
			if (one->ifa_broadaddr && (one->ifa_flags & IFF_BROADCAST))
				memcpy(&link->broadcast.v4, one->ifa_broadaddr,
				    sizeof(link->broadcast.v4));
		} else if (one->ifa_addr->sa_family == AF_INET6) {
			memcpy(&link->address.v6, one->ifa_addr, sizeof(link->address.v6));
		} else {
			continue;
		}
		stock->link_count++;
	}
	freeifaddrs(all);
}

/* What we broadcast comes back to us. */
bool is_own(const struct stock *stock, const union endpoint *from)
{
	union endpoint at = *from;

	if (*endpoint_port(&at) != stock->port)
		return false;
	for (size_t i = 0; i < stock->link_count; i++)
		if (same_address(&stock->links[i].address, from))
			return true;
	return false;
}

typedef void visitor(struct stock *stock, const union endpoint *to, const void *argument);

static void each_group(struct stock *stock, unsigned index, visitor *run, const void *argument)
{
	static const char *const groups[] = {"[ff15::979]", "[ff02::1]"};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		union endpoint to;

		parse_endpoint(groups[i], &to);
		to.v6.sin6_port = stock->port;
		to.v6.sin6_scope_id = index;
		run(stock, &to, argument);
	}
}

/* The local networks, 255.255.255.255, and who dialled up. */
static void each_destination(struct stock *stock, visitor *run, const void *argument)
{
	union endpoint to;

	links_find(stock);
	for (size_t i = 0; i < stock->link_count; i++) {
		const struct link *link = &stock->links[i];

		if (stock->habits->directed && link->broadcast.any.sa_family == AF_INET) {
			to = link->broadcast;
			to.v4.sin_port = stock->port;
			run(stock, &to, argument);
		}
		if (stock->fd6 >= 0 && link->address.any.sa_family == AF_INET6 &&
		    IN6_IS_ADDR_LINKLOCAL(&link->address.v6.sin6_addr))
			each_group(stock, link->index, run, argument);
	}
	parse_endpoint("255.255.255.255", &to);
	to.v4.sin_port = stock->port;
	run(stock, &to, argument);
	for (size_t i = 0; i < stock->user_count; i++)
		if (stock->users[i].dialup)
			run(stock, &stock->users[i].at, argument);
}

/* --- Entry packets */

static void add_keys(const struct stock *stock, struct bytes *packet, const char *nick, bool all)
{
	bool mac = stock->habits->keys == KEYS_MAC;
	char keys[6 * TEXT_MAX];
	size_t len = 0;

	keys[len++] = '\n';
	if (all)
		len += (size_t)snprintf(keys + len, sizeof(keys) - len, "UN:%s\nHN:%s\nNN:%s\n",
		    stock->user.s, stock->host.s, nick);
	if (all && (!mac || stock->group.len))
		len += (size_t)snprintf(keys + len, sizeof(keys) - len, "GN:%s\n", stock->group.s);
	if (!mac)
		len += (size_t)snprintf(keys + len, sizeof(keys) - len, "VS:00010002:4:99:103");
	bytes_add(packet, keys, len);
	if (mac)
		bytes_add(packet, "", 1);
}

static void add_names(
    struct stock *stock, struct bytes *packet, const char *charset, unsigned long command)
{
	bool answer = (command & COMMAND_MODE) == COMMAND_ANSENTRY;
	char nick[2 * TEXT_MAX + 3];

	snprintf(nick, sizeof(nick), "%s%s%s%s", stock->nick.s, stock->absent ? "[" : "",
	    stock->absent ? stock->title.s : "", stock->absent ? "]" : "");
	if (stock->habits->keys == KEYS_MAC && answer)
		snprintf(nick, sizeof(nick), "%s", stock->nick.s);
	bytes_add_text(packet, charset, nick);
	bytes_add(packet, "", 1);
	if (stock->habits->keys != KEYS_MAC || !answer || stock->group.len) {
		bytes_add_text(packet, charset, stock->group.s);
		bytes_add(packet, "", 1);
	}
	if (stock->habits->keys == KEYS_IPTUX)
		bytes_add(packet, "icon-tux.png\0utf-8", sizeof("icon-tux.png\0utf-8"));
	else if (stock->habits->keys == KEYS_WINDOWS ||
		 (stock->habits->keys == KEYS_MAC && !answer))
		add_keys(stock, packet, nick, !answer);
}

static unsigned long options_of(const struct stock *stock, unsigned long mode)
{
	const struct habits *habits = stock->habits;
	unsigned long options = stock->extra;

	switch (mode) {
	case COMMAND_ENTRY:
	case COMMAND_ISGETLIST2:
		options |= habits->entry;
		break;
	case COMMAND_ANSENTRY:
		options |= habits->answer;
		break;
	case COMMAND_ABSENCE:
		options |= habits->absence;
		break;
	case COMMAND_EXIT:
		options |= habits->leave;
		break;
	default:
		return 0;
	}
	return options | (stock->absent ? OPTION_ABSENCE : 0) | (stock->dialup ? OPTION_DIALUP : 0);
}

static const struct bytes *make_entry(
    struct stock *stock, const union endpoint *to, unsigned long command)
{
	unsigned long mode = command & COMMAND_MODE;
	const char *charset = stock->charset;
	static struct bytes packet;

	command |= options_of(stock, mode);
	/* What is broadcast has to be read by all; an answer is for one. */
	if (mode == COMMAND_ANSENTRY && to)
		charset = user_charset(stock, user_at(stock, to), &command);
	packet_begin(stock, &packet, number_next(stock), command);
	/* Who has no name to leave under, and the Mac's knock, which is a bare header. */
	if (mode == COMMAND_EXIT && stock->habits->keys == KEYS_IPTUX)
		bytes_add(&packet, "", 1);
	else if (stock->habits->keys == KEYS_MAC && mode == COMMAND_NOOPERATION)
		;
	else if (mode != COMMAND_EXIT || stock->habits->numbers != NUMBERS_TIME)
		add_names(stock, &packet, charset, command);
	return &packet;
}

void presence_tell(struct stock *stock, const union endpoint *to, unsigned long command)
{
	packet_send(stock, to, make_entry(stock, to, command));
}

static void tell_one(struct stock *stock, const union endpoint *to, const void *command)
{
	presence_tell(stock, to, *(const unsigned long *)command);
}

static void send_one(struct stock *stock, const union endpoint *to, const void *packet)
{
	packet_send(stock, to, packet);
}

void packet_broadcast(struct stock *stock, const struct bytes *packet)
{
	each_destination(stock, send_one, packet);
}

/* With most clients each destination gets a number of its own. */
void presence_broadcast(struct stock *stock, unsigned long command)
{
	if (stock->habits->one_number)
		packet_broadcast(stock, make_entry(stock, NULL, command));
	else
		each_destination(stock, tell_one, &command);
}

/* --- Timers */

void timer_set(struct stock *stock, int ms,
    void (*run)(struct stock *stock, const union endpoint *to), const union endpoint *to)
{
	for (size_t i = 0; i < TIMERS_MAX; i++) {
		struct timer *timer = &stock->timers[i];

		if (timer->run)
			continue;
		*timer = (struct timer){.run = run, .due = now_ms() + ms};
		if (to)
			timer->to = *to;
		return;
	}
	printf("error timer: too many\n");
}

void timers_clear(struct stock *stock)
{
	memset(stock->timers, 0, sizeof(stock->timers));
}

void timers_run(struct stock *stock, int64_t now)
{
	for (size_t i = 0; i < TIMERS_MAX; i++) {
		struct timer timer = stock->timers[i];

		if (!timer.run || timer.due > now)
			continue;
		stock->timers[i].run = NULL;
		timer.run(stock, &timer.to);
	}
}

int64_t timers_due(const struct stock *stock)
{
	int64_t due = INT64_MAX;

	for (size_t i = 0; i < TIMERS_MAX; i++)
		if (stock->timers[i].run && stock->timers[i].due < due)
			due = stock->timers[i].due;
	return due;
}

/* --- Entering and leaving */

static void enter_now(struct stock *stock, const union endpoint *nowhere)
{
	(void)nowhere;
	if (stock->list == LIST_ASK && stock->habits->lists && stock->list_asking)
		presence_ask_list(stock, 0);
	else
		presence_broadcast(stock, COMMAND_ENTRY);
}

void presence_enter(struct stock *stock)
{
	stock->entered = now_ms();
	stock->list_open = true;
	stock->list_asking = stock->list == LIST_ASK;
	if (stock->habits->knocks)
		presence_broadcast(stock, COMMAND_NOOPERATION);
	if (!stock->habits->entry_delay)
		enter_now(stock, NULL);
	else
		timer_set(stock, stock->habits->entry_delay, enter_now, NULL);
	if (stock->habits->entry_again && stock->list != LIST_ASK)
		timer_set(stock, stock->habits->entry_again, enter_now, NULL);
}

static void announce(struct stock *stock, unsigned long command)
{
	if (stock->habits->one_by_one) {
		for (size_t i = 0; i < stock->user_count; i++) {
			union endpoint to = stock->users[i].at;

			*endpoint_port(&to) = stock->port;
			presence_tell(stock, &to, command);
		}
		return;
	}
	if (stock->habits->knocks && stock->habits->keys == KEYS_WINDOWS)
		presence_broadcast(stock, COMMAND_NOOPERATION);
	presence_broadcast(stock, command);
}

static void leave_now(struct stock *stock, const union endpoint *nowhere)
{
	(void)nowhere;
	announce(stock, COMMAND_EXIT);
}

void presence_leave(struct stock *stock)
{
	timers_clear(stock);
	leave_now(stock, NULL);
	stock->entered = 0;
	if (stock->habits->leaves_twice)
		timer_set(stock, LEAVE_AGAIN_MS, leave_now, NULL);
}

void presence_changed(struct stock *stock)
{
	if (stock->entered)
		announce(stock, COMMAND_ABSENCE);
}

/* --- Answering entries */

static void answer_now(struct stock *stock, const union endpoint *to)
{
	union endpoint where = *to;

	if (stock->habits->own_port)
		*endpoint_port(&where) = stock->port;
	presence_tell(stock, &where, COMMAND_ANSENTRY);
}

/* At most one answer to each is under way. */
void presence_answer(struct stock *stock, const struct packet *packet)
{
	if (!stock->habits->answer_random) {
		answer_now(stock, &packet->from);
		return;
	}
	for (size_t i = 0; i < TIMERS_MAX; i++)
		if (stock->timers[i].run == answer_now &&
		    same_endpoint(&stock->timers[i].to, &packet->from))
			return;
	timer_set(stock, 5 + rand() % stock->habits->answer_random, answer_now, &packet->from);
}

/* --- Host lists */

static void ask_again(struct stock *stock, const union endpoint *nowhere)
{
	(void)nowhere;
	if (stock->list_asking)
		presence_broadcast(stock, COMMAND_ISGETLIST2 | OPTION_RETRY);
}

void presence_ask_list(struct stock *stock, unsigned long options)
{
	stock->list_asking = true;
	presence_broadcast(stock, COMMAND_ISGETLIST2 | options);
	timer_set(stock, LIST_AGAIN_MS, ask_again, NULL);
}

void list_wanted(struct stock *stock, const struct packet *packet)
{
	bool gives = stock->list == LIST_ANSWER || (packet->command & OPTION_RETRY);

	if (!stock->habits->lists || stock->list == LIST_OFF || !gives)
		return;
	if (stock->entered && now_ms() - stock->entered > LIST_AGE_MS)
		packet_send_text(stock, &packet->from, COMMAND_OKGETLIST, stock->charset, "");
}

void list_offered(struct stock *stock, const struct packet *packet)
{
	if (!stock->list_asking)
		return;
	stock->list_asking = false;
	packet_send_text(stock, &packet->from, COMMAND_GETLIST | options_of(stock, COMMAND_ENTRY),
	    stock->charset, "0");
}

static void add_host(struct bytes *packet, const char *charset, const struct user *user)
{
	union endpoint at = user->at;
	unsigned port = ntohs(*endpoint_port(&at));
	char line[8 * TEXT_MAX], address[ENDPOINT_SIZE];

	if (at.any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &at.v6.sin6_addr, address, sizeof(address));
	else
		inet_ntop(AF_INET, &at.v4.sin_addr, address, sizeof(address));
	snprintf(line, sizeof(line), "%s\a%s\a%ld\a%s\a%u\a%s\a%s\a", user->user.s, user->host.s,
	    (long)user->status, address, (port & 255) << 8 | port >> 8,
	    user->nick.len ? user->nick.s : "\b", user->group.len ? user->group.s : "\b");
	bytes_add_text(packet, charset, line);
}

void list_send(struct stock *stock, const struct packet *packet)
{
	bool utf8 = packet->command & (OPTION_CAPUTF8 | OPTION_UTF8);
	unsigned long from = strtoul(packet->body, NULL, 10), to = stock->user_count;
	const char *charset = utf8 ? "UTF-8" : stock->charset;
	static struct bytes answer;
	char head[32];

	if (!stock->habits->lists || stock->list == LIST_OFF || from > to)
		return;
	if (to - from > LIST_PART)
		to = from + LIST_PART;
	packet_begin(
	    stock, &answer, number_next(stock), COMMAND_ANSLIST | (utf8 ? OPTION_UTF8 : 0));
	snprintf(head, sizeof(head), "%5lu\a%5lu\a", to < stock->user_count ? to : 0, to - from);
	bytes_add(&answer, head, strlen(head));
	for (size_t i = from; i < to; i++)
		add_host(&answer, charset, &stock->users[i]);
	bytes_add(&answer, "", 1);
	packet_send(stock, &packet->from, &answer);
}

/* One host of a list, as if it had entered, or left. Returns what follows it, NULL at the end. */
static char *take_host(struct stock *stock, char *list)
{
	char *field[7];
	struct packet host;
	unsigned long port;
	struct user *user;

	for (int i = 0; i < 7; i++) {
		char *bell = strchr(list, '\a');

		if (!bell)
			return NULL;
		*bell = '\0';
		field[i] = strcmp(list, "\b") == 0 ? bell : list;
		list = bell + 1;
	}
	memset(&host, 0, sizeof(host));
	text_set(&host.user, field[0], strlen(field[0]));
	text_set(&host.host, field[1], strlen(field[1]));
	text_set(&host.nick, field[5], strlen(field[5]));
	text_set(&host.group, field[6], strlen(field[6]));
	port = strtoul(field[4], NULL, 10);
	if (!parse_endpoint(field[3], &host.from))
		return list;
	*endpoint_port(&host.from) = htons((uint16_t)((port & 255) << 8 | (port >> 8 & 255)));
	host.command = (strtoul(field[2], NULL, 10) & ~COMMAND_MODE) | COMMAND_ENTRY;
	user = user_at(stock, &host.from);
	if ((host.command & ~COMMAND_MODE) != 0)
		user_enter(stock, &host);
	else if (user)
		user_remove(stock, user);
	return list;
}

void list_take(struct stock *stock, const struct packet *packet)
{
	static char text[PACKET_MAX];
	unsigned long next, count;
	char *at, number[24];

	if (!stock->habits->lists || stock->list == LIST_OFF || !stock->list_open) {
		printf("ignored list\n");
		return;
	}
	packet_text(stock, packet, text, sizeof(text));
	next = strtoul(text, &at, 10);
	count = strtoul(at + (*at == '\a'), &at, 10);
	printf("list %lu next %lu\n", count, next);
	at += *at == '\a';
	for (unsigned long i = 0; i < count && at; i++)
		at = take_host(stock, at);
	if (next >= count && next > 0) {
		snprintf(number, sizeof(number), "%lu", next);
		packet_send_text(stock, &packet->from,
		    COMMAND_GETLIST | options_of(stock, COMMAND_ENTRY), stock->charset, number);
		return;
	}
	stock->list_open = false;
	if (stock->list == LIST_ASK)
		presence_broadcast(stock, COMMAND_ENTRY);
}
