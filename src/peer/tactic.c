/* The choice of tactics (ipmsg-punch(7), NAT TESTS). */
#include "peer/tactic.h"

/* An opener has to leave all routers of our own network, and to die before the other's. */
#define OPENER_BEYOND 2
#define OPENER_TTL_MIN 2 /* it leaves one router */
#define OPENER_TTL_MAX 8

bool nat_is_dependent(struct nat_class nat)
{
	return nat.mapping == NAT_MAPPING_AD || nat.mapping == NAT_MAPPING_AP;
}

static bool is_hopeless(const struct pair *pair)
{
	return nat_is_dependent(pair->own) && nat_is_dependent(pair->other) && !pair->own.eif &&
	    !pair->other.eif && !pair->other_way;
}

static uint8_t within(unsigned ttl, unsigned least)
{
	if (ttl < least)
		ttl = least;
	return ttl < OPENER_TTL_MAX ? (uint8_t)ttl : OPENER_TTL_MAX;
}

static uint8_t opener_ttl(const struct pair *pair)
{
	unsigned hops = pair->private_hops;

	if (pair->opener_ttl == 0)
		return 0;
	/* the last of them is the other's, too: beyond it stands the other's own */
	if (pair->same_router)
		return within(hops, OPENER_TTL_MIN);
	if (hops + OPENER_BEYOND <= pair->opener_ttl)
		return pair->opener_ttl;
	return within(hops + OPENER_BEYOND, 0);
}

struct tactic tactic_for(const struct pair *pair)
{
	return (struct tactic){
	    .hopeless = is_hopeless(pair),
	    /* if both are open, one has to begin: the one that was asked */
	    .hold = pair->other.open && !(pair->own.open && pair->incoming),
	    .opener_ttl = opener_ttl(pair),
	};
}
