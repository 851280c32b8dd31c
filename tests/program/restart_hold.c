/*
 * Holds the UDP socket of a supernode as a service manager does, and restarts
 * the supernode again and again while peers that have proven themselves refresh
 * at a steady rate. Every refresh carries a transaction of its own, and every
 * one has to be answered with a grant. Prints figures; status 0 if all were,
 * 77 if the machine does not give the room that a restart needs.
 *
 *     restart_hold SUPERD CONFIG SOCKET RESTARTS PEERS RATE
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wire/entry.h"

#define ROOM (4 << 20)	     /* bytes of receive buffer */
#define ROOM_NEEDED (1 << 20) /* for some 0.5 s at 2000/s, with what the kernel adds */
#define SENT_MAX 1000000
#define FIRST_FD 3
#define RUN_MS 100 /* between a start and the next end */
#define PATIENCE_MS 10000

struct peer {
	int fd;
	char nick[16];
	bool proven;
	uint8_t cookie[COOKIE_BYTES];
};

enum phase { STARTING, RUNNING, ENDING };

struct hold {
	char **args;
	int socket, notify, epoll;
	struct sockaddr_storage at;
	char notify_name[120]; /* as the daemon gets it */
	struct charset *charset;
	struct peer *peers;
	uint32_t peer_count;
	pid_t pid;
	enum phase phase;
	int64_t since; /* ms: of the phase */
	int restarts;
	uint32_t sent, granted, refused, twice;
	uint8_t *answered; /* by transaction */
	int64_t *sent_at;  /* µs */
	int64_t slowest;   /* µs */
	int64_t longest_gap; /* ms without a daemon */
	int64_t gap_began;
};

static _Noreturn void die(const char *what)
{
	printf("# %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static int64_t now_ms(void)
{
	return now_us() / 1000;
}

static int udp_socket(const char *address)
{
	struct sockaddr_storage ss;
	struct endpoint at;

	endpoint_parse(&at, address, 0);
	socklen_t len = endpoint_to_sockaddr(&at, &ss);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len) != 0)
		die(address);
	return fd;
}

