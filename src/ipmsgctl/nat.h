/*
 * The NAT between this host and its supernodes, in RFC 4787's terms: as the daemon has tested it,
 * and where it could not, as far as the addresses tell that two or more supernodes see.
 */
#ifndef IPMSG_IPMSGCTL_NAT_H
#define IPMSG_IPMSGCTL_NAT_H

#include <jansson.h>
#include <stdio.h>

/*
 * From the status of a peer a new array with one object for each address family of which the daemon
 * knows anything, or that a registered supernode sees it in. It has the daemon's members
 * (net.ipmsg.peer, Nat), and `seen_by` (how many supernodes do), `port_kept` (that of this peer),
 * and `because`: why the mapping is "unknown". Where nothing was tested, the mapping may be
 * "dependent": on the destination, in one way or the other.
 */
json_t *nat_judge(const json_t *status);

/* One of them, a fact a line, with the peer's port. */
void nat_print(FILE *stream, const json_t *nat, int64_t port);

/* A Nat of this side, or a NatClass of the other, in some words, and a newline. */
void nat_print_summary(FILE *stream, const json_t *nat);

/* Those of this side, a line each, the label before the first. */
void nat_print_summaries(FILE *stream, const char *label, const json_t *nats);

#endif
