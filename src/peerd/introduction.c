/* NAT views, candidates and diagnoses into JSON. */
#include "peerd/introduction.h"

#include "peerd/describe.h"

static const char *mapping_word(unsigned mapping)
{
	static const char *const words[NAT_MAPPINGS] = {
	    [NAT_MAPPING_UNKNOWN] = "unknown",
	    [NAT_MAPPING_EI] = "independent",
	    [NAT_MAPPING_AD] = "address-dependent",
	    [NAT_MAPPING_AP] = "port-dependent",
	};

	return words[mapping];
}

static const char *ports_word(unsigned ports)
{
	static const char *const words[] = {
	    [NAT_PORTS_UNKNOWN] = "unknown",
	    [NAT_PORTS_KEEP] = "kept",
	    [NAT_PORTS_SEQ] = "sequential",
	    [NAT_PORTS_RND] = "random",
	};

	return words[ports];
}

static const char *own_mapping(const struct peer_nat_status *status)
{
	bool seen = status->mapping_tested || status->observed.family != FAMILY_NONE;

	return seen && !status->translated ? "none" : mapping_word(status->nat.mapping);
}

static const char *own_filtering(const struct peer_nat_status *status)
{
	if (status->nat.eif)
		return "independent";
	return status->filtering_tested ? "restricted" : "unknown";
}

json_t *describe_nat(enum family family, const struct peer_nat_status *status, int64_t now)
{
	char observed[ENDPOINT_TEXT_MAX];
	int64_t ago = now > status->since ? now - status->since : 0;

	return json_pack("{s:s, s:b, s:b, s:b, s:s, s:s, s:i, s:s, s:b, s:I, s:I, s:I, s:s, s:o}",
	    "family", describe_family(family), "tested", (int)status->mapping_tested, "testing",
	    (int)status->testing, "translated", (int)status->translated, "mapping",
	    own_mapping(status), "ports", ports_word(status->nat.ports), "step", status->step,
	    "filtering", own_filtering(status), "open_input", (int)status->nat.open, "destinations",
	    (json_int_t)status->destinations, "addresses", (json_int_t)status->addresses,
	    "private_hops", (json_int_t)status->private_hops, "observed",
	    describe_endpoint(&status->observed, observed), "tested_ms",
	    status->since > 0 ? json_integer(ago) : json_null());
}

json_t *describe_nats(const struct peer *peer, int64_t now)
{
	static const enum family all[] = {FAMILY_IP4, FAMILY_IP6};
	json_t *list = json_array();
	struct peer_nat_status status;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (peer_nat(peer, all[i], &status))
			json_array_append_new(list, describe_nat(all[i], &status, now));
	}
	return list;
}

/* The other side says when it lets everybody in, and nothing when it does not or cannot tell. */
json_t *describe_nat_class(const struct nat_class *nat)
{
	return json_pack("{s:s, s:s, s:s, s:b}", "mapping", mapping_word(nat->mapping), "ports",
	    ports_word(nat->ports), "filtering", nat->eif ? "independent" : "unknown",
	    "open_input", (int)nat->open);
}

json_t *describe_candidate(const struct peer_candidate_status *status)
{
	char at[ENDPOINT_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:b}", "address",
	    describe_endpoint(&status->at, at), "kind", candidate_kind_name(status->kind), "state",
	    candidate_state_name(status->state), "sent", (json_int_t)status->sent, "rtt_ms",
	    status->rtt >= 0 ? json_integer(status->rtt) : json_null(), "used",
	    (int)status->used);
}

json_t *describe_diagnosis(enum diagnosis diagnosis)
{
	return json_pack("{s:s, s:s, s:s}", "word", diagnosis_name(diagnosis), "sentence",
	    diagnosis_sentence(diagnosis), "advice", diagnosis_advice(diagnosis));
}

static json_t *describe_candidates(const struct peer *peer, uint32_t id)
{
	json_t *list = json_array();
	struct peer_candidate_status status;

	for (unsigned i = 0; peer_candidate(peer, id, i, &status); i++)
		json_array_append_new(list, describe_candidate(&status));
	return list;
}

void describe_introduction(json_t *object, const struct peer *peer, uint32_t id, int64_t now)
{
	struct peer_contact_status status;

	if (!peer_contact_by_id(peer, id, &status))
		return;
	json_object_set_new(object, "peer", describe_contact(&status, now));
	if (status.lan)
		return;
	json_object_set_new(object, "nat", describe_nats(peer, now));
	json_object_set_new(object, "candidates", describe_candidates(peer, id));
	json_object_set_new(object, "diagnosis", describe_diagnosis(status.diagnosis));
}
