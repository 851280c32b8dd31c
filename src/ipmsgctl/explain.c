/* What an error means: in the daemon's own words where it has some. */
#include "ipmsgctl/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/interface.h"

void explain_list(const json_t *array, char *out, size_t cap)
{
	size_t used = 0, i;
	json_t *item;

	*out = '\0';
	json_array_foreach(array, i, item) {
		const char *text = json_string_value(item);
		int n = snprintf(out + used, cap - used, "%s%s", i > 0 ? ", " : "",
		    text != NULL ? text : "?");

		if (n < 0 || (size_t)n >= cap - used)
			return;
		used += (size_t)n;
	}
}

/* What the daemon says itself, and how to do it with this program. */
static bool explain_itself(const struct ctl_answer *answer, char *out, size_t cap)
{
	const char *text = json_string_value(json_object_get(answer->parameters, "explanation"));
	const char *hint = "";

	if (text == NULL ||
	    (strncmp(answer->error, CTL_PEER ".", sizeof CTL_PEER) != 0 &&
		strncmp(answer->error, CTL_SUPER ".", sizeof CTL_SUPER) != 0))
		return false;
	if (strcmp(answer->error, CTL_PEER ".NeedsAddress") == 0)
		hint = " (ipmsgctl ask NAME --at ADDRESS[:PORT])";
	if (strcmp(answer->error, CTL_PEER ".TooLong") == 0)
		snprintf(out, cap, "%s; the limit is %" JSON_INTEGER_FORMAT " bytes of UTF-8",
		    text, json_integer_value(json_object_get(answer->parameters, "max")));
	else
		snprintf(out, cap, "%s%s", text, hint);
	return true;
}

static bool is_unknown_call(const char *error)
{
	return strcmp(error, CTL_SERVICE ".InterfaceNotFound") == 0 ||
	    strcmp(error, CTL_SERVICE ".MethodNotFound") == 0 ||
	    strcmp(error, CTL_SERVICE ".MethodNotImplemented") == 0;
}

static void explain_parameter(const struct ctl_answer *answer, const char *program, char *out,
    size_t cap)
{
	static const struct {
		const char *name;
		const char *mistake;
	} known[] = {
	    {"name", "nobody can have that name: it is empty, too long, or has control "
		     "characters in it"},
	    {"title", "the title is longer than 39 bytes of UTF-8, or has control characters in it"},
	    {"seconds", "the time is not from a second to ten years"},
	    {"reason", "the reason is longer than 159 bytes of UTF-8, or has control characters in "
		       "it"},
	    {"text", "the text is empty, longer than 511 bytes of UTF-8, or has control characters "
		     "in it"}, /* of an absence: to one of a message other errors belong */
	};
	const char *name = json_string_value(json_object_get(answer->parameters, "parameter"));

	snprintf(out, cap, "%s does not take what it was given as `%s'", program,
	    name != NULL ? name : "?");
	for (size_t i = 0; name != NULL && i < sizeof known / sizeof *known; i++) {
		if (strcmp(known[i].name, name) == 0)
			snprintf(out, cap, "%s", known[i].mistake);
	}
}

static void explain_foreign(const struct ctl_answer *answer, const char *program, char *out,
    size_t cap)
{
	char *text = json_dumps(answer->parameters, JSON_COMPACT);

	snprintf(out, cap, "%s refused: %s %s", program, answer->error, text != NULL ? text : "");
	free(text);
}

void explain_error(const struct ctl_answer *answer, const char *program, char *out, size_t cap)
{
	const char *error = answer->error;
	char list[2048];

	if (explain_itself(answer, out, cap))
		return;
	if (strcmp(error, CTL_DAEMON ".ConfigurationInvalid") == 0) {
		snprintf(out, cap, "the configuration is not valid; %s keeps the one it has",
		    program);
	} else if (strcmp(error, CTL_DAEMON ".UnknownLevel") == 0) {
		explain_list(json_object_get(answer->parameters, "known"), list, sizeof list);
		snprintf(out, cap, "there is no such level; there are %s", list);
	} else if (is_unknown_call(error)) {
		snprintf(out, cap,
		    "what answers does not know this command (%s): not %s, or of another version "
		    "(see ipmsgctl version)",
		    error, program);
	} else if (strcmp(error, CTL_SERVICE ".InvalidParameter") == 0) {
		explain_parameter(answer, program, out, cap);
	} else {
		explain_foreign(answer, program, out, cap);
	}
}
