/* Orders and their repeats. */
#include "super/orders.h"

#include <string.h>

void orders_init(struct orders *orders, const uint8_t key[16])
{
	*orders = (struct orders){.capacity = UINT32_MAX};
	memcpy(orders->key, key, sizeof orders->key);
	slab_init(&orders->slab, sizeof(struct order_sent));
	index_init(&orders->by_pair, &orders->slab, offsetof(struct order_sent, by_pair));
	index_init(&orders->by_session, &orders->slab, offsetof(struct order_sent, by_session));
	chain_init(&orders->ages, &orders->slab, offsetof(struct order_sent, age));
	heap_init(&orders->timers);
}

void orders_free(struct orders *orders)
{
	heap_free(&orders->timers);
	index_free(&orders->by_pair);
	index_free(&orders->by_session);
	slab_free(&orders->slab);
}

static uint32_t hash_of_pair(const struct orders *orders, const struct endpoint *to,
    const struct endpoint *toward)
{
	uint64_t a = endpoint_hash(to, orders->key), b = endpoint_hash(toward, orders->key);

	/* not the same for the two the other way round */
	return (uint32_t)(a + (b << 1 | b >> 63));
}

/* Nobody chooses a session: it is a keyed hash itself. */
static uint32_t hash_of_session(const uint8_t session[SESSION_BYTES])
{
	uint32_t hash;

	memcpy(&hash, session, sizeof hash);
	return hash;
}

static uint32_t find_id(const struct orders *orders, const struct endpoint *to,
    const struct endpoint *toward)
{
	uint32_t id = index_first(&orders->by_pair, hash_of_pair(orders, to, toward));

	for (; id != SLAB_NIL; id = index_next(&orders->by_pair, id)) {
		const struct order_sent *order = slab_at(&orders->slab, id);

		if (endpoint_equal(&order->to, to) && endpoint_equal(&order->toward, toward))
			break;
	}
	return id;
}

struct order_sent *orders_find(const struct orders *orders, const struct endpoint *to,
    const struct endpoint *toward)
{
	uint32_t id = find_id(orders, to, toward);

	return id != SLAB_NIL ? slab_at(&orders->slab, id) : NULL;
}

bool order_is_of(const struct order_sent *order, const uint8_t *session)
{
	if (session == NULL || !order->acknowledging)
		return session == NULL && !order->acknowledging;
	return memcmp(order->session, session, SESSION_BYTES) == 0;
}

static void end_session(struct orders *orders, uint32_t id, struct order_sent *order)
{
	if (order->acknowledging)
		index_remove(&orders->by_session, id);
	order->acknowledging = false;
}

/* Without room in the index it is one without a session. */
static void begin_session(struct orders *orders, uint32_t id, struct order_sent *order,
    const uint8_t *session)
{
	if (session == NULL || index_add(&orders->by_session, id, hash_of_session(session)) != 0)
		return;
	memcpy(order->session, session, SESSION_BYTES);
	order->acknowledging = true;
}

static void forget_id(struct orders *orders, uint32_t id)
{
	struct order_sent *order = slab_at(&orders->slab, id);

	heap_remove(&orders->timers, &order->timer);
	chain_remove(&orders->ages, id);
	index_remove(&orders->by_pair, id);
	end_session(orders, id, order);
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

struct order_sent *orders_open(struct orders *orders, const struct endpoint *to,
    const struct endpoint *toward, const uint8_t *session, int64_t now)
{
	forget_old(orders, now);
	uint32_t id = orders->slab.count < orders->capacity ? slab_take(&orders->slab) : SLAB_NIL;

	if (id == SLAB_NIL)
		return NULL;
	struct order_sent *order = slab_at(&orders->slab, id);

	if (!heap_put(&orders->timers, &order->timer, now)) {
		slab_give(&orders->slab, id);
		return NULL;
	}
	if (index_add(&orders->by_pair, id, hash_of_pair(orders, to, toward)) != 0) {
		heap_remove(&orders->timers, &order->timer);
		slab_give(&orders->slab, id);
		return NULL;
	}
	begin_session(orders, id, order, session);
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
	uint32_t id = index_first(&orders->by_session, hash_of_session(session));

	for (; id != SLAB_NIL; id = index_next(&orders->by_session, id)) {
		struct order_sent *order = slab_at(&orders->slab, id);

		if (endpoint_equal(&order->to, to) && order_is_of(order, session))
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

void orders_renew(struct orders *orders, struct order_sent *order, const uint8_t *session,
    int64_t now)
{
	int64_t due = order->last + ORDER_REPEAT_MS;
	uint32_t id = find_id(orders, &order->to, &order->toward);

	chain_remove(&orders->ages, id);
	chain_append(&orders->ages, id);
	order->started = now;
	end_session(orders, id, order);
	begin_session(orders, id, order, session);
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
