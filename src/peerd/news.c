/* The queue of events that wait for the core to return. */
#include "peerd/news.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

bool news_prepare(struct news_spare *spare)
{
	struct news *news;

	TAILQ_INIT(&spare->queue);
	for (spare->count = 0; spare->count < NEWS_SPARE; spare->count++) {
		news = calloc(1, sizeof *news);
		if (news == NULL)
			return false;
		TAILQ_INSERT_TAIL(&spare->queue, news, next);
	}
	return true;
}

/* Somebody who is listed would look like the end of the list without what is told of him. */
static struct news *take_spare(struct news_spare *spare, const struct peer_event *event)
{
	struct news *news = event->listed == NULL ? news_take(&spare->queue) : NULL;

	if (news != NULL)
		spare->count--;
	return news;
}

void news_add(struct news_queue *queue, struct news_spare *spare, const struct peer_event *event,
    bool done)
{
	size_t len = event->name != NULL ? strlen(event->name) + 1 : 0;
	size_t listed = event->listed != NULL ? sizeof *event->listed : 0;
	struct news *news = malloc(sizeof *news + len + listed);

	if (news == NULL) {
		len = 0;
		news = take_spare(spare, event);
	}
	if (news == NULL) {
		log_error("memory is short: an event was lost");
		return;
	}
	news->event = *event;
	news->event.name = NULL;
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

void news_end(struct news_spare *spare, struct news *news)
{
	if (spare->count == NEWS_SPARE) {
		free(news);
		return;
	}
	TAILQ_INSERT_TAIL(&spare->queue, news, next);
	spare->count++;
}

void news_clear(struct news_queue *queue)
{
	struct news *news;

	while ((news = news_take(queue)) != NULL)
		free(news);
}
