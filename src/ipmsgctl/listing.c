/* Pages of a list: one call, many replies, one table or JSON document. */
#include "ipmsgctl/listing.h"

static bool print_page(struct session *session, const struct listing *listing,
    const struct ctl_answer *answer)
{
	const json_t *page = json_object_get(answer->parameters, listing->name);
	json_t *item;
	size_t i;

	json_array_foreach(page, i, item)
		output_list_item(&session->out, item);
	return json_is_array(page);
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
		output_list_begin(&session->out, listing->name, listing->columns);
	else
		output_blocks_begin(&session->out, listing->name, listing->block);
	for (;;) {
		bool good = print_page(session, listing, &answer);
		bool last = !answer.continues;

		ctl_answer_clear(&answer);
		if (!good)
			return session_reject_answer(session);
		if (last)
			break;
		status = session_next(session, &answer);
		if (status != STATUS_DONE)
			return status;
	}
	output_list_end(&session->out, listing->none);
	return STATUS_DONE;
}
