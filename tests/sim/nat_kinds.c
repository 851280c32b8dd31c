/* The routers that have a name, as those of the namespace lab. */
#include "nat.h"

#define ONE_WAY_MS 30000
#define STREAM_MS 120000

#define EI DEPENDS_NOT
#define AD DEPENDS_ADDRESS
#define AP DEPENDS_PORT
#define USUAL .one_way = ONE_WAY_MS, .stream = STREAM_MS

static const struct {
	const char *name;
	struct nat_spec spec;
} kinds[NAT_KINDS] = {
    [NAT_PUBLIC] = {"public", {USUAL}},
    [NAT_FULL_CONE] = {"full-cone", {EI, EI, PORTS_KEEP, USUAL}},
    [NAT_ADDR_RESTRICTED] = {"addr-restricted", {EI, AD, PORTS_KEEP, USUAL}},
    [NAT_PORT_RESTRICTED] = {"port-restricted", {EI, AP, PORTS_KEEP, USUAL}},
    [NAT_REJECT] = {"reject", {EI, AP, PORTS_KEEP, USUAL}},
    [NAT_OPEN_INPUT] = {"open-input", {EI, AP, PORTS_KEEP, USUAL, .open = true}},
    [NAT_SYMMETRIC_RANDOM] = {"symmetric-random", {AP, AP, PORTS_RANDOM, USUAL}},
    [NAT_SYMMETRIC_SEQ] = {"symmetric-seq", {AP, AP, PORTS_SEQUENTIAL, 30000, 64, USUAL}},
    [NAT_ADDR_DEPENDENT] = {"addr-dependent", {AD, AP, PORTS_BLOCK, 30000, 20000, USUAL}},
    [NAT_PORT_BLOCK] = {"port-block", {EI, AP, PORTS_BLOCK, 20000, 1000, USUAL}},
    [NAT_HAIRPIN] = {"hairpin", {EI, EI, PORTS_KEEP, USUAL, .hairpin = true}},
    [NAT_CARRIER] = {"carrier",
	{EI, AP, PORTS_BLOCK, 20000, 1000, USUAL, .hairpin = true, .carrier = true}},
    [NAT_BLOCKED] = {"blocked", {USUAL, .blocked = true}},
};

const char *nat_kind_name(enum nat_kind kind)
{
	return kinds[kind].name;
}

struct nat_spec nat_preset(enum nat_kind kind)
{
	return kinds[kind].spec;
}
