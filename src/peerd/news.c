/* The queue of events that wait for the core to return. */
#include "peerd/news.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void news_add(struct news_queue *queue, const struct peer_event *event, bool done)
{
	size_t len = event->name != NULL ? strlen(event->name) + 1 : 0;
	size_t listed = event->listed != NULL ? sizeof *event->listed : 0;
	struct news *news = malloc(sizeof *news + len + listed);

	if (news == NULL) {
		log_error("memory is short: an event was lost");
		return;
	}
	news->event = *event;
	news->event.host = news->event.user = news->event.text = NULL;
	news->event.identity = NULL;
	news->event.offers = NULL;
	news->event.offer_count = 0;
	news->done = done;
	if (len > 0)
		news->event.name = memcpy(news->name, event->name, len);
	/* made of bytes alone, so it may stand behind the name */
	if (listed > 0)
		news->event.listed = memcpy(news->name + len, event->listed, listed);
	TAILQ_INSERT_TAIL(queue, news, next);
}

struct news *news_take(struct news_queue *queue)
{
	struct news *news = TAILQ_FIRST(queue);

	if (news != NULL)
		TAILQ_REMOVE(queue, news, next);
	return news;
}
