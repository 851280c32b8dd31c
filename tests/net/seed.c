/*
 * The seed double: a peer and supernode that knows what the Net::IPMessenger of 2007 with the
 * punching patch knew, and nothing else. The daemons have to meet it for ever, so the tests run
 * against its habits: packet numbers that are the time in seconds, names compared byte for byte,
 * one entry and no refresh, one packet and no retry, an ask that leaves for the port of whatever
 * datagram came last.
 *
 * Lines on standard input drive it:
 *	enter [ADDRESS[:PORT]]	enter at the supernode, or there
 *	ask NAME@GROUP		ask the supernode to order NAME@GROUP
 *	send WHO TEXT		a message that wants confirmation; WHO is a known user, nick,
 *				nick@group or ADDRESS:PORT
 *	raw ADDRESS:PORT BYTES	any packet at all, with \xHH for what a line cannot hold
 *	list			the known users, then "end"
 *	exit			leave the supernode
 *	quit			end, as the end of the input does
 * One line on standard output tells each event: "sent COMMAND ADDRESS:PORT ...", "recv ...",
 * "confirmed NUMBER", "drop ..." for a packet that is none, "error ...", "user ...".
 */
#include "commands.h"
#include "endpoint.h"
#include "escape.h"
#include "lines.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define USERS_MAX 128
#define PENDING_MAX 32
#define PACKET_MAX 65536

struct packet {
	union endpoint from;
	struct text number, user, host;
	unsigned long command;
	const char *rest; /* all behind the fifth colon, in the receive buffer */
	size_t rest_len;
};

struct user {
	union endpoint at;
	struct text user, host, nick, group;
};

struct seed {
	int fd;
	struct text user, host, nick, group;
	union endpoint supernode;
	in_port_t last_port; /* network order, 0 before the first datagram */
	bool mute_readmsg;
	struct user users[USERS_MAX]; /* the one heard last comes first */
	size_t user_count;
	unsigned long pending[PENDING_MAX]; /* numbers of unconfirmed messages, 0 where free */
};

/* What is worth reading of a packet's body, escaped. */
static const char *describe(
    char *out, size_t size, unsigned long command, const char *body, size_t len)
{
	char joined[2 * TEXT_MAX + 2];
	const char *rest = body, *end = body + len, *first, *second;
	unsigned long mode = command & COMMAND_MODE;
	size_t first_len = take_field(&rest, end, &first);
	size_t second_len = take_field(&rest, end, &second);
	bool two = mode == COMMAND_ENTRY || mode == COMMAND_ANSENTRY || mode == COMMAND_ABSENCE ||
		   mode == COMMAND_ORDERPUNCHING;

	/* In an ask every byte counts, a NUL too. */
	if (mode == COMMAND_ASKPUNCHING || (two && (first_len > TEXT_MAX || second_len > TEXT_MAX)))
		return escape(out, size, body, len, false);
	if (!two)
		return escape(out, size, first, first_len, mode == COMMAND_MESSAGE);
	memcpy(joined, first, first_len);
	joined[first_len] = mode == COMMAND_ORDERPUNCHING ? ':' : '@';
	memcpy(joined + first_len + 1, second, second_len);
	return escape(out, size, joined, first_len + 1 + second_len, false);
}

static void send_bytes(struct seed *seed, const union endpoint *to, const char *name,
    const char *detail, const void *bytes, size_t len)
{
	char where[ENDPOINT_SIZE];

	if (sendto(seed->fd, bytes, len, 0, &to->any, endpoint_size(to)) < 0)
		printf("error %s %s %s\n", name, endpoint(where, to), strerror(errno));
	else
		printf("sent %s %s%s%s\n", name, endpoint(where, to), *detail ? " " : "", detail);
}

