/* Names and ForgetName. */
#include "superd/ownership.h"

#include <stdlib.h>

#include "auth/seal.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "ctl/interface.h"
#include "superd/superd.h"

#define PAGE 64		  /* names in a reply of a stream */
#define LOOKED_MAX 4096u /* records that a reply costs, most of which may be no names */

struct listing {
	const struct superd *superd;
	struct name_cursor cursor;
	size_t page;
};

static json_t *describe(const struct owned_name *name)
{
	static const char *const states[] = {
	    [NAME_LISTED] = "listed",
	    [NAME_REGISTERED] = "registered",
	    [NAME_REMEMBERED] = "remembered",
	};
	char key[IDENTITY_TEXT_MAX], used[TIMESTAMP_MAX];
	json_t *object = json_pack("{s:o, s:s, s:s}", "name",
	    json_stringn((const char *)name->name.data, name->name.len), "key",
	    identity_format(name->identity, key), "state", states[name->state]);

	if (name->state == NAME_REMEMBERED)
		json_object_set_new(object, "used",
		    json_string(timestamp_format(&(struct timespec){name->used, 0}, false, used)));
	return object;
}

static json_t *next_page(void *state, bool *last)
{
	struct listing *listing = state;
	const struct super *super = superd_super(listing->superd);
	uint32_t budget = LOOKED_MAX;
	json_t *page = json_array();
	struct owned_name name;

	while (json_array_size(page) < listing->page &&
	    super_walk_names(super, &listing->cursor, &budget, &name))
		json_array_append_new(page, describe(&name));
	*last = listing->cursor.phase == WALK_DONE;
	return json_pack("{s:o, s:b}", "names", page, "complete", (int)*last);
}

void ownership_names(struct ctl_call *call, json_t *parameters, void *context)
{
	struct listing *listing;

	if (!ctl_check_parameters(call, parameters, NULL))
		return;
	listing = malloc(sizeof *listing);
	if (listing == NULL)
		return;
	*listing = (struct listing){
	    .superd = context,
	    .page = ctl_wants_more(call) ? PAGE : CTL_LIST_PAGE,
	};
	ctl_stream(call, next_page, listing, free);
}

void ownership_forget(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"name", CTL_STRING, false}, {0}};
	const json_t *given = json_object_get(parameters, "name");
	struct span name = span_of(json_string_value(given), json_string_length(given));

	if (!ctl_check_parameters(call, parameters, table))
		return;
	if (!super_forget_name(superd_core(context), name)) {
		ctl_error(call, CTL_SUPER ".NoSuchName",
		    json_pack("{s:s}", "explanation",
			"no key has that name; write it whole, as ipmsgctl super names shows it. "
			"A listed name is freed in the file that lists it"));
		return;
	}
	log_info("forgotten by the administrator: whose %.*s is", (int)name.len,
	    (const char *)name.data);
	ctl_reply(call, json_pack("{s:O}", "name", given));
	superd_attend(context);
}
