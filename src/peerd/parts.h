/* What ipmsg-peerd is made of: for the files that make it up, and for nobody else. */
#ifndef IPMSG_PEERD_PARTS_H
#define IPMSG_PEERD_PARTS_H

#include "io/loop.h"
#include "io/udp.h"
#include "peerd/eventlog.h"
#include "peerd/followers.h"
#include "peerd/keyring.h"
#include "peerd/mail.h"
#include "peerd/news.h"
#include "peerd/outside.h"
#include "peerd/peerd.h"

struct ctl_server;
struct resolver;

struct peerd {
	const struct program_options *options;
	struct conf conf;
	struct loop *loop;
	struct udp *udp;
	struct resolver *resolver;
	struct keeping keeping;
	char state_directory[256]; /* as it was at the start */
	struct peer *peer;
	struct keyring keyring;
	struct ctl_server *control;
	struct followers followers;
	struct news_queue news;
	struct news_spare spare;
	struct outside outside;
	int64_t started;
	bool ending;
	struct eventlog log;
	struct batch batch;
};

#endif
