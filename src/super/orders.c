/* Orders and their repeats. */
#include "super/orders.h"

#include <string.h>

void orders_init(struct orders *orders, const uint8_t key[16])
{
	*orders = (struct orders){.capacity = UINT32_MAX};
	memcpy(orders->key, key, sizeof orders->key);
	slab_init(&orders->slab, sizeof(struct order_sent));
	index_init(&orders->by_receiver, &orders->slab, offsetof(struct order_sent, by_receiver));
	index_init(&orders->by_asker, &orders->slab, offsetof(struct order_sent, by_asker));
	chain_init(&orders->ages, &orders->slab, offsetof(struct order_sent, age));
	heap_init(&orders->timers);
}

void orders_free(struct orders *orders)
{
	heap_free(&orders->timers);
	index_free(&orders->by_receiver);
	index_free(&orders->by_asker);
	slab_free(&orders->slab);
}

/* By the receiver alone, so that its acknowledgement finds it without the pair. */
static uint32_t hash_of(const struct orders *orders, const struct endpoint *to)
{
	return (uint32_t)endpoint_hash(to, orders->key);
}

struct order_sent *orders_find(const struct orders *orders, const struct endpoint *to,
    const struct endpoint *toward)
{
	uint32_t id = index_first(&orders->by_receiver, hash_of(orders, to));

	while (id != SLAB_NIL) {
		struct order_sent *order = slab_at(&orders->slab, id);

		if (endpoint_equal(&order->to, to) && endpoint_equal(&order->toward, toward))
			return order;
		id = index_next(&orders->by_receiver, id);
	}
	return NULL;
}

static void forget_id(struct orders *orders, uint32_t id)
{
	struct order_sent *order = slab_at(&orders->slab, id);

	heap_remove(&orders->timers, &order->timer);
	chain_remove(&orders->ages, id);
	index_remove(&orders->by_receiver, id);
	index_remove(&orders->by_asker, id);
	slab_give(&orders->slab, id);
}

static void forget_old(struct orders *orders, int64_t now)
{
	uint32_t id;

	while ((id = orders->ages.oldest) != SLAB_NIL) {
		const struct order_sent *order = slab_at(&orders->slab, id);

		if (now - order->started < ORDER_MEMORY_MS)
			break;
		forget_id(orders, id);
	}
}

static uint32_t hash_of_asker(const struct orders *orders, const struct endpoint *toward)
{
	struct endpoint address = *toward;

	address.port = 0;
	return (uint32_t)endpoint_hash(&address, orders->key);
}

static uint32_t how_many(const struct index *index, uint32_t hash)
{
	uint32_t n = 0;

	for (uint32_t id = index_first(index, hash); id != SLAB_NIL; id = index_next(index, id))
		n++;
	return n;
}

static bool is_room(const struct orders *orders, const struct endpoint *to,
    const struct endpoint *toward)
{
	return orders->slab.count < orders->capacity &&
	    how_many(&orders->by_receiver, hash_of(orders, to)) < ORDERS_PER_TARGET &&
	    how_many(&orders->by_asker, hash_of_asker(orders, toward)) < ORDERS_PER_ASKER;
}

static bool add_to_indexes(struct orders *orders, uint32_t id, const struct endpoint *to,
    const struct endpoint *toward)
{
	if (index_add(&orders->by_receiver, id, hash_of(orders, to)) != 0)
		return false;
	if (index_add(&orders->by_asker, id, hash_of_asker(orders, toward)) == 0)
		return true;
	index_remove(&orders->by_receiver, id);
	return false;
}

struct order_sent *orders_open(struct orders *orders, const struct endpoint *to,
    const struct endpoint *toward, int64_t now)
{
	forget_old(orders, now);
	if (!is_room(orders, to, toward))
		return NULL;
	uint32_t id = slab_take(&orders->slab);

	if (id == SLAB_NIL)
		return NULL;
	struct order_sent *order = slab_at(&orders->slab, id);

	if (!heap_put(&orders->timers, &order->timer, now)) {
		slab_give(&orders->slab, id);
		return NULL;
	}
	if (!add_to_indexes(orders, id, to, toward)) {
		heap_remove(&orders->timers, &order->timer);
		slab_give(&orders->slab, id);
		return NULL;
	}
	chain_append(&orders->ages, id);
	order->to = *to;
	order->toward = *toward;
	order->started = now;
	order->last = now - ORDER_REPEAT_MS;
	return order;
}

