/*
 * Several sends at a time. What is delivered after it had to wait, and who has
 * opened a sealed message, is learnt from the events, on one more connection for
 * all of them: it may take days, and the daemon has not enough connections for a
 * large group to wait on.
 */
#include "ipmsgctl/deliver.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/interface.h"
#include "ipmsgctl/explain.h"
#include "ipmsgctl/follow.h"

/* A quarter of the connections that a daemon has for all its clients. */
#define PARALLEL_MAX 16
#define SENTENCE_MAX 3072

enum stage {
	STAGE_WAITING, /* for its turn */
	STAGE_UNDER_WAY,
	STAGE_PENDING, /* settled, and not as far yet as it is waited for */
	STAGE_ENDED,
};

struct delivery {
	const char *name;
	enum stage stage;
	bool answered;	/* once at least */
	bool confirmed; /* told of already, or by an event while it was under way */
	json_int_t message;
	struct ctl_client client; /* while it is under way */
};

struct round {
	struct session *session;
	const struct letter *letter;
	struct delivery *all;
	size_t count;
	size_t begun;
	size_t under_way;
	size_t pending;
	size_t failed;
};

/* What becomes of it, known by the reply's or error's words. */
static void tell(const struct round *round, const struct delivery *delivery, json_t *what,
    const char *failure)
{
	FILE *stream = round->session->out.stream;
	json_t *line = json_pack("{s:s}", "name", delivery->name), *name;
	char text[FIELD_MAX], sentence[SENTENCE_MAX];

	json_object_update_missing(line, what);
	if (!output_json_line(&round->session->out, line)) {
		name = json_object_get(line, "name");
		fprintf(stream, "%s ", field_escape(name, text));
		if (failure != NULL)
			fprintf(stream, "failed: %s",
			    text_escape(span_text(failure), sentence, sizeof sentence));
		else
			letter_print_state(round->letter, stream, what);
		putc('\n', stream);
	}
	json_decref(line);
}

static void change_stage(struct round *round, struct delivery *delivery, enum stage stage)
{
	round->under_way -= delivery->stage == STAGE_UNDER_WAY;
	round->pending -= delivery->stage == STAGE_PENDING;
	round->under_way += stage == STAGE_UNDER_WAY;
	round->pending += stage == STAGE_PENDING;
	delivery->stage = stage;
	if (stage != STAGE_UNDER_WAY)
		ctl_client_close(&delivery->client);
}

static enum status lost(const struct round *round, int error)
{
	struct session *session = round->session;

	return session_unreachable(session, session->daemon->program, session->path, error);
}

/* Whether the events say what is waited for: that may take days. */
static bool is_watched(const struct round *round)
{
	return round->letter->until == UNTIL_DELIVERED || round->letter->until == UNTIL_READ;
}

static enum status begin_one(struct round *round)
{
	struct session *session = round->session;
	struct delivery *delivery = &round->all[round->begun];
	struct letter letter = *round->letter;
	int error = ctl_client_open(&delivery->client, session->path, session->timeout_ms);

	if (is_watched(round)) /* the rest is, for all of them */
		letter.until = UNTIL_SETTLED;
	if (error == 0)
		error = ctl_client_call(&delivery->client, CTL_PEER ".Send",
		    letter_parameters(&letter, delivery->name), true);
	if (error != 0)
		return lost(round, error);
	round->begun++;
	change_stage(round, delivery, STAGE_UNDER_WAY);
	return STATUS_DONE;
}

/* The last reply. */
static void end_one(struct round *round, struct delivery *delivery, const json_t *reply)
{
	bool arrived = letter_arrived(round->letter, reply) ||
	    (delivery->confirmed && round->letter->until == UNTIL_DELIVERED);
	bool pending = !arrived && is_watched(round) &&
	    (field_is(reply, "state", "delivered") || field_is(reply, "state", "waiting"));

	delivery->confirmed = delivery->confirmed || field_is(reply, "state", "delivered");
	round->failed += !arrived && !pending;
	change_stage(round, delivery, pending ? STAGE_PENDING : STAGE_ENDED);
}

static void fail_one(struct round *round, struct delivery *delivery,
    const struct ctl_answer *answer)
{
	char sentence[SENTENCE_MAX];
	json_t *failure = json_pack("{s:s, s:O}", "error", answer->error, "parameters",
	    answer->parameters);

	explain_error(answer, round->session->daemon->program, sentence, sizeof sentence);
	tell(round, delivery, failure, sentence);
	json_decref(failure);
	round->failed++;
	change_stage(round, delivery, STAGE_ENDED);
}

