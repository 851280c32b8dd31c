/* ipmsgctl: options, then a command; everything else is in the commands' files. */
#include "config.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "ipmsgctl/command.h"
#include "ipmsgctl/width.h"

#define TIMEOUT_MAX_S 86400

/* OPTION_OWN and what follows are the options of the command. */
enum { OPTION_JSON = 256, OPTION_TIMEOUT, OPTION_VERSION, OPTION_OWN };

static const struct option common_options[] = {
    {"socket", required_argument, NULL, 's'},
    {"json", no_argument, NULL, OPTION_JSON},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
};

#define COMMON (sizeof common_options / sizeof *common_options)

/* What getopt has to know: the common options, and those of a command. */
struct known {
	const struct command *command; /* NULL before its name was read */
	const struct command_option *own;
	struct option options[COMMON + SESSION_OPTIONS_MAX + 1];
	char letters[16];
};

struct wishes {
	bool help;
	bool version;
};

static bool read_timeout(const char *text, int *timeout_ms)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds >= 0.001) || seconds > TIMEOUT_MAX_S) {
		output_complain("--timeout: \"%s\" is not a number of seconds from 0.001 to %d",
		    text, TIMEOUT_MAX_S);
		return false;
	}
	*timeout_ms = (int)(seconds * 1000 + 0.5);
	return true;
}

/* Before the command's name was read options end where it begins. */
static void know(struct known *known, const struct command *command)
{
	size_t count = COMMON, used;

	*known = (struct known){
	    .command = command, .own = command != NULL ? command->options : NULL};
	used = (size_t)snprintf(known->letters, sizeof known->letters, "%s:s:h",
	    command == NULL ? "+" : "");
	memcpy(known->options, common_options, sizeof common_options);
	for (const struct command_option *own = known->own; own != NULL && own->name != NULL;
	     own++) {
		int argument = own->argument != NULL ? required_argument : no_argument;

		known->options[count++] = (struct option){
		    own->name, argument, NULL, OPTION_OWN + (int)(own - known->own)};
		if (own->letter != 0)
			used += (size_t)snprintf(known->letters + used,
			    sizeof known->letters - used, "%c%s", own->letter,
			    argument == required_argument ? ":" : "");
	}
}

/* The place of a command's own option; false if it has none like that. */
static bool find_own(const struct known *known, int option, size_t *place)
{
	for (*place = 0; known->own != NULL && known->own[*place].name != NULL; ++*place) {
		if (option == OPTION_OWN + (int)*place ||
		    (option == known->own[*place].letter && option != 0))
			return true;
	}
	return false;
}

/* The help of a command shows its own options. */
static bool complain_option(const struct known *known, int option, const char *word)
{
	const char *name = known->command != NULL ? known->command->name : NULL;
	size_t place;

	if (option == ':' && find_own(known, optopt, &place))
		output_complain("%s needs a value; see ipmsgctl help %s", word, name);
	else if (option == ':')
		output_complain("%s needs a value; see ipmsgctl --help", word);
	else if (name != NULL)
		output_complain("%s: there is no option like %s; see ipmsgctl help %s", name, word,
		    name);
	else
		output_complain("there is no option like %s; see ipmsgctl --help", word);
	return false;
}

static bool take_own(const struct command_option *own, size_t place, struct session *session)
{
	session->given[place] = optarg != NULL ? optarg : "";
	if (!own->many)
		return true;
	if (session->many_count == SESSION_MANY_MAX) {
		output_complain("--%s: it may be given %d times at most", own->name,
		    SESSION_MANY_MAX);
		return false;
	}
	session->many[session->many_count++] = optarg;
	return true;
}

static bool take_option(const struct known *known, int option, const char *word,
    struct session *session, struct wishes *wishes)
{
	size_t place;

	switch (option) {
	case 's':
		session->socket = optarg;
		return true;
	case OPTION_JSON:
		session->out.json = true;
		return true;
	case OPTION_TIMEOUT:
		return read_timeout(optarg, &session->timeout_ms);
	case 'h':
		wishes->help = true;
		return true;
	case OPTION_VERSION:
		wishes->version = true;
		return true;
	default:
		if (!find_own(known, option, &place))
			return complain_option(known, option, word);
		return take_own(&known->own[place], place, session);
	}
}

static bool read_options(int argc, char **argv, const struct command *command,
    struct session *session, struct wishes *wishes)
{
	struct known known;
	int option;

	know(&known, command);
	optind = 0; /* glibc: begin anew */
	opterr = 0;
	while ((option = getopt_long(argc, argv, known.letters, known.options, NULL)) != -1) {
		if (!take_option(&known, option, argv[optind - 1], session, wishes))
			return false;
	}
	return true;
}

static enum status run_command(struct session *session, const struct command *command, int argc,
    char **argv)
{
	if (command->most == 0 && argc > 0 && command_has_longer(command)) {
		output_complain("there is no command \"%s %s\"; see ipmsgctl help %s",
		    command->name, argv[0], command->name);
		return STATUS_USAGE;
	}
	if (argc < command->least || argc > command->most) {
		output_complain("%s: %s; see ipmsgctl help %s", command->name,
		    argc < command->least ? "an argument is missing" : "too many arguments",
		    command->name);
		return STATUS_USAGE;
	}
	return command->run(session, argc, argv);
}

/* Of a group without a command there is only help. */
static enum status run_group(struct session *session, int argc, char **argv,
    struct wishes *wishes)
{
	int words;

	if (!read_options(argc, argv, NULL, session, wishes))
		return STATUS_USAGE;
	if (!wishes->help || optind < argc) {
		command_find(argc, argv, &words); /* says which commands there are */
		return STATUS_USAGE;
	}
	command_group_usage(stdout, argv[0]);
	return STATUS_DONE;
}

/* Options may stand before the command and behind it. */
static enum status run(struct session *session, int argc, char **argv)
{
	struct wishes wishes = {0};
	const struct command *command = NULL;
	int words = 0;

	if (!read_options(argc, argv, NULL, session, &wishes))
		return STATUS_USAGE;
	argc -= optind;
	argv += optind;
	if (argc > 0 && command_is_group(argv[0]) && (argc == 1 || argv[1][0] == '-'))
		return run_group(session, argc, argv, &wishes);
	if (argc > 0 || (!wishes.help && !wishes.version)) {
		command = command_find(argc, argv, &words);
		if (command == NULL)
			return STATUS_USAGE;
		/* getopt takes the last word of the name for the program's. */
		argc -= words - 1;
		argv += words - 1;
		if (!read_options(argc, argv, command, session, &wishes))
			return STATUS_USAGE;
		argc -= optind;
		argv += optind;
	}
	if (wishes.version) {
		printf("ipmsgctl %s\n", PACKAGE_VERSION);
	} else if (!wishes.help) {
		return run_command(session, command, argc, argv);
	} else if (command != NULL) {
		command_usage(stdout, command);
	} else {
		command_list(stdout);
	}
	return STATUS_DONE;
}

int main(int argc, char **argv)
{
	struct session session;
	enum status status;

	width_setup();
	session_init(&session);
	status = run(&session, argc, argv);
	session_free(&session);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		output_complain("cannot write: the output is not complete");
		return STATUS_FAILED;
	}
	return (int)status;
}
