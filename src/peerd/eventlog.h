/* Which events of a peer get into the log, and in which words. */
#ifndef IPMSG_PEERD_EVENTLOG_H
#define IPMSG_PEERD_EVENTLOG_H

#include "peer/event.h"
#include "peer/peer.h"
#include "peer/uplink.h"

/* What was said of the NAT over one family. */
struct eventlog_nat {
	bool known;
	bool translated;
	bool filtering_tested;
	struct nat_class class;
};

/*
 * What was said already of each supernode, so that it is said once: of its trouble until it is
 * registered with, or the trouble is another. Zero to begin anew.
 */
struct eventlog {
	struct {
		enum supernode_state state;
		enum reason reason;
	} said[UPLINKS_MAX];
	bool unresolved[SUPERNODES_MAX];
	struct eventlog_nat nat[2]; /* IPv4, IPv6 */
};

/* Texts of messages never get there. `diagnosis` is that of a path which has failed. */
void eventlog_write(struct eventlog *log, const struct peer_event *event,
    enum diagnosis diagnosis);

/* Says what is known of a NAT, if that is other than it was and no test is under way. */
void eventlog_nat(struct eventlog *log, enum family family, const struct peer_nat_status *status);

/* The answer of the name service; `why` NULL if it was good. */
void eventlog_resolved(struct eventlog *log, unsigned index, const char *host, const char *why);

#endif
