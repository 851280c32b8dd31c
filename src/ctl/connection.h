/*
 * What server.c and connection.c know of each other, and nobody else: the
 * server has the connections and gives them turns, a connection has a call.
 */
#ifndef IPMSG_CTL_CONNECTION_H
#define IPMSG_CTL_CONNECTION_H

#include <stdint.h>
#include <sys/queue.h>

#include "ctl/server.h"
#include "ctl/socket.h"

struct bufferevent;
struct event;

struct ctl_connection {
	TAILQ_ENTRY(ctl_connection) order;
	TAILQ_ENTRY(ctl_connection) turn;
	struct ctl_server *server;
	struct bufferevent *stream;
	struct ctl_call *call; /* under way */
	size_t scanned;	       /* input known to hold no NUL */
	int64_t served;	       /* ms, monotonic */
	struct ctl_peer peer;
	int64_t large_since;   /* ms, monotonic: it may send a large call; 0: it may not */
	bool crowded; /* it wants to, and has to wait */
	bool queued;  /* in server->queue */
	bool eof;     /* sends no more */
	bool closing; /* reads no more; goes when its output has left */
	bool broken;
};

TAILQ_HEAD(ctl_connections, ctl_connection);

struct ctl_server {
	struct ctl_options options;
	struct ctl_socket socket;
	struct event_base *base;
	struct event *arrival;
	struct event *arrival_pause;
	struct event *turn;
	struct ctl_connections clients; /* least recently served first */
	struct ctl_connections queue;
	size_t count;
	size_t large; /* clients that may send a large call */
	struct event *crowd; /* timer: looks again for those that wait to */
};

/* Puts it in the queue for a turn, where it is not yet. */
void ctl_server_enqueue(struct ctl_server *server, struct ctl_connection *client);

/* Takes `fd` over, and enters itself with the server; without memory, just closes it. */
void ctl_connection_new(struct ctl_server *server, int fd, const struct ctl_peer *peer);

/* Cancels the call under way, closes, and leaves the server's lists. */
void ctl_connection_free(struct ctl_connection *client);

/* One bounded piece of work: begins a call, sends a page, or goes (freeing itself). */
void ctl_connection_step(struct ctl_connection *client);

/* Lets it send a large call, where there is a place for one; a timer tries again. */
void ctl_connection_retry(struct ctl_connection *client);

/* Has asked for nothing, so far as is known here or in the kernel; or has gone since. */
bool ctl_connection_is_idle(struct ctl_connection *client);

/* Has not read its answers for long. */
bool ctl_connection_is_stalled(const struct ctl_connection *client);

#endif
