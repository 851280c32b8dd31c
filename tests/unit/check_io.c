/*
 * UDP on real loopback sockets: what was sent to one of the host's addresses
 * is answered from that address, in both families, with the TTL asked for.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/log.h"
#include "io/hops.h"
#include "io/rtnetlink.h"
#include "io/loop.h"
#include "io/udp.h"

struct echo {
	struct loop *loop;
	struct udp *udp;
	struct batch batch;
	unsigned received;
	unsigned wanted;
	uint8_t ttl;
	uint16_t local; /* of the last one */
};

static void on_datagram(void *context, const struct arrival *arrival)
{
	struct echo *echo = context;
	unsigned char *to = batch_open(&echo->batch, arrival->bytes.len);

	memcpy(to, arrival->bytes.data, arrival->bytes.len);
	batch_commit(&echo->batch, arrival->bytes.len, arrival->local, &arrival->remote, echo->ttl);
	echo->received++;
	echo->local = arrival->local;
}

static void on_idle(void *context)
{
	struct echo *echo = context;

	batch_flush(&echo->batch);
	if (echo->received >= echo->wanted)
		loop_stop(echo->loop);
}

static void nothing(void *context)
{
}

static void give_up(void *context)
{
	struct echo *echo = context;

	loop_stop(echo->loop);
}

/* Bound to all addresses of a family, at a port the kernel chooses. Returns the port. */
static uint16_t open_echo(struct echo *echo, enum family family, uint8_t ttl)
{
	struct endpoint any = {.family = (uint8_t)family};
	struct endpoint at;
	char why[UDP_WHY_MAX];

	*echo = (struct echo){.ttl = ttl};
	echo->loop = loop_new(&(struct loop_handlers){give_up, nothing, echo});
	echo->udp = udp_new(&(struct udp_options){1000, 65536, on_datagram, on_idle, echo});
	ck_assert_msg(udp_bind(echo->udp, &any, why) == 0, "%s", why);
	batch_init(&echo->batch, udp_send, echo->udp);
	ck_assert_int_eq(udp_start(echo->udp, loop_base(echo->loop)), 0);
	ck_assert(udp_bound(echo->udp, 0, &at));
	return at.port;
}

static void run_until(struct echo *echo, unsigned wanted)
{
	echo->wanted = wanted;
	loop_set_deadline(echo->loop, loop_now() + 5000);
	loop_run(echo->loop);
	ck_assert_uint_eq(echo->received, wanted);
}

static void close_echo(struct echo *echo)
{
	udp_free(echo->udp);
	loop_free(echo->loop);
}

static int client(const struct endpoint *to)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(to, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM, 0);
	int on = 1;

	ck_assert_int_ge(fd, 0);
	setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
	/* connected: takes answers from that very address and port only */
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&ss, len), 0);
	return fd;
}

static void expect(int fd, const char *text)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char buf[100] = "";

	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	ck_assert_int_eq(recv(fd, buf, sizeof buf - 1, 0), (int)strlen(text));
	ck_assert_str_eq(buf, text);
}

START_TEST(answers_from_where_it_was_reached)
{
	static const char *const addresses[] = {"127.0.0.1", "127.0.0.2", "127.9.8.7", "127.0.0.2"};
	struct echo echo;
	uint16_t port = open_echo(&echo, FAMILY_IP4, 0);

	for (unsigned i = 0; i < 4; i++) {
		struct endpoint to;

		endpoint_parse(&to, addresses[i], port);
		int fd = client(&to);

		ck_assert_int_eq(send(fd, addresses[i], strlen(addresses[i]), 0),
		    (int)strlen(addresses[i]));
		run_until(&echo, i + 1);
		expect(fd, addresses[i]);
		close(fd);
	}
	close_echo(&echo);
}
END_TEST

START_TEST(answers_ip6)
{
	struct echo echo;
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	bool usable = fd >= 0 && bind(fd, (struct sockaddr *)&loopback, sizeof loopback) == 0;

	if (fd >= 0)
		close(fd);
	if (!usable) {
		printf("# no IPv6 loopback here: not tested\n");
		fflush(stdout);
		return;
	}
	struct endpoint to;

	endpoint_parse(&to, "::1", open_echo(&echo, FAMILY_IP6, 0));
	fd = client(&to);
	ck_assert_int_eq(send(fd, "six", 3, 0), 3);
	run_until(&echo, 1);
	expect(fd, "six");
	close(fd);
	close_echo(&echo);
}
END_TEST

