/* Messages, Read and Unqueue: what the mailbox holds. */
#include <stdlib.h>
#include <string.h>

#include "ctl/interface.h"
#include "peerd/control.h"
#include "peerd/describe.h"
#include "peerd/peerd.h"

#define PAGE 64			  /* messages in a reply of a stream */
#define PAGE_BYTES (64 * 1024)	  /* of text in such a reply, or one message */
#define REPLY_BYTES (1024 * 1024) /* of text in an only reply */

struct reading {
	const struct peer *peer;
	struct mailbox *mailbox;
	json_t *parameters; /* which own the texts of the query */
	struct mail_query query;
	uint64_t cursor;
	bool skipped; /* older ones, for want of room */
	size_t page;
	size_t bytes;
};

static void reading_free(void *state)
{
	struct reading *reading = state;

	json_decref(reading->parameters);
	free(reading);
}

static bool read_on(const struct reading *reading, uint64_t *cursor, struct mail *mail)
{
	return reading->mailbox->methods->next(reading->mailbox, &reading->query, cursor, mail) ==
	    MAIL_FOUND;
}

static json_t *next_messages(void *state, bool *last)
{
	struct reading *reading = state;
	json_t *page = json_array();
	struct mail mail;
	size_t bytes = 0;

	while (!*last && json_array_size(page) < reading->page && bytes < reading->bytes) {
		*last = !read_on(reading, &reading->cursor, &mail);
		if (!*last) {
			json_array_append_new(page, describe_message(&mail, reading->peer));
			bytes += strlen(mail.text);
		}
	}
	return json_pack("{s:o, s:b}", "messages", page, "complete",
	    (int)(*last && !reading->skipped));
}

/* For an only reply: goes to where no more than a page and its bytes, or one message, are left. */
static void skip_older(struct reading *reading)
{
	struct mail mail;
	uint64_t cursor = 0;
	size_t count = 0, bytes = 0;

	while (read_on(reading, &cursor, &mail)) {
		count++;
		bytes += strlen(mail.text);
	}
	while (count > 1 && (count > reading->page - 1 || bytes > reading->bytes) &&
	    read_on(reading, &reading->cursor, &mail)) {
		count--;
		bytes -= strlen(mail.text);
		reading->skipped = true;
	}
	/* the end is seen by one more look */
	reading->bytes = SIZE_MAX;
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

void control_messages(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"which", CTL_STRING, true},
	    {"with", CTL_STRING, true}, {"search", CTL_STRING, true}, {"after", CTL_INT, true},
	    {0}};
	bool more = ctl_wants_more(call);
	struct mail_query query = {0};
	struct reading *reading;
	json_int_t after;

	if (!ctl_check_parameters(call, parameters, table) ||
	    !read_which(call, parameters, &query.which))
		return;
	query.with = json_string_value(json_object_get(parameters, "with"));
	query.search = json_string_value(json_object_get(parameters, "search"));
	after = json_integer_value(json_object_get(parameters, "after"));
	query.after = after > 0 ? (uint64_t)after : 0;
	reading = calloc(1, sizeof *reading);
	if (reading == NULL)
		return;
	*reading = (struct reading){
	    .peer = peerd_peer(context),
	    .mailbox = peerd_mailbox(context),
	    .parameters = json_incref(parameters),
	    .query = query,
	    .page = more ? PAGE : CTL_LIST_PAGE + 1, /* one more than fit shows the end */
	    .bytes = more ? PAGE_BYTES : REPLY_BYTES,
	};
	if (!more)
		skip_older(reading);
	ctl_stream(call, next_messages, reading, reading_free);
}

static void refuse_unknown(struct ctl_call *call, json_int_t id, const char *explanation)
{
	ctl_error(call, CTL_PEER ".UnknownMessage",
	    json_pack("{s:I, s:s}", "message", id, "explanation", explanation));
}

/* Reading opens: it is told, and cannot be taken back. */
void control_read(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"message", CTL_INT, false}, {0}};
	struct peerd *peerd = context;
	struct mailbox *mailbox = peerd_mailbox(peerd);
	json_int_t id;
	struct mail mail;

	if (!ctl_check_parameters(call, parameters, table))
		return;
	id = json_integer_value(json_object_get(parameters, "message"));
	if (id <= 0 || mailbox->methods->find(mailbox, (uint64_t)id, &mail) != MAIL_FOUND ||
	    mail.direction != MAIL_RECEIVED) {
		refuse_unknown(call, id,
		    "no received message has this number, or it is no longer kept; the list of "
		    "messages shows those that are");
		return;
	}
	if (!mail.read && control_is_ending(call, peerd))
		return;
	if (!peerd_read(peerd, &mail))
		control_unavailable(call, peerd);
	else if (mailbox->methods->find(mailbox, (uint64_t)id, &mail) == MAIL_FOUND)
		ctl_reply(call,
		    json_pack("{s:o}", "message", describe_message(&mail, peerd_peer(peerd))));
	peerd_settle(peerd);
}

/* Those to a name, or all for NULL; how many. */
static json_int_t unqueue_those(struct peerd *peerd, const char *name)
{
	const struct mail_query query = {.which = MAIL_ONLY_QUEUED, .with = name};
	struct mailbox *mailbox = peerd_mailbox(peerd);
	json_int_t removed = 0;
	uint64_t cursor = 0;
	struct mail mail;

	while (mailbox->methods->next(mailbox, &query, &cursor, &mail) == MAIL_FOUND) {
		if (name == NULL || strcmp(mail.name, name) == 0)
			removed += peerd_unqueue(peerd, mail.id);
	}
	return removed;
}

void control_unqueue(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"message", CTL_INT, true},
	    {"name", CTL_STRING, true}, {"all", CTL_BOOL, true}, {0}};
	struct peerd *peerd = context;
	const json_t *message = json_object_get(parameters, "message");
	const char *name = json_string_value(json_object_get(parameters, "name"));
	bool all = json_is_true(json_object_get(parameters, "all"));
	json_int_t removed;

	if (!ctl_check_parameters(call, parameters, table) || control_is_ending(call, peerd))
		return;
	if (json_is_integer(message) + (name != NULL) + all != 1) {
		ctl_invalid_parameter(call, "message");
		return;
	}
	if (json_is_integer(message))
		removed = json_integer_value(message) > 0 &&
		    peerd_unqueue(peerd, (uint64_t)json_integer_value(message));
	else
		removed = unqueue_those(peerd, name);
	if (json_is_integer(message) && removed == 0)
		refuse_unknown(call, json_integer_value(message),
		    "no message of this number is in the queue; the list of queued messages shows "
		    "those that are");
	else
		ctl_reply(call, json_pack("{s:I}", "removed", removed));
	peerd_settle(peerd);
}
