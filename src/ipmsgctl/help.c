/* ipmsgctl help: the commands, or one of them. */
#include "ipmsgctl/command.h"

enum status run_help(struct session *session, int argc, char **argv)
{
	const struct command *command;
	int words;

	if (argc == 0) {
		command_list(session->out.stream);
		return STATUS_DONE;
	}
	if (argc == 1 && command_is_group(argv[0])) {
		command_group_usage(session->out.stream, argv[0]);
		return STATUS_DONE;
	}
	command = command_find(argc, argv, &words);
	if (command == NULL)
		return STATUS_USAGE;
	command_usage(session->out.stream, command);
	return STATUS_DONE;
}
