/* Messages, Read and Unqueue: what the mailbox holds. */
#include <stdlib.h>
#include <string.h>

#include "ctl/interface.h"
#include "io/loop.h"
#include "peerd/control.h"
#include "peerd/describe.h"
#include "peerd/peerd.h"

#define PAGE 64			  /* messages in a reply of a stream */
#define PAGE_BYTES (64 * 1024)	  /* of text in such a reply, or one message */
#define REPLY_BYTES (1024 * 1024) /* of text in an only reply */
#define LOOKS 256		  /* at messages in a turn of the loop */

/* The last that were found: those that an only reply has room for. */
struct newest {
	size_t count; /* ever: the place of the next, modulo those of the ring */
	size_t bytes; /* of text, of those that are left */
	size_t first; /* of them, counted as `count` */
	struct {
		uint64_t before; /* the cursor */
		size_t bytes;
	} all[CTL_LIST_PAGE];
};

struct reading {
	struct ctl_call *call;
	struct peerd *peerd;
	struct mailbox *mailbox;
	json_t *parameters; /* which own the texts of the query */
	struct mail_query query;
	uint64_t cursor;
	struct newest *newest; /* NULL: not looked for (any more) */
	bool skipped;	       /* older ones, for want of room */
	bool only;	       /* there is no reply after the first */
	size_t room;
	size_t bytes_room;
	json_t *page; /* the next one, as far as it is; NULL: not begun */
	size_t bytes; /* of text in it */
};

static void reading_free(void *state)
{
	struct reading *reading = state;

	json_decref(reading->parameters);
	json_decref(reading->page);
	free(reading->newest);
	free(reading);
}

static enum mail_found read_on(struct reading *reading, struct mail *mail)
{
	return reading->mailbox->methods->next(reading->mailbox, &reading->query,
	    &reading->cursor, mail);
}

/* Parameters of the error with which the call ends. */
static json_t *unreadable(const struct reading *reading)
{
	ctl_stream_error(reading->call, CTL_PEER ".MailboxUnavailable");
	return control_trouble(reading->peerd);
}

/* The loop has had its share of this turn. */
static json_t *go_on_later(const struct reading *reading)
{
	ctl_stream_later(reading->call);
	return NULL;
}

static void note_newest(struct newest *newest, uint64_t before, size_t bytes)
{
	while (newest->count > newest->first &&
	    (newest->count - newest->first == CTL_LIST_PAGE ||
		newest->bytes + bytes > REPLY_BYTES))
		newest->bytes -= newest->all[newest->first++ % CTL_LIST_PAGE].bytes;
	newest->all[newest->count % CTL_LIST_PAGE].before = before;
	newest->all[newest->count % CTL_LIST_PAGE].bytes = bytes;
	newest->count++;
	newest->bytes += bytes;
}

/* Goes to where no more than an only reply's messages are left: then `newest` is NULL. */
static json_t *find_newest(struct reading *reading)
{
	struct newest *newest = reading->newest;
	enum mail_found found = MAIL_FOUND;
	struct mail mail;
	size_t bytes = 0;

	for (int i = 0; i < LOOKS && bytes < REPLY_BYTES && found == MAIL_FOUND; i++) {
		uint64_t before = reading->cursor;

		found = read_on(reading, &mail);
		if (found == MAIL_FOUND) {
			note_newest(newest, before, strlen(mail.text));
			bytes += strlen(mail.text);
		}
	}
	if (found == MAIL_UNREADABLE)
		return unreadable(reading);
	if (found != MAIL_NONE)
		return go_on_later(reading);
	reading->skipped = newest->first > 0;
	if (newest->count > 0)
		reading->cursor = newest->all[newest->first % CTL_LIST_PAGE].before;
	free(newest);
	reading->newest = NULL;
	return NULL;
}

/* What follows the last that was put into the page. */
static enum mail_found fill(struct reading *reading)
{
	const struct peer *peer = peerd_peer(reading->peerd);
	enum mail_found found = MAIL_FOUND;
	struct mail mail;

	if (reading->page == NULL && (reading->page = json_array()) == NULL)
		return MAIL_UNREADABLE;
	while (json_array_size(reading->page) < reading->room &&
	    reading->bytes < reading->bytes_room &&
	    (found = read_on(reading, &mail)) == MAIL_FOUND) {
		if (json_array_append_new(reading->page, describe_message(&mail, peer)) != 0)
			return MAIL_UNREADABLE;
		reading->bytes += strlen(mail.text);
	}
	if (found == MAIL_FOUND && reading->only)
		found = read_on(reading, &mail);
	return found;
}

static json_t *next_page(struct reading *reading, bool *last)
{
	enum mail_found found = fill(reading);
	json_t *page = reading->page;

	if (found == MAIL_UNREADABLE)
		return unreadable(reading);
	if (found == MAIL_MORE && (reading->only || json_array_size(page) == 0))
		return go_on_later(reading);
	*last = found == MAIL_NONE;
	reading->page = NULL;
	reading->bytes = 0;
	return json_pack("{s:o, s:b}", "messages", page, "complete",
	    (int)(*last && !reading->skipped));
}

static json_t *next_messages(void *state, bool *last)
{
	struct reading *reading = state;
	json_t *other = NULL;

	if (reading->newest != NULL)
		other = find_newest(reading);
	return reading->newest != NULL ? other : next_page(reading, last);
}

/* False, having ended the call. */
static bool read_which(struct ctl_call *call, const json_t *parameters, enum mail_which *which)
{
	static const char *const words[] = {
	    [MAIL_ALL] = "all",
	    [MAIL_ONLY_RECEIVED] = "received",
	    [MAIL_ONLY_UNREAD] = "unread",
	    [MAIL_ONLY_SENT] = "sent",
	    [MAIL_ONLY_QUEUED] = "queued",
	};
	const char *given = json_string_value(json_object_get(parameters, "which"));

	*which = MAIL_ONLY_RECEIVED;
	if (given == NULL)
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i], given) == 0) {
			*which = (enum mail_which)i;
			return true;
		}
	}
	ctl_invalid_parameter(call, "which");
	return false;
}

