/* Recognizing what was said before by a print of it, and answering from a pattern. */
#include "super/repeat.h"

#include <sodium.h>
#include <string.h>

#include "base/base64url.h"
#include "super/core.h"

#define TRANSACTION_TEXT BASE64URL_LENGTH(TRANSACTION_BYTES)
#define COOKIE_TEXT BASE64URL_LENGTH(COOKIE_BYTES)
#define NUMBER_AT 2 /* behind "1:" */

/* Fields that say the same each time they are read. */
#define LASTING                                                                                    \
	(1u << KEY_PX | 1u << KEY_TK | 1u << KEY_LT | 1u << KEY_LC | 1u << KEY_PD | 1u << KEY_CK | \
	    1u << KEY_NT)
#define NEEDED (1u << KEY_TK | 1u << KEY_CK)

void repeats_forget(struct repeats *repeats)
{
	repeats->generation++;
	for (int i = 0; i < LIFETIME_STEPS; i++)
		repeats->answers[0][i].len = repeats->answers[1][i].len = 0;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static uint64_t load(const unsigned char *at, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, at, len);
	return word;
}

/* Two halves at a time, since each step of one has to wait for the last. */
struct print {
	uint64_t even, odd;
};

static void mix_bytes(struct print *print, const unsigned char *at, const unsigned char *end)
{
	for (; end - at >= 16; at += 16) {
		print->even = mix(print->even, load(at, 8));
		print->odd = mix(print->odd, load(at + 8, 8));
	}
	if (end - at >= 8) {
		print->even = mix(print->even, load(at, 8));
		at += 8;
	}
	if (at < end)
		print->odd = mix(print->odd, load(at, (size_t)(end - at)));
}

/*
 * Of all but the three places, and of where these are; never 0. Whoever went to
 * the trouble of making two packets with one print would keep but his own second
 * one from being read, so this need not withstand anybody.
 */
static uint64_t print_of(const struct super *super, struct span packet, const struct repeat *places)
{
	const unsigned char *at = packet.data;
	struct print print;

	memcpy(&print, super->registry.key, sizeof print);
	print.even = mix(print.even, super->repeats.generation);
	print.odd = mix(print.odd, (uint64_t)packet.len << 48 | (uint64_t)places->number_end << 32 |
		(uint64_t)places->transaction << 16 | places->cookie);
	mix_bytes(&print, at + places->number_end, at + places->transaction);
	mix_bytes(&print, at + places->transaction + TRANSACTION_TEXT, at + places->cookie);
	mix_bytes(&print, at + places->cookie + COOKIE_TEXT, at + packet.len);
	uint64_t hash = mix(print.even, print.odd);

	return hash != 0 ? hash : 1;
}

/* In order, apart from each other and within the packet. */
static bool places_sound(const struct repeat *places, size_t len)
{
	return NUMBER_AT < places->number_end && places->number_end <= places->transaction &&
	    (size_t)places->transaction + TRANSACTION_TEXT <= places->cookie &&
	    (size_t)places->cookie + COOKIE_TEXT <= len;
}

static bool is_number(const unsigned char *at, const unsigned char *end)
{
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
	}
	return true;
}

/* What is in the three places has to be what a parser would take there. */
static bool is_repeat(const struct super *super, const struct registration *reg,
    struct span packet, uint8_t cookie[COOKIE_BYTES])
{
	const struct repeat *said = &reg->said;
	const unsigned char *at = packet.data;
	uint8_t transaction[TRANSACTION_BYTES];
	size_t len;

	return reg->chain == CHAIN_FRESH && reg->print != 0 && places_sound(said, packet.len) &&
	    at[0] == '1' && at[1] == ':' &&
	    print_of(super, packet, said) == reg->print &&
	    is_number(at + NUMBER_AT, at + said->number_end) &&
	    base64url_decode(span_of(at + said->transaction, TRANSACTION_TEXT), transaction,
		sizeof transaction, &len) &&
	    base64url_decode(span_of(at + said->cookie, COOKIE_TEXT), cookie, COOKIE_BYTES, &len);
}

static struct repeat_answer *answer_for(struct super *super, const struct registration *reg)
{
	return &super->repeats.answers[reg->remote.family == FAMILY_IP6]
				      [reg->step];
}

