/*
 * Why something did not work, as an error of net.ipmsg.peer: its name, its
 * parameters, and a sentence for a person that says what can be done.
 */
#ifndef IPMSG_PEERD_FAILURE_H
#define IPMSG_PEERD_FAILURE_H

#include "ctl/server.h"
#include "peer/peer.h"

struct failure {
	enum reason reason;
	const char *name;	 /* who was wanted */
	struct endpoint at;	 /* where, if known */
	const struct peer *peer; /* whose supernodes */
	uint32_t contact;	 /* id of who was wanted, if known */
	bool everybody;		 /* wanted was the list of those who are there, `name` says so */
};

#define EXPLANATION_MAX 2048

/* One English sentence. Returns `out`. */
const char *failure_explain(const struct failure *failure, char out[EXPLANATION_MAX]);

/* Ends the call with the error. */
void failure_reply(struct ctl_call *call, const struct failure *failure);

#endif
