/*
 * The commands. One is an entry in the table of command.c and a file with its
 * function; a name of several words makes groups ("super status").
 */
#ifndef IPMSG_IPMSGCTL_COMMAND_H
#define IPMSG_IPMSGCTL_COMMAND_H

#include <stdio.h>

#include "ipmsgctl/session.h"

/* `argv` are the arguments behind the command's name and options, `argc` of them. */
typedef enum status (*command_fn)(struct session *session, int argc, char **argv);

struct command {
	const char *name;
	const char *arguments; /* as the help shows them, "" for none */
	const char *help;      /* a line of it */
	int least, most;       /* arguments */
	command_fn run;
};

/*
 * The command whose name the first of the words are; `*words` says how many
 * those were. Otherwise NULL, having said on standard error what is wrong.
 */
const struct command *command_find(int argc, char **argv, int *words);

void command_usage(FILE *stream, const struct command *command);
void command_list(FILE *stream);

enum status run_help(struct session *session, int argc, char **argv);
enum status run_version(struct session *session, int argc, char **argv);
enum status run_super_status(struct session *session, int argc, char **argv);
enum status run_super_list(struct session *session, int argc, char **argv);
enum status run_super_reload(struct session *session, int argc, char **argv);
enum status run_super_loglevel(struct session *session, int argc, char **argv);

#endif
