/*
 * The daemons' log: to syslog or standard error, every message escaped before
 * it leaves, since names in it were chosen by strangers. The log is the one
 * thing a process has one of; its state is private to log.c.
 */
#ifndef IPMSG_BASE_LOG_H
#define IPMSG_BASE_LOG_H

#include <stdbool.h>

#include "base/endpoint.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG };
enum log_addresses { LOG_ADDRESSES_TRUNCATED, LOG_ADDRESSES_FULL };

/*
 * `program` must outlive the log. On standard error lines begin with the
 * program's name, or with the priority in angle brackets (sd-daemon(3)) when
 * the journal reads them ($JOURNAL_STREAM).
 */
void log_open(const char *program, enum log_target target, enum log_level level);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/*
 * Where somebody else is, as a log line may say it: "198.51.100.7:40001", or
 * unless the log has been told otherwise the network alone, without the port:
 * "198.51.100.0/24", "2001:db8:1::/48". A port of 0 is left out. Returns `buf`.
 * One's own addresses and those of the configuration are no secret: endpoint_format().
 */
const char *log_endpoint(const struct endpoint *ep, char buf[ENDPOINT_TEXT_MAX]);
void log_set_addresses(enum log_addresses addresses);

/* "error", "warn", "info", "debug"; the second returns false for any other name. */
const char *log_level_name(enum log_level level);
bool log_level_parse(const char *name, enum log_level *level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Tests listen in; `text` is what would have been written, without prefix. NULL ends it. */
typedef void (*log_sink)(enum log_level level, const char *text);
void log_capture(log_sink sink);

#endif
