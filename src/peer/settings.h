/*
 * What a user decides about a peer. Filled by src/conf; the defaults stand in
 * etc/ipmsg.conf and ipmsg.conf(5).
 */
#ifndef IPMSG_PEER_SETTINGS_H
#define IPMSG_PEER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

#define SUPERNODES_MAX 3
#define SUPERNODE_HOST_MAX 256

#define LAN_ADDRESSES_MAX 32

#define RULES_MAX 64
#define RULE_NAME_MAX 256
#define RULE_KEY_BYTES 32 /* as a peer's key has */

struct supernode_setting {
	char host[SUPERNODE_HOST_MAX]; /* name or numeric address */
	uint16_t port;
};

/* Somebody who may, or may not, be introduced to this peer. */
struct peer_rule {
	bool by_key;
	uint8_t key[RULE_KEY_BYTES];
	char name[RULE_NAME_MAX]; /* else: nick@group, with '*' for any text in it */
};

struct peer_rules {
	struct peer_rule rules[RULES_MAX];
	size_t count;
};

struct peer_settings {
	char user[80]; /* UTF-8, not empty, as all but the group */
	char host[80];
	char nick[80];
	char group[80];
	char legacy_charset[32]; /* iconv name */
	struct supernode_setting supernodes[SUPERNODES_MAX];
	size_t supernode_count;
	uint32_t refresh;     /* s between entries and keepalives, give or take 15 %; 2 to 120 */
	uint8_t opener_ttl;   /* 2 to 6; 0: no opener */
	uint32_t rest;	      /* ms between attempts that nobody asked for; no option */
	uint32_t max_paths;   /* remote peers known at a time */
	uint32_t max_messages; /* of ours under way or in the queue at a time */
	uint32_t message_lifetime; /* s that one waits in the queue */
	struct peer_rules allow; /* none: everybody */
	struct peer_rules deny;	 /* counts before `allow` */

	/* the LAN side; on which networks, peer_links() says */
	uint16_t lan_port; /* where others on the LAN listen */
	struct endpoint lan_addresses[LAN_ADDRESSES_MAX]; /* entries go there too */
	/* bits of the network around each whose hosts are neighbours too; 0: that host alone */
	uint8_t lan_prefixes[LAN_ADDRESSES_MAX];
	size_t lan_address_count;
	bool list_ask;	 /* others are asked for the hosts they know */
	bool list_answer; /* and told those that we know */
	uint32_t max_neighbours; /* known at a time */
};

/* The defaults; user and host are left empty. */
void peer_settings_init(struct peer_settings *settings);

#endif
