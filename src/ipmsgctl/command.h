/*
 * The commands. One is an entry in the table of command.c and a file with its
 * function; a name of several words makes groups ("super status").
 */
#ifndef IPMSG_IPMSGCTL_COMMAND_H
#define IPMSG_IPMSGCTL_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "ipmsgctl/session.h"

/*
 * `argv` are the arguments behind the command's name and options, `argc` of
 * them; what the command's own options gave is in session->given.
 */
typedef enum status (*command_fn)(struct session *session, int argc, char **argv);

/* An option of one command only; it stands behind the command's name. */
struct command_option {
	const char *name;     /* the long one; NULL ends the options */
	char letter;	      /* the short one, 0 for none */
	const char *argument; /* as the help shows it; NULL: it takes none */
	const char *help;
	bool many; /* may be repeated: session->many has them all; one of a command at most */
};

struct command {
	const char *name;
	const char *arguments; /* as the help shows them, "" for none */
	const char *help;      /* a line of it */
	int least, most;       /* arguments */
	command_fn run;
	const struct command_option *options; /* NULL: none, at most SESSION_OPTIONS_MAX */
};

/*
 * The command with the longest name that the words begin with; `*words` says
 * how many it has. Otherwise NULL, having said on standard error what is wrong.
 */
const struct command *command_find(int argc, char **argv, int *words);

/* Whether commands begin with that word, and it is none by itself. */
bool command_is_group(const char *word);

/* Whether the names of others go on from this one's. */
bool command_has_longer(const struct command *command);

/* How each command of a group is used. */
void command_group_usage(FILE *stream, const char *group);

void command_usage(FILE *stream, const struct command *command);
void command_list(FILE *stream);

/* A command's options, in the order of session->given; a place is NULL if it was not there. */
enum { ASK_AT, ASK_VERBOSE };
extern const struct command_option ask_options[];
enum { LIST_LONG };
extern const struct command_option list_options[];
/* The first ones are those of a reply too. */
enum { SEND_SEALED, SEND_WAIT, SEND_NO_WAIT, SEND_NOW, SEND_TO, SEND_GROUP, SEND_ALL };
extern const struct command_option send_options[];
extern const struct command_option reply_options[];
enum { MESSAGES_ALL, MESSAGES_SENT, MESSAGES_WITH, MESSAGES_SEARCH, MESSAGES_FOLLOW };
extern const struct command_option messages_options[];
enum { UNQUEUE_TO, UNQUEUE_ALL };
extern const struct command_option unqueue_options[];
enum { EXPORT_WITH };
extern const struct command_option export_options[];
enum { BACKUP_FORCE };
extern const struct command_option backup_options[];
enum { ABSENCE_TITLE };
extern const struct command_option absence_options[];
enum { SUPER_BAN_FOR, SUPER_BAN_REASON };
extern const struct command_option super_ban_options[];

enum status run_status(struct session *session, int argc, char **argv);
enum status run_list(struct session *session, int argc, char **argv);
enum status run_ask(struct session *session, int argc, char **argv);
enum status run_send(struct session *session, int argc, char **argv);
enum status run_messages(struct session *session, int argc, char **argv);
enum status run_read(struct session *session, int argc, char **argv);
enum status run_reply(struct session *session, int argc, char **argv);
enum status run_queue(struct session *session, int argc, char **argv);
enum status run_queue_rm(struct session *session, int argc, char **argv);
enum status run_export(struct session *session, int argc, char **argv);
enum status run_mailbox_backup(struct session *session, int argc, char **argv);
enum status run_mailbox_check(struct session *session, int argc, char **argv);
enum status run_absence(struct session *session, int argc, char **argv);
enum status run_absence_on(struct session *session, int argc, char **argv);
enum status run_absence_off(struct session *session, int argc, char **argv);
enum status run_refresh(struct session *session, int argc, char **argv);
enum status run_who(struct session *session, int argc, char **argv);
enum status run_keys(struct session *session, int argc, char **argv);
enum status run_keys_forget(struct session *session, int argc, char **argv);
enum status run_watch(struct session *session, int argc, char **argv);
enum status run_netcheck(struct session *session, int argc, char **argv);
enum status run_reload(struct session *session, int argc, char **argv);
enum status run_loglevel(struct session *session, int argc, char **argv);
enum status run_super_status(struct session *session, int argc, char **argv);
enum status run_super_list(struct session *session, int argc, char **argv);
enum status run_super_names(struct session *session, int argc, char **argv);
enum status run_super_forget(struct session *session, int argc, char **argv);
enum status run_super_kick(struct session *session, int argc, char **argv);
enum status run_super_ban(struct session *session, int argc, char **argv);
enum status run_super_unban(struct session *session, int argc, char **argv);
enum status run_super_bans(struct session *session, int argc, char **argv);
enum status run_super_drain_on(struct session *session, int argc, char **argv);
enum status run_super_drain_off(struct session *session, int argc, char **argv);
enum status run_super_watch(struct session *session, int argc, char **argv);
enum status run_super_reload(struct session *session, int argc, char **argv);
enum status run_super_loglevel(struct session *session, int argc, char **argv);
enum status run_version(struct session *session, int argc, char **argv);
enum status run_help(struct session *session, int argc, char **argv);

#endif
