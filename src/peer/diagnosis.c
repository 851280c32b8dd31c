/*
 * Diagnoses. What is not known is not taken for the likely thing: that a router stands in the way
 * is said only of one that was tested.
 */
#include "peer/diagnosis.h"

#include "peer/core.h"
#include "peer/tactic.h"

const char *diagnosis_name(enum diagnosis diagnosis)
{
	static const char *const names[DIAGNOSES] = {
	    [DIAGNOSIS_NONE] = "none",
	    [DIAGNOSIS_LOCAL] = "local",
	    [DIAGNOSIS_DIRECT] = "direct",
	    [DIAGNOSIS_PUNCHED] = "punched",
	    [DIAGNOSIS_BOTH_DEPENDENT] = "both-dependent",
	    [DIAGNOSIS_OWN_DEPENDENT] = "own-dependent",
	    [DIAGNOSIS_THEIR_DEPENDENT] = "their-dependent",
	    [DIAGNOSIS_NO_HAIRPIN] = "no-hairpin",
	    [DIAGNOSIS_ONE_WAY] = "one-way",
	    [DIAGNOSIS_SILENT] = "silent",
	    [DIAGNOSIS_UNKNOWN_NAT] = "unknown-nat",
	    [DIAGNOSIS_OLD_CLIENT] = "old-client",
	};

	return names[diagnosis];
}

const char *diagnosis_sentence(enum diagnosis diagnosis)
{
	static const char *const sentences[DIAGNOSES] = {
	    [DIAGNOSIS_NONE] = "",
	    [DIAGNOSIS_LOCAL] = "Both are on the same local network.",
	    [DIAGNOSIS_DIRECT] =
		"One of the two sides lets everybody in, so nothing had to be opened there.",
	    [DIAGNOSIS_PUNCHED] = "Each side opened its own router or firewall for the other.",
	    [DIAGNOSIS_BOTH_DEPENDENT] =
		"Both routers use another port for every destination, so that neither side can "
		"know where the other is to be reached.",
	    [DIAGNOSIS_OWN_DEPENDENT] =
		"Your router uses another port for every destination, and the other side's lets "
		"in only what comes from a port that it knows.",
	    [DIAGNOSIS_THEIR_DEPENDENT] =
		"The other side's router uses another port for every destination, and yours lets "
		"in only what comes from a port that it knows.",
	    [DIAGNOSIS_NO_HAIRPIN] =
		"Both are behind the same router, and it does not lead back inside what comes "
		"from inside.",
	    [DIAGNOSIS_ONE_WAY] =
		"Packets of the other side arrive here, but nothing shows that yours arrive "
		"there.",
	    [DIAGNOSIS_SILENT] =
		"Nothing came from the other side, although by what is known of them the routers "
		"would have let it in.",
	    [DIAGNOSIS_UNKNOWN_NAT] =
		"Nothing came from the other side, and of the routers in between too little is "
		"known to say why.",
	    [DIAGNOSIS_OLD_CLIENT] =
		"Nothing came from the other side, whose program tells nothing of the router that "
		"it is behind.",
	};

	return sentences[diagnosis];
}

const char *diagnosis_advice(enum diagnosis diagnosis)
{
	static const char *const advice[DIAGNOSES] = {
	    [DIAGNOSIS_NONE] = "",
	    [DIAGNOSIS_LOCAL] = "",
	    [DIAGNOSIS_DIRECT] = "",
	    [DIAGNOSIS_PUNCHED] = "",
	    [DIAGNOSIS_BOTH_DEPENDENT] =
		"Ask whoever runs one of the routers to make its NAT endpoint-independent and open "
		"to all (\"full cone\") for UDP, or use IPv6 on both sides.",
	    [DIAGNOSIS_OWN_DEPENDENT] =
		"Ask whoever runs your router to make its NAT endpoint-independent for UDP, or use "
		"another network, or IPv6 on both sides.",
	    [DIAGNOSIS_THEIR_DEPENDENT] =
		"Ask the other side to have its router's NAT made endpoint-independent for UDP, or "
		"to use another network, or use IPv6 on both sides.",
	    [DIAGNOSIS_NO_HAIRPIN] =
		"Connect both to one local network, or ask whoever runs the router to turn on "
		"hairpinning (\"NAT loopback\") for UDP.",
	    [DIAGNOSIS_ONE_WAY] =
		"Ask the other side whether a firewall there stops UDP that comes in, look whether "
		"one here stops what goes out, and try again.",
	    [DIAGNOSIS_SILENT] =
		"Try again in a few minutes, since the other may just be away, and look on both "
		"sides for a firewall that stops UDP.",
	    [DIAGNOSIS_UNKNOWN_NAT] =
		"Ask whoever runs the supernode to give it a test port and a second address, which "
		"show what the routers do.",
	    [DIAGNOSIS_OLD_CLIENT] =
		"Ask the other side to use this program too, which shows what its router does.",
	};

	return advice[diagnosis];
}

