/*
 * Messages of ours in parts (ipmsg-punch(7), LARGE MESSAGES): as many under way
 * at a time as the line seems to bear, those that got lost once more, until all
 * are there or nothing comes back.
 */
#include "peer/parts.h"

#include <stdlib.h>
#include <string.h>

#include "peer/core.h"

#define WINDOW_FIRST 8
#define WINDOW_LEAST 8 /* after a loss: some lines lose a tenth, whatever is sent */
#define WINDOW_SILENT 2
#define WINDOW_MOST 64
#define PASSED_BY 3 /* later ones that are there: then it is lost */
#define TIMER_FIRST_MS 500
#define TIMER_LEAST_MS 200
#define TIMER_MOST_MS 2000
#define TIMER_WHOLE_MS 500 /* all is there, and is being stored: then one part asks for it */
#define TIMER_WHOLE_MOST_MS 1000
#define GIVEN_UP_MS 20000
#define CHECK_TIMEOUTS 2
#define FORGOTTEN_MOST 8

static void free_sending(struct part_sending *sending)
{
	if (sending == NULL)
		return;
	free(sending->text);
	free(sending->parts);
	free(sending);
}

void parts_free(struct peer *peer)
{
	for (size_t i = 0; i < PART_SENDINGS_MAX; i++)
		free_sending(peer->parts.sendings[i]);
	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++)
		free(peer->parts.assemblies[i].room);
}

/* NULL also when that path has one, the bytes of all are too many, or others come first. */
static struct part_sending **find_place(struct parts *parts, uint32_t path, size_t len)
{
	struct part_sending **place = NULL;
	size_t bytes = len;

	if (parts->freed)
		return NULL;
	for (size_t i = 0; i < PART_SENDINGS_MAX; i++) {
		const struct part_sending *sending = parts->sendings[i];

		if (sending == NULL)
			place = &parts->sendings[i];
		else if (sending->path == path)
			return NULL;
		else
			bytes += sending->len;
	}
	return bytes <= PART_SENDINGS_BYTES ? place : NULL;
}

static void write_part(struct turn *turn, struct writer *w, const struct part_sending *sending,
    const struct path *path, uint32_t index)
{
	size_t offset = index * sending->size;
	size_t left = sending->len - offset;
	struct fields fields = {
	    .part = {index, sending->total, (uint32_t)sending->len, sending->word},
	};

	fields_set(&fields, KEY_SI);
	memcpy(fields.session, path->session, SESSION_BYTES);
	fields_set(&fields, KEY_PT);
	part_write(w, sending->number, &turn->peer->identity, &fields,
	    span_of(sending->text + offset, left < sending->size ? left : sending->size));
	path_seal(w, path);
}

/* The MA is counted whether it is there or not: a path may come to have a key. */
#define MA_LINE_BYTES 26
static size_t chunk_size(struct turn *turn, const struct part_sending *sending)
{
	unsigned char room[MESSAGE_BYTES_MAX];
	struct writer w = writer_on(room, sizeof room);
	struct fields fields = {
	    .part = {PARTS_MAX, PARTS_MAX, (uint32_t)sending->len, sending->word},
	};

	fields_set(&fields, KEY_SI);
	fields_set(&fields, KEY_PT);
	part_write(&w, sending->number, &turn->peer->identity, &fields, span_of("", 0));
	return sizeof room - MA_LINE_BYTES - w.len;
}

/* As message_write() does: CR is left out. */
static size_t copy_text(char *to, const char *text)
{
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (*text != '\r')
			to[len++] = *text;
	}
	return len;
}

static bool set_up(struct turn *turn, struct part_sending *sending, const char *text)
{
	sending->text = malloc(text_length(text) + 1);
	if (sending->text == NULL)
		return false;
	sending->len = copy_text(sending->text, text);
	sending->size = chunk_size(turn, sending);
	sending->total = (uint32_t)((sending->len + sending->size - 1) / sending->size);
	sending->parts = calloc(sending->total, sizeof *sending->parts);
	return sending->parts != NULL;
}

static void send_part(struct turn *turn, struct part_sending *sending, const struct path *path,
    uint32_t index)
{
	struct sent_part *part = &sending->parts[index];
	struct writer w = turn_open(turn);

	write_part(turn, &w, sending, path, index);
	turn_close_from(turn, &w, &path->remote, path->local, 0);
	if (!part->under_way)
		sending->under_way++;
	part->again = part->at != 0;
	part->under_way = true;
	part->at = turn->now;
	part->order = ++sending->order;
	if (index >= sending->first_new)
		sending->first_new = index + 1;
}

/* Those that got lost before new ones; `total` when there is none. */
static uint32_t next_part(const struct part_sending *sending)
{
	uint32_t i = 0;

	while (i < sending->total &&
	    (sending->parts[i].under_way || part_is_there(sending->bits, i)))
		i++;
	return i;
}

