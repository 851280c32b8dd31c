/*
 * Messages to and from the peer on its LAN: who is there and beyond, and what
 * is told of them, kept to be looked at.
 */
#ifndef IPMSG_TESTS_MAIL_FIXTURE_H
#define IPMSG_TESTS_MAIL_FIXTURE_H

#include "lan_fixture.h"

#define SECOND_OF_ALICE "192.168.1.22:2425"
#define DAVE "203.0.113.4:40000"
#define STRANGER "203.0.113.66:5000"

struct told {
	enum peer_event_kind kind; /* EVENT_RECEIVED or EVENT_MESSAGE */
	uint64_t message;
	enum message_state state;
	enum reason reason;
	uint32_t path;
	char name[300];
	char text[1200]; /* "" for none */
	bool sealed, broadcast, automatic;
	size_t offer_count;
	char offers[600]; /* "NAME SIZE KIND;" each */
};

/* A checked fixture: at rest. alice@ALPHA of dev takes UTF-8, carol@gamma does not. */
void mail_setup(void);

/* printf() first; no NULs in it but the last. */
void hearf(const char *from, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Enters the LAN. */
void there_is(const char *where, const char *user, const char *host, const char *group, bool utf8);

/* A path to a seed, open. Returns its id. */
uint32_t there_is_seed(const char *where, const char *name);

/* 0 with `*reason` (may be NULL) when it is not taken. */
uint64_t say(const char *name, const char *text, bool sealed, bool many, enum reason *reason);

/* What was sent and told so far. */
void forget(void);
size_t sent_to(const char *where);
size_t bytes_to(const char *where);

/* As assert_sent(); returns the packet's number. */
uint32_t ck_sent(size_t i, const char *to, uint16_t local, struct span rest);

size_t told_count(void);
const struct told *told_at(size_t i);
const struct told *last_told(void);

#endif