/* What became of the endpoints at which the other was tried. */
struct tried {
	bool heard;
	bool local_used;
	bool same_router;
};

static struct tried look_at_candidates(const struct peer *peer, const struct path *path,
    const struct peer_nat_status *own)
{
	struct tried tried = {0};
	struct peer_candidate_status candidate;

	for (unsigned i = 0; peer_candidate(peer, path->id, i, &candidate); i++) {
		tried.heard = tried.heard || candidate.state != CANDIDATE_UNHEARD;
		tried.local_used = tried.local_used ||
		    (candidate.used && candidate.kind == CANDIDATE_LOCAL);
		tried.same_router = tried.same_router ||
		    (candidate.kind == CANDIDATE_OBSERVED && own->translated &&
			endpoint_same_address(&candidate.at, &own->observed));
	}
	return tried;
}

static enum diagnosis of_open(const struct peer *peer, const struct path *path,
    const struct tried *tried, struct nat_class own)
{
	if (tried->local_used || lan_covers(peer, &path->remote))
		return DIAGNOSIS_LOCAL;
	if (own.eif || path->nat.eif)
		return DIAGNOSIS_DIRECT;
	return path->extended ? DIAGNOSIS_PUNCHED : DIAGNOSIS_NONE;
}

/* Nothing came from anywhere. */
static enum diagnosis of_classes(const struct path *path, struct nat_class own)
{
	struct nat_class other = path->nat;
	bool known = own.mapping != NAT_MAPPING_UNKNOWN && other.mapping != NAT_MAPPING_UNKNOWN;

	if (!path->extended)
		return DIAGNOSIS_OLD_CLIENT;
	if (own.eif || other.eif)
		return DIAGNOSIS_SILENT;
	if (!path->has_nat || !known)
		return DIAGNOSIS_UNKNOWN_NAT;
	if (nat_is_dependent(own) && nat_is_dependent(other))
		return DIAGNOSIS_BOTH_DEPENDENT;
	if (nat_is_dependent(own))
		return DIAGNOSIS_OWN_DEPENDENT;
	return nat_is_dependent(other) ? DIAGNOSIS_THEIR_DEPENDENT : DIAGNOSIS_SILENT;
}

static enum diagnosis of_failed(const struct path *path, const struct tried *tried,
    struct nat_class own)
{
	switch (path->reason) {
	case REASON_NAT:
		return DIAGNOSIS_BOTH_DEPENDENT;
	case REASON_SILENT:
		return DIAGNOSIS_SILENT;
	case REASON_NO_ANSWER:
		break;
	default:
		return DIAGNOSIS_NONE;
	}
	if (tried->heard)
		return DIAGNOSIS_ONE_WAY;
	return tried->same_router ? DIAGNOSIS_NO_HAIRPIN : of_classes(path, own);
}

enum diagnosis diagnosis_of(const struct peer *peer, const struct path *path)
{
	const struct endpoint *at =
	    path->state == PATH_OPEN ? &path->remote : &path->tried;
	struct peer_nat_status own = {0};
	struct tried tried;

	peer_nat(peer, at->family == FAMILY_IP6 ? FAMILY_IP6 : FAMILY_IP4, &own);
	tried = look_at_candidates(peer, path, &own);
	if (path->state == PATH_OPEN)
		return of_open(peer, path, &tried, own.nat);
	return path->state == PATH_FAILED ? of_failed(path, &tried, own.nat) : DIAGNOSIS_NONE;
}
