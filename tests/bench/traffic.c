/* The closed loop: slots, one for each request under way, and a socket. */
#include "traffic.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define FIRST_ADDRESS 0x7f010000u /* 127.1.0.0, and on from there */
#define BATCH 64
#define ANSWER_MAX 2048
#define BUFFER_BYTES (16 << 20)
#define LOST_MS 1000
#define TRIES_MAX 5

struct slot {
	bool busy;
	uint8_t tries;
	uint32_t peer;
	uint32_t sequence;
	int64_t sent; /* ms */
	size_t len;
	unsigned char bytes[REQUEST_MAX];
};

/* A transaction tells the slot and which of the requests that went through it. */
struct mark {
	uint32_t slot;
	uint32_t sequence;
};
_Static_assert(sizeof(struct mark) == TRANSACTION_BYTES, "a mark is a transaction");

struct messages {
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_in peer[BATCH];
	_Alignas(struct cmsghdr) unsigned char control[BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];
};

struct traffic {
	int fd;
	uint16_t port;
	uint8_t (*cookies)[COOKIE_BYTES];
	uint32_t peers;
	uint32_t next;	 /* peer */
	uint32_t stride; /* from one peer to the next: neighbours in memory do not follow each other */
	uint32_t sequence;
	uint32_t slot_count;
	uint32_t busy;
	uint32_t free[TRAFFIC_IN_FLIGHT_MAX]; /* slots; slot_count - busy of them */
	struct slot slots[TRAFFIC_IN_FLIGHT_MAX];
	struct traffic_counts counts;
	struct messages out;
	unsigned out_count;
	struct messages in;
	unsigned char room[BATCH][ANSWER_MAX];
};

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
	return b == 0 ? a : common_divisor(b, a % b);
}

/* A step that visits every peer once a round, in no order that memory has. */
static uint32_t stride_for(uint32_t peers)
{
	uint32_t stride = (uint32_t)(peers * 0.618) | 1;

	while (common_divisor(stride, peers) != 1)
		stride += 2;
	return stride;
}

static void open_socket(struct traffic *traffic)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	struct timeval wait = {.tv_usec = 200000};
	socklen_t len = sizeof at;
	int one = 1, bytes = BUFFER_BYTES;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0)
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	traffic->fd = fd;
	traffic->port = ntohs(at.sin_port);
}

struct traffic *traffic_new(uint32_t peers, uint32_t in_flight)
{
	struct traffic *traffic = calloc(1, sizeof *traffic);

	if (traffic != NULL)
		traffic->cookies = calloc(peers, sizeof *traffic->cookies);
	if (traffic == NULL || traffic->cookies == NULL)
		die("memory");
	traffic->peers = peers;
	traffic->stride = stride_for(peers);
	/* no peer has two requests under way */
	traffic->slot_count = in_flight < peers ? in_flight : peers;
	for (uint32_t i = 0; i < traffic->slot_count; i++)
		traffic->free[i] = i;
	open_socket(traffic);
	return traffic;
}

void traffic_free(struct traffic *traffic)
{
	close(traffic->fd);
	free(traffic->cookies);
	free(traffic);
}

static void put_source(struct msghdr *msg, void *control, uint32_t peer)
{
	struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(FIRST_ADDRESS + peer)};
	struct cmsghdr *c = control;

	*c = (struct cmsghdr){CMSG_LEN(sizeof info), IPPROTO_IP, IP_PKTINFO};
	memcpy(CMSG_DATA(c), &info, sizeof info);
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(sizeof info);
}

static void flush(struct traffic *traffic)
{
	struct mmsghdr *msgs = traffic->out.msgs;
	int left = (int)traffic->out_count;

	while (left > 0) {
		int n = sendmmsg(traffic->fd, msgs, (unsigned)left, 0);

		if (n < 0 && errno != EINTR)
			die("sendmmsg");
		if (n > 0) {
			msgs += n;
			left -= n;
		}
	}
	traffic->out_count = 0;
}

static void send_slot(struct traffic *traffic, struct slot *slot, const struct traffic_server *server,
    int64_t now)
{
	unsigned i = traffic->out_count++;
	struct messages *out = &traffic->out;

	slot->sent = now;
	out->peer[i] = (struct sockaddr_in){
	    .sin_family = AF_INET,
	    .sin_port = htons(server->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	out->iov[i] = (struct iovec){slot->bytes, slot->len};
	out->msgs[i].msg_hdr = (struct msghdr){
	    .msg_name = &out->peer[i],
	    .msg_namelen = sizeof out->peer[i],
	    .msg_iov = &out->iov[i],
	    .msg_iovlen = 1,
	};
	put_source(&out->msgs[i].msg_hdr, out->control[i], slot->peer);
	if (traffic->out_count == BATCH)
		flush(traffic);
}

static void start_one(struct traffic *traffic, const struct traffic_server *server,
    const struct request *request, int64_t now)
{
	uint32_t number = traffic->free[traffic->slot_count - traffic->busy - 1];
	struct slot *slot = &traffic->slots[number];
	struct mark mark = {number, ++traffic->sequence};
	uint8_t transaction[TRANSACTION_BYTES];

	memcpy(transaction, &mark, sizeof transaction);
	slot->busy = true;
	slot->tries = 1;
	slot->peer = traffic->next;
	slot->sequence = mark.sequence;
	slot->len = request_fill(request, slot->bytes, slot->peer, transaction,
	    traffic->cookies[slot->peer]);
	traffic->busy++;
	traffic->next = (uint32_t)(((uint64_t)traffic->next + traffic->stride) % traffic->peers);
	send_slot(traffic, slot, server, now);
}

static struct endpoint endpoint_of(const struct traffic *traffic, uint32_t peer)
{
	struct endpoint at = {.family = FAMILY_IP4, .port = traffic->port};
	uint32_t address = htonl(FIRST_ADDRESS + peer);

	memcpy(at.address, &address, sizeof address);
	return at;
}

static bool came_to(struct msghdr *msg, const struct endpoint *peer)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		struct in_pktinfo info;

		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof info);
		return memcmp(&info.ipi_addr, peer->address, sizeof info.ipi_addr) == 0;
	}
	return false;
}

