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
	    [DIAGNOSIS_HAIRPIN] = "hairpin",
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
	    [DIAGNOSIS_LOCAL] = "Both sides are on the same local network.",
	    [DIAGNOSIS_DIRECT] =
		"One of the two sides lets everybody in, so nothing had to be opened there.",
	    [DIAGNOSIS_HAIRPIN] =
		"Both sides are behind the same public address, and the NAT there leads back "
		"inside what comes from inside.",
	    [DIAGNOSIS_PUNCHED] = "Each side opened its own NAT or firewall for the other.",
	    [DIAGNOSIS_BOTH_DEPENDENT] =
		"Each side's NAT shows the other side another port than the supernode, so neither "
		"side can know where to send.",
	    [DIAGNOSIS_OWN_DEPENDENT] =
		"This side's NAT shows the other side another port than the supernode, and the "
		"other side's NAT lets in only what comes from a port that it knows.",
	    [DIAGNOSIS_THEIR_DEPENDENT] =
		"The other side's NAT shows this side another port than the supernode, and this "
		"side's NAT lets in only what comes from a port that it knows.",
	    [DIAGNOSIS_NO_HAIRPIN] =
		"Both sides are behind the same public address, and nothing came: the NAT there "
		"may not lead back inside what comes from inside.",
	    [DIAGNOSIS_ONE_WAY] =
		"Packets of the other side arrive here, but nothing shows that those of this side "
		"arrive there.",
	    [DIAGNOSIS_SILENT] =
		"Nothing came from the other side, although the NATs of both sides would let it "
		"in, as far as they are known.",
	    [DIAGNOSIS_UNKNOWN_NAT] =
		"Nothing came from the other side, and too little is known of the NATs to say why.",
	    [DIAGNOSIS_OLD_CLIENT] =
		"Nothing came from the other side, and its program does not tell what its NAT does.",
	};

	return sentences[diagnosis];
}

const char *diagnosis_advice(enum diagnosis diagnosis)
{
	static const char *const advice[DIAGNOSES] = {
	    [DIAGNOSIS_NONE] = "",
	    [DIAGNOSIS_LOCAL] = "",
	    [DIAGNOSIS_DIRECT] = "",
	    [DIAGNOSIS_HAIRPIN] = "",
	    [DIAGNOSIS_PUNCHED] = "",
	    [DIAGNOSIS_BOTH_DEPENDENT] =
		"Make the NAT of one side endpoint-independent and open to all (\"full cone\") for "
		"UDP, or use IPv6 on both sides.",
	    [DIAGNOSIS_OWN_DEPENDENT] =
		"Make this side's NAT endpoint-independent for UDP, or use another network here, or "
		"IPv6 on both sides.",
	    [DIAGNOSIS_THEIR_DEPENDENT] =
		"Ask the other side to make its NAT endpoint-independent for UDP or to use another "
		"network, or use IPv6 on both sides.",
	    [DIAGNOSIS_NO_HAIRPIN] =
		"Connect both sides to one local network, or ask whoever runs that NAT whether "
		"hairpinning (\"NAT loopback\") is on for UDP.",
	    [DIAGNOSIS_ONE_WAY] =
		"Look on the other side for a firewall that stops UDP from outside, and on this "
		"side for one that stops UDP to the outside, and try again.",
	    [DIAGNOSIS_SILENT] =
		"Try again in a few minutes, since the other may just be away, and look on both "
		"sides for a firewall that stops UDP.",
	    [DIAGNOSIS_UNKNOWN_NAT] =
		"Try again once the NATs of both sides are tested: that takes two supernodes, or "
		"one with a second address.",
	    [DIAGNOSIS_OLD_CLIENT] =
		"Ask the other side to use this program too.",
	};

	return advice[diagnosis];
}

/* What became of the endpoints at which the other was tried. */
struct tried {
	bool heard;
	bool local_used;
};

static struct tried look_at_candidates(const struct peer *peer, const struct path *path)
{
	struct tried tried = {0};
	struct peer_candidate_status candidate;

	for (unsigned i = 0; peer_candidate(peer, path->id, i, &candidate); i++) {
		tried.heard = tried.heard || candidate.state != CANDIDATE_UNHEARD;
		tried.local_used = tried.local_used ||
		    (candidate.used && candidate.kind == CANDIDATE_LOCAL);
	}
	return tried;
}

static enum diagnosis of_open(const struct peer *peer, const struct path *path,
    const struct tried *tried, const struct peer_nat_status *own)
{
	if (tried->local_used || lan_covers(peer, &path->remote))
		return DIAGNOSIS_LOCAL;
	if (own->translated && endpoint_same_address(&path->remote, &own->observed))
		return DIAGNOSIS_HAIRPIN;
	if (own->nat.eif || path->nat.eif)
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
    const struct peer_nat_status *own)
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
	return candidates_share_router(path, own) ? DIAGNOSIS_NO_HAIRPIN
						  : of_classes(path, own->nat);
}

enum diagnosis diagnosis_of(const struct peer *peer, const struct path *path)
{
	const struct endpoint *at =
	    path->state == PATH_OPEN ? &path->remote : &path->tried;
	struct peer_nat_status own = {0};
	struct tried tried;

	peer_nat(peer, at->family == FAMILY_IP6 ? FAMILY_IP6 : FAMILY_IP4, &own);
	tried = look_at_candidates(peer, path);
	if (path->state == PATH_OPEN)
		return of_open(peer, path, &tried, &own);
	return path->state == PATH_FAILED ? of_failed(path, &tried, &own) : DIAGNOSIS_NONE;
}
