/* Judging mappings. */
#include "peer/natmapping.h"

#include <stdlib.h>

#define STEP_MAX 16
#define STEP_SAMPLES 3 /* so many show a step */
#define WRAP_SAMPLES 4 /* so many do although the ports began anew in between */

/* The one before it that has gone to the same address; NULL: it is the first. */
static const struct nat_sample *sibling(const struct nat_sample *samples, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (endpoint_same_address(&samples[k].to, &samples[i].to))
			return &samples[k];
	}
	return NULL;
}

static unsigned count_addresses(const struct nat_sample *samples, size_t count)
{
	unsigned n = 0;

	for (size_t i = 0; i < count; i++)
		n += sibling(samples, i) == NULL;
	return n;
}

/*
 * Two addresses of one port each show that it depends on the address; of the port they say
 * nothing.
 */
static enum nat_mapping mapping_of(const struct nat_sample *samples, size_t count,
    unsigned addresses)
{
	bool differ = false;

	for (size_t i = 0; i < count; i++) {
		const struct nat_sample *before = sibling(samples, i);

		if (before != NULL && !endpoint_equal(&before->seen, &samples[i].seen))
			return NAT_MAPPING_AP;
		differ = differ || !endpoint_equal(&samples[0].seen, &samples[i].seen);
	}
	if (differ)
		return NAT_MAPPING_AD;
	return addresses >= 2 ? NAT_MAPPING_EI : NAT_MAPPING_UNKNOWN;
}

static int distance(const struct nat_sample *from, const struct nat_sample *to)
{
	return (int)to->seen.port - from->seen.port;
}

static int smallest_step(const struct nat_sample *samples, size_t count)
{
	int step = 0;

	for (size_t i = 1; i < count; i++) {
		int d = distance(&samples[i - 1], &samples[i]);

		if (step == 0 || abs(d) < abs(step))
			step = d;
	}
	return step;
}

/* Who did not answer may have taken ports, or not. */
static bool follows(const struct nat_sample *from, const struct nat_sample *to, int step)
{
	int d = distance(from, to);

	return d % step == 0 && d / step >= 1 && d / step <= (int)(to->place - from->place);
}

/* 0: there is none. */
static int step_of(const struct nat_sample *samples, size_t count)
{
	int step = smallest_step(samples, count);
	unsigned wraps = 0;

	if (count < STEP_SAMPLES || step == 0 || abs(step) > STEP_MAX)
		return 0;
	for (size_t i = 1; i < count; i++) {
		int d = distance(&samples[i - 1], &samples[i]);

		if (follows(&samples[i - 1], &samples[i], step))
			continue;
		if (count < WRAP_SAMPLES || (d > 0) == (step > 0) || abs(d) <= STEP_MAX)
			return 0;
		wraps++;
	}
	return wraps <= 1 ? step : 0;
}

static bool keeps_port(const struct nat_sample *samples, size_t count, uint16_t port)
{
	for (size_t i = 0; i < count; i++) {
		if (samples[i].seen.port != port)
			return false;
	}
	return count > 0;
}

/* One for each mapping that there is. Returns their number. */
static size_t choose(struct nat_sample *chosen, const struct nat_sample *samples, size_t count,
    enum nat_mapping mapping)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (mapping == NAT_MAPPING_AP || sibling(samples, i) == NULL)
			chosen[n++] = samples[i];
	}
	return n;
}

static enum nat_ports ports_of(const struct nat_sample *samples, size_t count,
    enum nat_mapping mapping, int *step)
{
	struct nat_sample chosen[NAT_SAMPLES_MAX];
	size_t n;

	if (mapping != NAT_MAPPING_AD && mapping != NAT_MAPPING_AP)
		return NAT_PORTS_UNKNOWN;
	n = choose(chosen, samples, count, mapping);
	*step = step_of(chosen, n);
	if (*step != 0)
		return NAT_PORTS_SEQ;
	return n >= STEP_SAMPLES ? NAT_PORTS_RND : NAT_PORTS_UNKNOWN;
}

struct nat_mapping_found natmapping_of(const struct nat_sample *samples, size_t count,
    uint16_t port)
{
	struct nat_mapping_found found = {0};

	if (count > NAT_SAMPLES_MAX)
		count = NAT_SAMPLES_MAX;
	found.addresses = count_addresses(samples, count);
	found.mapping = mapping_of(samples, count, found.addresses);
	found.ports = keeps_port(samples, count, port)
	    ? NAT_PORTS_KEEP
	    : ports_of(samples, count, found.mapping, &found.step);
	return found;
}
