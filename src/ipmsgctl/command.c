/* The table of commands, finding one in it, and the help made from it. */
#include "ipmsgctl/command.h"

#include <limits.h>
#include <string.h>

static const struct command commands[] = {
    {"status", "", "who this peer is, its supernodes and what it does", 0, 0, run_status},
    {"list", "", "the other peers: neighbours, and those with a path", 0, 0, run_list,
	list_options},
    {"who", "", "who can be asked for, as the supernodes tell", 0, 0, run_who},
    {"ask", "NAME", "make a path to a peer, through both NATs", 1, 1, run_ask, ask_options},
    {"send", "[NAME] [TEXT... | -]", "send a message, and wait until it is confirmed", 0, INT_MAX,
	run_send, send_options},
    {"messages", "", "the messages that are unread, newest last", 0, 0, run_messages,
	messages_options},
    {"read", "[ID...]", "show messages, which are read then; a sealed one is opened", 0, INT_MAX,
	run_read},
    {"reply", "ID [TEXT... | -]", "answer a message, which is read then", 1, INT_MAX, run_reply,
	reply_options},
    {"queue", "", "the messages that wait until they can be delivered", 0, 0, run_queue},
    {"queue rm", "ID... | OPTION", "take messages out of the queue", 0, INT_MAX, run_queue_rm,
	unqueue_options},
    {"export", "", "all messages as JSON, one a line", 0, 0, run_export, export_options},
    {"mailbox backup", "FILE", "write a copy of the mailbox to a file", 1, 1, run_mailbox_backup,
	backup_options},
    {"mailbox check", "", "look through the mailbox for damage", 0, 0, run_mailbox_check},
    {"absence", "", "whether this peer is away, and what it answers", 0, 0, run_absence},
    {"absence on", "TEXT... | -", "be away, and answer messages with a text", 1, INT_MAX,
	run_absence_on, absence_options},
    {"absence off", "", "be back", 0, 0, run_absence_off},
    {"refresh", "", "forget the neighbours, and look anew who is there", 0, 0, run_refresh},
    {"keys", "", "the keys of this peer, its supernodes and other peers", 0, 0, run_keys},
    {"keys forget", "HOST[:PORT]", "forget a supernode's key, so that it may show another", 1, 1,
	run_keys_forget},
    {"watch", "", "show what happens, until Ctrl-C", 0, 0, run_watch},
    {"netcheck", "", "whether the supernodes answer, and what the NAT does", 0, 0, run_netcheck},
    {"reload", "", "have the peer read its configuration again", 0, 0, run_reload},
    {"loglevel", "[LEVEL]", "show the peer's log level, or set it", 0, 1, run_loglevel},
    {"super status", "", "what the supernode is and does", 0, 0, run_super_status},
    {"super list", "", "who is registered with the supernode", 0, 0, run_super_list},
    {"super watch", "", "show what happens at the supernode, until Ctrl-C", 0, 0,
	run_super_watch},
    {"super names", "", "whose names are whose, by key", 0, 0, run_super_names},
    {"super forget", "NAME", "take a name from its key", 1, 1, run_super_forget},
    {"super kick", "WHAT", "end registrations: of a name, key:KEY, address, network", 1, 1,
	run_super_kick},
    {"super ban", "WHAT", "end registrations as kick does, and refuse new ones", 1, 1,
	run_super_ban, super_ban_options},
    {"super unban", "WHAT", "lift a ban, named as super bans shows it", 1, 1, run_super_unban},
    {"super bans", "", "who is banned, until when and why", 0, 0, run_super_bans},
    {"super drain on", "", "let nobody new in; who is registered stays", 0, 0,
	run_super_drain_on},
    {"super drain off", "", "let new peers in again", 0, 0, run_super_drain_off},
    {"super reload", "", "have the supernode read its configuration again", 0, 0,
	run_super_reload},
    {"super loglevel", "[LEVEL]", "show the supernode's log level, or set it", 0, 1,
	run_super_loglevel},
    {"version", "", "show the versions of this tool and of the daemons", 0, 0, run_version},
    {"help", "[COMMAND]", "show this, or how a command is used", 0, 8, run_help},
    {NULL},
};

