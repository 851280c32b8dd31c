/* How the bench's peers register, and which answers they must get. */
#ifndef IPMSG_BENCH_ENTER_H
#define IPMSG_BENCH_ENTER_H

#include "measure.h"
#include "traffic.h"

/* Every peer enters: a challenge first, then with its cookie. */
void enter_all(struct traffic *traffic, const struct server *superd, uint32_t peers);

/* The same, each with a key of its own and a signature. Ends the program if superd has no key. */
void enter_all_signed(struct traffic *traffic, const struct server *superd, uint32_t peers);

/* A server of ipmsg-superd's kind: it grants this very peer's entry, with a cookie. */
struct traffic_server enter_server(const struct server *superd);

/* The echo loop: the request comes back, to the byte. */
struct traffic_server echo_server(const struct server *echo);

/* Ends the program when an answer was wrong: figures of it would mean nothing. */
void enter_check(const struct traffic *traffic, const char *name);

#endif
