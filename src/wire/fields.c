/*
 * The rendezvous fields: each value is checked to the bit, since what they
 * carry decides toward whom packets go.
 */
#include "wire/fields.h"

#include "base/base64url.h"
#include "wire/scan.h"

#define DECIMAL_DIGITS_MAX 10

static const char *const error_names[PUNCH_ERRORS] = {
    [PUNCH_UNKNOWN] = "unknown",
    [PUNCH_STALE] = "stale",
    [PUNCH_AMBIGUOUS] = "ambiguous",
    [PUNCH_TAKEN] = "taken",
    [PUNCH_REFUSED] = "refused",
    [PUNCH_BUSY] = "busy",
    [PUNCH_UNVERIFIED] = "unverified",
};

const char *punch_error_name(enum punch_error error)
{
	return (unsigned)error < PUNCH_ERRORS ? error_names[error] : error_names[PUNCH_REFUSED];
}

/* A word that a later version adds still says no; anything but a word is malformed. */
static bool read_error(struct span text, enum punch_error *error)
{
	*error = PUNCH_REFUSED;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < 'a' || text.data[i] > 'z')
			return false;
	}
	for (unsigned i = 0; i < PUNCH_ERRORS; i++) {
		if (span_is(text, error_names[i]))
			*error = (enum punch_error)i;
	}
	return text.len > 0;
}

static bool read_bytes(struct span text, uint8_t *bytes, size_t want)
{
	size_t len;

	return base64url_decode(text, bytes, want, &len) && len == want;
}

static bool read_endpoint(struct span text, struct endpoint *ep)
{
	uint8_t packed[ENDPOINT_PACKED_MAX];
	size_t len;

	return base64url_decode(text, packed, sizeof packed, &len) &&
	       endpoint_unpack(ep, span_of(packed, len));
}

static bool read_candidates(struct span list, struct fields *fields)
{
	struct span text;
	bool more;

	do {
		if (fields->candidate_count == CANDIDATES_MAX)
			return false;
		more = scan_cut(&list, ',', &text);
		if (!read_endpoint(text, &fields->candidates[fields->candidate_count]))
			return false;
		fields->candidate_count++;
	} while (more);
	return true;
}

static bool read_value(struct fields *fields, enum block_key key, struct span value)
{
	switch (key) {
	case KEY_TK:
		return read_bytes(value, fields->transaction, TRANSACTION_BYTES);
	case KEY_OA:
		return read_endpoint(value, &fields->observed);
	case KEY_LT:
		return scan_number(value, DECIMAL_DIGITS_MAX, &fields->lifetime);
	case KEY_SI:
		return read_bytes(value, fields->session, SESSION_BYTES);
	case KEY_LC:
		return read_candidates(value, fields);
	case KEY_ER:
		return read_error(value, &fields->error);
	case KEY_PD:
		fields->padding = value.len;
		return true;
	case KEY_CK:
		return read_bytes(value, fields->cookie, COOKIE_BYTES);
	default:
		return true;
	}
}

bool fields_read(struct fields *fields, const struct block *block)
{
	uint32_t version;

	*fields = (struct fields){0};
	if (!block_has(block, KEY_PX))
		return true;
	if (!scan_number(block->value[KEY_PX], DECIMAL_DIGITS_MAX, &version))
		return false;
	if (version < 1)
		return true;
	for (enum block_key key = KEY_PX; key < KEY_COUNT; key++) {
		if (!block_has(block, key))
			continue;
		if (!read_value(fields, key, block->value[key]))
			return false;
		fields_set(fields, key);
	}
	return true;
}

static void write_endpoint(struct writer *w, const struct endpoint *ep)
{
	uint8_t packed[ENDPOINT_PACKED_MAX];

	writer_base64url(w, packed, endpoint_pack(ep, packed));
}

static void write_candidates(struct writer *w, const struct fields *fields)
{
	for (size_t i = 0; i < fields->candidate_count && i < CANDIDATES_MAX; i++) {
		if (i > 0)
			writer_byte(w, ',');
		write_endpoint(w, &fields->candidates[i]);
	}
}

static void write_padding(struct writer *w, size_t count)
{
	while (count-- > 0 && !w->full)
		writer_byte(w, '.');
}

static void write_value(struct writer *w, const struct fields *fields, enum block_key key)
{
	switch (key) {
	case KEY_PX:
		writer_byte(w, '1');
		return;
	case KEY_TK:
		writer_base64url(w, fields->transaction, TRANSACTION_BYTES);
		return;
	case KEY_OA:
		write_endpoint(w, &fields->observed);
		return;
	case KEY_LT:
		writer_decimal(w, fields->lifetime);
		return;
	case KEY_SI:
		writer_base64url(w, fields->session, SESSION_BYTES);
		return;
	case KEY_LC:
		write_candidates(w, fields);
		return;
	case KEY_ER:
		writer_text(w, punch_error_name(fields->error));
		return;
	case KEY_PD:
		write_padding(w, fields->padding);
		return;
	case KEY_CK:
		writer_base64url(w, fields->cookie, COOKIE_BYTES);
		return;
	default:
		return;
	}
}

void fields_write(struct writer *w, const struct fields *fields)
{
	for (enum block_key key = KEY_PX; key < KEY_COUNT; key++) {
		if (!fields_has(fields, key))
			continue;
		/* An empty list says nothing, and would be malformed. */
		if (key == KEY_LC && fields->candidate_count == 0)
			continue;
		block_write(w, key, span_of("", 0));
		write_value(w, fields, key);
	}
}
