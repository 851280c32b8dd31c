/* ipmsgctl: options, then a command; everything else is in the commands' files. */
#include "config.h"

#include <getopt.h>
#include <stdlib.h>

#include "ipmsgctl/command.h"
#include "ipmsgctl/width.h"

#define TIMEOUT_MAX_S 86400

enum { OPTION_JSON = 256, OPTION_TIMEOUT, OPTION_VERSION };

static const struct option options[] = {
    {"socket", required_argument, NULL, 's'},
    {"json", no_argument, NULL, OPTION_JSON},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
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

/* Reads options up to the first word (`shorts` begins with '+') or all of them. */
static bool read_options(int argc, char **argv, const char *shorts, struct session *session,
    struct wishes *wishes)
{
	int option;

	optind = 0; /* glibc: begin anew */
	opterr = 0;
	while ((option = getopt_long(argc, argv, shorts, options, NULL)) != -1) {
		switch (option) {
		case 's':
			session->socket = optarg;
			break;
		case OPTION_JSON:
			session->out.json = true;
			break;
		case OPTION_TIMEOUT:
			if (!read_timeout(optarg, &session->timeout_ms))
				return false;
			break;
		case 'h':
			wishes->help = true;
			break;
		case OPTION_VERSION:
			wishes->version = true;
			break;
		case ':':
			output_complain("%s needs a value; see ipmsgctl --help", argv[optind - 1]);
			return false;
		default:
			output_complain("there is no option like %s; see ipmsgctl --help",
			    argv[optind - 1]);
			return false;
		}
	}
	return true;
}

static enum status run_command(struct session *session, const struct command *command, int argc,
    char **argv)
{
	if (argc < command->least || argc > command->most) {
		output_complain("%s: %s; see ipmsgctl help %s", command->name,
		    argc < command->least ? "an argument is missing" : "too many arguments",
		    command->name);
		return STATUS_USAGE;
	}
	return command->run(session, argc, argv);
}

/* Options may stand before the command and behind it. */
static enum status run(struct session *session, int argc, char **argv)
{
	struct wishes wishes = {0};
	const struct command *command = NULL;
	int words = 0;

	if (!read_options(argc, argv, "+:s:h", session, &wishes))
		return STATUS_USAGE;
	argc -= optind;
	argv += optind;
	if (argc > 0 || (!wishes.help && !wishes.version)) {
		command = command_find(argc, argv, &words);
		if (command == NULL)
			return STATUS_USAGE;
		/* getopt takes the last word of the name for the program's. */
		argc -= words - 1;
		argv += words - 1;
		if (!read_options(argc, argv, ":s:h", session, &wishes))
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