static int received_ttl(int fd)
{
	char buf[100];
	_Alignas(struct cmsghdr) char control[100];
	struct iovec iov = {buf, sizeof buf};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
	    .msg_controllen = sizeof control};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int ttl = -1;

	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	ck_assert_int_gt(recvmsg(fd, &msg, 0), 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL)
			memcpy(&ttl, CMSG_DATA(c), sizeof ttl);
	}
	return ttl;
}

START_TEST(ttl_is_set)
{
	struct echo echo;
	struct endpoint to;

	endpoint_parse(&to, "127.0.0.1", open_echo(&echo, FAMILY_IP4, 3));
	int fd = client(&to);

	ck_assert_int_eq(send(fd, "x", 1, 0), 1);
	run_until(&echo, 1);
	ck_assert_int_eq(received_ttl(fd), 3);
	close(fd);
	close_echo(&echo);
}
END_TEST

START_TEST(long_ones_are_dropped_and_many_arrive)
{
	static char big[1001];
	struct udp_counts counts;
	struct echo echo;
	struct endpoint to;

	endpoint_parse(&to, "127.0.0.1", open_echo(&echo, FAMILY_IP4, 0));
	int fd = client(&to);

	ck_assert_int_eq(send(fd, big, sizeof big, 0), (int)sizeof big);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(send(fd, "x", 1, 0), 1);
	run_until(&echo, 50);
	udp_count(echo.udp, &counts);
	ck_assert_uint_eq(counts.too_long, 1);
	ck_assert_uint_eq(counts.sent, 50);
	close(fd);
	close_echo(&echo);
}
END_TEST

START_TEST(taken_port_is_told)
{
	struct echo echo;
	struct endpoint at = {.family = FAMILY_IP4};
	char why[UDP_WHY_MAX];

	at.port = open_echo(&echo, FAMILY_IP4, 0);
	ck_assert_int_eq(udp_bind(echo.udp, &at, why), -1);
	ck_assert_ptr_nonnull(strstr(why, strerror(EADDRINUSE)));
	close_echo(&echo);
}
END_TEST

static int bound_socket(int family, int type, struct endpoint *at)
{
	struct sockaddr_storage ss = {.ss_family = (sa_family_t)family};
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int fd = socket(family, type, 0), on = 1;

	ck_assert_int_ge(fd, 0);
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&ss, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	ck_assert(endpoint_from_sockaddr(at, (struct sockaddr *)&ss, len));
	return fd;
}

/* Also one that blocks and has come without packet information. */
START_TEST(adopted_socket_answers_from_where_it_was_reached)
{
	struct echo echo = {0};
	struct endpoint at, to;
	char why[UDP_WHY_MAX];
	int adopted = bound_socket(AF_INET, SOCK_DGRAM, &at);

	echo.loop = loop_new(&(struct loop_handlers){give_up, nothing, &echo});
	echo.udp = udp_new(&(struct udp_options){1000, 65536, on_datagram, on_idle, &echo});
	ck_assert_msg(udp_adopt(echo.udp, adopted, why) == 0, "%s", why);
	ck_assert_int_ne(fcntl(adopted, F_GETFD) & FD_CLOEXEC, 0);
	batch_init(&echo.batch, udp_send, echo.udp);
	ck_assert_int_eq(udp_start(echo.udp, loop_base(echo.loop)), 0);
	endpoint_parse(&to, "127.0.0.2", at.port);
	int fd = client(&to);

	ck_assert_int_eq(send(fd, "x", 1, 0), 1);
	run_until(&echo, 1);
	expect(fd, "x");
	close(fd);
	close_echo(&echo);
}
END_TEST

static int receive_buffer(int fd)
{
	int size = 0;
	socklen_t len = sizeof size;

	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &len), 0);
	return size;
}

static void set_size(int fd, int option, int size)
{
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, option, &size, sizeof size), 0);
}

static unsigned warnings;

static void count_warnings(enum log_level level, const char *line)
{
	warnings += level == LOG_LEVEL_WARN && strstr(line, "ReceiveBuffer=") != NULL;
}

