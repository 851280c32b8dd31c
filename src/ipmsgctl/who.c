/* ipmsgctl who: who can be asked for, as the supernodes tell, in one sorted table. */
#include <string.h>
#include <strings.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/follow.h"

static void cell_name(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "name", out);
}

static void cell_group(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "group", out);
}

static void cell_host(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "host", out);
}

static void cell_supernode(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "supernode", out);
}

static const struct column columns[] = {
    {"NAME", cell_name, .cut = true},
    {"GROUP", cell_group, .cut = true, .spare = 2},
    {"HOST", cell_host, .cut = true, .spare = 1},
    {"SUPERNODE", cell_supernode, .cut = true},
    {NULL, NULL},
};

static int compare_texts(const json_t *a, const json_t *b, const char *name)
{
	const char *text_a = json_string_value(json_object_get(a, name));
	const char *text_b = json_string_value(json_object_get(b, name));
	int order = strcasecmp(text_a != NULL ? text_a : "", text_b != NULL ? text_b : "");

	return order != 0 ? order
			  : strcmp(text_a != NULL ? text_a : "", text_b != NULL ? text_b : "");
}

static int compare_peers(const json_t *a, const json_t *b)
{
	static const char *const by[] = {"name", "host", "supernode"};
	int order = 0;

	for (size_t i = 0; i < sizeof by / sizeof *by && order == 0; i++)
		order = compare_texts(a, b, by[i]);
	return order;
}

/* Those who came are shown as they come in JSON, and sorted in a table. `*last`: it was the end. */
static enum status take(struct session *session, const struct ctl_answer *answer,
    json_t **supernodes, bool *last)
{
	json_t *peer = json_object_get(answer->parameters, "peer");

	*last = !answer->continues;
	if (*last) {
		*supernodes = json_incref(json_object_get(answer->parameters, "supernodes"));
		return json_is_array(*supernodes) ? STATUS_DONE : session_reject_answer(session);
	}
	if (!json_is_object(peer))
		return session_reject_answer(session);
	output_list_item(&session->out, peer);
	return STATUS_DONE;
}

static bool has_told(const json_t *supernodes)
{
	json_t *supernode;
	size_t i;

	json_array_foreach(supernodes, i, supernode) {
		if (field_is(supernode, "reason", "") || field_is(supernode, "reason", "limit"))
			return true;
	}
	return false;
}

static void say_why(const json_t *supernodes)
{
	json_t *supernode;
	size_t i;

	json_array_foreach(supernodes, i, supernode) {
		const char *text = json_string_value(json_object_get(supernode, "explanation"));

		if (text != NULL && *text != '\0')
			output_complain("%s", text);
	}
}

/* Nobody is told of by a supernode that tells nobody: then this is no answer. */
static enum status end(struct session *session, const json_t *supernodes)
{
	bool told = has_told(supernodes);

	output_list_end_with(&session->out, "supernodes", supernodes,
	    told ? "nobody else is there, or none whom a supernode may tell of" : NULL);
	if (!output_flush(&session->out))
		return STATUS_FAILED;
	say_why(supernodes);
	return told ? STATUS_DONE : STATUS_FAILED;
}

static enum status take_all(struct session *session, struct ctl_answer *answer,
    json_t **supernodes)
{
	enum status status = STATUS_DONE;
	bool last = false;

	while (status == STATUS_DONE) {
		status = take(session, answer, supernodes, &last);
		ctl_answer_clear(answer);
		if (last || status != STATUS_DONE)
			return status;
		status = follow_next(session, answer);
	}
	return status;
}

enum status run_who(struct session *session, int argc, char **argv)
{
	struct ctl_answer answer;
	json_t *supernodes = NULL;
	enum status status =
	    follow_call(session, &daemon_peer, CTL_PEER ".Who", json_object(), &answer);

	if (status == STATUS_DONE) {
		output_list_begin(&session->out, "peers", columns, compare_peers);
		status = take_all(session, &answer, &supernodes);
		if (status == STATUS_DONE)
			status = end(session, supernodes);
	}
	json_decref(supernodes);
	if (status == STATUS_INTERRUPTED)
		return follow_interrupted(session, "the list is not complete");
	return status;
}
