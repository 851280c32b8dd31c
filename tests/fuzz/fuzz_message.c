/* Messages: any text becomes valid UTF-8 with plain line ends, and stays that way. */
#include "fuzz_wire.h"
#include "wire/message.h"

static const struct identity from = {.user = "u", .host = "h"};

/* The text, in room of exactly the promised size. */
static struct span decode(const struct message *message, size_t cap)
{
	char *text = (char *)fuzz_room(cap);
	size_t len = message_decode(message, fuzz_cp932(), text, cap);

	HOLDS(len < cap && text[len] == '\0' && strlen(text) == len);
	HOLDS(utf8_valid(span_of(text, len)) && strchr(text, '\r') == NULL);
	return span_of(text, len);
}

static void release(struct span text, size_t cap)
{
	fuzz_release((unsigned char *)(uintptr_t)text.data, cap);
}

static void check_rewrite(uint32_t word, struct span text, bool utf8)
{
	static unsigned char room[SCRATCH_BYTES];
	struct writer w = writer_on(room, sizeof room);
	struct packet packet;
	struct message message;

	message_write(&w, 1, &from, word, text, utf8, fuzz_cp932());
	if (w.full)
		return;
	HOLDS(packet_parse(&packet, fuzz_written(&w)) == PACKET_OK);
	HOLDS(packet.tail.len == 0);
	message_parse(&message, &packet);
	HOLDS(message.utf8 == utf8);
	size_t cap = 3 * message.text.len + 1;
	struct span again = decode(&message, cap);

	HOLDS(!utf8 || span_equal(again, text));
	release(again, cap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span copy = fuzz_copy(data, size);
	struct packet packet;
	struct message message;

	if (packet_parse(&packet, copy) == PACKET_OK) {
		message_parse(&message, &packet);
		fuzz_inside(message.text, copy);
		size_t cap = 3 * message.text.len + 1;
		size_t small = 1 + size % 13;
		struct span text = decode(&message, cap);

		release(decode(&message, small), small);
		check_rewrite(packet.word, text, true);
		check_rewrite(packet.word, text, false);
		release(text, cap);
	}
	fuzz_drop(copy);
	return 0;
}
