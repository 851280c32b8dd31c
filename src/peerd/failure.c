/* Reasons into errors and sentences. */
#include "peerd/failure.h"

#include <stdio.h>
#include <string.h>

#include "ctl/interface.h"
#include "io/loop.h"
#include "peer/path.h"
#include "peerd/describe.h"
#include "peerd/introduction.h"

#define LIST_MAX (SUPERNODES_MAX * HOST_TEXT_MAX)
#define NEIGHBOURS_MAX 3
#define LIST_TEXT_MAX 1200 /* of names to choose from, and what stands between */

/* Whether one before it is of the same supernode: there may be one of each address family. */
static bool is_repeated(const struct peer *peer, unsigned index, unsigned setting)
{
	struct peer_supernode_status status;

	for (unsigned i = 0; i < index && peer_supernode(peer, i, &status); i++) {
		if (status.setting == setting)
			return true;
	}
	return false;
}

/* "a:1, b:2" */
static const char *list_supernodes(const struct peer *peer, char out[LIST_MAX])
{
	struct peer_supernode_status status;
	char text[HOST_TEXT_MAX];
	size_t used = 0;

	*out = '\0';
	for (unsigned i = 0; peer_supernode(peer, i, &status) && used < LIST_MAX; i++) {
		if (is_repeated(peer, i, status.setting))
			continue;
		used += (size_t)snprintf(out + used, LIST_MAX - used, "%s%s", used > 0 ? ", " : "",
		    endpoint_format_host(status.host, status.port, text));
	}
	return out;
}

static json_t *array_supernodes(const struct peer *peer)
{
	struct peer_supernode_status status;
	char text[HOST_TEXT_MAX];
	json_t *array = json_array();

	for (unsigned i = 0; peer_supernode(peer, i, &status); i++) {
		if (is_repeated(peer, i, status.setting))
			continue;
		json_array_append_new(array,
		    json_string(endpoint_format_host(status.host, status.port, text)));
	}
	return array;
}

/* The one that tells no addresses; "" should it be gone. */
static const char *seed_supernode(const struct peer *peer, char out[HOST_TEXT_MAX])
{
	struct peer_supernode_status status;

	*out = '\0';
	for (unsigned i = 0; peer_supernode(peer, i, &status); i++) {
		if (status.seed)
			return endpoint_format_host(status.host, status.port, out);
	}
	return out;
}

/* Those in which nothing but the name varies, and that has its place at %s. */
static const char *fixed_sentence(enum reason reason)
{
	switch (reason) {
	case REASON_NO_SUPERNODE:
		return "nobody on the local network is called %s, and no supernode is configured "
		       "that knows others; look at the list of those who are there, or set "
		       "`supernodes' in the section peerd of the configuration";
	case REASON_UNKNOWN_NAME:
		return "nobody called %s is registered with the supernode; the other side has to "
		       "run and use the same one, and case counts in names";
	case REASON_BAD_NAME:
		return "nobody on the local network is called %s, and no supernode can be asked "
		       "for it, since it has a colon or more than 159 bytes; look at the list of "
		       "those who are there";
	case REASON_REFUSED:
		return "the introduction to %s was refused: the supernode or the other side does "
		       "not want it, or that is this peer itself";
	case REASON_BUSY:
		return "the supernode is at one of its limits and could not ask for %s; try again "
		       "in a minute";
	case REASON_BAD_ADDRESS:
		return "the supernode told an address of %s that cannot be used from here, such as "
		       "loopback or this host's own; both sides have to reach the supernode by "
		       "its public address";
	case REASON_NEEDS_FULL_NAME:
		return "the supernode knows only the first protocol and wants the full name, "
		       "nick@group, or nick@host for who has no group; %s is not one";
	case REASON_LIMIT:
		return "too much is under way here already to begin with %s; wait, or raise "
		       "`max-paths' or `max-messages' in the configuration";
	case REASON_SHUTDOWN:
		return "ipmsg-peerd ends, and gave up on %s";
	case REASON_TAKEN:
		return "the supernode could not be asked for %s: it does not take this peer, whose "
		       "own name belongs to somebody else there; choose another nick or group, or "
		       "ask its administrator";
	case REASON_KEY_CHANGED:
		return "the supernode could not be asked for %s: it holds this peer's name for the "
		       "owner of a key, and its own key has changed or is that of another one, so "
		       "that this peer does not sign toward it to show that the name is its own; "
		       "look at the keys, and forget the supernode's if its administrator says that "
		       "the new one is right";
	case REASON_NAT:
		return "no path to %s: each side's NAT shows the other side another port than the "
		       "supernode, so neither side can know where to send";
	case REASON_TOO_LONG:
		return "the message for %s is longer than the program there takes; send it as "
		       "several";
	case REASON_EXPIRED:
		return "the message for %s waited as long as the option `message-lifetime' lets it, "
		       "and was given up; send it again when the other side is there";
	case REASON_REMOVED:
		return "the message for %s was taken out of the queue; send it again if it is to "
		       "arrive";
	case REASON_MAILBOX:
		return "the message for %s could not be kept in the mailbox, and was not sent; the "
		       "status of this peer says what is wrong there, send it again when that is "
		       "mended";
	default:
		return "nothing came of %s, and it is not known why";
	}
}

