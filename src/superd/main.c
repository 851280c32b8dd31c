/* ipmsg-superd: the command line. */
#include <errno.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "base/log.h"
#include "io/background.h"
#include "superd/superd.h"

#define DEFAULT_CONFIG SYSCONFDIR "/ipmsg.conf"

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "Usage: ipmsg-superd [-dhnV] [-f FILE] [-s PATH] [--check-config]\n"
    "\n"
    "The supernode of IP Messenger: remembers who entered from which address and\n"
    "makes two peers behind NATs meet.\n"
    "\n"
    "  -f, --config FILE   configuration (default " DEFAULT_CONFIG ")\n"
    "  -s, --socket PATH   control socket, instead of the configured one\n"
    "  -n, --foreground    stay in the foreground and log to standard error\n"
    "  -d, --debug         log everything\n"
    "      --check-config  check the configuration and end\n"
    "  -h, --help          show this\n"
    "  -V, --version       show the version\n"
    "\n"
    "Manual: ipmsg-superd(8), ipmsg.conf(5), ipmsg-punch(7)\n";

struct command_line {
	struct superd_options superd;
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
			line->superd.config = optarg;
			line->superd.config_given = true;
			break;
		case 's':
			line->superd.control = optarg;
			break;
		case 'n':
			line->superd.foreground = true;
			break;
		case 'd':
			line->superd.debug = true;
			break;
		case OPTION_CHECK_CONFIG:
			line->check_config = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		case 'V':
			printf("ipmsg-superd %s\n", PACKAGE_VERSION);
			return EXIT_DONE;
		default:
			fputs("Try 'ipmsg-superd --help'.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "ipmsg-superd: unexpected argument '%s'\n", argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

static void print_mistake(const char *text, void *context)
{
	fprintf(stderr, "%s\n", text);
}

static int check_config(const struct superd_options *options)
{
	struct conf conf;

	conf_init(&conf);
	if (!conf_read(&conf, options->config, false, print_mistake, NULL))
		return EXIT_FAILED;
	printf("%s: no mistakes\n", options->config);
	return EXIT_DONE;
}

static int run(struct superd_options *options)
{
	int background = -1;
	struct superd *superd;

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
	superd = superd_open(options);
	if (superd == NULL)
		return EXIT_FAILED;
	if (background >= 0)
		background_ready(background);
	superd_run(superd);
	superd_close(superd);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	struct command_line line = {.superd.config = DEFAULT_CONFIG};
	int status = parse(&line, argc, argv);

	if (status >= 0)
		return status;
	log_open("ipmsg-superd", LOG_TARGET_STDERR,
	    line.superd.debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (sodium_init() < 0) {
		log_error("libsodium cannot start");
		return EXIT_FAILED;
	}
	return line.check_config ? check_config(&line.superd) : run(&line.superd);
}
