/*
 * A crowd on a LAN: many stock clients in one process, each with an address of its own, that enter
 * when told to, confirm what they are sent, and count it. Client K has the address BASE + K, which
 * the host must take for its own, and is called clientK@crowd. A message begins with its serial
 * number S, and is for client S modulo their number. Every tenth is not confirmed at first.
 *
 *	crowd BASE COUNT MESSAGES PEER[:PORT]
 *
 * Lines on standard input: "enter" (at the peer), "count", "quit". On standard output:
 *	ready
 *	known COUNT		so many clients were answered by the peer
 *	messages COUNT again COUNT twice COUNT stray COUNT fallen COUNT
 *		different ones that came; those that came again under their number; under another;
 *		at somebody else, or in another form; under a number that is not above the last
 * after each "count".
 */
#include "endpoint.h"
#include "lines.h"

#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

#define PACKET_MAX 65536
#define ENTER_AT_A_TIME 10
#define ENTER_PAUSE_MS 10

struct client {
	int fd;
	unsigned long own;  /* number of its last packet */
	unsigned long last; /* of the last new message */
	bool known;
};

struct crowd {
	union endpoint peer;
	struct client *clients;
	unsigned long *numbers; /* of each message; 0: it has not come */
	size_t client_count, message_count;
	size_t shown, again, twice, stray, fallen;
	size_t entering; /* the next to enter; client_count: nobody */
	int epoll;
};

static void send_packet(struct crowd *crowd, size_t k, const union endpoint *to,
    unsigned long command, const char *body, size_t len)
{
	struct client *client = &crowd->clients[k];
	char packet[512];
	int head = snprintf(packet, sizeof(packet), "1:%lu:user%zu:host%zu:%lu:", ++client->own, k, k,
	    command);

	memcpy(packet + head, body, len);
	sendto(client->fd, packet, (size_t)head + len, 0, &to->any, sizeof(to->v4));
}

static void enter(struct crowd *crowd, size_t k)
{
	char names[64];
	int len = snprintf(names, sizeof(names), "client%zu%ccrowd", k, '\0');

	send_packet(crowd, k, &crowd->peer, COMMAND_ENTRY, names, (size_t)len + 1);
}

/* Whether it was not confirmed on purpose: the first copy of every tenth. */
static bool is_first_of_ten(unsigned long serial, bool first)
{
	return first && serial % 10 == 3;
}

/* Counts it; returns false when it is not to be confirmed. */
static bool take(struct crowd *crowd, size_t k, unsigned long number, const char *body)
{
	char *end;
	unsigned long serial = strtoul(body, &end, 10);
	bool first;

	if (end == body || serial >= crowd->message_count || serial % crowd->client_count != k) {
		crowd->stray++;
		return true;
	}
	first = crowd->numbers[serial] == 0;
	if (!first) {
		*(crowd->numbers[serial] == number ? &crowd->again : &crowd->twice) += 1;
		return true;
	}
	crowd->shown++;
	crowd->fallen += number <= crowd->clients[k].last;
	crowd->clients[k].last = number;
	crowd->numbers[serial] = number;
	return !is_first_of_ten(serial, first);
}

/* The field after that many colons; NULL when there are fewer. */
static const char *field(const char *packet, int colons)
{
	while (packet && colons-- > 0) {
		packet = strchr(packet, ':');
		packet += packet != NULL;
	}
	return packet;
}

static void on_packet(struct crowd *crowd, size_t k, const union endpoint *from, const char *packet)
{
	const char *number = field(packet, 1), *command = field(packet, 4), *body = field(packet, 5);
	unsigned long word;
	char answer[32];
	int len;

	if (!number || !command || !body)
		return;
	word = strtoul(command, NULL, 10);
	if ((word & COMMAND_MODE) == COMMAND_ANSENTRY)
		crowd->clients[k].known = true;
	if ((word & COMMAND_MODE) != COMMAND_MESSAGE ||
	    !take(crowd, k, strtoul(number, NULL, 10), body))
		return;
	len = snprintf(answer, sizeof(answer), "%lu", strtoul(number, NULL, 10));
	if (word & OPTION_SENDCHECK)
		send_packet(crowd, k, from, COMMAND_RECVMSG, answer, (size_t)len + 1);
}

