/*
 * The stock client's double: an IP Messenger client with the habits on the wire of a client that
 * people run, chosen with --as. The daemon has to live with all of them, so the tests run against
 * these habits and not against a client that is as polite as ours.
 *
 *	official  IP Messenger for Windows 4.99    mac  the Mac client of 2014
 *	iptux     0.9.4                            perl Net::IPMessenger
 *	feiq      a clone of FeiQ
 *
 * It has no encryption and moves no files. Lines on standard input drive it:
 *	enter, exit, refresh	join and leave the LAN; drop all users and enter again
 *	enter ADDRESS:PORT	one BR_ENTRY to there
 *	nick NAME, group NAME	another name
 *	absent TITLE TEXT, back	TEXT answers each message
 *	send WHO[,WHO...] TEXT	a message that wants confirmation; WHO is a nick, a user name or
 *				ADDRESS:PORT
 *	sealed WHO TEXT		a sealed message
 *	open NUMBER		open the sealed message of that packet number
 *	broadcast TEXT		to all
 *	offer WHO NAME SIZE	a file of so many bytes; NAME/ is a directory
 *	info WHO, absence-info WHO
 *	getlist			ask all for a host list
 *	refuse USER		answer all that USER sends by BR_EXIT
 *	raw ADDRESS:PORT BYTES	any packet at all
 *	list			the users, then "end"
 *	quit			end without a word to anybody, as the end of the input does
 * \xHH stands for a byte that a line cannot hold. Text on our lines is UTF-8, escaped likewise.
 * One line on standard output tells each event:
 *	sent NAME ADDRESS:PORT NUMBER OPTIONS TEXT	a packet; OPTIONS in hex
 *	recv NAME ADDRESS:PORT NUMBER OPTIONS TEXT
 *	drop ADDRESS:PORT LENGTH REASON
 *	message WHO TEXT	sealed WHO NUMBER	offered WHO NUMBER FILES
 *	confirmed NUMBER	unconfirmed NUMBER	of a message that we sent
 *	opened NUMBER		read-confirmed NUMBER	released NUMBER
 *	duplicate NUMBER	old NUMBER		confirmed, not shown
 *	garbled NUMBER		neither: iptux took it for UTF-16
 *	info WHO TEXT		absence-info WHO TEXT	list COUNT next INDEX
 *	stays USER ADDRESS:PORT	evicted USER ADDRESS:PORT
 *	user ADDRESS:PORT USER HOST NICK GROUP absent|present [dialup]
 *	error ...		of a line, or what the client would fail at
 */
#include "stock.h"

#include "escape.h"
#include "lines.h"

#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <poll.h>
#include <time.h>

#define REFRESH_MS 5000

/* --- Packets that come in */

static void on_entry(struct stock *stock, const struct packet *packet)
{
	struct user *user = user_enter(stock, packet);

	if (user)
		messages_resume(stock, user);
	if ((packet->command & COMMAND_MODE) == COMMAND_ENTRY)
		presence_answer(stock, packet);
	if (stock->habits->asks_info)
		packet_send_text(stock, &packet->from, COMMAND_GETINFO, stock->charset, NULL);
}

/* One that iptux does not know for iptux is answered once more if it writes otherwise. */
static void on_ansentry(struct stock *stock, const struct packet *packet)
{
	on_entry(stock, packet);
	if (stock->habits->keys == KEYS_IPTUX && !packet->codeset &&
	    strcasecmp(packet->charset, stock->charset) != 0)
		presence_answer(stock, packet);
}

static void on_exit_packet(struct stock *stock, const struct packet *packet)
{
	struct user *user = user_of(stock, packet);

	if (user)
		user_remove(stock, user);
}

static void on_getinfo(struct stock *stock, const struct packet *packet)
{
	unsigned long command = COMMAND_SENDINFO;
	const char *charset = user_charset(stock, user_of(stock, packet), &command);

	if (stock->habits->about)
		packet_send_text(stock, &packet->from, command, charset, stock->habits->about);
}

static void on_getabsenceinfo(struct stock *stock, const struct packet *packet)
{
	unsigned long command = COMMAND_SENDABSENCEINFO;
	const char *charset = user_charset(stock, user_of(stock, packet), &command);

	if (stock->habits->can_be_absent)
		packet_send_text(stock, &packet->from, command, charset,
		    stock->absent ? stock->words : "Not absence mode");
}

static void tell_text(struct stock *stock, const char *what, const struct packet *packet)
{
	static char text[PACKET_MAX], escaped[4 * PACKET_MAX];

	packet_text(stock, packet, text, sizeof(text));
	escape(escaped, sizeof(escaped), text, strlen(text), true);
	printf("%s %s %s\n", what, user_name(stock, packet), escaped);
}

