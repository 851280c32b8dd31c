/* Structures into JSON. */
#include "peerd/describe.h"

#include <stdio.h>
#include <time.h>

#include "base/timestamp.h"
#include "peerd/failure.h"
#include "peerd/introduction.h"

const char *describe_endpoint(const struct endpoint *at, char buf[ENDPOINT_TEXT_MAX])
{
	if (at->family == FAMILY_NONE)
		*buf = '\0';
	else
		endpoint_format(at, buf);
	return buf;
}

const char *describe_identity(const uint8_t *identity, char buf[IDENTITY_TEXT_MAX])
{
	*buf = '\0';
	return identity != NULL ? identity_format(identity, buf) : buf;
}

/* ms since then; 0 if that never was. */
static json_int_t since(int64_t then, int64_t now)
{
	return then > 0 && now > then ? now - then : 0;
}

const char *describe_family(enum family family)
{
	if (family == FAMILY_NONE)
		return "";
	return family == FAMILY_IP6 ? "IPv6" : "IPv4";
}

json_t *describe_supernode(const struct peer_supernode_status *status, int64_t now)
{
	char at[ENDPOINT_TEXT_MAX], observed[ENDPOINT_TEXT_MAX];
	char known[IDENTITY_TEXT_MAX], shown[IDENTITY_TEXT_MAX];

	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:i, s:I, s:I}",
	    "host", status->host, "port", (int)status->port, "family",
	    describe_family(status->family), "state", supernode_state_name(status->state),
	    "reason", reason_name(status->reason), "key",
	    identity_state_name(status->identity_state), "identity",
	    describe_identity(status->known, known), "shown",
	    describe_identity(status->shown, shown), "keyed", (int)status->keyed, "kind",
	    status->extended	   ? "extended"
		: status->seed ? "seed"
			       : "unknown",
	    "address", describe_endpoint(&status->at, at), "observed",
	    describe_endpoint(&status->observed, observed), "local_port",
	    (int)status->local_port, "since_ms", since(status->since, now),
	    "lifetime_ms", (json_int_t)status->lifetime * 1000);
}

/* A path that is open leads to somebody: who showed no PX knows only the seed. */
static const char *contact_kind(const struct peer_contact_status *status)
{
	if (status->lan)
		return "lan";
	if (status->extended)
		return "extended";
	return status->state == PATH_OPEN ? "seed" : "unknown";
}

json_t *describe_contact(const struct peer_contact_status *status, int64_t now)
{
	char at[ENDPOINT_TEXT_MAX], identity[IDENTITY_TEXT_MAX];

	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:s, "
			 "s:I, s:o, s:o, s:s}",
	    "id", (json_int_t)status->id, "name", status->name, "user", status->user, "host",
	    status->host, "nick", status->nick, "group", status->group, "state",
	    path_state_name(status->state), "reason", reason_name(status->reason), "kind",
	    contact_kind(status), "identity", describe_identity(status->identity, identity),
	    "absent", (int)status->absent, "asked", (int)status->asked, "program",
	    status->version, "endpoint", describe_endpoint(&status->at, at),
	    "since_ms", since(status->since, now),
	    "heard_ms",
	    status->heard > 0 ? json_integer(since(status->heard, now)) : json_null(), "nat",
	    status->has_nat ? describe_nat_class(&status->nat) : json_null(), "diagnosis",
	    diagnosis_name(status->diagnosis));
}

json_t *describe_absence(const struct absence *absence)
{
	if (absence == NULL)
		return json_null();
	return json_pack("{s:s, s:s}", "title", absence->title, "text", absence->text);
}

json_t *describe_link(const struct lan_link *link)
{
	char at[ENDPOINT_TEXT_MAX], address[ENDPOINT_TEXT_MAX + 5];
	json_t *announce = json_array();

	for (size_t i = 0; i < link->announce_count; i++)
		json_array_append_new(announce,
		    json_string(endpoint_format(&link->announce[i], at)));
	snprintf(address, sizeof address, "%s/%u", endpoint_format_address(&link->own, at),
	    link->prefix);
	return json_pack("{s:s, s:o}", "address", address, "announce", announce);
}

