/*
 * Messages of others that come in parts, over open paths only. One that is
 * whole is taken for the SENDMSG that it stands for; it is kept for a while, as
 * parts that come again ask whether it arrived.
 */
#include <stdlib.h>
#include <string.h>

#include "peer/core.h"
#include "wire/part.h"

#define ACK_EVERY 4
#define ACK_WITHIN_MS 30
#define FORGET_MS 60000
#define HAND_EVERY_MS 200 /* at most: it is compared with all that came */
#define HEAD_BYTES_MAX 256

static bool is_whole(const struct part_assembly *assembly)
{
	return assembly->there == assembly->total;
}

static void drop(struct part_assembly *assembly)
{
	free(assembly->room);
	*assembly = (struct part_assembly){0};
}

static struct part_assembly *find(struct parts *parts, uint32_t path, uint32_t number)
{
	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++) {
		struct part_assembly *assembly = &parts->assemblies[i];

		if (assembly->path == path && assembly->number == number)
			return assembly;
	}
	return NULL;
}

/* What makes way for another one; it is dropped only once that is known to be enough. */
struct eviction {
	bool going[PART_ASSEMBLIES_MAX];
};

static bool stays(const struct parts *parts, const struct eviction *eviction, size_t i)
{
	return parts->assemblies[i].path != 0 && !eviction->going[i];
}

/* Of those that are whole the one heard of longest ago; PART_ASSEMBLIES_MAX: there is none. */
static size_t oldest_whole(const struct parts *parts, const struct eviction *eviction)
{
	const struct part_assembly *all = parts->assemblies;
	size_t oldest = PART_ASSEMBLIES_MAX;

	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++) {
		if (stays(parts, eviction, i) && is_whole(&all[i]) &&
		    (oldest == PART_ASSEMBLIES_MAX || all[i].heard < all[oldest].heard))
			oldest = i;
	}
	return oldest;
}

/* How many of that path are not whole. */
static unsigned unfinished(const struct parts *parts, const struct eviction *eviction,
    uint32_t path)
{
	unsigned count = 0;

	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++)
		count += stays(parts, eviction, i) && parts->assemblies[i].path == path &&
		    !is_whole(&parts->assemblies[i]);
	return count;
}

static bool is_asked(const struct peer *peer, uint32_t id)
{
	const struct path *path = path_by_id(peer, id);

	return path != NULL && path->asked;
}

/*
 * What has no right to stay when another path needs the room: of those that came to us unasked
 * when a person asked for that one, else of one that has more. Of these the slowest;
 * PART_ASSEMBLIES_MAX: none.
 */
static size_t least_worthy(const struct peer *peer, const struct eviction *eviction, uint32_t path)
{
	const struct parts *parts = &peer->parts;
	const struct part_assembly *all = parts->assemblies;
	bool asked = is_asked(peer, path);
	unsigned own = unfinished(parts, eviction, path);
	size_t least = PART_ASSEMBLIES_MAX;

	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++) {
		bool has_more;

		if (!stays(parts, eviction, i) || all[i].path == path || is_whole(&all[i]))
			continue;
		has_more = unfinished(parts, eviction, all[i].path) > own + 1;
		if (is_asked(peer, all[i].path) ? asked && has_more : asked || has_more) {
			if (least == PART_ASSEMBLIES_MAX || all[i].progress < all[least].progress)
				least = i;
		}
	}
	return least;
}

/* A place that is free then; PART_ASSEMBLIES_MAX: none is, or there is no room for the bytes. */
static size_t free_place(const struct parts *parts, const struct eviction *eviction, size_t bytes)
{
	size_t place = PART_ASSEMBLIES_MAX;

	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++) {
		if (!stays(parts, eviction, i))
			place = i;
		else
			bytes += parts->assemblies[i].bytes;
	}
	return bytes <= PART_ASSEMBLIES_BYTES ? place : PART_ASSEMBLIES_MAX;
}

