/* ipmsgctl super list: who is registered, page after page as it comes. */
#include <string.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"

static void cell_name(const json_t *item, char out[FIELD_MAX])
{
	char nick[FIELD_MAX], group[FIELD_MAX];

	field_text(item, "nick", nick);
	field_text(item, "group", group);
	snprintf(out, FIELD_MAX, "%.255s%s%.255s", nick, *group != '\0' ? "@" : "", group);
}

static void cell_user(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "user", out);
}

static void cell_host(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "host", out);
}

static void cell_endpoint(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "endpoint", out);
}

static void cell_kind(const json_t *item, char out[FIELD_MAX])
{
	const char *kind = field_text(item, "kind", out);

	if (strcmp(kind, "extended") == 0)
		snprintf(out, FIELD_MAX, "ours");
	else if (strcmp(kind, "seed") == 0)
		snprintf(out, FIELD_MAX, "legacy");
}

static void cell_state(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "state", out);
}

static void cell_age(const json_t *item, char out[FIELD_MAX])
{
	field_duration(field_int(item, "age_ms"), out);
}

static const struct column columns[] = {
    {"NICK@GROUP", cell_name},
    {"USER", cell_user},
    {"HOST", cell_host},
    {"ENDPOINT", cell_endpoint},
    {"KIND", cell_kind},
    {"STATE", cell_state},
    {"AGE", cell_age},
    {NULL, NULL},
};

static bool print_page(struct session *session, const struct ctl_answer *answer)
{
	const json_t *page = json_object_get(answer->parameters, "registrations");
	json_t *item;
	size_t i;

	json_array_foreach(page, i, item)
		output_list_item(&session->out, item);
	return json_is_array(page);
}

enum status run_super_list(struct session *session, int argc, char **argv)
{
	struct ctl_answer answer;
	enum status status = session_call(session, &daemon_super, CTL_SUPER ".List", NULL, true,
	    &answer);

	if (status != STATUS_DONE)
		return status;
	output_list_begin(&session->out, "registrations", columns);
	for (;;) {
		bool good = print_page(session, &answer);
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
	output_list_end(&session->out, "nobody is registered");
	return STATUS_DONE;
}