static void on_sendinfo(struct stock *stock, const struct packet *packet)
{
	tell_text(stock, "info", packet);
}

static void on_sendabsenceinfo(struct stock *stock, const struct packet *packet)
{
	tell_text(stock, "absence-info", packet);
}

static void on_releasefiles(struct stock *stock, const struct packet *packet)
{
	(void)stock;
	printf("released %lu\n", strtoul(packet->body, NULL, 10));
}

static void (*find_handler(unsigned long command))(struct stock *, const struct packet *)
{
	static const struct {
		unsigned long mode;
		void (*handle)(struct stock *stock, const struct packet *packet);
	} handlers[] = {
	    {COMMAND_ENTRY, on_entry},
	    {COMMAND_EXIT, on_exit_packet},
	    {COMMAND_ANSENTRY, on_ansentry},
	    {COMMAND_ABSENCE, on_entry},
	    {COMMAND_ISGETLIST2, list_wanted},
	    {COMMAND_OKGETLIST, list_offered},
	    {COMMAND_GETLIST, list_send},
	    {COMMAND_ANSLIST, list_take},
	    {COMMAND_MESSAGE, on_message},
	    {COMMAND_RECVMSG, on_recvmsg},
	    {COMMAND_READMSG, on_readmsg},
	    {COMMAND_ANSREADMSG, on_ansreadmsg},
	    {COMMAND_GETINFO, on_getinfo},
	    {COMMAND_SENDINFO, on_sendinfo},
	    {COMMAND_GETABSENCEINFO, on_getabsenceinfo},
	    {COMMAND_SENDABSENCEINFO, on_sendabsenceinfo},
	    {COMMAND_RELEASEFILES, on_releasefiles},
	};

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].mode == (command & COMMAND_MODE))
			return handlers[i].handle;
	return NULL;
}

static bool announces(unsigned long command)
{
	command &= COMMAND_MODE;
	return command == COMMAND_ENTRY || command == COMMAND_ANSENTRY ||
	       command == COMMAND_ABSENCE;
}

/* What needs no handler: copies of oneself, the refused, and entries seen already. */
static bool is_settled(struct stock *stock, const struct packet *packet)
{
	unsigned long mode = packet->command & COMMAND_MODE;
	char where[ENDPOINT_SIZE];

	if (!is_own(stock, &packet->from) && strcasecmp(packet->user.s, stock->user.s) == 0 &&
	    strcasecmp(packet->host.s, stock->host.s) == 0 &&
	    stock->habits->identity == BY_NAME_OR_PLACE) {
		printf("ignored own name %s\n", endpoint(where, &packet->from));
		return true;
	}
	if (mode != COMMAND_EXIT && user_refused(stock, packet) &&
	    (!stock->habits->refuses || announces(packet->command))) {
		presence_tell(stock, &packet->from, COMMAND_EXIT);
		return true;
	}
	return mode == COMMAND_ENTRY && stock->habits->knows_seen && seen_already(stock, packet);
}

static void on_datagram(
    struct stock *stock, const union endpoint *from, const char *bytes, size_t len)
{
	struct packet packet = {.from = *from};
	const char *bad = packet_parse(stock, &packet, bytes, len);
	void (*handle)(struct stock *, const struct packet *);
	char where[ENDPOINT_SIZE];

	if (bad) {
		printf("drop %s %zu %s\n", endpoint(where, from), len, bad);
		return;
	}
	packet_tell(stock, "recv", &packet);
	if (is_settled(stock, &packet))
		return;
	handle = find_handler(packet.command);
	if (handle)
		handle(stock, &packet);
	if (stock->habits->answers_any && handle != on_message && handle != on_exit_packet &&
	    (!announces(packet.command) || (packet.command & COMMAND_MODE) == COMMAND_ABSENCE))
		message_confirm(stock, &packet);
	if (!announces(packet.command))
		seen_remember(stock, &packet);
}

static void read_socket(struct stock *stock, int fd)
{
	static char bytes[65536 + 1];
	union endpoint from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(fd, bytes, PACKET_MAX - 1, MSG_DONTWAIT, &from.any, &from_len);

	if (len < 0 || is_own(stock, &from))
		return;
	bytes[len] = '\0'; /* strtoul() stops here at the latest */
	on_datagram(stock, &from, bytes, (size_t)len);
}

/* --- Lines that come in */