/* Those that are whole are kept only as long as nothing else needs their room. */
static size_t plan_place(const struct peer *peer, uint32_t path, size_t bytes,
    struct eviction *eviction)
{
	size_t place, victim;

	while ((place = free_place(&peer->parts, eviction, bytes)) == PART_ASSEMBLIES_MAX) {
		victim = oldest_whole(&peer->parts, eviction);
		if (victim == PART_ASSEMBLIES_MAX)
			victim = least_worthy(peer, eviction, path);
		if (victim == PART_ASSEMBLIES_MAX)
			return victim;
		eviction->going[victim] = true;
	}
	return place;
}

static void evict(struct parts *parts, const struct eviction *eviction)
{
	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++) {
		if (eviction->going[i])
			drop(&parts->assemblies[i]);
	}
}

/* The front of the SENDMSG that these parts are of. */
static size_t write_head(unsigned char head[HEAD_BYTES_MAX], const struct packet *packet,
    const struct part *part)
{
	struct writer w = writer_on(head, HEAD_BYTES_MAX);

	writer_text(&w, "1:");
	writer_decimal(&w, packet->number);
	writer_byte(&w, ':');
	writer_span(&w, packet->user);
	writer_byte(&w, ':');
	writer_span(&w, packet->host);
	writer_byte(&w, ':');
	writer_decimal(&w, part->word);
	writer_byte(&w, ':');
	return w.len;
}

static struct part_assembly *begin(struct turn *turn, uint32_t path, const struct packet *packet,
    const struct part_packet *part, struct span head)
{
	struct peer *peer = turn->peer;
	const struct part *told = &part->fields.part;
	struct part_assembly *assembly;
	struct eviction eviction = {0};
	unsigned char *room;
	size_t place;

	if (told->bytes > TEXT_MAX ||
	    unfinished(&peer->parts, &eviction, path) >= PART_ASSEMBLIES_OF_PATH)
		return NULL;
	place = plan_place(peer, path, told->bytes, &eviction);
	room = place < PART_ASSEMBLIES_MAX ? malloc(head.len + told->bytes + 1) : NULL;
	if (room == NULL)
		return NULL;
	evict(&peer->parts, &eviction);
	assembly = &peer->parts.assemblies[place];
	memcpy(room, head.data, head.len);
	room[head.len + told->bytes] = '\0';
	*assembly = (struct part_assembly){
	    .path = path,
	    .number = packet->number,
	    .total = told->total,
	    .bytes = told->bytes,
	    .size = part->size,
	    .room = room,
	    .head = head.len,
	    .progress = turn->now,
	    .ack_due = DEADLINE_NEVER,
	};
	return assembly;
}

/* Whether it is one of those that came before: of the same sender, message, sizes. */
static bool belongs(const struct part_assembly *assembly, const struct part_packet *part,
    struct span head)
{
	return assembly->total == part->fields.part.total &&
	    assembly->bytes == part->fields.part.bytes && assembly->size == part->size &&
	    span_equal(span_of(assembly->room, assembly->head), head);
}

static struct part_assembly *assembly_of(struct turn *turn, uint32_t path,
    const struct packet *packet, const struct part_packet *part)
{
	struct parts *parts = &turn->peer->parts;
	struct part_assembly *assembly = find(parts, path, packet->number);
	unsigned char bytes[HEAD_BYTES_MAX];
	struct span head = span_of(bytes, write_head(bytes, packet, &part->fields.part));

	if (assembly == NULL)
		return begin(turn, path, packet, part, head);
	if (belongs(assembly, part, head))
		return assembly;
	peer_bump(turn->peer, PEER_DROPPED_VOID);
	return NULL;
}