static void send_packet(struct seed *seed, const union endpoint *to, unsigned long command,
    unsigned long number, const void *body, size_t len)
{
	char packet[4 * TEXT_MAX + LINE_SIZE];
	char described[4 * TEXT_MAX];
	char detail[sizeof(described) + 24];
	int head = snprintf(packet, sizeof(packet), "1:%lu:%s:%s:%lu:", number, seed->user.s,
	    seed->host.s, command);

	if (head < 0 || (size_t)head + len > sizeof(packet)) {
		printf("error %s too long\n", command_name(command));
		return;
	}
	memcpy(packet + head, body, len);
	describe(described, sizeof(described), command, body, len);
	if ((command & COMMAND_MODE) == COMMAND_MESSAGE)
		snprintf(detail, sizeof(detail), "%lu %s", number, described);
	else
		snprintf(detail, sizeof(detail), "%s", described);
	send_bytes(seed, to, command_name(command), detail, packet, (size_t)head + len);
}

static unsigned long now_number(void)
{
	return (unsigned long)time(NULL);
}

static void send_info(struct seed *seed, const union endpoint *to, unsigned long command)
{
	char body[2 * TEXT_MAX + 2];

	memcpy(body, seed->nick.s, seed->nick.len + 1);
	memcpy(body + seed->nick.len + 1, seed->group.s, seed->group.len + 1);
	send_packet(seed, to, command, now_number(), body, seed->nick.len + seed->group.len + 2);
}

static size_t find_user(const struct seed *seed, const struct packet *packet)
{
	size_t i;

	for (i = 0; i < seed->user_count; i++) {
		const struct user *user = &seed->users[i];

		if (same_endpoint(&user->at, &packet->from) &&
		    text_is(&user->user, packet->user.s, packet->user.len))
			break;
	}
	return i;
}

static void forget(struct seed *seed, const struct packet *packet)
{
	size_t i = find_user(seed, packet);

	if (i == seed->user_count)
		return;
	seed->user_count--;
	memmove(
	    &seed->users[i], &seed->users[i + 1], (seed->user_count - i) * sizeof(seed->users[0]));
}

/* Whoever speaks is known from then on, by whatever command. */
static struct user *remember(struct seed *seed, const struct packet *packet)
{
	size_t i = find_user(seed, packet);
	struct user user;

	if (i < seed->user_count) {
		user = seed->users[i];
	} else {
		memset(&user, 0, sizeof(user));
		user.at = packet->from;
		user.user = packet->user;
		if (seed->user_count < USERS_MAX)
			seed->user_count++;
		i = seed->user_count - 1;
	}
	user.host = packet->host;
	memmove(&seed->users[1], &seed->users[0], i * sizeof(seed->users[0]));
	seed->users[0] = user;
	return &seed->users[0];
}

/* (nick or user)@(group or host), the name under which the seed looks a user up. */
static size_t full_name(char *out, const struct user *user)
{
	const struct text *name = user->nick.len ? &user->nick : &user->user;
	const struct text *place = user->group.len ? &user->group : &user->host;

	memcpy(out, name->s, name->len);
	out[name->len] = '@';
	memcpy(out + name->len + 1, place->s, place->len);
	return name->len + 1 + place->len;
}

static const struct user *find_name(const struct seed *seed, const char *name, size_t len)
{
	char full[2 * TEXT_MAX + 1];

	for (size_t i = 0; i < seed->user_count; i++) {
		if (full_name(full, &seed->users[i]) == len && memcmp(full, name, len) == 0)
			return &seed->users[i];
	}
	return NULL;
}

static void take_names(struct user *user, const struct packet *packet)
{
	const char *rest = packet->rest, *end = packet->rest + packet->rest_len, *field;
	size_t len = take_field(&rest, end, &field);

	if (!text_set(&user->nick, field, len))
		return;
	len = take_field(&rest, end, &field);
	text_set(&user->group, field, len);
}

static void on_entry(struct seed *seed, const struct packet *packet)
{
	take_names(&seed->users[0], packet);
	send_info(seed, &packet->from, COMMAND_ANSENTRY);
}

static void on_names(struct seed *seed, const struct packet *packet)
{
	take_names(&seed->users[0], packet);
}

static void on_exit_packet(struct seed *seed, const struct packet *packet)
{
	forget(seed, packet);
}

static void on_message(struct seed *seed, const struct packet *packet)
{
	if (packet->command & OPTION_SENDCHECK)
		send_packet(seed, &packet->from, COMMAND_RECVMSG, now_number(), packet->number.s,
		    packet->number.len);
}

