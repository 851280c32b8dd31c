/*
 * A peer on a LAN without a network: datagrams are handed to it, what it sends
 * and tells is kept to be looked at, and time passes when the test says so.
 */
#ifndef IPMSG_TESTS_LAN_FIXTURE_H
#define IPMSG_TESTS_LAN_FIXTURE_H

#include "golden.h"
#include "peer/core.h"
#include "unit.h"

/* The peer is bob@BETA, called Bob, of the group Dev; these are its networks. */
#define OWN4 "192.168.1.5:2425"
#define BROADCAST4 "192.168.1.255:2425"
#define OWN6 "[fd00::5]:2425"
#define GROUP6 "[ff15::979]:2425"
#define LINK6 "[ff02::1]:2425"
#define LOCAL 7	 /* of the peer itself, */
#define LOCAL4 3 /* and of the two networks */
#define LOCAL6 4

/* Neighbours to be. */
#define ALICE "192.168.1.10:2425"
#define CAROL "192.168.1.20:2425"
#define OFF_LINK "198.51.100.7:2425"

#define SENT_MAX 4096

struct sent {
	struct endpoint to;
	uint16_t local;
	int64_t at;
	uint32_t number;
	size_t len;
	unsigned char data[1400];
};

struct lan_fixture {
	struct peer *peer;
	struct batch batch;
	int64_t now;
	struct sent sent[SENT_MAX];
	size_t sent_count;
	uint32_t last_number; /* each sending's has to be larger, but for copies and messages */
	unsigned told[NEIGHBOUR_CHANGES];
	char last_name[512]; /* of the last neighbour told about */
	unsigned failed[REASONS]; /* messages, */
	unsigned paths_failed[REASONS];
	unsigned received;
	bool refuses; /* keeps no message */
	peer_event_fn listener; /* is told everything, too; may be NULL */
};

extern struct lan_fixture lan;

/* A checked fixture: the peer is made, not started, and has no networks. */
void lan_setup(void);
void lan_teardown(void);

struct endpoint at(const char *text);
int64_t wall(void);

/* Settings as the peer has them, to be changed and handed to lan_apply(). */
struct peer_settings lan_settings(void);
void lan_apply(const struct peer_settings *settings);

/* Another user than bob@BETA, who is in some of the golden packets. */
void lan_rename(const char *user);

/* The network of OWN4, and that of OWN6. */
struct lan_link link4(void);
struct lan_link link6(void);
void lan_on(const struct lan_link *links, size_t count);

/* On the IPv4 network, started, entered, and at rest; what was sent is forgotten. */
void lan_settle(void);

/* To many or to us alone; the latter at the local number of the sender's family. */
void hear(const char *from, struct span bytes);
void hear_at(const char *from, uint16_t local, struct span bytes);
void hear_many(const char *from, struct span bytes);
void hear_many_at(const char *from, uint16_t local, struct span bytes);

void pass(int64_t ms);
void forget_sent(void);

/*
 * That the `i`-th thing sent went there from that local number, and is "1:NUMBER:", then these
 * bytes.
 */
void assert_sent(size_t i, const char *to, uint16_t local, struct span rest);

/* How many of that command were sent, and the last of them (may be NULL). */
size_t count_sent(enum command command, const struct sent **last);

/* The neighbour there; there has to be one. */
const struct neighbour *neighbour(const char *where);
bool is_neighbour(const char *where);

#endif
