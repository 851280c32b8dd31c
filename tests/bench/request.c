/* Entries of many peers from one that the project's own writer has written. */
#include "request.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/entry.h"

#define SERIAL_DIGITS 7
#define MARK "#######" /* SERIAL_DIGITS of them stand where the number goes */
#define LIFETIME_WISH 400
#define PADDING 48 /* as in ipmsg-peerd's first entry */
#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define ENCODED(bytes) (((bytes) * 4 + 2) / 3)

_Static_assert(sizeof MARK - 1 == SERIAL_DIGITS, "the mark is as long as the number");

static size_t place_after(const struct request *request, const char *text)
{
	const unsigned char *at = memmem(request->bytes, request->len, text, strlen(text));

	if (at == NULL)
		abort();
	return (size_t)(at - request->bytes) + strlen(text);
}

static void find_serials(struct request *request)
{
	const unsigned char *at = request->bytes, *end = at + request->len;

	while ((at = memmem(at, (size_t)(end - at), MARK, SERIAL_DIGITS)) != NULL) {
		if (request->serial_count == REQUEST_SERIALS)
			abort();
		request->serials[request->serial_count++] = (size_t)(at - request->bytes);
		at += SERIAL_DIGITS;
	}
}

void request_init(struct request *request, bool cookie)
{
	static const struct identity identity = {"user" MARK, "host" MARK, "nick" MARK, "bench"};
	struct charset *legacy = charset_open("CP932");
	struct fields fields = {.lifetime = LIFETIME_WISH, .padding = PADDING};

	*request = (struct request){0};
	struct writer w = writer_on(request->bytes, sizeof request->bytes);

	fields_set(&fields, KEY_TK);
	fields_set(&fields, cookie ? KEY_CK : KEY_PD);
	if (cookie)
		fields_set(&fields, KEY_LT);
	if (legacy == NULL)
		abort();
	entry_write(&w, 1, &identity, CMD_BR_ENTRY, legacy, true, &fields);
	charset_close(legacy);
	if (w.full)
		abort();
	request->len = w.len;
	find_serials(request);
	request->transaction = place_after(request, "\nTK:");
	request->cookie = cookie ? place_after(request, "\nCK:") : 0;
}

static void put_bytes(unsigned char *at, const uint8_t *bytes, size_t len)
{
	char text[ENCODED(COOKIE_BYTES) + 1];

	sodium_bin2base64(text, sizeof text, bytes, len, VARIANT);
	memcpy(at, text, ENCODED(len));
}

size_t request_fill(const struct request *request, unsigned char *out, uint32_t serial,
    const uint8_t transaction[TRANSACTION_BYTES], const uint8_t *cookie)
{
	char digits[SERIAL_DIGITS];

	for (int i = SERIAL_DIGITS - 1; i >= 0; i--, serial /= 10)
		digits[i] = (char)('0' + serial % 10);
	memcpy(out, request->bytes, request->len);
	for (size_t i = 0; i < request->serial_count; i++)
		memcpy(out + request->serials[i], digits, SERIAL_DIGITS);
	put_bytes(out + request->transaction, transaction, TRANSACTION_BYTES);
	if (request->cookie != 0)
		put_bytes(out + request->cookie, cookie, COOKIE_BYTES);
	return request->len;
}
