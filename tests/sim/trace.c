/* The trace: a line for each datagram when its fate is known, and for each event. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "wire/fields.h"

#define TRAIL_MAX 320

struct trail {
	int64_t since;
	size_t len;
	char what[COMMAND_TEXT_MAX];
	char text[TRAIL_MAX];
};

static void add(struct trail *trail, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct trail *trail, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(trail->text + trail->len, sizeof trail->text - trail->len, format, args);

	va_end(args);
	if (n > 0 && trail->len + (size_t)n < sizeof trail->text)
		trail->len += (size_t)n;
}

/* Its command by name, its TTL if it is short, and which fields of ours it has. */
static void describe(struct trail *trail, const struct datagram *datagram)
{
	struct packet packet;
	struct block block;
	char keys[64] = "";
	size_t len = 0;

	if (packet_parse(&packet, span_of(datagram->data, datagram->len)) != PACKET_OK) {
		snprintf(trail->what, sizeof trail->what, "no packet");
		return;
	}
	const char *name = command_name(packet.word & COMMAND_MASK);

	if (block_parse(&block, &packet)) {
		for (unsigned key = KEY_TK; key < KEY_COUNT; key++) {
			if (block_has(&block, (enum block_key)key))
				len += (size_t)snprintf(keys + len, sizeof keys - len, " %s",
				    block_key_name((enum block_key)key));
		}
	}
	snprintf(trail->what, sizeof trail->what, "%s%s%s", name != NULL ? name : "?", keys,
	    datagram->ttl != 0 ? " (low ttl)" : "");
}

struct trail *trail_new(const struct sim *sim, const char *name, const struct endpoint *from,
    const struct datagram *datagram)
{
	char at[ENDPOINT_TEXT_MAX];

	if (!sim->trace)
		return NULL;
	struct trail *trail = calloc(1, sizeof *trail);

	if (trail == NULL)
		abort();
	trail->since = sim->now;
	add(trail, "%s %s", name, endpoint_format(from, at));
	describe(trail, datagram);
	return trail;
}

struct trail *trail_copy(const struct trail *trail)
{
	struct trail *twin;

	if (trail == NULL)
		return NULL;
	twin = malloc(sizeof *twin);
	if (twin == NULL)
		abort();
	memcpy(twin, trail, sizeof *twin);
	add(twin, " (twin)");
	return twin;
}

void trail_via(struct trail *trail, const struct nat_site *site, const struct endpoint *now)
{
	char at[ENDPOINT_TEXT_MAX];

	if (trail != NULL)
		add(trail, " =%c=> %s", site->letter, endpoint_format(now, at));
}

void trail_to(struct trail *trail, const struct endpoint *to)
{
	char at[ENDPOINT_TEXT_MAX];

	if (trail != NULL)
		add(trail, " -> %s", endpoint_format(to, at));
}

void trail_end(struct sim *sim, struct trail *trail, const struct node *to, const char *fate)
{
	if (trail == NULL)
		return;
	printf("# %7lld +%-3lld %s%s%s: %s: %s\n", (long long)(trail->since - sim->start),
	    (long long)(sim->now - trail->since), trail->text, to != NULL ? " " : "",
	    to != NULL ? to->name : "", trail->what, fate);
	free(trail);
}

void trace_note(const struct node *node, const char *format, ...)
{
	va_list args;

	if (!node->sim->trace)
		return;
	printf("# %7lld      %s ", (long long)(node->sim->now - node->sim->start), node->name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void trace_site(const struct sim *sim, const struct nat_site *site)
{
	static const char *const depends[] = {"independent", "by address", "by port"};
	static const char *const ports[] = {"kept", "random", "sequential", "block"};
	const struct nat_spec *spec = &site->nat.spec;
	char at[ENDPOINT_TEXT_MAX];

	if (!sim->trace)
		return;
	printf("# %7lld      NAT %c at %s%s%c: mapping %s, filtering %s, ports %s%s%s%s\n",
	    (long long)(sim->now - sim->start), site->letter,
	    endpoint_format_address(&site->nat.outer, at),
	    site->uplink != NULL ? " behind " : "",
	    site->uplink != NULL ? site->uplink->letter : ' ', depends[spec->mapping],
	    depends[spec->filtering], ports[spec->ports], spec->hairpin ? ", hairpin" : "",
	    spec->open ? ", open input" : "", spec->outgoing_only ? ", kept by outgoing" : "");
}

static void trace_step(const struct node *node, const struct peer_event *event, const char *name)
{
	char at[ENDPOINT_TEXT_MAX] = "";

	if (event->at.family != FAMILY_NONE)
		endpoint_format(&event->at, at);
	trace_note(node, "* %s %s %s %s", name, step_name(event->step), at,
	    event->reason != REASON_NONE ? reason_name(event->reason) : "");
}

void trace_event(const struct node *node, const struct peer_event *event)
{
	const char *name = event->name != NULL ? event->name : "";

	switch (event->kind) {
	case EVENT_NEIGHBOUR:
	case EVENT_NAMESAKE:
	case EVENT_ROSTER:
	case EVENT_STAMP:
	case EVENT_TEXT:
	case EVENT_CLOCK:
	case EVENT_TOLD:
		break;
	case EVENT_RESOLVE:
		trace_note(node, "* wants the address of %s", event->host);
		break;
	case EVENT_SOCKET:
		trace_note(node, "* wants socket %u", event->socket);
		break;
	case EVENT_SOCKET_END:
		trace_note(node, "* ends the socket of number %u", event->local);
		break;
	case EVENT_SUPERNODE:
		trace_note(node, "* supernode %s", supernode_state_name(event->supernode_state));
		break;
	case EVENT_SOCKET_USED:
		trace_note(node, "* goes over to port %u", event->port);
		break;
	case EVENT_SUPERNODE_KEY:
		trace_note(node, "* key of the supernode: %s",
		    identity_state_name(event->identity_state));
		break;
	case EVENT_STEP:
		trace_step(node, event, name);
		break;
	case EVENT_PATH:
		trace_note(node, "* path %u to %s is %s (%s)", event->path, name,
		    path_state_name(event->path_state), reason_name(event->reason));
		break;
	case EVENT_RECEIVED:
		trace_note(node, "* received from %s: %s", name, event->text);
		break;
	case EVENT_MESSAGE:
		trace_note(node, "* message %llu is %s (%s)", (unsigned long long)event->message,
		    message_state_name(event->message_state), reason_name(event->reason));
		break;
	}
}
