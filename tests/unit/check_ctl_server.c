/*
 * The control server against good and bad clients. It runs in a child process
 * with a real loop; a well-behaved client beside every misbehaving one has to
 * get its answers. The child must end with status 0, leak checks included.
 */
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/interface.h"
#include "ctl/server.h"
#include "unit.h"

#define TIMEOUT_MS 10000
#define PAGE_BYTES 10000
#define CALL(json) json, sizeof(json) /* with its NUL */

/* What the fixture owns; the child has a copy of its own. */
static struct {
	char dir[64];
	char path[80];
	pid_t child;
} fixture;

/* ---- the server's side ---- */

struct service {
	struct event_base *base;
	struct event *later;
	struct ctl_call *kept;
	int echoes;
	int cancelled;
	int pages;
	int released;
	int dropped;
};

static void on_echo(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {
	    {"text", CTL_STRING, false}, {"number", CTL_INT, true}, {NULL}};
	struct service *service = context;

	if (!ctl_check_parameters(call, parameters, table))
		return;
	service->echoes++;
	ctl_reply(call, json_incref(parameters));
}

static void on_counters(struct ctl_call *call, json_t *parameters, void *context)
{
	struct service *service = context;

	ctl_reply(call,
	    json_pack("{s:i, s:i, s:i, s:i, s:i}", "echoes", service->echoes, "cancelled",
		service->cancelled, "pages", service->pages, "released", service->released,
		"dropped", service->dropped));
}

static void on_cancel(struct ctl_call *call, void *state)
{
	struct service *service = state;

	service->cancelled++;
	service->kept = NULL;
}

static void on_keep(struct ctl_call *call, json_t *parameters, void *context)
{
	struct service *service = context;

	service->kept = call;
	ctl_keep(call, on_cancel, service);
}

static void answer_later(evutil_socket_t fd, short what, void *context)
{
	struct service *service = context;
	struct ctl_call *call = service->kept;

	service->kept = NULL;
	if (call != NULL)
		ctl_reply(call, json_pack("{s:s}", "text", "later"));
}

static void on_later(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct timeval delay = {0, 20000};
	struct service *service = context;

	on_keep(call, parameters, context);
	event_add(service->later, &delay);
}

static json_t *next_page(void *state, bool *last)
{
	struct service *service = state;
	char text[PAGE_BYTES + 1];

	memset(text, 'x', PAGE_BYTES);
	text[PAGE_BYTES] = '\0';
	service->pages++;
	*last = service->pages % 100 == 0;
	return json_pack("{s:i, s:s}", "page", service->pages, "text", text);
}

static json_t *next_of_endless(void *state, bool *last)
{
	json_t *page = next_page(state, last);

	*last = false;
	return page;
}

static void release(void *state)
{
	((struct service *)state)->released++;
}

static void on_pages(struct ctl_call *call, json_t *parameters, void *context)
{
	ctl_stream(call, next_page, context, release);
}

static void on_endless(struct ctl_call *call, json_t *parameters, void *context)
{
	ctl_stream(call, next_of_endless, context, release);
}

static void on_progress(struct ctl_call *call, json_t *parameters, void *context)
{
	struct service *service = context;

	for (int i = 0; i < 3; i++) {
		if (!ctl_continue(call, json_pack("{s:i}", "step", i)))
			service->dropped++;
	}
	ctl_reply(call, NULL);
}

static void on_forgotten(struct ctl_call *call, json_t *parameters, void *context)
{
}

static void on_quit(evutil_socket_t fd, short what, void *context)
{
	event_base_loopbreak(context);
}

static const struct ctl_method methods[] = {
    {"Echo", on_echo},
    {"Counters", on_counters},
    {"Keep", on_keep},
    {"Later", on_later},
    {"Pages", on_pages},
    {"Endless", on_endless},
    {"Progress", on_progress},
    {"Forgotten", on_forgotten},
    {"Planned", NULL},
    {NULL, NULL},
};
static const struct ctl_interface interfaces[] = {
    {"net.ipmsg.test", "interface net.ipmsg.test\n", methods},
    {NULL, NULL, NULL},
};

/* Runs until SIGTERM. Its status tells whether everything kept was given back. */
static int serve(int ready)
{
	struct service service = {.base = event_base_new()};
	struct ctl_options options = {.path = fixture.path,
	    .product = "test-daemon",
	    .version = "1.2.3",
	    .interfaces = interfaces,
	    .context = &service};
	struct event *quit = evsignal_new(service.base, SIGTERM, on_quit, service.base);
	char why[CTL_WHY_MAX];
	struct ctl_server *server = ctl_server_open(service.base, &options, why);

	service.later = evtimer_new(service.base, answer_later, &service);
	if (server == NULL) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	event_add(quit, NULL);
	if (write(ready, "", 1) != 1)
		return 1;
	close(ready);
	event_base_dispatch(service.base);
	ctl_server_close(server);
	event_free(service.later);
	event_free(quit);
	event_base_free(service.base);
	return service.kept == NULL && access(fixture.path, F_OK) != 0 ? 0 : 1;
}

