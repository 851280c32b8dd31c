/* Which events of a peer get into the log, and in which words. */
#ifndef IPMSG_PEERD_EVENTLOG_H
#define IPMSG_PEERD_EVENTLOG_H

#include "peer/event.h"
#include "peer/uplink.h"

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
};

/* Texts of messages never get there. */
void eventlog_write(struct eventlog *log, const struct peer_event *event);

/* The answer of the name service; `why` NULL if it was good. */
void eventlog_resolved(struct eventlog *log, unsigned index, const char *host, const char *why);

#endif