static int64_t timer(const struct part_sending *sending)
{
	bool whole = sending->there == sending->total;
	int64_t wait = sending->rtt == 0 ? TIMER_FIRST_MS : sending->rtt + 4 * sending->variance;
	int64_t most = whole ? TIMER_WHOLE_MOST_MS : TIMER_MOST_MS;

	if (wait < TIMER_LEAST_MS)
		wait = TIMER_LEAST_MS;
	if (whole)
		wait = TIMER_WHOLE_MS;
	for (unsigned i = 0; i < sending->timeouts && wait < most; i++)
		wait *= 2;
	return wait < most ? wait : most;
}

static void fill_window(struct turn *turn, struct part_sending *sending, const struct path *path)
{
	uint32_t index;

	while (sending->under_way < sending->window &&
	    (index = next_part(sending)) < sending->total)
		send_part(turn, sending, path, index);
	sending->due = turn->now + timer(sending);
}

enum parts_begun parts_begin(struct turn *turn, const struct path *path, uint64_t message,
    uint32_t number, uint32_t word, const char *text)
{
	struct part_sending **place = find_place(&turn->peer->parts, path->id, text_length(text));
	struct part_sending *sending = place != NULL ? calloc(1, sizeof *sending) : NULL;

	if (sending == NULL)
		return place == NULL ? PARTS_LATER : PARTS_NO_MEMORY;
	*sending = (struct part_sending){
	    .message = message,
	    .path = path->id,
	    .number = number,
	    .word = word | OPT_UTF8,
	    .window = WINDOW_FIRST,
	    .threshold = WINDOW_MOST,
	    .progress = turn->now,
	};
	if (!set_up(turn, sending, text)) {
		free_sending(sending);
		return PARTS_NO_MEMORY;
	}
	*place = sending;
	peer_bump(turn->peer, PEER_MESSAGES_OUT);
	fill_window(turn, sending, path);
	return PARTS_BEGUN;
}

bool parts_take_freed(struct parts *parts)
{
	bool freed = parts->freed;

	parts->freed = false;
	return freed;
}

void parts_end(struct peer *peer, uint64_t message)
{
	for (size_t i = 0; i < PART_SENDINGS_MAX; i++) {
		struct part_sending **place = &peer->parts.sendings[i];

		if (*place != NULL && (*place)->message == message) {
			free_sending(*place);
			*place = NULL;
			peer->parts.freed = true;
		}
	}
}

struct path *parts_speaker(struct turn *turn, const struct arrival *in,
    const struct fields *fields)
{
	struct path *path = path_by_session(turn->peer, fields->session);

	if (path == NULL || path->state != PATH_OPEN ||
	    path_by_endpoint(turn->peer, &in->remote) != path) {
		peer_bump(turn->peer, PEER_DROPPED_FORGED);
		return NULL;
	}
	return path_sealed(turn, path, in->bytes, fields) ? path : NULL;
}

static void measure(struct part_sending *sending, int64_t took)
{
	int64_t off;

	if (took < 1)
		took = 1;
	if (sending->rtt == 0) {
		sending->rtt = took;
		sending->variance = took / 2;
		return;
	}
	off = took > sending->rtt ? took - sending->rtt : sending->rtt - took;
	sending->variance = (3 * sending->variance + off) / 4;
	sending->rtt = (7 * sending->rtt + took) / 8;
}

/* One that was sent twice may have been confirmed for its first time. */
static bool says_when(const struct part_sending *sending, const struct sent_part *part,
    int64_t now)
{
	return !part->again || now - part->at >= sending->rtt;
}

/* Takes over what is there. Returns how many are new; `*newest` is the last of them in order. */
static uint32_t take_bits(struct part_sending *sending, const uint8_t *bits, int64_t now,
    uint32_t *newest)
{
	int64_t took = -1;
	uint32_t fresh = 0;

	*newest = 0;
	for (uint32_t i = 0; i < sending->total; i++) {
		struct sent_part *part = &sending->parts[i];

		if (!part_is_there(bits, i))
			continue;
		if (!part_is_there(sending->bits, i))
			fresh++;
		if (!part->under_way)
			continue;
		part->under_way = false;
		sending->under_way--;
		if (says_when(sending, part, now) && part->order > *newest) {
			*newest = part->order;
			took = part->again ? -1 : now - part->at;
		}
	}
	if (took >= 0)
		measure(sending, took);
	return fresh;
}

/* What was sent some before the newest that is there is lost. Returns whether anything is. */
static bool find_lost(struct part_sending *sending, uint32_t newest)
{
	bool lost = false;

	for (uint32_t i = 0; i < sending->first_new; i++) {
		struct sent_part *part = &sending->parts[i];

		if (!part->under_way || part->order + PASSED_BY > newest)
			continue;
		part->under_way = false;
		sending->under_way--;
		lost = lost || part->order > sending->recovered;
	}
	return lost;
}

static void shrink(struct part_sending *sending)
{
	sending->threshold = sending->window / 2 > WINDOW_LEAST ? sending->window / 2 : WINDOW_LEAST;
	sending->window = sending->threshold;
	sending->recovered = sending->order;
	sending->grown = 0;
}

