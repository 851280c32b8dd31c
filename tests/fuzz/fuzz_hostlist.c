/* Host lists: every host that is let through can be, and comes back when we list it. */
#include "fuzz_wire.h"
#include "wire/hostlist.h"

static const struct identity from = {.user = "u", .host = "h"};

static void check_host(const struct listed_host *host)
{
	HOLDS(host->user.len >= 1 && host->user.len <= NAME_BYTES_MAX);
	HOLDS(host->host.len >= 1 && host->host.len <= NAME_BYTES_MAX);
	HOLDS(host->nick.len <= NAME_BYTES_MAX && host->group.len <= NAME_BYTES_MAX);
	HOLDS(endpoint_scope(&host->at) != SCOPE_UNUSABLE);
}

/* Reads the list and writes it; returns the number of hosts, or -1. */
static int rewrite(struct span bytes, struct writer *w)
{
	struct packet packet;
	struct hostlist list;
	struct listed_host host;
	int count = 0;

	if (packet_parse(&packet, bytes) != PACKET_OK || !hostlist_parse(&list, &packet))
		return -1;
	packet_begin(w, packet.number, &from, CMD_ANSLIST);
	hostlist_write_head(w, list.next, list.count);
	while (hostlist_next(&list, &host)) {
		HOLDS(list.seen <= list.count);
		check_host(&host);
		hostlist_write_host(w, &host);
		count++;
	}
	writer_byte(w, '\0');
	return w->full ? -1 : count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char first[SCRATCH_BYTES], second[SCRATCH_BYTES];
	struct span copy = fuzz_copy(data, size);
	struct writer w = writer_on(first, sizeof first);
	struct writer again = writer_on(second, sizeof second);
	int count = rewrite(copy, &w);

	if (count >= 0) {
		HOLDS(rewrite(fuzz_written(&w), &again) == count);
		HOLDS(span_equal(fuzz_written(&w), fuzz_written(&again)));
	}
	fuzz_drop(copy);
	return 0;
}
