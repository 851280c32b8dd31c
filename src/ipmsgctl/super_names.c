/* ipmsgctl super names, super forget: whose names are whose, and freeing one. */
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/listing.h"

static void cell_name(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "name", out);
}

/* As super kick and super ban take it, be its first character a hyphen. */
static void cell_key(const json_t *item, char out[FIELD_MAX])
{
	char key[FIELD_MAX];

	snprintf(out, FIELD_MAX, "key:%.64s", field_text(item, "key", key));
}

static void cell_state(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "state", out);
}

static void cell_used(const json_t *item, char out[FIELD_MAX])
{
	if (*field_time(item, "used", out) == '\0')
		snprintf(out, FIELD_MAX, "%s", field_is(item, "state", "registered") ? "now" : "-");
}

static const struct column columns[] = {
    {"NAME", cell_name},
    {"KEY", cell_key},
    {"STATE", cell_state},
    {"LAST USED", cell_used},
    {NULL, NULL},
};

enum status run_super_names(struct session *session, int argc, char **argv)
{
	static const struct listing listing = {&daemon_super, CTL_SUPER ".Names", "names", columns,
	    NULL, NULL, "no name belongs to a key"};

	return listing_run(session, &listing, NULL);
}

static void print_forgotten(FILE *stream, const json_t *answer)
{
	char name[FIELD_MAX];

	fprintf(stream, "%s belongs to nobody now; the first key that signs for it will have it\n",
	    field_text(answer, "name", name));
}

enum status run_super_forget(struct session *session, int argc, char **argv)
{
	json_t *parameters = json_pack("{s:s}", "name", argv[0]);
	struct ctl_answer answer;
	enum status status;

	if (parameters == NULL) {
		output_complain("the name is not valid UTF-8");
		return STATUS_USAGE;
	}
	status = session_call(session, &daemon_super, CTL_SUPER ".ForgetName", parameters, false,
	    &answer);
	if (status != STATUS_DONE)
		return status;
	output_object(&session->out, answer.parameters, print_forgotten);
	ctl_answer_clear(&answer);
	return STATUS_DONE;
}
