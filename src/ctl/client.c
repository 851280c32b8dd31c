/* A blocking client: non-blocking socket, poll, and a deadline for every step. */
#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ROOM_FIRST 4096
#define CONNECT_RETRY_MS 10

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0 when the socket is ready for one of `events`, else an errno. */
static int wait_for(const struct ctl_client *client, short events, int64_t deadline)
{
	struct pollfd poller = {.fd = client->fd, .events = events};

	for (;;) {
		int64_t left = deadline - now_ms();
		int ready = poll(&poller, 1, left > 0 ? (int)left : 0);

		if (ready > 0)
			return 0;
		if (ready == 0)
			return ETIMEDOUT;
		if (errno != EINTR)
			return errno;
	}
}

/* A UNIX socket whose queue is full says EAGAIN, and poll() cannot wait for it. */
static int connect_until(int fd, const struct sockaddr_un *address, int64_t deadline)
{
	while (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0) {
		if (errno != EAGAIN && errno != EINTR)
			return errno;
		if (now_ms() >= deadline)
			return ETIMEDOUT;
		poll(NULL, 0, CONNECT_RETRY_MS);
	}
	return 0;
}

int ctl_client_open(struct ctl_client *client, const char *path, int timeout_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error;

	*client = (struct ctl_client){.fd = -1, .timeout_ms = timeout_ms};
	if (strlen(path) >= sizeof address.sun_path)
		return ENAMETOOLONG;
	strcpy(address.sun_path, path);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return errno;
	error = connect_until(client->fd, &address, now_ms() + timeout_ms);
	if (error != 0)
		ctl_client_close(client);
	return error;
}

void ctl_client_close(struct ctl_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->buffer);
	*client = (struct ctl_client){.fd = -1};
}

static int send_all(struct ctl_client *client, const char *bytes, size_t len)
{
	int64_t deadline = now_ms() + client->timeout_ms;

	while (len > 0) {
		ssize_t n = send(client->fd, bytes, len, MSG_NOSIGNAL);

		if (n >= 0) {
			bytes += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;

		int error = errno == EAGAIN ? wait_for(client, POLLOUT, deadline) : errno;

		if (error != 0)
			return error == EPIPE ? ECONNRESET : error;
	}
	return 0;
}

int ctl_client_call(struct ctl_client *client, const char *method, json_t *parameters, bool more)
{
	json_t *message = ctl_message_call(method, parameters, more);
	char *text = message != NULL ? json_dumps(message, JSON_COMPACT) : NULL;
	int error = text != NULL ? send_all(client, text, strlen(text) + 1) : ENOMEM;

	free(text);
	json_decref(message);
	return error;
}

/* Forgets what was handed out, and makes room behind the rest. */
static int make_room(struct ctl_client *client)
{
	size_t cap = client->cap > 0 ? client->cap : ROOM_FIRST;

	if (client->taken > 0) {
		client->used -= client->taken;
		memmove(client->buffer, client->buffer + client->taken, client->used);
		client->taken = 0;
	}
	while (cap - client->used < ROOM_FIRST / 2)
		cap *= 2;
	if (cap > CTL_ANSWER_MAX)
		return EMSGSIZE;
	if (cap == client->cap)
		return 0;

	unsigned char *buffer = realloc(client->buffer, cap);

	if (buffer == NULL)
		return ENOMEM;
	client->buffer = buffer;
	client->cap = cap;
	return 0;
}

static int receive_some(struct ctl_client *client, int64_t deadline)
{
	int error = make_room(client);

	while (error == 0) {
		ssize_t n = recv(client->fd, client->buffer + client->used,
		    client->cap - client->used, 0);

		if (n > 0) {
			client->used += (size_t)n;
			return 0;
		}
		if (n == 0)
			return ECONNRESET;
		if (errno == EAGAIN)
			error = wait_for(client, POLLIN, deadline);
		else if (errno != EINTR)
			error = errno;
	}
	return error;
}

/* `scanned` bytes of what was not handed out yet are known to hold no NUL. */
static bool next_frame(struct ctl_client *client, size_t *scanned, struct span *frame)
{
	size_t have = client->used - client->taken;

	if (have == *scanned)
		return false;

	const unsigned char *start = client->buffer + client->taken;
	const unsigned char *end = memchr(start + *scanned, 0, have - *scanned);

	*scanned = have;
	if (end == NULL)
		return false;
	*frame = span_of(start, (size_t)(end - start));
	client->taken += frame->len + 1;
	return true;
}

int ctl_client_receive(struct ctl_client *client, struct ctl_answer *answer)
{
	int64_t deadline = now_ms() + client->timeout_ms;
	size_t scanned = 0; /* of what was not handed out yet */

	for (;;) {
		struct span frame;

		if (next_frame(client, &scanned, &frame))
			return ctl_answer_parse(answer, frame) == NULL ? 0 : EBADMSG;

		int error = now_ms() < deadline ? receive_some(client, deadline) : ETIMEDOUT;

		if (error != 0)
			return error;
	}
}
