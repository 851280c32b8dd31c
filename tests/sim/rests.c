/* Which endpoints may not be punched now. */
#include "rests.h"

static struct rest *find(struct rests *rests, const struct endpoint *at)
{
	for (size_t i = 0; i < rests->count; i++) {
		if (endpoint_equal(&rests->all[i].at, at))
			return &rests->all[i];
	}
	return NULL;
}

/* Of too many the first is forgotten. */
static struct rest *add(struct rests *rests, const struct endpoint *at)
{
	if (rests->count == RESTS_MAX)
		rests->all[0] = rests->all[--rests->count];
	struct rest *rest = &rests->all[rests->count++];

	*rest = (struct rest){.at = *at};
	return rest;
}

void rests_try(struct rests *rests, uint32_t path, const struct endpoint *at)
{
	struct rest *rest = find(rests, at);

	if (rest == NULL)
		rest = add(rests, at);
	/* what was open and is looked for anew does not wait for another that failed */
	if (rest->path != path)
		rest->until = 0;
	rest->path = path;
}

void rests_fail(struct rests *rests, uint32_t path, uint64_t look, int64_t until)
{
	for (size_t i = 0; i < rests->count; i++) {
		if (rests->all[i].path == path) {
			rests->all[i].look = look;
			rests->all[i].until = until;
		}
	}
}

void rests_allow(struct rests *rests, const struct endpoint *at)
{
	struct rest *rest = rests->count > 0 ? find(rests, at) : NULL;

	if (rest != NULL)
		rest->until = 0;
}

void rests_allow_all(struct rests *rests)
{
	rests->count = 0;
}

bool rests_punch(struct rests *rests, const struct endpoint *at, uint16_t local,
    uint64_t look, int64_t now)
{
	struct rest *rest = find(rests, at);

	if (rest == NULL)
		rest = add(rests, at);
	if (now < rest->until && rest->local == local && rest->look == look)
		return false;
	rest->local = local;
	if (now >= rest->until || rest->look != look)
		rest->until = 0;
	return true;
}
