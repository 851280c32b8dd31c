/*
 * The rendezvous fields: each value is checked to the bit, since what they
 * carry decides toward whom packets go.
 */
#include "wire/fields.h"

#include "base/base64url.h"
#include "base/text.h"
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

/* At least one and at most `max`. */
static bool read_endpoints(struct span list, struct endpoint *endpoints, size_t max, size_t *count)
{
	struct span text;
	bool more;

	do {
		if (*count == max)
			return false;
		more = scan_cut(&list, ',', &text);
		if (!read_endpoint(text, &endpoints[*count]))
			return false;
		(*count)++;
	} while (more);
	return true;
}

bool alternate_is_relative(const struct endpoint *ep)
{
	static const uint8_t unspecified[sizeof ep->address];

	return ep->port != 0 && memcmp(ep->address, unspecified, sizeof unspecified) == 0;
}

static bool read_alternates(struct span list, struct fields *fields)
{
	if (!read_endpoints(list, fields->alternates, ALTERNATES_MAX, &fields->alternate_count))
		return false;
	for (size_t i = 0; i < fields->alternate_count; i++) {
		const struct endpoint *ep = &fields->alternates[i];

		if (!alternate_is_relative(ep) && endpoint_scope(ep) == SCOPE_UNUSABLE)
			return false;
	}
	return true;
}

static const char *const mapping_names[] = {
    [NAT_MAPPING_EI] = "ei",
    [NAT_MAPPING_AD] = "ad",
    [NAT_MAPPING_AP] = "ap",
};
static const char *const port_names[] = {
    [NAT_PORTS_KEEP] = "keep",
    [NAT_PORTS_SEQ] = "seq",
    [NAT_PORTS_RND] = "rnd",
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *nat_mapping_name(enum nat_mapping mapping)
{
	return mapping_names[mapping] != NULL ? mapping_names[mapping] : "unknown";
}

/* Words of a later version say nothing to us. */
static bool read_nat(struct span list, struct nat_class *nat)
{
	struct span word;
	bool more;

	*nat = (struct nat_class){0};
	do {
		more = scan_cut(&list, ',', &word);
		for (size_t i = 1; i < COUNT(mapping_names); i++) {
			if (span_is(word, mapping_names[i]))
				nat->mapping = (uint8_t)i;
		}
		for (size_t i = 1; i < COUNT(port_names); i++) {
			if (span_is(word, port_names[i]))
				nat->ports = (uint8_t)i;
		}
		if (span_is(word, "open"))
			nat->open = true;
		if (span_is(word, "eif"))
			nat->eif = true;
	} while (more);
	return true;
}

static bool read_text(struct span text, struct span *value)
{
	*value = text;
	return text.len > 0 && utf8_valid(text) && memchr(text.data, ':', text.len) == NULL;
}

static bool read_stamp(struct span text, uint64_t *stamp)
{
	*stamp = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*stamp = *stamp * 10 + (text.data[i] - '0');
	}
	return text.len > 0 && text.len <= STAMP_DIGITS_MAX;
}

/* Index, total, bytes, word: what is wrong within them is for wire/part.h. */
static bool read_part(struct span list, struct part *part)
{
	uint32_t *numbers[] = {&part->index, &part->total, &part->bytes, &part->word};
	struct span text;

	for (size_t i = 0; i < COUNT(numbers); i++) {
		bool more = scan_cut(&list, ',', &text);

		if (more == (i + 1 == COUNT(numbers)) ||
		    !scan_number(text, DECIMAL_DIGITS_MAX, numbers[i]))
			return false;
	}
	return true;
}

static bool read_bits(struct span text, struct span *bits)
{
	uint8_t bytes[PART_BITS_BYTES];
	size_t len;

	*bits = text;
	return base64url_decode(text, bytes, sizeof bytes, &len) && len > 0;
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
		return read_endpoints(value, fields->candidates, CANDIDATES_MAX,
		    &fields->candidate_count);
	case KEY_ER:
		return read_error(value, &fields->error);
	case KEY_PD:
		fields->padding = value.len;
		return true;
	case KEY_CK:
		return read_bytes(value, fields->cookie, COOKIE_BYTES);
	case KEY_AN:
		return read_text(value, &fields->asker);
	case KEY_CH:
		return read_text(value, &fields->choices);
	case KEY_AP:
		return read_alternates(value, fields);
	case KEY_NT:
		return read_nat(value, &fields->nat);
	case KEY_LM:
		return scan_number(value, DECIMAL_DIGITS_MAX, &fields->text_max);
	case KEY_PT:
		return read_part(value, &fields->part);
	case KEY_PB:
		return read_bits(value, &fields->bits);
	case KEY_ID:
		return read_bytes(value, fields->identity, IDENTITY_BYTES);
	case KEY_TS:
		return read_stamp(value, &fields->stamp);
	case KEY_SG:
		return read_bytes(value, fields->signature, SIGNATURE_BYTES);
	case KEY_MA:
		return read_bytes(value, fields->mac, MAC_BYTES);
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
		if (key == KEY_SG || key == KEY_MA)
			fields->covered =
			    (size_t)(block->value[key].data - BLOCK_LINE_HEAD - block->packet);
	}
	return true;
}