static bool is_from(const struct sockaddr_in *from, const struct traffic_server *server)
{
	return from->sin_addr.s_addr == htonl(INADDR_LOOPBACK) &&
	    from->sin_port == htons(server->port);
}

/* The request that was answered; NULL for none that is under way. */
static struct slot *find_slot(struct traffic *traffic, const struct entry *entry)
{
	struct mark mark;

	if (!fields_has(&entry->fields, KEY_TK))
		return NULL;
	memcpy(&mark, entry->fields.transaction, sizeof mark);
	if (mark.slot >= traffic->slot_count)
		return NULL;
	struct slot *slot = &traffic->slots[mark.slot];

	return slot->busy && slot->sequence == mark.sequence ? slot : NULL;
}

static bool accepts(const struct traffic_server *server, const struct exchange *exchange,
    struct msghdr *msg)
{
	return is_from(msg->msg_name, server) && came_to(msg, &exchange->peer) &&
	    server->accept(exchange);
}

static void end_slot(struct traffic *traffic, struct slot *slot)
{
	slot->busy = false;
	traffic->busy--;
	traffic->free[traffic->slot_count - traffic->busy - 1] = (uint32_t)(slot - traffic->slots);
}

static void answered(struct traffic *traffic, struct msghdr *msg, struct span answer,
    const struct traffic_server *server)
{
	struct packet packet;
	struct entry entry;

	if (packet_parse(&packet, answer) != PACKET_OK || !entry_parse(&entry, &packet)) {
		traffic->counts.wrong++;
		return;
	}
	struct slot *slot = find_slot(traffic, &entry);

	/* of a request that was sent again both answers may come */
	if (slot == NULL) {
		traffic->counts.stray++;
		return;
	}
	struct exchange exchange = {
	    .peer = endpoint_of(traffic, slot->peer),
	    .request = span_of(slot->bytes, slot->len),
	    .answer = answer,
	    .packet = &packet,
	    .entry = &entry,
	    .cookie = traffic->cookies[slot->peer],
	};

	if (accepts(server, &exchange, msg))
		traffic->counts.answered++;
	else
		traffic->counts.wrong++;
	traffic->counts.answer_bytes = answer.len;
	end_slot(traffic, slot);
}

static void receive(struct traffic *traffic, const struct traffic_server *server)
{
	struct messages *in = &traffic->in;

	for (int i = 0; i < BATCH; i++) {
		in->iov[i] = (struct iovec){traffic->room[i], ANSWER_MAX};
		in->msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &in->peer[i],
		    .msg_namelen = sizeof in->peer[i],
		    .msg_iov = &in->iov[i],
		    .msg_iovlen = 1,
		    .msg_control = in->control[i],
		    .msg_controllen = sizeof in->control[i],
		};
	}
	int n = recvmmsg(traffic->fd, in->msgs, BATCH, MSG_WAITFORONE, NULL);

	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
		die("recvmmsg");
	for (int i = 0; i < n; i++)
		answered(traffic, &in->msgs[i].msg_hdr,
		    span_of(traffic->room[i], in->msgs[i].msg_len), server);
}

static void send_again(struct traffic *traffic, const struct traffic_server *server, int64_t now)
{
	for (uint32_t i = 0; i < traffic->slot_count; i++) {
		struct slot *slot = &traffic->slots[i];

		if (!slot->busy || now - slot->sent < LOST_MS)
			continue;
		if (slot->tries++ == TRIES_MAX) {
			fprintf(stderr, "load: %s does not answer any more\n", server->name);
			exit(EXIT_FAILURE);
		}
		traffic->counts.lost++;
		send_slot(traffic, slot, server, now);
	}
}

static void run(struct traffic *traffic, const struct traffic_server *server,
    const struct request *request, uint64_t count, int64_t until)
{
	int64_t checked = now_ms();

	while (count > 0 || traffic->busy > 0) {
		int64_t now = now_ms();

		if (now >= until)
			count = 0;
		for (; count > 0 && traffic->busy < traffic->slot_count; count--)
			start_one(traffic, server, request, now);
		if (now - checked >= LOST_MS) {
			send_again(traffic, server, now);
			checked = now;
		}
		flush(traffic);
		receive(traffic, server);
	}
}

void traffic_exchange(struct traffic *traffic, const struct traffic_server *server,
    const struct request *request, uint64_t count)
{
	run(traffic, server, request, count, INT64_MAX);
}

void traffic_spend(struct traffic *traffic, const struct traffic_server *server,
    const struct request *request, int64_t milliseconds)
{
	run(traffic, server, request, UINT64_MAX, now_ms() + milliseconds);
}

struct traffic_counts traffic_count(const struct traffic *traffic)
{
	return traffic->counts;
}
