/* The choice of tactics (ipmsg-punch(7), NAT TESTS). */
#include "peer/tactic.h"

/* An opener has to leave all routers of our own network, and to die before the other's. */
#define OPENER_BEYOND 2
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

static uint8_t opener_ttl(const struct pair *pair)
{
	unsigned needed = pair->private_hops + OPENER_BEYOND;

	if (pair->opener_ttl == 0 || needed <= pair->opener_ttl)
		return pair->opener_ttl;
	return needed < OPENER_TTL_MAX ? (uint8_t)needed : OPENER_TTL_MAX;
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
