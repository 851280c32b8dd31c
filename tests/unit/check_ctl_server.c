/* The control server as its users know it: calls, answers, streams, errors, limits. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "check_ctl_service.h"
#include "ctl/interface.h"
#include "unit.h"

#define CALL(json) json, sizeof(json) /* with its NUL */

/* The beginning of a call of Echo, up to its text. */
static const char head[] =
    "{\"method\":\"net.ipmsg.test.Echo\",\"parameters\":{\"text\":\"";

START_TEST(test_service)
{
	struct ctl_client client;

	open_client(&client);
	ctl_client_call(&client, "org.varlink.service.GetInfo", NULL, false);
	struct ctl_answer answer = receive(&client);

	ck_assert_str_eq(text_of(&answer, "product"), "test-daemon");
	ck_assert_str_eq(text_of(&answer, "version"), "1.2.3");
	json_t *names = json_object_get(answer.parameters, "interfaces");

	ck_assert_uint_eq(json_array_size(names), 2);
	ck_assert_str_eq(json_string_value(json_array_get(names, 0)), CTL_SERVICE);
	ck_assert_str_eq(json_string_value(json_array_get(names, 1)), "net.ipmsg.test");
	ctl_answer_clear(&answer);

	const char *const described[][2] = {{CTL_SERVICE, ctl_service_description},
	    {"net.ipmsg.test", "interface net.ipmsg.test\n"}};

	for (size_t i = 0; i < 2; i++) {
		ctl_client_call(&client, "org.varlink.service.GetInterfaceDescription",
		    json_pack("{s:s}", "interface", described[i][0]), false);
		answer = receive(&client);
		ck_assert_str_eq(text_of(&answer, "description"), described[i][1]);
		ctl_answer_clear(&answer);
	}
	ctl_client_close(&client);
}
END_TEST

static const struct {
	const char *method;
	const char *parameters;
	const char *error;
	const char *field;
	const char *value;
} refused[] = {
    {"net.ipmsg.none.Echo", "{}", "InterfaceNotFound", "interface", "net.ipmsg.none"},
    {"net.ipmsg.test.None", "{}", "MethodNotFound", "method", "net.ipmsg.test.None"},
    {"net.ipmsg.test.Ech", "{}", "MethodNotFound", "method", "net.ipmsg.test.Ech"},
    {"net.ipmsg.test.", "{}", "MethodNotFound", "method", "net.ipmsg.test."},
    {"net.ipmsg.test.Planned", "{}", "MethodNotImplemented", "method", "net.ipmsg.test.Planned"},
    {"net.ipmsg.test.Forgotten", "{}", "MethodNotImplemented", "method",
	"net.ipmsg.test.Forgotten"},
    {"Echo", "{}", "InvalidParameter", "parameter", "method"},
    {"", "{}", "InvalidParameter", "parameter", "method"},
    {"net.ipmsg.test.Echo", "{}", "InvalidParameter", "parameter", "text"},
    {"net.ipmsg.test.Echo", "{\"text\":null}", "InvalidParameter", "parameter", "text"},
    {"net.ipmsg.test.Echo", "{\"text\":7}", "InvalidParameter", "parameter", "text"},
    {"net.ipmsg.test.Echo", "{\"text\":\"a\",\"number\":\"7\"}", "InvalidParameter", "parameter",
	"number"},
    {"net.ipmsg.test.Echo", "{\"text\":\"a\",\"txet\":\"b\"}", "InvalidParameter", "parameter",
	"txet"},
    {"org.varlink.service.GetInfo", "{\"a\":1}", "InvalidParameter", "parameter", "a"},
    {"org.varlink.service.GetInterfaceDescription", "{\"interface\":\"net.none\"}",
	"InterfaceNotFound", "interface", "net.none"},
};

