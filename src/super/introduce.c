/*
 * The rendezvous itself: who asks learns where the other is, the other is
 * ordered to punch toward the asker, each from the socket it is known at.
 */
#include <string.h>

#include "super/choose.h"
#include "super/core.h"

#define ORDERS_PER_TICK 256

/* Local candidates are for those behind the same public address only. */
static size_t candidates_for(const struct registration *of, const struct endpoint *reader,
    struct endpoint out[CANDIDATES_MAX])
{
	if (of == NULL || !endpoint_same_address(&of->remote, reader))
		return 0;
	return names_candidates(of->names, out);
}

static void set_candidates(struct fields *fields, size_t n)
{
	fields->candidate_count = n;
	if (n > 0)
		fields_set(fields, KEY_LC);
}

/*
 * A cookie of ours proves to the reader that the packet is: so it has to be one
 * that the reader knows, that of its ask or of its last refresh, and not one of
 * an epoch that began since.
 */
static void set_asked_cookie(struct fields *fields, const struct asking *asking)
{
	fields_set(fields, KEY_CK);
	memcpy(fields->cookie, asking->cookie, COOKIE_BYTES);
}

static void set_refreshed_cookie(struct super *super, struct fields *fields,
    const struct endpoint *reader, int64_t wall)
{
	const struct registration *reg = registry_at(&super->registry, reader);

	fields_set(fields, KEY_CK);
	cookie_make_for(&super->cookies, reader, reg != NULL ? reg->epoch : cookie_epoch(wall),
	    fields->cookie);
}

/*
 * What is known of one side for the other: whose key it is, and what its NAT does. Keys are told
 * to both or to none: who knows the other's takes nothing from him without a MAC, and that
 * needs both.
 */
static void set_other(struct fields *fields, const struct registration *self,
    const struct registration *other)
{
	if (other == NULL)
		return;
	if (other->keyed && self != NULL && self->keyed) {
		fields_set(fields, KEY_ID);
		memcpy(fields->identity, other->credentials.identity, IDENTITY_BYTES);
	}
	fields->nat = registration_nat(other);
	if (fields->nat.mapping != NAT_MAPPING_UNKNOWN || fields->nat.ports != NAT_PORTS_UNKNOWN ||
	    fields->nat.open || fields->nat.eif)
		fields_set(fields, KEY_NT);
}

static struct fields answer_fields(const struct asking *asking)
{
	struct fields fields = {0};

	fields_set(&fields, KEY_TK);
	memcpy(fields.transaction, asking->transaction, TRANSACTION_BYTES);
	set_asked_cookie(&fields, asking);
	return fields;
}

static void send_answer(struct super *super, const struct asking *asking,
    const struct fields *fields, struct batch *out)
{
	struct send send = {super, out, asking->wall, asking->from, asking->local};
	struct writer w = send_open(&send);

	answer_write(&w, super_number(super, asking->wall), &super->identity, asking->name_as_asked,
	    fields);
	send_close(&send, &w);
}

static void answer_error(struct super *super, const struct asking *asking, enum punch_error error,
    struct span choices, struct batch *out)
{
	struct fields fields = answer_fields(asking);

	fields_set(&fields, KEY_ER);
	fields.error = error;
	if (choices.len > 0) {
		fields_set(&fields, KEY_CH);
		fields.choices = choices;
	}
	if (asking->extended)
		send_answer(super, asking, &fields, out);
}

static void answer_found(struct super *super, const struct asking *asking,
    const struct registration *target, const uint8_t *session, struct batch *out)
{
	struct fields fields = answer_fields(asking);

	fields_set(&fields, KEY_OA);
	fields.observed = target->remote;
	if (session != NULL) {
		fields_set(&fields, KEY_SI);
		memcpy(fields.session, session, SESSION_BYTES);
	}
	set_candidates(&fields, candidates_for(target, &asking->from, fields.candidates));
	if (registration_stale(target)) {
		fields_set(&fields, KEY_ER);
		fields.error = PUNCH_STALE;
	}
	set_other(&fields, registry_at(&super->registry, &asking->from), target);
	send_answer(super, asking, &fields, out);
}

struct plan {
	const struct endpoint *to;
	uint16_t local;
	bool to_extended;
	const struct endpoint *toward;
	const uint8_t *session;		       /* NULL: one of the two is a seed */
	const struct asking *asking;	       /* who hears of a refusal; NULL: nobody */
};

/* The latest ask counts: its cookie is the one that its sender knows best. */
static void remember_asker(struct order_sent *order, const struct asking *asking)
{
	struct order_asker *asker = &order->asker;

	if (asking == NULL || !asking->extended)
		return;
	asker->waits = true;
	asker->local = asking->local;
	memcpy(asker->transaction, asking->transaction, TRANSACTION_BYTES);
	memcpy(asker->cookie, asking->cookie, COOKIE_BYTES);
}

