/*
 * libevent's HTTP server with bounds to it. An evhttp does not say how many
 * connections it has, nor since when, nor does it end one. So there is an
 * evhttp for each connection there may be, all listening at the same socket:
 * one that has a connection stops listening until the answer has left, and if
 * that takes too long it is freed, its connection with it, and made anew.
 */
#include "io/metrics.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define HEADERS_BYTES 8192
#define BODY_BYTES 4096 /* a request needs none: what is longer is not even read */
#define BACKLOG 64
#define ANY_METHOD 0xffff

struct place {
	struct metrics_server *server;
	struct evhttp *http; /* NULL: could not be made, and is tried again */
	struct evconnlistener *listener;
	struct event *patience; /* pending while there is a connection */
};

struct metrics_server {
	struct event_base *base;
	int fd;
	metrics_write_fn write;
	void *context;
	struct place places[METRICS_CLIENTS_MAX];
};

static void be_patient(struct place *place)
{
	static const struct timeval limit = {METRICS_CLIENT_S, 0};

	event_add(place->patience, &limit);
}

/* Called as a connection is accepted; NULL has evhttp make the usual bufferevent. */
static struct bufferevent *on_accept(struct event_base *base, void *context)
{
	struct place *place = context;

	evconnlistener_disable(place->listener);
	be_patient(place);
	return NULL;
}

static void on_answered(struct evhttp_request *request, void *context)
{
	struct place *place = context;

	event_del(place->patience);
	evconnlistener_enable(place->listener);
}

/* One request a connection: whoever comes next is not kept waiting by an idle one. */
static void answer(struct place *place, struct evhttp_request *request, int code,
    struct evbuffer *body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);

	evhttp_add_header(headers, "Connection", "close");
	evhttp_request_set_on_complete_cb(request, on_answered, place);
	evhttp_send_reply(request, code, NULL, body);
}

static void refuse(struct place *place, struct evhttp_request *request, int code,
    const char *why)
{
	struct evbuffer *body = evbuffer_new();

	if (body != NULL)
		evbuffer_add_printf(body, "%s\n", why);
	evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
	    "text/plain; charset=utf-8");
	answer(place, request, code, body);
	if (body != NULL)
		evbuffer_free(body);
}

/* The figures as text, to be freed; NULL without memory. */
static char *render(const struct metrics_server *server, size_t *len)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, len);

	if (stream == NULL)
		return NULL;
	server->write(stream, server->context);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

static void serve(struct place *place, struct evhttp_request *request, bool head)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *body = evbuffer_new();
	size_t len = 0;
	char *text = render(place->server, &len);
	char length[24];

	if (text == NULL || body == NULL) {
		refuse(place, request, HTTP_SERVUNAVAIL, "memory is short");
	} else {
		snprintf(length, sizeof length, "%zu", len);
		evhttp_add_header(headers, "Content-Type",
		    "text/plain; version=0.0.4; charset=utf-8");
		evhttp_add_header(headers, "Content-Length", length);
		if (!head)
			evbuffer_add(body, text, len);
		answer(place, request, HTTP_OK, body);
	}
	free(text);
	if (body != NULL)
		evbuffer_free(body);
}

static void on_request(struct evhttp_request *request, void *context)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
	enum evhttp_cmd_type method = evhttp_request_get_command(request);
	struct place *place = context;

	if (path == NULL || strcmp(path, "/metrics") != 0) {
		refuse(place, request, HTTP_NOTFOUND, "there is only /metrics here");
	} else if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
		evhttp_add_header(evhttp_request_get_output_headers(request), "Allow",
		    "GET, HEAD");
		refuse(place, request, HTTP_BADMETHOD, "it can only be read: GET or HEAD");
	} else {
		serve(place, request, method == EVHTTP_REQ_HEAD);
	}
}

static bool open_place(struct place *place)
{
	struct metrics_server *server = place->server;
	struct evhttp_bound_socket *bound = NULL;
	int fd;

	place->http = evhttp_new(server->base);
	if (place->http == NULL)
		return false;
	fd = fcntl(server->fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0)
		bound = evhttp_accept_socket_with_handle(place->http, fd);
	if (bound == NULL) {
		if (fd >= 0)
			close(fd);
		evhttp_free(place->http);
		place->http = NULL;
		return false;
	}
	place->listener = evhttp_bound_socket_get_listener(bound);
	evhttp_set_allowed_methods(place->http, ANY_METHOD); /* else evhttp answers 501, not 405 */
	evhttp_set_max_headers_size(place->http, HEADERS_BYTES);
	evhttp_set_max_body_size(place->http, BODY_BYTES);
	evhttp_set_timeout(place->http, METRICS_CLIENT_S);
	evhttp_set_bevcb(place->http, on_accept, place);
	evhttp_set_gencb(place->http, on_request, place);
	return true;
}

/* Whoever has this place has had it long enough. */
static void on_impatient(evutil_socket_t fd, short what, void *context)
{
	struct place *place = context;

	if (place->http != NULL)
		evhttp_free(place->http);
	if (!open_place(place)) {
		log_debug("metrics: %s", strerror(errno));
		be_patient(place);
	}
}

static int listen_at(const struct endpoint *at)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(at, &ss);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, error;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&ss, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct metrics_server *metrics_server_open(struct event_base *base, const struct endpoint *at,
    metrics_write_fn write, void *context, char why[METRICS_WHY_MAX])
{
	struct metrics_server *server = calloc(1, sizeof *server);
	char text[ENDPOINT_TEXT_MAX];

	if (server == NULL) {
		snprintf(why, METRICS_WHY_MAX, "out of memory");
		return NULL;
	}
	server->base = base;
	server->write = write;
	server->context = context;
	server->fd = listen_at(at);
	if (server->fd < 0)
		goto failed;
	for (size_t i = 0; i < METRICS_CLIENTS_MAX; i++) {
		struct place *place = &server->places[i];

		place->server = server;
		place->patience = evtimer_new(base, on_impatient, place);
		if (place->patience == NULL || !open_place(place))
			goto failed;
	}
	return server;
failed:
	snprintf(why, METRICS_WHY_MAX, "%s: %s", endpoint_format(at, text), strerror(errno));
	metrics_server_close(server);
	return NULL;
}

void metrics_server_close(struct metrics_server *server)
{
	if (server == NULL)
		return;
	for (size_t i = 0; i < METRICS_CLIENTS_MAX; i++) {
		if (server->places[i].http != NULL)
			evhttp_free(server->places[i].http);
		if (server->places[i].patience != NULL)
			event_free(server->places[i].patience);
	}
	if (server->fd >= 0)
		close(server->fd);
	free(server);
}
