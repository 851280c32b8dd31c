/* The batch of outgoing datagrams. */
#include "base/datagram.h"

void batch_init(struct batch *batch, batch_flush_fn flush, void *context)
{
	batch->count = 0;
	batch->used = 0;
	batch->flush = flush;
	batch->context = context;
}

unsigned char *batch_open(struct batch *batch, size_t want)
{
	if (batch->count == BATCH_ITEMS || BATCH_ROOM - batch->used < want)
		batch_flush(batch);
	return batch->room + batch->used;
}

void batch_commit(struct batch *batch, size_t len, uint16_t local, const struct endpoint *remote,
    uint8_t ttl)
{
	batch->items[batch->count++] = (struct datagram){
	    .remote = *remote,
	    .local = local,
	    .ttl = ttl,
	    .len = (uint16_t)len,
	    .data = batch->room + batch->used,
	};
	batch->used += len;
}

void batch_flush(struct batch *batch)
{
	if (batch->count > 0)
		batch->flush(batch, batch->context);
	batch->count = 0;
	batch->used = 0;
}