static enum status take_reply(struct round *round, struct delivery *delivery,
    const struct ctl_answer *answer)
{
	json_t *reply = answer->parameters;
	bool last = !answer->continues;

	if (!json_is_string(json_object_get(reply, "state")))
		return session_reject_answer(round->session);
	delivery->answered = true;
	delivery->message = field_int(reply, "message");
	if (last || round->session->out.json)
		tell(round, delivery, reply, NULL);
	if (last)
		end_one(round, delivery, reply);
	return STATUS_DONE;
}

/* All that has come for one of them. */
static enum status take_answers(struct round *round, struct delivery *delivery)
{
	enum status status = STATUS_DONE;
	struct ctl_answer answer;

	do {
		int error = ctl_client_receive(&delivery->client, &answer);

		if (error != 0)
			return lost(round, error);
		if (answer.error != NULL)
			fail_one(round, delivery, &answer);
		else
			status = take_reply(round, delivery, &answer);
		ctl_answer_clear(&answer);
	} while (status == STATUS_DONE && delivery->stage == STAGE_UNDER_WAY &&
	    delivery->client.used > delivery->client.taken);
	return status;
}

/* One that failed while it waited. */
static void fail_later(struct round *round, struct delivery *delivery, const json_t *message)
{
	const char *why = json_string_value(json_object_get(message, "explanation"));
	json_t *reply = json_pack("{s:I, s:s, s:O?, s:O?}", "message", delivery->message, "state",
	    "failed", "reason", json_object_get(message, "reason"), "explanation",
	    json_object_get(message, "explanation"));

	tell(round, delivery, reply, why != NULL ? why : "it was not delivered");
	json_decref(reply);
	round->failed++;
	change_stage(round, delivery, STAGE_ENDED);
}

/* One that is read needs no confirmation any more; one under way tells the rest itself. */
static void take_change(struct round *round, struct delivery *delivery, const json_t *message)
{
	bool read = field_is(message, "state", "read");
	bool confirmed = read || field_is(message, "state", "delivered");
	bool news = read || (confirmed && !delivery->confirmed);
	json_t *reply;

	delivery->confirmed = delivery->confirmed || confirmed;
	if (delivery->stage == STAGE_PENDING && field_is(message, "state", "failed"))
		fail_later(round, delivery, message);
	if (!news || (!read && delivery->stage != STAGE_PENDING))
		return;
	if (delivery->stage == STAGE_ENDED)
		return;
	reply = json_pack("{s:I, s:s, s:s}", "message", delivery->message, "state",
	    read ? "read" : "delivered", "reason", "");
	tell(round, delivery, reply, NULL);
	if (letter_arrived(round->letter, reply))
		change_stage(round, delivery, STAGE_ENDED);
	json_decref(reply);
}

static void take_event(struct round *round, const json_t *event)
{
	const json_t *message = json_object_get(event, "message");
	json_int_t id = field_int(message, "id");

	if (!field_is(message, "direction", "sent"))
		return;
	for (size_t i = 0; i < round->begun; i++) {
		struct delivery *delivery = &round->all[i];

		if (delivery->answered && delivery->message == id &&
		    delivery->stage != STAGE_ENDED)
			take_change(round, delivery, message);
	}
}

/* They never end. */
static bool is_event(const struct ctl_answer *answer)
{
	return answer->continues && json_is_object(json_object_get(answer->parameters, "event"));
}

static enum status take_events(struct round *round)
{
	struct session *session = round->session;
	struct ctl_answer answer;

	do {
		enum status status = session_next(session, &answer);

		if (status != STATUS_DONE)
			return status;
		bool good = is_event(&answer);

		if (good)
			take_event(round, json_object_get(answer.parameters, "event"));
		ctl_answer_clear(&answer);
		if (!good)
			return session_reject_answer(session);
	} while (session->client.used > session->client.taken);
	return STATUS_DONE;
}

/* What is waited for; and in `who` whose answer stands where. */
struct waiting {
	struct pollfd pollers[2 + PARALLEL_MAX];
	struct delivery *who[2 + PARALLEL_MAX];
	nfds_t count;
	bool unanswered; /* somebody was never answered yet */
};

/*
 * The events come before the answers, and are taken after them: so whoever is
 * told of there has been answered here.
 */
