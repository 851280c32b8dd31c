/*
 * Shared by the targets of the wire codec. Most of their properties have one
 * form: what is written, read and written again is the same bytes.
 */
#ifndef IPMSG_TESTS_FUZZ_WIRE_H
#define IPMSG_TESTS_FUZZ_WIRE_H

#include "base/charset.h"
#include "base/text.h"
#include "fuzz.h"
#include "wire/entry.h"

#define SCRATCH_BYTES (2 * PACKET_BYTES_MAX)

/* Opened once: it is most of the time of a run otherwise. */
static inline struct charset *fuzz_cp932(void)
{
	static struct charset *cp932;

	if (cp932 == NULL)
		cp932 = charset_open("CP932");
	HOLDS(cp932 != NULL);
	return cp932;
}

static inline struct span fuzz_written(const struct writer *w)
{
	HOLDS(w->len <= w->cap);
	return span_of(w->data, w->len);
}

/* Views must lie in the datagram. */
static inline void fuzz_inside(struct span view, struct span whole)
{
	HOLDS(view.data >= whole.data && view.data <= whole.data + whole.len);
	HOLDS(view.len <= (size_t)(whole.data + whole.len - view.data));
}

/* Names of a packet as text, owned by this. */
struct fuzz_names {
	struct identity identity;
	char user[NAME_TEXT_MAX];
	char host[NAME_TEXT_MAX];
	char nick[NAME_TEXT_MAX];
	char group[NAME_TEXT_MAX];
};

static inline void fuzz_decode_name(struct span name, bool utf8, char out[NAME_TEXT_MAX])
{
	size_t len = name_decode(name, utf8, fuzz_cp932(), out);

	HOLDS(name.len <= NAME_BYTES_MAX);
	HOLDS(len < NAME_TEXT_MAX && out[len] == '\0' && strlen(out) == len);
	HOLDS(utf8_valid(span_of(out, len)));
	HOLDS((len == 0) == (name.len == 0));
}

static inline void fuzz_decode_names(const struct entry *entry, struct fuzz_names *names)
{
	fuzz_decode_name(entry->user, entry->user_utf8, names->user);
	fuzz_decode_name(entry->host, entry->host_utf8, names->host);
	fuzz_decode_name(entry->nick, entry->nick_utf8, names->nick);
	fuzz_decode_name(entry->group, entry->group_utf8, names->group);
	names->identity = (struct identity){names->user, names->host, names->nick, names->group};
}

#endif
