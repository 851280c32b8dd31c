/* Keys and ForgetSupernodeKey: the own key, those of supernodes, those of peers at paths. */
#include <string.h>
#include <strings.h>

#include "ctl/interface.h"
#include "io/loop.h"
#include "peerd/control.h"
#include "peerd/describe.h"
#include "peerd/keyring.h"
#include "peerd/peerd.h"

static json_t *describe_key(const char *host, uint16_t port, const uint8_t *known,
    const uint8_t *shown, const char *state)
{
	char known_text[IDENTITY_TEXT_MAX], shown_text[IDENTITY_TEXT_MAX];

	return json_pack("{s:s, s:i, s:s, s:s, s:s}", "host", host, "port", (int)port, "identity",
	    describe_identity(known, known_text), "shown", describe_identity(shown, shown_text),
	    "key", state);
}

static bool is_configured(const struct peer *peer, const struct supernode_setting *at)
{
	struct peer_supernode_status status;

	for (unsigned i = 0; peer_supernode(peer, i, &status); i++) {
		if (status.port == at->port && strcasecmp(status.host, at->host) == 0)
			return true;
	}
	return false;
}

/* Over the other address family, and with nothing else to say of its key. */
static bool is_told(const struct peer *peer, unsigned count,
    const struct peer_supernode_status *status)
{
	struct peer_supernode_status other;

	for (unsigned i = 0; i < count && peer_supernode(peer, i, &other); i++) {
		if (other.setting == status->setting &&
		    other.identity_state == status->identity_state)
			return true;
	}
	return false;
}

/* Those in use, and behind them those that were. */
static json_t *supernode_keys(const struct peerd *peerd)
{
	const struct peer *peer = peerd_peer(peerd);
	const struct keyring *keyring = peerd_keyring(peerd);
	struct peer_supernode_status status;
	json_t *list = json_array();

	for (unsigned i = 0; peer_supernode(peer, i, &status); i++) {
		if (!is_told(peer, i, &status))
			json_array_append_new(list,
			    describe_key(status.host, status.port, status.known, status.shown,
				identity_state_name(status.identity_state)));
	}
	for (size_t i = 0; i < keyring->count; i++) {
		const struct supernode_key *key = &keyring->supernodes[i];

		if (!is_configured(peer, &key->at))
			json_array_append_new(list,
			    describe_key(key->at.host, key->at.port, key->identity, NULL,
				"unused"));
	}
	return list;
}

static json_t *peer_keys(const struct peer *peer)
{
	struct peer_contact_status status;
	json_t *list = json_array();
	uint32_t cursor = 0;

	while (json_array_size(list) < CTL_LIST_PAGE && peer_contact(peer, &cursor, &status)) {
		if (status.identity != NULL)
			json_array_append_new(list, describe_contact(&status, loop_now()));
	}
	return list;
}

void control_keys(struct ctl_call *call, json_t *parameters, void *context)
{
	const struct peerd *peerd = context;
	const struct peer_settings *self = &peerd_settings(peerd)->peer;
	char own[IDENTITY_TEXT_MAX], name[2 * sizeof self->nick];

	if (!ctl_check_parameters(call, parameters, NULL))
		return;
	snprintf(name, sizeof name, "%s@%s", self->nick,
	    *self->group != '\0' ? self->group : self->host);
	ctl_reply(call,
	    json_pack("{s:s, s:s, s:o, s:o}", "name", name, "identity",
		describe_identity(peer_key(peerd_peer(peerd)), own), "supernodes",
		supernode_keys(peerd), "peers", peer_keys(peerd_peer(peerd))));
}

void control_forget(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"host", CTL_STRING, false},
	    {"port", CTL_INT, true}, {0}};
	struct peerd *peerd = context;
	const char *host;
	json_int_t port;

	if (!ctl_check_parameters(call, parameters, table))
		return;
	host = json_string_value(json_object_get(parameters, "host"));
	port = json_integer_value(json_object_get(parameters, "port"));
	if (port < 0 || port > UINT16_MAX) {
		ctl_invalid_parameter(call, "port");
		return;
	}
	if (control_is_ending(call, peerd))
		return;
	if (peerd_forget(peerd, host, (uint16_t)port))
		ctl_reply(call, NULL);
	else
		ctl_error(call, CTL_PEER ".UnknownSupernode",
		    json_pack("{s:s, s:s}", "host", host, "explanation",
			"no key of a supernode of that name is known; it is written as in the "
			"option `supernodes' of the configuration"));
	peerd_settle(peerd);
}
