/* Source addresses by IP_PKTINFO, and batches. */
#include "crowd.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"
#include "request.h"

#define BATCH 64
#define ANSWER_MAX 2048
#define BUFFER_BYTES (16 << 20)
#define CONTROL_BYTES (CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct timespec)))

struct messages {
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_in peer[BATCH];
	_Alignas(struct cmsghdr) unsigned char control[BATCH][CONTROL_BYTES];
};

struct crowd {
	int fd;
	uint16_t port;
	uint32_t first;
	unsigned out_count;
	struct messages out;
	struct messages in;
	unsigned char out_room[BATCH][REQUEST_MAX];
	unsigned char in_room[BATCH][ANSWER_MAX];
};

static void set(int fd, int level, int option, const void *value, socklen_t len)
{
	if (setsockopt(fd, level, option, value, len) != 0)
		die("socket", strerror(errno));
}

static void open_socket(struct crowd *crowd)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	struct timeval wait = {.tv_usec = 200000};
	socklen_t len = sizeof at;
	int one = 1, bytes = BUFFER_BYTES;

	crowd->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (crowd->fd < 0 || bind(crowd->fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    getsockname(crowd->fd, (struct sockaddr *)&at, &len) != 0)
		die("socket", strerror(errno));
	set(crowd->fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
	set(crowd->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	if (setsockopt(crowd->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		set(crowd->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	crowd->port = ntohs(at.sin_port);
}

struct crowd *crowd_new(uint32_t first_address)
{
	struct crowd *crowd = calloc(1, sizeof *crowd);

	if (crowd == NULL)
		die("memory", strerror(errno));
	crowd->first = first_address;
	open_socket(crowd);
	return crowd;
}

void crowd_free(struct crowd *crowd)
{
	close(crowd->fd);
	free(crowd);
}

void crowd_ignore_answers(struct crowd *crowd)
{
	int least = 1;

	set(crowd->fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
}

void crowd_want_times(struct crowd *crowd)
{
	int one = 1;

	set(crowd->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
}

struct endpoint crowd_endpoint(const struct crowd *crowd, uint32_t peer)
{
	struct endpoint at = {.family = FAMILY_IP4, .port = crowd->port};
	uint32_t address = htonl(crowd->first + peer);

	memcpy(at.address, &address, sizeof address);
	return at;
}

static void put_source(struct msghdr *msg, void *control, uint32_t address)
{
	struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(address)};
	struct cmsghdr *c = control;

	*c = (struct cmsghdr){CMSG_LEN(sizeof info), IPPROTO_IP, IP_PKTINFO};
	memcpy(CMSG_DATA(c), &info, sizeof info);
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(sizeof info);
}

void crowd_flush(struct crowd *crowd)
{
	struct mmsghdr *msgs = crowd->out.msgs;
	int left = (int)crowd->out_count;

	while (left > 0) {
		int n = sendmmsg(crowd->fd, msgs, (unsigned)left, 0);

		if (n < 0 && errno != EINTR)
			die("sendmmsg", strerror(errno));
		if (n > 0) {
			msgs += n;
			left -= n;
		}
	}
	crowd->out_count = 0;
}

void crowd_send(
    struct crowd *crowd, uint32_t peer, uint16_t port, const unsigned char *bytes, size_t len)
{
	unsigned i = crowd->out_count++;
	struct messages *out = &crowd->out;

	memcpy(crowd->out_room[i], bytes, len);
	out->peer[i] = (struct sockaddr_in){
	    .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	out->iov[i] = (struct iovec){crowd->out_room[i], len};
	out->msgs[i].msg_hdr = (struct msghdr){
	    .msg_name = &out->peer[i],
	    .msg_namelen = sizeof out->peer[i],
	    .msg_iov = &out->iov[i],
	    .msg_iovlen = 1,
	};
	put_source(&out->msgs[i].msg_hdr, out->control[i], crowd->first + peer);
	if (crowd->out_count == BATCH)
		crowd_flush(crowd);
}

static void read_control(struct msghdr *msg, struct crowd_arrival *arrival, uint32_t *address)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		struct in_pktinfo info;
		struct timespec ts;

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof info);
			*address = ntohl(info.ipi_addr.s_addr);
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(c), sizeof ts);
			arrival->time = ts.tv_sec * 1000000000LL + ts.tv_nsec;
		}
	}
}

static void hand_on(struct crowd *crowd, int i, crowd_take_fn take, void *context)
{
	struct msghdr *msg = &crowd->in.msgs[i].msg_hdr;
	const struct sockaddr_in *from = msg->msg_name;
	struct crowd_arrival arrival = {
	    .port = ntohs(from->sin_port),
	    .bytes = span_of(crowd->in_room[i], crowd->in.msgs[i].msg_len),
	};
	uint32_t address = 0;

	read_control(msg, &arrival, &address);
	if (from->sin_addr.s_addr != htonl(INADDR_LOOPBACK) || address < crowd->first)
		return;
	arrival.peer = address - crowd->first;
	take(context, &arrival);
}

void crowd_receive(struct crowd *crowd, bool wait, crowd_take_fn take, void *context)
{
	struct messages *in = &crowd->in;

	for (int i = 0; i < BATCH; i++) {
		in->iov[i] = (struct iovec){crowd->in_room[i], ANSWER_MAX};
		in->msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &in->peer[i],
		    .msg_namelen = sizeof in->peer[i],
		    .msg_iov = &in->iov[i],
		    .msg_iovlen = 1,
		    .msg_control = in->control[i],
		    .msg_controllen = sizeof in->control[i],
		};
	}
	int n = recvmmsg(crowd->fd, in->msgs, BATCH, wait ? MSG_WAITFORONE : MSG_DONTWAIT, NULL);

	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
		die("recvmmsg", strerror(errno));
	for (int i = 0; i < n; i++)
		hand_on(crowd, i, take, context);
}

int64_t crowd_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}
