/* ipmsgctl list: the other peers that are known, neighbours and remote ones in one table. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/listing.h"

const struct command_option list_options[] = {
    [LIST_LONG] = {"long", 'l', NULL, "also show user, host, program, key and diagnosis"},
    {NULL},
};

static void cell_name(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "name", out);
}

static void cell_state(const json_t *item, char out[FIELD_MAX])
{
	char state[FIELD_MAX], reason[FIELD_MAX];

	if (field_is(item, "state", "open") && json_is_true(json_object_get(item, "absent")))
		snprintf(state, sizeof state, "away");
	else
		field_text(item, "state", state);
	field_text(item, "reason", reason);
	snprintf(out, FIELD_MAX, "%.200s%s%.200s%s", state, *reason != '\0' ? " (" : "", reason,
	    *reason != '\0' ? ")" : "");
}

static void cell_kind(const json_t *item, char out[FIELD_MAX])
{
	field_kind(item, "kind", out);
}

static void cell_endpoint(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "endpoint", out);
}

static void cell_heard(const json_t *item, char out[FIELD_MAX])
{
	if (json_is_integer(json_object_get(item, "heard_ms")))
		field_duration(field_int(item, "heard_ms"), out);
	else
		*out = '\0';
}

static void cell_user(const json_t *item, char out[FIELD_MAX])
{
	char user[FIELD_MAX], host[FIELD_MAX];

	field_text(item, "user", user);
	field_text(item, "host", host);
	if (*user == '\0' && *host == '\0')
		*out = '\0';
	else
		snprintf(out, FIELD_MAX, "%.250s@%.250s", user, host);
}

/* IP Messenger's clients give system and version as numbers, each system by one of its own. */
static void cell_program(const json_t *item, char out[FIELD_MAX])
{
	static const struct {
		unsigned number;
		const char *name;
	} systems[] = {{0x10001, "Windows"}, {0x10002, "Windows"}, {0x20000, "Mac"},
	    {0x30000, "iOS"}, {0x40000, "Android"}, {0x50000, "ipmsgd"}};
	unsigned number, major, minor, revision;
	int end = 0;

	field_text(item, "program", out);
	if (sscanf(out, "%8x:%5u:%5u:%5u%n", &number, &major, &minor, &revision, &end) != 4 ||
	    out[end] != '\0')
		return;
	for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
		if (systems[i].number == number)
			snprintf(out, FIELD_MAX, "%s %u.%u.%u", systems[i].name, major, minor,
			    revision);
	}
}

static void cell_key(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "identity", out);
}

/* Of the last attempt, if it has one. */
static void cell_diagnosis(const json_t *item, char out[FIELD_MAX])
{
	if (field_is(item, "diagnosis", "none"))
		*out = '\0';
	else
		field_text(item, "diagnosis", out);
}

static const struct column columns[] = {
    {"NAME", cell_name, .cut = true},
    {"STATE", cell_state, .cut = true},
    {"KIND", cell_kind, .spare = 2},
    {"ENDPOINT", cell_endpoint},
    {"HEARD", cell_heard, .spare = 1},
    {NULL, NULL},
};

/* Whoever asks for all of it wants all of it. */
static const struct column long_columns[] = {
    {"NAME", cell_name},
    {"STATE", cell_state},
    {"KIND", cell_kind},
    {"ENDPOINT", cell_endpoint},
    {"HEARD", cell_heard},
    {"USER@HOST", cell_user},
    {"PROGRAM", cell_program},
    {"KEY", cell_key},
    {"DIAGNOSIS", cell_diagnosis},
    {NULL, NULL},
};

static const char *text_of(const json_t *item, const char *name)
{
	const char *text = json_string_value(json_object_get(item, name));

	return text != NULL ? text : "";
}

/* Without regard to the case of letters, unless that is all the difference. */
static int compare_texts(const char *a, const char *b)
{
	int order = strcasecmp(a, b);

	return order != 0 ? order : strcmp(a, b);
}

/* Groups together, who has none behind them. */
static int compare_peers(const json_t *a, const json_t *b)
{
	const char *group_a = text_of(a, "group"), *group_b = text_of(b, "group");
	int order = (*group_a == '\0') - (*group_b == '\0');
	json_int_t id_a = field_int(a, "id"), id_b = field_int(b, "id");

	if (order == 0)
		order = compare_texts(group_a, group_b);
	if (order == 0)
		order = compare_texts(text_of(a, "name"), text_of(b, "name"));
	return order != 0 ? order : (id_a > id_b) - (id_a < id_b);
}

enum status run_list(struct session *session, int argc, char **argv)
{
	const struct listing listing = {&daemon_peer, CTL_PEER ".List", "peers",
	    session->given[LIST_LONG] != NULL ? long_columns : columns, compare_peers, NULL,
	    "nobody is known yet; ipmsgctl ask NAME makes a path to a peer"};

	return listing_run(session, &listing, NULL);
}
