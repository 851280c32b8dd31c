/* Host lists: how a client learns of peers that no broadcast reaches. */
#include "wire/hostlist.h"

#include "wire/scan.h"

#define SEPARATOR '\a'
#define EMPTY "\b"
#define HEAD_WIDTH 5

/* Head numbers are padded with spaces. */
static bool read_padded(struct span *rest, uint32_t *value)
{
	struct span text;

	if (!scan_cut(rest, SEPARATOR, &text))
		return false;
	while (text.len > 0 && text.data[0] == ' ')
		scan_skip(&text, 1);
	return scan_decimal(&text, value) > 0;
}

bool hostlist_parse(struct hostlist *list, const struct packet *packet)
{
	*list = (struct hostlist){.rest = packet->body};
	return read_padded(&list->rest, &list->next) && read_padded(&list->rest, &list->count);
}

/* Printed as a signed number by clients that use bit 31. */
static uint32_t read_status(struct span text)
{
	bool negative = text.len > 0 && text.data[0] == '-';
	uint32_t value;

	if (negative)
		scan_skip(&text, 1);
	scan_decimal(&text, &value);
	return negative ? 0 - value : value;
}

static uint32_t swap_port(uint32_t port)
{
	return (port & 0xff) << 8 | port >> 8;
}

static bool read_endpoint(struct endpoint *ep, struct span address, struct span port)
{
	uint32_t value;

	if (!endpoint_parse_address(ep, address) || !scan_number(port, 5, &value) ||
	    value > UINT16_MAX)
		return false;
	ep->port = (uint16_t)swap_port(value);
	return endpoint_scope(ep) != SCOPE_UNUSABLE;
}

static struct span read_name(struct span name)
{
	if (span_is(name, EMPTY))
		return span_of("", 0);
	return span_of(name.data, name.len < NAME_BYTES_MAX ? name.len : NAME_BYTES_MAX);
}

enum { USER, HOST, STATUS, ADDRESS, PORT, NICK, GROUP, COLUMNS };

/* Only the last separator may be missing; a host that is cut off earlier is none. */
static bool read_columns(struct span *rest, struct span column[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++) {
		if (rest->len == 0)
			return false;
		if (!scan_cut(rest, SEPARATOR, &column[i]) && i < COLUMNS - 1)
			return false;
	}
	return true;
}

bool hostlist_next(struct hostlist *list, struct listed_host *host)
{
	struct span column[COLUMNS];

	while (list->seen < list->count && read_columns(&list->rest, column)) {
		list->seen++;
		*host = (struct listed_host){
		    .user = read_name(column[USER]),
		    .host = read_name(column[HOST]),
		    .status = read_status(column[STATUS]),
		    .nick = read_name(column[NICK]),
		    .group = read_name(column[GROUP]),
		};
		host->left = host->status == 0 || (host->status & COMMAND_MASK) == CMD_BR_EXIT;
		if (host->user.len > 0 && host->host.len > 0 &&
		    (read_endpoint(&host->at, column[ADDRESS], column[PORT]) || list->placeless))
			return true;
	}
	return false;
}

static void write_padded(struct writer *w, uint32_t value)
{
	uint32_t limit = 10;

	for (int width = 1; width < HEAD_WIDTH; width++) {
		if (value < limit)
			writer_byte(w, ' ');
		limit *= 10;
	}
	writer_decimal(w, value);
	writer_byte(w, SEPARATOR);
}

void hostlist_write_head(struct writer *w, uint32_t next, uint32_t count)
{
	write_padded(w, next);
	write_padded(w, count);
}

/* Receivers skip empty columns, and would then read the wrong ones. */
static void write_name(struct writer *w, struct span name)
{
	if (name.len > 0)
		writer_name(w, name);
	else
		writer_text(w, EMPTY);
	writer_byte(w, SEPARATOR);
}

/* 0 removes a host, so a host that is there and has no option counts as its BR_ENTRY. */
static uint32_t written_status(const struct listed_host *host)
{
	uint32_t options = host->status & ~COMMAND_MASK;

	if (host->left)
		return 0;
	return options != 0 ? options : CMD_BR_ENTRY;
}

void hostlist_write_host(struct writer *w, const struct listed_host *host)
{
	char address[ENDPOINT_TEXT_MAX];

	writer_name(w, host->user);
	writer_byte(w, SEPARATOR);
	writer_name(w, host->host);
	writer_byte(w, SEPARATOR);
	writer_decimal(w, written_status(host));
	writer_byte(w, SEPARATOR);
	writer_text(w, endpoint_format_address(&host->at, address));
	writer_byte(w, SEPARATOR);
	writer_decimal(w, swap_port(host->at.port));
	writer_byte(w, SEPARATOR);
	write_name(w, host->nick);
	write_name(w, host->group);
}

void hostlist_write_fields(struct writer *w, const struct fields *fields)
{
	writer_byte(w, '\0');
	fields_write(w, fields);
}
