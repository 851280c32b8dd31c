/*
 * The endpoints at which the other end of a path may be reached, each from one
 * socket of ours and under one session. The path leads to one of them; what
 * comes from the others that were heard belongs to it as well.
 */
#ifndef IPMSG_PEER_CANDIDATES_H
#define IPMSG_PEER_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "peer/peer.h"
#include "wire/punch.h"

struct path;
struct turn;

#define PATH_CANDIDATES_MAX 16

/*
 * What was told or heard within this time is of one introduction: of two supernodes, or families.
 */
#define INTRODUCTION_MS 6000

/* Where to, and whence. */
struct way {
	struct endpoint at;
	uint16_t local;	  /* our socket */
	bool has_session; /* none for a seed */
	uint8_t session[SESSION_BYTES];
};

struct candidate {
	struct way way;
	enum candidate_kind kind;
	enum candidate_state state;
	bool tried;   /* in an introduction that is not over: told by a supernode, or a person */
	bool kept;    /* heard, and not too long ago */
	bool begun;   /* its checks are */
	bool punched; /* which was told */
	bool wanted;  /* the other keeps the path open from there */
	bool inside;  /* heard, and on our side of the NAT as far as can be seen */
	uint8_t transaction[TRANSACTION_BYTES]; /* of what is sent there, and nowhere else */
	unsigned sent;
	int64_t began; /* ms: it was told, or heard first; then, its checks began */
	int64_t until; /* of its checks */
	int64_t due;   /* of the next one */
	int64_t last;  /* sent */
	int64_t heard;
	int64_t rtt; /* ms; -1: not known */
};

/*
 * As one of the path with that session; `session` NULL is any. NULL for none, dead ones included.
 */
struct candidate *candidate_find(struct path *path, const struct endpoint *at, uint16_t local,
    const uint8_t *session);

/*
 * The same, or a new one that is neither tried nor kept yet. When all places are taken one is given
 * up: who is dead first, who was not heard, who was heard longest ago. Those that supernodes see
 * stay; NULL when there are no others.
 */
struct candidate *candidate_note(struct turn *turn, struct path *path, const struct way *way,
    enum candidate_kind kind);

/* Whether what comes from there, or under its session, is of the path. */
static inline bool candidate_lives(const struct candidate *candidate)
{
	return candidate->tried || candidate->kept;
}

/* Whether the path leads there. */
bool candidate_is_used(const struct path *path, const struct candidate *candidate);

/* The one of them that it leads to; NULL when that was heard of otherwise. */
struct candidate *candidate_used(struct path *path);

/* The lower the better: the LAN, IPv6, IPv4. */
int candidate_rank(const struct candidate *candidate);
int path_rank(const struct path *path);

/* Whether a router that changes addresses or ports may stand on the way there. */
bool candidate_passes_nat(const struct candidate *candidate);

/* Whether the other is seen at the address at which we are: the same router stands before both. */
bool candidates_share_router(const struct path *path, const struct peer_nat_status *own);

/* Forgets all, or those that are given up; or gives all up, to be looked at still. */
void candidates_clear(struct path *path);
void candidates_sweep(struct path *path);
void candidates_drop(struct path *path);

/* Gives up those of one session (NULL: of none) whose checks have not begun. */
void candidates_forgo(struct path *path, const uint8_t *session);

/* Gives up those that were not heard for long, but for the one in use. */
void candidates_age(struct turn *turn, struct path *path);

#endif
