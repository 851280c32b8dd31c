/* Ask, Send and Watch: what a person begins, and follows until it ends. */
#include <string.h>

#include "ctl/interface.h"
#include "io/loop.h"
#include "peerd/control.h"
#include "peerd/describe.h"
#include "peerd/failure.h"
#include "peerd/followers.h"
#include "peerd/peerd.h"
#include "wire/punch.h"

#define DEFAULT_PORT 2425

/* The name, or NULL having ended the call: nobody can have it. */
static const char *read_name(struct ctl_call *call, const json_t *parameters)
{
	const char *name = json_string_value(json_object_get(parameters, "name"));
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f || name[i] == ':')
			len = 0;
	}
	if (len > 0 && len <= ASK_NAME_MAX)
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

void control_ask(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"name", CTL_STRING, false},
	    {"at", CTL_STRING, true}, {0}};
	struct peerd *peerd = context;
	struct follower *follower;
	enum reason reason = REASON_NONE;
	const char *name;
	struct endpoint at;
	uint32_t path;
	bool given;

	if (!ctl_check_parameters(call, parameters, table) ||
	    (name = read_name(call, parameters)) == NULL ||
	    !read_at(call, parameters, &at, &given))
		return;
	follower = follower_add(peerd_followers(peerd), call, FOLLOW_PATH, name, loop_now());
	if (follower == NULL)
		return;
	path = peerd_ask(peerd, name, given ? &at : NULL, &reason);
	if (path == 0)
		follower_fail(follower, peerd_peer(peerd), reason);
	else
		follower_set(follower, path);
	peerd_settle(peerd);
}

/* False, having ended the call, for an empty text and one that does not fit. */
static bool check_text(struct ctl_call *call, const struct peerd *peerd, const char *name,
    const char *text)
{
	if (*text == '\0') {
		ctl_invalid_parameter(call, "text");
		return false;
	}
	if (strlen(text) <= peer_text_max(peerd_peer(peerd)))
		return true;
	failure_reply(call,
	    &(struct failure){
		.reason = REASON_TOO_LONG, .name = name, .peer = peerd_peer(peerd)});
	return false;
}

void control_send(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"name", CTL_STRING, false},
	    {"text", CTL_STRING, false}, {0}};
	struct peerd *peerd = context;
	struct follower *follower;
	enum reason reason = REASON_NONE;
	const char *name, *text;
	uint64_t message;

	if (!ctl_check_parameters(call, parameters, table) ||
	    (name = read_name(call, parameters)) == NULL)
		return;
	text = json_string_value(json_object_get(parameters, "text"));
	if (!check_text(call, peerd, name, text))
		return;
	follower = follower_add(peerd_followers(peerd), call, FOLLOW_MESSAGE, name, loop_now());
	if (follower == NULL)
		return;
	message = peerd_send(peerd, name, text, &reason);
	if (message == 0)
		follower_fail(follower, peerd_peer(peerd), reason);
	else
		follower_set(follower, message);
	peerd_settle(peerd);
}

void control_watch(struct ctl_call *call, json_t *parameters, void *context)
{
	if (!ctl_check_parameters(call, parameters, NULL))
		return;
	if (follower_add(peerd_followers(context), call, FOLLOW_ALL, NULL, loop_now()) != NULL)
		ctl_continue(call, json_pack("{s:o}", "event", describe_watching()));
}