/* How many words of `name` the arguments begin with; `*all` when it is every one. */
static int match(const char *name, int argc, char **argv, bool *all)
{
	int words = 0;

	for (; words < argc; words++) {
		size_t len = strcspn(name, " ");

		if (strlen(argv[words]) != len || memcmp(argv[words], name, len) != 0)
			break;
		name += len;
		if (*name == '\0') {
			*all = true;
			return words + 1;
		}
		name++;
	}
	*all = false;
	return words;
}

/* The next command of the group after `before` (NULL: the first); NULL after the last. */
static const struct command *next_of(const char *group, const struct command *before)
{
	const struct command *c = before == NULL ? commands : before + 1;
	size_t len = strlen(group);

	while (c->name != NULL && (strncmp(c->name, group, len) != 0 || c->name[len] != ' '))
		c++;
	return c->name != NULL ? c : NULL;
}

static void complain_group(const char *group)
{
	char list[512];
	size_t used = 0, len = strlen(group);

	list[0] = '\0';
	for (const struct command *c = NULL; (c = next_of(group, c)) != NULL;) {
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
		    used > 0 ? ", " : "", c->name + len + 1);
		if (used >= sizeof list)
			break;
	}
	output_complain("\"%s\" needs one of: %s", group, list);
}

bool command_is_group(const char *word)
{
	for (const struct command *c = commands; c->name != NULL; c++) {
		if (strcmp(c->name, word) == 0)
			return false;
	}
	return next_of(word, NULL) != NULL;
}

bool command_has_longer(const struct command *command)
{
	return next_of(command->name, NULL) != NULL;
}

void command_group_usage(FILE *stream, const char *group)
{
	const char *before = "usage:";

	for (const struct command *c = NULL; (c = next_of(group, c)) != NULL;) {
		fprintf(stream, "%s ipmsgctl [OPTION]... %s%s%s\n         %s\n", before, c->name,
		    *c->arguments != '\0' ? " " : "", c->arguments, c->help);
		before = "      ";
	}
}

const struct command *command_find(int argc, char **argv, int *words)
{
	const struct command *found = NULL;
	bool group = false, all;

	*words = 0;
	for (const struct command *c = commands; c->name != NULL; c++) {
		int matched = match(c->name, argc, argv, &all);

		if (all && matched > *words) {
			found = c;
			*words = matched;
		}
		group = group || matched > 0;
	}
	if (found != NULL)
		return found;
	if (argc == 0)
		output_complain("what to do? See ipmsgctl help");
	else if (group)
		complain_group(argv[0]);
	else
		output_complain("there is no command \"%s\"; see ipmsgctl help", argv[0]);
	return NULL;
}

static void usage_option(FILE *stream, const struct command_option *option)
{
	char left[64];

	snprintf(left, sizeof left, "--%s%s%s", option->name,
	    option->argument != NULL ? " " : "", option->argument != NULL ? option->argument : "");
	if (option->letter != 0)
		fprintf(stream, "  -%c, %-20s %s\n", option->letter, left, option->help);
	else
		fprintf(stream, "      %-20s %s\n", left, option->help);
}

/* Those whose names go on from this one's. */
static void usage_longer(FILE *stream, const char *name)
{
	const char *before = "       see also: ";

	for (const struct command *c = NULL; (c = next_of(name, c)) != NULL;) {
		fprintf(stream, "%s%s", before, c->name);
		before = ", ";
	}
	if (*before == ',')
		putc('\n', stream);
}

void command_usage(FILE *stream, const struct command *command)
{
	fprintf(stream, "usage: ipmsgctl [OPTION]... %s%s%s\n       %s\n", command->name,
	    *command->arguments != '\0' ? " " : "", command->arguments, command->help);
	usage_longer(stream, command->name);
	for (const struct command_option *option = command->options;
	     option != NULL && option->name != NULL; option++)
		usage_option(stream, option);
}

void command_list(FILE *stream)
{
	fputs("usage: ipmsgctl [OPTION]... COMMAND [ARGUMENT]...\n\nCommands:\n", stream);
	for (const struct command *c = commands; c->name != NULL; c++)
		fprintf(stream, "  %s %-*s %s\n", c->name, 26 - (int)strlen(c->name), c->arguments,
		    c->help);
	fputs("\nOptions:\n"
	      "  -s, --socket PATH      the daemon's control socket\n"
	      "      --json             answer in JSON\n"
	      "      --timeout SECONDS  wait so long for an answer (5)\n"
	      "  -h, --help             show this, or how a command is used\n"
	      "      --version          show the version of this tool\n",
	    stream);
}