static void do_enter(struct stock *stock, char *argument)
{
	union endpoint to;

	if (!*argument)
		presence_enter(stock);
	else if (parse_endpoint(argument, &to))
		presence_tell(stock, &to, COMMAND_ENTRY);
	else
		printf("error enter: bad address\n");
}

static void do_exit(struct stock *stock, char *argument)
{
	(void)argument;
	presence_leave(stock);
}

static void do_refresh(struct stock *stock, char *argument)
{
	int64_t now = now_ms();

	(void)argument;
	if (stock->refreshed && now - stock->refreshed < REFRESH_MS) {
		printf("error refresh: too soon\n");
		return;
	}
	stock->refreshed = now;
	stock->user_count = 0;
	presence_enter(stock);
}

static void do_nick(struct stock *stock, char *argument)
{
	text_set(&stock->nick, argument, unescape(argument));
	presence_changed(stock);
}

static void do_group(struct stock *stock, char *argument)
{
	text_set(&stock->group, argument, unescape(argument));
	presence_changed(stock);
}

static void do_absent(struct stock *stock, char *argument)
{
	char *words = cut_word(argument);

	if (!stock->habits->can_be_absent) {
		printf("error absent: not with this client\n");
		return;
	}
	unescape(words);
	text_set(&stock->title, argument, unescape(argument));
	snprintf(stock->words, sizeof(stock->words), "%s", words);
	stock->absent = true;
	presence_changed(stock);
}

static void do_back(struct stock *stock, char *argument)
{
	(void)argument;
	stock->absent = false;
	presence_changed(stock);
}

/* Each of WHO,WHO.... */
static void send_each(
    struct stock *stock, char *who, unsigned long options, const char *text, const char *attachment)
{
	if (strchr(who, ','))
		options |= OPTION_MULTICAST;
	while (*who) {
		size_t len = strcspn(who, ",");
		bool more = who[len] == ',';
		union endpoint to;
		struct user *user;

		who[len] = '\0';
		unescape(who);
		user = user_called(stock, who, &to);
		if (to.any.sa_family == AF_UNSPEC)
			printf("error send: nobody of that name\n");
		else
			message_send(stock, &to, user, options, text, attachment);
		who += len + more;
	}
}

static void do_send(struct stock *stock, char *argument)
{
	char *text = cut_word(argument);

	unescape(text);
	send_each(stock, argument, OPTION_SENDCHECK, text, NULL);
}

static void do_sealed(struct stock *stock, char *argument)
{
	char *text = cut_word(argument);

	unescape(text);
	if (stock->habits->sealed)
		send_each(stock, argument, OPTION_SENDCHECK | stock->habits->sealed, text, NULL);
	else
		printf("error sealed: not with this client\n");
}

static void do_open(struct stock *stock, char *argument)
{
	message_open(stock, argument);
}

static void do_broadcast(struct stock *stock, char *argument)
{
	unescape(argument);
	message_broadcast(stock, argument);
}

/* A colon in the name is doubled; a directory has no size. */
static void do_offer(struct stock *stock, char *argument)
{
	char *name = cut_word(argument), *size = cut_word(name), list[4 * TEXT_MAX];
	bool confirms = stock->habits->identity != BY_ADDRESS;
	size_t used = 2, len = unescape(name);
	bool directory = len > 0 && name[len - 1] == '/';

	if (len == 0 || len > TEXT_MAX) {
		printf("error offer: bad name\n");
		return;
	}
	memcpy(list, "0:", 2);
	for (size_t i = 0; i < len - directory; i++) {
		list[used++] = name[i];
		if (name[i] == ':')
			list[used++] = ':';
	}
	snprintf(list + used, sizeof(list) - used, ":%llx:65535500:%d:\a",
	    directory ? 0 : strtoull(size, NULL, 10), directory ? 2 : 1);
	send_each(stock, argument, OPTION_FILEATTACH | (confirms ? OPTION_SENDCHECK : 0), "", list);
}

static void ask(struct stock *stock, char *who, unsigned long command)
{
	union endpoint to;

	unescape(who);
	user_called(stock, who, &to);
	if (to.any.sa_family == AF_UNSPEC)
		printf("error info: nobody of that name\n");
	else
		packet_send_text(stock, &to, command, stock->charset,
		    stock->habits->keys == KEYS_MAC ? NULL : "");
}

static void do_info(struct stock *stock, char *argument)
{
	ask(stock, argument, COMMAND_GETINFO);
}

static void do_absence_info(struct stock *stock, char *argument)
{
	ask(stock, argument, COMMAND_GETABSENCEINFO);
}

static void do_getlist(struct stock *stock, char *argument)
{
	(void)argument;
	stock->list_open = true;
	presence_ask_list(stock, 0);
}