static void send_answer(struct turn *turn, const struct registration *reg,
    const struct repeat_answer *answer)
{
	struct send send = turn_reply(turn);
	struct writer w = send_open(&send);
	uint8_t packed[ENDPOINT_PACKED_MAX];

	writer_span(&w, span_of("1:", NUMBER_AT));
	writer_decimal(&w, super_number(turn->super, send.wall));
	unsigned char *rest = w.data + w.len;
	const unsigned char *request = turn->in->bytes.data;

	writer_span(&w, span_of(answer->bytes, answer->len));
	memcpy(rest + answer->transaction, request + reg->said.transaction, TRANSACTION_TEXT);
	memcpy(rest + answer->cookie, request + reg->said.cookie, COOKIE_TEXT);
	base64url_encode(packed, endpoint_pack(&turn->in->remote, packed),
	    (char *)rest + answer->observed);
	send_close(&send, &w);
}

bool repeat_handle(struct turn *turn)
{
	struct super *super = turn->super;
	const struct arrival *in = turn->in;
	struct registration *reg = registry_at(&super->registry, &in->remote);
	uint8_t cookie[COOKIE_BYTES], fresh[COOKIE_BYTES];

	if (reg == NULL || !is_repeat(super, reg, in->bytes, cookie))
		return false;
	const struct repeat_answer *answer = answer_for(super, reg);

	if (answer->len == 0 || bans_cover(&super->bans, &in->remote))
		return false;
	/* the cookie to go on with; with another one the answer is another, too */
	cookie_make(&super->cookies, &in->remote, in->wall, fresh);
	if (crypto_verify_16(fresh, cookie) != 0)
		return false;
	registration_repeated(reg, in->local, cookie_epoch(in->wall), in->now);
	probation_overtaken(&super->probation, &in->remote);
	count(super, COUNT_ENTRIES_REFRESHED);
	send_answer(turn, reg, answer);
	return true;
}

/* Where the value of a key is; 0 when it is not there, or not that long. */
static uint16_t place_of(const struct block *block, enum block_key key, size_t len,
    const unsigned char *from)
{
	if (!block_has(block, key) || block->value[key].len != len)
		return 0;
	return (uint16_t)(block->value[key].data - from);
}

static void learn_answer(struct repeat_answer *answer, struct span bytes, size_t observed_bytes)
{
	const unsigned char *rest = memchr(bytes.data + NUMBER_AT, ':', bytes.len - NUMBER_AT);
	struct packet packet;
	struct block block;

	if (packet_parse(&packet, bytes) != PACKET_OK || !block_parse(&block, &packet))
		return;
	size_t len = bytes.len - (size_t)(rest - bytes.data);

	answer->transaction = place_of(&block, KEY_TK, TRANSACTION_TEXT, rest);
	answer->observed = place_of(&block, KEY_OA, BASE64URL_LENGTH(observed_bytes), rest);
	answer->cookie = place_of(&block, KEY_CK, COOKIE_TEXT, rest);
	if (answer->transaction == 0 || answer->observed == 0 || answer->cookie == 0 ||
	    len > sizeof answer->bytes)
		return;
	memcpy(answer->bytes, rest, len);
	answer->len = (uint16_t)len;
}

void repeat_learn(struct turn *turn, const struct entry *entry, struct span answer)
{
	const struct packet *packet = &turn->packet;
	const unsigned char *from = turn->in->bytes.data;
	struct registration *reg = registry_at(&turn->super->registry, &turn->in->remote);
	uint32_t present = entry->fields.present;
	uint8_t packed[ENDPOINT_PACKED_MAX];
	struct block block;

	if (reg == NULL || reg->kind != PEER_EXTENDED || registration_stale(reg) ||
	    (present & ~LASTING) != 0 || (present & NEEDED) != NEEDED ||
	    packet->version.len != 1 || packet->number_text.len == NUMBER_TEXT_MAX ||
	    !block_parse(&block, packet))
		return;
	struct repeat said = {
	    .number_end = (uint8_t)(NUMBER_AT + packet->number_text.len),
	    .transaction = place_of(&block, KEY_TK, TRANSACTION_TEXT, from),
	    .cookie = place_of(&block, KEY_CK, COOKIE_TEXT, from),
	};

	if (!places_sound(&said, turn->in->bytes.len) ||
	    !is_number(from + NUMBER_AT, from + said.number_end))
		return;
	reg->said = said;
	reg->print = print_of(turn->super, turn->in->bytes, &said);
	if (answer.len > 0 && answer_for(turn->super, reg)->len == 0)
		learn_answer(answer_for(turn->super, reg), answer,
		    endpoint_pack(&reg->remote, packed));
}