static void on_recvmsg(struct seed *seed, const struct packet *packet)
{
	const char *rest = packet->rest, *field;
	size_t len = take_field(&rest, packet->rest + packet->rest_len, &field);
	char number[24];

	for (size_t i = 0; i < PENDING_MAX; i++) {
		if (!seed->pending[i])
			continue;
		snprintf(number, sizeof(number), "%lu", seed->pending[i]);
		if (strlen(number) == len && memcmp(number, field, len) == 0) {
			printf("confirmed %s\n", number);
			seed->pending[i] = 0;
		}
	}
}

static void on_readmsg(struct seed *seed, const struct packet *packet)
{
	if ((packet->command & OPTION_READCHECK) && !seed->mute_readmsg)
		send_packet(seed, &packet->from, COMMAND_ANSREADMSG, now_number(), packet->number.s,
		    packet->number.len);
}

static void on_ask(struct seed *seed, const struct packet *packet)
{
	const struct user *target = find_name(seed, packet->rest, packet->rest_len);
	char where[ENDPOINT_SIZE];
	size_t len;

	if (!target)
		return;
	endpoint(where, &packet->from);
	len = strlen(where);
	*strchr(where, ':') = '\0';
	send_packet(seed, &target->at, COMMAND_ORDERPUNCHING, now_number(), where, len);
}

static void on_order(struct seed *seed, const struct packet *packet)
{
	const char *rest = packet->rest, *end = packet->rest + packet->rest_len, *field;
	char where[ENDPOINT_SIZE];
	union endpoint at;
	size_t address_len = take_field(&rest, end, &field), port_len;

	if (address_len >= INET_ADDRSTRLEN)
		return;
	memcpy(where, field, address_len);
	where[address_len] = ':';
	port_len = take_field(&rest, end, &field);
	if (port_len == 0 || port_len > 5)
		return;
	memcpy(where + address_len + 1, field, port_len);
	where[address_len + 1 + port_len] = '\0';
	if (parse_endpoint(where, &at))
		send_info(seed, &at, COMMAND_ENTRY);
}

static const struct handler {
	unsigned long mode;
	void (*handle)(struct seed *seed, const struct packet *packet);
} handlers[] = {
    {COMMAND_ENTRY, on_entry},
    {COMMAND_EXIT, on_exit_packet},
    {COMMAND_ANSENTRY, on_names},
    {COMMAND_ABSENCE, on_names},
    {COMMAND_MESSAGE, on_message},
    {COMMAND_RECVMSG, on_recvmsg},
    {COMMAND_READMSG, on_readmsg},
    {COMMAND_ANSREADMSG, NULL},
    {COMMAND_ASKPUNCHING, on_ask},
    {COMMAND_ORDERPUNCHING, on_order},
};

static const struct handler *find_handler(unsigned long command)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].mode == (command & COMMAND_MODE))
			return &handlers[i];
	return NULL;
}

/* 1:NUMBER:USER:HOST:COMMAND:REST, cut at the first five colons as the seed does. */
static const char *parse_packet(struct packet *packet, const char *bytes, size_t len)
{
	const char *end = bytes + len, *start[5];
	size_t size[5];

	for (int i = 0; i < 5; i++) {
		const char *colon = memchr(bytes, ':', (size_t)(end - bytes));

		if (!colon)
			return "five colons missing";
		start[i] = bytes;
		size[i] = (size_t)(colon - bytes);
		bytes = colon + 1;
	}
	packet->rest = bytes;
	packet->rest_len = (size_t)(end - bytes);
	if (size[1] == 0 || size[1] > 20 || strspn(start[1], "0123456789") != size[1])
		return "bad number";
	if (size[4] == 0 || size[4] > 10 || strspn(start[4], "0123456789") != size[4])
		return "bad command";
	packet->command = strtoul(start[4], NULL, 10);
	text_set(&packet->number, start[1], size[1]);
	if (!text_set(&packet->user, start[2], size[2]) ||
	    !text_set(&packet->host, start[3], size[3]))
		return "long name";
	return NULL;
}

