/*
 * What the daemons' main() have in common: the command line, going to the
 * background, checking the configuration.
 */
#ifndef IPMSG_IO_PROGRAM_H
#define IPMSG_IO_PROGRAM_H

#include <stdbool.h>

/* What the command line says; good as long as the program runs. */
struct program_options {
	const char *config;
	bool config_given;   /* then a missing file is an error */
	const char *control; /* control socket; NULL: as configured */
	bool debug;
	bool foreground;
};

struct program {
	const char *name;   /* "ipmsg-superd" */
	const char *about;  /* what it is, for --help: lines, each with its end */
	const char *manual; /* pages: "ipmsg-superd(8), ipmsg.conf(5)" */

	/* Tells each mistake of the file on standard error. True when there is none. */
	bool (*check_config)(const char *path);

	/* Opens everything; NULL, having logged why, when it cannot. */
	void *(*open)(const struct program_options *options);

	/* Runs until SIGTERM or SIGINT. */
	void (*run)(void *daemon);
	void (*close)(void *daemon);
};

/* All of main(). Returns the exit status: 0 done, 1 failed, 2 called wrongly. */
int program_main(const struct program *program, int argc, char **argv);

#endif
