/*
 * The control server and clients that are broken, slow, gone or many. A
 * well-behaved client beside each has to get its answers.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "check_ctl_service.h"
#include "ctl/interface.h"
#include "ctl/server.h"
#include "unit.h"

/* The beginning of a call of Echo, up to its text. */
static const char head[] =
    "{\"method\":\"net.ipmsg.test.Echo\",\"parameters\":{\"text\":\"";

/* What is no call at all: one error, then the end. */
static const char *const garbage[] = {
    "",
    "hello",
    "{",
    "[]",
    "\"net.ipmsg.test.Echo\"",
    "{}",
    "{\"method\":7}",
    "{\"method\":\"net.ipmsg.test.Echo\",\"parameters\":[]}",
    "{\"method\":\"net.ipmsg.test.Echo\",\"more\":1}",
    "{\"method\":\"net.ipmsg.test.Echo\",\"oneway\":\"yes\"}",
    "{\"method\":\"net.ipmsg.test.Echo\",\"upgrade\":true}",
    "{\"method\":\"net.ipmsg.test.Echo\",\"more\":true,\"oneway\":true}",
    "{\"method\":\"net.ipmsg.test.Echo\",\"method\":\"net.ipmsg.test.Keep\"}",
    "{\"method\":\"net.ipmsg.test.Echo\",\"parameters\":{\"text\":\"caf\xe9\"}}",
    "{\"method\":\"net.ipmsg.test.Echo\",\"parameters\":{\"text\":\"\xed\xa0\x80\"}}",
    "{\"method\":\"net.ipmsg.test.Echo\",\"parameters\":{\"text\":\"a\\u0000b\"}}",
    "{\"method\":\"net.ipmsg.test.Echo\"} {\"method\":\"net.ipmsg.test.Echo\"}",
};

START_TEST(test_garbage)
{
	struct ctl_client client;

	open_client(&client);
	write_all(client.fd, garbage[_i], strlen(garbage[_i]) + 1);
	expect_error(&client, "net.ipmsg.daemon.InvalidRequest");
	expect_closed(&client);
	expect_service();
}
END_TEST

START_TEST(test_deep_nesting)
{
	static char deep[60000];
	struct ctl_client client;

	for (int objects = 0; objects < 2; objects++) {
		memset(deep, '[', sizeof deep - 1);
		for (size_t i = 0; objects && i + 5 < sizeof deep; i += 5)
			memcpy(deep + i, "{\"a\":", 5);
		deep[sizeof deep - 1] = '\0';
		open_client(&client);
		write_all(client.fd, deep, sizeof deep);
		expect_error(&client, "net.ipmsg.daemon.InvalidRequest");
		expect_closed(&client);
	}
	expect_service();
}
END_TEST

START_TEST(test_silent)
{
	struct ctl_client silent;

	open_client(&silent);
	expect_service();
	expect_echo(&silent, "still here");
	ctl_client_close(&silent);
}
END_TEST

START_TEST(test_byte_at_a_time)
{
	static const char call[] =
	    "{\"method\":\"net.ipmsg.test.Echo\",\"parameters\":{\"text\":\"slow\"}}";
	struct ctl_client slow;

	open_client(&slow);
	for (size_t i = 0; i < sizeof call; i++) {
		write_all(slow.fd, call + i, 1);
		expect_service();
	}
	struct ctl_answer answer = receive(&slow);

	ck_assert_str_eq(text_of(&answer, "text"), "slow");
	ctl_answer_clear(&answer);
	ctl_client_close(&slow);
}
END_TEST