static void tell_received(const struct packet *packet)
{
	static char detail[4 * PACKET_MAX];
	char where[ENDPOINT_SIZE], user[4 * TEXT_MAX + 8];

	endpoint(where, &packet->from);
	if (!find_handler(packet->command)) {
		printf("recv %lu %s ignored\n", packet->command, where);
		return;
	}
	describe(detail, sizeof(detail), packet->command, packet->rest, packet->rest_len);
	escape(user, sizeof(user), packet->user.s, packet->user.len, false);
	if ((packet->command & COMMAND_MODE) == COMMAND_MESSAGE)
		printf("recv MESSAGE %s %s %s\n", where, user, detail);
	else
		printf("recv %s %s%s%s\n", command_name(packet->command), where, *detail ? " " : "",
		    detail);
}

static void on_datagram(
    struct seed *seed, const union endpoint *from, const char *bytes, size_t len)
{
	struct packet packet = {.from = *from};
	const char *bad = parse_packet(&packet, bytes, len);
	const struct handler *handler;
	char where[ENDPOINT_SIZE];

	seed->last_port = from->v4.sin_port;
	if (bad) {
		printf("drop %s %zu %s\n", endpoint(where, from), len, bad);
		return;
	}
	tell_received(&packet);
	handler = find_handler(packet.command);
	if ((packet.command & COMMAND_MODE) != COMMAND_MESSAGE ||
	    !(packet.command & OPTION_NOADDLIST))
		remember(seed, &packet);
	if (handler && handler->handle)
		handler->handle(seed, &packet);
}

static void read_socket(struct seed *seed)
{
	static char bytes[PACKET_MAX + 1];
	union endpoint from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(seed->fd, bytes, PACKET_MAX, MSG_DONTWAIT, &from.any, &from_len);

	if (len < 0)
		return;
	bytes[len] = '\0'; /* strspn() and strtoul() stop here at the latest */
	on_datagram(seed, &from, bytes, (size_t)len);
}

static void do_enter(struct seed *seed, char *argument)
{
	union endpoint to = seed->supernode;

	if (*argument && !parse_endpoint(argument, &to))
		printf("error enter: bad address\n");
	else if (!to.v4.sin_port)
		printf("error enter: no supernode\n");
	else
		send_info(seed, &to, COMMAND_ENTRY);
}

static void do_exit(struct seed *seed, char *argument)
{
	(void)argument;
	if (seed->supernode.v4.sin_port)
		send_info(seed, &seed->supernode, COMMAND_EXIT);
}

static void do_ask(struct seed *seed, char *argument)
{
	union endpoint to = seed->supernode;

	if (!to.v4.sin_port) {
		printf("error ask: no supernode\n");
		return;
	}
	to.v4.sin_port = seed->last_port ? seed->last_port : htons(IPMSG_PORT);
	send_packet(seed, &to, COMMAND_ASKPUNCHING, now_number(), argument, strlen(argument));
}

static bool find_who(const struct seed *seed, const char *who, union endpoint *to)
{
	size_t len = strlen(who);
	const struct user *user = find_name(seed, who, len);

	if (strchr(who, ':') && parse_endpoint(who, to))
		return true;
	for (size_t i = 0; !user && i < seed->user_count; i++)
		if (text_is(&seed->users[i].nick, who, len) ||
		    text_is(&seed->users[i].user, who, len))
			user = &seed->users[i];
	if (user)
		*to = user->at;
	return user != NULL;
}

static void do_send(struct seed *seed, char *argument)
{
	unsigned long number = now_number();
	char *text = cut_word(argument);
	union endpoint to;
	size_t i, slot = 0;

	if (!find_who(seed, argument, &to)) {
		printf("error send: nobody of that name\n");
		return;
	}
	/* Two messages within a second share their number and so their confirmation. */
	for (i = 0; i < PENDING_MAX && seed->pending[i] != number; i++)
		if (!seed->pending[i])
			slot = i;
	if (i == PENDING_MAX)
		seed->pending[slot] = number;
	send_packet(seed, &to, COMMAND_MESSAGE | OPTION_SENDCHECK, number, text, strlen(text));
}

static void do_raw(struct seed *seed, char *argument)
{
	char *bytes = cut_word(argument);
	union endpoint to;

	if (parse_endpoint(argument, &to))
		send_bytes(seed, &to, "raw", "", bytes, unescape(bytes));
	else
		printf("error raw: bad address\n");
}

