/*
 * What the administrator decides about a supernode. Filled by src/conf;
 * the defaults stand in etc/ipmsg.conf and ipmsg.conf(5).
 */
#ifndef IPMSG_SUPER_SETTINGS_H
#define IPMSG_SUPER_SETTINGS_H

#include <stdint.h>

/* Peers that know only the seed protocol, or stock clients. */
enum legacy_mode {
	LEGACY_LIMITED, /* served once they answered a READMSG probe */
	LEGACY_OPEN,	/* served unproven */
	LEGACY_OFF,	/* ignored */
};

struct super_settings {
	char nick[80];	/* shown to legacy peers; UTF-8 */
	char group[80]; /* "" for none */
	enum legacy_mode legacy;
	char legacy_charset[32];	/* iconv name */
	uint32_t legacy_keepalive;	/* s between probes that keep a proven legacy peer's mapping */
	uint32_t max_registrations;	/* proven peers in the registry */
	uint32_t max_same_nick;		/* of these, with one and the same nick */
	uint32_t max_unproven;		/* slots for legacy addresses not proven yet */
	uint32_t max_introductions;	/* orders under way */
};

/* The defaults. */
void super_settings_init(struct super_settings *settings);

#endif
