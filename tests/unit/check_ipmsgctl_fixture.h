/*
 * For tests of ipmsgctl: a daemon that says what a test tells it, and the
 * program run against it with its output caught.
 */
#ifndef IPMSG_TESTS_CHECK_IPMSGCTL_FIXTURE_H
#define IPMSG_TESTS_CHECK_IPMSGCTL_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Several replies are separated by "\0". */
#define CLI_SAYS(bytes) bytes, sizeof(bytes)

/* What the daemon sends when it has read a call in which `method` occurs; the first counts. */
struct cli_script {
	const char *method;
	const char *bytes;
	size_t len;
	bool closes;   /* the connection, then */
	bool releases; /* lets another connection say its `later` */
	const char *later;
	size_t later_len;
	int after; /* so many releases; 0: one */
};

struct cli {
	char dir[64];
	char path[80]; /* the socket's */
	pid_t daemon;
	pid_t program; /* under way, by cli_begin() */
	bool nobody;   /* run as a user without rights */
	const char *input;
	int columns; /* above 0: it writes to a terminal of that width; below: of one not known */
	int status;
	char out[1024 * 1024];
	char err[8192];
};

extern struct cli cli;

/* A checked fixture: no daemon yet, a UTF-8 locale, no IPMSG_SOCKET, UTC + 9. */
void cli_set_up(void);
void cli_tear_down(void);

/* Starts the daemon. NULL: it listens, and that is all. */
void cli_start(const struct cli_script *script);
void cli_stop(void);

/* Runs the program; `line` is split at blanks. The socket's path becomes SOCKET in what it says. */
void cli_run(const char *line);
void cli_expect(const char *line, int status, const char *out, const char *err);

/* The same in two halves. */
void cli_begin(const char *line);
void cli_end(void);

/* Until the program under way has printed this. */
void cli_await(const char *text);

#endif
