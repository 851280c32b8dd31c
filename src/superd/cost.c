/* Measuring what a signature costs. */
#include "superd/cost.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "auth/seal.h"
#include "wire/punch.h"

#define ROUNDS 32
#define PACKET_MAX 600

struct sample {
	struct keypair pair;
	unsigned char bytes[PACKET_MAX];
	struct span packet;
	struct fields fields;
};

/* About as long as an entry, and as hard to check. */
static bool make_sample(struct sample *sample)
{
	static const uint8_t seed[KEYPAIR_SEED_BYTES] = {1};
	static const struct identity identity = {"user", "host", "nick", "group"};
	struct fields fields = {.stamp = 1, .padding = 150};
	struct writer w = writer_on(sample->bytes, sizeof sample->bytes);
	struct packet packet;
	struct ask ask;

	keypair_init(&sample->pair, seed);
	fields_set(&fields, KEY_PD);
	fields_set(&fields, KEY_TS);
	fields_set(&fields, KEY_ID);
	memcpy(fields.identity, sample->pair.identity, IDENTITY_BYTES);
	ask_write(&w, 1, &identity, span_of("a", 1), &fields);
	seal_sign(&w, &sample->pair, sample->pair.identity);
	sample->packet = span_of(sample->bytes, w.len);
	if (w.full || packet_parse(&packet, sample->packet) != PACKET_OK ||
	    !ask_parse(&ask, &packet))
		return false;
	sample->fields = ask.fields;
	return true;
}

static int64_t processor_ns(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts) != 0)
		return 0;
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

uint32_t cost_of_signature(void)
{
	uint8_t shared[SHARED_KEY_BYTES];
	struct sample sample;
	int64_t begun;
	bool good = make_sample(&sample);

	begun = processor_ns();
	for (int i = 0; i < ROUNDS && good; i++)
		good = seal_signature_valid(sample.packet, &sample.fields, sample.pair.identity,
			   sample.pair.identity) &&
		    seal_shared_key(&sample.pair, sample.pair.identity, shared);
	return good ? (uint32_t)((processor_ns() - begun) / (1000 * ROUNDS)) + 1 : 0;
}
