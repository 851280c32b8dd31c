/* Kick, Ban, Unban, Bans and Drain. */
#include "superd/administration.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "ctl/interface.h"
#include "io/loop.h"
#include "superd/banfile.h"
#include "superd/expulsion.h"
#include "superd/superd.h"

#define PAGE 64			      /* bans in a reply of a stream */
#define SECONDS_MAX (10 * 366 * 86400) /* longer is for good */
#define QUOTED_MAX 100		      /* bytes of what was given, in an explanation */

static void explain(struct ctl_call *call, const char *error, const char *explanation)
{
	ctl_error(call, error, json_pack("{s:s}", "explanation", explanation));
}

/*
 * What `what` says (JSON with a NUL in a text does not come this far); false when it says nothing,
 * and the call has ended with that.
 */
static bool take_whom(struct ctl_call *call, json_t *parameters, struct whom *whom)
{
	const json_t *what = json_object_get(parameters, "what");
	struct span text = span_of(json_string_value(what), json_string_length(what));
	struct span quoted = utf8_cut(text, QUOTED_MAX);
	char explanation[QUOTED_MAX + 160];
	const char *wrong;

	wrong = whom_parse(whom, (const char *)text.data);
	if (wrong == NULL)
		return true;
	snprintf(explanation, sizeof explanation, "\"%.*s\" %s", (int)quoted.len,
	    (const char *)quoted.data, wrong);
	explain(call, CTL_SUPER ".InvalidTarget", explanation);
	return false;
}

/* Room to end registrations; NULL, and the call has ended, when there is none. */
static struct expulsion *reserve(struct superd *superd, struct ctl_call *call)
{
	struct expulsion *expulsion = expulsions_reserve(superd_expulsions(superd));

	if (expulsion == NULL)
		explain(call, CTL_SUPER ".Limit",
		    "registrations are being ended already, as many at a time as may be; try again "
		    "in a moment");
	return expulsion;
}

/* Ends the registrations that are meant, and then the call. */
static void expel(struct superd *superd, struct expulsion *expulsion, struct ctl_call *call,
    const struct whom *whom, enum super_reason reason, json_t *reply)
{
	expulsions_start(superd_expulsions(superd), expulsion, superd_core(superd), whom, reason,
	    call, reply);
	superd_attend(superd);
}

void administration_kick(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"what", CTL_STRING, false}, {0}};
	struct expulsion *expulsion;
	char text[WHOM_TEXT_MAX];
	struct whom whom;

	if (!ctl_check_parameters(call, parameters, table) || !take_whom(call, parameters, &whom))
		return;
	expulsion = reserve(context, call);
	if (expulsion == NULL)
		return;
	log_info("kicked by the administrator: %s", whom_format(&whom, text));
	expel(context, expulsion, call, &whom, SUPER_KICKED, json_pack("{s:s}", "what", text));
}

static bool take_seconds(struct ctl_call *call, json_t *parameters, struct ban *ban)
{
	const json_t *seconds = json_object_get(parameters, "seconds");
	json_int_t value = json_integer_value(seconds);

	if (!json_is_integer(seconds))
		return true;
	if (value < 1 || value > SECONDS_MAX) {
		ctl_invalid_parameter(call, "seconds");
		return false;
	}
	ban->until = loop_wall() + value;
	return true;
}

static bool take_reason(struct ctl_call *call, json_t *parameters, struct ban *ban)
{
	const json_t *reason = json_object_get(parameters, "reason");
	struct span text = span_of(json_string_value(reason), json_string_length(reason));

	if (!json_is_string(reason))
		return true;
	if (!ban_reason_fits(text)) {
		ctl_invalid_parameter(call, "reason");
		return false;
	}
	memcpy(ban->reason, text.data, text.len);
	return true;
}

static bool take_ban(struct ctl_call *call, json_t *parameters, struct ban *ban)
{
	if (!take_whom(call, parameters, &ban->whom))
		return false;
	if (ban->whom.kind == WHOM_ENDPOINT) {
		char address[ENDPOINT_TEXT_MAX], explanation[ENDPOINT_TEXT_MAX + 80];

		snprintf(explanation, sizeof explanation,
		    "a port is not banned, its address is: %s",
		    endpoint_format_address(&ban->whom.at, address));
		explain(call, CTL_SUPER ".InvalidTarget", explanation);
		return false;
	}
	return take_seconds(call, parameters, ban) && take_reason(call, parameters, ban);
}

static json_t *describe(const struct ban *ban)
{
	char what[WHOM_TEXT_MAX], until[TIMESTAMP_MAX];
	struct timespec end = {.tv_sec = ban->until};
	json_t *object = json_pack("{s:s}", "what", whom_format(&ban->whom, what));

	if (ban->until != 0)
		json_object_set_new(object, "until",
		    json_string(timestamp_format(&end, false, until)));
	if (*ban->reason != '\0')
		json_object_set_new(object, "reason", json_string(ban->reason));
	return object;
}