/* As systemd does for a daemon that has no privileges. */
START_TEST(adopting_never_makes_the_receive_buffer_smaller)
{
	enum { MADE = 16 << 20, WANTED = 32 << 20 };
	struct udp *udp = udp_new(&(struct udp_options){1000, WANTED, on_datagram, on_idle, NULL});
	struct endpoint at;
	char why[UDP_WHY_MAX];
	int fd = bound_socket(AF_INET, SOCK_DGRAM, &at), made = MADE;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &made, sizeof made) != 0)
		set_size(fd, SO_RCVBUF, 4096);
	made = receive_buffer(fd);
	bool root = geteuid() == 0;

	if (root)
		ck_assert_int_eq(seteuid(65534), 0);
	log_capture(count_warnings);
	ck_assert_int_eq(udp_adopt(udp, fd, why), 0);
	ck_assert_int_eq(receive_buffer(fd), made);
	ck_assert_uint_eq(warnings, 1);
	udp_free(udp);
	/* the search for leaks at the end wants to trace the process */
	if (root)
		ck_assert_int_eq(seteuid(0) | prctl(PR_SET_DUMPABLE, 1), 0);
}
END_TEST

START_TEST(adopting_raises_the_receive_buffer_if_it_may)
{
	struct udp *udp = udp_new(&(struct udp_options){1000, 8192, on_datagram, on_idle, NULL});
	struct endpoint at;
	char why[UDP_WHY_MAX];
	int one = bound_socket(AF_INET, SOCK_DGRAM, &at), size = 4096;
	int other = bound_socket(AF_INET, SOCK_DGRAM, &at);
	bool may = setsockopt(one, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0;

	set_size(one, SO_RCVBUF, 4096);
	set_size(other, SO_RCVBUF, 65536);
	log_capture(count_warnings);
	ck_assert_int_eq(udp_adopt(udp, one, why), 0);
	ck_assert_int_eq(udp_adopt(udp, other, why), 0);
	ck_assert_int_eq(receive_buffer(one), 2 * (may ? 8192 : 4096));
	ck_assert_int_eq(receive_buffer(other), 2 * 65536);
	ck_assert_uint_eq(warnings, may ? 0 : 1);
	udp_free(udp);
}
END_TEST

static void refuses(struct udp *udp, int fd, const char *reason)
{
	char why[UDP_WHY_MAX] = "";

	ck_assert_int_eq(udp_adopt(udp, fd, why), -1);
	ck_assert_msg(strstr(why, reason) != NULL, "\"%s\" says nothing of %s", why, reason);
	close(fd); /* still ours */
}

START_TEST(unfit_sockets_are_not_adopted)
{
	struct udp *udp = udp_new(&(struct udp_options){1000, 65536, on_datagram, on_idle, NULL});
	struct endpoint at;
	int off = 0, both = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in6 any = {.sin6_family = AF_INET6};

	refuses(udp, open("/dev/null", O_RDONLY), "no UDP socket");
	refuses(udp, bound_socket(AF_INET, SOCK_STREAM, &at), "no UDP socket");
	refuses(udp, socket(AF_UNIX, SOCK_DGRAM, 0), "no UDP socket");
	refuses(udp, socket(AF_INET, SOCK_DGRAM, 0), "not bound");
	if (both >= 0) {
		setsockopt(both, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
		ck_assert_int_eq(bind(both, (struct sockaddr *)&any, sizeof any), 0);
		refuses(udp, both, "ipv6-only");
	}
	udp_free(udp);
}
END_TEST

START_TEST(local_addresses_get_their_numbers_back)
{
	struct udp *udp = udp_new(&(struct udp_options){1000, 65536, on_datagram, on_idle, NULL});
	struct endpoint any = {.family = FAMILY_IP4}, one, back, other;
	char why[UDP_WHY_MAX];
	uint16_t number;

	ck_assert_int_eq(udp_bind(udp, &any, why), 0);
	endpoint_parse(&one, "127.0.0.9", 0);
	ck_assert_int_eq(udp_bind(udp, &one, why), 0);
	ck_assert(udp_bound(udp, 0, &any) && udp_bound(udp, 1, &one));
	/* the very socket before the one for all */
	ck_assert(udp_number(udp, &one, &number));
	ck_assert_uint_eq(number, 1);
	ck_assert(udp_number(udp, &any, &number));
	ck_assert_uint_eq(number, 0);
	endpoint_parse(&other, "127.0.0.7", any.port);
	ck_assert(udp_number(udp, &other, &number));
	udp_local(udp, number, &back);
	ck_assert(endpoint_equal(&back, &other));
	/* no socket has that port, none that family */
	other.port = any.port == 1 ? 2 : 1;
	ck_assert(!udp_number(udp, &other, &number));
	endpoint_parse(&other, "::1", any.port);
	ck_assert(!udp_number(udp, &other, &number));
	/* nor has the host that address (RFC 5737), whatever the socket takes */
	endpoint_parse(&other, "192.0.2.77", any.port);
	ck_assert(!udp_number(udp, &other, &number));
	udp_free(udp);
}
END_TEST

/* What the kernel had no room for is counted: with what was read it is all there was. */
START_TEST(counts_what_the_kernel_drops)
{
	enum { SENT = 4000 };
	static const char bytes[500];
	struct endpoint to = {.family = FAMILY_IP4, .address = {127, 0, 0, 1}};
	struct udp_counts counts;
	struct echo echo;
	int fd;

	to.port = open_echo(&echo, FAMILY_IP4, 0);
	fd = client(&to);
	for (int i = 0; i < SENT; i++)
		ck_assert_int_eq(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
	udp_count(echo.udp, &counts);
	ck_assert_uint_gt(counts.kernel_dropped, 0);
	ck_assert_uint_lt(counts.kernel_dropped, SENT);
	run_until(&echo, SENT - (unsigned)counts.kernel_dropped);
	udp_count(echo.udp, &counts);
	ck_assert_uint_eq(counts.received + counts.kernel_dropped, SENT);
	close(fd);
	close_echo(&echo);
}
END_TEST

START_TEST(drops_before_adoption_are_not_ours)
{
	static const char bytes[500];
	struct udp *udp = udp_new(&(struct udp_options){1000, 4096, on_datagram, on_idle, NULL});
	struct udp_counts counts;
	struct endpoint at, to;
	char why[UDP_WHY_MAX];
	int adopted = bound_socket(AF_INET, SOCK_DGRAM, &at);

	set_size(adopted, SO_RCVBUF, 4096);
	endpoint_parse(&to, "127.0.0.1", at.port);
	int fd = client(&to);

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
	ck_assert_int_eq(udp_adopt(udp, adopted, why), 0);
	udp_count(udp, &counts);
	ck_assert_uint_eq(counts.kernel_dropped, 0);
	ck_assert_int_eq(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
	udp_count(udp, &counts);
	ck_assert_uint_eq(counts.kernel_dropped, 1);
	close(fd);
	udp_free(udp);
}
END_TEST

static struct endpoint loopback(uint16_t port)
{
	struct endpoint at;

	endpoint_parse(&at, "127.0.0.1", port);
	return at;
}

/* All of what one more socket hears has its number, whatever address it was sent to. */
START_TEST(opened_sockets_are_numbered_by_themselves)
{
	static const char *const addresses[] = {"127.0.0.1", "127.0.0.2"};
	uint16_t local[2], port[2];
	struct echo echo;

	open_echo(&echo, FAMILY_IP4, 0);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(udp_open(echo.udp, FAMILY_IP4, &local[i], &port[i]), 0);
	ck_assert_uint_ne(port[0], port[1]);
	for (unsigned i = 0; i < 4; i++) {
		struct endpoint to;

		endpoint_parse(&to, addresses[i % 2], port[i / 2]);
		int fd = client(&to);

		ck_assert_int_eq(send(fd, "x", 1, 0), 1);
		run_until(&echo, i + 1);
		ck_assert_uint_eq(echo.local, local[i / 2]);
		close(fd);
	}
	/* what leaves under the number leaves from there */
	struct endpoint to;
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	int fd = bound_socket(AF_INET, SOCK_DGRAM, &to);

	to = loopback(to.port);
	*batch_open(&echo.batch, 1) = 'y';
	batch_commit(&echo.batch, 1, local[1], &to, 0);
	batch_flush(&echo.batch);
	char got;

	ck_assert_int_eq(recvfrom(fd, &got, 1, 0, (struct sockaddr *)&from, &len), 1);
	ck_assert(endpoint_from_sockaddr(&to, (struct sockaddr *)&from, len));
	ck_assert_uint_eq(to.port, port[1]);
	close(fd);
	close_echo(&echo);
}
END_TEST

START_TEST(opened_sockets_are_bounded_and_used_again)
{
	uint16_t local[UDP_OPEN_MAX], port, more;
	struct udp_counts counts;
	struct endpoint to;
	struct echo echo;

	open_echo(&echo, FAMILY_IP4, 0);
	for (unsigned i = 0; i < UDP_OPEN_MAX; i++)
		ck_assert_int_eq(udp_open(echo.udp, FAMILY_IP4, &local[i], &port), 0);
	errno = 0;
	ck_assert_int_eq(udp_open(echo.udp, FAMILY_IP4, &more, &port), -1);
	ck_assert_int_eq(errno, EMFILE);
	udp_close(echo.udp, local[3]);
	udp_close(echo.udp, local[3]);
	to = loopback(9);
	*batch_open(&echo.batch, 1) = 'x';
	batch_commit(&echo.batch, 1, local[3], &to, 0);
	batch_flush(&echo.batch);
	udp_count(echo.udp, &counts);
	ck_assert_uint_eq(counts.unsent, 1);
	ck_assert_uint_eq(counts.sent, 0);
	ck_assert_int_eq(udp_open(echo.udp, FAMILY_IP4, &more, &port), 0);
	ck_assert_uint_eq(more, local[3]);
	/* of two free numbers the one that was given up long ago */
	udp_close(echo.udp, local[5]);
	udp_close(echo.udp, more);
	ck_assert_int_eq(udp_open(echo.udp, FAMILY_IP4, &more, &port), 0);
	ck_assert_uint_eq(more, local[5]);
	/* the first one is not such a socket */
	udp_close(echo.udp, 0);
	ck_assert(udp_bound(echo.udp, 0, &to));
	to = loopback(to.port);
	int fd = client(&to);

	ck_assert_int_eq(send(fd, "x", 1, 0), 1);
	run_until(&echo, 1);
	close(fd);
	close_echo(&echo);
}
END_TEST

START_TEST(no_descriptor_left_is_an_error)
{
	struct rlimit limit, none;
	uint16_t local, port;
	struct echo echo;

	open_echo(&echo, FAMILY_IP4, 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 3;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(udp_open(echo.udp, FAMILY_IP4, &local, &port), -1);
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(udp_open(echo.udp, FAMILY_IP4, &local, &port), 0);
	close_echo(&echo);
}
END_TEST

/* At the first datagram of many its socket makes way for another, where something waits already. */
static void close_while_read(void *context, const struct arrival *arrival)
{
	struct echo *echo = context;
	struct endpoint to;
	uint16_t port;

	ck_assert_uint_eq(arrival->local, echo->local);
	if (echo->received++ > 0)
		return;
	udp_close(echo->udp, arrival->local);
	ck_assert_int_eq(udp_open(echo->udp, FAMILY_IP4, &echo->local, &port), 0);
	to = loopback(port);
	int fd = client(&to);

	ck_assert_int_eq(send(fd, "y", 1, 0), 1);
	close(fd);
}

static void stop_at_once(void *context)
{
	struct echo *echo = context;

	loop_stop(echo->loop);
}

START_TEST(closing_while_a_batch_is_read)
{
	struct echo echo = {.wanted = 1};
	struct endpoint to;
	uint16_t port;

	echo.loop = loop_new(&(struct loop_handlers){give_up, nothing, &echo, NULL});
	echo.udp = udp_new(&(struct udp_options){.datagram_max = 1000, .receive_buffer = 65536,
	    .receive = close_while_read, .idle = stop_at_once, .context = &echo});
	ck_assert_int_eq(udp_start(echo.udp, loop_base(echo.loop)), 0);
	ck_assert_int_eq(udp_open(echo.udp, FAMILY_IP4, &echo.local, &port), 0);
	to = loopback(port);
	int fd = client(&to);

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(send(fd, "x", 1, 0), 1);
	run_until(&echo, 1);
	/* the other's is all that is still to come */
	run_until(&echo, 2);
	loop_set_deadline(echo.loop, loop_now() + 50);
	loop_run(echo.loop);
	ck_assert_uint_eq(echo.received, 2);
	close(fd);
	close_echo(&echo);
}
END_TEST

START_TEST(refused_datagrams_do_not_end_the_reading)
{
	uint16_t local, port;
	struct endpoint to;
	struct echo echo;
	int fd;

	open_echo(&echo, FAMILY_IP4, 0);
	ck_assert_int_eq(udp_open(echo.udp, FAMILY_IP4, &local, &port), 0);
	fd = bound_socket(AF_INET, SOCK_DGRAM, &to);
	close(fd); /* nobody is there now */
	to = loopback(to.port);
	for (int i = 0; i < 3; i++) {
		*batch_open(&echo.batch, 1) = 'x';
		batch_commit(&echo.batch, 1, local, &to, 0);
		batch_flush(&echo.batch);
	}
	to = loopback(port);
	fd = client(&to);
	ck_assert_int_eq(send(fd, "x", 1, 0), 1);
	run_until(&echo, 1);
	expect(fd, "x");
	close(fd);
	close_echo(&echo);
}
END_TEST

struct alarm {
	struct loop *loop;
	unsigned rang;
	int64_t at;
};

static void ring(void *context)
{
	struct alarm *alarm = context;

	alarm->rang++;
	alarm->at = loop_now();
	loop_stop(alarm->loop);
}

/* Runs until it rings, which is at that time and not before. */
static void rings_at(struct alarm *alarm, int64_t deadline)
{
	unsigned before = alarm->rang;

	loop_run(alarm->loop);
	ck_assert_uint_eq(alarm->rang, before + 1);
	ck_assert_int_ge(alarm->at, deadline);
	ck_assert_int_le(alarm->at, deadline + 2000);
}

START_TEST(the_alarm_rings_in_time)
{
	struct alarm alarm = {0};
	int64_t now = loop_now();

	alarm.loop = loop_new(&(struct loop_handlers){ring, nothing, &alarm, NULL});
	loop_set_deadline(alarm.loop, now + 30);
	rings_at(&alarm, now + 30);
	/* put off, and brought forward */
	now = loop_now();
	loop_set_deadline(alarm.loop, now + 20);
	loop_set_deadline(alarm.loop, now + 120);
	rings_at(&alarm, now + 120);
	now = loop_now();
	loop_set_deadline(alarm.loop, now + 600000);
	loop_set_deadline(alarm.loop, now + 20);
	rings_at(&alarm, now + 20);
	/* what is over is due at once, however long ago it was */
	loop_set_deadline(alarm.loop, now - 1);
	rings_at(&alarm, now - 1);
	loop_set_deadline(alarm.loop, 0);
	rings_at(&alarm, loop_now() - 1000);
	/* taken back it does not ring */
	loop_set_deadline(alarm.loop, loop_now() + 20);
	loop_set_deadline(alarm.loop, DEADLINE_NEVER);
	loop_linger(alarm.loop, 60);
	ck_assert_uint_eq(alarm.rang, 5);
	loop_free(alarm.loop);
}
END_TEST

/* A clock that stands still in suspend would let it ring that much later. */
START_TEST(the_alarm_counts_suspend)
{
	char path[64], line[128];
	struct alarm alarm = {0};
	bool found = false;

	alarm.loop = loop_new(&(struct loop_handlers){ring, nothing, &alarm, NULL});
	loop_set_deadline(alarm.loop, loop_now() + 600000);
	for (int fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
		FILE *file = fopen(path, "re");
		bool counts = false;

		while (file != NULL && fgets(line, sizeof line, file) != NULL) {
			int clock, seconds;

			if (sscanf(line, "clockid: %d", &clock) == 1)
				counts = clock == CLOCK_BOOTTIME;
			if (counts && sscanf(line, "it_value: (%d,", &seconds) == 1)
				found = found || (seconds >= 590 && seconds <= 600);
		}
		if (file != NULL)
			fclose(file);
	}
	ck_assert_msg(found, "no alarm of CLOCK_BOOTTIME is set");
	loop_free(alarm.loop);
}
END_TEST

struct search {
	struct event_base *base;
	unsigned answers;
	int hops;
};

static void on_hops(int hops, void *context)
{
	struct search *search = context;

	search->answers++;
	search->hops = hops;
	event_base_loopbreak(search->base);
}

/* No router is on the way to ourselves: who is there and silent, or is not there and says so. */
START_TEST(hops_to_ourselves)
{
	struct search search = {.base = event_base_new()};
	struct endpoint to;
	int64_t began = loop_now();
	int fd = bound_socket(AF_INET, SOCK_DGRAM, &to);
	char got[100] = "";

	to = loopback(to.port);
	ck_assert_ptr_nonnull(hops_search(search.base, &to, on_hops, &search));
	ck_assert_uint_eq(search.answers, 0);
	event_base_dispatch(search.base);
	ck_assert_int_eq(search.hops, HOPS_UNKNOWN);
	ck_assert_int_lt(loop_now() - began, 3000);
	for (int i = 1; i <= HOPS_MAX; i++) {
		ck_assert_int_gt(recv(fd, got, sizeof got - 1, MSG_DONTWAIT), 0);
		ck_assert_int_eq(got[2], '0' + i);
	}
	ck_assert_int_eq(recv(fd, got, sizeof got, MSG_DONTWAIT), -1);
	close(fd);
	began = loop_now();
	ck_assert_ptr_nonnull(hops_search(search.base, &to, on_hops, &search));
	event_base_dispatch(search.base);
	ck_assert_int_eq(search.hops, 0);
	ck_assert_int_lt(loop_now() - began, 150);
	ck_assert_uint_eq(search.answers, 2);
	event_base_free(search.base);
}
END_TEST

START_TEST(hops_called_off)
{
	struct search search = {.base = event_base_new()};
	struct endpoint to;
	int fd = bound_socket(AF_INET, SOCK_DGRAM, &to);

	to = loopback(to.port);
	close(fd);
	hops_cancel(hops_search(search.base, &to, on_hops, &search));
	hops_cancel(NULL);
	event_base_loop(search.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(search.answers, 0);
	endpoint_parse(&to, "::1", 9);
	ck_assert_ptr_null(hops_search(search.base, &to, on_hops, &search));
	ck_assert_int_eq(errno, EAFNOSUPPORT);
	event_base_free(search.base);
}
END_TEST

/* The kernel need not pad the last attribute, so that it ends before the next would begin. */
START_TEST(nothing_is_read_behind_the_last_attribute)
{
	struct message {
		struct nlmsghdr header;
		struct ifinfomsg info;
		struct rtattr last;
		unsigned char value[4];
		struct rtattr behind;
		unsigned beyond;
	} message = {
	    .header = {.nlmsg_len = offsetof(struct message, value) + 1},
	    .last = {.rta_type = IFLA_IFNAME, .rta_len = RTA_LENGTH(1)},
	    .behind = {.rta_type = IFLA_MASTER, .rta_len = RTA_LENGTH(4)},
	};

	ck_assert_ptr_eq(rtnetlink_find(&message.header, sizeof message.info, IFLA_IFNAME, 1),
	    &message.last);
	ck_assert_ptr_null(
	    rtnetlink_find(&message.header, sizeof message.info, IFLA_MASTER, 4));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("io");
	TCase *tcase = tcase_create("udp");

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, answers_from_where_it_was_reached);
	tcase_add_test(tcase, answers_ip6);
	tcase_add_test(tcase, ttl_is_set);
	tcase_add_test(tcase, long_ones_are_dropped_and_many_arrive);
	tcase_add_test(tcase, counts_what_the_kernel_drops);
	tcase_add_test(tcase, taken_port_is_told);
	tcase_add_test(tcase, adopted_socket_answers_from_where_it_was_reached);
	tcase_add_test(tcase, adopting_never_makes_the_receive_buffer_smaller);
	tcase_add_test(tcase, adopting_raises_the_receive_buffer_if_it_may);
	tcase_add_test(tcase, drops_before_adoption_are_not_ours);
	tcase_add_test(tcase, unfit_sockets_are_not_adopted);
	tcase_add_test(tcase, local_addresses_get_their_numbers_back);
	tcase_add_test(tcase, opened_sockets_are_numbered_by_themselves);
	tcase_add_test(tcase, opened_sockets_are_bounded_and_used_again);
	tcase_add_test(tcase, no_descriptor_left_is_an_error);
	tcase_add_test(tcase, closing_while_a_batch_is_read);
	tcase_add_test(tcase, refused_datagrams_do_not_end_the_reading);
	tcase_add_test(tcase, the_alarm_rings_in_time);
	tcase_add_test(tcase, the_alarm_counts_suspend);
	tcase_add_test(tcase, hops_to_ourselves);
	tcase_add_test(tcase, hops_called_off);
	tcase_add_test(tcase, nothing_is_read_behind_the_last_attribute);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
