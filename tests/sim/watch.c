/* The rules of who may be sent what. */
#include "watch.h"

#include <stdlib.h>
#include <string.h>

#include "wire/punch.h"

void watch_free(struct watch *watch)
{
	free(watch->slots);
	*watch = (struct watch){0};
}

static struct watched *slot_of(const struct watch *watch, const struct endpoint *at)
{
	static const uint8_t key[16];
	size_t i = endpoint_hash(at, key) & (watch->cap - 1);

	while (watch->slots[i].at.family != FAMILY_NONE && !endpoint_equal(&watch->slots[i].at, at))
		i = (i + 1) & (watch->cap - 1);
	return &watch->slots[i];
}

static void grow(struct watch *watch)
{
	struct watch old = *watch;

	watch->cap = old.cap == 0 ? 16 : 2 * old.cap;
	watch->slots = calloc(watch->cap, sizeof *watch->slots);
	if (watch->slots == NULL)
		abort();
	for (size_t i = 0; i < old.cap; i++) {
		if (old.slots[i].at.family != FAMILY_NONE)
			*slot_of(watch, &old.slots[i].at) = old.slots[i];
	}
	free(old.slots);
}

static struct watched *find(const struct watch *watch, const struct endpoint *at)
{
	struct watched *slot = watch->cap > 0 ? slot_of(watch, at) : NULL;

	return slot != NULL && slot->at.family != FAMILY_NONE ? slot : NULL;
}

static bool read_fields(struct fields *fields, const struct packet *packet)
{
	struct block block;

	return block_parse(&block, packet) && fields_read(fields, &block);
}

void watch_in(struct watch *watch, const struct endpoint *from, struct span bytes)
{
	struct packet packet;
	struct fields fields;
	uint32_t number;

	if (2 * watch->count >= watch->cap)
		grow(watch);
	struct watched *slot = slot_of(watch, from);

	if (slot->at.family == FAMILY_NONE) {
		slot->at = *from;
		watch->count++;
	}
	slot->bytes_in += bytes.len;
	if (packet_parse(&packet, bytes) != PACKET_OK)
		return;
	if (packet_command(&packet) == CMD_ANSREADMSG && packet_body_number(&packet, &number) &&
	    number != 0 && (number == slot->numbers[0] || number == slot->numbers[1]))
		slot->proven = true;
	if (!read_fields(&fields, &packet) || !fields_has(&fields, KEY_CK))
		return;
	for (int i = 0; i < 2; i++) {
		static const uint8_t none[16];

		if (memcmp(slot->cookies[i], none, 16) != 0 &&
		    memcmp(slot->cookies[i], fields.cookie, 16) == 0)
			slot->proven = true;
	}
}

static void remember(struct watched *slot, const struct packet *packet, const struct fields *fields)
{
	if (packet_command(packet) == CMD_READMSG && slot->numbers[0] != packet->number) {
		slot->numbers[1] = slot->numbers[0];
		slot->numbers[0] = packet->number;
	}
	if (fields_has(fields, KEY_CK) && memcmp(slot->cookies[0], fields->cookie, 16) != 0) {
		memcpy(slot->cookies[1], slot->cookies[0], 16);
		memcpy(slot->cookies[0], fields->cookie, 16);
	}
}

const char *watch_out(struct watch *watch, const struct endpoint *to, struct span bytes)
{
	struct watched *slot = find(watch, to);
	struct packet packet;
	struct fields fields = {0};
	struct order order;

	if (slot == NULL)
		return "sent to an address that never sent";
	slot->bytes_out += bytes.len;
	if (!slot->proven && slot->bytes_out > slot->bytes_in)
		return "sent more than it got to an address that is not proven";
	if (packet_parse(&packet, bytes) != PACKET_OK || !read_fields(&fields, &packet))
		return "sent a packet that is none";
	remember(slot, &packet, &fields);
	if (packet_command(&packet) != CMD_ORDERPUNCHING)
		return NULL;
	if (!order_parse(&order, &packet))
		return "sent an order that is none";
	const struct watched *toward = find(watch, &order.toward);

	if (toward == NULL || !toward->proven)
		return "ordered toward an address that is not proven";
	return NULL;
}