static struct order_sent *find_session(const struct orders *orders, const struct endpoint *to,
    const uint8_t session[SESSION_BYTES])
{
	uint32_t id = index_first(&orders->by_receiver, hash_of(orders, to));

	for (; id != SLAB_NIL; id = index_next(&orders->by_receiver, id)) {
		struct order_sent *order = slab_at(&orders->slab, id);

		if (order->acknowledging && endpoint_equal(&order->to, to) &&
		    memcmp(order->session, session, SESSION_BYTES) == 0)
			return order;
	}
	return NULL;
}

bool orders_acknowledge(struct orders *orders, const struct endpoint *from,
    const uint8_t session[SESSION_BYTES])
{
	struct order_sent *order = find_session(orders, from, session);

	if (order == NULL || order->refused)
		return false;
	order->acknowledged = true;
	heap_remove(&orders->timers, &order->timer);
	return true;
}

const struct order_sent *orders_refuse(struct orders *orders, const struct endpoint *from,
    const uint8_t session[SESSION_BYTES])
{
	struct order_sent *order = find_session(orders, from, session);

	if (order == NULL || order->refused)
		return NULL;
	order->refused = true;
	heap_remove(&orders->timers, &order->timer);
	return order;
}

void orders_again(struct orders *orders, struct order_sent *order, int64_t now)
{
	/* a seed takes each order as a new one: it gets its three and no more */
	if (!order->acknowledging || order->acknowledged || order->tries >= ORDER_TRIES ||
	    now - order->last < ORDER_REPEAT_MS / 2)
		return;
	heap_put(&orders->timers, &order->timer, now);
}

void orders_renew(struct orders *orders, struct order_sent *order,
    const uint8_t session[SESSION_BYTES], int64_t now)
{
	int64_t due = order->last + ORDER_REPEAT_MS;
	uint32_t id = index_first(&orders->by_receiver, hash_of(orders, &order->to));

	while (slab_at(&orders->slab, id) != order)
		id = index_next(&orders->by_receiver, id);
	chain_remove(&orders->ages, id);
	chain_append(&orders->ages, id);
	order->started = now;
	memcpy(order->session, session, SESSION_BYTES);
	order->acknowledged = false;
	order->tries = 0;
	heap_put(&orders->timers, &order->timer, due > now ? due : now);
}

static int64_t wait_after(const struct order_sent *order)
{
	if (order->acknowledging)
		return order->tries < ORDER_TRIES ? ORDER_REPEAT_MS : DEADLINE_NEVER;
	if (order->tries >= ORDER_SEED_TRIES)
		return DEADLINE_NEVER;
	return order->tries == 1 ? 500 : 1000;
}

struct order_sent *orders_due(struct orders *orders, int64_t now)
{
	struct heap_node *node;

	forget_old(orders, now);
	node = heap_first(&orders->timers);
	if (node == NULL || node->due > now)
		return NULL;
	struct order_sent *order =
	    (struct order_sent *)((unsigned char *)node - offsetof(struct order_sent, timer));

	if (order->tries < UINT8_MAX)
		order->tries++;
	order->last = now;
	int64_t wait = wait_after(order);

	if (wait == DEADLINE_NEVER)
		heap_remove(&orders->timers, node);
	else
		heap_put(&orders->timers, node, now + wait);
	return order;
}

int64_t orders_deadline(const struct orders *orders)
{
	int64_t due = heap_deadline(&orders->timers);

	if (orders->ages.oldest != SLAB_NIL) {
		const struct order_sent *oldest = slab_at(&orders->slab, orders->ages.oldest);

		if (oldest->started + ORDER_MEMORY_MS < due)
			due = oldest->started + ORDER_MEMORY_MS;
	}
	return due;
}