/* Bound to all addresses, so that answers have to find the right one. */
static void open_server(struct hold *hold)
{
	socklen_t len = sizeof hold->at;
	struct endpoint at;
	int size = ROOM;

	hold->socket = udp_socket("0.0.0.0");
	if (setsockopt(hold->socket, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
		setsockopt(hold->socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	socklen_t size_len = sizeof size;

	getsockopt(hold->socket, SOL_SOCKET, SO_RCVBUF, &size, &size_len);
	if (size / 2 < ROOM_NEEDED) {
		printf("a receive buffer of %d bytes is not to be had (net.core.rmem_max)\n",
		    ROOM_NEEDED);
		exit(77);
	}
	getsockname(hold->socket, (struct sockaddr *)&hold->at, &len);
	endpoint_from_sockaddr(&at, (struct sockaddr *)&hold->at, len);
	endpoint_parse(&at, "127.0.0.1", at.port);
	endpoint_to_sockaddr(&at, &hold->at);
}

/* An abstract name that the kernel chooses. */
static void open_notify(struct hold *hold)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t len = sizeof un;

	hold->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(hold->notify, (struct sockaddr *)&un, sizeof un.sun_family) != 0 ||
	    getsockname(hold->notify, (struct sockaddr *)&un, &len) != 0)
		die("notify socket");
	snprintf(hold->notify_name, sizeof hold->notify_name, "@%.*s",
	    (int)(len - offsetof(struct sockaddr_un, sun_path) - 1), un.sun_path + 1);
}

static void open_peers(struct hold *hold)
{
	hold->epoll = epoll_create1(EPOLL_CLOEXEC);
	hold->peers = calloc(hold->peer_count, sizeof *hold->peers);
	for (uint32_t i = 0; i < hold->peer_count; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
		char address[32];

		snprintf(address, sizeof address, "127.1.%u.%u", i / 250, i % 250 + 1);
		hold->peers[i].fd = udp_socket(address);
		snprintf(hold->peers[i].nick, sizeof hold->peers[i].nick, "peer-%u", i);
		if (epoll_ctl(hold->epoll, EPOLL_CTL_ADD, hold->peers[i].fd, &event) != 0)
			die("epoll");
	}
}

static void exec_daemon(const struct hold *hold)
{
	char pid[16];

	/* one that is there already stays as it is, with its flag to close it */
	if (dup2(hold->socket, FIRST_FD) != FIRST_FD || fcntl(FIRST_FD, F_SETFD, 0) != 0)
		_exit(127);
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("NOTIFY_SOCKET", hold->notify_name, 1);
	execl(hold->args[0], hold->args[0], "-n", "-f", hold->args[1], "-s", hold->args[2],
	    (char *)NULL);
	_exit(127);
}

static void enter_phase(struct hold *hold, enum phase phase)
{
	hold->phase = phase;
	hold->since = now_ms();
}

static void start_daemon(struct hold *hold)
{
	hold->pid = fork();
	if (hold->pid == 0)
		exec_daemon(hold);
	enter_phase(hold, STARTING);
}

/* True once the daemon has said that it is ready. */
static bool is_ready(const struct hold *hold)
{
	char text[600];
	bool ready = false;
	ssize_t n;

	while ((n = recv(hold->notify, text, sizeof text - 1, 0)) > 0) {
		text[n] = '\0';
		ready |= strcmp(text, "READY=1") == 0;
	}
	return ready;
}

static void turn_daemon(struct hold *hold, int restarts)
{
	int64_t age = now_ms() - hold->since;
	int status;

	if (hold->phase != RUNNING && age > PATIENCE_MS) {
		printf("# the daemon does not %s\n", hold->phase == STARTING ? "start" : "end");
		exit(1);
	}
	if (hold->phase == RUNNING && age >= RUN_MS && hold->restarts < restarts) {
		hold->gap_began = now_ms();
		kill(hold->pid, SIGTERM);
		enter_phase(hold, ENDING);
	} else if (hold->phase == ENDING && waitpid(hold->pid, &status, WNOHANG) == hold->pid) {
		if (status != 0) {
			printf("# the daemon ended with 0x%x\n", (unsigned)status);
			exit(1);
		}
		hold->restarts++;
		start_daemon(hold);
	} else if (hold->phase == STARTING && is_ready(hold)) {
		if (hold->restarts > 0 && now_ms() - hold->gap_began > hold->longest_gap)
			hold->longest_gap = now_ms() - hold->gap_began;
		enter_phase(hold, RUNNING);
	}
}

static void send_refresh(struct hold *hold, struct peer *peer)
{
	struct identity self = {peer->nick, "pc", peer->nick, "sales"};
	struct fields fields = {0};
	unsigned char bytes[1024];
	struct writer w = writer_on(bytes, sizeof bytes);
	uint32_t transaction = hold->sent;

	if (hold->sent == SENT_MAX) {
		printf("# more than %d refreshes: the daemon takes too long\n", SENT_MAX);
		exit(1);
	}
	fields_set(&fields, KEY_TK);
	memcpy(fields.transaction, &transaction, sizeof transaction);
	if (peer->proven) {
		fields_set(&fields, KEY_CK);
		memcpy(fields.cookie, peer->cookie, COOKIE_BYTES);
	} else {
		/* so that the challenge is no longer than what it answers */
		fields_set(&fields, KEY_PD);
		fields.padding = 100;
	}
	entry_write(&w, transaction + 1, &self, CMD_BR_ENTRY, hold->charset, true, &fields);
	hold->sent_at[transaction] = now_us();
	if (w.full || sendto(peer->fd, bytes, w.len, 0, (struct sockaddr *)&hold->at,
			  sizeof(struct sockaddr_in)) != (ssize_t)w.len)
		die("sending");
	hold->sent++;
}

static void note_grant(struct hold *hold, uint32_t transaction)
{
	int64_t took = now_us() - hold->sent_at[transaction];

	if (took > hold->slowest)
		hold->slowest = took;
	hold->granted += hold->answered[transaction] == 0;
	hold->twice += hold->answered[transaction] != 0;
	hold->answered[transaction] = 1;
}

static void take_answer(struct hold *hold, struct peer *peer)
{
	unsigned char bytes[2048];
	ssize_t n = recv(peer->fd, bytes, sizeof bytes, 0);
	struct packet packet;
	struct entry entry;
	uint32_t transaction;

	if (n < 0 || packet_parse(&packet, span_of(bytes, (size_t)n)) != PACKET_OK ||
	    packet_command(&packet) != CMD_ANSENTRY || !entry_parse(&entry, &packet))
		return;
	if (fields_has(&entry.fields, KEY_CK)) {
		memcpy(peer->cookie, entry.fields.cookie, COOKIE_BYTES);
		peer->proven = true;
	}
	memcpy(&transaction, entry.fields.transaction, sizeof transaction);
	if (!fields_has(&entry.fields, KEY_TK) || transaction >= hold->sent)
		return;
	if (fields_has(&entry.fields, KEY_ER) || !fields_has(&entry.fields, KEY_LT))
		hold->refused++;
	else
		note_grant(hold, transaction);
}

static void take_answers(struct hold *hold, int timeout)
{
	struct epoll_event events[64];
	int n = epoll_wait(hold->epoll, events, 64, timeout);

	for (int i = 0; i < n; i++)
		take_answer(hold, &hold->peers[events[i].data.u32]);
}

static void await_ready(struct hold *hold)
{
	while (hold->phase == STARTING) {
		struct pollfd p = {.fd = hold->notify, .events = POLLIN};

		poll(&p, 1, 100);
		turn_daemon(hold, 0);
		if (waitpid(hold->pid, NULL, WNOHANG) == hold->pid) {
			printf("# the daemon does not start\n");
			exit(1);
		}
	}
}

static void await_answer(struct hold *hold, uint32_t peer)
{
	int64_t until = now_ms() + PATIENCE_MS;

	for (uint32_t had = hold->granted + hold->refused; hold->granted + hold->refused == had;) {
		take_answers(hold, 10);
		if (now_ms() > until) {
			printf("# peer %u gets no answer\n", peer);
			exit(1);
		}
	}
}

/* A challenge, then a grant, for each peer; neither counts as a refresh. */
static void enter_peers(struct hold *hold)
{
	for (uint32_t i = 0; i < hold->peer_count; i++) {
		for (int step = 0; step < 2; step++) {
			send_refresh(hold, &hold->peers[i]);
			await_answer(hold, i);
		}
	}
	if (hold->granted != hold->peer_count) {
		printf("# %u of %u peers can enter\n", hold->granted, hold->peer_count);
		exit(1);
	}
	memset(hold->answered, 0, hold->sent);
	hold->sent = hold->granted = hold->refused = 0;
	hold->slowest = 0;
}

static void stream(struct hold *hold, int restarts, int rate)
{
	int64_t start = now_us();

	while (hold->restarts < restarts || hold->phase != RUNNING ||
	    now_ms() - hold->since < RUN_MS) {
		uint32_t due = (uint32_t)((now_us() - start) * rate / 1000000);

		while (hold->sent < due)
			send_refresh(hold, &hold->peers[hold->sent % hold->peer_count]);
		take_answers(hold, 1);
		turn_daemon(hold, restarts);
	}
	int64_t took = now_us() - start;

	for (int64_t until = now_ms() + PATIENCE_MS;
	     hold->granted + hold->refused < hold->sent && now_ms() < until;)
		take_answers(hold, 10);
	printf("%d restarts, %u peers, %u refreshes in %.1f s (%.0f/s): %u granted, %u refused, "
	       "%u lost, %u answered twice; slowest answer %.1f ms, longest time without a "
	       "daemon %d ms\n",
	    hold->restarts, hold->peer_count, hold->sent, (double)took / 1e6,
	    hold->sent * 1e6 / (double)took, hold->granted, hold->refused,
	    hold->sent - hold->granted - hold->refused, hold->twice, (double)hold->slowest / 1e3,
	    (int)hold->longest_gap);
}

int main(int argc, char **argv)
{
	static struct hold hold;
	int restarts, rate, status;

	if (argc != 7) {
		fprintf(stderr, "restart_hold SUPERD CONFIG SOCKET RESTARTS PEERS RATE\n");
		return 2;
	}
	restarts = atoi(argv[4]);
	rate = atoi(argv[6]);
	hold.args = argv + 1;
	hold.peer_count = (uint32_t)atoi(argv[5]);
	hold.charset = charset_open("CP932");
	hold.answered = calloc(SENT_MAX, sizeof *hold.answered);
	hold.sent_at = calloc(SENT_MAX, sizeof *hold.sent_at);
	open_server(&hold);
	open_notify(&hold);
	open_peers(&hold);
	start_daemon(&hold);
	await_ready(&hold);
	enter_peers(&hold);
	stream(&hold, restarts, rate);
	kill(hold.pid, SIGTERM);
	waitpid(hold.pid, &status, 0);
	return hold.sent > 0 && hold.granted == hold.sent && hold.twice == 0 && status == 0 ? 0 : 1;
}
