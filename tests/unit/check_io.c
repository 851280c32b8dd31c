/*
 * UDP on real loopback sockets: what was sent to one of the host's addresses
 * is answered from that address, in both families, with the TTL asked for.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/loop.h"
#include "io/udp.h"

struct echo {
	struct loop *loop;
	struct udp *udp;
	struct batch batch;
	unsigned received;
	unsigned wanted;
	uint8_t ttl;
};

static void on_datagram(void *context, const struct arrival *arrival)
{
	struct echo *echo = context;
	unsigned char *to = batch_open(&echo->batch, arrival->bytes.len);

	memcpy(to, arrival->bytes.data, arrival->bytes.len);
	batch_commit(&echo->batch, arrival->bytes.len, arrival->local, &arrival->remote, echo->ttl);
	echo->received++;
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

int main(void)
{
	Suite *suite = suite_create("io");
	TCase *tcase = tcase_create("udp");

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, answers_from_where_it_was_reached);
	tcase_add_test(tcase, answers_ip6);
	tcase_add_test(tcase, ttl_is_set);
	tcase_add_test(tcase, long_ones_are_dropped_and_many_arrive);
	tcase_add_test(tcase, taken_port_is_told);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
