/*
 * Events into log lines. What single packets cause stays at debug; a
 * supernode's coming and going and the paths of this peer are told.
 */
#include "peerd/eventlog.h"

#include "auth/seal.h"
#include "base/log.h"

static const char *refusal(enum reason reason)
{
	switch (reason) {
	case REASON_KEY_CHANGED:
		return "the name has an owner there, and this peer does not sign toward it to show "
		       "that it is the owner, since its key has changed or is that of another one "
		       "(ipmsgctl keys)";
	case REASON_TAKEN:
		return "the name of this peer belongs to somebody else there";
	case REASON_BUSY:
		return "it is at one of its limits";
	default:
		return "it refuses";
	}
}

/* Notes it, and says whether it was noted already. */
static bool was_said(struct eventlog *log, const struct peer_event *event)
{
	bool same = log->said[event->index].state == event->supernode_state &&
	    log->said[event->index].reason == event->reason;

	log->said[event->index].state = event->supernode_state;
	log->said[event->index].reason = event->reason;
	return same;
}

static void write_supernode(struct eventlog *log, const struct peer_event *event)
{
	char name[HOST_TEXT_MAX];
	bool trouble = event->supernode_state == SUPERNODE_LOST ||
	    event->supernode_state == SUPERNODE_REFUSED;
	bool said = (trouble || event->supernode_state == SUPERNODE_REGISTERED) &&
	    was_said(log, event);

	endpoint_format_host(event->host, event->port, name);
	if (event->supernode_state == SUPERNODE_REGISTERED)
		log_info("registered with supernode %s", name);
	else if (trouble && !said && event->supernode_state == SUPERNODE_REFUSED)
		log_warn("supernode %s does not take this peer: %s; trying on", name,
		    refusal(event->reason));
	else if (trouble && !said)
		log_warn("supernode %s does not answer; trying on", name);
	else
		log_debug("supernode %s: %s", name, supernode_state_name(event->supernode_state));
}

static void write_key(const struct peer_event *event)
{
	char key[IDENTITY_TEXT_MAX], name[HOST_TEXT_MAX];

	endpoint_format_host(event->host, event->port, name);
	switch (event->identity_state) {
	case IDENTITY_CHANGED:
		log_warn("supernode %s shows another key than before, %s: it may be somebody "
			 "else, and nothing is signed toward it; if its administrator says that "
			 "this is right: ipmsgctl keys forget %s",
		    name, identity_format(event->identity, key), event->host);
		break;
	case IDENTITY_FOREIGN:
		log_warn("supernode %s shows the key of another one, %s: nothing is signed toward "
			 "it; ipmsgctl keys says of which",
		    name, identity_format(event->identity, key));
		break;
	case IDENTITY_UNSEEN:
		log_warn("supernode %s does not show its key any more: nothing is signed toward "
			 "it; if its administrator says that it has none now: ipmsgctl keys "
			 "forget %s",
		    name, event->host);
		break;
	default:
		log_debug("key of supernode %s: %s", name,
		    identity_state_name(event->identity_state));
		break;
	}
}

void eventlog_resolved(struct eventlog *log, unsigned index, const char *host, const char *why)
{
	if (why != NULL && !log->unresolved[index])
		log_warn("cannot find supernode %s: %s", host, why);
	log->unresolved[index] = why != NULL;
}

static void write_failure(const struct peer_event *event, enum diagnosis diagnosis)
{
	bool known = diagnosis != DIAGNOSIS_NONE;

	log_info("no path to %s: %s%s%s", event->name, reason_name(event->reason),
	    known ? ", " : "", known ? diagnosis_name(diagnosis) : "");
}

static void write_path(const struct peer_event *event, enum diagnosis diagnosis)
{
	char at[ENDPOINT_TEXT_MAX];

	if (event->path_state == PATH_OPEN)
		log_info("path to %s open: %s", event->name, log_endpoint(&event->at, at));
	else if (event->path_state == PATH_FAILED && !event->incoming && event->asked)
		write_failure(event, diagnosis);
	else
		log_debug("path to %s: %s", event->name, path_state_name(event->path_state));
}

/* A router that forwards the main one's does nothing for another. */
static void write_port(const struct peer_event *event)
{
	if (event->port != 0)
		log_info("supernodes are entered from port %u from now on, since a router may keep "
			 "a wrong mapping for the one before", event->port);
	else
		log_info("supernodes are entered from the main port again");
}

