/*
 * What the administrator decides about a supernode. Filled by src/conf;
 * the defaults stand in etc/ipmsg.conf and ipmsg.conf(5).
 */
#ifndef IPMSG_SUPER_SETTINGS_H
#define IPMSG_SUPER_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

/* Peers that know only the seed protocol, or stock clients. */
enum legacy_mode {
	LEGACY_LIMITED, /* served once they answered a READMSG probe */
	LEGACY_OPEN,	/* served unproven */
	LEGACY_OFF,	/* ignored */
};

/* Whom an ask may be for. */
enum directory_mode {
	DIRECTORY_OPEN,	   /* anybody */
	DIRECTORY_MEMBERS, /* those of the asker's group; of a listed key anybody */
};

/* Whom a peer of ours is told without asking for them by name. */
enum roster_mode {
	ROSTER_GROUP, /* those of its group */
	ROSTER_ALL,   /* everybody it may ask for */
	ROSTER_OFF,
};

/* So many a second in the long run, and so many at once. A rate of 0 is no limit. */
struct limit {
	uint32_t rate;
	uint32_t burst; /* at least 1 */
};

/*
 * Of what a bucket is needed for; see super/admission.h, and ipmsg.conf(5) for what each protects.
 */
struct limits {
	struct limit answers_per_source; /* to who has no valid cookie */
	uint32_t answers_in_all;	 /* a second, and at once; 0: no limit */
	struct limit asks_per_source;
	struct limit orders_per_asker; /* for one target, on the asks of one source */
	struct limit orders_per_target;
	struct limit signatures_per_address;
	struct limit signatures_per_source;
	uint32_t signature_cpu;	    /* percent of one processor; 0: no limit */
	uint32_t signature_cost_us; /* what one takes here, which is no option; 0: not measured */
	uint32_t leak;		    /* one in so many passes an empty bucket; 0: none does */
};

/* A port of its own for each family, and three more. */
#define SUPER_ALTERNATES_MAX 5

struct super_settings {
	char nick[80];	/* shown to legacy peers; UTF-8 */
	char group[80]; /* "" for none */
	enum legacy_mode legacy;
	enum directory_mode directory;
	enum roster_mode roster;
	char legacy_charset[32];	/* iconv name */
	uint32_t legacy_keepalive;	/* s between probes that keep a proven legacy peer's mapping */
	uint32_t max_registrations;	/* proven peers in the registry */
	uint32_t max_same_nick;		/* of these, with one and the same nick */
	uint32_t max_per_source;	/* of these, from one source; 0: no limit */
	uint32_t max_pins;		/* names that have an owner; 0: no limit */
	uint32_t pin_days;		/* that a name is kept for an owner who is not there; 0: none */
	uint32_t new_names_per_source;	/* bound to keys a day; 0: no limit */
	uint32_t max_unproven;		/* slots for legacy addresses not proven yet */
	uint32_t max_introductions;	/* orders under way */
	struct limits limits;
	/* further endpoints of this supernode, as peers see them; see alternate_is_relative() */
	struct endpoint alternates[SUPER_ALTERNATES_MAX];
	size_t alternate_count;
};

/* The defaults. */
void super_settings_init(struct super_settings *settings);

#endif
