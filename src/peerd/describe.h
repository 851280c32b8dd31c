/* Supernodes, peers, messages and events as the JSON that net.ipmsg.peer promises. */
#ifndef IPMSG_PEERD_DESCRIBE_H
#define IPMSG_PEERD_DESCRIBE_H

#include <jansson.h>

#include "auth/seal.h"
#include "peer/mailbox.h"
#include "peer/peer.h"

/* Each is the caller's; NULL when memory is short. `now` as loop_now(). */
json_t *describe_supernode(const struct peer_supernode_status *status, int64_t now);
json_t *describe_contact(const struct peer_contact_status *status, int64_t now);
json_t *describe_message(const struct mail *mail, const struct peer *peer);
json_t *describe_expiry(const struct mail *mail); /* null: it does not wait, or for ever */
json_t *describe_mailbox(const struct mailbox_status *status);
json_t *describe_counts(const struct mail_counts *counts);
json_t *describe_absence(const struct absence *absence); /* null for NULL: not away */
json_t *describe_link(const struct lan_link *link);

/* A Step of an Ask that began at `began`. */
json_t *describe_step(const struct peer_event *event, int64_t began);

/* An event for Watch; NULL for one that is nobody's business. */
json_t *describe_event(const struct peer_event *event, const struct peer *peer,
    struct mailbox *mailbox);

/* The first event of a Watch. */
json_t *describe_watching(void);

/* "" for no key. */
const char *describe_identity(const uint8_t *identity, char buf[IDENTITY_TEXT_MAX]);

/* "IPv4", "IPv6", or "" for neither. */
const char *describe_family(enum family family);

/* "" for no address. */
const char *describe_endpoint(const struct endpoint *at, char buf[ENDPOINT_TEXT_MAX]);

#endif
