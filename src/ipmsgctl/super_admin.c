/* ipmsgctl super kick, ban, unban, drain: what an administrator does about somebody. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"

#define FOR_MAX_S (10LL * 366 * 86400)

const struct command_option super_ban_options[] = {
    [SUPER_BAN_FOR] = {"for", 0, "TIME", "for so long: 90s, 15m, 1h, 7d; else for good"},
    [SUPER_BAN_REASON] = {"reason", 0, "TEXT", "a note, shown by super bans"},
    {NULL},
};

/* `parameters` is taken over; NULL is for text that is not UTF-8. */
static enum status call(struct session *session, const char *method, json_t *parameters,
    output_text_fn print)
{
	struct ctl_answer answer;
	enum status status;

	if (parameters == NULL) {
		output_complain("an argument is not valid UTF-8");
		return STATUS_USAGE;
	}
	status = session_call(session, &daemon_super, method, parameters, false, &answer);
	if (status != STATUS_DONE)
		return status;
	output_object(&session->out, answer.parameters, print);
	ctl_answer_clear(&answer);
	return STATUS_DONE;
}

static void print_ended(FILE *stream, const json_t *answer)
{
	int64_t ended = field_int(answer, "ended");

	if (ended == 0)
		fputs("nobody was registered\n", stream);
	else
		fprintf(stream, "%" PRId64 " registration%s ended\n", ended, ended == 1 ? "" : "s");
}

static void print_kicked(FILE *stream, const json_t *answer)
{
	char what[FIELD_MAX];

	fprintf(stream, "%s: ", field_text(answer, "what", what));
	print_ended(stream, answer);
}

static void print_not_kept(FILE *stream, const json_t *answer)
{
	if (json_is_false(json_object_get(answer, "kept")))
		fputs("this could not be written down, and will not outlive the supernode; its log "
		      "says why\n",
		    stream);
}

static void print_banned(FILE *stream, const json_t *answer)
{
	char what[FIELD_MAX], until[FIELD_MAX];
	bool ends = *field_time(answer, "until", until) != '\0';

	fprintf(stream, "%s is banned %s%s: ", field_text(answer, "what", what),
	    ends ? "until " : "for good", until);
	print_ended(stream, answer);
	print_not_kept(stream, answer);
}

static void print_unbanned(FILE *stream, const json_t *answer)
{
	char what[FIELD_MAX], wider[FIELD_MAX];

	field_text(answer, "what", what);
	if (*field_text(answer, "part_of", wider) != '\0')
		fprintf(stream, "the ban of %s is lifted; but it is part of %s, which is banned\n",
		    what, wider);
	else
		fprintf(stream, "%s is banned no more\n", what);
	print_not_kept(stream, answer);
}

static void print_draining(FILE *stream, const json_t *answer)
{
	fputs(json_is_true(json_object_get(answer, "draining"))
		? "draining: who is registered stays, nobody new is let in\n"
		: "new peers are let in again\n",
	    stream);
}

enum status run_super_kick(struct session *session, int argc, char **argv)
{
	return call(session, CTL_SUPER ".Kick", json_pack("{s:s}", "what", argv[0]), print_kicked);
}

/* How many seconds the letter behind a number stands for; 0 for none of them. */
static long long unit_of(const char *unit)
{
	static const struct {
		const char *name;
		long long seconds;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strcmp(units[i].name, unit) == 0)
			return units[i].seconds;
	}
	return 0;
}

static bool read_duration(const char *text, json_int_t *seconds)
{
	char *end;
	long long number = strtoll(text, &end, 10), unit = unit_of(end);

	if (*text < '0' || *text > '9' || unit == 0 || number < 1 || number > FOR_MAX_S / unit) {
		output_complain("--for: \"%s\" is not a time such as 90s, 15m, 1h or 7d, of ten "
				"years at most",
		    text);
		return false;
	}
	*seconds = number * unit;
	return true;
}

enum status run_super_ban(struct session *session, int argc, char **argv)
{
	const char *duration = session->given[SUPER_BAN_FOR];
	json_t *parameters;
	json_int_t seconds;

	if (duration != NULL && !read_duration(duration, &seconds))
		return STATUS_USAGE;
	parameters = json_pack("{s:s, s:s*}", "what", argv[0], "reason",
	    session->given[SUPER_BAN_REASON]);
	if (duration != NULL && parameters != NULL)
		json_object_set_new(parameters, "seconds", json_integer(seconds));
	return call(session, CTL_SUPER ".Ban", parameters, print_banned);
}

enum status run_super_unban(struct session *session, int argc, char **argv)
{
	return call(session, CTL_SUPER ".Unban", json_pack("{s:s}", "what", argv[0]),
	    print_unbanned);
}

enum status run_super_drain_on(struct session *session, int argc, char **argv)
{
	return call(session, CTL_SUPER ".Drain", json_pack("{s:b}", "on", 1), print_draining);
}

enum status run_super_drain_off(struct session *session, int argc, char **argv)
{
	return call(session, CTL_SUPER ".Drain", json_pack("{s:b}", "on", 0), print_draining);
}
