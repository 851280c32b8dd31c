/*
 * Slot n holds those of the seconds n, n + WHEEL_SLOTS, …, but only of one turn from `second` on.
 */
#include "super/wheel.h"

#define BITS 64

void wheel_init(struct wheel *wheel, const struct slab *slab, size_t link_offset)
{
	*wheel = (struct wheel){.second = 0};
	for (int i = 0; i < WHEEL_SLOTS; i++)
		chain_init(&wheel->slots[i], slab, link_offset);
}

static uint16_t slot_of(int64_t second)
{
	return (uint16_t)((uint64_t)second % WHEEL_SLOTS);
}

static int64_t second_after(int64_t ms)
{
	return ms / 1000 + (ms % 1000 > 0);
}

uint16_t wheel_put(struct wheel *wheel, uint32_t id, int64_t due)
{
	int64_t second = second_after(due);

	/* others may come that are due before this one */
	if (wheel->count == 0)
		wheel->second = second - (WHEEL_SLOTS - 1);
	if (second < wheel->second)
		second = wheel->second;
	if (second > wheel->second + WHEEL_SLOTS - 1)
		second = wheel->second + WHEEL_SLOTS - 1;
	uint16_t slot = slot_of(second);

	chain_append(&wheel->slots[slot], id);
	wheel->busy[slot / BITS] |= UINT64_C(1) << slot % BITS;
	wheel->count++;
	return slot;
}

void wheel_remove(struct wheel *wheel, uint32_t id, uint16_t slot)
{
	chain_remove(&wheel->slots[slot], id);
	if (wheel->slots[slot].count == 0)
		wheel->busy[slot / BITS] &= ~(UINT64_C(1) << slot % BITS);
	wheel->count--;
}

/* Slots from `from` on to the first busy one, `from` included; WHEEL_SLOTS when none is. */
static unsigned distance(const struct wheel *wheel, uint16_t from)
{
	unsigned done = 0;

	while (done < WHEEL_SLOTS) {
		unsigned at = (from + done) % WHEEL_SLOTS;
		uint64_t bits = wheel->busy[at / BITS] >> at % BITS;

		if (bits != 0) {
			done += (unsigned)__builtin_ctzll(bits);
			return done < WHEEL_SLOTS ? done : WHEEL_SLOTS;
		}
		done += BITS - at % BITS;
	}
	return WHEEL_SLOTS;
}

uint32_t wheel_due(struct wheel *wheel, int64_t now)
{
	int64_t second = now / 1000;

	/* a clock that was far ahead all at once: a single turn meets everybody */
	if (wheel->second < second - (WHEEL_SLOTS - 1))
		wheel->second = second - (WHEEL_SLOTS - 1);
	unsigned ahead = distance(wheel, slot_of(wheel->second));

	if (ahead < WHEEL_SLOTS && wheel->second + ahead <= second) {
		wheel->second += ahead;
		return wheel->slots[slot_of(wheel->second)].oldest;
	}
	if (wheel->second <= second)
		wheel->second = second + 1;
	return SLAB_NIL;
}

int64_t wheel_deadline(const struct wheel *wheel)
{
	if (wheel->count == 0)
		return INT64_MAX;
	return (wheel->second + distance(wheel, slot_of(wheel->second))) * 1000;
}

uint32_t wheel_first(const struct wheel *wheel)
{
	if (wheel->count == 0)
		return SLAB_NIL;
	uint16_t from = slot_of(wheel->second);

	return wheel->slots[(from + distance(wheel, from)) % WHEEL_SLOTS].oldest;
}

uint32_t wheel_behind(const struct wheel *wheel, uint16_t slot)
{
	uint16_t first = slot_of(wheel->second), next = (uint16_t)((slot + 1) % WHEEL_SLOTS);
	unsigned left = (unsigned)(first - next + WHEEL_SLOTS) % WHEEL_SLOTS;
	unsigned ahead = distance(wheel, next);

	return ahead < left ? wheel->slots[(next + ahead) % WHEEL_SLOTS].oldest : SLAB_NIL;
}
