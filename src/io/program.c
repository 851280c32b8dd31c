/* The command line of a daemon, and its life from main() on. */
#include "io/program.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#include "base/log.h"
#include "io/background.h"
#include "io/loop.h"

#define DEFAULT_CONFIG SYSCONFDIR "/ipmsg.conf"

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* parse() goes on after the options it knows. */
#define GO_ON (-1)

static void print_help(const struct program *program)
{
	printf("Usage: %s [-dhnV] [-f FILE] [-s PATH] [--check-config]\n\n%s\n", program->name,
	    program->about);
	fputs("  -f, --config FILE   configuration (default " DEFAULT_CONFIG ")\n"
	      "  -s, --socket PATH   control socket, instead of the configured one\n"
	      "  -n, --foreground    stay in the foreground and log to standard error\n"
	      "  -d, --debug         log everything\n"
	      "      --check-config  check the configuration and end\n"
	      "  -h, --help          show this\n"
	      "  -V, --version       show the version\n",
	    stdout);
	printf("\nManual: %s\n", program->manual);
}

struct command_line {
	struct program_options options;
	bool check_config;
};

enum { OPTION_CHECK_CONFIG = 256 };

static int take_option(const struct program *program, struct command_line *line, int option)
{
	switch (option) {
	case 'f':
		line->options.config = optarg;
		line->options.config_given = true;
		return GO_ON;
	case 's':
		line->options.control = optarg;
		return GO_ON;
	case 'n':
		line->options.foreground = true;
		return GO_ON;
	case 'd':
		line->options.debug = true;
		return GO_ON;
	case OPTION_CHECK_CONFIG:
		line->check_config = true;
		return GO_ON;
	case 'h':
		print_help(program);
		return EXIT_DONE;
	case 'V':
		printf("%s %s\n", program->name, PACKAGE_VERSION);
		return EXIT_DONE;
	default:
		fprintf(stderr, "Try '%s --help'.\n", program->name);
		return EXIT_USAGE;
	}
}

static int parse(const struct program *program, struct command_line *line, int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'f'},
	    {"socket", required_argument, NULL, 's'},
	    {"foreground", no_argument, NULL, 'n'},
	    {"debug", no_argument, NULL, 'd'},
	    {"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "f:s:ndhV", options, NULL)) != -1) {
		int status = take_option(program, line, option);

		if (status != GO_ON)
			return status;
	}
	if (optind == argc)
		return GO_ON;
	fprintf(stderr, "%s: unexpected argument '%s'\n", program->name, argv[optind]);
	return EXIT_USAGE;
}

static int check_config(const struct program *program, const char *path)
{
	if (!program->check_config(path))
		return EXIT_FAILED;
	printf("%s: no mistakes\n", path);
	return EXIT_DONE;
}

/* The path as it stands below the working directory; links in it stay links. */
static const char *absolute(const char *path)
{
	char *whole = NULL;
	char *here;

	if (path == NULL || path[0] == '/')
		return path;
	here = getcwd(NULL, 0);
	if (here == NULL || asprintf(&whole, "%s/%s", here, path) < 0)
		whole = NULL;
	free(here);
	return whole != NULL ? whole : path;
}

static int run(const struct program *program, struct program_options *options)
{
	int background = -1;
	void *daemon;

	loop_hold_hangup();
	if (!options->foreground) {
		/* the working directory changes, and both paths are needed again */
		options->config = absolute(options->config);
		options->control = absolute(options->control);
		background = background_start();
		if (background < 0) {
			log_error("cannot go to the background: %s", strerror(errno));
			return EXIT_FAILED;
		}
	}
	daemon = program->open(options);
	if (daemon == NULL)
		return EXIT_FAILED;
	if (background >= 0)
		background_ready(background);
	program->run(daemon);
	program->close(daemon);
	return EXIT_DONE;
}

int program_main(const struct program *program, int argc, char **argv)
{
	struct command_line line = {.options.config = DEFAULT_CONFIG};
	int status = parse(program, &line, argc, argv);

	if (status != GO_ON)
		return status;
	log_open(program->name, LOG_TARGET_STDERR,
	    line.options.debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (line.check_config)
		return check_config(program, line.options.config);
	return run(program, &line.options);
}