/* False, having said why, when there is no room for it. */
static bool put_ban(struct ctl_call *call, struct superd *superd, const struct ban *ban)
{
	enum bans_result result = super_ban(superd_core(superd), ban);

	if (result == BANS_FULL)
		explain(call, CTL_SUPER ".Limit",
		    "there are 4096 bans, as many as may be; unban some, or ban a network");
	else if (result == BANS_NO_MEMORY)
		explain(call, CTL_SUPER ".Limit", "memory is short; try again later");
	return result == BANS_PUT;
}

void administration_ban(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"what", CTL_STRING, false},
	    {"seconds", CTL_INT, true}, {"reason", CTL_STRING, true}, {0}};
	struct superd *superd = context;
	struct expulsion *expulsion;
	char text[WHOM_TEXT_MAX];
	struct ban ban = {0};
	json_t *reply;

	if (!ctl_check_parameters(call, parameters, table) || !take_ban(call, parameters, &ban))
		return;
	expulsion = reserve(superd, call);
	if (expulsion == NULL)
		return;
	if (!put_ban(call, superd, &ban)) {
		expulsions_release(superd_expulsions(superd), expulsion);
		return;
	}
	log_info("banned by the administrator: %s", whom_format(&ban.whom, text));
	reply = describe(&ban);
	json_object_set_new(reply, "kept",
	    json_boolean(banfile_save(superd_state(superd), superd_core(superd))));
	expel(superd, expulsion, call, &ban.whom, SUPER_BANNED, reply);
}

static void refuse_unban(struct ctl_call *call, const struct bans *bans, const struct whom *whom)
{
	char explanation[2 * WHOM_TEXT_MAX + 64], text[WHOM_TEXT_MAX], wider[WHOM_TEXT_MAX];
	const struct ban *around = bans_around(bans, whom);

	whom_format(whom, text);
	if (around != NULL)
		snprintf(explanation, sizeof explanation,
		    "%s is not banned by itself; %s is, which it is part of", text,
		    whom_format(&around->whom, wider));
	else
		snprintf(explanation, sizeof explanation, "%s is not banned", text);
	explain(call, CTL_SUPER ".NotBanned", explanation);
}

void administration_unban(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"what", CTL_STRING, false}, {0}};
	struct superd *superd = context;
	const struct bans *bans = super_bans(superd_core(superd));
	char text[WHOM_TEXT_MAX], wider[WHOM_TEXT_MAX];
	const struct ban *around;
	struct whom whom;
	json_t *reply;

	if (!ctl_check_parameters(call, parameters, table) || !take_whom(call, parameters, &whom))
		return;
	if (!super_unban(superd_core(superd), &whom)) {
		refuse_unban(call, bans, &whom);
		return;
	}
	log_info("the ban is lifted: %s", whom_format(&whom, text));
	around = bans_around(bans, &whom);
	reply = json_pack("{s:s, s:b}", "what", text, "kept",
	    (int)banfile_save(superd_state(superd), superd_core(superd)));
	if (around != NULL)
		json_object_set_new(reply, "part_of",
		    json_string(whom_format(&around->whom, wider)));
	ctl_reply(call, reply);
	superd_attend(superd);
}

struct listing {
	const struct superd *superd;
	size_t next, page;
};

static json_t *next_page(void *state, bool *last)
{
	struct listing *listing = state;
	const struct bans *bans = super_bans(superd_super(listing->superd));
	const struct ban *ban = NULL;
	json_t *page = json_array();

	while (json_array_size(page) < listing->page) {
		ban = bans_at(bans, listing->next);
		if (ban == NULL)
			break;
		json_array_append_new(page, describe(ban));
		listing->next++;
	}
	*last = bans_at(bans, listing->next) == NULL;
	return json_pack("{s:o, s:b}", "bans", page, "complete", (int)*last);
}

void administration_bans(struct ctl_call *call, json_t *parameters, void *context)
{
	struct listing *listing;

	if (!ctl_check_parameters(call, parameters, NULL))
		return;
	listing = malloc(sizeof *listing);
	if (listing == NULL)
		return;
	*listing = (struct listing){context, 0, ctl_wants_more(call) ? PAGE : CTL_LIST_PAGE};
	ctl_stream(call, next_page, listing, free);
}

void administration_drain(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"on", CTL_BOOL, false}, {0}};
	bool on = json_is_true(json_object_get(parameters, "on"));

	if (!ctl_check_parameters(call, parameters, table))
		return;
	super_drain(superd_core(context), on);
	log_info(on ? "draining: nobody new is let in" : "draining is over");
	ctl_reply(call, json_pack("{s:b}", "draining", (int)on));
	superd_attend(context);
}
