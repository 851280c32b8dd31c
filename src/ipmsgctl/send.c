/* ipmsgctl send: a message, followed until the other side has confirmed it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/follow.h"

/* Far more than fits a datagram; how much does, the daemon knows. */
#define TEXT_MAX (CTL_REQUEST_MAX / 2)

/* A message that waits for a path longer than this gets a word about it. */
#define PATIENCE_MS 300

/* Words with a blank between them, into TEXT_MAX + 1 bytes. */
static bool join_words(int count, char **words, char *text)
{
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		int n = snprintf(text + used, TEXT_MAX + 1 - used, "%s%s", i > 0 ? " " : "",
		    words[i]);

		if (n < 0 || (size_t)n > TEXT_MAX - used) {
			output_complain("the text is longer than any message can be");
			return false;
		}
		used += (size_t)n;
	}
	return true;
}

/* Standard input to its end, into TEXT_MAX + 1 bytes; the last newline is none of the text's. */
static bool read_input(char *text)
{
	size_t len;

	if (isatty(STDIN_FILENO))
		output_complain("type the text; Ctrl-D at the beginning of a line ends it");
	len = fread(text, 1, TEXT_MAX + 1, stdin);
	if (ferror(stdin)) {
		output_complain("cannot read the text: %s", strerror(errno));
		return false;
	}
	if (len > TEXT_MAX) {
		output_complain("the text is longer than any message can be");
		return false;
	}
	if (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	if (strlen(text) == len)
		return true;
	output_complain("the text has a NUL in it");
	return false;
}

static bool read_text(int argc, char **argv, char *text)
{
	bool given = argc > 0 && (argc > 1 || strcmp(argv[0], "-") != 0);

	if (!(given ? join_words(argc, argv, text) : read_input(text)))
		return false;
	if (*text == '\0')
		output_complain("there is no text to send");
	else if (!utf8_valid(span_text(text)))
		output_complain("the text is not valid UTF-8");
	else
		return true;
	return false;
}

/* Whether messages are lost when the daemon ends; false also when it does not say. */
static bool is_fleeting(const struct session *session)
{
	struct ctl_answer answer;
	bool fleeting;

	if (session_probe(session, session->path, CTL_PEER ".Status", &answer) != 0)
		return false;
	fleeting = json_is_false(json_object_get(answer.parameters, "persistent"));
	ctl_answer_clear(&answer);
	return fleeting;
}

static void tell_waiting(const struct session *session, const char *name)
{
	output_complain("waiting for a path to %s%s", name,
	    is_fleeting(session) ? "; messages do not survive a restart of ipmsg-peerd yet" : "");
}

/* `*last` when nothing comes after this. */
static enum status show_answer(struct session *session, const char *name,
    const struct ctl_answer *answer, bool *last)
{
	const json_t *reply = answer->parameters;
	char state[FIELD_MAX];

	*last = !answer->continues;
	if (*field_text(reply, "state", state) == '\0')
		return session_reject_answer(session);
	if (!output_json_line(&session->out, reply) && *last)
		fprintf(session->out.stream, "%s\n", state);
	if (!output_flush(&session->out))
		return STATUS_FAILED;
	if (*last)
		return field_is(reply, "state", "delivered") ? STATUS_DONE : STATUS_FAILED;
	if (!session->out.json && field_is(reply, "state", "waiting") &&
	    follow_idle(session, PATIENCE_MS))
		tell_waiting(session, name);
	return STATUS_DONE;
}

static enum status follow(struct session *session, const char *name, json_t *parameters)
{
	struct ctl_answer answer;
	bool last;
	enum status status = follow_call(session, &daemon_peer, CTL_PEER ".Send", parameters,
	    &answer);

	while (status == STATUS_DONE) {
		status = show_answer(session, name, &answer, &last);
		ctl_answer_clear(&answer);
		if (last || status != STATUS_DONE)
			return status;
		status = follow_next(session, &answer);
	}
	if (status == STATUS_INTERRUPTED)
		return follow_interrupted(session,
		    "the message stays on its way, and ipmsgctl messages shows what comes of it");
	return status;
}

enum status run_send(struct session *session, int argc, char **argv)
{
	enum status status = STATUS_USAGE;
	char *text = malloc(TEXT_MAX + 1);

	if (text == NULL)
		return STATUS_FAILED;
	if (!utf8_valid(span_text(argv[0])))
		output_complain("the name is not valid UTF-8");
	else if (read_text(argc - 1, argv + 1, text))
		status = follow(session, argv[0],
		    json_pack("{s:s, s:s}", "name", argv[0], "text", text));
	free(text);
	return status;
}
