/*
 * What the programs themselves say that manual.sh holds the manual against:
 *
 *     facts options     SECTION OPTION KIND [least most | word…] of the configuration
 *     facts words       KIND WORD: states, steps, reasons and the like in answers
 *     facts errors      NAME PARAMETER… of the control protocol
 *     facts default SECTION OPTION FILE
 *                       says what is wrong if FILE gives the option, and nothing
 *                       else, another value than it has by default
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/option.h"
#include "ctl/interface.h"
#include "peer/event.h"
#include "peer/peer.h"
#include "super/event.h"

static void print_option(const struct section *section, const struct option *option)
{
	printf("%s %s ", section->name, option->name);
	if (option->list)
		printf("list");
	else if (option->words != NULL)
		printf("word");
	else if (option->max > 0)
		printf("number %lu %lu", option->min, option->max);
	else
		printf("text");
	for (const struct word *word = option->words; word != NULL && word->name != NULL; word++)
		printf(" %s", word->name);
	putchar('\n');
}

static void print_options(void)
{
	for (size_t i = 0; conf_sections[i] != NULL; i++) {
		for (size_t j = 0; j < conf_sections[i]->count; j++)
			print_option(conf_sections[i], &conf_sections[i]->options[j]);
	}
}

#define PRINT_WORDS(kind, type, count, name)                                                       \
	for (unsigned i = 0; i < (count); i++) {                                                   \
		if (*name((enum type)i) != '\0')                                                   \
			printf(kind " %s\n", name((enum type)i));                                  \
	}

/* The words of each "name: (one, two)" in an interface: what its programs themselves choose. */
static void print_enumerations(const char *description)
{
	bool comment = false;

	for (const char *at = description; *at != '\0'; at++) {
		if (at == description || at[-1] == '\n')
			comment = *at == '#';
		if (comment || strncmp(at, ": (", 3) != 0)
			continue;
		at += 3;
		if (strcspn(at, ":") < strcspn(at, ")"))
			continue; /* members, not words */
		for (const char *end = at + strcspn(at, ")"); at < end; at += strspn(at, ", \n")) {
			printf("enumeration %.*s\n", (int)strcspn(at, ",)"), at);
			at += strcspn(at, ",)");
		}
	}
}

static void print_words(void)
{
	PRINT_WORDS("reason", reason, REASONS, reason_name)
	PRINT_WORDS("supernode", supernode_state, SUPERNODE_STATES, supernode_state_name)
	PRINT_WORDS("path", path_state, PATH_STATES, path_state_name)
	PRINT_WORDS("message", message_state, MESSAGE_STATES, message_state_name)
	PRINT_WORDS("step", step, STEPS, step_name)
	PRINT_WORDS("neighbour", neighbour_change, NEIGHBOUR_CHANGES, neighbour_change_name)
	PRINT_WORDS("offer", offer_kind, OFFER_KINDS, offer_kind_name)
	PRINT_WORDS("diagnosis", diagnosis, DIAGNOSES, diagnosis_name)
	PRINT_WORDS("candidate", candidate_kind, CANDIDATE_KINDS, candidate_kind_name)
	PRINT_WORDS("heard", candidate_state, CANDIDATE_STATES, candidate_state_name)
	print_enumerations(ctl_peer_description);
	PRINT_WORDS("super-event", super_event_kind, SUPER_EVENT_KINDS, super_event_name)
	PRINT_WORDS("super-reason", super_reason, SUPER_REASONS, super_reason_name)
}

/* "error Name (one: type, two: type)" of an interface, in one line or several. */
static void print_error(const char *interface, const char *line)
{
	const char *name = line + strlen("error ");
	size_t len = strcspn(name, " (");
	const char *at = name + strcspn(name, "("), *end = name + strcspn(name, ")");

	printf("%s.%.*s", interface, (int)len, name);
	while (at < end) {
		at += strspn(at, "(, \n");
		if (at < end)
			printf(" %.*s", (int)strcspn(at, ":)"), at);
		at += strcspn(at, ",)");
	}
	putchar('\n');
}

static void print_errors_of(const char *interface, const char *description)
{
	for (const char *line = description; line != NULL; line = strchr(line, '\n')) {
		line += strspn(line, "\n");
		if (strncmp(line, "error ", 6) == 0)
			print_error(interface, line);
	}
}

static void print_errors(void)
{
	print_errors_of(CTL_SERVICE, ctl_service_description);
	print_errors_of(CTL_DAEMON, ctl_daemon_description);
	print_errors_of(CTL_SUPER, ctl_super_description);
	print_errors_of(CTL_PEER, ctl_peer_description);
}

static void print_mistake(const char *text, void *context)
{
	puts(text);
}

static int check_default(const char *section_name, const char *option_name, const char *path)
{
	const struct section *section = section_find(section_name);
	struct conf usual, given;

	if (section == NULL || section_option(section, option_name) == NULL) {
		printf("there is no option %s in the section %s\n", option_name, section_name);
		return EXIT_FAILURE;
	}
	conf_init(&usual);
	conf_init(&given);
	if (!conf_read(&given, path, false, print_mistake, NULL))
		return EXIT_FAILURE;
	/* both were cleared first, and only the option has been written to since */
	if (memcmp(&usual, &given, sizeof usual) != 0) {
		printf("%s in the section %s has another default\n", option_name, section_name);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 5 && strcmp(what, "default") == 0)
		return check_default(argv[2], argv[3], argv[4]);
	if (strcmp(what, "options") == 0)
		print_options();
	else if (strcmp(what, "words") == 0)
		print_words();
	else if (strcmp(what, "errors") == 0)
		print_errors();
	else
		return 2;
	return EXIT_SUCCESS;
}
