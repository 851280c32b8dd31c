/*
 * Events of the core, put aside while it is at work and looked at when it has
 * returned: only then may it be called again, and only then does whoever asked
 * for something know the number it got.
 */
#ifndef IPMSG_PEERD_NEWS_H
#define IPMSG_PEERD_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "peer/event.h"

/* Texts in the event are gone, but for the name (NULL if there was none) and who is listed. */
struct news {
	TAILQ_ENTRY(news) next;
	struct peer_event event;
	bool done; /* what the event wants was done: message collected, name being resolved */
	char name[];
};

TAILQ_HEAD(news_queue, news);

/* Room for what somebody waits for an answer to, or would not hear of again. */
#define NEWS_SPARE 128
struct news_spare {
	struct news_queue queue;
	size_t count;
};

/* Before anything is added. False when memory is short. */
bool news_prepare(struct news_spare *spare);

/*
 * A copy at the end of the queue. When memory is short it takes spare room, and has no name then;
 * without any, or who is listed, the event is lost, and that is logged.
 */
void news_add(struct news_queue *queue, struct news_spare *spare, const struct peer_event *event,
    bool done);

/* The first, for news_end(); NULL when there is none. */
struct news *news_take(struct news_queue *queue);

/* It is done with: its room is spare, or free. */
void news_end(struct news_spare *spare, struct news *news);

/* Frees all of them. */
void news_clear(struct news_queue *queue);

#endif