/* NULL when memory is short. */
static struct reading *reading_new(struct ctl_call *call, struct peerd *peerd, json_t *parameters,
    const struct mail_query *query)
{
	struct reading *reading = calloc(1, sizeof *reading);
	bool more = ctl_wants_more(call);

	if (reading == NULL)
		return NULL;
	*reading = (struct reading){
	    .call = call,
	    .peerd = peerd,
	    .mailbox = peerd_mailbox(peerd),
	    .parameters = json_incref(parameters),
	    .query = *query,
	    .newest = more ? NULL : calloc(1, sizeof *reading->newest),
	    .only = !more,
	    .room = more ? PAGE : CTL_LIST_PAGE,
	    .bytes_room = more ? PAGE_BYTES : SIZE_MAX,
	};
	if (more || reading->newest != NULL)
		return reading;
	reading_free(reading);
	return NULL;
}

void control_messages(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"which", CTL_STRING, true},
	    {"with", CTL_STRING, true}, {"search", CTL_STRING, true}, {"after", CTL_INT, true},
	    {0}};
	struct mail_query query = {.bounded = true};
	struct reading *reading;
	json_int_t after;

	if (!ctl_check_parameters(call, parameters, table) ||
	    !read_which(call, parameters, &query.which))
		return;
	query.with = json_string_value(json_object_get(parameters, "with"));
	query.search = json_string_value(json_object_get(parameters, "search"));
	after = json_integer_value(json_object_get(parameters, "after"));
	query.after = after > 0 ? (uint64_t)after : 0;
	reading = reading_new(call, context, parameters, &query);
	if (reading == NULL)
		control_unavailable(call, context);
	else
		ctl_stream(call, next_messages, reading, reading_free);
}

static void refuse_unknown(struct ctl_call *call, json_int_t id, const char *explanation)
{
	ctl_error(call, CTL_PEER ".UnknownMessage",
	    json_pack("{s:I, s:s}", "message", id, "explanation", explanation));
}

static bool is_received(struct peerd *peerd, json_int_t id, struct mail *mail,
    enum mail_found *found)
{
	struct mailbox *mailbox = peerd_mailbox(peerd);

	*found = id > 0 ? mailbox->methods->find(mailbox, (uint64_t)id, mail) : MAIL_NONE;
	return *found == MAIL_FOUND && mail->direction == MAIL_RECEIVED;
}

/* As it is once it was read: what the mailbox said is not there any more then. */
static json_t *describe_read(const struct mail *mail, const struct peerd *peerd)
{
	struct mail read = *mail;

	read.read = true;
	read.changed = mail->read ? mail->changed : loop_wall();
	return json_pack("{s:o}", "message", describe_message(&read, peerd_peer(peerd)));
}

/* Reading opens: it is told, and cannot be taken back. */
void control_read(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"message", CTL_INT, false}, {0}};
	struct peerd *peerd = context;
	enum mail_found found;
	struct mail mail;
	json_t *reply;
	json_int_t id;

	if (!ctl_check_parameters(call, parameters, table))
		return;
	id = json_integer_value(json_object_get(parameters, "message"));
	if (!is_received(peerd, id, &mail, &found)) {
		if (found == MAIL_UNREADABLE)
			control_unavailable(call, peerd);
		else
			refuse_unknown(call, id,
			    "no received message has this number, or it is no longer kept; the "
			    "list of messages shows those that are");
		return;
	}
	if (!mail.read && control_is_ending(call, peerd))
		return;
	reply = describe_read(&mail, peerd);
	if (peerd_read(peerd, &mail)) {
		ctl_reply(call, reply);
	} else {
		json_decref(reply);
		control_unavailable(call, peerd);
	}
	peerd_settle(peerd);
}

static void unqueue_one(struct ctl_call *call, struct peerd *peerd, json_int_t id)
{
	if (id > 0 && peerd_unqueue(peerd, (uint64_t)id))
		ctl_reply(call, json_pack("{s:i}", "removed", 1));
	else if (!peerd_has_queue(peerd))
		control_unavailable(call, peerd);
	else
		refuse_unknown(call, id,
		    "no message of this number is in the queue; the list of queued messages shows "
		    "those that are");
}

/* Also those that are not written yet; but none that is not in the core yet can be missed. */
static void unqueue_those(struct ctl_call *call, struct peerd *peerd, const char *name)
{
	size_t removed;

	if (peerd_has_queue(peerd) && peerd_unqueue_all(peerd, name, &removed))
		ctl_reply(call, json_pack("{s:I}", "removed", (json_int_t)removed));
	else
		control_unavailable(call, peerd);
}

void control_unqueue(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"message", CTL_INT, true},
	    {"name", CTL_STRING, true}, {"all", CTL_BOOL, true}, {0}};
	struct peerd *peerd = context;
	const json_t *message = json_object_get(parameters, "message");
	const char *name = json_string_value(json_object_get(parameters, "name"));
	bool all = json_is_true(json_object_get(parameters, "all"));

	if (!ctl_check_parameters(call, parameters, table) || control_is_ending(call, peerd))
		return;
	if (json_is_integer(message) + (name != NULL) + all != 1)
		ctl_invalid_parameter(call, "message");
	else if (json_is_integer(message))
		unqueue_one(call, peerd, json_integer_value(message));
	else
		unqueue_those(call, peerd, name);
	peerd_settle(peerd);
}
