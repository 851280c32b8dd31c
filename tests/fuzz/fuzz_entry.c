/* Entry packets: names from any client become text, and what we write of them is stable. */
#include "fuzz_wire.h"

/* Reads the packet and writes what it says in our way. False if it is void or too long. */
static bool rewrite(struct span bytes, struct writer *w, bool answer, bool modern)
{
	struct packet packet;
	struct entry entry;
	struct fuzz_names names;
	uint32_t word;

	if (packet_parse(&packet, bytes) != PACKET_OK || !entry_parse(&entry, &packet))
		return false;
	fuzz_decode_names(&entry, &names);
	word = packet.word & ~(OPT_UTF8 | OPT_CAPUTF8);
	if (answer)
		entry_write_answer(
		    w, packet.number, &names.identity, word, fuzz_cp932(), modern, &entry.fields);
	else
		entry_write(
		    w, packet.number, &names.identity, word, fuzz_cp932(), modern, &entry.fields);
	return !w->full;
}

/*
 * Long names shrink as they are written, the legacy ones in another measure
 * than the others, so only the second generation is final. Legacy text alone
 * is no fixed point at all: some bytes can be read as either encoding.
 */
static void check_generations(struct span bytes, bool answer, bool modern)
{
	static unsigned char room[3][SCRATCH_BYTES];
	struct writer w[3];

	for (int i = 0; i < 3; i++) {
		w[i] = writer_on(room[i], sizeof room[i]);
		if (!rewrite(bytes, &w[i], answer, modern)) {
			HOLDS(i == 0);
			return;
		}
		bytes = fuzz_written(&w[i]);
	}
	HOLDS(!modern || span_equal(fuzz_written(&w[1]), fuzz_written(&w[2])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span copy = fuzz_copy(data, size);

	check_generations(copy, false, true);
	check_generations(copy, true, true);
	check_generations(copy, false, false);
	fuzz_drop(copy);
	return 0;
}