/* The place of the name was found by looking: no format comes from outside. */
static const char *explain_fixed(const struct failure *failure, char out[EXPLANATION_MAX])
{
	const char *sentence = fixed_sentence(failure->reason);
	const char *gap = strstr(sentence, "%s");

	snprintf(out, EXPLANATION_MAX, "%.*s%s%s", (int)(gap - sentence), sentence, failure->name,
	    gap + 2);
	return out;
}

/* Of the attempt that failed; DIAGNOSIS_NONE when there is nothing to say about it. */
static enum diagnosis diagnosis_of_failure(const struct failure *failure)
{
	struct peer_contact_status status;

	if (!peer_contact_by_id(failure->peer, failure->contact, &status) || status.lan)
		return DIAGNOSIS_NONE;
	return *diagnosis_sentence(status.diagnosis) != '\0' ? status.diagnosis : DIAGNOSIS_NONE;
}

/* What is known of the two sides says more than what may be. */
static const char *explain_diagnosis(const struct failure *failure, enum diagnosis diagnosis,
    char out[EXPLANATION_MAX])
{
	const char *advice = diagnosis_advice(diagnosis);
	char at[ENDPOINT_TEXT_MAX];

	describe_endpoint(&failure->at, at);
	snprintf(out, EXPLANATION_MAX, "%s%s%s %s. %s%s%s", failure->name,
	    *at != '\0' ? " at " : "", at,
	    failure->reason == REASON_NAT ? "was not tried" : "does not answer",
	    diagnosis_sentence(diagnosis), *advice != '\0' ? " " : "", advice);
	return out;
}

static const char *explain_path(const struct failure *failure, char out[EXPLANATION_MAX])
{
	struct peer_supernode_status status;
	char at[ENDPOINT_TEXT_MAX];
	bool known = failure->at.family != FAMILY_NONE;
	enum diagnosis diagnosis = diagnosis_of_failure(failure);

	if (failure->reason == REASON_NAT)
		return diagnosis != DIAGNOSIS_NONE ? explain_diagnosis(failure, diagnosis, out)
						   : explain_fixed(failure, out);

	describe_endpoint(&failure->at, at);
	if (failure->reason == REASON_SILENT)
		snprintf(out, EXPLANATION_MAX,
		    "%s%s%s was reachable and answers no more; it may have left, try again",
		    failure->name, known ? " at " : "", at);
	else if (!peer_supernode(failure->peer, 0, &status))
		snprintf(out, EXPLANATION_MAX,
		    "%s%s%s does not answer, and no supernode is configured that could tell the "
		    "other side to open its NAT; set `supernodes' in the section peerd of the "
		    "configuration",
		    failure->name, known ? " at " : "", at);
	else if (diagnosis != DIAGNOSIS_NONE)
		explain_diagnosis(failure, diagnosis, out);
	else
		snprintf(out, EXPLANATION_MAX,
		    "%s%s%s does not answer although both sides were told to punch: it may just "
		    "have gone, a firewall may drop UDP, or the two NATs do not let each other "
		    "through; try again, and if it stays so forward a port on one side",
		    failure->name, known ? " at " : "", at);
	return out;
}

static const char *explain_supernode(const struct failure *failure, char out[EXPLANATION_MAX])
{
	char list[LIST_MAX];

	if (failure->reason == REASON_SEED_SUPERNODE)
		snprintf(out, EXPLANATION_MAX,
		    "the supernode %s knows only the first protocol and tells no addresses; give "
		    "the address of %s with the ask",
		    seed_supernode(failure->peer, list), failure->name);
	else
		snprintf(out, EXPLANATION_MAX,
		    "no supernode answers (%s); see that one runs there, and that UDP gets "
		    "through to it",
		    list_supernodes(failure->peer, list));
	return out;
}