static void grow(struct part_sending *sending, uint32_t fresh)
{
	if (sending->window < sending->threshold) {
		sending->window += fresh;
	} else {
		sending->grown += fresh;
		if (sending->grown >= sending->window) {
			sending->grown = 0;
			sending->window++;
		}
	}
	if (sending->window > WINDOW_MOST)
		sending->window = WINDOW_MOST;
}

static bool has_lost_some(const struct part_sending *sending, const uint8_t *bits)
{
	for (uint32_t i = 0; i < sending->total; i++) {
		if (part_is_there(sending->bits, i) && !part_is_there(bits, i))
			return true;
	}
	return false;
}

static void take_ack(struct turn *turn, struct part_sending *sending, const struct path *path,
    const struct part_ack *ack)
{
	uint32_t newest, fresh = take_bits(sending, ack->bits, turn->now, &newest);
	bool lost = find_lost(sending, newest);

	/* it has begun anew, there: what it has now is the truth */
	if (has_lost_some(sending, ack->bits))
		sending->forgotten++;
	memcpy(sending->bits, ack->bits, sizeof sending->bits);
	sending->there = 0;
	for (uint32_t i = 0; i < sending->total; i++)
		sending->there += part_is_there(sending->bits, i);
	if (lost)
		shrink(sending);
	else
		grow(sending, fresh);
	if (fresh > 0) {
		sending->timeouts = 0;
		sending->progress = turn->now;
	}
	if (fresh > 0 || lost)
		fill_window(turn, sending, path);
}

/* The table has as many bits as the message has parts. */
static bool fits(const struct part_sending *sending, const struct part_ack *ack)
{
	uint32_t over = sending->total % 8;

	return ack->bits_len == part_bits_bytes(sending->total) &&
	    (over == 0 || ack->bits[ack->bits_len - 1] >> over == 0);
}

/* They overtake each other: an older one says less, and one that is heard again nothing. */
static bool is_news(const struct part_sending *sending, uint32_t number)
{
	return !sending->has_ack || (int32_t)(number - sending->last_ack) > 0;
}

void parts_acked(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct parts *parts = &turn->peer->parts;
	struct part_ack ack;
	struct path *path;

	if (!part_ack_parse(&ack, packet)) {
		peer_bump(turn->peer, PEER_DROPPED_VOID);
		return;
	}
	path = parts_speaker(turn, in, &ack.fields);
	if (path == NULL)
		return;
	path->heard = turn->now;
	for (size_t i = 0; i < PART_SENDINGS_MAX; i++) {
		struct part_sending *sending = parts->sendings[i];

		if (sending == NULL || sending->path != path->id ||
		    sending->number != ack.message || !is_news(sending, packet->number) ||
		    !fits(sending, &ack))
			continue;
		sending->has_ack = true;
		sending->last_ack = packet->number;
		take_ack(turn, sending, path, &ack);
	}
}

/* All that is under way is taken for lost; where all is there one asks what became of it. */
static void begin_again(struct turn *turn, struct part_sending *sending, struct path *path)
{
	sending->timeouts++;
	shrink(sending);
	sending->window = WINDOW_SILENT;
	for (uint32_t i = 0; i < sending->first_new; i++)
		sending->parts[i].under_way = false;
	sending->under_way = 0;
	if (sending->there == sending->total)
		send_part(turn, sending, path, sending->total - 1);
	fill_window(turn, sending, path);
	/* perhaps the other has moved: found out now, this can follow it */
	if (sending->timeouts == CHECK_TIMEOUTS)
		path_check(turn, path);
}

static bool is_over(const struct turn *turn, const struct part_sending *sending,
    const struct path *path)
{
	return path == NULL || path->state != PATH_OPEN || !path->has_session ||
	    turn->now - sending->progress >= GIVEN_UP_MS || sending->forgotten > FORGOTTEN_MOST;
}

static void tick(struct turn *turn, struct part_sending *sending)
{
	struct path *path = path_by_id(turn->peer, sending->path);
	uint64_t message = sending->message;

	if (!is_over(turn, sending, path)) {
		begin_again(turn, sending, path);
		return;
	}
	parts_end(turn->peer, message);
	messages_unconfirmed(turn, message);
}

void parts_tick(struct turn *turn)
{
	for (size_t i = 0; i < PART_SENDINGS_MAX; i++) {
		struct part_sending *sending = turn->peer->parts.sendings[i];

		if (sending != NULL && turn->now >= sending->due)
			tick(turn, sending);
	}
	parts_in_tick(turn);
}

int64_t parts_deadline(const struct parts *parts)
{
	int64_t due = parts->freed ? 0 : parts_in_deadline(parts);

	for (size_t i = 0; i < PART_SENDINGS_MAX; i++) {
		if (parts->sendings[i] != NULL && parts->sendings[i]->due < due)
			due = parts->sendings[i]->due;
	}
	return due;
}

void parts_move(struct parts *parts, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < PART_SENDINGS_MAX; i++) {
		if (parts->sendings[i] != NULL && parts->sendings[i]->path == from)
			parts->sendings[i]->path = to;
	}
	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++) {
		if (parts->assemblies[i].path == from)
			parts->assemblies[i].path = to;
	}
}