START_TEST(test_refused)
{
	struct ctl_client client;
	char name[80];

	open_client(&client);
	ctl_client_call(&client, refused[_i].method, json_loads(refused[_i].parameters, 0, NULL),
	    false);
	struct ctl_answer answer = receive(&client);

	snprintf(name, sizeof name, "org.varlink.service.%s", refused[_i].error);
	ck_assert_ptr_nonnull(answer.error);
	ck_assert_str_eq(answer.error, name);
	ck_assert_str_eq(text_of(&answer, refused[_i].field), refused[_i].value);
	ctl_answer_clear(&answer);
	expect_echo(&client, "the connection goes on");
	ctl_client_close(&client);
}
END_TEST

START_TEST(test_pipelined)
{
	struct ctl_client client;
	char calls[20000];
	size_t used = 0;

	for (int i = 0; i < 100; i++) {
		int n = i % 10 == 5 ? snprintf(calls + used, sizeof calls - used,
					  "{\"method\":\"net.ipmsg.test.Later\"}")
				    : snprintf(calls + used, sizeof calls - used,
					  "{\"method\":\"net.ipmsg.test.Echo\",\"parameters\":{"
					  "\"text\":\"%d\"}}",
					  i);
		used += (size_t)n + 1;
	}
	open_client(&client);
	write_all(client.fd, calls, used);
	expect_service();
	for (int i = 0; i < 100; i++) {
		struct ctl_answer answer = receive(&client);
		char text[16];

		snprintf(text, sizeof text, "%d", i);
		ck_assert_str_eq(text_of(&answer, "text"), i % 10 == 5 ? "later" : text);
		ctl_answer_clear(&answer);
	}
	ctl_client_close(&client);
}
END_TEST

/* As much as the socket takes at a time. */
static void write_slowly(int fd, const char *bytes, size_t len)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};

	while (len > 0 && poll(&writable, 1, 10000) == 1) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n < 0)
			break;
		bytes += n;
		len -= (size_t)n;
	}
}

/* The longest message that is one, and the shortest that is none. */
START_TEST(test_message_limit)
{
	static char message[CTL_REQUEST_MAX + 1];

	for (size_t over = 0; over < 2; over++) {
		size_t len = CTL_REQUEST_MAX - 1 + over; /* without the NUL */
		struct ctl_client client;

		memset(message, 'a', sizeof message);
		memcpy(message, head, sizeof head - 1);
		memcpy(message + len - 3, "\"}}", 4);
		open_client(&client);
		write_slowly(client.fd, message, len + 1);
		struct ctl_answer answer = receive(&client);

		ck_assert_int_eq(answer.error != NULL, over == 1);
		ctl_answer_clear(&answer);
		ctl_client_close(&client);
	}
}
END_TEST

START_TEST(test_stream)
{
	struct ctl_client client;

	open_client(&client);
	ctl_client_call(&client, "net.ipmsg.test.Pages", NULL, true);
	for (int i = 1; i <= 100; i++) {
		struct ctl_answer answer = receive(&client);

		ck_assert_int_eq(json_integer_value(json_object_get(answer.parameters, "page")), i);
		ck_assert_int_eq(answer.continues, i < 100);
		ctl_answer_clear(&answer);
	}
	expect_echo(&client, "and on");
	ck_assert_int_eq(service_counter("released"), 1);
	/* Without `more` one page is all. */
	ctl_client_call(&client, "net.ipmsg.test.Endless", NULL, false);
	struct ctl_answer answer = receive(&client);

	ck_assert(!answer.continues);
	ctl_answer_clear(&answer);
	expect_echo(&client, "and on");
	ck_assert_int_eq(service_counter("released"), 2);
	ck_assert_int_eq(service_counter("pages"), 101);
	ctl_client_close(&client);
}
END_TEST

