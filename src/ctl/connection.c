/*
 * One client of the control socket: its frames, the call under way, and what
 * waits to be sent. It takes a step when the server gives it a turn.
 */
#include "ctl/connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "ctl/dispatch.h"
#include "ctl/interface.h"
#include "ctl/message.h"

/* A reader that took nothing for so long may lose its place to a new client. */
#define STALL_MS 5000

struct ctl_call {
	struct ctl_connection *client;
	struct ctl_request request;
	bool kept;
	ctl_cancel_fn cancel;
	ctl_next_fn next; /* a stream */
	const char *error; /* with which it ends */
	bool later;	   /* it has no page yet */
	ctl_release_fn release;
	void *state; /* of cancel, or of next and release */
};

enum frame { FRAME_NONE, FRAME_WHOLE, FRAME_TOO_LONG };

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t unsent(const struct ctl_connection *client)
{
	return evbuffer_get_length(bufferevent_get_output(client->stream));
}

/* What stands at the front of the input; a whole frame has `*len` bytes and a NUL. */
static enum frame look(struct ctl_connection *client, size_t *len)
{
	struct evbuffer *input = bufferevent_get_input(client->stream);
	size_t have = evbuffer_get_length(input);
	struct evbuffer_ptr from, found;

	if (client->scanned < have) {
		evbuffer_ptr_set(input, &from, client->scanned, EVBUFFER_PTR_SET);
		found = evbuffer_search(input, "", 1, &from);
		if (found.pos >= 0) {
			client->scanned = *len = (size_t)found.pos;
			return FRAME_WHOLE;
		}
		client->scanned = have;
	}
	return have >= CTL_REQUEST_MAX ? FRAME_TOO_LONG : FRAME_NONE;
}

/* Who has had a place for long, and sends nothing whole, gives it up. */
static bool has_overstayed(const struct ctl_connection *client)
{
	return client->large_since != 0 && client->call == NULL &&
	    now_ms() - client->large_since > CTL_LARGE_MS;
}

static void end_large(struct ctl_connection *client)
{
	if (client->large_since != 0)
		client->server->large--;
	client->large_since = 0;
	client->crowded = false;
}

static void reject(struct ctl_connection *client, const char *reason);

static bool make_place(struct ctl_server *server)
{
	struct ctl_connection *client;

	if (server->large < CTL_LARGE_MAX)
		return true;
	TAILQ_FOREACH(client, &server->clients, order) {
		if (has_overstayed(client)) {
			end_large(client);
			reject(client, "the message comes too slowly");
			return true;
		}
	}
	return false;
}

static void begin_large(struct ctl_connection *client)
{
	static const struct timeval soon = {0, 100000};
	struct ctl_server *server = client->server;

	if (!make_place(server)) {
		client->crowded = true;
		if (!event_pending(server->crowd, EV_TIMEOUT, NULL))
			event_add(server->crowd, &soon);
		return;
	}
	server->large++;
	client->large_since = now_ms();
	client->crowded = false;
	bufferevent_setwatermark(client->stream, EV_READ, 0, CTL_REQUEST_MAX);
}

/* After input came: a call that is longer than usual needs a place. */
static void see_large(struct ctl_connection *client)
{
	size_t len;

	if (client->large_since == 0 && !client->closing && client->call == NULL &&
	    evbuffer_get_length(bufferevent_get_input(client->stream)) >= CTL_REQUEST_SMALL &&
	    look(client, &len) == FRAME_NONE)
		begin_large(client);
}

void ctl_connection_retry(struct ctl_connection *client)
{
	if (client->crowded)
		see_large(client);
}

/* What waits behind a large call needs a place of its own. */
static void leave_large(struct ctl_connection *client)
{
	if (client->large_since == 0)
		return;
	end_large(client);
	bufferevent_setwatermark(client->stream, EV_READ, 0, CTL_REQUEST_SMALL);
}

static bool has_work(struct ctl_connection *client)
{
	size_t len;

	if (client->closing)
		return false;
	if (client->call != NULL)
		return client->call->next != NULL && unsent(client) < CTL_OUTPUT_LOW;
	return unsent(client) < CTL_OUTPUT_HIGH && look(client, &len) != FRAME_NONE;
}

static bool is_finished(struct ctl_connection *client)
{
	size_t len;

	if (client->broken)
		return true;
	if (client->call != NULL || unsent(client) > 0)
		return false;
	return client->closing || (client->eof && look(client, &len) == FRAME_NONE);
}

