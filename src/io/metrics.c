/*
 * libevent's HTTP server with bounds to it. An evhttp does not say how many
 * connections it has, nor since when, nor does it end one. So there is an
 * evhttp for each connection there may be, all listening at the same socket:
 * one that has a connection stops listening until the answer has left or the
 * client has, and if that takes too long it is freed, its connection with it,
 * and made anew. That evhttp has given a connection up by itself, because the
 * client left or sent nonsense, is seen by its bufferevent: freeing one takes
 * its callbacks away, while our reference keeps it there to be looked at.
 */
#include "io/metrics.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
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
#define UNREAD_BYTES (2 * HEADERS_BYTES) /* held of a client: more than evhttp bears with */
#define BACKLOG 64
#define LOOK_MS 200
#define ANY_METHOD 0xffff

struct place {
	struct metrics_server *server;
	struct evhttp *http; /* NULL: could not be made, and is tried again */
	struct evconnlistener *listener;
	struct bufferevent *client; /* a reference; NULL also if memory was short */
	struct event *look;	    /* pending while the place is taken */
	unsigned looks;
};

struct metrics_server {
	struct event_base *base;
	int fd;
	metrics_write_fn write;
	void *context;
	struct place places[METRICS_CLIENTS_MAX];
};

static void look_later(struct place *place)
{
	static const struct timeval pause = {0, LOOK_MS * 1000};

	event_add(place->look, &pause);
}

/* Called as a connection is accepted; NULL has evhttp make a bufferevent itself. */
static struct bufferevent *on_accept(struct event_base *base, void *context)
{
	struct place *place = context;

	evconnlistener_disable(place->listener);
	place->looks = 0;
	look_later(place);
	place->client = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (place->client != NULL) {
		bufferevent_incref(place->client);
		bufferevent_setwatermark(place->client, EV_READ, 0, UNREAD_BYTES);
	}
	return place->client;
}

static void forget_client(struct place *place)
{
	if (place->client != NULL)
		bufferevent_decref(place->client);
	place->client = NULL;
}

static void release(struct place *place)
{
	forget_client(place);
	event_del(place->look);
	evconnlistener_enable(place->listener);
}

static bool given_up(const struct place *place)
{
	bufferevent_event_cb callback = NULL;

	if (place->client == NULL)
		return false;
	bufferevent_getcb(place->client, NULL, NULL, &callback, NULL);
	return callback == NULL;
}

static void on_answered(struct evhttp_request *request, void *context)
{
	release(context);
}

/* One request a connection: whoever comes next is not kept waiting by an idle one. */
static void answer(struct place *place, struct evhttp_request *request, int code,
    const char *type, const char *text, size_t len)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *body = NULL;
	char length[24];

	if (evhttp_request_get_command(request) != EVHTTP_REQ_HEAD) {
		body = evbuffer_new();
		if (body == NULL || evbuffer_add(body, text, len) != 0)
			len = 0;
	}
	snprintf(length, sizeof length, "%zu", len);
	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "Content-Length", length);
	evhttp_add_header(headers, "Connection", "close");
	evhttp_request_set_on_complete_cb(request, on_answered, place);
	evhttp_send_reply(request, code, NULL, body);
	if (body != NULL)
		evbuffer_free(body);
}

static void refuse(struct place *place, struct evhttp_request *request, int code,
    const char *why)
{
	answer(place, request, code, "text/plain; charset=utf-8", why, strlen(why));
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

static void serve(struct place *place, struct evhttp_request *request)
{
	size_t len = 0;
	char *text = render(place->server, &len);

	if (text == NULL)
		refuse(place, request, HTTP_SERVUNAVAIL, "memory is short\n");
	else
		answer(place, request, HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text,
		    len);
	free(text);
}

static void on_request(struct evhttp_request *request, void *context)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
	enum evhttp_cmd_type method = evhttp_request_get_command(request);
	struct place *place = context;

	if (path == NULL || strcmp(path, "/metrics") != 0) {
		refuse(place, request, HTTP_NOTFOUND, "there is only /metrics here\n");
	} else if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
		evhttp_add_header(evhttp_request_get_output_headers(request), "Allow",
		    "GET, HEAD");
		refuse(place, request, HTTP_BADMETHOD, "it can only be read: GET or HEAD\n");
	} else {
		serve(place, request);
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

static void close_place(struct place *place)
{
	if (place->http != NULL)
		evhttp_free(place->http);
	place->http = NULL;
	forget_client(place);
}

static void on_look(evutil_socket_t fd, short what, void *context)
{
	struct place *place = context;

	if (given_up(place)) {
		release(place);
		return;
	}
	if (++place->looks < METRICS_CLIENT_S * 1000 / LOOK_MS) {
		look_later(place);
		return;
	}
	/* whoever has this place has had it long enough */
	close_place(place);
	if (!open_place(place)) {
		log_debug("metrics: %s", strerror(errno));
		look_later(place);
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
		place->look = evtimer_new(base, on_look, place);
		if (place->look == NULL || !open_place(place))
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
		close_place(&server->places[i]);
		if (server->places[i].look != NULL)
			event_free(server->places[i].look);
	}
	if (server->fd >= 0)
		close(server->fd);
	free(server);
}