START_TEST(test_kept)
{
	struct ctl_client client;

	open_client(&client);
	ctl_client_call(&client, "net.ipmsg.test.Later", NULL, false);
	expect_service();
	struct ctl_answer answer = receive(&client);

	ck_assert_str_eq(text_of(&answer, "text"), "later");
	ctl_answer_clear(&answer);
	ck_assert_int_eq(service_counter("cancelled"), 0);
	ctl_client_call(&client, "net.ipmsg.test.Keep", NULL, false);
	ctl_client_close(&client);
	service_wait("cancelled", 1);
	/* What is left is cancelled when the server closes: the status tells. */
	open_client(&client);
	ctl_client_call(&client, "net.ipmsg.test.Keep", NULL, false);
	expect_service();
}
END_TEST

START_TEST(test_oneway)
{
	struct ctl_client client;

	open_client(&client);
	write_all(client.fd, CALL("{\"method\":\"net.ipmsg.test.Echo\",\"oneway\":true,"
				  "\"parameters\":{\"text\":\"unheard\"}}"));
	write_all(client.fd, CALL("{\"method\":\"net.ipmsg.test.Endless\",\"oneway\":true}"));
	write_all(client.fd, CALL("{\"method\":\"net.ipmsg.test.None\",\"oneway\":true}"));
	expect_echo(&client, "heard");
	ck_assert_int_eq(service_counter("echoes"), 2);
	ck_assert_int_eq(service_counter("released"), 1);
	/* Nobody hears what is kept: the next one is served, and the place is free again. */
	write_all(client.fd, CALL("{\"method\":\"net.ipmsg.test.Keep\",\"oneway\":true}"));
	expect_echo(&client, "heard");
	ck_assert_int_eq(service_counter("cancelled"), 1);
	/* Asked and gone: done all the same. */
	for (int i = 0; i < 5; i++)
		write_all(client.fd, CALL("{\"method\":\"net.ipmsg.test.Echo\",\"oneway\":true,"
					  "\"parameters\":{\"text\":\"unheard\"}}"));
	ctl_client_close(&client);
	service_wait("echoes", 8);
}
END_TEST

START_TEST(test_half_closed)
{
	struct ctl_client client;

	open_client(&client);
	ctl_client_call(&client, "net.ipmsg.test.Later", NULL, false);
	ctl_client_call(&client, "net.ipmsg.test.Pages", NULL, true);
	write_all(client.fd, "{\"meth", 6);
	shutdown(client.fd, SHUT_WR);
	struct ctl_answer answer = receive(&client);

	ck_assert_str_eq(text_of(&answer, "text"), "later");
	ctl_answer_clear(&answer);
	for (int i = 1; i <= 100; i++) {
		answer = receive(&client);
		ctl_answer_clear(&answer);
	}
	expect_closed(&client);
}
END_TEST

START_TEST(test_progress)
{
	struct ctl_client client;

	open_client(&client);
	ctl_client_call(&client, "net.ipmsg.test.Progress", NULL, true);
	for (int i = 0; i < 4; i++) {
		struct ctl_answer answer = receive(&client);

		ck_assert_int_eq(answer.continues, i < 3);
		ctl_answer_clear(&answer);
	}
	ck_assert_int_eq(service_counter("dropped"), 0);
	ctl_client_call(&client, "net.ipmsg.test.Progress", NULL, false);
	struct ctl_answer answer = receive(&client);

	ck_assert(!answer.continues);
	ctl_answer_clear(&answer);
	ck_assert_int_eq(service_counter("dropped"), 3);
	ctl_client_close(&client);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ctl_server");
	TCase *tests = tcase_create("server");

	tcase_add_checked_fixture(tests, service_start, service_stop);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_service);
	tcase_add_loop_test(tests, test_refused, 0, (int)(sizeof refused / sizeof *refused));
	tcase_add_test(tests, test_pipelined);
	tcase_add_test(tests, test_message_limit);
	tcase_add_test(tests, test_stream);
	tcase_add_test(tests, test_kept);
	tcase_add_test(tests, test_oneway);
	tcase_add_test(tests, test_half_closed);
	tcase_add_test(tests, test_progress);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