static void gather(const struct round *round, struct waiting *waiting)
{
	*waiting = (struct waiting){.count = 2};
	waiting->pollers[0] = (struct pollfd){.fd = round->session->client.fd, .events = POLLIN};
	waiting->pollers[1] = (struct pollfd){.fd = round->session->signals, .events = POLLIN};
	for (size_t i = 0; i < round->begun; i++) {
		struct delivery *delivery = &round->all[i];

		if (delivery->stage != STAGE_UNDER_WAY)
			continue;
		waiting->unanswered = waiting->unanswered || !delivery->answered;
		waiting->pollers[waiting->count] =
		    (struct pollfd){.fd = delivery->client.fd, .events = POLLIN};
		waiting->who[waiting->count++] = delivery;
	}
}

static enum status await(const struct round *round, struct waiting *waiting)
{
	struct session *session = round->session;
	int ready;

	do {
		ready = poll(waiting->pollers, waiting->count,
		    waiting->unanswered ? session->timeout_ms : -1);
		if (ready == 0 && !follow_alive(session))
			return lost(round, ETIMEDOUT);
	} while (ready == 0 || (ready < 0 && errno == EINTR));
	if (ready < 0)
		return lost(round, errno);
	return waiting->pollers[1].revents != 0 ? STATUS_INTERRUPTED : STATUS_DONE;
}

static enum status step(struct round *round)
{
	enum status status = STATUS_DONE;
	struct waiting waiting;

	while (status == STATUS_DONE && round->begun < round->count &&
	    round->under_way < PARALLEL_MAX)
		status = begin_one(round);
	if (status != STATUS_DONE)
		return status;
	gather(round, &waiting);
	status = await(round, &waiting);
	for (nfds_t i = 2; i < waiting.count && status == STATUS_DONE; i++) {
		if (waiting.pollers[i].revents != 0)
			status = take_answers(round, waiting.who[i]);
	}
	if (status == STATUS_DONE && waiting.pollers[0].revents != 0)
		status = take_events(round);
	if (status == STATUS_DONE && !output_flush(&round->session->out))
		status = STATUS_FAILED;
	return status;
}

static enum status interrupted(const struct round *round)
{
	char meaning[160];
	size_t left = round->count - round->begun;

	if (left == 0)
		return follow_interrupted(round->session,
		    "the messages stay on their way, and ipmsgctl messages --sent shows what comes "
		    "of them");
	snprintf(meaning, sizeof meaning,
	    "%zu of %zu were not sent; the others stay on their way, and ipmsgctl messages --sent shows "
	    "what comes of them",
	    left, round->count);
	return follow_interrupted(round->session, meaning);
}

/* The session's own connection is free again: the events come over it, if they are wanted. */
static enum status begin(const struct round *round)
{
	struct session *session = round->session;
	struct ctl_answer answer;
	enum status status;

	ctl_client_close(&session->client);
	if (!is_watched(round)) {
		follow_interrupts(session);
		return STATUS_DONE;
	}
	status = follow_call(session, &daemon_peer, CTL_PEER ".Watch", NULL, &answer);
	if (status == STATUS_DONE && !is_event(&answer))
		status = session_reject_answer(session);
	ctl_answer_clear(&answer);
	return status;
}

static enum status run(struct round *round)
{
	enum status status = begin(round);

	round->session->lost =
	    "once it runs, ipmsgctl messages --sent shows what came of the messages";
	while (status == STATUS_DONE &&
	    (round->begun < round->count || round->under_way > 0 || round->pending > 0))
		status = step(round);
	if (status == STATUS_INTERRUPTED)
		return interrupted(round);
	if (status == STATUS_DONE && round->failed > 0) {
		output_complain("%zu of %zu were not delivered", round->failed, round->count);
		status = STATUS_FAILED;
	}
	return status;
}

enum status deliver(struct session *session, const struct letter *letter, const json_t *names)
{
	struct round round = {.session = session, .letter = letter};
	json_t *name;
	size_t i;

	round.count = json_array_size(names);
	round.all = calloc(round.count, sizeof *round.all);
	if (round.all == NULL) {
		output_complain("no memory for %zu recipients", round.count);
		return STATUS_FAILED;
	}
	json_array_foreach(names, i, name)
		round.all[i] = (struct delivery){.name = json_string_value(name), .client.fd = -1};
	enum status status = run(&round);

	for (i = 0; i < round.count; i++)
		ctl_client_close(&round.all[i].client);
	free(round.all);
	return status;
}