/* Whether one more reply may wait, however large it is. */
static bool has_room(const struct ctl_connection *client)
{
	return unsent(client) < CTL_OUTPUT_HIGH;
}

/* After anything that may have given the client something to do, or ended it. */
static void settle(struct ctl_connection *client)
{
	see_large(client);
	if (client->queued || (!has_work(client) && !is_finished(client)))
		return;
	ctl_server_enqueue(client->server, client);
}

static void touch(struct ctl_connection *client)
{
	client->served = now_ms();
	TAILQ_REMOVE(&client->server->clients, client, order);
	TAILQ_INSERT_TAIL(&client->server->clients, client, order);
}

static void fail(struct ctl_connection *client)
{
	log_warn("control: memory is short; closing pid %d", (int)client->peer.pid);
	client->broken = true;
	settle(client);
}

static void send_message(struct ctl_connection *client, json_t *message)
{
	char *text = message != NULL ? json_dumps(message, JSON_COMPACT) : NULL;

	/* The NUL at the end of the text is the one that ends the frame. */
	if (text == NULL || bufferevent_write(client->stream, text, strlen(text) + 1) != 0)
		fail(client);
	free(text);
	json_decref(message);
	touch(client);
}

/* The client no longer has this call; its stream's state goes back. */
static void free_call(struct ctl_call *call)
{
	call->client->call = NULL;
	if (call->release != NULL)
		call->release(call->state);
	ctl_request_clear(&call->request);
	free(call);
}

static void cancel_call(struct ctl_call *call)
{
	if (call->cancel != NULL)
		call->cancel(call, call->state);
	free_call(call);
}

static void end_call(struct ctl_call *call, json_t *message)
{
	struct ctl_connection *client = call->client;

	if (!call->request.oneway)
		send_message(client, message);
	else
		json_decref(message);
	free_call(call);
	settle(client);
}

bool ctl_wants_more(const struct ctl_call *call)
{
	return call->request.more;
}

void ctl_reply(struct ctl_call *call, json_t *parameters)
{
	end_call(call, ctl_message_reply(parameters, false));
}

void ctl_error(struct ctl_call *call, const char *name, json_t *parameters)
{
	end_call(call, ctl_message_error(name, parameters));
}

bool ctl_continue(struct ctl_call *call, json_t *parameters)
{
	struct ctl_connection *client = call->client;

	if (!call->request.more || !has_room(client)) {
		json_decref(parameters);
		return false;
	}
	send_message(client, ctl_message_reply(parameters, true));
	settle(client);
	return true;
}

void ctl_keep(struct ctl_call *call, ctl_cancel_fn cancel, void *state)
{
	call->kept = true;
	call->cancel = cancel;
	call->state = state;
}

static void send_page(struct ctl_call *call)
{
	struct ctl_connection *client = call->client;
	bool last = false;
	json_t *page;

	call->later = false;
	page = call->next(call->state, &last);
	if (call->later) {
		json_decref(page);
		settle(client);
	} else if (page == NULL) {
		fail(client);
	} else if (call->error != NULL) {
		ctl_error(call, call->error, page);
	} else if (last || !call->request.more) {
		ctl_reply(call, page);
	} else {
		send_message(client, ctl_message_reply(page, true));
		settle(client);
	}
}

void ctl_stream_later(struct ctl_call *call)
{
	call->later = true;
}

void ctl_stream_error(struct ctl_call *call, const char *name)
{
	call->error = name;
}

void ctl_stream(struct ctl_call *call, ctl_next_fn next, void *state, ctl_release_fn release)
{
	call->next = next;
	call->release = release;
	call->state = state;
	if (call->request.oneway)
		ctl_reply(call, NULL);
	else
		settle(call->client);
}

void ctl_connection_free(struct ctl_connection *client)
{
	struct ctl_server *server = client->server;

	if (client->call != NULL)
		cancel_call(client->call);
	if (client->queued)
		TAILQ_REMOVE(&server->queue, client, turn);
	TAILQ_REMOVE(&server->clients, client, order);
	server->count--;
	end_large(client);
	bufferevent_free(client->stream);
	free(client);
}

