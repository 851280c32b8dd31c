/* Pages of a list: one call, many replies, one table or JSON document. */
#include "ipmsgctl/listing.h"

/* From the first answer on, which is cleared, to the last. */
static enum status take_pages(struct session *session, const struct listing *listing,
    struct ctl_answer *answer, listing_take_fn take, void *context)
{
	enum status status = STATUS_DONE;

	while (status == STATUS_DONE) {
		const json_t *page = json_object_get(answer->parameters, listing->name);
		bool good = json_is_array(page), last = !answer->continues;
		json_t *item;
		size_t i;

		json_array_foreach(page, i, item)
			take(item, context);
		ctl_answer_clear(answer);
		if (!good)
			return session_reject_answer(session);
		if (last)
			return STATUS_DONE;
		status = session_next(session, answer);
	}
	return status;
}

static void show(json_t *item, void *context)
{
	struct session *session = context;

	output_list_item(&session->out, item);
}

enum status listing_run(struct session *session, const struct listing *listing,
    json_t *parameters)
{
	struct ctl_answer answer;
	enum status status = session_call(session, listing->daemon, listing->method, parameters,
	    true, &answer);

	if (status != STATUS_DONE)
		return status;
	if (listing->columns != NULL)
		output_list_begin(&session->out, listing->name, listing->columns, listing->compare);
	else
		output_blocks_begin(&session->out, listing->name, listing->block);
	status = take_pages(session, listing, &answer, show, session);
	if (status == STATUS_DONE)
		output_list_end(&session->out, listing->none);
	return status;
}

enum status listing_each(struct session *session, const struct listing *listing,
    json_t *parameters, listing_take_fn take, void *context)
{
	struct ctl_answer answer;
	enum status status = session_call(session, listing->daemon, listing->method, parameters,
	    true, &answer);

	if (status == STATUS_DONE)
		status = take_pages(session, listing, &answer, take, context);
	return status;
}
