/* The log: levels, targets, escaping at the boundary. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/text.h"

#define LINE_MAX_BYTES 1024

/* What is left of an address that is truncated. */
#define SHOWN_BITS4 24
#define SHOWN_BITS6 48

static struct {
	const char *program;
	enum log_target target;
	enum log_level level;
	enum log_addresses addresses;
	bool journal;
	log_sink sink;
} state = {.program = "ipmsg", .level = LOG_LEVEL_INFO};

static const char *const names[] = {"error", "warn", "info", "debug"};
static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

/*
 * The variable is inherited also by who writes to somewhere else; hence it names
 * the journal's end of the stream, "device:inode" (systemd.exec(5)).
 */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat st;
	char more;

	return stream != NULL && sscanf(stream, "%ju:%ju%c", &device, &inode, &more) == 2 &&
	    fstat(fd, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *program, enum log_target target, enum log_level level)
{
	state.program = program;
	state.target = target;
	state.level = level;
	state.journal = is_journal(STDERR_FILENO);
	if (target == LOG_TARGET_SYSLOG)
		openlog(program, LOG_PID, LOG_DAEMON);
}

void log_set_level(enum log_level level)
{
	state.level = level;
}

enum log_level log_get_level(void)
{
	return state.level;
}

const char *log_level_name(enum log_level level)
{
	return names[level];
}

bool log_level_parse(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(name, names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

void log_set_addresses(enum log_addresses addresses)
{
	state.addresses = addresses;
}

const char *log_endpoint(const struct endpoint *ep, char buf[ENDPOINT_TEXT_MAX])
{
	struct endpoint network = endpoint_prefix(ep, SHOWN_BITS4, SHOWN_BITS6);
	size_t len;

	if (state.addresses == LOG_ADDRESSES_FULL || ep->family == FAMILY_NONE)
		return (ep->port != 0 ? endpoint_format : endpoint_format_address)(ep, buf);
	len = strlen(endpoint_format_address(&network, buf));
	snprintf(buf + len, ENDPOINT_TEXT_MAX - len, "/%d",
	    ep->family == FAMILY_IP4 ? SHOWN_BITS4 : SHOWN_BITS6);
	return buf;
}

void log_capture(log_sink sink)
{
	state.sink = sink;
}

static void emit(enum log_level level, const char *line)
{
	if (state.sink != NULL)
		state.sink(level, line);
	else if (state.target == LOG_TARGET_SYSLOG)
		syslog(priorities[level], "%s", line);
	else if (state.journal)
		fprintf(stderr, "<%d>%s\n", priorities[level], line);
	else
		fprintf(stderr, "%s: %s%s\n", state.program,
		    level == LOG_LEVEL_ERROR  ? "error: "
		    : level == LOG_LEVEL_WARN ? "warning: "
					      : "",
		    line);
}

static void __attribute__((format(printf, 2, 0)))
vlog(enum log_level level, const char *format, va_list args)
{
	char raw[LINE_MAX_BYTES], line[LINE_MAX_BYTES];
	int error = errno;

	if (level <= state.level) {
		vsnprintf(raw, sizeof raw, format, args);
		emit(level, text_escape(span_text(raw), line, sizeof line));
	}
	errno = error;
}

#define DEFINE_LOG(name, level)                                                                    \
	void name(const char *format, ...)                                                         \
	{                                                                                          \
		va_list args;                                                                      \
                                                                                                   \
		va_start(args, format);                                                            \
		vlog(level, format, args);                                                         \
		va_end(args);                                                                      \
	}

DEFINE_LOG(log_error, LOG_LEVEL_ERROR)
DEFINE_LOG(log_warn, LOG_LEVEL_WARN)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
DEFINE_LOG(log_debug, LOG_LEVEL_DEBUG)
