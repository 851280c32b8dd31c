/*
 * Many messages through a peer's control socket, more than ipmsgctl would be started for, and what
 * its mailbox holds.
 *
 *	post send [OPTION...] FILE SOCKET	each line of FILE, NAME TEXT, by a call of Send
 *		-n CALLERS	calls at a time (8)
 *		-u WORD		they wait until it is that: kept, settled, delivered (kept)
 *		-p MS		between the beginnings of two
 *		-f COUNT	at most so many messages are not delivered
 *		-w		watches, and ends when as many are delivered as were taken
 *		-a		the daemon may be killed at any time: goes on with the next one
 *		-t SECONDS	ends then at the latest, with status 1 (60)
 *	post list WHICH SOCKET			all, received, sent, queued, unread
 *
 * Lines on standard output, as things happen:
 *	answer ID STATE REASON TEXT	of the call with that text; "-" for no reason
 *	error NAME TEXT
 *	unsure TEXT			the daemon was gone before it answered
 *	event ID STATE			one of ours is now so
 *	done CALLS delivered COUNT ms TIME
 *	mail ID DIRECTION STATE REASON NAME TEXT
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/interface.h"

#define CALLERS_MAX 63 /* of the 64 clients that a daemon serves; one more watches */
#define TIMEOUT_MS 60000
#define RETRY_MS 20

struct line {
	char *name, *text;
};

struct caller {
	struct ctl_client client;
	const struct line *line; /* whose answer is waited for; NULL: none */
};

struct post {
	const char *socket, *until;
	bool again, watching;
	long pace_ms, window, seconds;
	struct line *lines;
	size_t count, next;
	struct caller callers[CALLERS_MAX + 1]; /* the one behind the last watches */
	size_t caller_count;
	size_t answered, taken, delivered;
	int64_t due, began; /* ms */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "post: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static const char *member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && *text ? text : "-";
}