static void do_refuse(struct stock *stock, char *argument)
{
	if (stock->refused_count == sizeof(stock->refused) / sizeof(stock->refused[0]))
		printf("error refuse: too many\n");
	else
		text_set(&stock->refused[stock->refused_count++], argument, unescape(argument));
}

static void do_raw(struct stock *stock, char *argument)
{
	char *in = cut_word(argument);
	static struct bytes packet;
	union endpoint to;

	packet.len = 0;
	bytes_add(&packet, in, unescape(in));
	if (parse_endpoint(argument, &to))
		packet_send(stock, &to, &packet);
	else
		printf("error raw: bad address\n");
}

static void do_list(struct stock *stock, char *argument)
{
	(void)argument;
	users_print(stock);
}

/* Returns false for the line that ends the program. */
static bool on_line(void *context, char *line)
{
	static const struct {
		const char *verb;
		void (*run)(struct stock *stock, char *argument);
	} verbs[] = {
	    {"enter", do_enter},
	    {"exit", do_exit},
	    {"refresh", do_refresh},
	    {"nick", do_nick},
	    {"group", do_group},
	    {"absent", do_absent},
	    {"back", do_back},
	    {"send", do_send},
	    {"sealed", do_sealed},
	    {"open", do_open},
	    {"broadcast", do_broadcast},
	    {"offer", do_offer},
	    {"info", do_info},
	    {"absence-info", do_absence_info},
	    {"getlist", do_getlist},
	    {"refuse", do_refuse},
	    {"raw", do_raw},
	    {"list", do_list},
	};
	char *argument = cut_word(line);
	struct stock *stock = context;

	if (strcmp(line, "quit") == 0)
		return false;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(line, verbs[i].verb) == 0) {
			verbs[i].run(stock, argument);
			return true;
		}
	}
	printf("error unknown line\n");
	return true;
}

/* --- Running */

static int wait_ms(const struct stock *stock)
{
	int64_t due = timers_due(stock), messages = messages_due(stock), now = now_ms();

	if (messages < due)
		due = messages;
	if (due == INT64_MAX)
		return -1;
	return due <= now ? 0 : (int)(due - now);
}

static int run(struct stock *stock)
{
	struct pollfd fds[] = {
	    {.fd = stock->fd, .events = POLLIN},
	    {.fd = stock->fd6, .events = POLLIN},
	    {.fd = STDIN_FILENO, .events = POLLIN},
	};

	for (;;) {
		if (poll(fds, 3, wait_ms(stock)) < 0) {
			if (errno == EINTR)
				continue;
			perror("stock: poll");
			return EXIT_FAILURE;
		}
		/* The network first: a "list" then shows all that had arrived before it. */
		if (fds[0].revents)
			read_socket(stock, stock->fd);
		else if (fds[1].revents)
			read_socket(stock, stock->fd6);
		else if (fds[2].revents && !read_lines(on_line, stock))
			return EXIT_SUCCESS;
		timers_run(stock, now_ms());
		messages_run(stock, now_ms());
	}
}

static bool join_groups(const struct stock *stock)
{
	static const char *const groups[] = {"ff15::979", "ff02::1"};

	for (size_t i = 0; i < stock->link_count; i++) {
		struct ipv6_mreq member = {.ipv6mr_interface = stock->links[i].index};

		if (stock->links[i].address.any.sa_family != AF_INET6)
			continue;
		for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
			inet_pton(AF_INET6, groups[g], &member.ipv6mr_multiaddr);
			/* Twice on one interface, for its second address, is no harm. */
			if (setsockopt(stock->fd6, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &member,
				sizeof(member)) < 0 &&
			    errno != EADDRINUSE)
				return false;
		}
	}
	return true;
}

static bool open_socket6(struct stock *stock)
{
	struct sockaddr_in6 local = {.sin6_family = AF_INET6, .sin6_port = stock->port};
	int on = 1, off = 0;

	stock->fd6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return stock->fd6 >= 0 &&
	       setsockopt(stock->fd6, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0 &&
	       setsockopt(stock->fd6, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &off, sizeof(off)) == 0 &&
	       bind(stock->fd6, (struct sockaddr *)&local, sizeof(local)) == 0 &&
	       join_groups(stock);
}

static bool open_sockets(struct stock *stock, const union endpoint *local, bool ipv6)
{
	int on = 1;

	stock->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	stock->fd6 = -1;
	if (stock->fd < 0 || bind(stock->fd, &local->any, sizeof(local->v4)) < 0 ||
	    setsockopt(stock->fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0)
		return false;
	return !ipv6 || open_socket6(stock);
}

/* --- Options */

struct options {
	union endpoint local;
	const char *charset;
	bool ipv6;
};

static void usage(FILE *out)
{
	fputs("usage: stock [--as=official|iptux|mac|perl|feiq] [--bind=ADDRESS] [--port=PORT]\n"
	      "             [--user=USER] [--host=HOST] [--nick=NICK] [--group=GROUP]\n"
	      "             [--charset=CP932|GBK|UTF-8] [--list=ask|answer|off] [--ipv6]\n"
	      "             [--dialup] [--encrypt] [--mute-readmsg]\n",
	    out);
}

static bool parse_list(struct stock *stock, const char *mode)
{
	static const char *const modes[] = {"off", "answer", "ask"};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i], mode) != 0)
			continue;
		stock->list = (enum list_mode)i;
		return true;
	}
	return false;
}