static void do_list(struct seed *seed, char *argument)
{
	char full[2 * TEXT_MAX + 1], name[4 * sizeof(full)], user[4 * TEXT_MAX + 8];
	char where[ENDPOINT_SIZE];

	(void)argument;
	for (size_t i = 0; i < seed->user_count; i++) {
		const struct user *one = &seed->users[i];

		escape(user, sizeof(user), one->user.s, one->user.len, false);
		escape(name, sizeof(name), full, full_name(full, one), false);
		printf("user %s %s %s\n", endpoint(where, &one->at), user, name);
	}
	printf("end\n");
}

/* Returns false for the line that ends the program. */
static bool on_line(void *context, char *line)
{
	static const struct {
		const char *verb;
		void (*run)(struct seed *seed, char *argument);
	} verbs[] = {
	    {"enter", do_enter},
	    {"ask", do_ask},
	    {"send", do_send},
	    {"raw", do_raw},
	    {"list", do_list},
	    {"exit", do_exit},
	};
	char *argument = cut_word(line);
	struct seed *seed = context;

	if (strcmp(line, "quit") == 0)
		return false;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(line, verbs[i].verb) == 0) {
			verbs[i].run(seed, argument);
			return true;
		}
	}
	printf("error unknown line\n");
	return true;
}

static int run(struct seed *seed)
{
	struct pollfd fds[] = {
	    {.fd = seed->fd, .events = POLLIN},
	    {.fd = STDIN_FILENO, .events = POLLIN},
	};

	for (;;) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			perror("seed: poll");
			return EXIT_FAILURE;
		}
		/* The network first: a "list" then shows all that had arrived before it. */
		if (fds[0].revents)
			read_socket(seed);
		else if (fds[1].revents && !read_lines(on_line, seed))
			return EXIT_SUCCESS;
	}
}

static void usage(FILE *out)
{
	fputs("usage: seed [--bind=ADDRESS] [--port=PORT] [--supernode=ADDRESS[:PORT]]\n"
	      "            [--user=USER] [--host=HOST] [--nick=NICK] [--group=GROUP]\n"
	      "            [--mute-readmsg]\n",
	    out);
}

static bool parse_option(struct seed *seed, union endpoint *local, int option)
{
	switch (option) {
	case 'b':
		return inet_pton(AF_INET, optarg, &local->v4.sin_addr) == 1;
	case 'p':
		return parse_port(optarg, &local->v4.sin_port);
	case 's':
		return parse_endpoint(optarg, &seed->supernode);
	case 'u':
		return !strchr(optarg, ':') && text_set(&seed->user, optarg, strlen(optarg));
	case 'h':
		return !strchr(optarg, ':') && text_set(&seed->host, optarg, strlen(optarg));
	case 'n':
		return text_set(&seed->nick, optarg, strlen(optarg));
	case 'g':
		return text_set(&seed->group, optarg, strlen(optarg));
	case 'm':
		seed->mute_readmsg = true;
		return true;
	default:
		return false;
	}
}

static bool parse_options(struct seed *seed, union endpoint *local, int argc, char **argv)
{
	static const struct option options[] = {
	    {"bind", required_argument, NULL, 'b'},
	    {"port", required_argument, NULL, 'p'},
	    {"supernode", required_argument, NULL, 's'},
	    {"user", required_argument, NULL, 'u'},
	    {"host", required_argument, NULL, 'h'},
	    {"nick", required_argument, NULL, 'n'},
	    {"group", required_argument, NULL, 'g'},
	    {"mute-readmsg", no_argument, NULL, 'm'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!parse_option(seed, local, option))
			return false;
	return optind == argc;
}

int main(int argc, char **argv)
{
	static struct seed seed;
	union endpoint local = {.v4 = {.sin_family = AF_INET, .sin_port = htons(IPMSG_PORT)}};
	char where[ENDPOINT_SIZE];

	text_set(&seed.user, "user", 4);
	text_set(&seed.host, "host", 4);
	if (!parse_options(&seed, &local, argc, argv)) {
		usage(stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	seed.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (seed.fd < 0 || bind(seed.fd, &local.any, sizeof(local.v4)) < 0) {
		perror("seed: socket");
		return EXIT_FAILURE;
	}
	printf("ready %s\n", endpoint(where, &local));
	return run(&seed);
}
