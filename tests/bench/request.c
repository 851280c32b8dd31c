/* Packets of many peers from one that the project's own writer has written. */
#include "request.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "auth/seal.h"
#include "wire/entry.h"
#include "wire/punch.h"

#define SERIAL_DIGITS 7
#define MARK "#######"  /* SERIAL_DIGITS of them stand where the number goes */
#define OTHER "%%%%%%%" /* likewise, the other peer's */
#define LIFETIME_WISH 400
#define PADDING 48       /* as in ipmsg-peerd's first entry */
#define PADDING_KEYED 96 /* for the line ID more in the answer */
#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define ENCODED(bytes) (((bytes)*4 + 2) / 3)

_Static_assert(sizeof MARK - 1 == SERIAL_DIGITS && sizeof OTHER == sizeof MARK,
    "a mark is as long as the number");

static const struct identity identity = {"user-" MARK, "host-" MARK, "nick-" MARK, "benchers"};

/* Where what follows `text` begins; 0 when it is not there. */
static size_t place_after(const struct request *request, const char *text)
{
	const unsigned char *at = memmem(request->bytes, request->len, text, strlen(text));

	return at == NULL ? 0 : (size_t)(at - request->bytes) + strlen(text);
}

static void find_places(struct request *request)
{
	const unsigned char *at = request->bytes, *end = at + request->len;

	while ((at = memmem(at, (size_t)(end - at), MARK, SERIAL_DIGITS)) != NULL) {
		if (request->serial_count == REQUEST_SERIALS)
			abort();
		request->serials[request->serial_count++] = (size_t)(at - request->bytes);
		at += SERIAL_DIGITS;
	}
	request->other = place_after(request, OTHER);
	if (request->other > 0)
		request->other -= SERIAL_DIGITS;
	request->transaction = place_after(request, "\nTK:");
	request->session = place_after(request, "\nSI:");
	request->cookie = place_after(request, "\nCK:");
	request->identity = place_after(request, "\nID:");
}

static struct fields fields_of(enum request_kind kind)
{
	static const uint32_t keys[REQUEST_KINDS] = {
	    [REQUEST_FIRST] = 1u << KEY_TK | 1u << KEY_PD,
	    [REQUEST_FIRST_OF_KEYED] = 1u << KEY_TK | 1u << KEY_PD,
	    [REQUEST_REFRESH] = 1u << KEY_TK | 1u << KEY_CK | 1u << KEY_LT,
	    [REQUEST_SIGNED] =
		1u << KEY_TK | 1u << KEY_CK | 1u << KEY_LT | 1u << KEY_ID | 1u << KEY_TS,
	    [REQUEST_ASK] = 1u << KEY_TK | 1u << KEY_CK,
	    [REQUEST_BARE_ASK] = 1u << KEY_TK | 1u << KEY_PD,
	    [REQUEST_CONFIRM] = 1u << KEY_SI | 1u << KEY_CK,
	};

	return (struct fields){
	    .present = keys[kind] | 1u << KEY_PX,
	    .lifetime = LIFETIME_WISH,
	    .padding = kind == REQUEST_FIRST_OF_KEYED ? PADDING_KEYED : PADDING,
	    .stamp = (uint64_t)time(NULL) * 1000,
	};
}

static void write_kind(struct writer *w, enum request_kind kind, struct charset *legacy)
{
	struct span other = span_text("nick-" OTHER "@benchers");
	struct fields fields = fields_of(kind);

	if (kind <= REQUEST_SIGNED)
		entry_write(w, 1, &identity, CMD_BR_ENTRY, legacy, true, &fields);
	else if (kind == REQUEST_ASK || kind == REQUEST_BARE_ASK)
		ask_write(w, 1, &identity, other, &fields);
	else if (kind == REQUEST_CONFIRM)
		answer_write(w, 1, &identity, span_text(""), &fields);
	else if (kind == REQUEST_SEED_ENTRY)
		entry_write(w, 1, &identity, CMD_BR_ENTRY, legacy, false, NULL);
	else
		ask_write(w, 1, &identity, other, NULL);
}

void request_init(struct request *request, enum request_kind kind)
{
	struct charset *legacy = charset_open("CP932");

	*request = (struct request){0};
	struct writer w = writer_on(request->bytes, sizeof request->bytes);

	if (legacy == NULL)
		abort();
	write_kind(&w, kind, legacy);
	charset_close(legacy);
	if (w.full)
		abort();
	request->len = w.len;
	find_places(request);
}

static void put_number(unsigned char *out, uint32_t serial)
{
	for (int i = SERIAL_DIGITS - 1; i >= 0; i--, serial /= 10)
		out[i] = (unsigned char)('0' + serial % 10);
}

static void put_bytes(unsigned char *out, size_t place, const uint8_t *bytes, size_t len)
{
	char text[ENCODED(IDENTITY_BYTES) + 1];

	if (place == 0)
		return;
	sodium_bin2base64(text, sizeof text, bytes, len, VARIANT);
	memcpy(out + place, text, ENCODED(len));
}

/* The key of a peer is made from its number each time, which takes as long as the signature. */
static size_t sign(const struct request *request, unsigned char *out, uint32_t serial)
{
	struct writer w = writer_on(out, REQUEST_MAX);
	uint8_t seed[KEYPAIR_SEED_BYTES] = {0};
	struct keypair pair;

	memcpy(seed, &serial, sizeof serial);
	keypair_init(&pair, seed);
	put_bytes(out, request->identity, pair.identity, IDENTITY_BYTES);
	w.len = request->len;
	seal_sign(&w, &pair, request->reader);
	if (w.full)
		abort();
	return w.len;
}

size_t request_fill(
    const struct request *request, unsigned char *out, const struct request_values *values)
{
	memcpy(out, request->bytes, request->len);
	for (size_t i = 0; i < request->serial_count; i++)
		put_number(out + request->serials[i], values->serial);
	if (request->other > 0)
		put_number(out + request->other, values->other);
	put_bytes(out, request->transaction, values->transaction, TRANSACTION_BYTES);
	put_bytes(out, request->session, values->session, SESSION_BYTES);
	put_bytes(out, request->cookie, values->cookie, COOKIE_BYTES);
	return request->identity > 0 ? sign(request, out, values->serial) : request->len;
}