static void read_client(struct crowd *crowd, size_t k)
{
	static char packet[PACKET_MAX + 1];
	union endpoint from;
	socklen_t from_len = sizeof(from);
	ssize_t len;

	while ((len = recvfrom(crowd->clients[k].fd, packet, PACKET_MAX, MSG_DONTWAIT, &from.any,
		    &from_len)) >= 0) {
		packet[len] = '\0';
		on_packet(crowd, k, &from, packet);
		from_len = sizeof(from);
	}
}

static void tell_counts(const struct crowd *crowd)
{
	size_t known = 0;

	for (size_t k = 0; k < crowd->client_count; k++)
		known += crowd->clients[k].known;
	printf("known %zu\nmessages %zu again %zu twice %zu stray %zu fallen %zu\n", known,
	    crowd->shown, crowd->again, crowd->twice, crowd->stray, crowd->fallen);
}

static bool on_line(void *context, char *line)
{
	struct crowd *crowd = context;

	if (strcmp(line, "enter") == 0)
		crowd->entering = 0;
	else if (strcmp(line, "count") == 0)
		tell_counts(crowd);
	else
		return strcmp(line, "quit") != 0;
	return true;
}

static bool add_event(struct crowd *crowd, int fd, uint64_t k)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = k};

	return epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_client(struct crowd *crowd, size_t k, const union endpoint *base)
{
	union endpoint at = *base;
	struct client *client = &crowd->clients[k];

	at.v4.sin_addr.s_addr = htonl(ntohl(at.v4.sin_addr.s_addr) + (uint32_t)k);
	client->own = (unsigned long)time(NULL);
	client->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return client->fd >= 0 && bind(client->fd, &at.any, sizeof(at.v4)) == 0 &&
	       add_event(crowd, client->fd, k);
}

static int run(struct crowd *crowd)
{
	struct epoll_event events[64];

	for (;;) {
		bool entering = crowd->entering < crowd->client_count;
		int count = epoll_wait(crowd->epoll, events, 64, entering ? ENTER_PAUSE_MS : -1);

		if (count < 0 && errno != EINTR)
			return EXIT_FAILURE;
		for (int i = 0; i < count; i++) {
			if (events[i].data.u64 < crowd->client_count)
				read_client(crowd, events[i].data.u64);
			else if (!read_lines(on_line, crowd))
				return EXIT_SUCCESS;
		}
		if (entering && count == 0)
			for (int i = 0; i < ENTER_AT_A_TIME && crowd->entering < crowd->client_count; i++)
				enter(crowd, crowd->entering++);
	}
}

int main(int argc, char **argv)
{
	struct crowd crowd = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
	union endpoint base;

	if (argc != 5 || !parse_endpoint(argv[1], &base) || !parse_endpoint(argv[4], &crowd.peer) ||
	    base.any.sa_family != AF_INET || crowd.peer.any.sa_family != AF_INET) {
		fprintf(stderr, "usage: crowd BASE COUNT MESSAGES PEER[:PORT]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	crowd.client_count = crowd.entering = strtoul(argv[2], NULL, 10);
	crowd.message_count = strtoul(argv[3], NULL, 10);
	crowd.clients = calloc(crowd.client_count, sizeof(*crowd.clients));
	crowd.numbers = calloc(crowd.message_count, sizeof(*crowd.numbers));
	if (crowd.epoll < 0 || !crowd.clients || !crowd.numbers ||
	    !add_event(&crowd, STDIN_FILENO, crowd.client_count)) {
		perror("crowd");
		return EXIT_FAILURE;
	}
	for (size_t k = 0; k < crowd.client_count; k++)
		if (!open_client(&crowd, k, &base)) {
			perror("crowd: socket");
			return EXIT_FAILURE;
		}
	puts("ready");
	return run(&crowd);
}