/* 10 MB and no NUL in sight. */
START_TEST(test_endless_message)
{
	static char chunk[65536];
	struct ctl_client client;
	size_t sent = 0;
	ssize_t n;

	memset(chunk, 'a', sizeof chunk);
	open_client(&client);
	do {
		n = send(client.fd, chunk, sizeof chunk, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			n = poll(&(struct pollfd){.fd = client.fd, .events = POLLOUT}, 1,
				SERVICE_TIMEOUT_MS) - 1;
		sent += n > 0 ? (size_t)n : 0;
	} while (n >= 0 && sent < 10 * 1000 * 1000);
	ck_assert_uint_lt(sent, 2 * 1000 * 1000);
	expect_error(&client, "net.ipmsg.daemon.InvalidRequest");
	expect_closed(&client);
	expect_service();
}
END_TEST

START_TEST(test_vanishes_in_stream)
{
	struct ctl_client client;

	open_client(&client);
	ctl_client_call(&client, "net.ipmsg.test.Endless", NULL, true);
	struct ctl_answer answer = receive(&client);

	ctl_answer_clear(&answer);
	ctl_client_close(&client);
	service_wait("released", 1);
	expect_service();
}
END_TEST

START_TEST(test_never_reads_stream)
{
	struct ctl_client client;

	open_client(&client);
	ctl_client_call(&client, "net.ipmsg.test.Endless", NULL, true);
	for (int i = 0; i < 500; i++)
		expect_service();
	/* The kernel takes some 200 KB of it, the server keeps its low mark and a page. */
	ck_assert_int_lt(service_counter("pages"), 60);
	/* It was only paused. */
	for (int i = 1; i <= 200; i++) {
		struct ctl_answer answer = receive(&client);

		ck_assert_int_eq(json_integer_value(json_object_get(answer.parameters, "page")), i);
		ctl_answer_clear(&answer);
	}
	ctl_client_close(&client);
	service_wait("released", 1);
}
END_TEST

START_TEST(test_never_reads_answers)
{
	static char call[30000];
	struct ctl_client client;
	int n = 0;

	memset(call, 'a', sizeof call);
	memcpy(call, head, sizeof head - 1);
	memcpy(call + sizeof call - 4, "\"}}", 4);
	open_client(&client);
	/* Until the server stops taking them: a thousand would be 30 MB of answers. */
	for (n = 0; n < 1000; n++) {
		if (!poll(&(struct pollfd){.fd = client.fd, .events = POLLOUT}, 1, 100))
			break;
		size_t done = 0;

		while (done < sizeof call) {
			ssize_t sent = send(client.fd, call + done, sizeof call - done,
			    MSG_NOSIGNAL);

			if (sent < 0)
				break;
			done += (size_t)sent;
		}
		if (done < sizeof call)
			break;
	}
	ck_assert_int_lt(n, 100);
	ck_assert_int_lt(service_counter("echoes"), 50);
	expect_service();
	ctl_client_close(&client);
	expect_service();
}
END_TEST

START_TEST(test_crowd)
{
	enum { CROWD = 200 };
	struct ctl_client crowd[CROWD], busy, idle;

	open_client(&idle);
	open_client(&busy);
	ctl_client_call(&busy, "net.ipmsg.test.Keep", NULL, false);
	expect_echo(&idle, "here");
	for (int i = 0; i < CROWD; i++)
		open_client(&crowd[i]);
	for (int i = 0; i < 10; i++)
		expect_service();
	/* Gone: whoever was idle longest. Still there: the last ones, and who waits. */
	expect_closed(&idle);
	expect_closed(&crowd[0]);
	expect_echo(&crowd[CROWD - 1], "the last");
	ck_assert_int_eq(service_counter("cancelled"), 0);
	for (int i = 1; i < CROWD; i++)
		ctl_client_close(&crowd[i]);
	ctl_client_close(&busy);
	service_wait("cancelled", 1);
}
END_TEST

/* 64 that wait for answers fill the house: the next is turned away, not they. */
START_TEST(test_full_house)
{
	enum { LAST = CTL_CLIENTS_MAX - 1 };
	struct ctl_client busy[CTL_CLIENTS_MAX], late;

	for (int i = 0; i < LAST; i++) {
		open_client(&busy[i]);
		ctl_client_call(&busy[i], "net.ipmsg.test.Keep", NULL, false);
	}
	open_client(&busy[LAST]);
	while (service_ask(&busy[LAST], "keeps") < LAST)
		;
	ctl_client_call(&busy[LAST], "net.ipmsg.test.Keep", NULL, false);
	for (int i = 0; i < 3; i++) {
		open_client(&late);
		ctl_client_call(&late, "net.ipmsg.test.Counters", NULL, false);
		expect_closed(&late);
	}
	for (int i = 0; i < CTL_CLIENTS_MAX; i++)
		ctl_client_close(&busy[i]);
	service_wait("cancelled", CTL_CLIENTS_MAX);
	expect_service();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ctl_hostile");
	TCase *tests = tcase_create("server");

	tcase_add_checked_fixture(tests, service_start, service_stop);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, test_garbage, 0, (int)(sizeof garbage / sizeof *garbage));
	tcase_add_test(tests, test_deep_nesting);
	tcase_add_test(tests, test_silent);
	tcase_add_test(tests, test_byte_at_a_time);
	tcase_add_test(tests, test_endless_message);
	tcase_add_test(tests, test_vanishes_in_stream);
	tcase_add_test(tests, test_never_reads_stream);
	tcase_add_test(tests, test_never_reads_answers);
	tcase_add_test(tests, test_crowd);
	tcase_add_test(tests, test_full_house);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