static bool parse_flag(struct stock *stock, struct options *options, int option)
{
	switch (option) {
	case 'd':
		stock->dialup = true;
		return true;
	case 'e': /* all that a Windows client advertises; nobody's key is answered */
		stock->extra = 0x0f640000UL;
		return true;
	case 'm':
		stock->mute_readmsg = true;
		return true;
	case '6':
		options->ipv6 = true;
		return true;
	default:
		return false;
	}
}

static bool parse_option(struct stock *stock, struct options *options, int option)
{
	switch (option) {
	case 'a':
		stock->habits = habits_find(optarg);
		return stock->habits != NULL;
	case 'b':
		return inet_pton(AF_INET, optarg, &options->local.v4.sin_addr) == 1;
	case 'p':
		return parse_port(optarg, &options->local.v4.sin_port);
	case 'u':
		return text_set(&stock->user, optarg, strlen(optarg));
	case 'h':
		return text_set(&stock->host, optarg, strlen(optarg));
	case 'n':
		return text_set(&stock->nick, optarg, strlen(optarg));
	case 'g':
		return text_set(&stock->group, optarg, strlen(optarg));
	case 'c':
		options->charset = optarg;
		return true;
	case 'l':
		return parse_list(stock, optarg);
	default:
		return parse_flag(stock, options, option);
	}
}

static bool parse_options(struct stock *stock, struct options *parsed, int argc, char **argv)
{
	static const struct option options[] = {
	    {"as", required_argument, NULL, 'a'},
	    {"bind", required_argument, NULL, 'b'},
	    {"port", required_argument, NULL, 'p'},
	    {"user", required_argument, NULL, 'u'},
	    {"host", required_argument, NULL, 'h'},
	    {"nick", required_argument, NULL, 'n'},
	    {"group", required_argument, NULL, 'g'},
	    {"charset", required_argument, NULL, 'c'},
	    {"list", required_argument, NULL, 'l'},
	    {"dialup", no_argument, NULL, 'd'},
	    {"encrypt", no_argument, NULL, 'e'},
	    {"mute-readmsg", no_argument, NULL, 'm'},
	    {"ipv6", no_argument, NULL, '6'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!parse_option(stock, parsed, option))
			return false;
	return optind == argc;
}

/* A colon would end the name on the wire: each client has its way around that. */
static void mend_name(const struct stock *stock, struct text *name)
{
	for (size_t i = 0; i < name->len; i++)
		if (name->s[i] == ':')
			name->s[i] = strcmp(stock->habits->name, "feiq") == 0 ? '\b' : ';';
}

int main(int argc, char **argv)
{
	static struct stock stock = {.list = LIST_ANSWER};
	struct options options = {
	    .local = {.v4 = {.sin_family = AF_INET, .sin_port = htons(IPMSG_PORT)}}};
	char where[ENDPOINT_SIZE];

	stock.habits = habits_find("official");
	text_set(&stock.user, "user", 4);
	text_set(&stock.host, "host", 4);
	if (!parse_options(&stock, &options, argc, argv)) {
		usage(stderr);
		return 2;
	}
	if (stock.nick.len == 0)
		stock.nick = stock.user;
	mend_name(&stock, &stock.user);
	mend_name(&stock, &stock.host);
	stock.charset = options.charset ? options.charset : stock.habits->charset;
	stock.port = options.local.v4.sin_port;
	setvbuf(stdout, NULL, _IOLBF, 0);
	srand((unsigned)(time(NULL) ^ getpid()));
	links_find(&stock);
	if (!open_sockets(&stock, &options.local, options.ipv6)) {
		perror("stock: socket");
		return EXIT_FAILURE;
	}
	printf("ready %s\n", endpoint(where, &options.local));
	return run(&stock);
}