/* Over a path of which we know, or to a neighbour, be it one that has left. */
static const char *explain_unconfirmed(const struct failure *failure, char out[EXPLANATION_MAX])
{
	struct peer_contact_status status;
	bool path = peer_contact_by_id(failure->peer, failure->contact, &status) && !status.lan;

	snprintf(out, EXPLANATION_MAX, "%s did not confirm the message%s; it may %s",
	    failure->name, path ? " although there is a path" : "",
	    path ? "have arrived all the same"
		 : "be switched off, or the message have arrived all the same");
	return out;
}

/* Whether a nick, or a nick and what follows it, means that neighbour. */
static bool may_mean(const struct peer_contact_status *status, const char *name)
{
	size_t len = strlen(name);

	return status->lan && strncmp(status->name, name, len) == 0 &&
	    (status->name[len] == '@' || status->name[len] == '\0');
}

/* "user@host (nick@group), …": of neighbours, by what tells them apart. The number of them. */
static size_t list_neighbours(const struct failure *failure, char out[LIST_TEXT_MAX])
{
	struct peer_contact_status status;
	uint32_t cursor = 0;
	size_t count = 0, used = 0;

	*out = '\0';
	while (peer_contact(failure->peer, &cursor, &status)) {
		if (!may_mean(&status, failure->name))
			continue;
		if (++count <= NEIGHBOURS_MAX)
			used += (size_t)snprintf(out + used, LIST_TEXT_MAX - used,
			    "%s%s@%s (%s)", used > 0 ? ", " : "", status.user, status.host,
			    status.name);
	}
	if (count > NEIGHBOURS_MAX)
		snprintf(out + used, LIST_TEXT_MAX - used, " and %zu more", count - NEIGHBOURS_MAX);
	return count;
}

/* What a supernode gave to choose from; "" if it gave nothing. */
static struct span choices_of(const struct failure *failure)
{
	struct peer_contact_status status;

	if (failure->reason != REASON_AMBIGUOUS ||
	    !peer_contact_by_id(failure->peer, failure->contact, &status) || status.lan ||
	    status.choices == NULL)
		return span_of("", 0);
	return span_text(status.choices);
}

/* "a@b, c@d" */
static const char *list_choices(struct span choices, char out[LIST_TEXT_MAX])
{
	char name[PATH_NAME_MAX];
	size_t used = 0;

	*out = '\0';
	while (used < LIST_TEXT_MAX && fields_next_choice(&choices, name, sizeof name))
		used += (size_t)snprintf(out + used, LIST_TEXT_MAX - used, "%s%s",
		    used > 0 ? ", " : "", name);
	return out;
}

static json_t *array_choices(struct span choices)
{
	json_t *array = json_array();
	char name[PATH_NAME_MAX];

	while (fields_next_choice(&choices, name, sizeof name))
		json_array_append_new(array, json_string(name));
	return array;
}

static const char *explain_ambiguous(const struct failure *failure, char out[EXPLANATION_MAX])
{
	char list[LIST_TEXT_MAX];
	struct span choices = choices_of(failure);

	if (choices.len > 0)
		snprintf(out, EXPLANATION_MAX, "several are called %s: %s; ask for one of them",
		    failure->name, list_choices(choices, list));
	else if (list_neighbours(failure, list) > 1)
		snprintf(out, EXPLANATION_MAX,
		    "several on the local network are called %s; write the user and host of the "
		    "one who is meant: %s",
		    failure->name, list);
	else
		snprintf(out, EXPLANATION_MAX,
		    "several are called %s; add the group or host, as in nick@group",
		    failure->name);
	return out;
}

/* The neighbours are known without one. */
static const char *explain_alone(char out[EXPLANATION_MAX])
{
	snprintf(out, EXPLANATION_MAX,
	    "no supernode is configured that could tell who is there; set `supernodes' in the "
	    "section peerd of the configuration, or look at the list of neighbours");
	return out;
}

