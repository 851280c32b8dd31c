/*
 * Fields of what a daemon answered, made fit for a terminal: names in it were
 * chosen by strangers, so text leaves here escaped only.
 */
#ifndef IPMSG_IPMSGCTL_FIELD_H
#define IPMSG_IPMSGCTL_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIELD_MAX 512

/* The value escaped, cut to fit; "" when it is no string. Both return `out`. */
const char *field_escape(const json_t *value, char out[FIELD_MAX]);
const char *field_text(const json_t *object, const char *name, char out[FIELD_MAX]);

/* Whether the field is this word. */
bool field_is(const json_t *object, const char *name, const char *word);

/* "ours", "legacy", or "" for a kind that is not known. Returns `out`. */
const char *field_kind(const json_t *object, const char *name, char out[FIELD_MAX]);

/* 0 when there is no such integer. */
int64_t field_int(const json_t *object, const char *name);

/* "2026-11-22 14:03:07", the local time of an RFC 3339 one in UTC; as text if it is none. */
const char *field_time(const json_t *object, const char *name, char out[FIELD_MAX]);

/* "12s", "3m05s", "2h04m", "5d03h". Returns `out`. */
const char *field_duration(int64_t ms, char out[FIELD_MAX]);

/* "999 B", "1.2 kB", "3.4 MB", in powers of 1000. Returns `out`. */
const char *field_size(int64_t bytes, char out[FIELD_MAX]);

#endif