static void write_endpoint(struct writer *w, const struct endpoint *ep)
{
	uint8_t packed[ENDPOINT_PACKED_MAX];

	writer_base64url(w, packed, endpoint_pack(ep, packed));
}

static void write_endpoints(struct writer *w, const struct endpoint *endpoints, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			writer_byte(w, ',');
		write_endpoint(w, &endpoints[i]);
	}
}

static void write_padding(struct writer *w, size_t count)
{
	while (count-- > 0 && !w->full)
		writer_byte(w, '.');
}

static void write_nat(struct writer *w, const struct nat_class *nat)
{
	const char *words[4];
	size_t n = 0;

	if (nat->mapping != NAT_MAPPING_UNKNOWN && nat->mapping < COUNT(mapping_names))
		words[n++] = mapping_names[nat->mapping];
	if (nat->ports != NAT_PORTS_UNKNOWN && nat->ports < COUNT(port_names))
		words[n++] = port_names[nat->ports];
	if (nat->open)
		words[n++] = "open";
	if (nat->eif)
		words[n++] = "eif";
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			writer_byte(w, ',');
		writer_text(w, words[i]);
	}
}

static void write_part(struct writer *w, const struct part *part)
{
	const uint32_t numbers[] = {part->index, part->total, part->bytes, part->word};

	for (size_t i = 0; i < COUNT(numbers); i++) {
		if (i > 0)
			writer_byte(w, ',');
		writer_decimal(w, numbers[i]);
	}
}

/* What would end the value, or the block, stands as in names: see writer_name(). */
static void write_text(struct writer *w, struct span text)
{
	for (size_t i = 0; i < text.len && !w->full; i++) {
		unsigned char byte = text.data[i];

		writer_byte(w, byte == ':' ? ';' : byte < ' ' || byte == 0x7f ? '_' : byte);
	}
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
		write_endpoints(w, fields->candidates, fields->candidate_count);
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
	case KEY_AN:
		write_text(w, fields->asker);
		return;
	case KEY_CH:
		write_text(w, fields->choices);
		return;
	case KEY_AP:
		write_endpoints(w, fields->alternates, fields->alternate_count);
		return;
	case KEY_NT:
		write_nat(w, &fields->nat);
		return;
	case KEY_LM:
		writer_decimal(w, fields->text_max);
		return;
	case KEY_PT:
		write_part(w, &fields->part);
		return;
	case KEY_PB:
		writer_span(w, fields->bits);
		return;
	case KEY_ID:
		writer_base64url(w, fields->identity, IDENTITY_BYTES);
		return;
	case KEY_TS:
		writer_decimal(w, fields->stamp);
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
		if (key == KEY_AP && fields->alternate_count == 0)
			continue;
		if (key == KEY_SG || key == KEY_MA)
			continue;
		block_write(w, key, span_of("", 0));
		write_value(w, fields, key);
	}
}

static void put_escaped(struct writer *w, unsigned char byte)
{
	if (byte == ',')
		writer_text(w, "%2C");
	else if (byte == '%')
		writer_text(w, "%25");
	else
		writer_byte(w, byte);
}

void fields_add_choice(struct writer *choices, struct span name)
{
	struct writer before = *choices;

	if (choices->len > 0)
		writer_byte(choices, ',');
	for (size_t i = 0; i < name.len; i++)
		put_escaped(choices, name.data[i]);
	if (choices->full)
		*choices = before;
}

static unsigned char take_escaped(struct span *text)
{
	unsigned char byte = text->data[0];

	if (text->len >= 3 && memcmp(text->data, "%2C", 3) == 0)
		byte = ',';
	else if (text->len < 3 || memcmp(text->data, "%25", 3) != 0) {
		scan_skip(text, 1);
		return byte;
	}
	scan_skip(text, 3);
	return byte;
}

bool fields_next_choice(struct span *choices, char *name, size_t cap)
{
	struct span text;
	size_t len;

	while (choices->len > 0) {
		scan_cut(choices, ',', &text);
		for (len = 0; text.len > 0 && len < cap - 1; len++)
			name[len] = (char)take_escaped(&text);
		name[len] = '\0';
		if (text.len == 0 && len > 0)
			return true;
	}
	return false;
}
