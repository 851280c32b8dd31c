/*
 * The listening side of the control socket. Clients that have something to do
 * stand in a queue, and each turn of the loop serves the first of them one
 * step: a call begun, or a page of a stream. So none can keep the daemon, or
 * another client, for longer than a step.
 */
#include "ctl/server.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ctl/connection.h"

#define ACCEPT_PAUSE_S 1

static void wake(struct ctl_server *server)
{
	static const struct timeval at_once = {0, 0};

	if (!TAILQ_EMPTY(&server->queue) && !event_pending(server->turn, EV_TIMEOUT, NULL))
		event_add(server->turn, &at_once);
}

void ctl_server_enqueue(struct ctl_server *server, struct ctl_connection *client)
{
	client->queued = true;
	TAILQ_INSERT_TAIL(&server->queue, client, turn);
	wake(server);
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
	struct ctl_server *server = context;
	struct ctl_connection *client = TAILQ_FIRST(&server->queue);

	if (client == NULL)
		return;
	TAILQ_REMOVE(&server->queue, client, turn);
	client->queued = false;
	ctl_connection_step(client);
	wake(server);
}

/* Closes whoever was idle longest, or else whoever has stopped reading. */
static bool make_room(struct ctl_server *server)
{
	struct ctl_connection *victim, *stalled = NULL;

	TAILQ_FOREACH(victim, &server->clients, order) {
		if (ctl_connection_is_idle(victim))
			break;
		if (stalled == NULL && ctl_connection_is_stalled(victim))
			stalled = victim;
	}
	if (victim == NULL)
		victim = stalled;
	if (victim == NULL)
		return false;
	log_debug("control: closing pid %d to make room", (int)victim->peer.pid);
	ctl_connection_free(victim);
	return true;
}

/*
 * One a turn, not all that wait: so whoever has been let in is heard before
 * others can crowd it out.
 */
static void on_arrival(evutil_socket_t listener, short what, void *context)
{
	static const struct timeval pause = {ACCEPT_PAUSE_S, 0};
	struct ctl_server *server = context;
	struct ctl_peer peer;
	int fd = ctl_socket_accept(&server->socket, &peer);

	if (fd >= 0) {
		if (server->count < CTL_CLIENTS_MAX || make_room(server))
			ctl_connection_new(server, fd, &peer);
		else
			evutil_closesocket(fd);
		return;
	}
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	log_debug("control: cannot accept: %s", strerror(errno));
	if (!make_room(server)) {
		event_del(server->arrival);
		event_add(server->arrival_pause, &pause);
	}
}

static void on_arrival_pause(evutil_socket_t fd, short what, void *context)
{
	struct ctl_server *server = context;

	event_add(server->arrival, NULL);
}

/* Clients that wait with a large call. */
static void on_crowd(evutil_socket_t fd, short what, void *context)
{
	struct ctl_server *server = context;
	struct ctl_connection *client, *next;

	for (client = TAILQ_FIRST(&server->clients); client != NULL; client = next) {
		next = TAILQ_NEXT(client, order);
		ctl_connection_retry(client);
	}
}

struct ctl_server *ctl_server_open(struct event_base *base, const struct ctl_options *options,
    char why[CTL_WHY_MAX])
{
	struct ctl_server *server = calloc(1, sizeof *server);

	if (server == NULL) {
		snprintf(why, CTL_WHY_MAX, "no memory for the control socket");
		return NULL;
	}
	server->options = *options;
	server->base = base;
	TAILQ_INIT(&server->clients);
	TAILQ_INIT(&server->queue);
	if (ctl_socket_open(&server->socket, options->path, options->group, why, CTL_WHY_MAX) != 0)
		goto out;
	server->arrival = event_new(base, server->socket.fd, EV_READ | EV_PERSIST, on_arrival,
	    server);
	server->arrival_pause = evtimer_new(base, on_arrival_pause, server);
	server->turn = evtimer_new(base, on_turn, server);
	server->crowd = evtimer_new(base, on_crowd, server);
	if (server->arrival == NULL || server->arrival_pause == NULL || server->turn == NULL ||
	    server->crowd == NULL ||
	    event_add(server->arrival, NULL) != 0) {
		snprintf(why, CTL_WHY_MAX, "no memory for the control socket");
		goto out;
	}
	return server;
out:
	ctl_server_close(server);
	return NULL;
}

size_t ctl_server_count(const struct ctl_server *server)
{
	return server->count;
}

void ctl_server_close(struct ctl_server *server)
{
	struct ctl_connection *client;

	if (server == NULL)
		return;
	while ((client = TAILQ_FIRST(&server->clients)) != NULL)
		ctl_connection_free(client);
	if (server->arrival != NULL)
		event_free(server->arrival);
	if (server->arrival_pause != NULL)
		event_free(server->arrival_pause);
	if (server->turn != NULL)
		event_free(server->turn);
	if (server->crowd != NULL)
		event_free(server->crowd);
	ctl_socket_close(&server->socket);
	free(server);
}