/* JSON numbers here are signed: what is larger is no size of a file anyway. */
static json_int_t describe_size(uint64_t size)
{
	return size < INT64_MAX ? (json_int_t)size : INT64_MAX;
}

static json_t *describe_offers(const struct mail *mail)
{
	json_t *list = json_array();

	for (size_t i = 0; i < mail->offer_count; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:I, s:s}", "name", mail->offers[i].name, "size",
			describe_size(mail->offers[i].size), "kind",
			offer_kind_name(mail->offers[i].kind)));
	return list;
}

static bool is_closed(const struct mail *mail)
{
	return mail->direction == MAIL_RECEIVED && mail->sealed && !mail->read;
}

static const char *mail_state(const struct mail *mail)
{
	if (mail->direction == MAIL_SENT)
		return message_state_name(mail->state);
	if (mail->read)
		return "read";
	return mail->sealed ? "sealed" : "unread";
}

/* The path or neighbour that it was tried over is not known any more. */
static const char *mail_explanation(const struct mail *mail, const struct peer *peer,
    char out[EXPLANATION_MAX])
{
	*out = '\0';
	if (mail->reason != REASON_NONE)
		failure_explain(
		    &(struct failure){.reason = mail->reason, .name = mail->name, .peer = peer},
		    out);
	return out;
}

static const char *format_wall(int64_t wall, char out[TIMESTAMP_MAX])
{
	return timestamp_format(&(struct timespec){.tv_sec = wall}, false, out);
}

json_t *describe_expiry(const struct mail *mail)
{
	char text[TIMESTAMP_MAX];

	if (mail->direction != MAIL_SENT || mail->expires == 0 ||
	    (mail->state != MESSAGE_WAITING && mail->state != MESSAGE_SENT))
		return json_null();
	return json_string(format_wall(mail->expires, text));
}

json_t *describe_message(const struct mail *mail, const struct peer *peer)
{
	char taken[TIMESTAMP_MAX], changed[TIMESTAMP_MAX], at[ENDPOINT_TEXT_MAX];
	char explanation[EXPLANATION_MAX];
	bool closed = is_closed(mail);

	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:b, "
			 "s:b, s:b, s:b, s:o}",
	    "id", (json_int_t)mail->id, "direction",
	    mail->direction == MAIL_SENT ? "sent" : "received", "name", mail->name, "text",
	    closed ? "" : mail->text, "user", mail->user, "host", mail->host, "endpoint",
	    describe_endpoint(&mail->at, at), "time", format_wall(mail->wall, taken), "changed",
	    format_wall(mail->changed, changed), "expires", describe_expiry(mail), "state",
	    mail_state(mail), "reason", reason_name(mail->reason), "explanation",
	    mail_explanation(mail, peer, explanation), "sealed", (int)mail->sealed, "broadcast",
	    (int)mail->broadcast, "automatic", (int)mail->automatic, "many", (int)mail->many,
	    "offers", closed ? json_array() : describe_offers(mail));
}

json_t *describe_mailbox(const struct mailbox_status *status)
{
	return json_pack("{s:b, s:s, s:b, s:s, s:s, s:I, s:s}", "persistent",
	    (int)status->persistent, "state", status->well ? "well" : "failing", "full",
	    (int)status->full, "explanation", status->trouble, "path", status->path, "bytes",
	    (json_int_t)status->bytes, "set_aside", status->set_aside);
}

json_t *describe_counts(const struct mail_counts *counts)
{
	return json_pack("{s:I, s:I, s:I}", "stored", (json_int_t)counts->stored, "unread",
	    (json_int_t)counts->unread, "queued", (json_int_t)counts->queued);
}

json_t *describe_step(const struct peer_event *event, int64_t began)
{
	char at[ENDPOINT_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s, s:b, s:I}", "step", step_name(event->step), "at",
	    describe_endpoint(&event->at, at), "reason", reason_name(event->reason), "incoming",
	    (int)event->incoming, "elapsed_ms", since(began, event->now));
}