static void start(void)
{
	int ready[2];
	char byte;

	signal(SIGPIPE, SIG_IGN);
	snprintf(fixture.dir, sizeof fixture.dir, "/tmp/check_ctl.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fixture.dir));
	snprintf(fixture.path, sizeof fixture.path, "%s/control", fixture.dir);
	ck_assert_int_eq(pipe(ready), 0);
	fixture.child = fork();
	ck_assert_int_ge(fixture.child, 0);
	if (fixture.child == 0) {
		close(ready[0]);
		exit(serve(ready[1]));
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

static void stop(void)
{
	int status;

	kill(fixture.child, SIGTERM);
	ck_assert_int_eq(waitpid(fixture.child, &status, 0), fixture.child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "server: status %d", status);
	rmdir(fixture.dir);
}

/* ---- the client's side ---- */

static void open_client(struct ctl_client *client)
{
	ck_assert_int_eq(ctl_client_open(client, fixture.path, TIMEOUT_MS), 0);
}

static void write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, TIMEOUT_MS);
			continue;
		}
		ck_assert_int_gt(n, 0);
		bytes += n;
		len -= (size_t)n;
	}
}

static struct ctl_answer receive(struct ctl_client *client)
{
	struct ctl_answer answer;

	ck_assert_int_eq(ctl_client_receive(client, &answer), 0);
	return answer;
}

static const char *text_of(const struct ctl_answer *answer, const char *name)
{
	const char *text = json_string_value(json_object_get(answer->parameters, name));

	return text != NULL ? text : "(none)";
}

static void expect_closed(struct ctl_client *client)
{
	struct ctl_answer answer;

	ck_assert_int_eq(ctl_client_receive(client, &answer), ECONNRESET);
	ctl_client_close(client);
}

static void expect_error(struct ctl_client *client, const char *error)
{
	struct ctl_answer answer = receive(client);

	ck_assert_ptr_nonnull(answer.error);
	ck_assert_str_eq(answer.error, error);
	ctl_answer_clear(&answer);
}

static void expect_echo(struct ctl_client *client, const char *text)
{
	ck_assert_int_eq(
	    ctl_client_call(client, "net.ipmsg.test.Echo", json_pack("{s:s}", "text", text), false),
	    0);
	struct ctl_answer answer = receive(client);

	ck_assert_ptr_null(answer.error);
	ck_assert_str_eq(text_of(&answer, "text"), text);
	ctl_answer_clear(&answer);
}

/* A client as it should be: comes, asks, goes. */
static void expect_service(void)
{
	struct ctl_client client;

	open_client(&client);
	expect_echo(&client, "日本語 ok");
	ctl_client_close(&client);
}

static int counter(const char *name)
{
	struct ctl_client client;

	open_client(&client);
	ck_assert_int_eq(ctl_client_call(&client, "net.ipmsg.test.Counters", NULL, false), 0);
	struct ctl_answer answer = receive(&client);
	int value = (int)json_integer_value(json_object_get(answer.parameters, name));

	ctl_answer_clear(&answer);
	ctl_client_close(&client);
	return value;
}

/* Each look is a round through the server's loop. */
static void wait_for(const char *name, int value)
{
	for (int i = 0; i < 100000 && counter(name) != value; i++)
		;
	ck_assert_int_eq(counter(name), value);
}

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
				TIMEOUT_MS) - 1;
		sent += n > 0 ? (size_t)n : 0;
	} while (n >= 0 && sent < 10 * 1000 * 1000);
	ck_assert_uint_lt(sent, 2 * 1000 * 1000);
	expect_error(&client, "net.ipmsg.daemon.InvalidRequest");
	expect_closed(&client);
	expect_service();
}
END_TEST