const char *failure_explain(const struct failure *failure, char out[EXPLANATION_MAX])
{
	switch (failure->reason) {
	case REASON_NO_SUPERNODE:
		return failure->everybody ? explain_alone(out) : explain_fixed(failure, out);
	case REASON_NO_ANSWER:
	case REASON_SILENT:
	case REASON_NAT:
		return explain_path(failure, out);
	case REASON_SUPERNODE_LOST:
	case REASON_SEED_SUPERNODE:
		return explain_supernode(failure, out);
	case REASON_AMBIGUOUS:
		return explain_ambiguous(failure, out);
	case REASON_NOT_CONFIRMED:
		return explain_unconfirmed(failure, out);
	default:
		return explain_fixed(failure, out);
	}
}

static const char *error_name(enum reason reason)
{
	static const char *const names[REASONS] = {
	    [REASON_NONE] = CTL_PEER ".Refused",
	    [REASON_NO_SUPERNODE] = CTL_PEER ".NoSupernode",
	    [REASON_SUPERNODE_LOST] = CTL_PEER ".SupernodeUnreachable",
	    [REASON_UNKNOWN_NAME] = CTL_PEER ".UnknownName",
	    [REASON_AMBIGUOUS] = CTL_PEER ".Ambiguous",
	    [REASON_BAD_NAME] = CTL_PEER ".UnknownName",
	    [REASON_REFUSED] = CTL_PEER ".Refused",
	    [REASON_BUSY] = CTL_PEER ".Busy",
	    [REASON_BAD_ADDRESS] = CTL_PEER ".PeerUnreachable",
	    [REASON_SEED_SUPERNODE] = CTL_PEER ".NeedsAddress",
	    [REASON_NEEDS_FULL_NAME] = CTL_PEER ".NeedsFullName",
	    [REASON_NO_ANSWER] = CTL_PEER ".PeerUnreachable",
	    [REASON_SILENT] = CTL_PEER ".PeerUnreachable",
	    [REASON_NOT_CONFIRMED] = CTL_PEER ".PeerUnreachable",
	    [REASON_TOO_LONG] = CTL_PEER ".TooLong",
	    [REASON_LIMIT] = CTL_PEER ".Limit",
	    [REASON_SHUTDOWN] = CTL_PEER ".Stopping",
	    [REASON_TAKEN] = CTL_PEER ".NameTaken",
	    [REASON_KEY_CHANGED] = CTL_PEER ".SupernodeKeyChanged",
	    [REASON_NAT] = CTL_PEER ".PeerUnreachable",
	    [REASON_EXPIRED] = CTL_PEER ".NotDelivered",
	    [REASON_REMOVED] = CTL_PEER ".NotDelivered",
	    [REASON_MAILBOX] = CTL_PEER ".MailboxUnavailable",
	};

	return names[reason];
}

/* What the error says beside the explanation. */
static void add_parameters(json_t *parameters, const struct failure *failure)
{
	char text[HOST_TEXT_MAX];

	switch (failure->reason) {
	case REASON_NO_ANSWER:
	case REASON_SILENT:
	case REASON_NAT:
	case REASON_BAD_ADDRESS:
	case REASON_NOT_CONFIRMED:
		describe_introduction(parameters, failure->peer, failure->contact, loop_now());
		json_object_set_new(parameters, "endpoint",
		    json_string(describe_endpoint(&failure->at, text)));
		json_object_set_new(parameters, "name", json_string(failure->name));
		break;
	case REASON_AMBIGUOUS:
		json_object_set_new(parameters, "name", json_string(failure->name));
		json_object_set_new(parameters, "choices", array_choices(choices_of(failure)));
		break;
	case REASON_NONE:
	case REASON_UNKNOWN_NAME:
	case REASON_BAD_NAME:
	case REASON_REFUSED:
		json_object_set_new(parameters, "name", json_string(failure->name));
		break;
	case REASON_SUPERNODE_LOST:
		json_object_set_new(parameters, "supernodes", array_supernodes(failure->peer));
		break;
	case REASON_SEED_SUPERNODE:
		json_object_set_new(parameters, "supernode",
		    json_string(seed_supernode(failure->peer, text)));
		break;
	case REASON_TOO_LONG:
		json_object_set_new(parameters, "max",
		    json_integer((json_int_t)peer_text_max(failure->peer,
			failure->everybody ? NULL : failure->name)));
		break;
	default:
		break;
	}
}

void failure_reply(struct ctl_call *call, const struct failure *failure)
{
	char explanation[EXPLANATION_MAX];
	json_t *parameters =
	    json_pack("{s:s}", "explanation", failure_explain(failure, explanation));

	if (parameters != NULL)
		add_parameters(parameters, failure);
	ctl_error(call, error_name(failure->reason), parameters);
}