/* Starts an order, or goes on with the one under way. False when there is no room for it. */
static bool start_order(struct super *super, const struct plan *plan, int64_t now)
{
	struct orders *orders = &super->orders;
	struct order_sent *order = orders_find(orders, plan->to, plan->toward);

	if (order != NULL) {
		remember_asker(order, plan->asking);
		if (order_is_of(order, plan->session))
			orders_again(orders, order, now);
		else
			orders_renew(orders, order, plan->session, now);
		return true;
	}
	order = orders_open(orders, plan->to, plan->toward, plan->session, now);
	if (order == NULL)
		return false;
	remember_asker(order, plan->asking);
	order->local = plan->local;
	order->fields = plan->to_extended;
	return true;
}

static bool order_both(struct super *super, const struct asking *asking,
    const struct registration *target, const uint8_t *session)
{
	struct plan to_target = {
	    .to = &target->remote,
	    .local = target->local,
	    .to_extended = target->kind == PEER_EXTENDED,
	    .toward = &asking->from,
	    .session = session,
	    .asking = asking,
	};
	struct plan to_asker = {
	    .to = &asking->from,
	    .local = asking->local,
	    .toward = &target->remote,
	};

	if (!start_order(super, &to_target, asking->now))
		return false;
	return asking->extended || start_order(super, &to_asker, asking->now);
}

static struct super_event event_of(const struct super *super, const struct asking *asking,
    enum super_event_kind kind)
{
	const struct registration *asker = registry_at(&super->registry, &asking->from);

	return (struct super_event){
	    .kind = kind,
	    .from = &asking->from,
	    .asker = asker != NULL ? asker->names : NULL,
	    .wanted = asking->name,
	};
}

static void decline(struct super *super, const struct asking *asking, enum super_reason reason,
    struct span choices, struct batch *out)
{
	static const struct {
		enum counter counter;
		enum punch_error error;
	} ways[SUPER_REASONS] = {
	    [SUPER_UNKNOWN] = {COUNT_ASKS_UNKNOWN, PUNCH_UNKNOWN},
	    [SUPER_AMBIGUOUS] = {COUNT_ASKS_AMBIGUOUS, PUNCH_AMBIGUOUS},
	    [SUPER_DIRECTORY] = {COUNT_ASKS_REFUSED, PUNCH_REFUSED},
	    [SUPER_TARGET] = {COUNT_ASKS_TARGET_REFUSED, PUNCH_REFUSED},
	    [SUPER_SELF] = {COUNT_ASKS_SELF, PUNCH_REFUSED},
	    [SUPER_LIMITED] = {COUNT_ASKS_BUSY, PUNCH_BUSY},
	    [SUPER_BUSY] = {COUNT_ASKS_BUSY, PUNCH_BUSY},
	};
	struct super_event event;

	count(super, ways[reason].counter);
	answer_error(super, asking, ways[reason].error, choices, out);
	if (super->listener.tell == NULL)
		return;
	event = event_of(super, asking, SUPER_DECLINED);
	event.reason = reason;
	super_tell(&super->listener, &event);
}

static void tell_introduced(const struct super *super, const struct asking *asking,
    const struct registration *target)
{
	struct super_event event;

	if (super->listener.tell == NULL)
		return;
	event = event_of(super, asking, SUPER_INTRODUCED);
	event.names = target->names;
	event.at = &target->remote;
	event.extended = target->kind == PEER_EXTENDED;
	event.stale = registration_stale(target);
	super_tell(&super->listener, &event);
}

static void count_introduced(struct super *super, const struct asking *asking,
    const struct registration *target)
{
	const struct registration *asker = registry_at(&super->registry, &asking->from);
	unsigned mapping = asker != NULL ? registration_nat(asker).mapping : NAT_MAPPING_UNKNOWN;

	count(super, COUNT_ASKS_INTRODUCED);
	super->nat_pairs[mapping][registration_nat(target).mapping]++;
	tell_introduced(super, asking, target);
}

