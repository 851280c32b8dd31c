/* ipmsgctl ask: the steps of an introduction as they happen, and how it ends. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/text.h"
#include "ctl/interface.h"
#include "ipmsgctl/attempt.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/follow.h"

#define DEFAULT_PORT 2425

const struct command_option ask_options[] = {
    [ASK_AT] = {"at", 0, "ADDRESS[:PORT]", "where the peer is, if no supernode can tell"},
    [ASK_VERBOSE] = {"verbose", 'v', NULL, "show every step, what was tried, and what that means"},
    {NULL},
};

/* What a step means, before and behind its address. */
static const struct step {
	const char *word;
	const char *before;
	const char *behind;
	bool calm; /* shown without -v too, the first time */
} steps[] = {
    {"asked", "asked the supernode ", "", true},
    {"told", "the supernode says: it is at ", "", true},
    {"ordered", "a supernode orders this side to punch toward ", "", true},
    {"knocked", "sent an entry straight to ", "", true},
    {"opener", "opened this side's NAT toward ", "", false},
    {"punched", "punching toward ", "", true},
    {"heard", "heard the other side from ", "", false},
    {"open", "open toward ", "", false},
    {"failed", "gave up ", "", false},
};

#define STEPS (sizeof steps / sizeof *steps)

struct asking {
	const char *name;
	bool verbose;
	unsigned seen;	 /* a bit a step */
	bool began;	 /* there was a step */
	int64_t elapsed; /* of the last one */
};

static size_t find_step(const json_t *step)
{
	size_t i = 0;

	while (i < STEPS && !field_is(step, "step", steps[i].word))
		i++;
	return i;
}

static void print_verbose(FILE *stream, const json_t *step, size_t i)
{
	char word[FIELD_MAX], at[FIELD_MAX], reason[FIELD_MAX];

	field_text(step, "step", word);
	field_text(step, "at", at);
	field_text(step, "reason", reason);
	fprintf(stream, "%6" PRId64 " ms  ", field_int(step, "elapsed_ms"));
	if (i < STEPS)
		fprintf(stream, "%s%s%s", steps[i].before, at, steps[i].behind);
	else
		fprintf(stream, "%s %s", word, at);
	fprintf(stream, "%s%s%s%s\n", *reason != '\0' ? "(" : "", reason,
	    *reason != '\0' ? ")" : "",
	    json_is_true(json_object_get(step, "incoming")) ? " (the other asked)" : "");
}

static void show_step(struct session *session, struct asking *asking, const json_t *step)
{
	size_t i = find_step(step);
	char at[FIELD_MAX];

	asking->began = true;
	asking->elapsed = field_int(step, "elapsed_ms");
	if (session->out.json)
		return;
	if (asking->verbose) {
		print_verbose(session->out.stream, step, i);
	} else if (i < STEPS && steps[i].calm && (asking->seen & 1u << i) == 0) {
		asking->seen |= 1u << i;
		fprintf(session->out.stream, "%s%s\n", steps[i].before, field_text(step, "at", at));
	}
}

static void show_peer(struct session *session, const struct asking *asking, const json_t *reply)
{
	const json_t *peer = json_object_get(reply, "peer");
	char name[FIELD_MAX], endpoint[FIELD_MAX];

	if (session->out.json)
		return;
	field_text(peer, "name", name);
	field_text(peer, "endpoint", endpoint);
	if (field_is(peer, "kind", "lan")) {
		fprintf(session->out.stream, "%s is on the local network: %s\n", name, endpoint);
		return;
	}
	fprintf(session->out.stream, "%s is reachable at %s ", name, endpoint);
	if (asking->began)
		fprintf(session->out.stream, "(%" PRId64 " ms)\n", asking->elapsed);
	else
		fputs("(the path was open already)\n", session->out.stream);
	if (asking->verbose) {
		attempt_print(&session->out, reply);
		attempt_print_diagnosis(&session->out, reply);
	}
}

/* `*last` when nothing comes after this. */
static enum status show_answer(struct session *session, struct asking *asking,
    const struct ctl_answer *answer, bool *last)
{
	const json_t *step = json_object_get(answer->parameters, "step");

	*last = !answer->continues;
	if (!json_is_object(*last ? json_object_get(answer->parameters, "peer") : step))
		return session_reject_answer(session);
	output_json_line(&session->out, answer->parameters);
	if (*last)
		show_peer(session, asking, answer->parameters);
	else
		show_step(session, asking, step);
	return output_flush(&session->out) ? STATUS_DONE : STATUS_FAILED;
}

static bool check_at(const char *at)
{
	struct endpoint endpoint;
	const char *mistake = at != NULL ? endpoint_parse(&endpoint, at, DEFAULT_PORT) : NULL;

	if (mistake != NULL)
		output_complain("--at: %s: %s", at, mistake);
	return mistake == NULL;
}

enum status run_ask(struct session *session, int argc, char **argv)
{
	const char *at = session->given[ASK_AT];
	struct asking asking = {.name = argv[0], .verbose = session->given[ASK_VERBOSE] != NULL};
	struct ctl_answer answer;
	bool last = false;

	if (!check_at(at))
		return STATUS_USAGE;
	if (!utf8_valid(span_text(argv[0]))) {
		output_complain("the name is not valid UTF-8");
		return STATUS_USAGE;
	}
	/* the sentence of an error ends with the diagnosis */
	if (asking.verbose)
		session->before_failure = attempt_print;
	enum status status = follow_call(session, &daemon_peer, CTL_PEER ".Ask",
	    json_pack("{s:s, s:s*, s:o*}", "name", argv[0], "at", at, "settle",
		asking.verbose ? json_true() : NULL), &answer);

	while (status == STATUS_DONE) {
		status = show_answer(session, &asking, &answer, &last);
		ctl_answer_clear(&answer);
		if (last || status != STATUS_DONE)
			return status;
		status = follow_next(session, &answer);
	}
	if (status == STATUS_INTERRUPTED)
		return follow_interrupted(session,
		    "the ask goes on, and ipmsgctl list shows what comes of it");
	return status;
}
