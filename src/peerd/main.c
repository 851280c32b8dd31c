/* ipmsg-peerd: the command line. */
#include <errno.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "base/log.h"
#include "io/background.h"
#include "peerd/peerd.h"

#define DEFAULT_CONFIG SYSCONFDIR "/ipmsg.conf"

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "Usage: ipmsg-peerd [-dhnV] [-f FILE] [-s PATH] [--check-config]\n"
    "\n"
    "A peer of IP Messenger: registers with supernodes, makes paths through NATs,\n"
    "and carries messages over them. Orders are given with ipmsgctl.\n"
    "\n"
    "  -f, --config FILE   configuration (default " DEFAULT_CONFIG ")\n"
    "  -s, --socket PATH   control socket, instead of the configured one\n"
    "  -n, --foreground    stay in the foreground and log to standard error\n"
    "  -d, --debug         log everything\n"
    "      --check-config  check the configuration and end\n"
    "  -h, --help          show this\n"
    "  -V, --version       show the version\n"
    "\n"
    "Manual: ipmsg-peerd(8), ipmsgctl(1), ipmsg.conf(5)\n";

struct command_line {
	struct peerd_options peerd;
	bool check_config;
};

enum { OPTION_CHECK_CONFIG = 256 };

/* Returns the exit status, or -1 to go on. */
static int parse(struct command_line *line, int argc, char **argv)
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
		switch (option) {
		case 'f':
			line->peerd.config = optarg;
			line->peerd.config_given = true;
			break;
		case 's':
			line->peerd.control = optarg;
			break;
		case 'n':
			line->peerd.foreground = true;
			break;
		case 'd':
			line->peerd.debug = true;
			break;
		case OPTION_CHECK_CONFIG:
			line->check_config = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		case 'V':
			printf("ipmsg-peerd %s\n", PACKAGE_VERSION);
			return EXIT_DONE;
		default:
			fputs("Try 'ipmsg-peerd --help'.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "ipmsg-peerd: unexpected argument '%s'\n", argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

static void print_mistake(const char *text, void *context)
{
	fprintf(stderr, "%s\n", text);
}

static int check_config(const struct peerd_options *options)
{
	struct conf conf;

	conf_init(&conf);
	if (!conf_read(&conf, options->config, false, print_mistake, NULL))
		return EXIT_FAILED;
	printf("%s: no mistakes\n", options->config);
	return EXIT_DONE;
}

static int run(struct peerd_options *options)
{
	int background = -1;
	struct peerd *peerd;

	if (!options->foreground) {
		/* the working directory changes, and a reload needs the file again */
		char *absolute = realpath(options->config, NULL);

		if (absolute != NULL)
			options->config = absolute;
		background = background_start();
		if (background < 0) {
			log_error("cannot go to the background: %s", strerror(errno));
			return EXIT_FAILED;
		}
	}
	peerd = peerd_open(options);
	if (peerd == NULL)
		return EXIT_FAILED;
	if (background >= 0)
		background_ready(background);
	peerd_run(peerd);
	peerd_close(peerd);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	struct command_line line = {.peerd.config = DEFAULT_CONFIG};
	int status = parse(&line, argc, argv);

	if (status >= 0)
		return status;
	log_open("ipmsg-peerd", LOG_TARGET_STDERR,
	    line.peerd.debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (sodium_init() < 0) {
		log_error("libsodium cannot start");
		return EXIT_FAILED;
	}
	return line.check_config ? check_config(&line.peerd) : run(&line.peerd);
}