static long long id_in(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* --- Sending */

static void read_lines(struct post *post, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL, *space;
	size_t size = 0, room = 0;
	ssize_t len;

	if (!file)
		die(path, strerror(errno));
	while ((len = getline(&line, &size, file)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (post->count == room) {
			room = room ? 2 * room : 1024;
			post->lines = reallocarray(post->lines, room, sizeof(*post->lines));
		}
		space = strchr(line, ' ');
		if (!post->lines || !space)
			die(path, "not lines of NAME TEXT");
		*space = '\0';
		post->lines[post->count++] = (struct line){strdup(line), strdup(space + 1)};
	}
	free(line);
	fclose(file);
}

/* The answer will not come. */
static void drop(struct post *post, struct caller *caller, int error)
{
	if (!post->again)
		die(post->socket, strerror(error));
	ctl_client_close(&caller->client);
	if (caller->line) {
		printf("unsure %s\n", caller->line->text);
		post->answered++;
	}
	caller->line = NULL;
}

/* False while the daemon is not there. */
static bool connected(struct post *post, struct caller *caller)
{
	int error;

	if (caller->client.fd >= 0)
		return true;
	error = ctl_client_open(&caller->client, post->socket, TIMEOUT_MS);
	if (error && !post->again)
		die(post->socket, strerror(error));
	if (!error && caller == &post->callers[post->caller_count]) {
		error = ctl_client_call(&caller->client, CTL_PEER ".Watch", NULL, true);
		if (error)
			drop(post, caller, error);
	}
	return !error;
}

static void begin(struct post *post, struct caller *caller)
{
	const struct line *line = &post->lines[post->next];
	int error;

	if (!connected(post, caller))
		return;
	post->next++;
	caller->line = line;
	error = ctl_client_call(&caller->client, CTL_PEER ".Send",
	    json_pack("{s:s, s:s, s:s}", "name", line->name, "text", line->text, "until",
		post->until),
	    false);
	if (error)
		drop(post, caller, error);
}

static void on_event(struct post *post, const json_t *event)
{
	const json_t *message = json_object_get(event, "message");
	const char *state = member(message, "state");

	if (!message || strcmp(member(message, "direction"), "sent") != 0)
		return;
	printf("event %lld %s\n", id_in(message, "id"), state);
	post->delivered += strcmp(state, "delivered") == 0;
}

static void on_answer(struct post *post, struct caller *caller, const struct ctl_answer *answer)
{
	const json_t *parameters = answer->parameters;

	if (caller == &post->callers[post->caller_count]) {
		if (answer->error)
			die("Watch", answer->error);
		on_event(post, json_object_get(parameters, "event"));
		return;
	}
	if (!caller->line)
		return;
	if (answer->error) {
		printf("error %s %s\n", answer->error, caller->line->text);
	} else {
		printf("answer %lld %s %s %s\n", id_in(parameters, "message"),
		    member(parameters, "state"), member(parameters, "reason"), caller->line->text);
		post->taken++;
	}
	post->answered++;
	caller->line = NULL;
}

static bool holds_frame(const struct ctl_client *client)
{
	return client->used > client->taken &&
	       memchr(client->buffer + client->taken, 0, client->used - client->taken);
}

static void receive(struct post *post, struct caller *caller)
{
	struct ctl_answer answer;
	int error;

	do {
		error = ctl_client_receive(&caller->client, &answer);
		if (error) {
			drop(post, caller, error);
			return;
		}
		on_answer(post, caller, &answer);
		ctl_answer_clear(&answer);
	} while (holds_frame(&caller->client));
}

static bool may_begin(const struct post *post, int64_t now)
{
	size_t under_way = post->next - post->delivered;

	return post->next < post->count && now >= post->due &&
	       (!post->window || under_way < (size_t)post->window);
}

static void begin_some(struct post *post)
{
	for (size_t i = 0; i < post->caller_count; i++) {
		if (!may_begin(post, now_ms()))
			return;
		if (post->callers[i].line)
			continue;
		begin(post, &post->callers[i]);
		post->due = now_ms() + post->pace_ms;
	}
}

static void wait_for_some(struct post *post)
{
	struct pollfd fds[CALLERS_MAX + 1];
	size_t count = post->caller_count + post->watching;
	bool idle = false;

	for (size_t i = 0; i < count; i++) {
		fds[i] = (struct pollfd){.fd = post->callers[i].client.fd, .events = POLLIN};
		idle |= i < post->caller_count && !post->callers[i].line;
	}
	if (poll(fds, count, idle && post->next < post->count ? RETRY_MS : 200) < 0)
		die("poll", strerror(errno));
	for (size_t i = 0; i < count; i++)
		if (fds[i].fd >= 0 && fds[i].revents)
			receive(post, &post->callers[i]);
}

/* After a kill nobody knows how many the watching one has missed. */
static bool is_done(const struct post *post)
{
	return post->answered == post->count &&
	       (!post->watching || post->again || post->delivered >= post->taken);
}

static int send_all(struct post *post)
{
	int64_t now;

	for (size_t i = 0; i <= post->caller_count; i++)
		post->callers[i].client.fd = -1;
	post->began = now = now_ms();
	while (!is_done(post) && now - post->began < post->seconds * 1000) {
		if (!post->watching || connected(post, &post->callers[post->caller_count]))
			begin_some(post);
		wait_for_some(post);
		now = now_ms();
	}
	printf("done %zu delivered %zu ms %lld\n", post->answered, post->delivered,
	    (long long)(now - post->began));
	return is_done(post) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --- What the mailbox holds */

static void print_page(const json_t *parameters)
{
	const json_t *message;
	size_t i;

	json_array_foreach(json_object_get(parameters, "messages"), i, message)
		printf("mail %lld %s %s %s %s %s\n", id_in(message, "id"),
		    member(message, "direction"), member(message, "state"),
		    member(message, "reason"), member(message, "name"),
		    member(message, "text"));
}

static int list(const char *which, const char *socket)
{
	struct ctl_client client;
	struct ctl_answer answer;
	bool more = true;
	int error = ctl_client_open(&client, socket, TIMEOUT_MS);

	if (!error)
		error = ctl_client_call(
		    &client, CTL_PEER ".Messages", json_pack("{s:s}", "which", which), true);
	while (!error && more) {
		error = ctl_client_receive(&client, &answer);
		if (error)
			break;
		if (answer.error)
			die("Messages", answer.error);
		print_page(answer.parameters);
		more = answer.continues;
		ctl_answer_clear(&answer);
	}
	if (error)
		die(socket, strerror(error));
	ctl_client_close(&client);
	return EXIT_SUCCESS;
}

/* --- */

static int usage(void)
{
	fprintf(stderr, "usage: post send [-n CALLERS] [-u WORD] [-p MS] [-f COUNT] [-w] [-a] "
			"[-t SECONDS] FILE SOCKET\n"
			"       post list WHICH SOCKET\n");
	return 2;
}

static bool read_options(struct post *post, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:u:p:f:wat:")) != -1) {
		if (option == 'n')
			post->caller_count = strtoul(optarg, NULL, 10);
		else if (option == 'u')
			post->until = optarg;
		else if (option == 'p')
			post->pace_ms = strtol(optarg, NULL, 10);
		else if (option == 'f')
			post->window = strtol(optarg, NULL, 10);
		else if (option == 'w')
			post->watching = true;
		else if (option == 'a')
			post->again = true;
		else if (option == 't')
			post->seconds = strtol(optarg, NULL, 10);
		else
			return false;
	}
	return post->caller_count > 0 && post->caller_count <= CALLERS_MAX &&
	       (post->watching || !post->window);
}

int main(int argc, char **argv)
{
	static struct post post = {.until = "kept", .caller_count = 8, .seconds = 60};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && strcmp(argv[1], "list") == 0)
		return list(argv[2], argv[3]);
	if (argc < 4 || strcmp(argv[1], "send") != 0 || !read_options(&post, argc - 1, argv + 1) ||
	    argc - 1 - optind != 2)
		return usage();
	post.socket = argv[optind + 2];
	read_lines(&post, argv[optind + 1]);
	return send_all(&post);
}
