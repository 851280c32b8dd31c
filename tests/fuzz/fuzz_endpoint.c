/* Endpoints: from text and from their packed form, and back. */
#include "base/endpoint.h"
#include "fuzz.h"

static const uint8_t key[16];

static void check_text(const struct endpoint *ep)
{
	char text[ENDPOINT_TEXT_MAX];
	struct endpoint read;

	endpoint_format_address(ep, text);
	HOLDS(endpoint_parse_address(&read, span_text(text)));
	HOLDS(endpoint_same_address(&read, ep));
	endpoint_format(ep, text);
	if (ep->port == 0)
		return;
	HOLDS(endpoint_parse(&read, text, 0) == NULL);
	HOLDS(endpoint_equal(&read, ep));
	HOLDS(endpoint_hash(&read, key) == endpoint_hash(ep, key));
	HOLDS(endpoint_scope(&read) == endpoint_scope(ep));
}

static void check_packed(const struct endpoint *ep)
{
	uint8_t packed[ENDPOINT_PACKED_MAX];
	struct endpoint read;
	struct sockaddr_storage ss;
	size_t len = endpoint_pack(ep, packed);

	HOLDS(len == 6 || len == ENDPOINT_PACKED_MAX);
	HOLDS(endpoint_unpack(&read, span_of(packed, len)));
	HOLDS(endpoint_equal(&read, ep));
	socklen_t size = endpoint_to_sockaddr(ep, &ss);

	HOLDS(endpoint_from_sockaddr(&read, (struct sockaddr *)&ss, size));
	HOLDS(endpoint_equal(&read, ep));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span copy = fuzz_copy(data, size);
	char *text = (char *)fuzz_room(size + 1);
	struct endpoint ep;

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (endpoint_unpack(&ep, copy)) {
		check_text(&ep);
		check_packed(&ep);
	}
	if (endpoint_parse_address(&ep, copy)) {
		check_text(&ep);
		check_packed(&ep);
	}
	if (endpoint_parse(&ep, text, 2425) == NULL) {
		HOLDS(ep.port != 0);
		check_text(&ep);
		check_packed(&ep);
	}
	fuzz_release((unsigned char *)text, size + 1);
	fuzz_drop(copy);
	return 0;
}