static void acknowledge(struct turn *turn, struct part_assembly *assembly)
{
	struct peer *peer = turn->peer;
	const struct path *path = path_by_id(peer, assembly->path);
	struct writer w = turn_open(turn);
	struct fields fields = {0};

	assembly->unacknowledged = 0;
	assembly->ack_due = DEADLINE_NEVER;
	if (path == NULL || path->state != PATH_OPEN || !path->has_session)
		return;
	fields_set(&fields, KEY_SI);
	memcpy(fields.session, path->session, SESSION_BYTES);
	part_ack_write(&w, turn_number(turn), &peer->identity, &fields, assembly->number,
	    assembly->bits, part_bits_bytes(assembly->total));
	path_seal(&w, path);
	turn_close_from(turn, &w, &path->remote, path->local, 0);
}

/* All of it is there: what follows is as if it had come in one piece, each time. */
static void hand_over(struct turn *turn, const struct arrival *in,
    struct part_assembly *assembly)
{
	struct arrival whole = *in;
	struct packet packet;

	whole.bytes = span_of(assembly->room, assembly->head + assembly->bytes + 1);
	assembly->handed = turn->now;
	if (packet_parse(&packet, whole.bytes) == PACKET_OK)
		messages_received(turn, &whole, &packet);
}

/* Whether the sender should know at once: one is missing, or it does not know of this one. */
static bool is_odd(const struct part_assembly *assembly, uint32_t index)
{
	return part_is_there(assembly->bits, index) || index > assembly->after;
}

static void take(struct part_assembly *assembly, const struct part_packet *part)
{
	uint32_t index = part->fields.part.index;

	memcpy(assembly->room + assembly->head + part->offset, part->chunk.data, part->chunk.len);
	part_note(assembly->bits, index);
	assembly->there++;
	if (index >= assembly->after)
		assembly->after = index + 1;
}

void parts_received(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct part_assembly *assembly;
	struct part_packet part;
	struct path *path;
	bool odd;

	if (!part_parse(&part, packet)) {
		peer_bump(turn->peer, PEER_DROPPED_VOID);
		return;
	}
	path = parts_speaker(turn, in, &part.fields);
	assembly = path != NULL ? assembly_of(turn, path->id, packet, &part) : NULL;
	if (assembly == NULL)
		return;
	path->heard = turn->now;
	assembly->heard = turn->now;
	odd = is_odd(assembly, part.fields.part.index);
	if (!part_is_there(assembly->bits, part.fields.part.index)) {
		take(assembly, &part);
		assembly->progress = turn->now;
	}
	if (odd || is_whole(assembly) || ++assembly->unacknowledged >= ACK_EVERY)
		acknowledge(turn, assembly);
	else if (assembly->ack_due == DEADLINE_NEVER)
		assembly->ack_due = turn->now + ACK_WITHIN_MS;
	if (is_whole(assembly) &&
	    (assembly->handed == 0 || turn->now - assembly->handed >= HAND_EVERY_MS))
		hand_over(turn, in, assembly);
}

void parts_path_gone(struct peer *peer, uint32_t path)
{
	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++) {
		if (peer->parts.assemblies[i].path == path)
			drop(&peer->parts.assemblies[i]);
	}
}

/* Its sender gives it up after 20 s, and comes with the rest half a minute later. */
static int64_t forget_at(const struct part_assembly *assembly)
{
	return (is_whole(assembly) ? assembly->heard : assembly->progress) + FORGET_MS;
}

void parts_in_tick(struct turn *turn)
{
	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++) {
		struct part_assembly *assembly = &turn->peer->parts.assemblies[i];

		if (assembly->path == 0)
			continue;
		if (turn->now >= forget_at(assembly))
			drop(assembly);
		else if (turn->now >= assembly->ack_due)
			acknowledge(turn, assembly);
	}
}

int64_t parts_in_deadline(const struct parts *parts)
{
	int64_t due = DEADLINE_NEVER;

	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++) {
		const struct part_assembly *assembly = &parts->assemblies[i];

		if (assembly->path == 0)
			continue;
		if (forget_at(assembly) < due)
			due = forget_at(assembly);
		if (assembly->ack_due < due)
			due = assembly->ack_due;
	}
	return due;
}
