/*
 * Tests: entries without a cookie, which a supernode answers with how it sees us and forgets
 * (ipmsg-punch(7), NAT TESTS). Several at a time, from one socket.
 */
#ifndef IPMSG_PEER_NATTEST_H
#define IPMSG_PEER_NATTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/entry.h"

struct peer;
struct turn;

#define NAT_TESTS_MAX 8

struct nat_test {
	struct endpoint to;
	struct endpoint from;	   /* where the answer has to come from */
	struct endpoint alternate; /* that, as the supernode calls it; family NONE: it is `to` */
	uint8_t transaction[TRANSACTION_BYTES];
	unsigned tries;
	int64_t due;
	bool answered;
	bool refused; /* it was, but from where it went: the supernode cannot answer from `from` */
	struct endpoint seen; /* us, as it says; family NONE: it does not */
};

struct nat_tests {
	struct nat_test all[NAT_TESTS_MAX];
	size_t count;
	int64_t started;
};

/* None yet; those that are added leave one after another, so that a router sees them in order. */
void nattests_begin(struct nat_tests *tests, int64_t now);

/* `alternate` NULL: answered from where it goes. NULL when there are too many. */
struct nat_test *nattests_add(struct peer *peer, struct nat_tests *tests,
    const struct endpoint *to, const struct endpoint *from, const struct endpoint *alternate);

/* Sends those that are due, from that socket. */
void nattests_send(struct turn *turn, struct nat_tests *tests, uint16_t local);

/* Whether they are answered, or will not be any more. */
bool nattests_over(const struct nat_tests *tests, int64_t now);
int64_t nattests_deadline(const struct nat_tests *tests);

/* An ANSENTRY that came to their socket. What is not the first answer to one of them is counted. */
void nattests_answer(struct peer *peer, struct nat_tests *tests, const struct endpoint *from,
    const struct fields *fields);

#endif
