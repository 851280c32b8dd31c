/* The service that the tests of the control server call, and ways to call it. */
#include "check_ctl_service.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/server.h"
#include "unit.h"

#define PAGE_BYTES 10000

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
	int keeps;
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
	    json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "echoes", service->echoes, "keeps",
		service->keeps, "cancelled", service->cancelled, "pages", service->pages,
		"released", service->released,
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

	service->keeps++;
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

void service_start(void)
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

void service_stop(void)
{
	int status;

	kill(fixture.child, SIGTERM);
	ck_assert_int_eq(waitpid(fixture.child, &status, 0), fixture.child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "server: status %d", status);
	rmdir(fixture.dir);
}

/* ---- the client's side ---- */

void open_client(struct ctl_client *client)
{
	ck_assert_int_eq(ctl_client_open(client, fixture.path, SERVICE_TIMEOUT_MS), 0);
}

void write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, SERVICE_TIMEOUT_MS);
			continue;
		}
		ck_assert_int_gt(n, 0);
		bytes += n;
		len -= (size_t)n;
	}
}

struct ctl_answer receive(struct ctl_client *client)
{
	struct ctl_answer answer;

	ck_assert_int_eq(ctl_client_receive(client, &answer), 0);
	return answer;
}

const char *text_of(const struct ctl_answer *answer, const char *name)
{
	const char *text = json_string_value(json_object_get(answer->parameters, name));

	return text != NULL ? text : "(none)";
}

void expect_closed(struct ctl_client *client)
{
	struct ctl_answer answer;

	ck_assert_int_eq(ctl_client_receive(client, &answer), ECONNRESET);
	ctl_client_close(client);
}

void expect_error(struct ctl_client *client, const char *error)
{
	struct ctl_answer answer = receive(client);

	ck_assert_ptr_nonnull(answer.error);
	ck_assert_str_eq(answer.error, error);
	ctl_answer_clear(&answer);
}

void expect_echo(struct ctl_client *client, const char *text)
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
void expect_service(void)
{
	struct ctl_client client;

	open_client(&client);
	expect_echo(&client, "日本語 ok");
	ctl_client_close(&client);
}

int service_ask(struct ctl_client *client, const char *name)
{
	ck_assert_int_eq(ctl_client_call(client, "net.ipmsg.test.Counters", NULL, false), 0);
	struct ctl_answer answer = receive(client);
	int value = (int)json_integer_value(json_object_get(answer.parameters, name));

	ctl_answer_clear(&answer);
	return value;
}

int service_counter(const char *name)
{
	struct ctl_client client;

	open_client(&client);
	int value = service_ask(&client, name);

	ctl_client_close(&client);
	return value;
}

/* Each look is a round through the server's loop. */
void service_wait(const char *name, int value)
{
	for (int i = 0; i < 100000 && service_counter(name) != value; i++)
		;
	ck_assert_int_eq(service_counter(name), value);
}
