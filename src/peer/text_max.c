/* The limits of texts: of one datagram to most, of many parts to peers of ours. */
#include "peer/text_max.h"

#include <string.h>
#include <strings.h>

#include "peer/core.h"

/* Header, option word and the NUL of a message of ours, at their longest. */
#define MESSAGE_OVERHEAD 40

/* What the programs of others have room for; IP cuts it up and joins it again. */
#define DATAGRAM_MAX PACKET_BYTES_MAX
#define DATAGRAM_MAX_IPTUX 8191

/* Some legacy charsets take up to so many bytes for one of UTF-8, as they switch to and fro. */
#define LEGACY_GROWTH 4

static size_t name_length(const char *name)
{
	size_t len = strlen(name);

	return len < NAME_BYTES_MAX ? len : NAME_BYTES_MAX;
}

/* Bytes of text in a datagram of that many. */
static size_t text_of_datagram(const struct peer *peer, size_t datagram)
{
	return datagram - MESSAGE_OVERHEAD - name_length(peer->settings.user) -
	    name_length(peer->settings.host);
}

/* Those in which no character takes more bytes than in UTF-8. */
static bool is_compact(const char *charset)
{
	static const char *const names[] = {"UTF-8", "UTF8", "CP932", "MS932", "WINDOWS-31J",
	    "SHIFT_JIS", "SHIFT-JIS", "SJIS", "ASCII", "US-ASCII", "EUC-KR", "CP949", "GBK", "CP936",
	    "BIG5", "CP950"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcasecmp(charset, names[i]) == 0)
			return true;
	}
	return strncasecmp(charset, "ISO-8859-", 9) == 0 || strncasecmp(charset, "CP125", 5) == 0 ||
	    strncasecmp(charset, "KOI8-", 5) == 0;
}

size_t text_datagram_max(const struct destination *to)
{
	if (to->extended)
		return MESSAGE_BYTES_MAX;
	return to->neighbour != NULL && to->neighbour->iptux ? DATAGRAM_MAX_IPTUX : DATAGRAM_MAX;
}

static size_t max_whole(const struct peer *peer, const struct destination *to)
{
	size_t max = text_of_datagram(peer, text_datagram_max(to));

	return to->utf8 || is_compact(peer->settings.legacy_charset) ? max : max / LEGACY_GROWTH;
}

/* It has told nothing yet, as none of its answers has come. */
static bool is_unknown(const struct destination *to)
{
	return to->extended && to->path->text_max == 0 && !to->path->answered;
}

static size_t max_in_parts(const struct destination *to)
{
	if (!to->extended || is_unknown(to))
		return to->extended ? TEXT_MAX : 0;
	return to->path->text_max < TEXT_MAX ? to->path->text_max : TEXT_MAX;
}

enum text_way text_way(const struct peer *peer, const struct destination *to, size_t len)
{
	if (len <= max_whole(peer, to))
		return TEXT_WHOLE;
	if (len > max_in_parts(to))
		return TEXT_TOO_LONG;
	return is_unknown(to) ? TEXT_LATER : TEXT_IN_PARTS;
}

size_t text_length(const char *text)
{
	size_t len = 0;

	for (; *text != '\0'; text++)
		len += *text != '\r';
	return len;
}

static size_t max_to(const struct peer *peer, uint32_t id)
{
	struct destination to;
	size_t whole, parts;

	/* nothing is changed by it */
	if (!destination_find((struct peer *)(uintptr_t)peer, id, &to))
		return TEXT_MAX;
	whole = max_whole(peer, &to);
	parts = max_in_parts(&to);
	return parts > whole ? parts : whole;
}

/* Who would get it now; see receiver() in sending.c. */
size_t peer_text_max(const struct peer *peer, const char *name)
{
	const struct path *path = name != NULL ? path_by_name(peer, name) : NULL;
	const struct neighbour *neighbour;
	bool open = path != NULL && path->state == PATH_OPEN, ambiguous;

	if (name == NULL)
		return text_of_datagram(peer, MESSAGE_BYTES_MAX);
	if (open && path_is_wanted(path, name))
		return max_to(peer, path->id);
	neighbour = neighbour_by_name(peer, name, &ambiguous);
	if (neighbour != NULL)
		return max_to(peer, neighbour->id);
	return open ? max_to(peer, path->id) : TEXT_MAX;
}