static const char *mapping_text(const struct eventlog_nat *nat)
{
	if (!nat->translated)
		return "none";
	switch (nat->class.mapping) {
	case NAT_MAPPING_EI:
		return "shows everybody the same port";
	case NAT_MAPPING_AD:
		return "shows each address another port";
	case NAT_MAPPING_AP:
		return "shows each destination another port";
	default:
		return "there is one, of which nothing is known yet";
	}
}

static const char *ports_text(const struct eventlog_nat *nat)
{
	if (!nat->translated || nat->class.mapping == NAT_MAPPING_UNKNOWN)
		return "";
	switch (nat->class.ports) {
	case NAT_PORTS_KEEP:
		return ", keeps the port";
	case NAT_PORTS_SEQ:
		return ", takes ports in a row";
	case NAT_PORTS_RND:
		return ", takes ports at random";
	default:
		return "";
	}
}

static const char *filtering_text(const struct eventlog_nat *nat)
{
	if (!nat->filtering_tested)
		return "";
	if (nat->class.eif)
		return ", lets everybody in";
	return nat->class.open ? ", lets nobody in but moves for who tries"
			       : ", lets in only whom this peer has written to";
}

static bool same_nat(const struct eventlog_nat *a, const struct eventlog_nat *b)
{
	return a->known == b->known && a->translated == b->translated &&
	    a->filtering_tested == b->filtering_tested &&
	    a->class.mapping == b->class.mapping && a->class.ports == b->class.ports &&
	    a->class.open == b->class.open && a->class.eif == b->class.eif;
}

void eventlog_nat(struct eventlog *log, enum family family, const struct peer_nat_status *status)
{
	struct eventlog_nat *said = &log->nat[family == FAMILY_IP6];
	const struct eventlog_nat now = {true, status->translated, status->filtering_tested,
	    status->nat};

	/* what is being found out will be said when it is */
	if (status->testing || same_nat(said, &now))
		return;
	*said = now;
	log_info("NAT over %s: %s%s%s", family == FAMILY_IP6 ? "IPv6" : "IPv4",
	    mapping_text(&now), ports_text(&now), filtering_text(&now));
}

void eventlog_write(struct eventlog *log, const struct peer_event *event,
    enum diagnosis diagnosis)
{
	char at[ENDPOINT_TEXT_MAX];

	switch (event->kind) {
	case EVENT_SUPERNODE:
		write_supernode(log, event);
		break;
	case EVENT_SUPERNODE_KEY:
		write_key(event);
		break;
	case EVENT_PATH:
		write_path(event, diagnosis);
		break;
	case EVENT_STEP:
		log_debug("introduction to %s: %s%s%s", event->name, step_name(event->step),
		    event->at.family != FAMILY_NONE ? " " : "",
		    event->at.family != FAMILY_NONE ? log_endpoint(&event->at, at) : "");
		break;
	case EVENT_RECEIVED:
		log_debug("message %llu from %s", (unsigned long long)event->message, event->name);
		break;
	case EVENT_MESSAGE:
		log_debug("message %llu: %s", (unsigned long long)event->message,
		    message_state_name(event->message_state));
		break;
	case EVENT_NEIGHBOUR:
		log_debug("neighbour %s %s: %s", event->name,
		    neighbour_change_name(event->change), log_endpoint(&event->at, at));
		break;
	case EVENT_ROSTER:
	case EVENT_TEXT:
		break;
	case EVENT_STAMP:
		log_debug("stamps below %llu are reserved", (unsigned long long)event->stamp);
		break;
	case EVENT_NAMESAKE:
		log_warn("another computer on the local network, %s, uses our user and host name "
			 "%s too, and neither sees the other; set `user' or `host' in the section "
			 "peerd of the configuration of one",
		    log_endpoint(&event->at, at), event->name);
		break;
	case EVENT_SOCKET_USED:
		write_port(event);
		break;
	case EVENT_SOCKET:
	case EVENT_SOCKET_END:
	case EVENT_TOLD:
	case EVENT_CLOCK:
		break;
	case EVENT_RESOLVE:
		log_debug("looking for supernode %s", event->host);
		break;
	}
}
