/*
 * The roster: a peer of ours may list those whom it may ask for, page by page,
 * over the protocol's own host lists. Where they are is not told: who wants to
 * reach somebody has to ask, and the other hears of it.
 *
 * The index that pages go on from is a place in the registry, so that nothing
 * is kept between two of them, and the list ends whatever changes meanwhile:
 * who stays is listed once, who comes or goes may be missed.
 */
#include <string.h>

#include "super/choose.h"
#include "super/core.h"
#include "wire/hostlist.h"

#define PLACES_PER_PAGE 4096u /* of the registry that are looked at: some tenths of a millisecond */
#define HOSTS_BYTES_MAX 1080  /* the head, the fields and the header take up to 110 more */

#define PAGE_MS 500 /* a source may have a page each, */
#define PAGES_AT_ONCE 20
#define PAGE_OF_ALL_MS 4 /* and all of them together so many */
#define PAGES_OF_ALL_AT_ONCE 64

/*
 * Whether one more fits, `each` ms after the other and some at once. `*full`: used up until then.
 */
static bool take(int64_t *full, int64_t now, int64_t each, int64_t at_once)
{
	int64_t from = *full > now ? *full : now;

	if (from - now > each * (at_once - 1))
		return false;
	*full = from + each;
	return true;
}

static bool is_in_time(struct super *super, const struct endpoint *from, int64_t now)
{
	struct roster_limit *limit = &super->roster;
	struct endpoint source = endpoint_prefix(from, 32, 56);
	size_t i = endpoint_hash(&source, super->registry.key) % ROSTER_SOURCES;

	return take(&limit->sources[i], now, PAGE_MS, PAGES_AT_ONCE) &&
	    take(&limit->all, now, PAGE_OF_ALL_MS, PAGES_OF_ALL_AT_ONCE);
}

static bool is_listed(const struct super *super, const struct registration *asker,
    const struct registration *reg)
{
	struct span group = names_part(asker->names, NAME_GROUP);

	if (reg == asker || registration_stale(reg) || reg->remote.family != asker->remote.family)
		return false;
	if (super->settings.roster == ROSTER_ALL)
		return choose_visible(super, asker, reg);
	return group.len > 0 && span_equal(names_part(reg->names, NAME_GROUP), group);
}

static void write_host(struct writer *w, const struct registration *reg)
{
	struct listed_host host = {
	    .user = names_part(reg->names, NAME_USER),
	    .host = names_part(reg->names, NAME_HOST),
	    .nick = names_part(reg->names, NAME_NICK),
	    .group = names_part(reg->names, NAME_GROUP),
	    .status = reg->kind == PEER_EXTENDED ? OPT_CAPUTF8 : 0,
	    .at = {.family = FAMILY_IP4},
	};

	hostlist_write_host(w, &host);
}

/* From the place *next on, which becomes the one to go on from; 0 at the end. Returns how many. */
static uint32_t write_hosts(const struct super *super, const struct registration *asker,
    uint32_t *next, struct writer *w)
{
	uint32_t budget = PLACES_PER_PAGE, count = 0;
	const struct registration *reg;

	while ((reg = registry_walk_some(&super->registry, next, &budget)) != NULL) {
		struct writer before = *w;

		if (!is_listed(super, asker, reg))
			continue;
		write_host(w, reg);
		if (w->full) {
			*w = before;
			--*next;
			return count;
		}
		count++;
	}
	if (budget > 0)
		*next = 0;
	return count;
}

static void answer(struct turn *turn, const struct fields *request, uint32_t next, uint32_t count,
    const struct writer *hosts, const enum punch_error *error)
{
	struct send send = turn_reply(turn);
	struct writer w = send_open(&send);
	struct fields fields = {0};

	fields_set(&fields, KEY_TK);
	memcpy(fields.transaction, request->transaction, TRANSACTION_BYTES);
	fields_set(&fields, KEY_CK);
	memcpy(fields.cookie, request->cookie, COOKIE_BYTES);
	if (error != NULL) {
		fields_set(&fields, KEY_ER);
		fields.error = *error;
	}
	packet_begin(&w, super_number(send.super, send.wall), &send.super->identity,
	    CMD_ANSLIST | OPT_UTF8 | OPT_CAPUTF8);
	hostlist_write_head(&w, next, count);
	writer_span(&w, span_of(hosts->data, hosts->len));
	hostlist_write_fields(&w, &fields);
	send_close(&send, &w);
}

static void answer_page(struct turn *turn, const struct registration *asker,
    const struct fields *request)
{
	static const enum punch_error refused = PUNCH_REFUSED, busy = PUNCH_BUSY;
	struct super *super = turn->super;
	unsigned char bytes[HOSTS_BYTES_MAX];
	struct writer hosts = writer_on(bytes, sizeof bytes);
	uint32_t next, hosts_count;

	if (!is_in_time(super, &turn->in->remote, turn->in->now)) {
		count(super, COUNT_ROSTER_BUSY);
		answer(turn, request, 0, 0, &hosts, &busy);
		return;
	}
	if (super->settings.roster == ROSTER_OFF) {
		count(super, COUNT_ROSTER_REFUSED);
		answer(turn, request, 0, 0, &hosts, &refused);
		return;
	}
	if (!packet_body_number(&turn->packet, &next))
		next = 0;
	hosts_count = write_hosts(super, asker, &next, &hosts);
	count(super, COUNT_ROSTER_PAGES);
	answer(turn, request, next, hosts_count, &hosts, NULL);
}

void roster_asked(struct turn *turn)
{
	struct super *super = turn->super;
	const struct arrival *in = turn->in;
	const struct registration *asker;
	struct block block;
	struct fields fields;

	if (!block_parse(&block, &turn->packet) || !fields_read(&fields, &block)) {
		count(super, COUNT_DROPPED_VOID);
		return;
	}
	/* stock clients would take what is no address for one */
	if (!fields_has(&fields, KEY_PX)) {
		count(super, COUNT_DROPPED_COMMAND);
		return;
	}
	if (!fields_has(&fields, KEY_CK) ||
	    !cookie_valid(&super->cookies, &in->remote, in->wall, fields.cookie)) {
		super_refuse(super, &in->remote, COUNT_DROPPED_FORGED, SUPER_FORGED);
		return;
	}
	asker = registry_at(&super->registry, &in->remote);
	if (asker == NULL || asker->kind != PEER_EXTENDED || !fields_has(&fields, KEY_TK)) {
		count(super, COUNT_STRAY);
		return;
	}
	answer_page(turn, asker, &fields);
}