static void introduce_to(struct super *super, const struct asking *asking,
    const struct registration *target, struct batch *out)
{
	const struct order_sent *order =
	    orders_find(&super->orders, &target->remote, &asking->from);
	uint8_t session[SESSION_BYTES];
	const uint8_t *common = NULL;
	bool repeated = order != NULL;

	if (repeated && order->refused) {
		count(super, COUNT_ASKS_REPEATED);
		answer_error(super, asking, PUNCH_REFUSED, span_of("", 0), out);
		return;
	}
	if (asking->extended && target->kind == PEER_EXTENDED) {
		cookie_session(&super->cookies, &asking->from, &target->remote,
		    asking->transaction, session);
		common = session;
	}
	/* the same ask once more is one introduction for every limit */
	if ((order == NULL || !order_is_of(order, common)) &&
	    !admission_ask(super->admission, &asking->from, &target->remote, asking->now)) {
		decline(super, asking, SUPER_LIMITED, span_of("", 0), out);
		return;
	}
	if (!order_both(super, asking, target, common)) {
		decline(super, asking, SUPER_BUSY, span_of("", 0), out);
		return;
	}
	if (repeated)
		count(super, COUNT_ASKS_REPEATED);
	else
		count_introduced(super, asking, target);
	if (asking->extended)
		answer_found(super, asking, target, common, out);
	introduce_tick(super, asking->now, asking->wall, out);
}

void introduce(struct super *super, const struct asking *asking, struct batch *out)
{
	static const enum super_reason reasons[] = {
	    [CHOICE_UNKNOWN] = SUPER_UNKNOWN,
	    [CHOICE_AMBIGUOUS] = SUPER_AMBIGUOUS,
	    [CHOICE_HIDDEN] = SUPER_DIRECTORY,
	};
	struct choice choice;
	char names[CHOICES_BYTES_MAX];

	choose(super, asking, &choice);
	if (choice.kind == CHOICE_ONE && !endpoint_equal(&choice.target->remote, &asking->from))
		introduce_to(super, asking, choice.target, out);
	else if (!admission_ask(super->admission, &asking->from, NULL, asking->now))
		decline(super, asking, SUPER_LIMITED, span_of("", 0), out);
	else if (choice.kind != CHOICE_ONE)
		decline(super, asking, reasons[choice.kind],
		    span_of(names, choice_names(&choice, names)), out);
	else
		decline(super, asking, SUPER_SELF, span_of("", 0), out);
}

bool introduce_refused(struct super *super, const struct endpoint *from,
    const uint8_t session[SESSION_BYTES], int64_t now, int64_t wall, struct batch *out)
{
	const struct order_sent *order = orders_refuse(&super->orders, from, session);
	const struct registration *target = registry_at(&super->registry, from);
	struct asking asking;
	char name[NAMES_FULL_MAX];

	if (order == NULL)
		return false;
	asking = (struct asking){
	    .from = order->toward,
	    .local = order->asker.local,
	    .extended = order->asker.waits,
	    .name = span_of(name, target != NULL ? names_full(target->names, name) : 0),
	    .now = now,
	    .wall = wall,
	};
	/* it knows by TK what it asked for */
	asking.name_as_asked = asking.name;
	memcpy(asking.transaction, order->asker.transaction, TRANSACTION_BYTES);
	memcpy(asking.cookie, order->asker.cookie, COOKIE_BYTES);
	decline(super, &asking, SUPER_TARGET, span_of("", 0), out);
	return true;
}

/* Who wants to come: for the rules of the one who is ordered, and to know it by its key. */
static void set_asker(const struct super *super, struct fields *fields,
    const struct order_sent *order, char name[NAMES_FULL_MAX])
{
	const struct registration *asker = registry_at(&super->registry, &order->toward);

	if (asker == NULL)
		return;
	if (order->acknowledging)
		set_candidates(fields, candidates_for(asker, &order->to, fields->candidates));
	fields_set(fields, KEY_AN);
	fields->asker = span_of(name, names_full(asker->names, name));
	set_other(fields, registry_at(&super->registry, &order->to), asker);
}

static void send_order(struct super *super, const struct order_sent *order, int64_t wall,
    struct batch *out)
{
	struct send send = {super, out, wall, order->to, order->local};
	struct writer w = send_open(&send);
	struct fields fields = {0};
	char name[NAMES_FULL_MAX];

	if (order->acknowledging) {
		fields_set(&fields, KEY_SI);
		memcpy(fields.session, order->session, SESSION_BYTES);
	}
	if (order->fields) {
		set_refreshed_cookie(super, &fields, &order->to, wall);
		set_asker(super, &fields, order, name);
	}
	order_write(&w, super_number(super, wall), &super->identity, &order->toward,
	    order->fields ? &fields : NULL);
	send_close(&send, &w);
	count(super, COUNT_SENT_ORDERS);
}

void introduce_tick(struct super *super, int64_t now, int64_t wall, struct batch *out)
{
	for (int i = 0; i < ORDERS_PER_TICK; i++) {
		const struct order_sent *order = orders_due(&super->orders, now);

		if (order == NULL)
			break;
		send_order(super, order, wall, out);
	}
}
