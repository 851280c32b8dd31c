/*
 * What the addresses that supernodes see say about the NAT between them and
 * this host, in RFC 4787's terms as far as two or more of them can tell.
 */
#ifndef IPMSG_IPMSGCTL_NAT_H
#define IPMSG_IPMSGCTL_NAT_H

#include <jansson.h>
#include <stdio.h>

/*
 * From the status of a peer a new array with one object for each address
 * family that a registered supernode sees it in: `family`, `seen_by` (how many
 * do), `translated`, `port_kept`, and `mapping`: "none" (there is no NAT),
 * "independent", "dependent" (on the destination) or "unknown".
 */
json_t *nat_judge(const json_t *status);

/* One of them as a sentence, with the peer's port, and a newline. */
void nat_print(FILE *stream, const json_t *nat, int64_t port);

#endif
