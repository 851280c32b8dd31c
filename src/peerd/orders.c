/* Ask, Send, Broadcast and Watch: what a person begins, and may follow until it ends. */
#include <string.h>

#include "ctl/interface.h"
#include "io/loop.h"
#include "peer/path.h"
#include "peerd/control.h"
#include "peerd/describe.h"
#include "peerd/failure.h"
#include "peerd/followers.h"
#include "peerd/peerd.h"

#define DEFAULT_PORT 2425

bool control_is_ending(struct ctl_call *call, const struct peerd *peerd)
{
	if (!peerd_ending(peerd))
		return false;
	ctl_error(call, CTL_PEER ".Stopping",
	    json_pack("{s:s}", "explanation", "ipmsg-peerd ends, and begins nothing any more"));
	return true;
}

/* The name, or NULL having ended the call: nobody can have it. */
static const char *read_name(struct ctl_call *call, const json_t *parameters)
{
	const char *name = json_string_value(json_object_get(parameters, "name"));
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			len = 0;
	}
	if (len > 0 && len < PATH_NAME_MAX)
		return name;
	ctl_invalid_parameter(call, "name");
	return NULL;
}

/* False, having ended the call, when it is given and no address. */
static bool read_at(struct ctl_call *call, const json_t *parameters, struct endpoint *at,
    bool *given)
{
	const char *text = json_string_value(json_object_get(parameters, "at"));

	*given = text != NULL;
	if (text == NULL || endpoint_parse(at, text, DEFAULT_PORT) == NULL)
		return true;
	ctl_invalid_parameter(call, "at");
	return false;
}

static bool read_flag(const json_t *parameters, const char *name)
{
	return json_is_true(json_object_get(parameters, name));
}

void control_ask(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"name", CTL_STRING, false},
	    {"at", CTL_STRING, true}, {"settle", CTL_BOOL, true}, {0}};
	struct peerd *peerd = context;
	struct follower *follower;
	enum reason reason = REASON_NONE;
	const char *name;
	enum follow what;
	struct endpoint at;
	uint32_t path;
	bool given;

	if (!ctl_check_parameters(call, parameters, table) ||
	    (name = read_name(call, parameters)) == NULL ||
	    !read_at(call, parameters, &at, &given) || control_is_ending(call, peerd))
		return;
	what = read_flag(parameters, "settle") ? FOLLOW_SETTLED : FOLLOW_PATH;
	follower = follower_add(peerd_followers(peerd), call, what, name, loop_now());
	if (follower == NULL)
		return;
	path = peerd_ask(peerd, name, given ? &at : NULL, &reason);
	if (path == 0)
		follower_fail(follower, peerd_peer(peerd), reason);
	else if (!follower_meet(follower, peerd_peer(peerd), path))
		follower_set(follower, path);
	peerd_settle(peerd);
}

/* False, having ended the call, for an empty text and one too long; `name` NULL: everybody. */
static bool check_text(struct ctl_call *call, const struct peerd *peerd, const char *name,
    const char *text)
{
	const struct failure too_long = {.reason = REASON_TOO_LONG,
	    .name = name != NULL ? name : "everybody", .peer = peerd_peer(peerd),
	    .everybody = name == NULL};

	if (*text == '\0') {
		ctl_invalid_parameter(call, "text");
		return false;
	}
	if (strlen(text) <= peer_text_max(peerd_peer(peerd), name))
		return true;
	failure_reply(call, &too_long);
	return false;
}

/*
 * What to wait for: only of a sealed one it is told that it was read. False,
 * having ended the call.
 */
static bool read_until(struct ctl_call *call, const json_t *parameters, enum follow *what)
{
	static const struct {
		const char *word;
		enum follow what;
	} words[] = {
	    {"settled", FOLLOW_TRIED},
	    {"kept", FOLLOW_KEPT},
	    {"delivered", FOLLOW_DELIVERED},
	    {"read", FOLLOW_READING},
	};
	const char *until = json_string_value(json_object_get(parameters, "until"));

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		*what = words[i].what;
		if (until == NULL || strcmp(until, words[i].word) == 0)
			until = words[i].word;
		if (until == words[i].word &&
		    (*what != FOLLOW_READING || read_flag(parameters, "sealed")))
			return true;
	}
	ctl_invalid_parameter(call, "until");
	return false;
}

void control_send(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"name", CTL_STRING, false},
	    {"text", CTL_STRING, false}, {"sealed", CTL_BOOL, true}, {"many", CTL_BOOL, true},
	    {"until", CTL_STRING, true}, {"queue", CTL_BOOL, true}, {0}};
	struct peerd *peerd = context;
	struct follower *follower;
	enum reason reason = REASON_NONE;
	struct letter letter;
	enum follow what;
	uint64_t message;

	if (!ctl_check_parameters(call, parameters, table) ||
	    (letter.name = read_name(call, parameters)) == NULL ||
	    !read_until(call, parameters, &what) || control_is_ending(call, peerd))
		return;
	letter.text = json_string_value(json_object_get(parameters, "text"));
	letter.sealed = read_flag(parameters, "sealed");
	letter.many = read_flag(parameters, "many");
	letter.queue = !json_is_false(json_object_get(parameters, "queue"));
	if (!check_text(call, peerd, letter.name, letter.text))
		return;
	follower = follower_add(peerd_followers(peerd), call, what, letter.name, loop_now());
	if (follower == NULL)
		return;
	message = peerd_send(peerd, &letter, &reason);
	if (message == 0)
		follower_fail(follower, peerd_peer(peerd), reason);
	else
		follower_set(follower, message);
	peerd_settle(peerd);
}

void control_broadcast(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"text", CTL_STRING, false}, {0}};
	struct peerd *peerd = context;
	struct failure failure = {.name = "everybody", .peer = peerd_peer(peerd)};
	const char *text;
	uint32_t count = 0;
	uint64_t message;

	if (!ctl_check_parameters(call, parameters, table) || control_is_ending(call, peerd))
		return;
	text = json_string_value(json_object_get(parameters, "text"));
	if (!check_text(call, peerd, NULL, text))
		return;
	message = peerd_broadcast(peerd, text, &count, &failure.reason);
	if (message == 0)
		failure_reply(call, &failure);
	else
		ctl_reply(call,
		    json_pack("{s:I, s:I}", "message", (json_int_t)message, "count",
			(json_int_t)count));
	peerd_settle(peerd);
}

void control_watch(struct ctl_call *call, json_t *parameters, void *context)
{
	if (!ctl_check_parameters(call, parameters, NULL))
		return;
	if (follower_add(peerd_followers(context), call, FOLLOW_ALL, NULL, loop_now()) != NULL)
		ctl_continue(call, json_pack("{s:o}", "event", describe_watching()));
}
