/* One line a source and window. */
#include "base/limiter.h"

#include "base/heap.h"

#define PREFIX4 24
#define PREFIX6 56

void limiter_init(struct limiter *limiter)
{
	*limiter = (struct limiter){.ends = DEADLINE_NEVER};
}

/* Few enough to go through them all: that is cheaper than the packet that asks for it. */
static struct limiter_source *find(struct limiter *limiter, const struct endpoint *prefix)
{
	for (unsigned i = 0; i < limiter->count; i++) {
		if (endpoint_same_address(&limiter->sources[i].prefix, prefix))
			return &limiter->sources[i];
	}
	return NULL;
}

bool limiter_pass(struct limiter *limiter, const struct endpoint *source, int64_t now)
{
	struct endpoint prefix = endpoint_prefix(source, PREFIX4, PREFIX6);
	struct limiter_source *known = find(limiter, &prefix);

	if (known == NULL && limiter->count < LIMITER_SOURCES) {
		limiter->sources[limiter->count++] = (struct limiter_source){.prefix = prefix};
		if (limiter->ends == DEADLINE_NEVER)
			limiter->ends = now + LIMITER_WINDOW_MS;
		return true;
	}
	if (known != NULL)
		known->held++;
	limiter->held++;
	limiter->held_ever++;
	return false;
}

bool limiter_close(struct limiter *limiter, int64_t now, struct limiter_report *report)
{
	if (now < limiter->ends)
		return false;
	*report = (struct limiter_report){.held = limiter->held};
	for (unsigned i = 0; i < limiter->count; i++) {
		const struct limiter_source *source = &limiter->sources[i];

		if (source->held > report->held_of_most) {
			report->held_of_most = source->held;
			report->most = source->prefix;
		}
	}
	limiter->ends = DEADLINE_NEVER;
	limiter->held = 0;
	limiter->count = 0;
	return report->held > 0;
}

int64_t limiter_deadline(const struct limiter *limiter)
{
	return limiter->ends;
}