/* The longest message that is one, and the shortest that is none. */
START_TEST(test_message_limit)
{
	static const char head[] = "{\"method\":\"net.ipmsg.test.Echo\",\"parameters\":{\"text\":\"";
	static char message[CTL_REQUEST_MAX + 1];

	for (size_t over = 0; over < 2; over++) {
		size_t len = CTL_REQUEST_MAX - 1 + over; /* without the NUL */
		struct ctl_client client;

		memset(message, 'a', sizeof message);
		memcpy(message, head, sizeof head - 1);
		memcpy(message + len - 3, "\"}}", 4);
		open_client(&client);
		send(client.fd, message, len + 1, MSG_NOSIGNAL);
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
	ck_assert_int_eq(counter("released"), 1);
	/* Without `more` one page is all. */
	ctl_client_call(&client, "net.ipmsg.test.Endless", NULL, false);
	struct ctl_answer answer = receive(&client);

	ck_assert(!answer.continues);
	ctl_answer_clear(&answer);
	expect_echo(&client, "and on");
	ck_assert_int_eq(counter("released"), 2);
	ck_assert_int_eq(counter("pages"), 101);
	ctl_client_close(&client);
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
	wait_for("released", 1);
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
	ck_assert_int_lt(counter("pages"), 60);
	/* It was only paused. */
	for (int i = 1; i <= 200; i++) {
		struct ctl_answer answer = receive(&client);

		ck_assert_int_eq(json_integer_value(json_object_get(answer.parameters, "page")), i);
		ctl_answer_clear(&answer);
	}
	ctl_client_close(&client);
	wait_for("released", 1);
}
END_TEST

START_TEST(test_never_reads_answers)
{
	static const char head[] = "{\"method\":\"net.ipmsg.test.Echo\",\"parameters\":{\"text\":\"";
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
	ck_assert_int_lt(counter("echoes"), 50);
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
	ck_assert_int_eq(counter("cancelled"), 0);
	for (int i = 1; i < CROWD; i++)
		ctl_client_close(&crowd[i]);
	ctl_client_close(&busy);
	wait_for("cancelled", 1);
}
END_TEST

/* 64 that wait for answers fill the house: the next is turned away, not they. */
START_TEST(test_full_house)
{
	struct ctl_client busy[CTL_CLIENTS_MAX], late;

	for (int i = 0; i < CTL_CLIENTS_MAX; i++) {
		open_client(&busy[i]);
		ctl_client_call(&busy[i], "net.ipmsg.test.Keep", NULL, false);
	}
	for (int i = 0; i < 3; i++) {
		open_client(&late);
		ctl_client_call(&late, "net.ipmsg.test.Counters", NULL, false);
		expect_closed(&late);
	}
	for (int i = 0; i < CTL_CLIENTS_MAX; i++)
		ctl_client_close(&busy[i]);
	wait_for("cancelled", CTL_CLIENTS_MAX);
	expect_service();
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
	ck_assert_int_eq(counter("cancelled"), 0);
	ctl_client_call(&client, "net.ipmsg.test.Keep", NULL, false);
	ctl_client_close(&client);
	wait_for("cancelled", 1);
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
	ck_assert_int_eq(counter("echoes"), 2);
	ck_assert_int_eq(counter("released"), 1);
	/* Asked and gone: done all the same. */
	for (int i = 0; i < 5; i++)
		write_all(client.fd, CALL("{\"method\":\"net.ipmsg.test.Echo\",\"oneway\":true,"
					  "\"parameters\":{\"text\":\"unheard\"}}"));
	ctl_client_close(&client);
	wait_for("echoes", 7);
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
	ck_assert_int_eq(counter("dropped"), 0);
	ctl_client_call(&client, "net.ipmsg.test.Progress", NULL, false);
	struct ctl_answer answer = receive(&client);

	ck_assert(!answer.continues);
	ctl_answer_clear(&answer);
	ck_assert_int_eq(counter("dropped"), 3);
	ctl_client_close(&client);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void)
{
	Suite *suite = suite_create("ctl_server");
	TCase *tests = tcase_create("server");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_service);
	tcase_add_loop_test(tests, test_refused, 0, COUNT(refused));
	tcase_add_loop_test(tests, test_garbage, 0, COUNT(garbage));
	tcase_add_test(tests, test_deep_nesting);
	tcase_add_test(tests, test_silent);
	tcase_add_test(tests, test_byte_at_a_time);
	tcase_add_test(tests, test_pipelined);
	tcase_add_test(tests, test_endless_message);
	tcase_add_test(tests, test_message_limit);
	tcase_add_test(tests, test_stream);
	tcase_add_test(tests, test_vanishes_in_stream);
	tcase_add_test(tests, test_never_reads_stream);
	tcase_add_test(tests, test_never_reads_answers);
	tcase_add_test(tests, test_crowd);
	tcase_add_test(tests, test_full_house);
	tcase_add_test(tests, test_kept);
	tcase_add_test(tests, test_oneway);
	tcase_add_test(tests, test_half_closed);
	tcase_add_test(tests, test_progress);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
