/* Buckets that fill with time. */
#include "peer/budget.h"

static int64_t still_missing(const struct bucket *bucket, const struct bucket_size *size,
    int64_t now)
{
	int64_t passed = now > bucket->at ? now - bucket->at : 0;

	/* so many units a second are as many thousandths a millisecond */
	if (passed >= bucket->missing / size->per_second + 1)
		return 0;
	return bucket->missing - passed * size->per_second;
}

static bool has(const struct bucket *bucket, const struct bucket_size *size, int64_t cost,
    int64_t now)
{
	return still_missing(bucket, size, now) + cost * 1000 <= size->full * 1000;
}

static void take(struct bucket *bucket, const struct bucket_size *size, int64_t cost, int64_t now)
{
	*bucket = (struct bucket){still_missing(bucket, size, now) + cost * 1000, now};
}

bool bucket_take(struct bucket *bucket, const struct bucket_size *size, int64_t cost, int64_t now)
{
	if (!has(bucket, size, cost, now))
		return false;
	take(bucket, size, cost, now);
	return true;
}

bool budget_take(struct budget *budget, const struct endpoint *to, const struct bucket_size *each,
    const struct bucket_size *all, int64_t cost, int64_t now)
{
	struct endpoint address = *to;
	struct bucket *own;

	address.port = 0;
	own = &budget->addresses[endpoint_hash(&address, budget->key) % BUDGET_ADDRESSES];
	/* who has used his own up takes nothing from the others */
	if (!has(own, each, cost, now) || !has(&budget->all, all, cost, now))
		return false;
	take(own, each, cost, now);
	take(&budget->all, all, cost, now);
	return true;
}