/* Who does not speak the protocol is told so, and goes. */
static void reject(struct ctl_connection *client, const char *reason)
{
	log_debug("control: pid %d uid %u: %s; closing", (int)client->peer.pid,
	    (unsigned)client->peer.uid, reason);
	send_message(client,
	    ctl_message_error(CTL_DAEMON ".InvalidRequest", json_pack("{s:s}", "reason", reason)));
	client->closing = true;
	bufferevent_disable(client->stream, EV_READ);
	settle(client);
}

/*
 * Nobody is left to hear the answer. The end of input alone does not tell: it
 * may be a half-closed connection that still wants it. What was asked without
 * wanting an answer is done all the same.
 */
static bool is_forsaken(const struct ctl_connection *client)
{
	return client->call != NULL && !client->call->request.oneway &&
	    ctl_socket_is_hung_up(bufferevent_getfd(client->stream));
}

/* It would hold its connection's place, and be told of nothing. */
static bool is_kept_for_nobody(const struct ctl_call *call)
{
	return call != NULL && call->kept && call->request.oneway;
}

static void begin_call(struct ctl_connection *client, size_t len)
{
	struct ctl_server *server = client->server;
	struct evbuffer *input = bufferevent_get_input(client->stream);
	struct ctl_call *call = calloc(1, sizeof *call);
	unsigned char *bytes = evbuffer_pullup(input, (ev_ssize_t)len + 1);

	if (call == NULL || bytes == NULL) {
		free(call);
		fail(client);
		return;
	}

	const char *why = ctl_request_parse(&call->request, span_of(bytes, len));

	evbuffer_drain(input, len + 1);
	client->scanned = 0;
	leave_large(client);
	if (why != NULL) {
		free(call);
		reject(client, why);
		return;
	}
	call->client = client;
	client->call = call;
	touch(client);
	log_debug("control: %s by pid %d uid %u", call->request.method, (int)client->peer.pid,
	    (unsigned)client->peer.uid);
	ctl_dispatch(&server->options, call, call->request.method, call->request.parameters);
	call = client->call; /* NULL when it is answered */
	if (call != NULL && !call->kept && call->next == NULL) {
		log_error("control: %s was left without an answer", call->request.method);
		ctl_error(call, CTL_SERVICE ".MethodNotImplemented",
		    json_pack("{s:s}", "method", call->request.method));
	}
	if (is_kept_for_nobody(client->call) || (client->eof && is_forsaken(client)))
		cancel_call(client->call);
	settle(client);
}

void ctl_connection_step(struct ctl_connection *client)
{
	size_t len = 0;

	if (is_finished(client))
		ctl_connection_free(client);
	else if (!has_work(client))
		return;
	else if (client->call != NULL)
		send_page(client->call);
	else if (look(client, &len) == FRAME_WHOLE)
		begin_call(client, len);
	else
		reject(client, "the message is too long");
}

static void on_progress(struct bufferevent *stream, void *context)
{
	settle(context);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	struct ctl_connection *client = context;

	if ((what & BEV_EVENT_EOF) == 0) {
		ctl_connection_free(client);
		return;
	}
	client->eof = true;
	if (client->eof && is_forsaken(client))
		cancel_call(client->call);
	settle(client);
}

bool ctl_connection_is_idle(struct ctl_connection *client)
{
	if (client->closing || is_finished(client) || is_forsaken(client))
		return true;
	return client->call == NULL && !client->queued &&
	    (client->eof || !ctl_socket_has_input(bufferevent_getfd(client->stream)));
}

bool ctl_connection_is_stalled(const struct ctl_connection *client)
{
	return unsent(client) > 0 && now_ms() - client->served > STALL_MS;
}

void ctl_connection_new(struct ctl_server *server, int fd, const struct ctl_peer *peer)
{
	struct ctl_connection *client = calloc(1, sizeof *client);
	struct bufferevent *stream =
	    bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);

	if (client == NULL || stream == NULL) {
		free(client);
		if (stream != NULL)
			bufferevent_free(stream);
		else
			evutil_closesocket(fd);
		return;
	}
	client->peer = *peer;
	client->server = server;
	client->stream = stream;
	client->served = now_ms();
	TAILQ_INSERT_TAIL(&server->clients, client, order);
	server->count++;
	bufferevent_setcb(stream, on_progress, on_progress, on_event, client);
	bufferevent_setwatermark(stream, EV_READ, 0, CTL_REQUEST_SMALL);
	bufferevent_setwatermark(stream, EV_WRITE, CTL_OUTPUT_LOW - 1, 0);
	bufferevent_enable(stream, EV_READ | EV_WRITE);
}
