/* The lines on standard input that drive a test program. */
#ifndef IPMSG_TEST_LINES_H
#define IPMSG_TEST_LINES_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 8192

/*
 * Reads once and hands each whole line, without its end, to on_line, which returns false to stop.
 * Returns false then and at the end of the input.
 */
static inline bool read_lines(bool (*on_line)(void *context, char *line), void *context)
{
	static char buffer[LINE_SIZE];
	static size_t used;
	ssize_t len = read(STDIN_FILENO, buffer + used, sizeof(buffer) - used);
	char *newline;

	if (len < 0)
		return errno == EINTR || errno == EAGAIN;
	if (len == 0)
		return false;
	used += (size_t)len;
	while ((newline = memchr(buffer, '\n', used))) {
		*newline = '\0';
		if (!on_line(context, buffer))
			return false;
		used -= (size_t)(newline + 1 - buffer);
		memmove(buffer, newline + 1, used);
	}
	if (used == sizeof(buffer)) {
		printf("error line too long\n");
		used = 0;
	}
	return true;
}

/* Ends the line's first word and returns what follows it, "" for nothing. */
static inline char *cut_word(char *line)
{
	char *rest = line + strcspn(line, " ");

	if (*rest)
		*rest++ = '\0';
	return rest;
}

#endif
