/*
 * Events of the core, put aside while it is at work and looked at when it has
 * returned: only then may it be called again, and only then does whoever asked
 * for something know the number it got.
 */
#ifndef IPMSG_PEERD_NEWS_H
#define IPMSG_PEERD_NEWS_H

#include <stdbool.h>
#include <sys/queue.h>

#include "peer/event.h"

/* Texts in the event are gone, but for the name (NULL if there was none) and who is listed. */
struct news {
	TAILQ_ENTRY(news) next;
	struct peer_event event;
	bool done; /* what the event wants was done: message stored, name being resolved */
	char name[];
};

TAILQ_HEAD(news_queue, news);

/* A copy at the end of the queue; without memory it is lost, and logged. */
void news_add(struct news_queue *queue, const struct peer_event *event, bool done);

/* The first, to be freed by free(); NULL when there is none. */
struct news *news_take(struct news_queue *queue);

#endif