static json_t *named_step(const struct peer_event *event)
{
	char at[ENDPOINT_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s, s:s, s:b}", "name",
	    event->name != NULL ? event->name : "", "step", step_name(event->step), "at",
	    describe_endpoint(&event->at, at), "reason", reason_name(event->reason), "incoming",
	    (int)event->incoming);
}

static json_t *typed(const char *type, json_t *what)
{
	char now[TIMESTAMP_MAX];
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return json_pack("{s:s, s:s, s:o*}", "type", type, "time",
	    timestamp_format(&wall, true, now), type, what);
}

json_t *describe_watching(void)
{
	return typed("watching", NULL);
}

static json_t *supernode_event(const struct peer_event *event, const struct peer *peer)
{
	struct peer_supernode_status status;

	if (!peer_supernode_at(peer, event->index, &status))
		return NULL;
	/* the state that the event tells of: it may have passed already */
	if (event->kind == EVENT_SUPERNODE) {
		status.state = event->supernode_state;
		status.reason = event->reason;
	} else {
		status.identity_state = event->identity_state;
	}
	return typed("supernode", describe_supernode(&status, event->now));
}

/* Whom the event is about, also if the core does not know him any more. */
static struct peer_contact_status contact_of(const struct peer_event *event,
    const struct peer *peer)
{
	struct peer_contact_status status;

	if (peer_contact_by_id(peer, event->path, &status))
		return status;
	return (struct peer_contact_status){
	    .id = event->path,
	    .name = event->name != NULL ? event->name : "",
	    .user = "",
	    .host = "",
	    .nick = "",
	    .group = "",
	    .version = "",
	    .at = event->at,
	};
}

/* In the state that the event tells of: it may have passed already. */
static json_t *path_event(const struct peer_event *event, const struct peer *peer)
{
	struct peer_contact_status status = contact_of(event, peer);

	status.state = event->path_state;
	status.reason = event->reason;
	return typed("path", describe_contact(&status, event->now));
}

static json_t *neighbour_event(const struct peer_event *event, const struct peer *peer)
{
	struct peer_contact_status status = contact_of(event, peer);

	status.lan = true;
	status.asked = true;
	status.state = PATH_OPEN;
	return typed("neighbour",
	    json_pack("{s:s, s:o}", "change", neighbour_change_name(event->change), "peer",
		describe_contact(&status, event->now)));
}

/* In the state that the event tells of: it may have passed already. */
static json_t *message_event(const struct peer_event *event, const struct peer *peer,
    struct mailbox *mailbox)
{
	struct mail mail;

	if (mailbox->methods->find(mailbox, event->message, &mail) != MAIL_FOUND)
		return NULL;
	if (event->kind == EVENT_MESSAGE) {
		mail.state = event->message_state;
		mail.reason = event->reason;
	}
	return typed("message", describe_message(&mail, peer));
}

json_t *describe_event(const struct peer_event *event, const struct peer *peer,
    struct mailbox *mailbox)
{
	switch (event->kind) {
	case EVENT_SUPERNODE:
	case EVENT_SUPERNODE_KEY:
		return supernode_event(event, peer);
	case EVENT_STEP:
		return typed("step", named_step(event));
	case EVENT_PATH:
		return path_event(event, peer);
	case EVENT_RECEIVED:
	case EVENT_MESSAGE:
		return message_event(event, peer, mailbox);
	case EVENT_NEIGHBOUR:
		return neighbour_event(event, peer);
	case EVENT_TEXT:
	case EVENT_NAMESAKE:
	case EVENT_RESOLVE:
	case EVENT_STAMP:
	case EVENT_SOCKET:
	case EVENT_SOCKET_END:
	case EVENT_SOCKET_USED:
	case EVENT_TOLD:
	case EVENT_CLOCK:
	case EVENT_ROSTER: /* for whoever asked, see roster.c */
		break;
	}
	return NULL;
}
