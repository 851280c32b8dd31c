/* Samples of the counters, and what grew between them. */
#include "superd/rates.h"

#include <string.h>

#include "base/heap.h"

void rates_init(struct rates *rates, int64_t now)
{
	*rates = (struct rates){.count = 1, .due = DEADLINE_NEVER};
	rates->samples[0].at = now;
}

static const struct rates_sample *sample_of(const struct rates *rates, size_t number)
{
	return &rates->samples[number % RATES_SAMPLES];
}

static void add(struct rates *rates, const struct rates_sample *sample)
{
	rates->samples[rates->count++ % RATES_SAMPLES] = *sample;
}

/* Until now there was what there was at the last sample: from there on it grew. */
void rates_wake(struct rates *rates, int64_t now)
{
	struct rates_sample last = *sample_of(rates, rates->count - 1);

	if (!rates_sleep(rates))
		return;
	last.at = now;
	add(rates, &last);
	rates->due = now + RATES_SECOND_MS;
}

void rates_take(struct rates *rates, const struct rates_sample *sample)
{
	const struct rates_sample *last = sample_of(rates, rates->count - 1);
	bool same = sample->kernel_dropped == last->kernel_dropped &&
	    memcmp(&sample->counters, &last->counters, sizeof last->counters) == 0;

	add(rates, sample);
	rates->due = same ? DEADLINE_NEVER : sample->at + RATES_SECOND_MS;
}

/* The figure at a moment between two samples. */
static double between(const struct rates_sample *before, const struct rates_sample *after,
    int64_t when, rates_figure_fn of, const void *context)
{
	double from = (double)of(before, context), to = (double)of(after, context);

	if (after->at <= before->at)
		return from;
	return from + (to - from) * (double)(when - before->at) / (double)(after->at - before->at);
}

double rates_over(const struct rates *rates, const struct rates_sample *current, int64_t window,
    rates_figure_fn of, const void *context)
{
	const struct rates_sample *after = current;
	int64_t when = current->at - window;
	size_t kept = rates->count < RATES_SAMPLES ? rates->count : RATES_SAMPLES;
	double former;

	for (size_t i = 1; i <= kept; i++) {
		const struct rates_sample *before = sample_of(rates, rates->count - i);

		if (before->at <= when) {
			former = between(before, after, when, of, context);
			return ((double)of(current, context) - former) * 1000 / (double)window;
		}
		after = before;
	}
	if (current->at <= after->at)
		return 0;
	return (double)(of(current, context) - of(after, context)) * 1000 /
	    (double)(current->at - after->at);
}

static uint64_t kernel_dropped(const struct rates_sample *sample, const void *context)
{
	return sample->kernel_dropped;
}

static uint64_t answered(const struct rates_sample *sample, const void *context)
{
	const uint64_t *value = sample->counters.value;

	return value[COUNT_SENT] - value[COUNT_SENT_PROBES] - value[COUNT_SENT_ORDERS];
}

static uint64_t counter(const struct rates_sample *sample, const void *context)
{
	return sample->counters.value[*(const enum counter *)context];
}

/* The counters whose names begin so, together. */
static uint64_t together(const struct rates_sample *sample, const void *context)
{
	const char *prefix = context;
	uint64_t sum = 0;

	for (int i = 0; i < COUNTERS; i++) {
		if (strncmp(counter_name((enum counter)i), prefix, strlen(prefix)) == 0)
			sum += sample->counters.value[i];
	}
	return sum;
}

/* To a sixteenth: a number that the text of JSON shows as it is. */
static json_t *rounded(double rate)
{
	return json_real((double)(int64_t)(rate * 16 + 0.5) / 16);
}

static void describe_one(json_t *object, const char *name, const struct rates *rates,
    const struct rates_sample *current, rates_figure_fn of, const void *context)
{
	json_object_set_new(object, name,
	    json_pack("{s:o, s:o, s:o}", "s1",
		rounded(rates_over(rates, current, 1000, of, context)), "s10",
		rounded(rates_over(rates, current, 10000, of, context)), "s60",
		rounded(rates_over(rates, current, 60000, of, context))));
}

#define DROPPED "dropped_"

json_t *rates_describe(const struct rates *rates, const struct rates_sample *current)
{
	static const enum counter received = COUNT_RECEIVED, introduced = COUNT_ASKS_INTRODUCED;
	const struct {
		const char *name;
		rates_figure_fn of;
		const void *context;
	} figures[] = {
	    {"received", counter, &received},
	    {"answered", answered, NULL},
	    {"dropped", together, DROPPED},
	    {"limited", together, "limited_"},
	    {"asks", together, "asks_"},
	    {"introductions", counter, &introduced},
	    {"kernel_dropped", kernel_dropped, NULL},
	};
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		describe_one(object, figures[i].name, rates, current, figures[i].of,
		    figures[i].context);
	for (enum counter i = 0; i < COUNTERS; i++) {
		if (strncmp(counter_name(i), DROPPED, strlen(DROPPED)) == 0)
			describe_one(object, counter_name(i), rates, current, counter, &i);
	}
	return object;
}
