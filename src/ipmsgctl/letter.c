/* Reading a message's text, and the words of Send. */
#include "ipmsgctl/letter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "ipmsgctl/field.h"
#include "ipmsgctl/output.h"
#include "ipmsgctl/print.h"
#include "ipmsgctl/when.h"

/* The most that any program takes; how much that of the recipient does, the daemon knows. */
#define TEXT_MAX (1UL << 20)

/* Words with a blank between them, into TEXT_MAX + 1 bytes. */
static bool join_words(int count, char **words, char *text)
{
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		int n = snprintf(text + used, TEXT_MAX + 1 - used, "%s%s", i > 0 ? " " : "",
		    words[i]);

		if (n < 0 || (size_t)n > TEXT_MAX - used) {
			output_complain("the text is longer than any message can be: %lu bytes", TEXT_MAX);
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
		output_complain("the text is longer than any message can be: %lu bytes", TEXT_MAX);
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

char *letter_text(int argc, char **argv)
{
	char *text = malloc(TEXT_MAX + 1);

	if (text == NULL) {
		output_complain("no memory for the text");
		return NULL;
	}
	if (read_text(argc, argv, text))
		return text;
	free(text);
	return NULL;
}

/* What is as usual is left out, for daemons that know no more. */
json_t *letter_parameters(const struct letter *letter, const char *name)
{
	static const char *const untils[] = {[UNTIL_KEPT] = "kept",
	    [UNTIL_SETTLED] = "",
	    [UNTIL_DELIVERED] = "delivered",
	    [UNTIL_READ] = "read"};
	json_t *parameters = json_pack("{s:s, s:s}", "name", name, "text", letter->text);

	if (letter->sealed)
		json_object_set_new(parameters, "sealed", json_true());
	if (letter->many)
		json_object_set_new(parameters, "many", json_true());
	if (*untils[letter->until] != '\0')
		json_object_set_new(parameters, "until", json_string(untils[letter->until]));
	if (letter->now)
		json_object_set_new(parameters, "queue", json_false());
	return parameters;
}

bool letter_arrived(const struct letter *letter, const json_t *reply)
{
	if (letter->until == UNTIL_KEPT || field_is(reply, "state", "read"))
		return true;
	if (letter->until == UNTIL_SETTLED && field_is(reply, "state", "waiting"))
		return true;
	return letter->until != UNTIL_READ && field_is(reply, "state", "delivered");
}

/* "queued: nobody is called so; until 2026-11-30 14:03" */
static void print_queued(FILE *stream, const json_t *reply)
{
	const json_t *explanation = json_object_get(reply, "explanation");
	char text[FIELD_MAX];

	fputs("queued", stream);
	if (json_string_length(explanation) > 0) {
		fputs(": ", stream);
		print_text(stream,
		    span_of(json_string_value(explanation), json_string_length(explanation)));
	} else if (*field_text(reply, "reason", text) != '\0') {
		fprintf(stream, ": %s", text);
	}
	if (*when_field(reply, "expires", text) != '\0')
		fprintf(stream, "; until %s", text);
}

void letter_print_state(const struct letter *letter, FILE *stream, const json_t *reply)
{
	char state[FIELD_MAX];

	field_text(reply, "state", state);
	if (letter->until == UNTIL_KEPT &&
	    (strcmp(state, "waiting") == 0 || strcmp(state, "sent") == 0))
		fprintf(stream, "on its way (message %" PRId64 ")", field_int(reply, "message"));
	else if (strcmp(state, "waiting") == 0)
		print_queued(stream, reply);
	else
		fputs(state, stream);
}
